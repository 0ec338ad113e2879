#include "src/model/histogram.h"

#include <math.h>

double histogram_middle(unsigned bucket) {
    if (bucket == 0)
        return 0;
    unsigned octave = (bucket - 1) >> HISTOGRAM_BITS, part = (bucket - 1) & 63U;
    return ldexp(1 + ((double)part + 0.5) / 64, (int)octave + HISTOGRAM_LEAST);
}

void histogram_clear(struct histogram *h) {
    memset(h, 0, sizeof *h);
}

static uint32_t sum_of(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void histogram_merge(struct histogram *into, const struct histogram *from) {
    if (from->n == 0)
        return;
    into->min = into->n == 0 || from->min < into->min ? from->min : into->min;
    into->max = into->n == 0 || from->max > into->max ? from->max : into->max;
    into->sum += from->sum;
    into->n += from->n;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] = sum_of(into->counts[i], from->counts[i]);
}

void histogram_add_buckets(struct histogram *h, const struct digest_bucket *buckets, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (buckets[i].bucket >= HISTOGRAM_BUCKETS) /* from a store that somebody edited */
            continue;
        uint32_t *count = &h->counts[buckets[i].bucket];
        *count = sum_of(*count, buckets[i].count);
        h->n += buckets[i].count;
    }
}

size_t histogram_pack(const struct histogram *h, struct digest_bucket buckets[HISTOGRAM_BUCKETS]) {
    size_t n = 0;
    if (h->n == 0)
        return 0;
    for (unsigned i = histogram_bucket(h->min), last = histogram_bucket(h->max); i <= last; i++)
        if (h->counts[i] > 0)
            buckets[n++] = (struct digest_bucket){.bucket = (uint16_t)i, .count = h->counts[i]};
    return n;
}

static double within(double value, const struct histogram *h) {
    return value < h->min ? h->min : value > h->max ? h->max : value;
}

double histogram_quantile(const struct histogram *h, double q) {
    if (h->n == 0)
        return NAN;
    double place = floor((double)h->n * q);
    if (q <= 0)
        return h->min;
    if (place >= (double)(h->n - 1))
        return h->max;
    uint64_t rank = (uint64_t)place, before = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        before += h->counts[i];
        if (before > rank)
            return within(histogram_middle(i), h);
    }
    return h->max;
}

double histogram_mean(const struct histogram *h) {
    return h->n ? h->sum / (double)h->n : NAN;
}

uint64_t histogram_above(const struct histogram *h, double limit) {
    uint64_t above = 0;
    for (unsigned i = HISTOGRAM_BUCKETS; i-- > 0 && within(histogram_middle(i), h) > limit;)
        above += h->counts[i];
    return above;
}
