#include "src/model/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/when.h"
#include "src/base/zone.h"

enum {
    DAY_MIN = 24 * 60,
    WEEK = 7,
    /* Changes looked through for the one that opens: behind so many freezes nobody waits. */
    STEPS_MAX = 200,
};

static const int64_t day_ms = INT64_C(86400000), minute_ms = 60000;

void calendar_free(struct calendar *c) {
    if (!c)
        return;
    zone_free(c->zone);
    free(c->allow);
    free(c->deny);
    free(c);
}

/* ---- moments --------------------------------------------------------------------------------- */

static int64_t local_of(const struct calendar *c, int64_t utc_ms) {
    return c->zone ? zone_local_ms(c->zone, utc_ms) : utc_ms;
}

static int64_t offset_near(const struct calendar *c, int64_t ms) {
    return local_of(c, ms) - ms;
}

/* When the clock first shows `local_ms` or more; `last`: from when on it never shows less again. They
 * differ only in an hour that comes twice; an hour that is left out is passed in one moment. */
static int64_t reach(const struct calendar *c, int64_t local_ms, bool last) {
    int64_t a = local_ms - offset_near(c, local_ms - day_ms);
    int64_t b = local_ms - offset_near(c, local_ms + day_ms);
    int64_t low = a < b ? a : b, high = a < b ? b : a;
    bool low_shows = local_of(c, low) == local_ms, high_shows = local_of(c, high) == local_ms;
    if (low_shows && high_shows)
        return last ? high : low;
    if (low_shows || high_shows)
        return low_shows ? low : high;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (local_of(c, middle) < local_ms)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- one span around a moment ---------------------------------------------------------------- */

struct around {
    const struct calendar *c;
    bool deny;
    int64_t now_ms;
    int64_t end_ms;   /* the latest end of what holds now; 0 = nothing holds */
    int64_t start_ms; /* the earliest beginning still to come; INT64_MAX = none */
};

static void consider(struct around *a, int64_t from_local, int64_t to_local) {
    int64_t start = reach(a->c, from_local, false), end = reach(a->c, to_local, a->deny);
    if (end <= start)
        return; /* all of it falls into an hour that is left out */
    if (start <= a->now_ms && a->now_ms < end && end > a->end_ms)
        a->end_ms = end;
    if (start > a->now_ms && start < a->start_ms)
        a->start_ms = start;
}

static int64_t day_of(int64_t local_ms) {
    return (local_ms - ((local_ms % day_ms + day_ms) % day_ms)) / day_ms;
}

static void consider_dates(struct around *a, const struct calendar_span *s, int64_t from_day,
                           int64_t to_day) {
    int64_t today = day_of(local_of(a->c, a->now_ms));
    if (from_day > to_day)
        return;
    if (s->whole) {
        consider(a, from_day * day_ms + s->from_min * minute_ms,
                 to_day * day_ms + s->to_min * minute_ms);
        return;
    }
    int64_t first = from_day > today - 2 ? from_day : today - 2;
    int64_t last = to_day < first + 4 ? to_day : first + 4;
    for (int64_t day = first; day <= last; day++)
        consider(a, day * day_ms + s->from_min * minute_ms, day * day_ms + s->to_min * minute_ms);
}

static bool is_leap(int year) {
    return when_days(year, 3, 1) - when_days(year, 2, 1) == 29;
}

/* The day of a yearly date in that year; February 29th is moved inward where there is none. */
static int64_t yearly_day(int day, int year, bool is_end) {
    enum { LEAP_DAY = 2 * 32 + 29 };
    if (day == LEAP_DAY && !is_leap(year))
        return is_end ? when_days(year, 2, 28) : when_days(year, 3, 1);
    return when_days(year, day / 32, day % 32);
}

static void consider_years(struct around *a, const struct calendar_span *s) {
    int year = when_year(local_of(a->c, a->now_ms));
    bool wraps = s->from_day > s->to_day ||
                 (s->whole && s->from_day == s->to_day && s->from_min >= s->to_min);
    for (int y = year - 1; y <= year + 1; y++)
        consider_dates(a, s, yearly_day(s->from_day, y, false),
                       yearly_day(s->to_day, wraps ? y + 1 : y, true));
}

static void consider_weeks(struct around *a, const struct calendar_span *s) {
    int64_t today = day_of(local_of(a->c, a->now_ms));
    for (int64_t day = today - WEEK - 1; day <= today + WEEK + 1; day++) {
        unsigned weekday = (unsigned)(((day + 3) % WEEK + WEEK) % WEEK); /* 1970 began a Thursday */
        if (s->form == SPAN_DAILY || (s->weekdays & 1U << weekday))
            consider(a, day * day_ms + s->from_min * minute_ms,
                     day * day_ms + s->to_min * minute_ms);
    }
}

static struct around look(const struct calendar *c, const struct calendar_span *s, bool deny,
                          int64_t now_ms) {
    struct around a = {.c = c, .deny = deny, .now_ms = now_ms, .start_ms = INT64_MAX};
    if (s->form == SPAN_DATES)
        consider_dates(&a, s, s->from_day, s->to_day);
    else if (s->form == SPAN_YEARLY)
        consider_years(&a, s);
    else
        consider_weeks(&a, s);
    return a;
}

/* All of a list: the latest end of what holds now and what that is, and the earliest beginning. */
struct sight {
    const struct calendar_span *by;
    int64_t end_ms, start_ms;
};

static struct sight look_all(const struct calendar *c, const struct calendar_span *spans, size_t n,
                             bool deny, int64_t now_ms) {
    struct sight sight = {.start_ms = INT64_MAX};
    for (size_t i = 0; i < n; i++) {
        struct around a = look(c, &spans[i], deny, now_ms);
        if (a.end_ms > sight.end_ms) {
            sight.end_ms = a.end_ms;
            sight.by = &spans[i];
        }
        if (a.start_ms < sight.start_ms)
            sight.start_ms = a.start_ms;
    }
    return sight;
}

/* ---- the state, and when it changes ---------------------------------------------------------- */

/* The word at a moment, and the next moment at which it may be another. */
static enum calendar_word word_at(const struct calendar *c, int64_t at_ms, int64_t *next_ms,
                                  const struct calendar_span **by) {
    struct sight denied = look_all(c, c->deny, c->n_deny, true, at_ms);
    *by = denied.by;
    *next_ms = denied.end_ms;
    if (denied.by)
        return CALENDAR_FREEZE;
    struct sight allowed = look_all(c, c->allow, c->n_allow, false, at_ms);
    *by = allowed.by;
    *next_ms = allowed.start_ms;
    if (c->n_allow > 0 && !allowed.by)
        return CALENDAR_SHUT;
    *next_ms =
        c->n_allow > 0 && allowed.end_ms < denied.start_ms ? allowed.end_ms : denied.start_ms;
    return CALENDAR_OPEN;
}

struct calendar_state calendar_at(const struct calendar *c, int64_t wall_ms) {
    struct calendar_state state = {.until_ms = INT64_MAX};
    int64_t at_ms = wall_ms, next_ms;
    const struct calendar_span *by;
    state.word = word_at(c, wall_ms, &next_ms, &state.by);
    for (int i = 0; i < STEPS_MAX && next_ms != INT64_MAX && next_ms > at_ms; i++) {
        at_ms = next_ms;
        enum calendar_word word = word_at(c, at_ms, &next_ms, &by);
        bool over = state.word == CALENDAR_SHUT ? word == CALENDAR_OPEN : word != state.word;
        if (!over)
            continue;
        state.until_ms = at_ms;
        state.next = by;
        break;
    }
    return state;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *const names[WEEK] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* Two digits; -1 = none. */
static int two(const char *text) {
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* "09:00" to minutes, up to 24:00; -1 = none. Five bytes are read. */
static int clock_time(const char *text) {
    int hours = two(text), minutes = hours < 0 || text[2] != ':' ? -1 : two(text + 3);
    if (minutes < 0 || minutes > 59 || hours > 24 || (hours == 24 && minutes > 0))
        return -1;
    return hours * 60 + minutes;
}

/* "09:00-16:00" at the end, behind a blank or alone; *n is what is left in front of it. */
static bool hours_behind(const char *text, size_t *n, int *from, int *to) {
    enum { HOURS = 11 };
    size_t len = strlen(text);
    const char *at = text + (len >= HOURS ? len - HOURS : 0);
    if (len < HOURS || at[5] != '-' || (at > text && at[-1] != ' '))
        return false;
    int begins = clock_time(at), ends = clock_time(at + 6);
    if (begins < 0 || ends < 0)
        return false;
    *from = begins;
    *to = ends;
    *n = at > text ? (size_t)(at - text) - 1 : 0;
    return true;
}

static int weekday_of(const char *text, size_t n) {
    for (int i = 0; n == 3 && i < WEEK; i++)
        if (strncasecmp(text, names[i], 3) == 0)
            return i;
    return -1;
}

/* "Mon-Thu" or "Mon,Wed"; 0 = it is no such list. */
static unsigned weekdays_of(const char *text, size_t n) {
    unsigned days = 0;
    for (const char *end = text + n; text < end;) {
        size_t len = strcspn(text, ",");
        len = len > (size_t)(end - text) ? (size_t)(end - text) : len;
        int first = weekday_of(text, len < 3 ? len : 3), last = first;
        if (len == 7 && text[3] == '-')
            last = weekday_of(text + 4, 3);
        else if (len != 3)
            return 0;
        if (first < 0 || last < 0)
            return 0;
        for (int day = first;; day = (day + 1) % WEEK) {
            days |= 1U << day;
            if (day == last)
                break;
        }
        text += len;
        if (text < end && ++text == end)
            return 0; /* a comma with nothing behind */
    }
    return days;
}

/* A day, and perhaps a time behind it. */
struct point {
    enum { POINT_NONE, POINT_WEEKDAY, POINT_DATE, POINT_YEARLY } kind;
    int day;
    int minute; /* -1 = none was said */
};

static bool is_day(int year, int month, int day) {
    if (month < 1 || month > 12 || day < 1)
        return false;
    int64_t next = month == 12 ? when_days(year + 1, 1, 1) : when_days(year, month + 1, 1);
    return day <= next - when_days(year, month, 1);
}

/* Of n bytes exactly. */
static struct point point_of(const char *text, size_t n) {
    enum { A_LEAP_YEAR = 2000 };
    struct point p = {.minute = -1};
    const char *blank = memchr(text, ' ', n);
    size_t len = blank ? (size_t)(blank - text) : n;
    if (blank && (n - len != 6 || (p.minute = clock_time(blank + 1)) < 0))
        return p;
    int weekday = weekday_of(text, len);
    if (weekday >= 0) {
        p.kind = POINT_WEEKDAY;
        p.day = weekday;
    } else if (len == 5 && text[2] == '-' && is_day(A_LEAP_YEAR, two(text), two(text + 3))) {
        p.kind = POINT_YEARLY;
        p.day = two(text) * 32 + two(text + 3);
    } else if (len == 10 && text[4] == '-' && text[7] == '-' && two(text) > 0 &&
               two(text + 2) >= 0 &&
               is_day(two(text) * 100 + two(text + 2), two(text + 5), two(text + 8))) {
        p.kind = POINT_DATE;
        p.day = (int)when_days(two(text) * 100 + two(text + 2), two(text + 5), two(text + 8));
    }
    return p;
}

/* From a moment to a moment; without times from midnight to midnight, the last day included. */
static bool take_run(struct calendar_span *s, struct point from, struct point to,
                     const char **fault) {
    s->from_min = from.minute >= 0 ? from.minute : 0;
    s->to_min = to.minute >= 0 ? to.minute : DAY_MIN;
    s->from_day = from.day;
    s->to_day = to.day;
    s->whole = true;
    if (from.kind == POINT_WEEKDAY) {
        int days = (to.day - from.day + WEEK) % WEEK;
        s->form = SPAN_WEEKLY;
        s->weekdays = 1U << from.day;
        s->to_min += days * DAY_MIN;
        if (s->to_min <= s->from_min)
            s->to_min += WEEK * DAY_MIN;
        s->whole = false; /* one run from each such day */
        return true;
    }
    s->form = from.kind == POINT_YEARLY ? SPAN_YEARLY : SPAN_DATES;
    if (s->form == SPAN_DATES &&
        (s->from_day > s->to_day || (s->from_day == s->to_day && s->from_min >= s->to_min))) {
        *fault = "ends before it begins";
        return false;
    }
    return true;
}

static bool take_days(struct calendar_span *s, const char *text, size_t n, const char **fault) {
    const char *dots = n > 2 ? strstr(text, "..") : NULL;
    if (dots && dots >= text + n)
        dots = NULL;
    struct point from = point_of(text, dots ? (size_t)(dots - text) : n);
    struct point to = dots ? point_of(dots + 2, n - (size_t)(dots + 2 - text)) : from;
    if (from.kind == POINT_NONE || from.kind != to.kind || (!dots && from.minute >= 0)) {
        *fault = "is no span of time";
        return false;
    }
    return take_run(s, from, to, fault);
}

bool calendar_parse(const char *text, struct calendar_span *out, const char **fault) {
    size_t n = strlen(text);
    int from = 0, to = DAY_MIN;
    *out = (struct calendar_span){0};
    if (n == 0 || n >= sizeof out->text) {
        *fault = "is no span of time";
        return false;
    }
    snprintf(out->text, sizeof out->text, "%s", text);
    bool hours = hours_behind(text, &n, &from, &to);
    if (hours && from == to) {
        *fault = "ends when it begins";
        return false;
    }
    out->weekdays = weekdays_of(text, n);
    if (n == 0) {
        out->form = SPAN_DAILY;
    } else if (out->weekdays) {
        out->form = SPAN_WEEKLY;
    } else if (!take_days(out, text, n, fault)) {
        return false;
    } else if (!hours) {
        return true; /* it brought its own */
    } else if (out->form == SPAN_WEEKLY || out->from_min != 0 || out->to_min != DAY_MIN) {
        *fault = "has hours twice";
        return false;
    }
    out->whole = false;
    out->from_min = from;
    out->to_min = to > from ? to : to + DAY_MIN;
    return true;
}
