/* Sparkle's date format, and nothing else. */
#include "src/model/pub_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void dates_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
    } good[] = {
        {"Thu, 01 Jan 1970 00:00:00 +0000", 0},
        {"Thu, 26 Feb 2026 19:57:35 +0000", 1772135855},
        {"Thu, 26 Feb 2026 22:57:35 +0300", 1772135855},
        {"Thu, 26 Feb 2026 14:27:35 -0530", 1772135855},
        {"Thu, 26 Feb 2026 19:57:35 GMT", 1772135855},
        {"Thu, 26 Feb 2026 19:57:35 UTC", 1772135855},
        {"Thu, 26 Feb 2026 19:57:35 Z", 1772135855},
        {"Sun, 6 Nov 1994 08:49:37 UT", 784111777},
        {"Tue, 29 Feb 2000 23:59:59 +0000", 951868799},
        {"Wed, 31 Dec 1969 23:59:59 +0000", -1},
        {"Mon, 26 Feb 2026 19:57:35 +0000", 1772135855}, /* not that day's name */
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = 1;
        if (!pub_date_parse(good[i].text, &ms) || ms != good[i].s * 1000)
            fail_msg("%s is %lld", good[i].text, (long long)ms);
    }
}

static void what_sparkle_does_not_read_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-02-26T19:57:35Z",
        "26 Feb 2026 19:57:35 +0000",
        "Thu 26 Feb 2026 19:57:35 +0000",
        "Do, 26 Feb 2026 19:57:35 +0000",
        "Чт, 26 Feb 2026 19:57:35 +0000",
        "Thu, 26 фев 2026 19:57:35 +0000",
        "Thu, 26 Mär 2026 19:57:35 +0000",
        "Thu, 26 Feb 26 19:57:35 +0000",
        "Thu, 26 Feb 2026 19:57 +0000",
        "Thu, 26 Feb 2026 7:57:35 +0000",
        "Thu, 26 Feb 2026 19:57:35",
        "Thu, 26 Feb 2026 19:57:35 ",
        "Thu, 26 Feb 2026 19:57:35 +00",
        "Thu, 26 Feb 2026 19:57:35 +00000",
        "Thu, 26 Feb 2026 19:57:35 +2400",
        "Thu, 26 Feb 2026 19:57:35 +0060",
        "Thu, 26 Feb 2026 19:57:35 PST",
        "Thu, 26 Feb 2026 19:57:35 +0000 x",
        "Thu, 29 Feb 2026 19:57:35 +0000",
        "Thu, 00 Feb 2026 19:57:35 +0000",
        "Thu, 31 Apr 2026 19:57:35 +0000",
        "Thu, 26 Feb 2026 24:00:00 +0000",
        "Thu, 26 Feb 2026 23:60:00 +0000",
        "Thu, 26 Feb 2026 23:59:60 +0000",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms;
        if (pub_date_parse(bad[i], &ms))
            fail_msg("\"%s\" was taken", bad[i]);
    }
    /* cut anywhere */
    static const char whole[] = "Thu, 26 Feb 2026 19:57:35 +0000";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char cut[sizeof whole];
        int64_t ms;
        snprintf(cut, sizeof cut, "%.*s", (int)n, whole);
        assert_false(pub_date_parse(cut, &ms));
    }
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    char text[PUB_DATE_CAP];
    pub_date_text(1772135855999, text);
    assert_string_equal(text, "Thu, 26 Feb 2026 19:57:35 +0000");
    pub_date_text(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 +0000");
    for (int64_t s = -2000000000; s < 7000000000; s += 86400 * 13 + 12347) {
        int64_t ms;
        pub_date_text(s * 1000, text);
        assert_true(pub_date_parse(text, &ms));
        assert_int_equal(ms, s * 1000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(what_sparkle_does_not_read_is_refused),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
