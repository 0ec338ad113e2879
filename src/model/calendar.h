/* Spans of local time, for release hours and freezes: when they hold, and when that changes next. Pure.
 *
 *   Mon-Thu 09:00-16:00         weekly; also Mon,Wed and Sat-Mon; 22:00-06:00 goes into the next day
 *   09:00-17:00                 every day
 *   2026-12-20..2027-01-05      dates, both included; or one date; with hours behind: on each of them
 *   12-20..01-05                the same every year
 *   Fri 16:00..Mon 09:00        from a moment to a moment, in any of the three forms
 *
 * Where the clock is moved: what is allowed begins when the clock first shows its beginning, and ends
 * when it first shows its end; what is denied ends when it last shows that. An hour that comes twice is
 * never allowed longer, nor denied shorter, than was meant. */
#ifndef GONOGO_MODEL_CALENDAR_H
#define GONOGO_MODEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

enum { CALENDAR_TEXT_CAP = 64 }; /* the longest span is 36 bytes */

struct calendar_span {
    char text[CALENDAR_TEXT_CAP]; /* as it was written */
    enum { SPAN_DAILY, SPAN_WEEKLY, SPAN_DATES, SPAN_YEARLY } form;
    unsigned weekdays;    /* SPAN_WEEKLY: bit 0 is Monday; on which it begins */
    int from_day, to_day; /* SPAN_DATES: since 1970-01-01; SPAN_YEARLY: month · 32 + day */
    int from_min, to_min; /* since midnight; to_min is the greater, and may be days later */
    bool whole;           /* one run from the first day's from_min to the last day's to_min */
};

struct calendar {
    struct zone *zone; /* owned; NULL = UTC */
    struct calendar_span *allow, *deny;
    size_t n_allow, n_deny;
};

/* False, and what is wrong with it, when it is none. */
bool calendar_parse(const char *text, struct calendar_span *out, const char **fault);

enum calendar_word {
    CALENDAR_OPEN,   /* allowed (or nothing is asked for), and not denied */
    CALENDAR_SHUT,   /* none of the allowed spans holds */
    CALENDAR_FREEZE, /* a denied one does */
};

struct calendar_state {
    enum calendar_word word;
    const struct calendar_span
        *by; /* what holds; NULL for CALENDAR_SHUT, and open without `allow` */
    /* When it is open no longer, open again (CALENDAR_SHUT), or the freeze is over; INT64_MAX = never,
     * as far as can be seen. */
    int64_t until_ms;
    const struct calendar_span *next; /* CALENDAR_SHUT: what opens then */
};

struct calendar_state calendar_at(const struct calendar *c, int64_t wall_ms);

void calendar_free(struct calendar *c); /* NULL is fine */

#endif
