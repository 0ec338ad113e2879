#include "src/model/canary.h"

#include <math.h>
#include <stdlib.h>

/* The 99th percentile of the normal distribution: two tails of a hundredth each. */
#define CONFIDENCE_Z 2.3263478740408408

enum { BISECTIONS = 100 }; /* a double has no more to give */

static double weight(struct canary_side s) {
    double n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.points[i].n;
    return n;
}

/* U and the sum of t³ − t over all ties when `by` is taken from each of the candidate's values. */
struct ranks {
    double u, ties;
};

static struct ranks rank_shifted(struct canary_side x, struct canary_side y, double by) {
    struct ranks r = {0};
    double below = 0; /* of y */
    size_t i = 0, k = 0;
    while (i < x.n || k < y.n) {
        double vx = i < x.n ? x.points[i].value - by : INFINITY;
        double vy = k < y.n ? y.points[k].value : INFINITY;
        double v = vx < vy ? vx : vy, nx = 0, ny = 0;
        for (; i < x.n && x.points[i].value - by <= v; i++) /* a shift may make two the same */
            nx += x.points[i].n;
        for (; k < y.n && y.points[k].value <= v; k++)
            ny += y.points[k].n;
        double t = nx + ny;
        r.u += nx * (below + ny / 2);
        r.ties += t * t * t - t;
        below += ny;
    }
    return r;
}

static double deviation(const struct ranks *r, double nx, double ny) {
    double n = nx + ny;
    return sqrt(nx * ny / 12 * (n + 1 - r->ties / (n * (n - 1))));
}

/* How far U is from what chance gives, in standard deviations, half a step nearer (continuity). */
static double z_of(const struct ranks *r, double nx, double ny) {
    double away = r->u - nx * ny / 2, sigma = deviation(r, nx, ny);
    double step = away > 0 ? 0.5 : away < 0 ? -0.5 : 0;
    if (!(sigma > 0))
        return 0;
    return (away - step) / sigma;
}

/* The shift at which the test says exactly `z`: z falls as more is taken away. */
static double shift_at(struct canary_side x, struct canary_side y, double nx, double ny, double z) {
    double low = x.points[0].value - y.points[y.n - 1].value;
    double high = x.points[x.n - 1].value - y.points[0].value;
    struct ranks r = rank_shifted(x, y, low);
    if (z_of(&r, nx, ny) <= z)
        return low;
    r = rank_shifted(x, y, high);
    if (z_of(&r, nx, ny) >= z)
        return high;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = low + (high - low) / 2;
        r = rank_shifted(x, y, middle);
        if (z_of(&r, nx, ny) > z)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

/* How many pairs differ by at most `by`. */
static double pairs_within(struct canary_side x, struct canary_side y, double by) {
    double pairs = 0, at_least = weight(y);
    size_t k = 0;
    for (size_t i = 0; i < x.n; i++) {
        for (; k < y.n && x.points[i].value - y.points[k].value > by; k++)
            at_least -= y.points[k].n;
        pairs += x.points[i].n * at_least;
    }
    return pairs;
}

/* The least difference that `pairs` pairs do not exceed. */
static double difference_at(struct canary_side x, struct canary_side y, double pairs) {
    double low = x.points[0].value - y.points[y.n - 1].value;
    double high = x.points[x.n - 1].value - y.points[0].value;
    if (pairs_within(x, y, low) >= pairs)
        return low;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = low + (high - low) / 2;
        if (pairs_within(x, y, middle) >= pairs)
            high = middle;
        else
            low = middle;
    }
    return high;
}

void canary_test(struct canary_side candidate, struct canary_side baseline,
                 struct canary_result *out) {
    struct canary_side x = candidate, y = baseline;
    double nx = weight(x), ny = weight(y);
    *out = (struct canary_result){
        .n_candidate = nx, .n_baseline = ny, .p = NAN, .shift = NAN, .low = NAN, .high = NAN};
    if (x.n == 0 || y.n == 0)
        return;
    struct ranks r = rank_shifted(x, y, 0);
    out->u = r.u;
    out->p = erfc(fabs(z_of(&r, nx, ny)) / sqrt(2));
    double pairs = nx * ny, half = floor(pairs / 2);
    double upper = difference_at(x, y, half + 1);
    out->shift = 2 * half < pairs ? upper : (difference_at(x, y, half) + upper) / 2;
    out->low = shift_at(x, y, nx, ny, CONFIDENCE_Z);
    out->high = shift_at(x, y, nx, ny, -CONFIDENCE_Z);
}

enum slo_verdict canary_verdict(const struct canary_result *r, bool less_is_worse) {
    if (!(r->n_candidate >= CANARY_MIN_POINTS && r->n_baseline >= CANARY_MIN_POINTS) || isnan(r->p))
        return SLO_UNKNOWN;
    double limit = CANARY_TOLERANCE * fabs(r->shift);
    bool worse = less_is_worse ? r->high < -limit : r->low > limit;
    return worse ? SLO_FAIL : SLO_PASS;
}

size_t canary_points(const struct histogram *h, struct canary_point points[HISTOGRAM_BUCKETS]) {
    size_t n = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (h->counts[i] > 0)
            points[n++] = (struct canary_point){histogram_middle(i), (double)h->counts[i]};
    return n;
}

static int by_value(const void *a, const void *b) {
    double x = ((const struct canary_point *)a)->value, y = ((const struct canary_point *)b)->value;
    return (x > y) - (x < y);
}

size_t canary_sort(struct canary_point *points, size_t n) {
    size_t kept = 0;
    if (n > 0)
        qsort(points, n, sizeof *points, by_value);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && !(points[i].value > points[kept - 1].value))
            points[kept - 1].n += points[i].n;
        else
            points[kept++] = points[i];
    }
    return kept;
}
