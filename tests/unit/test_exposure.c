/* The exposure clock: seven groups, one per interval, from pubDate on. */
#include "src/model/exposure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DAY_S = 86400, SHIFT = 1772135855 };
#define PUB_MS ((int64_t)SHIFT * 1000)
#define DAY_MS ((int64_t)DAY_S * 1000)

static const struct exposure_item daily = {
    .dated = true, .pub_date_ms = PUB_MS, .interval_s = DAY_S};

static void near(double value, double wanted) {
    assert_true(value > wanted - 1e-9 && value < wanted + 1e-9);
}

static void a_group_comes_in_with_each_interval(void **state) {
    (void)state;
    for (int g = 0; g < EXPOSURE_GROUPS; g++) {
        struct exposure before = exposure_at(&daily, PUB_MS + g * DAY_MS - 1, 0);
        struct exposure then = exposure_at(&daily, PUB_MS + g * DAY_MS, 0);
        assert_int_equal(before.groups_open, g);
        assert_true(before.has_next);
        assert_int_equal(before.next_ms, PUB_MS + g * DAY_MS);
        assert_int_equal(then.groups_open, g + 1);
        assert_false(exposure_group_is_in(&daily, g, PUB_MS + g * DAY_MS - 1));
        assert_true(exposure_group_is_in(&daily, g, PUB_MS + g * DAY_MS));
        near(then.share_eligible, (g + 1) / 7.0);
    }
    struct exposure all = exposure_at(&daily, PUB_MS + 6 * DAY_MS, 0);
    assert_false(all.has_next);
    assert_int_equal(all.complete_ms, PUB_MS + 6 * DAY_MS);
    assert_int_equal(exposure_at(&daily, PUB_MS + 1000 * DAY_MS, 0).groups_open, 7);
}

static void before_its_date_a_rollout_is_paused(void **state) {
    (void)state;
    struct exposure e = exposure_at(&daily, PUB_MS - 1, 0);
    assert_true(e.phased && e.paused && e.has_next);
    assert_int_equal(e.groups_open, 0);
    assert_int_equal(e.next_ms, PUB_MS);
    near(e.share_reached, 0);
}

static void an_open_group_takes_a_check_interval_to_hear_of_it(void **state) {
    (void)state;
    /* half a day in: half of group 0 */
    near(exposure_at(&daily, PUB_MS + DAY_MS / 2, 0).share_reached, 0.5 / 7);
    /* all of group 0, half of group 1 */
    near(exposure_at(&daily, PUB_MS + DAY_MS * 3 / 2, 0).share_reached, 1.5 / 7);
    /* clients that look hourly */
    near(exposure_at(&daily, PUB_MS + DAY_MS / 2, 3600).share_reached, 1.0 / 7);
    near(exposure_at(&daily, PUB_MS + 7 * DAY_MS, 0).share_reached, 1);
}

static void what_is_not_phased_is_for_everybody(void **state) {
    (void)state;
    struct exposure_item items[] = {daily, daily, daily};
    items[0].critical = true;
    items[1].interval_s = -1;
    items[2].dated = false;
    for (int i = 0; i < 3; i++) {
        struct exposure e = exposure_at(&items[i], PUB_MS - 5 * DAY_MS, 0);
        assert_false(e.phased || e.paused || e.has_next);
        assert_int_equal(e.groups_open, 7);
        near(e.share_eligible, 1);
        assert_true(exposure_group_is_in(&items[i], 6, PUB_MS - 5 * DAY_MS));
    }
    near(exposure_at(&items[0], PUB_MS + DAY_MS / 4, 0).share_reached, 0.25);
}

static void odd_intervals_do_no_harm(void **state) {
    (void)state;
    struct exposure_item item = daily;
    item.interval_s = 0; /* garbage, to Sparkle */
    assert_int_equal(exposure_at(&item, PUB_MS, 0).groups_open, 7);
    assert_int_equal(exposure_at(&item, PUB_MS - 1, 0).groups_open, 0);
    item.interval_s = INT64_MAX;
    struct exposure e = exposure_at(&item, PUB_MS + 1000 * DAY_MS, 0);
    assert_int_equal(e.groups_open, 1);
    assert_true(e.next_ms > PUB_MS);
}

static void a_resumed_rollout_is_where_it_was(void **state) {
    (void)state;
    struct exposure_item item = daily;
    int64_t paused = PUB_MS + DAY_MS * 5 / 2, now = paused + 40 * DAY_MS;
    item.pub_date_ms = exposure_resume_ms(PUB_MS, paused, now);
    assert_int_equal(exposure_at(&item, now, 0).groups_open,
                     exposure_at(&daily, paused, 0).groups_open);
    assert_int_equal(exposure_at(&item, now, 0).next_ms - now,
                     exposure_at(&daily, paused, 0).next_ms - paused);
}

static void another_speed_keeps_what_is_exposed(void **state) {
    (void)state;
    static const int64_t speeds[] = {1, 7, 3600, 43200, 86400, 86401, 1000000};
    for (int64_t now = PUB_MS; now < PUB_MS + 8 * DAY_MS; now += 7777777) {
        for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
            struct exposure_item item = daily;
            item.interval_s = speeds[i];
            item.pub_date_ms = exposure_rescale_ms(PUB_MS, DAY_S, speeds[i], now);
            int had = exposure_at(&daily, now, 0).groups_open;
            int has = exposure_at(&item, now, 0).groups_open;
            /* a whole second may be a group when the interval is one */
            assert_true(has >= had && has <= had + 1);
            if (speeds[i] > 3600 && had < 7 &&
                exposure_at(&daily, now + 1000000, 0).groups_open == had)
                assert_int_equal(has, had);
        }
    }
}

static void a_rollout_that_was_over_long_ago_stays_over(void **state) {
    (void)state;
    /* since the year 1, by the second; and by ten years from now on */
    struct exposure_item item = {.dated = true, .pub_date_ms = INT64_C(-62135596800000)};
    static const int64_t speeds[] = {1, 86400, 315619200, INT64_MAX / 1000};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        item.interval_s = speeds[i];
        item.pub_date_ms = exposure_rescale_ms(INT64_C(-62135596800000), 1, speeds[i], PUB_MS);
        assert_true(item.pub_date_ms <= PUB_MS);
        if (speeds[i] <= 315619200) {
            assert_int_equal(exposure_at(&item, PUB_MS, 0).groups_open, 7);
            assert_true(item.pub_date_ms > PUB_MS - DAY_MS * 366 * 3000);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_comes_in_with_each_interval),
        cmocka_unit_test(before_its_date_a_rollout_is_paused),
        cmocka_unit_test(an_open_group_takes_a_check_interval_to_hear_of_it),
        cmocka_unit_test(what_is_not_phased_is_for_everybody),
        cmocka_unit_test(odd_intervals_do_no_harm),
        cmocka_unit_test(a_resumed_rollout_is_where_it_was),
        cmocka_unit_test(another_speed_keeps_what_is_exposed),
        cmocka_unit_test(a_rollout_that_was_over_long_ago_stays_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
