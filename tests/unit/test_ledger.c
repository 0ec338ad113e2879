/* The ledger's file: entries go to its end and nowhere else, whoever writes. */
#include "src/engine/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-ledger-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state/gonogo-ledger.db", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct ledger *open_ledger(enum ledger_how how) {
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(path, how, NULL, clock_system(), &err);
    if (!l)
        fail_msg("%s: %s", err.where, err.what);
    return l;
}

static void append(struct ledger *l, const char *who) {
    struct err err = ERR_INIT;
    struct record *r = record_new(RECORD_NOTE);
    RECORD_PUT(r->who, who);
    if (ledger_append(l, r, &err) != ERR_OK)
        fail_msg("%s: %s", err.where, err.what);
    record_drop(r);
}

/* What ledger_each() tells, in order. */
struct heard {
    uint64_t n, last;
    char who[RECORD_NAME_CAP], user[RECORD_NAME_CAP];
    uint64_t stop_at;
};

static bool hear(void *self, const struct record *r) {
    struct heard *h = self;
    h->n++;
    h->last = r->seq;
    memcpy(h->who, r->who, sizeof h->who);
    memcpy(h->user, r->user, sizeof h->user);
    return h->stop_at != r->seq;
}

static void entries_are_read_in_the_order_in_which_they_were_written(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct heard heard = {0};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    struct stat st;
    assert_int_equal(ledger_last(l, &err), 0);
    append(l, "ada");
    append(l, "grace");
    assert_int_equal(ledger_last(l, &err), 2);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    assert_string_equal(heard.who, "grace");
    assert_non_null(strchr(heard.user, '@'));
    heard = (struct heard){0};
    assert_int_equal(ledger_each(l, 2, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 1);
    heard = (struct heard){.stop_at = 1};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 1);
    heard = (struct heard){0};
    assert_int_equal(ledger_each(l, 3, hear, &heard, &err), ERR_OK); /* nothing new is no error */
    assert_int_equal(heard.n, 0);
    ledger_close(l);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    l = open_ledger(LEDGER_READ);
    assert_int_equal(ledger_last(l, &err), 2);
    ledger_close(l);
}

static void a_ledger_that_is_not_there_is_not_read(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(ledger_open(path, LEDGER_READ, NULL, clock_system(), &err));
    assert_int_equal(err.code, ERR_MISSING);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_others_append_is_noticed(void **state) {
    (void)state;
    struct ledger *one = open_ledger(LEDGER_APPEND), *other = open_ledger(LEDGER_APPEND);
    assert_true(ledger_changed(one));
    assert_false(ledger_changed(one));
    append(one, "ada");
    assert_false(ledger_changed(one)); /* its own it knows */
    append(other, "grace");
    assert_true(ledger_changed(one));
    assert_false(ledger_changed(one));
    ledger_close(one);
    ledger_close(other);
}

static void many_processes_append_and_none_is_lost(void **state) {
    (void)state;
    enum { PROCESSES = 6, EACH = 25 };
    struct err err = ERR_INIT;
    struct heard heard = {0};
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) { /* all make the file at once */
        pids[p] = fork();
        assert_true(pids[p] >= 0);
        if (pids[p] > 0)
            continue;
        struct err own = ERR_INIT;
        struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &own);
        for (int i = 0; l && i < EACH; i++) {
            struct record *r = record_new(RECORD_NOTE);
            ledger_append(l, r, &own);
            record_drop(r);
        }
        if (own.code != ERR_OK)
            err_print(stderr, &own);
        _exit(own.code == ERR_OK ? 0 : 1);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 0;
        assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
        assert_int_equal(status, 0);
    }
    struct ledger *l = open_ledger(LEDGER_READ);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, PROCESSES * EACH);
    assert_int_equal(heard.last, PROCESSES * EACH);
    ledger_close(l);
}

static void what_was_begun_and_not_committed_never_was(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    append(l, "ada");
    append(l, "grace");
    ledger_rollback(l);
    assert_int_equal(ledger_last(l, &err), 0);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    append(l, "ada");
    append(l, "grace");
    assert_int_equal(ledger_commit(l, &err), ERR_OK);
    assert_int_equal(ledger_last(l, &err), 2);
    ledger_close(l);
}

static int tell(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static void a_careless_hand_is_stopped(void **state) {
    (void)state;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    append(l, "grace");
    assert_int_not_equal(tell("UPDATE entry SET body = '{}'"), SQLITE_OK);
    assert_int_not_equal(tell("DELETE FROM entry"), SQLITE_OK);
    assert_int_not_equal(tell("DELETE FROM entry WHERE seq = 2"), SQLITE_OK);
    assert_int_not_equal(tell("INSERT OR REPLACE INTO entry VALUES (2, '{}', 'x', NULL)"),
                         SQLITE_OK);
    assert_int_not_equal(tell("INSERT INTO entry VALUES (7, '{}', 'x', NULL)"), SQLITE_OK);
    struct err err = ERR_INIT;
    struct heard heard = {0};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    ledger_close(l);
}

static void an_entry_that_was_tampered_with_is_not_told(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct heard heard = {0};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    append(l, "grace");
    append(l, "edith");
    assert_int_equal(tell("DROP TRIGGER entry_not_changed;"
                          "UPDATE entry SET body = replace(body, 'grace', 'eve') WHERE seq = 2"),
                     SQLITE_OK);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_REFUSED);
    assert_int_equal(heard.n, 1);
    assert_non_null(strstr(err.what, "entry 2"));
    ledger_close(l);
}

static void a_file_that_was_moved_away_takes_nothing(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    char away[160];
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    snprintf(away, sizeof away, "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    struct record *r = record_new(RECORD_NOTE);
    assert_int_equal(ledger_append(l, r, &err), ERR_REFUSED);
    record_drop(r);
    ledger_close(l);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(entries_are_read_in_the_order_in_which_they_were_written),
        LEDGER_TEST(a_ledger_that_is_not_there_is_not_read),
        LEDGER_TEST(what_others_append_is_noticed),
        LEDGER_TEST(many_processes_append_and_none_is_lost),
        LEDGER_TEST(what_was_begun_and_not_committed_never_was),
        LEDGER_TEST(a_careless_hand_is_stopped),
        LEDGER_TEST(an_entry_that_was_tampered_with_is_not_told),
        LEDGER_TEST(a_file_that_was_moved_away_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
