/* Chance for the lab: small, and the same at every start. */
#ifndef GONOGO_LAB_LAB_RANDOM_H
#define GONOGO_LAB_LAB_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct lab_random {
    uint64_t state; /* never 0 */
};

static inline uint32_t lab_random_next(struct lab_random *r) {
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 32);
}

/* 0 … n-1; n ≥ 1 */
static inline unsigned lab_random_below(struct lab_random *r, unsigned n) {
    return lab_random_next(r) % n;
}

/* from … to, evenly. */
static inline double lab_random_between(struct lab_random *r, double from, double to) {
    return from + (to - from) * (double)lab_random_next(r) / (double)UINT32_MAX;
}

static inline bool lab_random_hits(struct lab_random *r, unsigned permille) {
    return lab_random_below(r, 1000) < permille;
}

#endif
