/* A ledger where nothing can be written: it is read as it is, to its last entry. */
#include "src/engine/db_still.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/engine/lease.h"
#include "src/engine/ledger.h"

enum { NOBODY = 65534 };

static char folder[64], state[96], temporary[96], path[128];

/* Under /tmp and not TMPDIR: nobody has to get there. The name wants an escape in a URI. */
static int set_up(void **unused) {
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/gonogo-still-XXXXXX");
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        return -1;
    snprintf(state, sizeof state, "%s/100%%?#", folder);
    snprintf(temporary, sizeof temporary, "%s/tmp", folder);
    snprintf(path, sizeof path, "%s/gonogo-ledger.db", state);
    return mkdir(state, 0755) == 0 && mkdir(temporary, 0755) == 0 && chmod(temporary, 0777) == 0
               ? 0
               : -1;
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int tear_down(void **unused) {
    (void)unused;
    chmod(state, 0755);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void append(struct ledger *l, unsigned n) {
    while (n-- > 0) {
        struct err err = ERR_INIT;
        struct record *r = record_new(RECORD_NOTE);
        RECORD_PUT(r->who, "ada");
        if (ledger_append(l, r, &err) != ERR_OK)
            fail_msg("%s: %s", err.where, err.what);
        record_drop(r);
    }
}

/* How many entries a process has left that wrote `n` and was killed, or went when it was done. */
static void write_entries(unsigned n, bool killed) {
    pid_t child = fork();
    if (child == 0) {
        struct err err = ERR_INIT;
        struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &err);
        if (!l)
            _exit(1);
        append(l, n);
        if (killed)
            kill(getpid(), SIGKILL);
        ledger_close(l);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(killed, WIFSIGNALED(status));
}

static void set_readable(const char *ending, mode_t mode) {
    char name[160];
    snprintf(name, sizeof name, "%s%s", path, ending);
    if (chmod(name, mode) != 0)
        assert_string_not_equal(ending, ""); /* companions need not be there */
}

/* Everybody may read, nobody write. */
static void shut(void) {
    set_readable("", 0444);
    set_readable("-wal", 0444);
    set_readable("-shm", 0444);
    assert_int_equal(chmod(state, 0555), 0);
}

static bool count(void *self, const struct record *r) {
    (void)r;
    ++*(unsigned *)self;
    return true;
}

static bool is_empty_folder(const char *name) {
    return rmdir(name) == 0 && mkdir(name, 0777) == 0 && chmod(name, 0777) == 0;
}

/* In a child that is not root: `work` tells by its exit code. */
static void as_nobody(int (*work)(void)) {
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(100);
        setenv("TMPDIR", temporary, 1);
        _exit(work());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("it ended with %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    assert_true(is_empty_folder(temporary)); /* a copy is not left behind */
}

static int five_are_read(void) {
    struct err err = ERR_INIT;
    unsigned n = 0;
    struct lease_sight sight;
    struct ledger *l = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    if (!l || ledger_each(l, 1, count, &n, &err) != ERR_OK) {
        print_message("%s: %s\n", err.where, err.what);
        return 2;
    }
    struct ledger_audit *audit = ledger_audit_new(l, 0, "");
    bool whole = ledger_audit_turn(audit, 100, &err) == AUDIT_WHOLE;
    ledger_audit_free(audit);
    lease_look(l, path, &sight);
    bool last = ledger_last(l, &err) == 5;
    ledger_close(l);
    return n == 5 && whole && last && sight.life == LEASE_FREE ? 0 : 3;
}

static void one_that_was_closed_is_read_in_place(void **unused) {
    (void)unused;
    write_entries(5, false);
    shut();
    as_nobody(five_are_read);
}

/* SQLite's companions lie there: entries that only they have are read. */
static void one_whose_writer_was_killed_is_read_to_its_end(void **unused) {
    (void)unused;
    write_entries(2, false);
    write_entries(3, true);
    shut();
    as_nobody(five_are_read);
}

/* Archived without -shm, which is no part of the data: only the -wal has the last three. */
static void one_with_a_wal_alone_is_read_to_its_end(void **unused) {
    (void)unused;
    char name[160];
    write_entries(2, false);
    write_entries(3, true);
    snprintf(name, sizeof name, "%s-shm", path);
    assert_int_equal(unlink(name), 0);
    shut();
    as_nobody(five_are_read);
}

static void a_file_that_may_only_be_read_in_a_folder_that_may_be_written(void **unused) {
    (void)unused;
    write_entries(5, false);
    shut();
    assert_int_equal(chmod(state, 0777), 0);
    as_nobody(five_are_read);
}

/* Whoever may write does, while somebody reads who may not. */
static int pipe_there[2], pipe_back[2];

static int news_are_read(void) {
    struct err err = ERR_INIT;
    char byte = 'r';
    unsigned n = 0, last = 0;
    struct ledger *l = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    if (!l || ledger_each(l, 1, count, &n, &err) != ERR_OK || n != 2)
        return 2;
    ledger_changed(l);
    if (ledger_changed(l) || write(pipe_back[1], &byte, 1) != 1 ||
        read(pipe_there[0], &byte, 1) != 1)
        return 3;
    if (!ledger_changed(l) || ledger_each(l, 3, count, &last, &err) != ERR_OK)
        return 4;
    bool done = last == 3 && ledger_last(l, &err) == 5;
    ledger_close(l);
    return done ? 0 : 5;
}

static void what_is_written_later_is_read_too(void **unused) {
    (void)unused;
    write_entries(2, false);
    shut();
    assert_int_equal(pipe(pipe_there), 0);
    assert_int_equal(pipe(pipe_back), 0);
    pid_t writer = fork();
    if (writer == 0) {
        char byte;
        if (read(pipe_back[0], &byte, 1) != 1 || chmod(state, 0755) != 0 || chmod(path, 0644) != 0)
            _exit(1);
        write_entries(3, false);
        if (chmod(state, 0555) != 0)
            _exit(1);
        _exit(write(pipe_there[1], &byte, 1) == 1 ? 0 : 1);
    }
    as_nobody(news_are_read);
    int status = 0;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(pipe_there[0]);
    close(pipe_there[1]);
    close(pipe_back[0]);
    close(pipe_back[1]);
}

static int it_says_that_it_may_not_be_read(void) {
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    return !l && err.code == ERR_IO && strstr(err.what, "cannot be read") ? 0 : 1;
}

static void one_that_may_not_even_be_read_says_so(void **unused) {
    (void)unused;
    write_entries(1, false);
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() != 0)
        skip(); /* the same user may read it */
    as_nobody(it_says_that_it_may_not_be_read);
}

#define STILL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STILL_TEST(one_that_was_closed_is_read_in_place),
        STILL_TEST(one_whose_writer_was_killed_is_read_to_its_end),
        STILL_TEST(one_with_a_wal_alone_is_read_to_its_end),
        STILL_TEST(a_file_that_may_only_be_read_in_a_folder_that_may_be_written),
        STILL_TEST(what_is_written_later_is_read_too),
        STILL_TEST(one_that_may_not_even_be_read_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
