/* A file is replaced whole or not at all, and never under somebody else's hands. */
#include "src/cmd/replace.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/mem.h"

static void put(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void holds(const char *path, const char *text) {
    char got[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, text);
}

static int files_in(const char *folder) {
    int n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

static int begin(void **state) {
    const char *tmp = getenv("TMPDIR");
    char *folder = mem_format("%s/replace-XXXXXX", tmp != NULL ? tmp : "/tmp");
    *state = mkdtemp(folder);
    return *state == NULL || chdir(folder) != 0;
}

static int end(void **state) {
    unlink("feed");
    unlink("link");
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

static void the_content_changes_and_nothing_else(void **state) {
    put("feed", "old");
    assert_int_equal(chmod("feed", 0604), 0);
    assert_int_equal(symlink("feed", "link"), 0);
    struct replace r;
    struct buf bytes;
    struct stat st;
    buf_init(&bytes, 1 << 20);
    assert_int_equal(replace_read(&r, "link", &bytes, NULL), ERR_OK);
    assert_string_equal(bytes.data, "old");
    assert_int_equal(replace_write(&r, "new one", 7, NULL), ERR_OK);
    holds("feed", "new one");
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("feed", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    assert_int_equal(files_in(*state), 2);
    replace_fini(&r);
    buf_fini(&bytes);
}

static void what_somebody_else_wrote_stays(void **state) {
    struct replace r;
    struct buf bytes;
    struct err err = ERR_INIT;
    put("feed", "old");
    buf_init(&bytes, 1 << 20);
    assert_int_equal(replace_read(&r, "feed", &bytes, NULL), ERR_OK);
    put("feed", "theirs");
    assert_int_equal(replace_write(&r, "ours", 4, &err), ERR_BUSY);
    holds("feed", "theirs");
    assert_int_equal(files_in(*state), 1);
    replace_fini(&r);
    buf_fini(&bytes);
}

static void of_two_at_once_one_is_refused(void **state) {
    struct replace first, second;
    struct buf bytes;
    struct err err = ERR_INIT;
    put("feed", "old");
    buf_init(&bytes, 1 << 20);
    assert_int_equal(replace_read(&first, "feed", &bytes, NULL), ERR_OK);
    assert_int_equal(replace_read(&second, "feed", &bytes, &err), ERR_BUSY);
    assert_string_equal(err.what, "somebody else is changing it");
    replace_fini(&second);
    assert_int_equal(replace_write(&first, "new", 3, NULL), ERR_OK);
    /* Who comes now has the new one, though the first is still at it. */
    buf_clear(&bytes);
    assert_int_equal(replace_read(&second, "feed", &bytes, NULL), ERR_OK);
    assert_string_equal(bytes.data, "new");
    replace_fini(&second);
    replace_fini(&first);
    assert_int_equal(files_in(*state), 1);
    buf_fini(&bytes);
}

static void what_a_killed_one_left_is_taken_away(void **state) {
    struct replace r;
    struct buf bytes;
    put("feed", "old");
    put(".feed.gonogo-edit", "half of a new one, which was lon");
    buf_init(&bytes, 1 << 20);
    assert_int_equal(replace_read(&r, "feed", &bytes, NULL), ERR_OK);
    assert_int_equal(replace_write(&r, "new", 3, NULL), ERR_OK);
    holds("feed", "new");
    assert_int_equal(files_in(*state), 1);
    replace_fini(&r);
    buf_fini(&bytes);
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    struct replace r;
    struct buf bytes;
    buf_init(&bytes, 4);
    assert_int_equal(replace_read(&r, "none", &bytes, NULL), ERR_MISSING);
    replace_fini(&r);
    assert_int_equal(replace_read(&r, ".", &bytes, NULL), ERR_REFUSED);
    replace_fini(&r);
    put("feed", "larger than its cap");
    assert_int_equal(replace_read(&r, "feed", &bytes, NULL), ERR_LIMIT);
    replace_fini(&r);
    buf_fini(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_content_changes_and_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(what_somebody_else_wrote_stays, begin, end),
        cmocka_unit_test_setup_teardown(of_two_at_once_one_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_a_killed_one_left_is_taken_away, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
