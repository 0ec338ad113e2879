/* What one line means: its time, whose it is, what it measures, what it breaks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/accessline.h"
#include "src/model/jsonline.h"
#include "src/model/logbook_parts.h"

enum {
    MINUTE_MS = 60000,
    AHEAD_MS = 60000, /* two machines' clocks may differ so much */
    /* In the hour that the clock shows twice: lines of several threads are a little out of order, and
     * one that has just come is not from an hour ago. */
    DISORDER_MS = 60000,
    HALF_HOUR_MS = 30 * 60000,
    /* A bare line has the time of the line before it; further back it is somebody else's. */
    LOOK_BACK_LINES = 32,
};

/* What the formats have in common. */
struct meaning {
    struct logline l; /* tray, logfmt, text */
    bool is_access, is_json;
    struct access_line access;
    struct json_line json;
    bool timed;
    int64_t time_ms;
};

void logbook_count(struct logbook *b, unsigned metric, bool measure, double part, double whole) {
    if (b->context || b->reader->spec->whole)
        return;
    if (!b->time_known) {
        b->untimed = true;
        return;
    }
    struct cell key = {.metric = metric,
                       .cohort = b->reader->spec->cohort,
                       .version = b->version,
                       .minute = b->time_ms / MINUTE_MS - (b->time_ms % MINUTE_MS < 0)};
    cells_add(&b->cells, b->next, &key, measure, part, whole);
}

/* ---- time ---- */

/* What a wall clock's time is not before, if it can be read in two ways. */
static int64_t not_before(const struct logbook *b, const struct hit *hit) {
    if (hit->arrived_ms > 0)
        return hit->arrived_ms - HALF_HOUR_MS;
    return b->file->timed ? b->file->time_ms - DISORDER_MS : INT64_MIN;
}

/* The time of the nearest line before this one that has one: of those that nobody looked at. */
static bool look_back(const struct logbook *b, const struct hit *hit, int64_t *ms) {
    const char *end = hit->line.at;
    for (int i = 0; i < LOOK_BACK_LINES && end > hit->from; i++) {
        const char *lf =
            end - 1 > hit->from ? memrchr(hit->from, '\n', (size_t)(end - 1 - hit->from)) : NULL;
        const char *line = lf ? lf + 1 : hit->from;
        struct logline l;
        logline_parse(line, (size_t)(end - line), &l);
        if (logline_time(l.time, b->reader->spec->zone, not_before(b, hit), ms))
            return true;
        end = line;
    }
    return false;
}

void logbook_end(struct logbook *b, const struct hit *end) {
    int64_t ms;
    bool bare = b->reader->spec->format == LOG_TRAY || b->reader->spec->format == LOG_TEXT;
    if (bare && !b->reader->spec->whole && look_back(b, end, &ms)) {
        b->file->timed = true;
        b->file->time_ms = ms;
        if (end->arrived_ms > 0 && ms > end->arrived_ms + AHEAD_MS)
            ms = end->arrived_ms;
        if (ms > b->reader->status.last_ms)
            b->reader->status.last_ms = ms;
    }
}

static void tell_time(struct logbook *b, const struct hit *hit, const struct meaning *m) {
    struct logfile *f = b->file;
    bool by_line = b->reader->spec->format != LOG_ACCESS && b->reader->spec->format != LOG_JSON;
    int64_t ms = m->time_ms;
    if (m->timed || (by_line && look_back(b, hit, &ms))) {
        f->timed = true;
        f->time_ms = ms;
    }
    b->time_known = f->timed || hit->arrived_ms > 0;
    b->time_ms = f->timed ? f->time_ms : hit->arrived_ms;
    if (hit->arrived_ms > 0 && b->time_ms > hit->arrived_ms + AHEAD_MS) {
        b->reader->status.ahead++;
        b->time_ms = hit->arrived_ms;
    }
    if (f->timed && f->time_ms > b->reader->status.last_ms)
        b->reader->status.last_ms = b->time_ms;
    if (b->time_known && b->time_ms < b->reader->since_ms)
        b->context = true;
}

/* ---- whose ---- */

static bool find_pair(struct slice message, const char *wanted, struct slice *value) {
    struct slice key;
    while (logline_pair(&message, &key, value))
        if (slice_is(key, wanted))
            return true;
    return false;
}

static void keep_version(char dst[VERSION_CAP], struct slice value) {
    if (value.n >= 2 && value.at[0] == '"' && value.at[value.n - 1] == '"')
        value = (struct slice){value.at + 1, value.n - 2};
    if (value.n == 0 || value.n >= VERSION_CAP || memchr(value.at, '\0', value.n))
        return;
    memcpy(dst, value.at, value.n);
    dst[value.n] = '\0';
}

/* A client names its version now and then, and it holds until the next; a server's line speaks for
 * itself, as many speak in turn. */
static void tell_version(struct logbook *b, const struct hit *hit, const struct meaning *m) {
    const char *key = b->reader->spec->version_key;
    char own[VERSION_CAP] = "";
    struct slice value;
    b->version = 0;
    if (!key)
        return;
    if (m->is_json) {
        const char *text = json_string_value(json_line_at(&m->json, key));
        if (text)
            keep_version(own, (struct slice){text, strlen(text)});
    } else if (find_pair(m->is_access ? hit->line : m->l.message, key, &value)) {
        keep_version(own, value);
    }
    if (b->reader->spec->format == LOG_TRAY) {
        if (own[0])
            memcpy(b->file->version, own, sizeof own);
        memcpy(own, b->file->version, sizeof own);
    }
    b->version = own[0] ? digest_version(b->next, own) : 0;
}

/* ---- what it measures ---- */

static bool holds(struct slice line, const char *text) {
    return memmem(line.at, line.n, text, strlen(text)) != NULL;
}

static double number_of(struct slice value) {
    double number = slice_number(value);
    return isnan(number) ? slice_duration_ms(value) : number;
}

/* False when the line does not have it. */
static bool value_of(struct logbook *b, const struct metric_spec *spec, const struct hit *hit,
                     const struct meaning *m, double *value) {
    struct slice text;
    if (spec->value && m->is_json) {
        *value = json_line_number(&m->json, spec->value);
        return json_line_at(&m->json, spec->value) != NULL;
    }
    if (spec->value) {
        if (!find_pair(m->is_access ? hit->line : m->l.message, spec->value, &text))
            return false;
        *value = number_of(text);
        return true;
    }
    enum pattern_result result = pattern_find(spec->regex, b->match, hit->line, "value", &text);
    *value = result == PATTERN_FOUND ? number_of(text) : NAN;
    return result != PATTERN_NONE; /* one that gave up is damaged: its value is not known */
}

static void take_own(struct logbook *b, unsigned metric, const struct hit *hit,
                     const struct meaning *m) {
    const struct metric_spec *spec = &b->policy->metrics[metric];
    struct slice none;
    double value;
    bool echo = !m->is_access && !m->is_json && b->reader->slo != NULL;
    if (spec->good) {
        bool bad = holds(hit->line, spec->bad), good = !bad && holds(hit->line, spec->good);
        if ((good || bad) && !(echo && slo_echo(b->reader->slo, &m->l))) {
            b->told = true;
            b->bad |= bad;
            logbook_count(b, metric, false, good, 1);
        }
    } else if (spec->shape == SHAPE_COUNT) {
        bool found = spec->match ? holds(hit->line, spec->match)
                                 : pattern_find(spec->regex, b->match, hit->line, NULL, &none) ==
                                       PATTERN_FOUND;
        if (found && !(echo && slo_echo(b->reader->slo, &m->l))) {
            b->told = true;
            logbook_count(b, metric, false, 1, 0); /* the lines are counted by the block */
        }
    } else if (value_of(b, spec, hit, m, &value) && !(echo && slo_echo(b->reader->slo, &m->l))) {
        b->told = true;
        if (value >= 0 && isfinite(value))
            logbook_count(b, metric, true, value, 1);
        else if (!b->context)
            b->reader->status.damaged++;
    }
}

static void take_access(struct logbook *b, const struct access_line *a) {
    b->told = true;
    b->bad |= a->status == 499 || a->status >= 500;
    if (a->status == 499)
        b->outlet.measured(b, METRIC_PROXY_499, 1);
    if (a->status == 502)
        b->outlet.measured(b, METRIC_PROXY_502, 1);
}

/* ---- what must not be there ---- */

static void look_for_dirt(struct logbook *b, const struct hit *hit) {
    struct reader *r = b->reader;
    for (size_t i = 0; i < r->n_gates; i++) {
        char *const *patterns = b->policy->gates[r->gates[i]].patterns;
        bool found = false;
        for (; *patterns && !found; patterns++)
            found = holds(hit->line, *patterns);
        if (!found)
            continue;
        if (!b->file->findings)
            b->file->findings = mem_zero(r->n_gates, sizeof *b->file->findings);
        struct finding *f = &b->file->findings[i];
        b->told = b->bad = true;
        if (f->matches++ > 0)
            continue;
        size_t n = hit->line.n < DIGEST_TEXT_CAP - 1 ? hit->line.n : DIGEST_TEXT_CAP - 1;
        f->line = hit->number;
        memcpy(f->text, hit->line.at, n);
        for (size_t k = 0; k < n; k++) /* the text ends at its NUL */
            f->text[k] = f->text[k] ? f->text[k] : '?';
        f->text[n] = '\0';
    }
}

/* ---- all of it ---- */

static bool read_meaning(struct logbook *b, const struct hit *hit, struct meaning *m) {
    const struct log_spec *spec = b->reader->spec;
    int64_t after_ms = not_before(b, hit);
    *m = (struct meaning){0};
    switch (spec->format) {
    case LOG_ACCESS:
        m->is_access = m->timed = access_line_parse(hit->line.at, hit->line.n, &m->access);
        m->time_ms = m->access.time_ms;
        return m->is_access;
    case LOG_JSON:
        m->is_json = json_line_read(hit->line.at, hit->line.n, spec->zone, after_ms, &m->json);
        m->timed = m->json.timed;
        m->time_ms = m->json.time_ms;
        return m->is_json;
    default:
        logline_parse(hit->line.at, hit->line.n, &m->l);
        m->timed = logline_time(m->l.time, spec->zone, after_ms, &m->time_ms);
        return true;
    }
}

static bool is_error(struct slice level) {
    return slice_is(level, "ERROR") || slice_is(level, "CRITICAL") || slice_is(level, "FATAL") ||
           slice_is(level, "E") || slice_is(level, "F");
}

static const char *kind_of(struct logbook *b, const struct meaning *m) {
    if (m->is_access)
        return "request";
    if (m->is_json) {
        const char *level = m->json.level ? m->json.level : "";
        b->bad |= is_error((struct slice){level, strlen(level)});
        return "json";
    }
    b->bad |= m->l.kind == LOGLINE_ATTEMPT_ERROR || m->l.kind == LOGLINE_CIRCUIT_OPEN ||
              slice_is(m->l.decision, "error") || is_error(m->l.level);
    b->told |= b->bad || m->l.kind != LOGLINE_OTHER;
    return logline_kind_name(m->l.kind);
}

static void mention(struct logbook *b, const struct hit *hit, const char *kind) {
    struct mention *at = &b->mentions[b->n_mentions++ % DIGEST_EVENTS_MAX];
    at->wall_ms = b->time_known ? b->time_ms : 0;
    at->file = (int)(b->file - b->files);
    at->log = b->file->log;
    at->line = hit->number;
    at->kind = kind;
    at->bad = b->bad;
    at->n = hit->line.n < sizeof at->text ? hit->line.n : sizeof at->text;
    memcpy(at->text, hit->line.at, at->n);
}

void logbook_hit(struct logbook *b, const struct hit *hit) {
    struct reader *r = b->reader;
    struct meaning m;
    bool context = b->context;
    b->bad = b->told = b->untimed = false;
    if (!read_meaning(b, hit, &m)) {
        r->status.damaged += !context;
        return;
    }
    tell_time(b, hit, &m);
    tell_version(b, hit, &m);
    if (r->slo) {
        slo_use(r->slo, b->file->stream, (unsigned)(b->file - b->files), b->context);
        slo_now(r->slo, hit->arrived_ms > 0 ? hit->arrived_ms
                        : b->time_known     ? b->time_ms
                                            : INT64_MAX);
        uint64_t damaged = slo_damaged(r->slo);
        slo_take(r->slo, hit->number, hit->line, &m.l);
        if (b->context)
            r->damaged_before += slo_damaged(r->slo) - damaged;
    }
    if (m.is_access)
        take_access(b, &m.access);
    for (size_t i = 0; i < r->n_own; i++)
        take_own(b, r->own[i], hit, &m);
    if (r->n_gates > 0)
        look_for_dirt(b, hit);
    const char *kind = kind_of(b, &m);
    if (b->told && !b->context)
        mention(b, hit, kind);
    r->status.untimed += b->untimed;
    b->context = context;
    json_line_fini(&m.json);
}
