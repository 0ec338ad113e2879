#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"

static json_t *read_text(const char *text, struct err *e) {
    *e = (struct err)ERR_INIT;
    return json_read(text, strlen(text), "prod/health", e);
}

static void sound_documents_are_read(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{}",
        "[]",
        " {\"a\":[1,2.5,\"x\",null,true]} \n",
        "\xEF\xBB\xBF{\"a\":1}",
        "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}",
        "{\"a\":\"quote \\\" and [ brace\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;
        json_t *root = read_text(rows[i], &e);
        assert_non_null(root);
        assert_int_equal(e.code, ERR_OK);
        json_decref(root);
    }
}

static void broken_documents_say_what_and_where(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"a\":1,\n\"a\":2}", /* a key twice */
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":1e999}",
        "{\"a\":99999999999999999999}",
        "{\"a\":01}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\"",
        "{",
        "[1",
        "{} {}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\\ud800\"}",
        "// no\n{}",
        "{\"a\":\"x\ny\"}",
        "<html></html>",
        "\"only text\"",
        "404 page not found",
        " ",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;
        assert_null(read_text(rows[i], &e));
        assert_int_equal(e.code, ERR_PARSE);
        assert_string_equal(e.where, "prod/health");
        assert_non_null(strstr(e.what, "line "));
        assert_non_null(strstr(e.what, "column "));
    }
    struct err e;
    assert_null(read_text("{\"a\":1,\n\"a\":2}", &e));
    assert_non_null(strstr(e.what, "duplicate"));
    assert_non_null(strstr(e.what, "line 2"));
    assert_null(read_text("", &e));
    assert_non_null(strstr(e.what, "empty"));
    assert_null(read_text("\xEF\xBB\xBF", &e));
    assert_non_null(strstr(e.what, "empty"));
    e = (struct err)ERR_INIT;
    assert_null(json_read("{\"a\":1}\0", 8, "x", &e)); /* a NUL behind is no blank */
    assert_int_equal(e.code, ERR_PARSE);
}

static void nest(char *dst, size_t depth, const char *open, const char *close) {
    dst[0] = '\0';
    size_t len = 0;
    for (size_t i = 0; i < depth; i++, len += strlen(open))
        memcpy(dst + len, open, strlen(open) + 1);
    memcpy(dst + len, "1", 2);
    len++;
    for (size_t i = 0; i < depth; i++, len += strlen(close))
        memcpy(dst + len, close, strlen(close) + 1);
}

static void depth_is_capped(void **state) {
    (void)state;
    static char text[1 << 20];
    struct err e;
    nest(text, JSON_DEPTH_MAX, "[", "]");
    json_t *root = read_text(text, &e);
    assert_non_null(root);
    json_decref(root);
    nest(text, JSON_DEPTH_MAX + 1, "[", "]");
    assert_null(read_text(text, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.what, "line 1, column 65"));
    nest(text, 100000, "{\"a\":\n", "}");
    assert_null(read_text(text, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.what, "line 65"));
    memset(text, '[', sizeof text);
    assert_null(json_read(text, sizeof text, "x", NULL));
}

static void pointers_find_what_rfc_6901_says(void **state) {
    (void)state;
    struct err e;
    json_t *root = read_text("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":8,"
                             "\"~1\":9,\"0\":{\"x\":10},\"no\":null}",
                             &e);
    assert_non_null(root);
    assert_ptr_equal(json_at(root, ""), root);
    assert_string_equal(json_string_value(json_at(root, "/foo/0")), "bar");
    assert_string_equal(json_string_value(json_at(root, "/foo/1")), "baz");
    assert_int_equal(json_integer_value(json_at(root, "/a~1b")), 1);
    assert_int_equal(json_integer_value(json_at(root, "/c%d")), 2);
    assert_int_equal(json_integer_value(json_at(root, "/m~0n")), 8);
    assert_int_equal(json_integer_value(json_at(root, "/~01")), 9);
    assert_int_equal(json_integer_value(json_at(root, "/0/x")), 10);
    assert_non_null(json_at(root, "/"));
    assert_true(json_is_null(json_at(root, "/no")));
    static const char *const none[] = {
        "/foo/2", "/foo/-", "/foo/01", "/foo/+1", "/foo/", "/foo/1x", "/foo/99999999999999999999",
        "/bar",   "/fo",    "/fooo",   "foo",     "/m~2n", "/m~",     "/foo/0/x",
        "/no/x"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(json_at(root, none[i]));
    assert_null(json_at(NULL, ""));
    json_decref(root);
}

static void a_pointer_is_checked_before_it_is_used(void **state) {
    (void)state;
    assert_true(json_pointer_ok(""));
    assert_true(json_pointer_ok("/"));
    assert_true(json_pointer_ok("/a~0/b~1"));
    assert_false(json_pointer_ok("a"));
    assert_false(json_pointer_ok("/a~"));
    assert_false(json_pointer_ok("/a~2"));
}

static void written_text_reads_back_and_stays_quiet(void **state) {
    (void)state;
    static const struct {
        const char *from, *json, *back;
    } rows[] = {
        {"Привет \"мир\" \\ 🎉", "\"Привет \\\"мир\\\" \\\\ 🎉\"", "Привет \"мир\" \\ 🎉"},
        {"a\n\t\r\x1b[m\x7f", "\"a\\n\\t\\u000d\\u001b[m\\u007f\"", "a\n\t\r\x1b[m\x7f"},
        {"\xc2\x9b", "\"\\u009b\"", "\xc2\x9b"},
        {"x\xff\xed\xa0\x80", "\"x\uFFFD\uFFFD\uFFFD\uFFFD\"", "x\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"", "\"\"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 0);
        json_add_text(&out, rows[i].from);
        assert_string_equal(out.data, rows[i].json);
        json_t *read = json_loads(out.data, JSON_DECODE_ANY, NULL);
        json_t *made = json_text(rows[i].from);
        assert_string_equal(json_string_value(read), rows[i].back);
        assert_string_equal(json_string_value(made), rows[i].back);
        json_decref(read);
        json_decref(made);
        buf_fini(&out);
    }
    struct buf out;
    buf_init(&out, 0);
    json_add_text(&out, NULL);
    assert_string_equal(out.data, "null");
    buf_fini(&out);
    json_t *none = json_text(NULL);
    assert_true(json_is_null(none));
    json_decref(none);
}

/* ESC, DEL, CSI as a C1 control, an override, a tag (by a surrogate pair); Cyrillic and emoji stay. */
static void what_is_printed_cannot_speak_to_a_terminal(void **state) {
    (void)state;
    static const char hostile[] = "\x1b[31m\x7f\xC2\x9B"
                                  "31m\u202eда\"\\🎙\U000E0041";
    static const char safe[] =
        "\"\\u001b[31m\\u007f\\u009b31m\\u202eда\\\"\\\\🎙\\udb40\\udc41\"";
    struct buf out;
    buf_init(&out, 0);
    json_add_text(&out, hostile);
    assert_string_equal(out.data, safe);
    buf_fini(&out);

    char *printed = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&printed, &n);
    json_t *root = json_pack("{s:s}", "a", hostile), *again;
    json_print(root, f);
    fclose(f);
    assert_null(strpbrk(printed, "\x1b\x7f"));
    assert_null(strstr(printed, "\xC2\x9B"));
    assert_null(strstr(printed, "\u202e"));
    assert_non_null(strstr(printed, "да\\\"\\\\🎙\\udb40\\udc41\"\n}\n"));
    again = json_read(printed, n, "printed", NULL); /* and it is the same JSON */
    assert_true(json_equal(root, again));
    json_decref(root);
    json_decref(again);
    free(printed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_documents_are_read),
        cmocka_unit_test(broken_documents_say_what_and_where),
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(pointers_find_what_rfc_6901_says),
        cmocka_unit_test(a_pointer_is_checked_before_it_is_used),
        cmocka_unit_test(written_text_reads_back_and_stays_quiet),
        cmocka_unit_test(what_is_printed_cannot_speak_to_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
