#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "src/base/err.h"
#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/model/jsonline.h"

static int64_t at(const char *text) {
    int64_t ms;
    assert_true(when_parse_rfc3339(text, &ms));
    return ms;
}

static bool read_line(const char *text, struct json_line *l) {
    return json_line_read(text, strlen(text), NULL, INT64_MIN, l);
}

static void a_line_tells_its_time_level_and_message(void **state) {
    static const char *const lines[] = {
        "{\"ts\":\"2026-02-26T12:00:00.5Z\",\"level\":\"ERROR\",\"msg\":\"oops\"}\n",
        "  {\"time\":\"2026-02-26 12:00:00.500\",\"severity\":\"ERROR\",\"message\":\"oops\"}\r\n",
        "{\"timestamp\":1772107200.5,\"level\":\"ERROR\",\"msg\":\"oops\"}",
        "{\"@timestamp\":1772107200500,\"level\":\"ERROR\",\"msg\":\"oops\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct json_line l;
        assert_true(read_line(lines[i], &l));
        assert_true(l.timed);
        assert_int_equal(l.time_ms, at("2026-02-26T12:00:00.5Z"));
        assert_string_equal(l.level, "ERROR");
        assert_string_equal(l.message, "oops");
        json_line_fini(&l);
    }
}

static void a_time_without_a_zone_is_of_the_logs_zone(void **state) {
    static const char line[] = "{\"ts\":\"2026-02-26T07:00:00\"}";
    struct err err = ERR_INIT;
    struct zone *zone = zone_load("-05:00", &err);
    struct json_line l;
    (void)state;
    assert_true(json_line_read(line, strlen(line), zone, INT64_MIN, &l));
    assert_int_equal(l.time_ms, at("2026-02-26T12:00:00Z"));
    json_line_fini(&l);
    zone_free(zone);
}

static void values_are_found_by_key_pointer_and_path(void **state) {
    struct json_line l;
    (void)state;
    assert_true(
        read_line("{\"a\":12.5,\"b\":\"842ms\",\"c\":{\"d\":{\"e\":\"7\"}},\"x.y\":3,\"n\":null,"
                  "\"t\":\"much\",\"s\":\"1.5s\"}",
                  &l));
    assert_true(json_line_number(&l, "a") == 12.5);
    assert_true(json_line_number(&l, "b") == 842);
    assert_true(json_line_number(&l, "s") == 1500);
    assert_true(json_line_number(&l, "/c/d/e") == 7);
    assert_true(json_line_number(&l, "c.d.e") == 7);
    assert_true(json_line_number(&l, "x.y") == 3);
    assert_true(isnan(json_line_number(&l, "n")));
    assert_true(isnan(json_line_number(&l, "t")));
    assert_true(isnan(json_line_number(&l, "c.d.f.g")));
    assert_null(json_line_at(&l, "/c/x"));
    assert_null(json_line_at(&l, "c..e"));
    assert_null(json_line_at(&l, "nothing"));
    json_line_fini(&l);
}

static void what_is_no_object_is_refused(void **state) {
    static const char *const bad[] = {"",     "x",           "[1]",        "\"a\"",
                                      "{",    "{\"a\":1",    "{\"a\":1}x", "{\"a\":1,\"a\":2}",
                                      "null", "{\"a\":NaN}", "{'a':1}",    "{\"a\":\"\xff\"}"};
    struct json_line l;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_line(bad[i], &l))
            fail_msg("\"%s\" was read", bad[i]);
    assert_true(read_line("{}", &l));
    assert_false(l.timed);
    assert_null(l.level);
    json_line_fini(&l);
}

static void times_that_are_none_are_no_times(void **state) {
    static const char *const odd[] = {"{\"ts\":0}", "{\"ts\":-5}", "{\"ts\":1e300}",
                                      "{\"ts\":true}", "{\"ts\":\"yesterday\"}"};
    struct json_line l;
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_true(read_line(odd[i], &l));
        assert_false(l.timed);
        json_line_fini(&l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_its_time_level_and_message),
        cmocka_unit_test(a_time_without_a_zone_is_of_the_logs_zone),
        cmocka_unit_test(values_are_found_by_key_pointer_and_path),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(times_that_are_none_are_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
