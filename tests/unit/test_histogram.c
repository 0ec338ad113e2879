#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/histogram.h"
#include "src/model/samples.h"

static uint64_t random_state = 1;
static double random_unit(void) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) / 9007199254740992.0;
}

/* What is hard to keep: heavy tails, two far humps, nothing but one value, values on the edges of
 * buckets, an ever growing or falling series, and all octaves at once. */
static double uniform(size_t i) {
    (void)i;
    return random_unit() * 1000;
}
static double pareto(size_t i) {
    (void)i;
    return 1 / pow(1 - random_unit(), 2);
}
static double normal_log(size_t i) {
    (void)i;
    return exp(3 * sqrt(-2 * log(1 - random_unit())) * cos(6.28318530718 * random_unit()));
}
static double two_humps(size_t i) {
    return i % 20 ? 5 + random_unit() : 60000 + random_unit();
}
static double constant(size_t i) {
    (void)i;
    return 599.9999;
}
static double edges(size_t i) {
    return ldexp(1 + (double)(i % 64) / 64, (int)(i / 64 % 20));
}
static double below_edges(size_t i) {
    return nextafter(edges(i), 0);
}
static double rising(size_t i) {
    return (double)i * 0.37;
}
static double falling(size_t i) {
    return (double)(20000 - i) * 17.3;
}
static double octaves(size_t i) {
    return ldexp(1 + random_unit(), (int)(i % 39) - 9);
}

static void a_quantile_is_within_eight_thousandths(void **state) {
    static double (*const distributions[])(size_t) = {uniform,  pareto, normal_log,  two_humps,
                                                      constant, edges,  below_edges, rising,
                                                      falling,  octaves};
    static const unsigned permille[] = {0, 1, 10, 100, 250, 500, 750, 900, 950, 990, 999, 1000};
    static const size_t sizes[] = {1, 2, 3, 10, 51, 1000, 20000};
    static struct histogram h;
    double worst = 0;
    (void)state;
    for (size_t d = 0; d < sizeof distributions / sizeof *distributions; d++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct samples exact = {0};
            histogram_clear(&h);
            for (size_t i = 0; i < sizes[k]; i++) {
                double value = (double)(float)distributions[d](i); /* what samples keep */
                samples_add(&exact, value);
                histogram_add(&h, value);
            }
            for (size_t q = 0; q < sizeof permille / sizeof *permille; q++) {
                double want = samples_quantile(&exact, permille[q]);
                double got = histogram_quantile(&h, permille[q] / 1000.0);
                double off = want < 0x1p-9 ? fabs(got - want) : fabs(got - want) / want;
                worst = off > worst ? off : worst;
                if (off > 0.008)
                    fail_msg("distribution %zu of %zu at %u: %.9g, not %.9g", d, sizes[k],
                             permille[q], got, want);
            }
            assert_true(fabs(histogram_mean(&h) - samples_mean(&exact)) <= 1e-9 * exact.max);
            samples_fini(&exact);
        }
    }
    assert_true(worst > 0.004); /* else nothing was tried */
}

static void minutes_add_up_to_the_hour(void **state) {
    static struct histogram whole, sum, part;
    (void)state;
    histogram_clear(&whole);
    histogram_clear(&sum);
    for (int minute = 0; minute < 60; minute++) {
        histogram_clear(&part);
        for (size_t i = 0; i < 100; i++) {
            double value = octaves(i);
            histogram_add(&part, value);
            histogram_add(&whole, value);
        }
        histogram_merge(&sum, &part);
    }
    assert_true(sum.n == whole.n && sum.min == whole.min && sum.max == whole.max);
    assert_memory_equal(sum.counts, whole.counts, sizeof sum.counts);
}

static void packed_buckets_are_the_histogram(void **state) {
    static struct histogram h, again;
    static struct digest_bucket buckets[HISTOGRAM_BUCKETS];
    (void)state;
    histogram_clear(&h);
    histogram_clear(&again);
    assert_int_equal(histogram_pack(&h, buckets), 0);
    for (size_t i = 0; i < 5000; i++)
        histogram_add(&h, i % 7 ? octaves(i) : 0);
    size_t n = histogram_pack(&h, buckets);
    for (size_t i = 1; i < n; i++)
        assert_true(buckets[i - 1].bucket < buckets[i].bucket && buckets[i].count > 0);
    histogram_add_buckets(&again, buckets, n);
    assert_int_equal(again.n, 5000);
    assert_memory_equal(again.counts, h.counts, sizeof h.counts);
    buckets[0] = (struct digest_bucket){.bucket = UINT16_MAX, .count = 9}; /* there is none */
    histogram_add_buckets(&again, buckets, 1);
    assert_int_equal(again.n, 5000);
}

static void every_value_has_its_place(void **state) {
    static struct histogram h;
    (void)state;
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(0x1p-10), 0);
    assert_int_equal(histogram_bucket(0x1p-9), 1);
    assert_int_equal(histogram_bucket(1e300), HISTOGRAM_BUCKETS - 1);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_int_equal(histogram_bucket(histogram_middle(i)), i);
    histogram_clear(&h);
    assert_true(isnan(histogram_quantile(&h, 0.5)) && isnan(histogram_mean(&h)));
    histogram_add(&h, 1e300); /* beyond: the last bucket, and the greatest as it was */
    histogram_add(&h, 1);
    assert_true(histogram_quantile(&h, 1) == 1e300);
    assert_true(histogram_quantile(&h, 0) == 1);
    assert_true(sizeof h <= 10 * 1024);
}

static void what_is_above_a_limit_is_counted(void **state) {
    static struct histogram h;
    (void)state;
    histogram_clear(&h);
    for (int i = 1; i <= 1000; i++)
        histogram_add(&h, i);
    assert_int_equal(histogram_above(&h, 1000), 0);
    assert_int_equal(histogram_above(&h, 0), 1000);
    uint64_t above = histogram_above(&h, 600);
    assert_true(above >= 392 && above <= 408);
    histogram_clear(
        &h); /* a limit that is kept to the last is kept, whatever the bucket's middle */
    for (int i = 0; i < 100; i++)
        histogram_add(&h, 600);
    assert_int_equal(histogram_above(&h, 600), 0);
    assert_true(histogram_quantile(&h, 0.95) == 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quantile_is_within_eight_thousandths),
        cmocka_unit_test(minutes_add_up_to_the_hour),
        cmocka_unit_test(packed_buckets_are_the_histogram),
        cmocka_unit_test(every_value_has_its_place),
        cmocka_unit_test(what_is_above_a_limit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
