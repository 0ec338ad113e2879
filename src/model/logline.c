#include "src/model/logline.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "src/base/when.h"
#include "src/base/zone.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c) {
    return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '-';
}

/* ---- values ---------------------------------------------------------------------------- */

/* "±15%", in ASCII also "+-15%" and "+/-15%". */
static double percent(struct slice text) {
    if (!slice_eat(&text, "±") && !slice_eat(&text, "+-"))
        slice_eat(&text, "+/-");
    double value = slice_take_number(&text);
    return slice_is(text, "%") ? value : NAN;
}

static int64_t count(struct slice text) {
    double value = slice_number(text);
    for (size_t i = 0; i < text.n; i++)
        if (!is_digit(text.at[i]))
            return LOGLINE_NONE;
    return isnan(value) ? LOGLINE_NONE : (int64_t)value;
}

static bool is_series(struct slice s) {
    for (size_t i = 0; i < s.n; i++)
        if (!is_hex(s.at[i]) && s.at[i] != '-')
            return false;
    return s.n > 0;
}

/* ---- tray messages --------------------------------------------------------------------- */

enum field {
    NUMBER,
    SERIES_ERRORS,
    PID,
    SERIES,
    REASON,
    TS,
    DURATION,
    BACKOFF,
    AFTER,
    AGE,
    JITTER,
    FIELDS,
};

enum value_type { A_COUNT, A_SERIES, A_WORD, A_NUMBER, A_DURATION, A_PERCENT };

static const struct {
    enum value_type type;
    size_t offset;
} fields[FIELDS] = {
    [NUMBER] = {A_COUNT, offsetof(struct logline, number)},
    [SERIES_ERRORS] = {A_COUNT, offsetof(struct logline, series_errors)},
    [PID] = {A_COUNT, offsetof(struct logline, pid)},
    [SERIES] = {A_SERIES, offsetof(struct logline, series)},
    [REASON] = {A_WORD, offsetof(struct logline, reason)},
    [TS] = {A_NUMBER, offsetof(struct logline, ts_s)},
    [DURATION] = {A_DURATION, offsetof(struct logline, duration_ms)},
    [BACKOFF] = {A_DURATION, offsetof(struct logline, backoff_ms)},
    [AFTER] = {A_DURATION, offsetof(struct logline, after_ms)},
    [AGE] = {A_NUMBER, offsetof(struct logline, age_ms)},
    [JITTER] = {A_PERCENT, offsetof(struct logline, jitter_percent)},
};

static const struct {
    struct slice key;
    enum field field;
} keys[] = {
    {SLICE("attempt"), NUMBER},
    {SLICE("series_errors"), SERIES_ERRORS},
    {SLICE("pid"), PID},
    {SLICE("series_id"), SERIES},
    {SLICE("reason"), REASON},
    {SLICE("TRAY_SERIES_ID"), SERIES},
    {SLICE("code"), REASON},
    {SLICE("TRAY_BACKOFF_NEXT"), BACKOFF},
    {SLICE("ts"), TS},
    {SLICE("seen_ts"), TS},
    {SLICE("duration"), DURATION},
    {SLICE("after"), AFTER},
    {SLICE("age_ms"), AGE},
    {SLICE("jitter"), JITTER},
};

#define BIT(field) (1u << (field))

enum place { AT_START, ANYWHERE };

/* A message is known by its head; `behind` follows the number in the middle of it, when there is one. It
 * must give all of `needs`, and end with its bracket when it has one: then nothing was cut off. */
static const struct message {
    enum logline_kind kind;
    struct slice head, behind; /* behind.at NULL: no number */
    unsigned needs;
    bool bracket;
    enum place place;
} messages[] = {
    {LOGLINE_CC_READY, SLICE("CC_READY"), .needs = BIT(TS)},
    {LOGLINE_SERIES, SLICE("TRAY_SERIES_ID="), .needs = BIT(SERIES)},
    {LOGLINE_ATTEMPT_START, SLICE("TRAY_ATTEMPT"), SLICE(" start"), BIT(SERIES), .bracket = true},
    {LOGLINE_ATTEMPT_OK, SLICE("TRAY_ATTEMPT"), SLICE(" result=ok"), BIT(SERIES) | BIT(DURATION),
     .bracket = true},
    {LOGLINE_ATTEMPT_ERROR, SLICE("TRAY_ATTEMPT"), SLICE(" result=error"),
     BIT(REASON) | BIT(SERIES) | BIT(DURATION), .bracket = true},
    {LOGLINE_BACKOFF, SLICE("TRAY_BACKOFF_NEXT="),
     .needs = BIT(BACKOFF) | BIT(NUMBER) | BIT(SERIES) | BIT(JITTER), .bracket = true},
    {LOGLINE_CIRCUIT_OPEN, SLICE("CIRCUIT_OPEN"),
     .needs = BIT(REASON) | BIT(SERIES_ERRORS) | BIT(AFTER)},
    {LOGLINE_CIRCUIT_CLOSE, SLICE("CIRCUIT_CLOSE"), .needs = BIT(AFTER)},
    {LOGLINE_TAL_HOLD, SLICE("TAL=hold"), .needs = BIT(TS), .bracket = true},
    {LOGLINE_TAL_RELEASED, SLICE("TAL=released"), .needs = BIT(TS) | BIT(DURATION),
     .bracket = true},
    {LOGLINE_RESTART_FLAG, SLICE("RESTART_FLAG"),
     .needs = BIT(TS) | BIT(AGE) | BIT(PID) | BIT(REASON)},
    {LOGLINE_TRAY_READY, SLICE("tray.ready"), .needs = BIT(DURATION)},
    {LOGLINE_AUX, SLICE("-Aux["), SLICE("]-NSStatusItemView"), .place = ANYWHERE},
    {LOGLINE_TAL_TERMINATE, SLICE("_kLSApplicationWouldBeTerminatedByTALKey="), SLICE(""),
     .place = ANYWHERE},
};

/* What ends a token of a message. */
static const bool ends_token[UCHAR_MAX + 1] = {
    [' '] = true, ['\t'] = true, [','] = true, ['('] = true, [')'] = true,
};

bool logline_pair(struct slice *rest, struct slice *key, struct slice *value) {
    while (rest->n > 0) {
        const char *from = rest->at, *at = from, *end = from + rest->n, *equals = NULL;
        for (; at < end && !ends_token[(unsigned char)*at]; at++)
            if (*at == '=' && !equals)
                equals = at;
        slice_advance(rest, (size_t)(at - from) + (at < end));
        if (!equals || equals == from)
            continue;
        *key = (struct slice){from, (size_t)(equals - from)};
        *value = (struct slice){equals + 1, (size_t)(at - equals) - 1};
        return true;
    }
    return false;
}

/* Puts a value into its field; false when it is not of the field's type. */
static bool store(enum field field, struct slice value, struct logline *out) {
    void *place = (char *)out + fields[field].offset;
    double measure = NAN;
    switch (fields[field].type) {
    case A_COUNT:
        return (*(int64_t *)place = count(value)) != LOGLINE_NONE;
    case A_SERIES:
    case A_WORD:
        if (fields[field].type == A_SERIES ? !is_series(value) : value.n == 0)
            return false;
        *(struct slice *)place = value;
        return true;
    case A_NUMBER:
        measure = slice_number(value);
        break;
    case A_DURATION:
        measure = slice_duration_ms(value);
        break;
    case A_PERCENT:
        measure = percent(value);
        break;
    }
    *(double *)place = measure;
    return !isnan(measure);
}

/* Reads the fields of a message; what was found goes to *found. False when one was unreadable. */
static bool read_fields(struct slice message, unsigned *found, struct logline *out) {
    bool sound = true;
    struct slice key, value;
    while (logline_pair(&message, &key, &value)) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            if (!slice_same(key, keys[i].key) || *found & BIT(keys[i].field))
                continue;
            *found |= BIT(keys[i].field);
            sound &= store(keys[i].field, value, out);
        }
    }
    return sound;
}

/* Eats the digits of a number that can be told. */
static bool eat_count(struct slice *s, int64_t *number) {
    struct slice digits = {s->at, 0};
    while (digits.n < s->n && is_digit(s->at[digits.n]))
        digits.n++;
    slice_advance(s, digits.n);
    *number = count(digits);
    return digits.n > 0 && *number != LOGLINE_NONE;
}

/* Eats the head; its number goes to *number. */
static bool eat_head(struct slice *s, const struct message *m, int64_t *number) {
    struct slice at = *s;
    if (!slice_eat_slice(&at, m->head))
        return false;
    if (m->behind.at && (!eat_count(&at, number) || !slice_eat_slice(&at, m->behind)))
        return false;
    /* CIRCUIT_OPENED is another word; behind = comes the value. */
    bool equals = !m->behind.at && m->head.at[m->head.n - 1] == '=';
    if (!equals && at.n > 0 && is_word(at.at[0]))
        return false;
    *s = at;
    return true;
}

static bool find_head(struct slice *s, const struct message *m, int64_t *number) {
    if (m->place == AT_START)
        return eat_head(s, m, number);
    struct slice at = *s;
    const char *hit;
    while ((hit = memmem(at.at, at.n, m->head.at, m->head.n))) {
        slice_advance(&at, (size_t)(hit - at.at));
        if (eat_head(&at, m, number)) {
            *s = at;
            return true;
        }
        slice_advance(&at, m->head.n);
    }
    return false;
}

static bool parse_tray(struct logline *out) {
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        const struct message *m = &messages[i];
        struct slice rest = out->message;
        int64_t number = LOGLINE_NONE;
        if (m->place == AT_START && (rest.n == 0 || rest.at[0] != m->head.at[0]))
            continue;
        if (!find_head(&rest, m, &number))
            continue;
        unsigned found = 0;
        bool sound = m->place == ANYWHERE || read_fields(out->message, &found, out);
        if (number != LOGLINE_NONE)
            out->number = number;
        if (m->kind == LOGLINE_TRAY_READY) { /* the one value that has no key */
            slice_skip_blanks(&rest);
            found |= BIT(DURATION);
            sound &= store(DURATION, slice_word(&rest), out);
        }
        bool closed = !m->bracket || out->message.at[out->message.n - 1] == ')';
        out->kind = m->kind;
        out->damaged = !sound || !closed || (found & m->needs) != m->needs;
        return true;
    }
    return false;
}

static bool parse_metric(struct logline *out) {
    struct slice rest = out->message, name = {rest.at, 0}, value;
    while (name.n < rest.n && is_word(name.at[name.n]))
        name.n++;
    slice_advance(&rest, name.n);
    if (name.n == 0 || !slice_eat(&rest, "=") || !(is_letter(name.at[0]) || name.at[0] == '_'))
        return false;
    value = slice_until(&rest, " \t,");
    double number = slice_number(value);
    if (isnan(number))
        number = slice_duration_ms(value);
    if (isnan(number))
        return false;
    out->kind = LOGLINE_METRIC;
    out->metric = name;
    out->value = number;
    return true;
}

/* ---- the server's logfmt --------------------------------------------------------------- */

/* Takes a quoted string, from its quote to the next that has no backslash; false when it is cut. */
static bool take_string(struct slice *s) {
    slice_advance(s, 1);
    while (s->n > 0 && s->at[0] != '"')
        slice_advance(s, s->at[0] == '\\' && s->n > 1 ? 2 : 1);
    return slice_eat(s, "\"");
}

/* Takes JSON up to the bracket that closes its first; blanks and strings inside are its own. */
static bool take_json(struct slice *s) {
    size_t depth = 0;
    while (s->n > 0) {
        char c = s->at[0];
        if (c == '"') {
            if (!take_string(s))
                return false;
            continue;
        }
        slice_advance(s, 1);
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return true;
    }
    return false;
}

/* Takes the value behind key=; false when it is cut off. */
static bool take_value(struct slice *s, bool last, struct slice *value) {
    bool whole = true;
    const char *from = s->at;
    if (s->n > 0 && s->at[0] == '"') {
        whole = take_string(s);
        *value = (struct slice){from + 1, (size_t)(s->at - from) - (whole ? 2 : 1)};
    } else if (s->n > 0 && (s->at[0] == '{' || s->at[0] == '[')) {
        whole = take_json(s);
        *value = (struct slice){from, (size_t)(s->at - from)};
    } else {
        *value = slice_until(s, last ? "" : " \t");
    }
    return whole;
}

static void keep_method(struct slice path, struct slice *method) {
    for (size_t i = path.n; i > 0; i--) {
        if (path.at[i - 1] == '/') {
            slice_advance(&path, i);
            break;
        }
    }
    *method = path;
}

static bool parse_server(struct logline *out) {
    const struct {
        const char *key;
        struct slice *into;
    } wanted[] = {{"ts", &out->time}, {"level", &out->level},       {"scope", &out->scope},
                  {"ctx", &out->ctx}, {"decision", &out->decision}, {"method", &out->method},
                  {"msg", &out->msg}};
    struct slice rest = out->message, duration = {0};
    if (!slice_eat(&rest, "ts="))
        return false;
    rest = out->message;
    bool damaged = false;
    out->time = (struct slice){0};
    out->level = (struct slice){0};
    for (slice_skip_blanks(&rest); rest.n > 0; slice_skip_blanks(&rest)) {
        struct slice value, key = slice_until(&rest, "= \t");
        if (!slice_eat(&rest, "="))
            continue;
        /* A message without quotes goes to the end: what it says is no field of ours. */
        bool whole = take_value(&rest, slice_is(key, "msg"), &value);
        damaged |= !whole;
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (!wanted[i].into->at && slice_is(key, wanted[i].key))
                *wanted[i].into = value;
        if (!duration.at && slice_is(key, "dur_ms"))
            duration = value;
    }
    out->frame = LOGLINE_LOGFMT;
    if (out->method.at)
        keep_method(out->method, &out->method);
    out->duration_ms = slice_number(duration);
    damaged |= duration.at && isnan(out->duration_ms);
    if (out->decision.n > 0) {
        out->kind = LOGLINE_SERVER;
        out->damaged = damaged;
    }
    return true;
}

/* ---- prefixes -------------------------------------------------------------------------- */

/* Takes "2026-01-11 11:19:45", and a fraction behind a comma or a full stop. */
static bool take_time(struct slice *s, struct slice *time) {
    static const char shape[] = "0000-00-00 00:00:00";
    size_t n = sizeof shape - 1;
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (shape[i] == '0' ? !is_digit(s->at[i]) : s->at[i] != shape[i])
            return false;
    if (n + 1 < s->n && (s->at[n] == ',' || s->at[n] == '.') && is_digit(s->at[n + 1]))
        for (n++; n < s->n && is_digit(s->at[n]);)
            n++;
    *time = (struct slice){s->at, n};
    slice_advance(s, n);
    return true;
}

/* `time - logger - LEVEL - `, Python's usual. */
static bool peel_logger(struct logline *out) {
    struct slice s = out->message, time, logger, level;
    if (!take_time(&s, &time) || !slice_eat(&s, " - "))
        return false;
    logger = slice_word(&s);
    if (!slice_eat(&s, " - "))
        return false;
    level = slice_word(&s);
    if (logger.n == 0 || level.n == 0 || !slice_eat(&s, " - "))
        return false;
    out->frame = LOGLINE_LOGGER;
    out->time = time;
    out->logger = logger;
    out->level = level;
    out->message = s;
    return true;
}

/* Takes what stands between two brackets at the start, and blanks behind it. */
static void skip_bracketed(struct slice *s, char open, char close) {
    if (s->n == 0 || s->at[0] != open)
        return;
    const char *end = memchr(s->at, close, s->n);
    if (!end)
        return;
    slice_advance(s, (size_t)(end - s->at) + 1);
    slice_skip_blanks(s);
}

/* Takes "[812:1a2b]": process and thread. */
static bool take_process_id(struct slice *s) {
    struct slice at = *s;
    if (!slice_eat(&at, "[") || at.n == 0 || !is_digit(at.at[0]))
        return false;
    struct slice id = slice_until(&at, "]");
    for (size_t i = 0; i < id.n; i++)
        if (!is_hex(id.at[i]) && id.at[i] != ':')
            return false;
    if (!slice_eat(&at, "]"))
        return false;
    *s = at;
    return true;
}

/* `time [Ty] process[pid:thread] [(sender)] [[subsystem:category]] `: `log show --style compact`,
 * and NSLog(), which writes no type. */
static bool peel_compact(struct logline *out) {
    struct slice s = out->message, time, type = {0}, process;
    if (!take_time(&s, &time) || s.n == 0 || s.at[0] != ' ')
        return false;
    slice_skip_blanks(&s);
    struct slice word = s;
    type = slice_until(&word, " \t[");
    if (type.n <= 2 && type.n > 0 && is_letter(type.at[0]) && word.n > 0 && word.at[0] != '[') {
        s = word;
        slice_skip_blanks(&s);
    } else {
        type = (struct slice){0};
    }
    process = slice_until(&s, "[");
    if (process.n == 0 || process.at[process.n - 1] == ' ' || !take_process_id(&s))
        return false;
    slice_skip_blanks(&s);
    skip_bracketed(&s, '(', ')');
    skip_bracketed(&s, '[', ']');
    out->frame = LOGLINE_COMPACT;
    out->time = time;
    out->level = type;
    out->logger = process;
    out->message = s;
    return true;
}

void logline_parse(const char *line, size_t n, struct logline *out) {
    *out = (struct logline){.number = LOGLINE_NONE,
                            .series_errors = LOGLINE_NONE,
                            .pid = LOGLINE_NONE,
                            .ts_s = NAN,
                            .duration_ms = NAN,
                            .backoff_ms = NAN,
                            .after_ms = NAN,
                            .age_ms = NAN,
                            .jitter_percent = NAN,
                            .value = NAN};
    bool cut = n > LOGLINE_CAP;
    n = cut ? LOGLINE_CAP : n;
    while (n > 0 && strchr("\n\r\t ", line[n - 1]) && line[n - 1] != '\0')
        n--;
    out->message = (struct slice){line, n};
    if (!peel_logger(out) && peel_compact(out))
        peel_logger(out); /* an application may write its own prefix into the system's log */
    slice_skip_blanks(&out->message);
    if (out->message.n == 0)
        return;
    if (!parse_server(out) && !parse_tray(out))
        parse_metric(out);
    out->damaged |= cut && out->kind != LOGLINE_OTHER;
}

bool logline_time(struct slice time, const struct zone *zone, int64_t after_ms, int64_t *ms) {
    char text[48];
    bool zoned;
    if (!time.at || time.n >= sizeof text)
        return false;
    memcpy(text, time.at, time.n);
    text[time.n] = '\0';
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    if (!when_parse_local(text, ms, &zoned))
        return false;
    if (!zoned && zone)
        *ms = zone_utc_ms(zone, *ms, after_ms);
    return true;
}

const char *logline_kind_name(enum logline_kind kind) {
    static const char *const names[LOGLINE_KINDS] = {
        [LOGLINE_OTHER] = "other",
        [LOGLINE_CC_READY] = "cc-ready",
        [LOGLINE_SERIES] = "tray-series",
        [LOGLINE_ATTEMPT_START] = "tray-attempt-start",
        [LOGLINE_ATTEMPT_OK] = "tray-attempt-ok",
        [LOGLINE_ATTEMPT_ERROR] = "tray-attempt-error",
        [LOGLINE_BACKOFF] = "tray-backoff",
        [LOGLINE_CIRCUIT_OPEN] = "circuit-open",
        [LOGLINE_CIRCUIT_CLOSE] = "circuit-close",
        [LOGLINE_TAL_HOLD] = "tal-hold",
        [LOGLINE_TAL_RELEASED] = "tal-released",
        [LOGLINE_RESTART_FLAG] = "restart-flag",
        [LOGLINE_TRAY_READY] = "tray-ready",
        [LOGLINE_AUX] = "aux-view",
        [LOGLINE_TAL_TERMINATE] = "tal-terminate",
        [LOGLINE_METRIC] = "metric",
        [LOGLINE_SERVER] = "server",
    };
    return (size_t)kind < LOGLINE_KINDS ? names[kind] : names[LOGLINE_OTHER];
}
