/* A borrowed run of bytes, for parsers that copy nothing. May hold NULs and invalid UTF-8. */
#ifndef GONOGO_BASE_SLICE_H
#define GONOGO_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *at; /* NULL when there is no such part */
    size_t n;
};

bool slice_is(struct slice s, const char *text);

/* These take from the front, and leave `s` behind what was taken. */
void slice_advance(struct slice *s, size_t n);                /* n ≤ s->n */
bool slice_eat(struct slice *s, const char *text);            /* false, unmoved: it is another */
void slice_skip_blanks(struct slice *s);                      /* and tabs */
struct slice slice_until(struct slice *s, const char *stops); /* all when none of them comes */
double slice_take_number(struct slice *s);                    /* [-]digits[.digits], or NAN */

/* The whole slice as a number, or as "842ms" or "122.8s" in ms; NAN when it is none. */
double slice_number(struct slice s);
double slice_duration_ms(struct slice s);

#endif
