#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "src/base/when.h"

static void rfc3339_reads_what_services_write(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-02-26T19:57:35.968960", 1772135855968},
        {"2026-02-26T19:57:35.968960+00:00", 1772135855968},
        {"2026-02-26T22:57:35.968960+03:00", 1772135855968},
        {"2026-02-26T14:27:35.968-05:30", 1772135855968},
        {"2026-02-26t19:57:35.968z", 1772135855968},
        {"2026-02-26 19:57:35.9", 1772135855900},
        {"2026-02-26T19:57:35.96899999999999999999999999999999999999Z", 1772135855968},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"0000-01-01T00:00:00Z", -62167219200000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 42;
        assert_true(when_parse_rfc3339(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void what_is_no_time_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "now",
        "2026-02-26",
        "2026-02-26T",
        "2026-02-26T19:57Z",
        "2026-02-26T19:57:35.Z",
        "2026-02-26T19:57:35,968Z",
        "2026-02-26T24:00:00Z",
        "2026-02-26T19:60:00Z",
        "2026-02-26T19:57:61Z",
        "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-02-26T19:57:35Zulu",
        "2026-02-26T19:57:35+0300",
        "2026-02-26T19:57:35+24:00",
        "2026-02-26T19:57:35+03:60",
        "2026-02-26T19:57:35 ",
        " 2026-02-26T19:57:35Z",
        "2026-2-26T19:57:35Z",
        "+026-02-26T19:57:35Z",
        "2026-02-26T19:57:35-",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 42;
        assert_false(when_parse_rfc3339(rows[i], &ms));
        assert_int_equal(ms, 42);
    }
}

static void a_time_without_its_zone_is_none_for_those_who_compare(void **state) {
    (void)state;
    int64_t ms = 0;
    assert_true(when_parse_zoned("2026-01-01T00:00:00Z", &ms));
    assert_true(ms == INT64_C(1767225600000));
    assert_true(when_parse_zoned("2026-01-01T02:00:00.5+02:00", &ms));
    assert_true(ms == INT64_C(1767225600500));
    assert_false(when_parse_zoned("2026-01-01T00:00:00", &ms));
    assert_false(when_parse_zoned("2026-01-01", &ms));
    assert_false(when_parse_zoned("", &ms));
}

static void rfc3339_agrees_with_the_c_library(void **state) {
    (void)state;
    /* An odd step meets every time of day, month and leap rule over 9,000 years. */
    for (int64_t ms = -60000000000000; ms < 250000000000000; ms += 2600000007777) {
        int64_t rest = ((ms % 1000) + 1000) % 1000;
        time_t seconds = (time_t)((ms - rest) / 1000);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        char expected[64], text[25];
        size_t n = strftime(expected, sizeof expected, "-%m-%dT%H:%M:%S", &tm);
        assert_true(n > 0);
        when_rfc3339(ms, text, sizeof text);
        assert_int_equal(strlen(text), 24);
        assert_memory_equal(text + 4, expected, n);
        int64_t back;
        assert_true(when_parse_rfc3339(text, &back));
        assert_int_equal(back, ms);
        char clock[9];
        when_clock(ms, clock, sizeof clock);
        assert_memory_equal(clock, text + 11, 8);
    }
}

static void times_beyond_the_calendar_stay_in_it(void **state) {
    (void)state;
    char text[25];
    when_rfc3339(INT64_MIN, text, sizeof text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    when_rfc3339(INT64_MAX, text, sizeof text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    char clock[9];
    when_clock(INT64_MIN, clock, sizeof clock);
    assert_int_equal(strlen(clock), 8);
}

static void durations_have_one_number_and_one_unit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"500ms", 500},          {"5s", 5000},      {"2m", 120000},
        {"1h", 3600000},         {"7d", 604800000}, {"0s", 0},
        {"3653d", 315619200000}, {"007s", 7000},    {"315619200000ms", 315619200000},
    };
    static const char *const bad[] = {
        "",
        "5",
        "s",
        "5 s",
        "5 parsecs",
        "-5s",
        "+5s",
        "1.5s",
        "5S",
        "5sec",
        "1h30m",
        " 5s",
        "5s ",
        "3654d",
        "99999999999999999999999999999ms",
        "18446744073709551617s",
        "315619200001ms",
        "٥s",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = -1;
        assert_true(duration_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
        char text[24];
        int64_t back;
        duration_conf(ms, text, sizeof text);
        assert_true(duration_parse(text, &back));
        assert_int_equal(back, ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 42;
        assert_false(duration_parse(bad[i], &ms));
        assert_int_equal(ms, 42);
    }
}

static void durations_for_people_have_two_units_at_most(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text, *conf;
    } rows[] = {
        {0, "0 ms", "0s"},
        {840, "840 ms", "840ms"},
        {12000, "12 s", "12s"},
        {12999, "12 s", "12999ms"},
        {125000, "2 m 5 s", "125s"},
        {5400000, "1 h 30 m", "90m"},
        {3600000, "1 h", "1h"},
        {3659000, "1 h", "3659s"},
        {69120000, "19 h 12 m", "1152m"},
        {273600000, "3 d 4 h", "76h"},
        {86400000, "1 d", "1d"},
        {-12000, "-12 s", "-12s"},
        {INT64_MIN, "-106751991167 d 7 h", "-9223372036854775808ms"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[24];
        duration_text(rows[i].ms, text, sizeof text);
        assert_string_equal(text, rows[i].text);
        duration_conf(rows[i].ms, text, sizeof text);
        assert_string_equal(text, rows[i].conf);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_without_its_zone_is_none_for_those_who_compare),
        cmocka_unit_test(rfc3339_reads_what_services_write),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(rfc3339_agrees_with_the_c_library),
        cmocka_unit_test(times_beyond_the_calendar_stay_in_it),
        cmocka_unit_test(durations_have_one_number_and_one_unit),
        cmocka_unit_test(durations_for_people_have_two_units_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
