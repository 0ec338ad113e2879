/* A log-linear histogram: each octave of values is cut into 64 buckets of one width, and a value is
 * known by the middle of its bucket: at most 1/128 (0.79 %) from what it was. Two of them add up
 * bucket by bucket, so that minutes make hours.
 *
 * From 2^-9 to 2^30: two microseconds to twelve days, in ms. What is less is zero, what is more is in
 * the last bucket; least and greatest are kept as they were. */
#ifndef GONOGO_MODEL_HISTOGRAM_H
#define GONOGO_MODEL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "src/model/digest.h"

enum {
    HISTOGRAM_BITS = 6,
    HISTOGRAM_LEAST = -9, /* exponent of the least value that is not zero */
    HISTOGRAM_OCTAVES = 39,
    HISTOGRAM_BUCKETS = 1 + (HISTOGRAM_OCTAVES << HISTOGRAM_BITS), /* the first is zero */
};

/* All zero is empty. */
struct histogram {
    uint64_t n;
    double sum, min, max; /* min and max mean nothing while n = 0 */
    uint32_t counts[HISTOGRAM_BUCKETS];
};

/* `value` ≥ 0 and finite. The exponent and the first bits behind it, as IEEE 754 writes them, count the
 * buckets by themselves. */
static inline unsigned histogram_bucket(double value) {
    const uint64_t least = (uint64_t)(1023 + HISTOGRAM_LEAST) << 52;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits < least)
        return 0;
    uint64_t bucket = ((bits - least) >> (52 - HISTOGRAM_BITS)) + 1;
    return bucket < HISTOGRAM_BUCKETS ? (unsigned)bucket : HISTOGRAM_BUCKETS - 1;
}

static inline void histogram_add(struct histogram *h, double value) {
    uint32_t *count = &h->counts[histogram_bucket(value)];
    *count += *count < UINT32_MAX;
    h->min = h->n == 0 || value < h->min ? value : h->min;
    h->max = h->n == 0 || value > h->max ? value : h->max;
    h->sum += value;
    h->n++;
}

/* What values in this bucket are taken for: its middle. */
double histogram_middle(unsigned bucket);

void histogram_clear(struct histogram *h);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* Adds to the counts and to n alone; sum, min and max are the caller's. Buckets that there are not are
 * left out. */
void histogram_add_buckets(struct histogram *h, const struct digest_bucket *buckets, size_t n);
/* The buckets that are not empty, ascending; returns how many. */
size_t histogram_pack(const struct histogram *h, struct digest_bucket buckets[HISTOGRAM_BUCKETS]);

/* The value at index ⌊n·q⌋ of the sorted list, the last one at most; 0 ≤ q ≤ 1. NAN when empty. The
 * first and the last are exact. */
double histogram_quantile(const struct histogram *h, double q);
double histogram_mean(const struct histogram *h); /* NAN when empty */
/* How many are more than `limit` (in buckets whose middle is). */
uint64_t histogram_above(const struct histogram *h, double limit);

#endif
