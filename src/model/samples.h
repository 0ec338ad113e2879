/* Measured values, kept so that a quantile is exact. Most are whole milliseconds below a minute: those are
 * counted, so that a log of any length takes no more memory than a short one; the rest is kept whole, four
 * bytes each. Or, for rates, only how many there were and what they add up to. */
#ifndef GONOGO_MODEL_SAMPLES_H
#define GONOGO_MODEL_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SAMPLES_COUNTED = 1 << 16 }; /* whole numbers below this; memory is taken as it is used */

/* All zero is none. */
struct samples {
    uint32_t *counts; /* SAMPLES_COUNTED of them, or NULL */
    uint64_t counted; /* how many they add up to */
    float *values;    /* the others; whole numbers are exact to 2^24: more than four hours in ms */
    size_t kept, room;
    bool sorted;
    uint64_t n;
    double sum, min, max; /* min and max mean nothing while n = 0 */
};

void samples_fini(struct samples *s);

/* `value` ≥ 0 and finite. */
void samples_add(struct samples *s, double value);   /* for quantiles */
void samples_count(struct samples *s, double value); /* for rates: the value itself is not kept */

/* The value at index ⌊n·permille/1000⌋ of the sorted list, the last one at most; of those added
 * by samples_add(). NAN when there are none. */
double samples_quantile(struct samples *s, unsigned permille);
double samples_mean(const struct samples *s); /* NAN when there are none */

#endif
