#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/yaml.h"

static const char config[] = "# the head\r\n"
                             "update:   # версия 🚀\r\n"
                             "  default_version: \"2.0.0.19\"  # keep\r\n"
                             "  default_build: '2.0.0.19'\r\n"
                             "\r\n"
                             "kill_switches:\r\n"
                             "  disable_tray: false # off\r\n"
                             "  disable_audio:    no\r\n"
                             "other: {a: 1, b: [x, y]}\r\n"
                             "last: plain";

static void same(const char *path, const char *value, bool as_text, const char *from,
                 const char *to) {
    struct err err = ERR_INIT;
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(yaml_set(config, strlen(config), path, value, as_text, "x.yaml", &out, &err),
                     ERR_OK);
    /* Exactly that piece changed, and nothing else. */
    const char *at = strstr(config, from);
    assert_non_null(at);
    const size_t head = (size_t)(at - config);
    assert_int_equal(out.len, strlen(config) - strlen(from) + strlen(to));
    assert_memory_equal(out.data, config, head);
    assert_memory_equal(out.data + head, to, strlen(to));
    assert_string_equal(out.data + head + strlen(to), at + strlen(from));
    buf_fini(&out);
}

static void one_scalar_changes_and_no_other_byte(void **state) {
    (void)state;
    same("update.default_version", "2.0.0.20", true, "\"2.0.0.19\"", "\"2.0.0.20\"");
    same("update.default_build", "it's", true, "'2.0.0.19'", "'it''s'");
    same("kill_switches.disable_tray", "true", false, "false # off", "true # off");
    same("kill_switches.disable_audio", "true", false, "   no\r\n", "   true\r\n");
    same("other.a", "22", false, "a: 1", "a: 22");
    same("last", "2.0.0.20", true, "plain", "2.0.0.20");
    same("last", "2.0", true, "plain", "\"2.0\"");
    same("last", "a: b # c", true, "plain", "\"a: b # c\"");
}

static void a_scalar_is_read_with_its_kind(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct yaml_scalar s;
    assert_int_equal(yaml_find(config, strlen(config), "update.default_version", "x", &s, &err),
                     ERR_OK);
    assert_string_equal(s.value, "2.0.0.19");
    assert_true(s.quoted);
    assert_false(s.not_text);
    assert_int_equal(s.line, 3);
    yaml_scalar_fini(&s);
    assert_int_equal(yaml_find("a: 2.0\n", 7, "a", "x", &s, &err), ERR_OK);
    assert_true(s.not_text);
    yaml_scalar_fini(&s);
}

static void added(const char *text, const char *path, const char *value, const char *want) {
    struct err err = ERR_INIT;
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(yaml_add(text, strlen(text), path, value, false, "x", &out, &err), ERR_OK);
    assert_string_equal(out.data, want);
    struct yaml_scalar s;
    assert_int_equal(yaml_find(out.data, out.len, path, "x", &s, &err), ERR_OK);
    assert_string_equal(s.value, value);
    yaml_scalar_fini(&s);
    buf_fini(&out);
}

static void a_missing_key_becomes_one_line_among_its_neighbours(void **state) {
    (void)state;
    added("k:\n    a: 1 # c\n# end\nz: 2\n", "k.b", "true",
          "k:\n    a: 1 # c\n    b: true\n# end\nz: 2\n");
    added("k:\r\n  a: 1", "k.b", "true", "k:\r\n  a: 1\r\n  b: true");
    added("k:\nz: 2\n", "k.b", "true", "k:\n  b: true\nz: 2\n");
    added("z: 2\n", "k.b", "true", "z: 2\nk:\n  b: true\n");
    added("z: 2", "k.b", "true", "z: 2\nk:\n  b: true");
    added("z: 2\n", "b", "true", "z: 2\nb: true\n");
    added("", "k.b", "true", "k:\n  b: true\n");
}

static void refused(const char *text, const char *path, enum err_code want) {
    struct err err = ERR_INIT;
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(yaml_add(text, strlen(text), path, "true", false, "x", &out, &err), want);
    assert_int_equal(err.code, want);
    buf_fini(&out);
}

static void what_cannot_be_done_safely_is_refused(void **state) {
    (void)state;
    refused("k: {a: 1}\n", "k.b", ERR_REFUSED);
    refused("k: text\n", "k.b", ERR_REFUSED);
    refused("k: [a]\n", "k.b", ERR_REFUSED);
    refused("k:\n  b: 1\n", "k.b", ERR_REFUSED);
    refused("k:\n  b: 1\nk:\n  c: 1\n", "k.d", ERR_PARSE);
    refused("a: [\n", "k.b", ERR_PARSE);
    refused("- a\n", "k.b", ERR_PARSE);

    struct err err = ERR_INIT;
    struct yaml_scalar s;
    const char twice[] = "a: 1\na: 2\n";
    assert_int_equal(yaml_find(twice, strlen(twice), "a", "f.yaml", &s, &err), ERR_PARSE);
    assert_string_equal(err.where, "f.yaml:2:4");
    err_clear(&err);
    assert_int_equal(yaml_find("a: 1\n", 5, "b", "x", &s, &err), ERR_MISSING);
    err_clear(&err);
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(yaml_set("a: 1\n", 5, "a", "x\ny", true, "x", &out, &err), ERR_REFUSED);
    err_clear(&err);
    const char block[] = "a: |\n  x\n";
    assert_int_equal(yaml_set(block, strlen(block), "a", "y", true, "x", &out, &err), ERR_REFUSED);
    buf_fini(&out);
    /* Sixty-five levels. */
    char deep[200] = "a: ";
    memset(deep + 3, '[', 65);
    err_clear(&err);
    assert_int_equal(yaml_find(deep, strlen(deep), "b", "x", &s, &err), ERR_PARSE);
}

static void count(void *self, const char *key, const char *value) {
    assert_non_null(key);
    assert_non_null(value);
    ++*(int *)self;
}

static void a_mapping_is_listed(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    int n = 0;
    assert_int_equal(yaml_each(config, strlen(config), "kill_switches", "x", count, &n, &err),
                     ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(yaml_each(config, strlen(config), "none", "x", count, &n, &err), ERR_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_scalar_changes_and_no_other_byte),
        cmocka_unit_test(a_scalar_is_read_with_its_kind),
        cmocka_unit_test(a_missing_key_becomes_one_line_among_its_neighbours),
        cmocka_unit_test(what_cannot_be_done_safely_is_refused),
        cmocka_unit_test(a_mapping_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
