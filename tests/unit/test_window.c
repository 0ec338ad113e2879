#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "src/model/window.h"

#define MINUTE INT64_C(60000)
#define NOW    (INT64_C(29500000) * MINUTE + 30000)

static void add(struct window *w, int64_t now_ms, int64_t at_ms, double part) {
    struct digest_delta delta = {.minute = at_ms / MINUTE, .part = part, .whole = 1};
    window_add(w, now_ms, &delta, NULL);
}

static struct window_sum sum(const struct window *w, int64_t now_ms) {
    struct window_sum s = {0};
    window_sum(w, now_ms, &s);
    return s;
}

static void a_window_holds_its_span_and_lets_go_of_it(void **state) {
    (void)state;
    for (int i = 0; i < WINDOW_SPANS; i++) {
        enum window_span span = (enum window_span)i;
        int64_t slot = window_slot_ms(span), length = window_span_ms(span);
        struct window *w = window_new(span);
        assert_true(window_slots(span) <= WINDOW_SLOTS);
        assert_int_equal(slot * (int64_t)window_slots(span), length);
        add(w, NOW, NOW, 3);
        assert_true(sum(w, NOW).part == 3);
        assert_true(sum(w, NOW + length - slot).part == 3);
        assert_true(sum(w, NOW + length).part == 0);
        assert_true(sum(w, NOW + 100 * length).part == 0);
        window_free(w);
    }
}

/* A year of minutes, against a plain list of them. */
static void it_says_what_a_list_of_all_minutes_says(void **state) {
    (void)state;
    enum { N = 20000 };
    static double minutes[N];
    for (int i = 0; i < WINDOW_SPANS; i++) {
        enum window_span span = (enum window_span)i;
        struct window *w = window_new(span);
        int64_t first = NOW / MINUTE, width = window_slot_ms(span) / MINUTE;
        int64_t slots = (int64_t)window_slots(span);
        for (int64_t m = 0; m < N; m++) {
            minutes[m] = 0;
            for (int64_t late = 0; late < 3; late++) { /* now, and some of before */
                int64_t at = m - late * (m * 7 % 50);
                if (at < 0)
                    continue;
                minutes[at] += (double)(m % 5);
                add(w, (first + m) * MINUTE, (first + at) * MINUTE, (double)(m % 5));
            }
            if (m % 97 != 0)
                continue;
            int64_t from = ((first + m) / width - slots + 1) * width - first;
            double want = 0;
            for (int64_t k = from < 0 ? 0 : from; k <= m; k++)
                want += minutes[k];
            double got = sum(w, (first + m) * MINUTE).part;
            /* What came too late for this window was dropped, and nothing else. */
            if (got > want || (width * slots > 200 && fabs(got - want) > 1e-6))
                fail_msg("%s at %lld: %g, not %g", window_span_name(span), (long long)m, got, want);
        }
        window_free(w);
    }
}

static void a_late_line_goes_to_its_minute(void **state) {
    (void)state;
    struct window *w = window_new(WINDOW_1H);
    add(w, NOW, NOW, 1);
    add(w, NOW, NOW - 30 * MINUTE, 10);
    add(w, NOW, NOW - 59 * MINUTE, 100);
    add(w, NOW, NOW - 60 * MINUTE, 1000); /* too late */
    assert_true(sum(w, NOW).part == 111);
    struct window_sum s = {0};
    window_slot_sum(w, NOW, 29, &s);
    assert_true(s.part == 10);
    assert_true(sum(w, NOW + MINUTE).part == 11);
    assert_true(sum(w, NOW + 30 * MINUTE).part == 1);
    window_free(w);
}

static void a_clock_that_jumps_leaves_nothing_behind(void **state) {
    (void)state;
    struct window *w = window_new(WINDOW_1H);
    const int64_t year = 365 * 24 * 60 * MINUTE;
    add(w, NOW, NOW, 1);
    add(w, NOW + year, NOW + year, 10); /* the clock is wrong for a moment */
    assert_true(sum(w, NOW + year).part == 10);
    for (int64_t i = 0; i < 60; i++) /* and right again */
        add(w, NOW + i * MINUTE, NOW + i * MINUTE, 100);
    assert_true(sum(w, NOW + 59 * MINUTE).part == 6000 || sum(w, NOW + 59 * MINUTE).part == 6001);
    add(w, NOW - year, NOW - year, 5); /* and wrong the other way */
    assert_true(sum(w, NOW - year).part == 5);
    add(w, NOW + 60 * MINUTE, NOW + 60 * MINUTE, 7);
    assert_true(sum(w, NOW + 60 * MINUTE).part <= 5907);
    window_free(w);
}

static void what_is_still_to_come_is_now(void **state) {
    (void)state;
    struct window *w = window_new(WINDOW_5M);
    add(w, NOW, NOW + 100 * MINUTE, 4);
    assert_true(sum(w, NOW).part == 4);
    assert_true(sum(w, NOW + 6 * MINUTE).part == 0);
    window_free(w);
}

static void times_before_1970_are_times(void **state) {
    (void)state;
    struct window *w = window_new(WINDOW_6H);
    add(w, -MINUTE, -MINUTE, 4);
    add(w, -MINUTE, -7 * MINUTE, 5);
    assert_true(sum(w, -MINUTE).part == 9);
    assert_true(sum(w, 2 * MINUTE).part == 9);
    window_free(w);
}

static void spreads_add_up_over_the_slots(void **state) {
    static struct histogram minute, total, all;
    static struct digest_bucket buckets[HISTOGRAM_BUCKETS];
    (void)state;
    struct window *w = window_new(WINDOW_1H);
    histogram_clear(&all);
    for (int i = 0; i < 600; i++) { /* ten deltas a minute, in any order of their buckets */
        histogram_clear(&minute);
        for (int k = 0; k < 20; k++) {
            histogram_add(&minute, (i * 37 + k * 911) % 5000);
            histogram_add(&all, (i * 37 + k * 911) % 5000);
        }
        struct digest_delta delta = {.minute = NOW / MINUTE - i % 60,
                                     .part = minute.sum,
                                     .whole = 20,
                                     .min = minute.min,
                                     .max = minute.max};
        delta.n_buckets = histogram_pack(&minute, buckets);
        window_add(w, NOW, &delta, buckets);
    }
    histogram_clear(&total);
    struct window_sum s = {.spread = &total};
    window_sum(w, NOW, &s);
    assert_true(s.whole == 12000 && total.n == 12000);
    assert_true(total.min == all.min && total.max == all.max && total.sum == all.sum);
    assert_memory_equal(total.counts, all.counts, sizeof all.counts);
    window_free(w);
}

static void only_the_lengths_that_are_there_are_windows(void **state) {
    (void)state;
    enum window_span span;
    assert_true(window_span_of(24 * 60 * MINUTE, &span) && span == WINDOW_1D);
    assert_false(window_span_of(90 * MINUTE, &span));
    assert_false(window_span_of(0, &span));
    assert_string_equal(window_span_name(WINDOW_30D), "30d");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_holds_its_span_and_lets_go_of_it),
        cmocka_unit_test(it_says_what_a_list_of_all_minutes_says),
        cmocka_unit_test(a_late_line_goes_to_its_minute),
        cmocka_unit_test(a_clock_that_jumps_leaves_nothing_behind),
        cmocka_unit_test(what_is_still_to_come_is_now),
        cmocka_unit_test(times_before_1970_are_times),
        cmocka_unit_test(spreads_add_up_over_the_slots),
        cmocka_unit_test(only_the_lengths_that_are_there_are_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
