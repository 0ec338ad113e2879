/* A borrowed run of bytes, for parsers that copy nothing. May hold NULs and invalid UTF-8. */
#ifndef GONOGO_BASE_SLICE_H
#define GONOGO_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *at; /* NULL when there is no such part */
    size_t n;
};

/* Short, and called for every few bytes of a log: inline, so that a length that is known is known. */

static inline bool slice_is(struct slice s, const char *text) {
    return s.at && strlen(text) == s.n && memcmp(s.at, text, s.n) == 0;
}

/* These take from the front, and leave `s` behind what was taken. */

static inline void slice_advance(struct slice *s, size_t n) { /* n ≤ s->n */
    s->at += n;
    s->n -= n;
}

/* False, unmoved: it is another. */
static inline bool slice_eat(struct slice *s, const char *text) {
    size_t n = strlen(text);
    if (s->n < n || memcmp(s->at, text, n) != 0)
        return false;
    slice_advance(s, n);
    return true;
}

/* All when none of the stops comes. */
static inline struct slice slice_until(struct slice *s, const char *stops) {
    struct slice part = {s->at, 0};
    for (bool stop = false; part.n < s->n; part.n++) {
        for (const char *p = stops; *p && !stop; p++)
            stop = *p == s->at[part.n];
        if (stop)
            break;
    }
    slice_advance(s, part.n);
    return part;
}

void slice_skip_blanks(struct slice *s); /* and tabs */
/* [-]digits[.digits], or NAN. */
double slice_take_number(struct slice *s);

/* The whole slice as a number, or as "842ms" or "122.8s" in ms; NAN when it is none. */
double slice_number(struct slice s);
double slice_duration_ms(struct slice s);

#endif
