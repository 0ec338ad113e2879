#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "src/model/burn.h"

/* A budget of 1 %, 10,000 events in every window, burning at these rates. */
static struct burn_view burn(const double rates[WINDOW_SPANS], double events) {
    struct burn_input in = {.budget = 0.01, .min_events = 50, .min_bad = 5};
    struct burn_view out;
    for (int i = 0; i < WINDOW_SPANS; i++) {
        in.events[i] = events;
        in.bad[i] = rates[i] * 0.01 * events;
    }
    burn_judge(&in, &out);
    return out;
}

/* 5m 30m 1h 2h 6h 1d 3d 30d */
static const struct {
    double rates[WINDOW_SPANS];
    enum burn_level level;
} rows[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0}, BURN_NONE},       {{15, 0, 15, 0, 0, 0, 0, 0}, BURN_PAGE},
    {{15, 0, 14.3, 0, 0, 0, 0, 0}, BURN_NONE}, /* the long one does not */
    {{14.3, 0, 15, 0, 0, 0, 0, 0}, BURN_NONE}, /* it is over */
    {{0, 6.1, 0, 0, 6.1, 0, 0, 0}, BURN_PAGE},   {{0, 5.9, 0, 0, 6.1, 0, 0, 0}, BURN_NONE},
    {{0, 0, 0, 3.1, 0, 3.1, 0, 0}, BURN_TICKET}, {{0, 0, 0, 2.9, 0, 3.1, 0, 0}, BURN_NONE},
    {{0, 0, 0, 0, 1.1, 0, 1.1, 0}, BURN_TICKET}, {{0, 0, 0, 0, 0.9, 0, 1.1, 0}, BURN_NONE},
    {{15, 7, 15, 4, 7, 4, 2, 1}, BURN_PAGE}, /* the worst is told */
};

static void both_windows_must_exceed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (burn(rows[i].rates, 10000).level != rows[i].level)
            fail_msg("row %zu: %d", i, (int)burn(rows[i].rates, 10000).level);
}

static void the_reason_has_the_numbers(void **state) {
    (void)state;
    struct burn_view v = burn(rows[1].rates, 10000);
    assert_string_equal(v.reason, "page: 15.0× over 1h and 15.0× over 5m, more than 14.4×; 1500 "
                                  "bad of 10000");
    v = burn(rows[0].rates, 10000);
    assert_string_equal(v.reason,
                        "0.0× over 1 h, 0.0× over 6 h, budget left 100 %, 10000 events in 1 h");
    assert_true(v.budget_left == 1);
    assert_true(fabs(burn((double[]){0, 0, 0, 0, 0, 0, 0, 1.5}, 1000).budget_left + 0.5) < 1e-9);
}

static void few_events_say_nothing(void **state) {
    (void)state;
    struct burn_view v = burn(rows[1].rates, 49); /* 7 bad of 49 */
    assert_int_equal(v.level, BURN_UNKNOWN);
    assert_string_equal(v.reason, "49 events in 1 h, fewer than 50 say nothing");
    v = burn(rows[0].rates, 0);
    assert_int_equal(v.level, BURN_UNKNOWN);
    assert_string_equal(v.reason, "no events in 1 h");
    assert_true(isnan(v.rates[0]) && isnan(v.budget_left));
}

static void a_quiet_hour_does_not_hide_a_burning_day(void **state) {
    (void)state;
    struct burn_input in = {.budget = 0.01, .min_events = 50, .min_bad = 5};
    struct burn_view v;
    in.events[WINDOW_1H] = in.events[WINDOW_2H] = 10;
    in.bad[WINDOW_2H] = 1;
    in.events[WINDOW_1D] = 1000;
    in.bad[WINDOW_1D] = 100;
    burn_judge(&in, &v);
    assert_int_equal(v.level, BURN_TICKET);
}

static void fewer_bad_events_than_the_floor_are_no_alert(void **state) {
    (void)state;
    struct burn_input in = {.budget = 0.001, .min_events = 50, .min_bad = 5};
    struct burn_view v;
    for (int i = 0; i < WINDOW_SPANS; i++) {
        in.events[i] = 60;
        in.bad[i] = 4; /* 67 times too fast */
    }
    burn_judge(&in, &v);
    assert_int_equal(v.level, BURN_NONE);
    in.min_bad = 4;
    burn_judge(&in, &v);
    assert_int_equal(v.level, BURN_PAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_windows_must_exceed),
        cmocka_unit_test(the_reason_has_the_numbers),
        cmocka_unit_test(few_events_say_nothing),
        cmocka_unit_test(a_quiet_hour_does_not_hide_a_burning_day),
        cmocka_unit_test(fewer_bad_events_than_the_floor_are_no_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
