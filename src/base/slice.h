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

/* As an initialiser; the length is known to the compiler. */
#define SLICE(literal) \
    { (literal), sizeof(literal) - 1 }

/* Short, and called for every few bytes of a log: inline, so that a length that is known is known. */

static inline bool slice_is(struct slice s, const char *text) {
    return s.at && strlen(text) == s.n && memcmp(s.at, text, s.n) == 0;
}

static inline bool slice_same(struct slice a, struct slice b) {
    return a.at && a.n == b.n && memcmp(a.at, b.at, b.n) == 0;
}

/* These take from the front, and leave `s` behind what was taken. */

static inline void slice_advance(struct slice *s, size_t n) { /* n ≤ s->n */
    s->at += n;
    s->n -= n;
}

/* False, unmoved: it is another. */
static inline bool slice_eat_slice(struct slice *s, struct slice what) {
    if (s->n < what.n || memcmp(s->at, what.at, what.n) != 0)
        return false;
    slice_advance(s, what.n);
    return true;
}

static inline bool slice_eat(struct slice *s, const char *text) {
    return slice_eat_slice(s, (struct slice){text, strlen(text)});
}

/* Up to a blank or a tab. */
static inline struct slice slice_word(struct slice *s) {
    struct slice part = {s->at, 0};
    while (part.n < s->n && s->at[part.n] != ' ' && s->at[part.n] != '\t')
        part.n++;
    slice_advance(s, part.n);
    return part;
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
