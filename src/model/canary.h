/* Is the candidate worse than the baseline? Mann and Whitney's two-sided test with the corrections for
 * ties and for continuity, the shift by Hodges and Lehmann, and Kayenta's rule: worse is what has the
 * whole confidence interval of the shift (0.98) beyond a quarter of the shift itself.
 *
 * The points are weighted values: what histograms hold. A bucket is so many values that are tied, which
 * the test has a correction for; all that was measured takes part, however much it is, while a sample
 * of it would answer otherwise each time. A shift of less than a bucket (1.6 %) is not seen. */
#ifndef GONOGO_MODEL_CANARY_H
#define GONOGO_MODEL_CANARY_H

#include <stdbool.h>
#include <stddef.h>

#include "src/model/histogram.h"
#include "src/model/slo.h"

enum { CANARY_MIN_POINTS = 50 };
#define CANARY_TOLERANCE 0.25

struct canary_point {
    double value;
    double n; /* how many times, > 0 */
};

/* Ascending by value, each value once. */
struct canary_side {
    const struct canary_point *points;
    size_t n;
};

struct canary_result {
    double n_candidate, n_baseline;
    double u;         /* of the candidate: pairs in which it is more, ties half */
    double p;         /* two-sided; 1 when all values are the same; NAN without points */
    double shift;     /* median of all candidate minus baseline */
    double low, high; /* its confidence interval */
};

void canary_test(struct canary_side candidate, struct canary_side baseline,
                 struct canary_result *out);

/* PASS: no worse. UNKNOWN: fewer than CANARY_MIN_POINTS on a side. */
enum slo_verdict canary_verdict(const struct canary_result *r, bool less_is_worse);

/* A histogram's buckets as points; returns how many. */
size_t canary_points(const struct histogram *h, struct canary_point points[HISTOGRAM_BUCKETS]);
/* Sorts values and joins those that are the same; returns how many are left. */
size_t canary_sort(struct canary_point *points, size_t n);

#endif
