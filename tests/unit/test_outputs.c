/* What steps said: what is kept of it, what goes, and what is said of what went. */
#include "src/engine/outputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/capture.h"

static char folder[300], ledger[340], runs[340];

static int set_up(void **state) {
    const char *temporary = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%.200s/gonogo-outputs-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(ledger, sizeof ledger, "%s/a-ledger.db", folder);
    snprintf(runs, sizeof runs, "%s/a-runs", folder);
    return mkdir(runs, 0700);
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *name_of(unsigned n) {
    static char name[48];
    snprintf(name, sizeof name, "20261128-2136%02u-000-1", n);
    return name;
}

/* Run number n said 100 bytes. */
static void said(unsigned n) {
    char path[460], bytes[100];
    memset(bytes, 'x', sizeof bytes);
    snprintf(path, sizeof path, "%s/%s", runs, name_of(n));
    assert_int_equal(mkdir(path, 0700), 0);
    char *file = outputs_path(ledger, name_of(n), 0, false);
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(fd);
    free(file);
}

static bool is_kept(unsigned n) {
    char *file = outputs_path(ledger, name_of(n), 0, false);
    bool there = access(file, F_OK) == 0;
    free(file);
    return there;
}

static bool third_stays(void *self, const char *run) {
    (void)self;
    return strcmp(run, name_of(3)) == 0;
}

static bool none_stays(void *self, const char *run) {
    (void)self;
    (void)run;
    return false;
}

static int64_t now_ms(void) {
    struct stat st;
    assert_int_equal(stat(runs, &st), 0);
    return (int64_t)st.st_mtime * 1000;
}

static void the_oldest_go_when_they_are_too_many(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 5; n++)
        said(n);
    const struct output_rules none = {0}, two = {.runs = 2};
    assert_int_equal(outputs_prune(ledger, &none, now_ms(), none_stays, NULL), 0);
    assert_int_equal(outputs_prune(ledger, &two, now_ms(), third_stays, NULL), 2);
    assert_true(is_kept(5) && is_kept(4) && is_kept(3) && !is_kept(2) && !is_kept(1));
    assert_int_equal(outputs_prune(ledger, &two, now_ms(), none_stays, NULL), 1);
    assert_true(is_kept(5) && is_kept(4) && !is_kept(3));
    char gone[460]; /* nothing is left of them */
    snprintf(gone, sizeof gone, "%s/%s", runs, name_of(1));
    assert_int_not_equal(access(gone, F_OK), 0);
}

static void the_oldest_go_when_they_are_too_large(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 5; n++)
        said(n);
    const struct output_rules rules = {.bytes = 250}, tiny = {.bytes = 1};
    assert_int_equal(outputs_prune(ledger, &rules, now_ms(), none_stays, NULL), 3);
    assert_true(is_kept(5) && is_kept(4) && !is_kept(3));
    assert_int_equal(outputs_prune(ledger, &tiny, now_ms(), none_stays, NULL), 1);
    assert_true(is_kept(5)); /* the newest stays, however large it is */
}

static void those_that_are_too_old_go(void **state) {
    (void)state;
    const struct output_rules rules = {.age_ms = 1000};
    for (unsigned n = 1; n <= 3; n++)
        said(n);
    assert_int_equal(outputs_prune(ledger, &rules, now_ms(), none_stays, NULL), 0);
    assert_int_equal(outputs_prune(ledger, &rules, now_ms() + 10000, none_stays, NULL), 2);
    assert_true(is_kept(3) && !is_kept(2) && !is_kept(1));
}

/* Whatever else lies there, or is linked to from there. */
static void nothing_goes_that_is_not_ours(void **state) {
    (void)state;
    const struct output_rules one = {.runs = 1};
    char path[460], other[400], link[460];
    for (unsigned n = 1; n <= 3; n++)
        said(n);
    snprintf(path, sizeof path, "%s/%s/notes", runs, name_of(1));
    close(open(path, O_WRONLY | O_CREAT, 0600));
    snprintf(other, sizeof other, "%s/other", folder);
    assert_int_equal(mkdir(other, 0700), 0);
    snprintf(link, sizeof link, "%s/%s", runs, name_of(0));
    assert_int_equal(symlink(other, link), 0);
    snprintf(other, sizeof other, "%s/other/step-01.log", folder);
    close(open(other, O_WRONLY | O_CREAT, 0600));
    char mine[400];
    snprintf(mine, sizeof mine, "%s/mine", runs);
    assert_int_equal(mkdir(mine, 0700), 0);
    assert_int_equal(outputs_prune(ledger, &one, now_ms(), none_stays, NULL), 1);
    assert_true(is_kept(3) && !is_kept(2));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(access(mine, F_OK), 0);
}

static void what_is_left_of_an_output_is_said(void **state) {
    (void)state;
    char path[400], digest[HASH_HEX_CAP], all_digest[HASH_HEX_CAP];
    snprintf(path, sizeof path, "%s/step-01.log", folder);
    static const char *const none[] = {NULL};
    for (int cut = 0; cut < 2; cut++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        struct capture *c = capture_new(8, 8, none, fd);
        for (int i = 0; i < (cut ? 10 : 1); i++)
            capture_add(c, "123456789\n", 10);
        capture_end(c);
        capture_digest(c, digest);
        capture_free(c);
        close(fd);
        struct buf bytes;
        buf_init(&bytes, 0);
        assert_int_equal(outputs_read(path, digest, &bytes), cut ? OUTPUT_CUT : OUTPUT_WHOLE);
        assert_memory_equal(bytes.data, "12345678", 8);
        assert_int_equal(bytes.len > 10, cut);
        buf_fini(&bytes);
        if (!cut)
            memcpy(all_digest, digest, sizeof digest);
    }
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "12345678x\n", 10), 10);
    close(fd);
    assert_int_equal(outputs_read(path, all_digest, NULL), OUTPUT_CHANGED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(outputs_read(path, all_digest, NULL), OUTPUT_GONE);
}

#define OUTPUTS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTPUTS_TEST(the_oldest_go_when_they_are_too_many),
        OUTPUTS_TEST(the_oldest_go_when_they_are_too_large),
        OUTPUTS_TEST(those_that_are_too_old_go),
        OUTPUTS_TEST(nothing_goes_that_is_not_ours),
        OUTPUTS_TEST(what_is_left_of_an_output_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
