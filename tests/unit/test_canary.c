#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "src/model/canary.h"

enum { POINTS_MAX = 2000 };

/* (i·a + b) mod m ÷ k for i = 1 … n: the same numbers in any language. */
struct made {
    size_t n;
    unsigned a, b, m;
    double k;
    enum { AS_IS, PLUS, FLOOR_PLUS, TIMES, SQUARE_TIMES, MORE_THAN } then;
    double by;
};

static struct canary_side make(struct canary_point points[POINTS_MAX], struct made s) {
    for (size_t i = 0; i < s.n; i++) {
        double v = (double)(((unsigned)(i + 1) * s.a + s.b) % s.m) / s.k;
        v = s.then == PLUS           ? v + s.by
            : s.then == FLOOR_PLUS   ? floor(v) + s.by
            : s.then == TIMES        ? v * s.by
            : s.then == SQUARE_TIMES ? v * v * s.by
            : s.then == MORE_THAN    ? v > s.by
                                     : v;
        points[i] = (struct canary_point){v, 1};
    }
    return (struct canary_side){points, canary_sort(points, s.n)};
}

/* What R 4.2.2 says of these sets, an implementation that has nothing to do with this one:
 *
 *   g <- function(n, a, b, m, k) ((seq_len(n) * a + b) %% m) / k
 *   w <- wilcox.test(x, y, exact = FALSE, correct = TRUE, conf.int = TRUE, conf.level = 0.98,
 *                    tol.root = 1e-10)
 *   w$statistic; w$p.value; median(outer(x, y, "-")); w$conf.int
 */
static const struct {
    const char *name;
    struct made x, y;
    double u, p, shift, low, high;
} tables[] = {
    {"shifted",
     {60, 37, 11, 101, 1, PLUS, 8},
     {70, 53, 5, 103, 1, AS_IS, 0},
     2427,
     0.127288694096,
     8,
     -5,
     21},
    {"the same kind",
     {55, 37, 11, 101, 1, AS_IS, 0},
     {55, 53, 5, 103, 1, AS_IS, 0},
     1543.5,
     0.855310426526,
     1,
     -13,
     15},
    {"many ties",
     {80, 37, 11, 101, 10, FLOOR_PLUS, 0},
     {64, 53, 5, 103, 10, FLOOR_PLUS, 1},
     1999,
     0.0236028750272,
     -1,
     -2,
     0},
    {"less",
     {100, 37, 11, 211, 3, TIMES, 0.8},
     {90, 53, 5, 223, 3, AS_IS, 0},
     3367.5,
     0.00278168054596,
     -9.33333333333,
     -16.5333333334,
     -2.06666666668},
    {"skewed",
     {120, 37, 11, 251, 10, SQUARE_TIMES, 1},
     {75, 53, 5, 241, 10, SQUARE_TIMES, 1.3},
     4164,
     0.381545617699,
     -17.712,
     -84.083,
     31.317},
    {"two values",
     {60, 37, 11, 101, 1, MORE_THAN, 50},
     {60, 53, 5, 103, 1, MORE_THAN, 80},
     2340,
     0.000609267859596,
     0,
     0,
     1},
    {"large",
     {1500, 7919, 13, 10007, 10, PLUS, 20},
     {2000, 6101, 17, 10009, 10, AS_IS, 0},
     1558997.5,
     0.0461326272298,
     19.9,
     -3.4,
     43.1},
};

static struct canary_point xs[POINTS_MAX], ys[POINTS_MAX];

static void near_to(const char *set, const char *what, double got, double wanted, double by) {
    if (!(fabs(got - wanted) <= by))
        fail_msg("%s: %s is %.12g, not %.12g", set, what, got, wanted);
}

static void it_says_what_another_implementation_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct canary_result r;
        canary_test(make(xs, tables[i].x), make(ys, tables[i].y), &r);
        near_to(tables[i].name, "U", r.u, tables[i].u, 1e-6);
        near_to(tables[i].name, "p", r.p, tables[i].p, 1e-10);
        near_to(tables[i].name, "shift", r.shift, tables[i].shift, 1e-9);
        near_to(tables[i].name, "low", r.low, tables[i].low, 1e-6);
        near_to(tables[i].name, "high", r.high, tables[i].high, 1e-6);
    }
}

static void the_other_way_round_is_the_mirror(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct canary_result r, mirror;
        struct canary_side x = make(xs, tables[i].x), y = make(ys, tables[i].y);
        canary_test(x, y, &r);
        canary_test(y, x, &mirror);
        near_to(tables[i].name, "p", mirror.p, r.p, 1e-12);
        near_to(tables[i].name, "shift", mirror.shift, -r.shift, 1e-9);
        near_to(tables[i].name, "low", mirror.low, -r.high, 1e-9);
        near_to(tables[i].name, "high", mirror.high, -r.low, 1e-9);
    }
}

/* What live windows hold are buckets. */
static void buckets_say_nearly_the_same_as_values(void **state) {
    (void)state;
    static struct histogram x, y;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct canary_result exact, coarse;
        struct canary_side sx = make(xs, tables[i].x), sy = make(ys, tables[i].y);
        canary_test(sx, sy, &exact);
        histogram_clear(&x);
        histogram_clear(&y);
        for (size_t k = 0; k < sx.n; k++)
            for (int n = (int)sx.points[k].n; n > 0; n--)
                histogram_add(&x, sx.points[k].value);
        for (size_t k = 0; k < sy.n; k++)
            for (int n = (int)sy.points[k].n; n > 0; n--)
                histogram_add(&y, sy.points[k].value);
        static struct canary_point px[HISTOGRAM_BUCKETS], py[HISTOGRAM_BUCKETS];
        canary_test((struct canary_side){px, canary_points(&x, px)},
                    (struct canary_side){py, canary_points(&y, py)}, &coarse);
        double scale = x.max > y.max ? x.max : y.max;
        near_to(tables[i].name, "p of buckets", coarse.p, exact.p, 0.01);
        near_to(tables[i].name, "shift of buckets", coarse.shift, exact.shift, 0.016 * scale);
        near_to(tables[i].name, "low of buckets", coarse.low, exact.low, 0.016 * scale);
    }
}

/* ---- buckets against values, on data as services make it ---- */

enum shape { EVEN, SKEWED, TWO_HUMPS, LONG_TAIL, COARSE_CLOCK, SHAPES };

static double draw(uint64_t *chance) {
    *chance = *chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*chance >> 11) / 9007199254740992.0;
}

static double value_of(enum shape shape, uint64_t *chance) {
    double u = draw(chance), v = draw(chance);
    switch (shape) {
    case EVEN:
        return 200 + 300 * u;
    case SKEWED: /* log-normal, by Box and Muller */
        return 300 * exp(0.5 * sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v));
    case TWO_HUMPS:
        return v < 0.8 ? 100 + 20 * u : 900 + 100 * u;
    case LONG_TAIL:
        return 50 / pow(1 - 0.9999 * u, 0.6);
    default:
        return 16 * (1 + floor(20 * u)); /* a clock of 16 ms */
    }
}

static struct canary_side draw_side(struct canary_point points[POINTS_MAX], struct histogram *h,
                                    enum shape shape, size_t n, double times, uint64_t *chance) {
    histogram_clear(h);
    for (size_t i = 0; i < n; i++) {
        points[i] = (struct canary_point){times * value_of(shape, chance), 1};
        histogram_add(h, points[i].value);
    }
    return (struct canary_side){points, canary_sort(points, n)};
}

static double median_of(const struct histogram *h) {
    return histogram_quantile(h, 0.5);
}

/* A bucket moves a value by at most 1/128 of it, and the verdict only where it hangs on that. */
static void buckets_judge_as_values_do(void **state) {
    (void)state;
    static const double factors[] = {1, 1.02, 1.1, 1.4, 0.8};
    static const size_t counts[] = {50, 200, 1500};
    static struct histogram hx, hy;
    static struct canary_point px[HISTOGRAM_BUCKETS], py[HISTOGRAM_BUCKETS];
    uint64_t chance = 20260226;
    unsigned pairs = 0, failed = 0;
    for (int i = 0; i < 40 * SHAPES; i++) {
        enum shape shape = (enum shape)(i % SHAPES);
        double factor = factors[i / SHAPES % 5];
        size_t n = counts[i / SHAPES / 5 % 3];
        struct canary_result exact, coarse;
        canary_test(draw_side(xs, &hx, shape, n, factor, &chance),
                    draw_side(ys, &hy, shape, n, 1, &chance), &exact);
        canary_test((struct canary_side){px, canary_points(&hx, px)},
                    (struct canary_side){py, canary_points(&hy, py)}, &coarse);
        double middle = fmax(median_of(&hx), median_of(&hy)), step = middle / 64;
        double margin = exact.low - CANARY_TOLERANCE * fabs(exact.shift);
        near_to("drawn", "shift of buckets", coarse.shift, exact.shift, 2 * step);
        if (fabs(margin) > 3 * step)
            assert_int_equal(canary_verdict(&coarse, false), canary_verdict(&exact, false));
        pairs += fabs(margin) > 3 * step;
        failed += canary_verdict(&exact, false) == SLO_FAIL;
    }
    assert_true(pairs > 60 && failed > 30); /* there was something to judge */
}

static struct canary_result judged(double low, double high, double shift, double n) {
    return (struct canary_result){
        .n_candidate = n, .n_baseline = n, .p = 0.001, .low = low, .high = high, .shift = shift};
}

static void worse_is_an_interval_beyond_a_quarter_of_the_shift(void **state) {
    (void)state;
    struct canary_result r = judged(2.6, 20, 10, 50);
    assert_int_equal(canary_verdict(&r, false), SLO_FAIL);
    assert_int_equal(canary_verdict(&r, true), SLO_PASS); /* more of it is better */
    r = judged(2.5, 20, 10, 50);
    assert_int_equal(canary_verdict(&r, false), SLO_PASS);
    r = judged(-20, -2.6, -10, 50);
    assert_int_equal(canary_verdict(&r, false), SLO_PASS);
    assert_int_equal(canary_verdict(&r, true), SLO_FAIL);
    r = judged(-5, 5, 0, 50);
    assert_int_equal(canary_verdict(&r, false), SLO_PASS);
}

static void fewer_than_fifty_points_on_a_side_are_unknown(void **state) {
    (void)state;
    struct canary_result r;
    canary_test(make(xs, (struct made){49, 37, 11, 101, 1, PLUS, 900}),
                make(ys, (struct made){500, 53, 5, 103, 1, AS_IS, 0}), &r);
    assert_int_equal(canary_verdict(&r, false), SLO_UNKNOWN);
    canary_test(make(xs, (struct made){50, 37, 11, 101, 1, PLUS, 900}),
                make(ys, (struct made){50, 53, 5, 103, 1, AS_IS, 0}), &r);
    assert_int_equal(canary_verdict(&r, false), SLO_FAIL);
    canary_test((struct canary_side){xs, 0}, make(ys, (struct made){50, 53, 5, 103, 1, AS_IS, 0}),
                &r);
    assert_int_equal(canary_verdict(&r, false), SLO_UNKNOWN);
}

static void sides_that_are_the_same_pass(void **state) {
    (void)state;
    struct canary_result r;
    struct canary_point one = {842, 70}, other = {842, 90};
    canary_test((struct canary_side){&one, 1}, (struct canary_side){&other, 1}, &r);
    assert_true(r.p == 1 && r.shift == 0 && r.low == 0 && r.high == 0);
    assert_int_equal(canary_verdict(&r, false), SLO_PASS);
    struct canary_side x = make(xs, tables[0].y);
    canary_test(x, x, &r);
    assert_true(r.p == 1 && r.shift == 0);
    assert_int_equal(canary_verdict(&r, false), SLO_PASS);
}

static void a_constant_that_moved_is_worse(void **state) {
    (void)state;
    struct canary_result r;
    struct canary_point one = {900, 70}, other = {842, 90};
    canary_test((struct canary_side){&one, 1}, (struct canary_side){&other, 1}, &r);
    assert_true(r.p < 1e-9 && r.shift == 58 && r.low == 58);
    assert_int_equal(canary_verdict(&r, false), SLO_FAIL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_another_implementation_says),
        cmocka_unit_test(the_other_way_round_is_the_mirror),
        cmocka_unit_test(buckets_say_nearly_the_same_as_values),
        cmocka_unit_test(buckets_judge_as_values_do),
        cmocka_unit_test(worse_is_an_interval_beyond_a_quarter_of_the_shift),
        cmocka_unit_test(fewer_than_fifty_points_on_a_side_are_unknown),
        cmocka_unit_test(sides_that_are_the_same_pass),
        cmocka_unit_test(a_constant_that_moved_is_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
