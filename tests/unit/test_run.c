/* Runs folded from records: every state, in order, twice, and with records that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "src/model/run.h"

static char promote[] = "promote";
static struct action_spec action = {.name = promote, .n_steps = 3, .goal_ms = 1800000};
static const struct policy policy = {.actions = &action, .n_actions = 1};

static uint64_t next_seq = 1; /* lint: allow global, records count through the whole test */

static bool tell(struct run_book *book, enum record_kind kind, const char *run, const char *word,
                 int step, const char *text) {
    struct record *r = record_new(kind);
    r->seq = next_seq++;
    r->at_ms = (int64_t)r->seq * 1000;
    r->step = step;
    RECORD_PUT(r->subject, "promote");
    RECORD_PUT(r->run, run);
    RECORD_PUT(r->word, word);
    RECORD_PUT(r->text, text);
    RECORD_PUT(r->who, "ada");
    RECORD_PUT(r->target, "2.0.0.20");
    bool changed = run_book_fold(book, r);
    record_drop(r);
    return changed;
}

#define RUN(word, text)        tell(book, RECORD_RUN, "r1", word, RECORD_STEP_NONE, text)
#define STEP(step, word, text) tell(book, RECORD_STEP, "r1", word, step, text)

static void a_run_whose_holder_is_gone_is_shown_as_what_it_will_be(void **state) {
    (void)state;
    static const struct {
        const char *word;
        enum run_state left;
    } rows[] = {{"prepared", RUN_ABANDONED},
                {"confirmed", RUN_INTERRUPTED},
                {"running", RUN_INTERRUPTED},
                {"verifying", RUN_INTERRUPTED},
                {"done", RUN_DONE}};
    struct run_book *book = run_book_new(&policy);
    assert_false(run_book_gone(book, "r1", "process 1 on here"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(RUN(rows[i].word, ""));
        const struct run_view *v = run_book_at(book, 0);
        enum run_state was = v->state;
        bool active = run_is_active(was);
        assert_int_equal(run_book_gone(book, "r1", "process 1 on here"), active);
        v = run_book_at(book, 0);
        assert_int_equal(v->state, rows[i].left);
        assert_int_equal(v->unrecorded, active);
        assert_int_equal(active ? v->was : v->state, was);
        assert_false(run_book_gone(book, "r1", "process 1 on here")); /* no news */
    }
    /* Somebody writes it down after all: the record counts, and the state machine sees no leap. */
    assert_true(tell(book, RECORD_RUN, "r2", "prepared", RECORD_STEP_NONE, "{}"));
    assert_true(tell(book, RECORD_RUN, "r2", "confirmed", RECORD_STEP_NONE, ""));
    assert_true(tell(book, RECORD_RUN, "r2", "running", RECORD_STEP_NONE, ""));
    assert_true(run_book_gone(book, "r2", "process 1 on here"));
    assert_true(tell(book, RECORD_RUN, "r2", "interrupted", RECORD_STEP_NONE, "taken over"));
    const struct run_view *v = run_book_at(book, 0);
    assert_int_equal(v->state, RUN_INTERRUPTED);
    assert_false(v->unrecorded);
    assert_string_equal(v->why, "taken over");
    run_book_free(book);
}

static void a_run_goes_its_way(void **state) {
    (void)state;
    struct run_book *book = run_book_new(&policy);
    assert_null(run_book_at(book, 0));
    assert_true(RUN("prepared", "{}"));
    const struct run_view *v = run_book_at(book, 0);
    assert_int_equal(v->state, RUN_PREPARED);
    assert_int_equal(v->action, 0);
    assert_int_equal(v->n_steps, 3);
    assert_string_equal(v->who, "ada");
    assert_int_equal(run_stopwatch_ms(v, 1), -1);
    assert_true(RUN("confirmed", "it soaked"));
    assert_true(RUN("running", ""));
    assert_true(STEP(0, "started", ""));
    const struct run_view *kept = run_view_keep(run_book_at(book, 0));
    assert_true(STEP(0, "ok", "exit 0"));
    assert_int_equal(kept->steps[0].state, STEP_STARTED); /* who looks at it sees no change */
    run_view_drop(kept);
    assert_true(STEP(1, "failed", "exit 1"));
    assert_true(RUN("failed", "step 2"));
    v = run_book_at(book, 0);
    assert_int_equal(v->state, RUN_FAILED);
    assert_true(run_is_open(v->state));
    assert_string_equal(v->why, "step 2");
    assert_string_equal(v->reason, "it soaked");
    assert_int_equal(v->steps[0].ended_ms - v->steps[0].began_ms, 1000);
    assert_true(RUN("running", "resumed"));
    assert_true(STEP(1, "started", ""));
    assert_true(STEP(1, "ok", ""));
    assert_true(RUN("verifying", ""));
    assert_true(STEP(2, "ok", ""));
    assert_true(RUN("done", ""));
    v = run_book_at(book, 0);
    assert_int_equal(v->state, RUN_DONE);
    assert_string_equal(v->stable, "2.0.0.20");
    assert_true(run_stopwatch_ms(v, INT64_MAX) > 0);
    assert_false(run_is_active(v->state));
    run_book_free(book);
}

static void what_cannot_follow_changes_nothing(void **state) {
    (void)state;
    struct run_book *book = run_book_new(&policy);
    assert_false(RUN("running", "")); /* never prepared */
    assert_false(STEP(0, "started", ""));
    assert_true(RUN("prepared", ""));
    assert_false(RUN("done", ""));
    assert_false(RUN("nonsense", ""));
    assert_false(STEP(-1, "started", ""));
    assert_false(STEP(RUN_STEPS_MAX, "started", ""));
    assert_false(STEP(0, "nonsense", ""));
    assert_true(RUN("refused", "gates moved"));
    assert_false(RUN("confirmed", ""));
    assert_int_equal(run_book_at(book, 0)->state, RUN_REFUSED);
    struct record *again = record_new(RECORD_RUN);
    again->seq = 1; /* folded long ago */
    RECORD_PUT(again->run, "r9");
    RECORD_PUT(again->word, "prepared");
    assert_false(run_book_fold(book, again));
    record_drop(again);
    run_book_free(book);
}

static void every_move_is_in_the_table(void **state) {
    (void)state;
    for (enum run_state from = RUN_NONE; from < RUN_STATES; from++) {
        unsigned ways = 0;
        for (enum run_state to = RUN_NONE; to < RUN_STATES; to++)
            ways += run_may_go(from, to);
        /* What is over stays as it is; all else has a way on. */
        bool over =
            from == RUN_DONE || from == RUN_UNDONE || from == RUN_ABANDONED || from == RUN_REFUSED;
        assert_int_equal(ways == 0, over);
        if (run_is_active(from) && from != RUN_PREPARED)
            assert_true(run_may_go(from, RUN_INTERRUPTED));
        if (run_is_open(from)) {
            assert_true(run_may_go(from, RUN_RUNNING));
            assert_true(run_may_go(from, RUN_UNDOING));
            assert_true(run_may_go(from, RUN_ABANDONED));
        }
        assert_int_equal(run_state_find(run_state_name(from)), from);
    }
    assert_int_equal(run_state_find("nonsense"), RUN_STATES);
}

static void runs_are_kept_newest_first(void **state) {
    (void)state;
    struct run_book *book = run_book_new(&policy);
    for (int i = 0; i < RUNS_KEPT + 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        assert_true(tell(book, RECORD_RUN, id, "prepared", RECORD_STEP_NONE, ""));
        assert_string_equal(run_book_at(book, 0)->id, id);
    }
    assert_non_null(run_book_at(book, RUNS_KEPT - 1));
    assert_null(run_book_at(book, RUNS_KEPT));
    run_book_free(book);
}

static void another_hand_is_seen(void **state) {
    (void)state;
    struct run_book *book = run_book_new(&policy);
    assert_false(run_book_watch(book, "2.0.0.20", ""));
    (void)(RUN("prepared", "") && RUN("confirmed", "") && RUN("running", "") && RUN("done", ""));
    assert_int_equal(run_book_at(book, 0)->state, RUN_DONE);
    assert_false(run_book_watch(book, "2.0.0.20", ""));
    assert_false(run_book_watch(book, "", ""));
    assert_true(run_book_watch(book, "2.0.0.19", ""));
    assert_string_equal(run_book_at(book, 0)->drift,
                        "stable offers 2.0.0.19, and it was verified at 2.0.0.20");
    assert_false(run_book_watch(book, "2.0.0.19", ""));
    assert_false(run_book_watch(book, "", "")); /* silence clears nothing */
    assert_true(run_book_watch(book, "2.0.0.20", ""));
    assert_string_equal(run_book_at(book, 0)->drift, "");
    assert_true(run_book_watch(book, "2.0.0.20", "production agrees: fails"));
    run_book_free(book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_goes_its_way),
        cmocka_unit_test(a_run_whose_holder_is_gone_is_shown_as_what_it_will_be),
        cmocka_unit_test(what_cannot_follow_changes_nothing),
        cmocka_unit_test(every_move_is_in_the_table),
        cmocka_unit_test(runs_are_kept_newest_first),
        cmocka_unit_test(another_hand_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
