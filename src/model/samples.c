#include "src/model/samples.h"

#include <math.h>
#include <stdlib.h>

#include "src/base/mem.h"

enum { FIRST_ROOM = 256 };

void samples_fini(struct samples *s) {
    free(s->counts);
    free(s->values);
    *s = (struct samples){0};
}

void samples_count(struct samples *s, double value) {
    s->min = s->n == 0 || value < s->min ? value : s->min;
    s->max = s->n == 0 || value > s->max ? value : s->max;
    s->sum += value;
    s->n++;
}

/* In place, when it is a whole number that there is a count for. */
static bool count_whole(struct samples *s, double value) {
    if (value >= SAMPLES_COUNTED || value != (double)(uint32_t)value)
        return false;
    if (!s->counts)
        s->counts = mem_zero(SAMPLES_COUNTED, sizeof *s->counts);
    uint32_t *count = &s->counts[(uint32_t)value];
    if (*count == UINT32_MAX)
        return false; /* kept whole it is exact all the same */
    ++*count;
    s->counted++;
    return true;
}

void samples_add(struct samples *s, double value) {
    samples_count(s, value);
    if (count_whole(s, value))
        return;
    if (s->kept == s->room) {
        s->room = s->room ? s->room + s->room / 2 : FIRST_ROOM;
        s->values = mem_resize(s->values, s->room, sizeof *s->values);
    }
    s->values[s->kept++] = (float)value;
    s->sorted = false;
}

static void sink(float *v, size_t at, size_t n) {
    float value = v[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && v[child + 1] > v[child])
            child++;
        if (v[child] <= value)
            break;
        v[at] = v[child];
    }
    v[at] = value;
}

/* Heapsort: in place, and no order of the input makes it slow. qsort() asks for as much again. */
static void sort(float *v, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sink(v, i, n);
    for (size_t end = n; end-- > 1;) {
        float top = v[0];
        v[0] = v[end];
        v[end] = top;
        sink(v, 0, end);
    }
}

/* The value at index `at` of both together, each in its order. */
static double value_at(const struct samples *s, uint64_t at) {
    size_t next = 0;
    for (uint32_t whole = 0; s->counts && whole < SAMPLES_COUNTED; whole++) {
        for (; next < s->kept && s->values[next] < (float)whole; next++, at--)
            if (at == 0)
                return (double)s->values[next];
        if (at < s->counts[whole])
            return whole;
        at -= s->counts[whole];
    }
    return (double)s->values[next + at];
}

double samples_quantile(struct samples *s, unsigned permille) {
    uint64_t all = s->counted + s->kept;
    if (all == 0)
        return NAN;
    if (!s->sorted)
        sort(s->values, s->kept);
    s->sorted = true;
    uint64_t at = all * permille / 1000;
    return value_at(s, at < all ? at : all - 1);
}

double samples_mean(const struct samples *s) {
    return s->n ? s->sum / (double)s->n : NAN;
}
