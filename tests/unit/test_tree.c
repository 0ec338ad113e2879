#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/release/env.h"
#include "src/release/facts.h"
#include "src/release/http.h"
#include "src/release/tree.h"
#include "tests/unit/loopback.h"

static int set_up(void **state) {
    *state = scratch_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    scratch_free(*state);
    return 0;
}

static enum err_code code_of_reading(const char *root, const char *path, size_t cap) {
    struct err err = ERR_INIT;
    struct buf bytes;
    buf_init(&bytes, 0);
    struct tree *tree = tree_open(root, &err);
    assert_non_null(tree);
    enum err_code code = tree_read(tree, path, cap, &bytes, &err);
    assert_int_equal(code, err.code);
    tree_close(tree);
    buf_fini(&bytes);
    return code;
}

static void reads_a_file_up_to_the_cap_and_not_one_byte_more(void **state) {
    scratch_write_text(*state, "a/b/file", "12345678");
    assert_int_equal(code_of_reading(*state, "a/b/file", 8), ERR_OK);
    assert_int_equal(code_of_reading(*state, "a/b/file", 7), ERR_LIMIT);
    scratch_write_text(*state, "empty", "");
    assert_int_equal(code_of_reading(*state, "empty", 8), ERR_OK);
}

static void a_path_never_leaves_the_root(void **state) {
    static const char *const bad[] = {"",        "/etc/passwd", "..",    "a/../b", "./a",
                                      "a//file", "a/",          "a/./b", "../x",   "a/.."};
    scratch_write_text(*state, "a/file", "x");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(code_of_reading(*state, bad[i], 100), ERR_REFUSED);
    char *longest = mem_alloc(5001);
    memset(longest, 'a', 5000);
    longest[5000] = '\0';
    assert_int_equal(code_of_reading(*state, longest, 100), ERR_REFUSED);
    free(longest);
}

static void links_are_refused_wherever_they_stand(void **state) {
    const char *root = *state;
    scratch_write_text(root, "real/file", "x");
    char *link = mem_format("%s/link", root), *inner = mem_format("%s/real/link", root);
    assert_int_equal(symlink("/etc", link), 0);
    assert_int_equal(symlink("file", inner), 0);
    assert_int_equal(code_of_reading(root, "link/passwd", 100000), ERR_REFUSED);
    assert_int_equal(code_of_reading(root, "real/link", 100), ERR_REFUSED);
    assert_int_equal(code_of_reading(root, "real/file", 100), ERR_OK);
    free(link);
    free(inner);
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state) {
    char *fifo = mem_format("%s/fifo", (char *)*state);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(code_of_reading(*state, "fifo", 100), ERR_REFUSED);
    scratch_write_text(*state, "folder/file", "x");
    assert_int_equal(code_of_reading(*state, "folder", 100), ERR_REFUSED);
    assert_int_equal(code_of_reading(*state, "nothing", 100), ERR_MISSING);
    assert_int_equal(code_of_reading(*state, "folder/file/more", 100), ERR_MISSING);
    free(fifo);
}

static void a_list_holds_regular_files_in_order_and_nothing_hidden(void **state) {
    const char *root = *state;
    struct err err = ERR_INIT;
    size_t n;
    scratch_write_text(root, "d/b", "");
    scratch_write_text(root, "d/a", "");
    scratch_write_text(root, "d/.hidden", "");
    scratch_write_text(root, "d/sub/c", "");
    char *link = mem_format("%s/d/z", root);
    assert_int_equal(symlink("a", link), 0);
    struct tree *tree = tree_open(root, &err);
    char **list = tree_list(tree, "d", &n, &err);
    assert_int_equal(n, 2);
    assert_string_equal(list[0], "a");
    assert_string_equal(list[1], "b");
    assert_null(list[2]);
    tree_list_free(list);
    list = tree_list(tree, "none/here", &n, &err);
    assert_non_null(list);
    assert_int_equal(n, 0);
    tree_list_free(list);
    assert_null(tree_list(tree, "../d", &n, &err));
    tree_close(tree);
    free(link);
}

static void a_root_that_is_not_there_is_named(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(tree_open("/nonexistent/tree", &err));
    assert_int_equal(err.code, ERR_MISSING);
    assert_string_equal(err.where, "/nonexistent/tree");
}

static void file_names_hold_no_slash_dot_or_control(void **state) {
    (void)state;
    assert_true(tree_name_ok("Nexy.dmg"));
    assert_true(tree_name_ok("Нэкси 2.dmg"));
    static const char *const bad[] = {"", ".", "..", ".env", "a/b", "a\\b", "a\nb", "a\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tree_name_ok(bad[i]));
}

static bool beta_is_true(const char *text) {
    return env_is_true(text, strlen(text), ENV_BETA_ENABLED);
}

static void the_beta_gate_opens_for_the_word_true_alone(void **state) {
    (void)state;
    static const char *const open[] = {
        "UPDATE_BETA_ENABLED=true",
        "UPDATE_BETA_ENABLED=TRUE\n",
        "  UPDATE_BETA_ENABLED = \"true\" \r\nX=1",
        "UPDATE_BETA_ENABLED=false\nUPDATE_BETA_ENABLED='true'\n",
    };
    static const char *const shut[] = {
        "",
        "UPDATE_BETA_ENABLED",
        "UPDATE_BETA_ENABLED=",
        "UPDATE_BETA_ENABLED=1",
        "UPDATE_BETA_ENABLED=true # or not",
        "#UPDATE_BETA_ENABLED=true",
        "; UPDATE_BETA_ENABLED=true",
        "XUPDATE_BETA_ENABLED=true",
        "UPDATE_BETA_ENABLED2=true",
        "UPDATE_BETA_ENABLED=true\nUPDATE_BETA_ENABLED=false",
        "UPDATE_BETA_ENABLED=truetruetruetruetrue",
        "=\n==\n=true",
    };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_true(beta_is_true(open[i]));
    for (size_t i = 0; i < sizeof shut / sizeof *shut; i++)
        assert_false(beta_is_true(shut[i]));
    assert_false(env_is_true("UPDATE_BETA_ENABLED=tr\0e", 24, ENV_BETA_ENABLED));
}

static enum err_code runtime_code(const char *yaml, struct facts_version *v) {
    struct err err = ERR_INIT;
    return facts_runtime_read(yaml, strlen(yaml), TREE_CONFIG, v, &err);
}

static void the_running_version_is_a_pair_of_texts(void **state) {
    (void)state;
    struct facts_version v;
    assert_int_equal(runtime_code("a: 1\nupdate: # here\n  default_version: 2.0.0.19\n"
                                  "  default_build: \"2.0\"\n",
                                  &v),
                     ERR_OK);
    assert_string_equal(v.version, "2.0.0.19");
    assert_string_equal(v.build, "2.0");
    assert_int_equal(runtime_code("other: {}\n", &v), ERR_MISSING);
    assert_int_equal(runtime_code("update:\n  default_version: 2.0\n  default_build: '2.0'\n", &v),
                     ERR_PARSE);
    assert_int_equal(runtime_code("update:\n  default_version: 2.0.0.19\n", &v), ERR_PARSE);
    assert_int_equal(runtime_code("update: {default_version: [1], default_build: x}\n", &v),
                     ERR_PARSE);
    assert_int_equal(runtime_code("update: {default_version: '2\\n', default_build: '../x'}", &v),
                     ERR_PARSE);
    assert_int_equal(runtime_code("update: [", &v), ERR_PARSE);
    assert_string_equal(v.version, "");
}

static void check_range(const char *range, uint64_t size, enum http_range kind, uint64_t first,
                        uint64_t length) {
    uint64_t got_first = 0, got_length = 0;
    assert_int_equal(http_range_read(range, size, &got_first, &got_length), kind);
    if (kind == HTTP_PART) {
        assert_int_equal(got_first, first);
        assert_int_equal(got_length, length);
    }
}

static void ranges_are_read_as_rfc_9110_says(void **state) {
    (void)state;
    check_range("bytes=0-0", 10, HTTP_PART, 0, 1);
    check_range("bytes=2-5", 10, HTTP_PART, 2, 4);
    check_range("BYTES=2-", 10, HTTP_PART, 2, 8);
    check_range("bytes=2-99", 10, HTTP_PART, 2, 8);
    check_range("bytes=-3", 10, HTTP_PART, 7, 3);
    check_range("bytes=-30", 10, HTTP_PART, 0, 10);
    check_range("bytes=9-9", 10, HTTP_PART, 9, 1);
    check_range("bytes=10-", 10, HTTP_UNSATISFIABLE, 0, 0);
    check_range("bytes=-0", 10, HTTP_UNSATISFIABLE, 0, 0);
    check_range("bytes=0-", 0, HTTP_UNSATISFIABLE, 0, 0);
    check_range("bytes=-1", 0, HTTP_UNSATISFIABLE, 0, 0);
    check_range("bytes=5-2", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=0-1,4-5", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=-2,1", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=-", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=a-b", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=1 -2", 10, HTTP_WHOLE, 0, 0);
    check_range("items=0-1", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=18446744073709551616-", 10, HTTP_WHOLE, 0, 0);
    check_range("bytes=0-18446744073709551615", 10, HTTP_PART, 0, 10);
}

static void entity_tags_are_found_in_lists(void **state) {
    (void)state;
    assert_true(http_tag_listed("\"a\"", "\"a\""));
    assert_true(http_tag_listed("W/\"a\"", "\"a\""));
    assert_true(http_tag_listed("\"x\", \"a,b\" ,\"a\"", "\"a\""));
    assert_true(http_tag_listed("*", "\"a\""));
    assert_false(http_tag_listed("", "\"a\""));
    assert_false(http_tag_listed("a", "\"a\""));
    assert_false(http_tag_listed("\"a", "\"a\""));
    assert_false(http_tag_listed("\"aa\"", "\"a\""));
}

static void a_path_is_decoded_once_and_strictly(void **state) {
    (void)state;
    char dst[16];
    assert_true(http_path_decode("/a%20b%2E", dst, sizeof dst));
    assert_string_equal(dst, "/a b.");
    assert_true(http_path_decode("/%252e", dst, sizeof dst));
    assert_string_equal(dst, "/%2e");
    static const char *const bad[] = {"/%2f", "/%00", "/%0a",  "/%",
                                      "/%4",  "/%zz", "/\x01", "/456789012345678"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_path_decode(bad[i], dst, sizeof dst));
    assert_true(http_path_decode("/45678901234567", dst, sizeof dst));
}

static void dates_are_english_and_exact(void **state) {
    (void)state;
    char date[40];
    http_date(1772135855968, "+0000", date, sizeof date);
    assert_string_equal(date, "Thu, 26 Feb 2026 19:57:35 +0000");
    http_date(0, "GMT", date, sizeof date);
    assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
    http_date(-1, "GMT", date, sizeof date);
    assert_string_equal(date, "Wed, 31 Dec 1969 23:59:59 GMT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_file_up_to_the_cap_and_not_one_byte_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_path_never_leaves_the_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_are_refused_wherever_they_stand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_without_waiting, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_list_holds_regular_files_in_order_and_nothing_hidden,
                                        set_up, tear_down),
        cmocka_unit_test(a_root_that_is_not_there_is_named),
        cmocka_unit_test(file_names_hold_no_slash_dot_or_control),
        cmocka_unit_test(the_beta_gate_opens_for_the_word_true_alone),
        cmocka_unit_test(the_running_version_is_a_pair_of_texts),
        cmocka_unit_test(ranges_are_read_as_rfc_9110_says),
        cmocka_unit_test(entity_tags_are_found_in_lists),
        cmocka_unit_test(a_path_is_decoded_once_and_strictly),
        cmocka_unit_test(dates_are_english_and_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
