#include "src/model/samples.h"

#include <math.h>
#include <stdlib.h>

#include "src/base/mem.h"

enum { FIRST_ROOM = 256 };

void samples_fini(struct samples *s) {
    free(s->values);
    *s = (struct samples){0};
}

void samples_count(struct samples *s, double value) {
    s->min = s->n == 0 || value < s->min ? value : s->min;
    s->max = s->n == 0 || value > s->max ? value : s->max;
    s->sum += value;
    s->n++;
}

void samples_add(struct samples *s, double value) {
    samples_count(s, value);
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

double samples_quantile(struct samples *s, unsigned permille) {
    if (s->kept == 0)
        return NAN;
    if (!s->sorted)
        sort(s->values, s->kept);
    s->sorted = true;
    size_t at = (size_t)((uint64_t)s->kept * permille / 1000);
    return (double)s->values[at < s->kept ? at : s->kept - 1];
}

double samples_mean(const struct samples *s) {
    return s->n ? s->sum / (double)s->n : NAN;
}
