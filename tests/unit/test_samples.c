#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/model/samples.h"

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint32_t seed = 1;

static uint32_t roll(uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % below;
}

/* Whole and broken, small and larger than what is counted; exact as a float. */
static double any_value(void) {
    switch (roll(4)) {
    case 0:
        return roll(300);
    case 1:
        return roll(300) + 0.25 * roll(4);
    case 2:
        return SAMPLES_COUNTED - 2 + roll(4);
    default:
        return roll(1 << 20);
    }
}

/* The definition that the header gives, on a sorted copy. */
static void must_be_exact(struct samples *s, double *sorted, size_t n) {
    qsort(sorted, n, sizeof *sorted, by_value);
    for (unsigned permille = 0; permille <= 1000; permille += 5) {
        size_t at = n * permille / 1000;
        assert_true(samples_quantile(s, permille) == sorted[at < n ? at : n - 1]);
    }
}

static void a_quantile_is_that_of_the_sorted_list(void **state) {
    (void)state;
    for (size_t n = 1; n < 400; n += 7) {
        struct samples s = {0};
        double *all = mem_alloc(n * sizeof *all);
        for (size_t i = 0; i < n; i++)
            samples_add(&s, all[i] = any_value());
        must_be_exact(&s, all, n);
        samples_add(&s, 3.5); /* after a look more may come */
        all = mem_resize(all, n + 1, sizeof *all);
        all[n] = 3.5;
        must_be_exact(&s, all, n + 1);
        assert_int_equal(s.n, n + 1);
        free(all);
        samples_fini(&s);
    }
}

static void none_has_no_quantile(void **state) {
    (void)state;
    struct samples s = {0};
    assert_true(isnan(samples_quantile(&s, 950)) && isnan(samples_mean(&s)));
    samples_count(&s, 1); /* counted, not kept */
    assert_true(isnan(samples_quantile(&s, 950)) && samples_mean(&s) == 1);
    samples_fini(&s);
}

static void whole_milliseconds_take_no_memory_each(void **state) {
    (void)state;
    struct samples s = {0};
    for (int i = 0; i < 1200000; i++)
        samples_add(&s, i % 60000);
    assert_int_equal(s.room, 0);
    assert_true(samples_quantile(&s, 500) == 30000);
    samples_fini(&s);
}

static void a_count_that_is_full_loses_nothing(void **state) {
    (void)state;
    struct samples s = {0};
    samples_add(&s, 7);
    s.counts[7] = UINT32_MAX;
    s.counted = UINT32_MAX;
    samples_add(&s, 7);
    samples_add(&s, 8);
    assert_int_equal(s.kept, 1);
    assert_true(samples_quantile(&s, 999) == 7 && samples_quantile(&s, 1000) == 8);
    samples_fini(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quantile_is_that_of_the_sorted_list),
        cmocka_unit_test(none_has_no_quantile),
        cmocka_unit_test(whole_milliseconds_take_no_memory_each),
        cmocka_unit_test(a_count_that_is_full_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
