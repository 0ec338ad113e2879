#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/release/change.h"
#include "src/release/lock.h"
#include "tests/unit/loopback.h"

#define PAIR     "server/updates/manifests/manifest_2.json"
#define MANIFEST "server/updates/manifests/manifest.json"
#define DMG      "assets/Update/Nexy.dmg"
#define GONE     "server/old.json"

static char *root;

static void in_root(char path[256], const char *name) {
    snprintf(path, 256, "%s/%s", root, name);
}

static void write_file(const char *name, const char *text) {
    char path[256];
    in_root(path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The content, "-" when the file is not there. */
static const char *content(const char *name) {
    static char text[4][128];
    static unsigned next;
    char *out = text[next++ % 4], path[256];
    in_root(path, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return "-";
    size_t n = fread(out, 1, 127, f);
    out[n] = '\0';
    fclose(f);
    return out;
}

static int make_tree(void **state) {
    (void)state;
    root = scratch_new();
    static const char *const folders[] = {"server", "server/updates", "server/updates/manifests",
                                          "assets", "assets/Update"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[256];
        in_root(path, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    write_file(MANIFEST, "old manifest");
    write_file(DMG, "old bytes");
    write_file(GONE, "old");
    char path[256];
    in_root(path, MANIFEST);
    chmod(path, 0640);
    return 0;
}

static int drop_tree(void **state) {
    (void)state;
    scratch_free(root);
    return 0;
}

/* The change of every test: four files, of which one is new and one goes. */
static enum err_code whole_change(const struct tree *tree, const struct change_hook *hook,
                                  struct err *err) {
    struct change *c = change_begin(tree, hook, err);
    if (!c)
        return err->code;
    enum err_code code = change_create(c, DMG, err);
    if (code == ERR_OK)
        code = change_write(c, "new ", 4, err);
    if (code == ERR_OK)
        code = change_write(c, "bytes", 5, err);
    if (code == ERR_OK)
        code = change_close(c, err);
    if (code == ERR_OK)
        code = change_put(c, PAIR, "new manifest", 12, err);
    if (code == ERR_OK)
        code = change_put(c, MANIFEST, "new manifest", 12, err);
    if (code == ERR_OK)
        code = change_remove(c, GONE, err);
    if (code == ERR_OK)
        code = change_commit(c, err);
    change_end(c);
    return code;
}

static void is_old(void) {
    assert_string_equal(content(MANIFEST), "old manifest");
    assert_string_equal(content(DMG), "old bytes");
    assert_string_equal(content(GONE), "old");
    assert_string_equal(content(PAIR), "-");
}

static void is_new(void) {
    assert_string_equal(content(MANIFEST), "new manifest");
    assert_string_equal(content(DMG), "new bytes");
    assert_string_equal(content(GONE), "-");
    assert_string_equal(content(PAIR), "new manifest");
}

static void nothing_is_left_over(void) {
    assert_string_equal(content("server/updates/manifests/.manifest.json.gonogo-new"), "-");
    assert_string_equal(content("server/updates/manifests/.manifest_2.json.gonogo-new"), "-");
    assert_string_equal(content("assets/Update/.Nexy.dmg.gonogo-new"), "-");
    assert_string_equal(content(".gonogo/journal"), "-");
    assert_string_equal(content(".gonogo/journal.new"), "-");
    assert_string_equal(content(".gonogo/draft"), "-");
}

struct counter {
    int calls, at, fault; /* fault 0: SIGKILL at call number `at` */
};

static int at_call(void *self, const char *call, const char *path) {
    (void)call, (void)path;
    struct counter *c = self;
    if (++c->calls != c->at)
        return 0;
    if (c->fault == 0)
        raise(SIGKILL);
    return c->fault;
}

static int count_calls(void) {
    struct err err = ERR_INIT;
    struct tree *tree = tree_open(root, &err);
    struct counter counter = {.at = -1};
    const struct change_hook hook = {.before = at_call, .self = &counter};
    assert_int_equal(whole_change(tree, &hook, &err), ERR_OK);
    tree_close(tree);
    return counter.calls;
}

static void a_change_puts_everything_in_place_and_keeps_modes(void **state) {
    (void)state;
    assert_true(count_calls() > 20);
    is_new();
    nothing_is_left_over();
    char path[256];
    struct stat st;
    in_root(path, MANIFEST);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void a_kill_at_any_call_leaves_old_or_new_after_recovery(void **state) {
    const int calls = count_calls();
    int were_old = 0, were_new = 0;
    for (int at = 1; at <= calls; at++) {
        drop_tree(state);
        make_tree(state);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct err err = ERR_INIT;
            struct counter counter = {.at = at};
            const struct change_hook hook = {.before = at_call, .self = &counter};
            whole_change(tree_open(root, &err), &hook, &err);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        /* Every single file is whole at any moment. */
        const char *manifest = content(MANIFEST);
        assert_true(strcmp(manifest, "old manifest") == 0 || strcmp(manifest, "new manifest") == 0);

        struct err err = ERR_INIT;
        struct tree *tree = tree_open(root, &err);
        enum change_recovery what;
        assert_int_equal(change_recover(tree, NULL, &what, &err), ERR_OK);
        if (strcmp(content(MANIFEST), "old manifest") == 0) {
            is_old();
            were_old++;
        } else {
            is_new();
            were_new++;
        }
        nothing_is_left_over();
        /* And the next change works. */
        assert_int_equal(whole_change(tree, NULL, &err), ERR_OK);
        is_new();
        tree_close(tree);
    }
    assert_true(were_old > 0 && were_new > 0);
}

static void a_fault_at_any_call_is_an_error_and_leaves_old_or_is_finished(void **state) {
    static const int faults[] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};
    const int calls = count_calls();
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        for (int at = 1; at <= calls; at++) {
            drop_tree(state);
            make_tree(state);
            struct err err = ERR_INIT;
            struct tree *tree = tree_open(root, &err);
            struct counter counter = {.at = at, .fault = faults[f]};
            const struct change_hook hook = {.before = at_call, .self = &counter};
            assert_int_not_equal(whole_change(tree, &hook, &err), ERR_OK);
            assert_true(err.where[0] && strstr(err.what, strerror(faults[f])));
            const bool decided = strstr(err.what, "decided") != NULL;
            if (!decided)
                nothing_is_left_over(); /* without waiting for the next command */
            struct err again = ERR_INIT;
            assert_int_equal(change_recover(tree, NULL, NULL, &again), ERR_OK);
            if (decided)
                is_new();
            else
                is_old();
            nothing_is_left_over();
            tree_close(tree);
        }
    }
}

static void what_is_not_committed_is_taken_back(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct tree *tree = tree_open(root, &err);
    struct change *c = change_begin(tree, NULL, &err);
    assert_int_equal(change_put(c, MANIFEST, "x", 1, &err), ERR_OK);
    change_end(c);
    is_old();
    nothing_is_left_over();
    tree_close(tree);
}

static void links_and_strange_paths_are_refused(void **state) {
    (void)state;
    char path[256];
    in_root(path, "server/link.json");
    assert_int_equal(symlink("/etc/passwd", path), 0);
    char *outside = scratch_new();
    in_root(path, "out");
    assert_int_equal(symlink(outside, path), 0);
    static const char *const bad[] = {"server/link.json", "out/x",   "../x", "/etc/x",
                                      "server/../x",      "server/", "",     "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = ERR_INIT;
        struct tree *tree = tree_open(root, &err);
        struct change *c = change_begin(tree, NULL, &err);
        assert_non_null(c);
        assert_int_not_equal(change_put(c, bad[i], "x", 1, &err), ERR_OK);
        change_end(c);
        tree_close(tree);
    }
    is_old();
    scratch_free(outside);
}

static void a_journal_that_is_none_is_not_touched(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct tree *tree = tree_open(root, &err);
    assert_int_equal(whole_change(tree, NULL, &err), ERR_OK);
    write_file(".gonogo/journal", "put server/updates/mani");
    assert_null(change_begin(tree, NULL, &err));
    assert_int_equal(err.code, ERR_PARSE);
    assert_string_equal(content(".gonogo/journal"), "put server/updates/mani");
    tree_close(tree);
}

static void a_second_writer_waits_and_then_is_told_who_holds_it(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct tree *tree = tree_open(root, &err);
    struct lock *first = lock_take(tree, clock_system(), 0, "promote", NULL, &err);
    assert_non_null(first);
    assert_null(lock_take(tree, clock_system(), 60, "publish", NULL, &err));
    assert_int_equal(err.code, ERR_BUSY);
    assert_non_null(strstr(err.what, "promote, process "));
    lock_release(first);
    err_clear(&err);
    struct lock *second = lock_take(tree, clock_system(), 0, "publish", NULL, &err);
    assert_non_null(second);
    lock_release(second);
    tree_close(tree);
}

int main(void) {
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, drop_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_change_puts_everything_in_place_and_keeps_modes),
        IN_TREE(a_kill_at_any_call_leaves_old_or_new_after_recovery),
        IN_TREE(a_fault_at_any_call_is_an_error_and_leaves_old_or_is_finished),
        IN_TREE(what_is_not_committed_is_taken_back),
        IN_TREE(links_and_strange_paths_are_refused),
        IN_TREE(a_journal_that_is_none_is_not_touched),
        IN_TREE(a_second_writer_waits_and_then_is_told_who_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
