/* The runner on a ledger that was tampered with: what it does not begin, and what it begins all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "src/engine/ledger.h"
#include "src/model/chain.h"
#include "tests/unit/runner_stage.h"

#define ONE \
    "      - {name: one, run: [sh, -c, \"echo one >>@T\"], undo: [sh, -c, \"echo -one >>@T\"]}\n"

static void tamper(const struct play *play, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(play->ledger, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TRIGGER IF EXISTS entry_not_changed;"
                                  "DROP TRIGGER IF EXISTS entry_not_removed;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

struct noted {
    char text[RECORD_TEXT_CAP];
    size_t faults, entries;
    struct chain *chain;
};

static bool note_fault(void *self, const struct chain_entry *e) {
    struct noted *n = self;
    char fault[CHAIN_FAULT_CAP];
    n->faults += !chain_add(n->chain, e, fault);
    n->entries++;
    struct err err = ERR_INIT;
    struct record *r = record_read(e->body, e->n, "it", &err);
    if (r && r->kind == RECORD_NOTE)
        snprintf(n->text, sizeof n->text, "%s", r->text);
    record_drop(r);
    return true;
}

/* How many entries were tampered with, and the last note in it. */
static struct noted audit(const struct play *play) {
    struct noted n = {.chain = chain_new(NULL, 0, false)};
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(play->ledger, LEDGER_READ, NULL, clock_system(), &err);
    assert_non_null(l);
    assert_int_equal(ledger_rows(l, LEDGER_ROWS_ALL, note_fault, &n, &err), ERR_OK);
    ledger_close(l);
    chain_free(n.chain);
    return n;
}

static const char *const tricks[] = {
    "UPDATE entry SET body = replace(body, 'ada', 'eve') WHERE seq = 1",
    "DELETE FROM entry WHERE seq = 2",
    "UPDATE entry SET hash = (SELECT hash FROM entry WHERE seq = 1) WHERE seq = 3",
    "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
};

static void what_needs_go_is_not_begun_on_a_ledger_that_does_not_verify(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
        static struct play play;
        stage_init(&play, ONE);
        stage_start(&play);
        stage_run(&play, "promote");
        stage_wait(&play, RUN_DONE);
        tamper(&play, tricks[i]); /* under a runner that has read it */
        unsigned before = play.refusals;
        stage_run(&play, "promote");
        stage_wait_refusal(&play, before + 1);
        if (!strstr(play.refused, "entr"))
            fail_msg("%s: %s", tricks[i], play.refused);
        stage_stop(&play);
        stage_start(&play); /* and under one that comes later */
        before = play.refusals;
        stage_run(&play, "promote");
        stage_wait_refusal(&play, before + 1);
        if (!strstr(play.refused, "entr"))
            fail_msg("%s: %s", tricks[i], play.refused);
        stage_expect_trace(&play, "one\n");
        stage_fini(&play);
    }
}

static void nothing_is_resumed_or_taken_back_on_a_ledger_that_does_not_verify(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE "      - {name: bad, run: [\"false\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait(&play, RUN_FAILED);
    tamper(&play, tricks[0]);
    stage_order(&play, ORDER_RESUME, "promote");
    stage_wait_refusal(&play, 1);
    assert_non_null(strstr(play.refused, "does not verify: entry 1 was changed"));
    stage_order(&play, ORDER_UNDO, "promote");
    stage_wait_refusal(&play, 2);
    assert_non_null(strstr(play.refused, "does not verify: entry 1 was changed"));
    stage_expect_trace(&play, "one\n");
    stage_order(&play, ORDER_ABANDON, ""); /* which does nothing but say so */
    stage_wait(&play, RUN_ABANDONED);
    stage_fini(&play);
}

/* A rollback or a kill switch is not stopped by it: it is recorded, and what is wrong is said. */
static void what_nothing_holds_up_is_not_held_up_by_a_broken_ledger(void **state) {
    (void)state;
    static const char *const worse[] = {
        "UPDATE entry SET body = replace(body, 'ada', 'eve') WHERE seq = 1",
        "DELETE FROM entry WHERE seq = 2",
        "UPDATE entry SET hash = 'none' WHERE seq = (SELECT max(seq) FROM entry)",
        "UPDATE entry SET body = 'none' WHERE seq = (SELECT max(seq) FROM entry)",
        "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
    };
    for (size_t i = 0; i < 2 * sizeof worse / sizeof *worse; i++) {
        static struct play play;
        stage_init(&play, ONE);
        stage_start(&play);
        stage_run(&play, "promote");
        stage_wait(&play, RUN_DONE);
        if (i % 2 == 0)
            stage_stop(&play);
        tamper(&play, worse[i / 2]);
        struct noted before = audit(&play);
        if (i % 2 == 0)
            stage_start(&play);
        stage_run(&play, "kill");
        const struct run_view *v;
        while (strcmp((v = stage_wait(&play, RUN_DONE))->name, "kill") != 0)
            stage_show(&play);
        stage_expect_trace(&play, "one\nkill\n");
        struct noted after = audit(&play);
        assert_true(after.entries > before.entries);
        assert_non_null(strstr(after.text, "entr"));
        bool cut =
            i / 2 == sizeof worse / sizeof *worse - 1; /* of that the chain itself says nothing */
        assert_int_equal(before.faults, cut ? 0 : 1);
        assert_int_equal(after.faults, cut ? 0 : 1);
        if (!cut && !strstr(v->why, "but the ledger does not verify: entry"))
            fail_msg("%s: %s", worse[i / 2], v->why);
        assert_non_null(strstr(play.broken, "does not verify: entr"));
        stage_fini(&play);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_go_is_not_begun_on_a_ledger_that_does_not_verify),
        cmocka_unit_test(nothing_is_resumed_or_taken_back_on_a_ledger_that_does_not_verify),
        cmocka_unit_test(what_nothing_holds_up_is_not_held_up_by_a_broken_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
