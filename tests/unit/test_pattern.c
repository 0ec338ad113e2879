#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/pattern.h"

static struct pattern *made(const char *text) {
    struct err err = ERR_INIT;
    struct pattern *p = pattern_new(text, "here", &err);
    if (!p)
        fail_msg("%s: %s", text, err.what);
    return p;
}

static enum pattern_result find(const char *pattern, const char *text, size_t n, const char *group,
                                struct slice *caught) {
    struct pattern *p = made(pattern);
    struct pattern_match *m = pattern_match_new();
    enum pattern_result result = pattern_find(p, m, (struct slice){text, n}, group, caught);
    pattern_match_free(m);
    pattern_free(p);
    return result;
}
#define FIND(pattern, text, group, caught) find(pattern, text, sizeof text - 1, group, caught)

static void a_named_group_is_told(void **state) {
    struct slice value;
    (void)state;
    assert_int_equal(FIND("took (?<value>\\d+) ms", "it took 842 ms", "value", &value),
                     PATTERN_FOUND);
    assert_true(slice_is(value, "842"));
    assert_int_equal(FIND("a(?<value>x)?b", "ab", "value", &value), PATTERN_FOUND);
    assert_null(value.at);
    assert_int_equal(FIND("ab", "ab", "value", &value), PATTERN_FOUND);
    assert_null(value.at);
}

static void bytes_need_not_be_text(void **state) {
    (void)state;
    assert_int_equal(FIND("b\\x00c",
                          "a\xff"
                          "b\0c",
                          NULL, NULL),
                     PATTERN_FOUND);
    assert_int_equal(find("x", "", 0, NULL, NULL), PATTERN_NONE);
    assert_int_equal(find("^$", "", 0, NULL, NULL), PATTERN_FOUND);
}

static void it_knows_its_groups(void **state) {
    struct pattern *p = made("(?<value>a)|(?<other>b)");
    (void)state;
    assert_true(pattern_has(p, "value"));
    assert_false(pattern_has(p, "valve"));
    assert_string_equal(pattern_text(p), "(?<value>a)|(?<other>b)");
    pattern_free(p);
}

static void a_wrong_pattern_is_told_with_its_place(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    assert_null(pattern_new("took (\\d+ ms", "metrics[0].regex", &err));
    assert_int_equal(err.code, ERR_PARSE);
    assert_string_equal(err.where, "metrics[0].regex");
    assert_non_null(strstr(err.what, "at its byte 12"));
    err_clear(&err);
    char *longer = calloc(PATTERN_CAP + 2, 1);
    memset(longer, 'a', PATTERN_CAP + 1);
    assert_null(pattern_new(longer, "here", &err));
    assert_int_equal(err.code, ERR_LIMIT);
    free(longer);
}

/* Each of these takes 2^n steps on a line like that. */
static void a_hostile_pattern_gives_up_at_once(void **state) {
    static const char *const hostile[] = {"(a+)+$",
                                          "(a|a)*$",
                                          "(a*)*b",
                                          "^(([a-z])+.)+[A-Z]([a-z])+$",
                                          "(?:(?:(?:a+)+)+)+!",
                                          "(x+x+)+y|(a+a+)+b"};
    static char text[4096];
    const struct clock *clock = clock_system();
    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        int64_t before = clock_mono_ms(clock);
        enum pattern_result result = find(hostile[i], text, sizeof text - 1, NULL, NULL);
        int64_t took = clock_mono_ms(clock) - before;
        assert_true(result == PATTERN_GAVE_UP || result == PATTERN_NONE || result == PATTERN_FOUND);
        if (took > 2000) /* a sanitizer on a busy machine; unlimited they take for ever */
            fail_msg("%s took %lld ms", hostile[i], (long long)took);
    }
    text[sizeof text - 2] = '!';
    assert_int_equal(find("(a+)+$", text, sizeof text - 1, NULL, NULL), PATTERN_GAVE_UP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_group_is_told),
        cmocka_unit_test(bytes_need_not_be_text),
        cmocka_unit_test(it_knows_its_groups),
        cmocka_unit_test(a_wrong_pattern_is_told_with_its_place),
        cmocka_unit_test(a_hostile_pattern_gives_up_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
