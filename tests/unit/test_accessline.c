#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/when.h"
#include "src/model/accessline.h"

#define LINE                                                                                \
    "192.0.2.7 - kim [10/Oct/2026:13:55:36 -0700] \"GET /a?b=\\\"c\\\" HTTP/1.1\" 502 157 " \
    "\"https://prod.example.net/\" \"curl/8.5\" rt=0.120"

static bool parse(const char *text, struct access_line *out) {
    return access_line_parse(text, strlen(text), out);
}

static void a_combined_line_is_read(void **state) {
    struct access_line a;
    int64_t ms;
    (void)state;
    assert_true(parse(LINE "\r\n", &a));
    assert_true(slice_is(a.address, "192.0.2.7"));
    assert_true(slice_is(a.user, "kim"));
    assert_true(slice_is(a.request, "GET /a?b=\\\"c\\\" HTTP/1.1"));
    assert_int_equal(a.status, 502);
    assert_int_equal(a.bytes, 157);
    assert_true(when_parse_rfc3339("2026-10-10T13:55:36-07:00", &ms));
    assert_int_equal(a.time_ms, ms);
}

static void untidy_lines_are_read(void **state) {
    struct access_line a;
    (void)state;
    assert_true(
        parse("::1 - - [29/Feb/2028:00:00:60 +0530] \"\" 400 -", &a)); /* no request at all */
    assert_int_equal(a.bytes, -1);
    assert_int_equal(a.request.n, 0);
    assert_true(parse("h - two words [10/Oct/2026:13:55:36 +0000] \"x\" 499 0", &a));
    assert_true(slice_is(a.user, "two words"));
    assert_int_equal(a.status, 499);
}

static void what_is_no_such_line_is_refused(void **state) {
    static const char *const bad[] = {
        "",
        "x",
        "2026-01-11 11:19:45,389 - a - INFO - b",
        "h - - [10/Okt/2026:13:55:36 +0000] \"x\" 200 0",
        "h - - [31/Feb/2026:13:55:36 +0000] \"x\" 200 0",
        "h - - [10/Oct/2026:24:55:36 +0000] \"x\" 200 0",
        "h - - [10/Oct/2026:13:55:36 0000] \"x\" 200 0",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x 200 0",
        "h - - [10/Oct/2026:13:55:36 +0000] x 200 0",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x\" 999 0",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x\" 20",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x\" 200 12k",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x\" 200 1234567890123456",
        "h - - [10/Oct/2026:13:55:36 +0000] \"x\\",
    };
    struct access_line a;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], &a))
            fail_msg("\"%s\" was read", bad[i]);
}

static void a_line_that_is_cut_is_refused_up_to_its_size(void **state) {
    size_t whole = strlen(LINE);
    const char *size = strstr(LINE, "157");
    (void)state;
    for (size_t n = 0; n <= whole; n++) {
        struct access_line a;
        char *exact = mem_alloc(n + 1); /* reading beyond it is seen */
        memcpy(exact, LINE, n);
        bool read = access_line_parse(exact, n, &a);
        assert_int_equal(read, n > (size_t)(size - LINE));
        free(exact);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_combined_line_is_read),
        cmocka_unit_test(untidy_lines_are_read),
        cmocka_unit_test(what_is_no_such_line_is_refused),
        cmocka_unit_test(a_line_that_is_cut_is_refused_up_to_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
