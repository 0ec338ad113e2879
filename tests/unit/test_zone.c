#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/base/zone_rule.h"

static struct zone *load(const char *name) {
    struct err err = ERR_INIT;
    struct zone *z = zone_load(name, &err);
    if (!z) {
        print_message("%s: %s\n", name, err.what);
        skip(); /* this machine has no tzdata */
    }
    return z;
}

static int64_t at(const char *text) {
    int64_t ms;
    assert_true(when_parse_rfc3339(text, &ms));
    return ms;
}

/* The C library reads the same files in its own way, one zone per process. */
static void offsets_are_those_of_the_c_library(void **state) {
    static const char *const names[] = {"America/Toronto",  "Europe/Berlin", "Asia/Kolkata",
                                        "Australia/Sydney", "Africa/Cairo",  "America/St_Johns",
                                        "Asia/Tehran",      "Pacific/Apia",  "Europe/Dublin"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *z = load(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        /* 1960 to 2060, a step that meets every hour of the day and day of the week */
        for (int64_t t = -315619200; t < INT64_C(2840140800); t += 40009) {
            time_t moment = (time_t)t;
            struct tm local;
            assert_non_null(localtime_r(&moment, &local));
            if (zone_offset_s(z, t) != (int)local.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)t, zone_offset_s(z, t),
                         local.tm_gmtoff);
        }
        zone_free(z);
    }
    unsetenv("TZ");
    tzset();
}

static void a_wall_clock_is_turned_into_the_moment_it_showed(void **state) {
    struct zone *z = load("America/Toronto");
    (void)state;
    assert_int_equal(zone_utc_ms(z, at("2026-01-11 11:19:45.389"), INT64_MIN),
                     at("2026-01-11T16:19:45.389Z"));
    assert_int_equal(zone_utc_ms(z, at("2026-07-11 11:19:45.389"), INT64_MIN),
                     at("2026-07-11T15:19:45.389Z"));
    assert_int_equal(zone_local_ms(z, at("2026-07-11T15:19:45.389Z")),
                     at("2026-07-11 11:19:45.389"));
    zone_free(z);
}

static void the_hour_that_comes_twice_goes_on_from_the_line_before(void **state) {
    struct zone *z = load("America/Toronto"); /* 2026-11-01 02:00 EDT becomes 01:00 EST */
    int64_t local = at("2026-11-01 01:30:00");
    (void)state;
    assert_int_equal(zone_utc_ms(z, local, INT64_MIN), at("2026-11-01T05:30:00Z"));
    assert_int_equal(zone_utc_ms(z, local, at("2026-11-01T05:29:00Z")), at("2026-11-01T05:30:00Z"));
    assert_int_equal(zone_utc_ms(z, local, at("2026-11-01T05:59:00Z")), at("2026-11-01T06:30:00Z"));
    zone_free(z);
}

static void the_hour_that_is_left_out_is_taken_as_if_the_clock_had_not_moved(void **state) {
    struct zone *z = load("America/Toronto"); /* 2026-03-08 02:00 EST becomes 03:00 EDT */
    (void)state;
    assert_int_equal(zone_utc_ms(z, at("2026-03-08 02:30:00"), INT64_MIN),
                     at("2026-03-08T07:30:00Z"));
    zone_free(z);
}

static void fixed_offsets_need_no_file(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    struct zone *z = zone_load("+03:30", &err);
    assert_non_null(z);
    assert_int_equal(zone_offset_s(z, 0), 12600);
    zone_free(z);
    z = zone_load("UTC", &err);
    assert_int_equal(zone_offset_s(z, 1), 0);
    assert_string_equal(zone_name(z), "UTC");
    zone_free(z);
}

static void names_that_are_none_are_refused(void **state) {
    static const char *const bad[] = {
        "",   "Mars/Olympus",     "../../etc/passwd", "/etc/localtime", "+25:00",
        "+3", "America//Toronto", "America",          "+03:00 x",       "a\nb"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = ERR_INIT;
        assert_null(zone_load(bad[i], &err));
        assert_true(err.code != ERR_OK && err.todo[0] != '\0');
    }
}

static void a_damaged_file_is_refused_wherever_it_is_cut(void **state) {
    static const unsigned char v1[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\4"
                                      "\0\0\0\0\0\0\0\16\20\0\0UTC";
    (void)state;
    for (size_t n = 0; n < sizeof v1 - 1; n++) {
        struct err err = ERR_INIT;
        struct zone *z = zone_parse("x", v1, n, &err);
        if (z && n < 44 + 4 + 1 + 6)
            fail_msg("%zu bytes are a zone", n);
        zone_free(z);
    }
}

static void rules_of_every_form_are_read(void **state) {
    struct zone_rule r;
    (void)state;
#define RULE(text) zone_rule_parse(text, sizeof text - 1, &r)
    assert_true(RULE("<+0330>-3:30"));
    assert_int_equal(zone_rule_offset_s(&r, 0), 12600);
    assert_true(RULE("EST5EDT,M3.2.0,M11.1.0"));
    assert_int_equal(zone_rule_offset_s(&r, at("2040-07-01T00:00:00Z") / 1000), -14400);
    assert_int_equal(zone_rule_offset_s(&r, at("2040-12-01T00:00:00Z") / 1000), -18000);
    assert_true(RULE("AEST-10AEDT,M10.1.0,M4.1.0/3")); /* summer over new year */
    assert_int_equal(zone_rule_offset_s(&r, at("2040-01-01T00:00:00Z") / 1000), 39600);
    assert_true(RULE("XXX0YYY,J60,300/1:30"));
    assert_int_equal(zone_rule_offset_s(&r, at("2040-03-01T02:00:00Z") / 1000), 3600);
    assert_int_equal(zone_rule_offset_s(&r, at("2040-03-01T01:59:59Z") / 1000), 0);
    assert_true(RULE("IST-1GMT0,M10.5.0,M3.5.0/1")); /* Dublin: summer is the standard time */
    assert_int_equal(zone_rule_offset_s(&r, at("2040-01-01T00:00:00Z") / 1000), 0);
    assert_false(RULE("EST5EDT"));
    assert_false(RULE("EST5EDT,M3.2.0"));
    assert_false(RULE("EST5EDT,M13.2.0,M11.1.0"));
    assert_false(RULE("5"));
    assert_false(RULE("EST5EDT,M3.2.0,M11.1.0 "));
#undef RULE
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(a_wall_clock_is_turned_into_the_moment_it_showed),
        cmocka_unit_test(the_hour_that_comes_twice_goes_on_from_the_line_before),
        cmocka_unit_test(the_hour_that_is_left_out_is_taken_as_if_the_clock_had_not_moved),
        cmocka_unit_test(fixed_offsets_need_no_file),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(a_damaged_file_is_refused_wherever_it_is_cut),
        cmocka_unit_test(rules_of_every_form_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
