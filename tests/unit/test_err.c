#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/err.h"

static void the_first_error_wins(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    assert_int_equal(err_set(&e, ERR_NET, "staging/health", "look at it", "it is %s", "down"),
                     ERR_NET);
    assert_int_equal(err_set(&e, ERR_IO, "elsewhere", NULL, "later"), ERR_NET);
    char text[256];
    err_text(&e, text, sizeof text);
    assert_string_equal(text, "staging/health: it is down: look at it");
    err_clear(&e);
    assert_int_equal(e.code, ERR_OK);
    assert_string_equal(e.what, "");
}

static void without_an_err_only_the_code_counts(void **state) {
    (void)state;
    assert_int_equal(err_set(NULL, ERR_BUSY, "x", NULL, "y"), ERR_BUSY);
}

static void errno_is_told_in_words(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    errno = ENOENT;
    assert_int_equal(err_errno(&e, ERR_IO, "f", NULL, "cannot open"), ERR_IO);
    char expected[256];
    snprintf(expected, sizeof expected, "cannot open: %s", strerror(ENOENT));
    assert_string_equal(e.what, expected);
}

static void an_errno_has_its_usual_remedy(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    errno = EISDIR;
    err_errno(&e, ERR_IO, "f", NULL, "cannot be read");
    assert_string_equal(e.todo, "name a file");
    err_clear(&e);
    errno = EISDIR;
    err_errno(&e, ERR_IO, "f", "name a feed", "cannot be read"); /* who knows better says it */
    assert_string_equal(e.todo, "name a feed");
    err_clear(&e);
    errno = EXDEV;
    err_errno(&e, ERR_IO, "f", NULL, "cannot be renamed");
    assert_string_equal(e.todo, "");
}

static void parts_that_are_missing_leave_no_colons(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    err_set(&e, ERR_USAGE, NULL, NULL, "too much");
    char text[64];
    err_text(&e, text, sizeof text);
    assert_string_equal(text, "too much");
}

static void a_remote_text_cannot_speak_to_the_terminal(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    err_set(&e, ERR_PARSE, "h", NULL, "near '%s'", "\x1b]0;owned\x07\nGO");
    char text[256];
    err_text(&e, text, sizeof text);
    assert_string_equal(text, "h: near '␛]0;owned␇ GO'");
}

static void long_texts_are_cut_between_characters(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        char long_text[2048] = {0};
        memset(long_text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof long_text; i += 4)
            memcpy(long_text + i, "\xF0\x9F\x8E\x89", 4);
        struct err e = ERR_INIT;
        err_set(&e, ERR_PARSE, long_text, long_text, "%s", long_text);
        assert_int_equal(strlen(e.where) % 4, shift);
        assert_int_equal(strlen(e.what) % 4, shift);
        assert_int_equal(strlen(e.todo) % 4, shift);
        assert_true(strlen(e.what) + 4 >= sizeof e.what);
        char text[8192];
        err_text(&e, text, sizeof text);
        assert_null(strstr(text, "\\x"));
        err_text(&e, text, 10); /* a small room is filled, not overrun */
        assert_true(strlen(text) < 10);
    }
}

static void printing_is_one_line(void **state) {
    (void)state;
    struct err e = ERR_INIT;
    err_set(&e, ERR_CONFIG, "gonogo.yaml:3:1", "remove it", "\"a\nb\" is no key");
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    err_print(f, &e);
    fclose(f);
    assert_string_equal(out, "gonogo: gonogo.yaml:3:1: \"a b\" is no key: remove it\n");
    free(out);
}

static void exit_codes_tell_whose_fault_it_is(void **state) {
    (void)state;
    static const struct {
        enum err_code code;
        int exit;
    } rows[] = {
        {ERR_OK, 0},      {ERR_USAGE, 2},  {ERR_CONFIG, 2},  {ERR_PARSE, 1},
        {ERR_LIMIT, 1},   {ERR_NET, 1},    {ERR_IO, 4},      {ERR_BUSY, 1},
        {ERR_REFUSED, 1}, {ERR_CLOSED, 1}, {ERR_MISSING, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {.code = rows[i].code};
        assert_int_equal(err_exit_code(&e), rows[i].exit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(without_an_err_only_the_code_counts),
        cmocka_unit_test(errno_is_told_in_words),
        cmocka_unit_test(an_errno_has_its_usual_remedy),
        cmocka_unit_test(parts_that_are_missing_leave_no_colons),
        cmocka_unit_test(a_remote_text_cannot_speak_to_the_terminal),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(printing_is_one_line),
        cmocka_unit_test(exit_codes_tell_whose_fault_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
