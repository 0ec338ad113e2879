#include "src/model/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"

/* A world of one gate, one service level and at most one run, moved by hand. */
static struct {
    struct policy policy;
    struct gate_spec gate;
    struct slo_spec slo;
    struct snapshot *s;
    struct run_view run;
    struct notice_watch *watch;
    struct notice out[NOTICES_MAX];
} t;

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    t.gate.name = (char *)"soak";
    t.gate.kind = (char *)"soak";
    t.slo.name = (char *)"stream open ok";
    t.slo.burn = true;
    t.policy = (struct policy){
        .product = (char *)"Nexy", .gates = &t.gate, .n_gates = 1, .slos = &t.slo, .n_slos = 1};
    t.s = snapshot_new(&t.policy);
    votes_drop(t.s->votes);
    t.s->votes = votes_new(LEDGER_WELL);
    t.s->mono_ms = 1000000;
    t.s->wall_ms = 2000000;
    t.s->verdict = VERDICT_GO;
    t.s->slos[0].burn.level = BURN_NONE;
    t.s->gates[0].counted = true;
    snprintf(t.s->target, sizeof t.s->target, "2.0.0.20");
    snprintf(t.s->gates[0].reason, REASON_CAP, "19 h of 24 h");
    t.watch = notice_watch_new(&t.policy);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    notice_watch_free(t.watch);
    t.s->n_runs = 0;
    snapshot_drop(t.s);
    return 0;
}

static size_t look_after(int64_t ms) {
    t.s->mono_ms += ms;
    t.s->wall_ms += ms;
    return notice_watch_look(t.watch, t.s, t.out);
}

static void begin(void) {
    t.s->settled = true;
    assert_int_equal(look_after(0), 0);
}

static void how_things_are_at_first_is_no_news(void **state) {
    (void)state;
    t.s->verdict = VERDICT_HOLD;
    assert_int_equal(look_after(NOTICE_GAP_MS), 0); /* not settled: nothing is known yet */
    t.s->verdict = VERDICT_NO_GO;
    begin();
    assert_int_equal(look_after(NOTICE_GAP_MS), 0);
}

static void a_verdict_that_stays_is_told_once_with_its_gates(void **state) {
    (void)state;
    begin();
    t.s->verdict = VERDICT_NO_GO;
    t.s->gates[0].verdict = GATE_FAIL;
    assert_int_equal(look_after(1000), 0);
    assert_int_equal(look_after(NOTICE_SETTLE_MS - 1), 0);
    assert_int_equal(look_after(1), 1);
    assert_int_equal(t.out[0].kind, NOTICE_VERDICT);
    assert_true(t.out[0].bad);
    assert_string_equal(t.out[0].title, "Nexy 2.0.0.20: GO → NO-GO");
    assert_non_null(strstr(t.out[0].text, "fail: soak: 19 h of 24 h\n"));
    assert_int_equal(look_after(NOTICE_GAP_MS * 10), 0);
}

static void what_comes_and_goes_is_not_told(void **state) {
    (void)state;
    begin();
    for (int i = 0; i < 100; i++) {
        t.s->verdict = i % 2 ? VERDICT_GO : VERDICT_HOLD;
        assert_int_equal(look_after(NOTICE_SETTLE_MS - 1), 0);
    }
}

static void of_a_flapping_verdict_one_a_minute_is_told(void **state) {
    size_t told = 0;
    (void)state;
    begin();
    for (int i = 0; i < 60; i++) { /* ten minutes, of which each half minute has another verdict */
        t.s->verdict = (i / 3) % 2 ? VERDICT_GO : VERDICT_HOLD;
        told += look_after(10 * 1000);
    }
    assert_in_range(told, 2, 10);
}

static void a_budget_that_burns_is_told_and_that_it_burns_no_more(void **state) {
    (void)state;
    begin();
    t.s->slos[0].burn.level = BURN_UNKNOWN; /* no data: no alarm */
    assert_int_equal(look_after(1), 0);
    assert_int_equal(look_after(NOTICE_GAP_MS), 0);
    t.s->slos[0].burn.level = BURN_PAGE;
    look_after(1);
    assert_int_equal(look_after(NOTICE_GAP_MS), 1);
    assert_int_equal(t.out[0].kind, NOTICE_BURN);
    assert_true(t.out[0].bad);
    assert_non_null(strstr(t.out[0].title, "the error budget of stream open ok burns fast"));
    t.s->slos[0].burn.level = BURN_NONE;
    look_after(1);
    assert_int_equal(look_after(NOTICE_GAP_MS), 1);
    assert_false(t.out[0].bad);
    assert_non_null(strstr(t.out[0].title, "burns no more"));
}

static void ledger_is(enum ledger_state state, const char *note) {
    const struct votes *before = t.s->votes;
    t.s->votes = votes_in_state(before, state, note);
    votes_drop(before);
}

static void a_ledger_that_is_not_to_be_believed_is_told(void **state) {
    (void)state;
    begin();
    ledger_is(LEDGER_LOST, "is locked"); /* and was free again */
    assert_int_equal(look_after(1000), 0);
    ledger_is(LEDGER_WELL, NULL);
    assert_int_equal(look_after(NOTICE_GAP_MS), 0);
    ledger_is(LEDGER_TAMPERED, "entry 17 was changed");
    assert_int_equal(look_after(1), 0);
    assert_int_equal(look_after(NOTICE_SETTLE_MS), 1);
    assert_int_equal(t.out[0].kind, NOTICE_LEDGER);
    assert_true(t.out[0].bad);
    assert_string_equal(t.out[0].title, "Nexy: the ledger was tampered with: nothing in it counts "
                                        "until somebody looked");
    assert_string_equal(t.out[0].text, "entry 17 was changed\n");
    assert_int_equal(look_after(NOTICE_GAP_MS), 0); /* once */
    ledger_is(LEDGER_WELL, NULL);
    assert_int_equal(look_after(1), 0);
    assert_int_equal(look_after(NOTICE_GAP_MS), 1);
    assert_false(t.out[0].bad);
    assert_string_equal(t.out[0].title, "Nexy: the ledger is well again");
}

static void go_to(enum run_state state) {
    t.run.state = state;
    t.s->runs[0] = &t.run;
    t.s->n_runs = 1;
}

static void a_run_is_told_at_its_start_and_at_its_end(void **state) {
    (void)state;
    snprintf(t.run.id, sizeof t.run.id, "r1");
    snprintf(t.run.name, sizeof t.run.name, "promote");
    snprintf(t.run.target, sizeof t.run.target, "2.0.0.20");
    snprintf(t.run.who, sizeof t.run.who, "ops-lead");
    begin();
    go_to(RUN_PREPARED);
    assert_int_equal(look_after(1), 0);
    go_to(RUN_CONFIRMED);
    assert_int_equal(look_after(1), 1);
    assert_string_equal(t.out[0].title, "Nexy 2.0.0.20: promote started");
    go_to(RUN_RUNNING);
    assert_int_equal(look_after(1), 0);
    go_to(RUN_VERIFYING);
    assert_int_equal(look_after(1), 0);
    go_to(RUN_FAILED);
    snprintf(t.run.why, sizeof t.run.why, "step 2: exit 1");
    assert_int_equal(look_after(1), 1);
    assert_true(t.out[0].bad);
    assert_non_null(strstr(t.out[0].text, "step 2: exit 1"));
    assert_int_equal(look_after(1), 0);
    go_to(RUN_RUNNING); /* resumed, and seen done at the next look */
    assert_int_equal(look_after(1), 0);
    go_to(RUN_DONE);
    assert_int_equal(look_after(1), 1);
    assert_false(t.out[0].bad);
}

static void a_run_that_was_there_before_is_no_news(void **state) {
    (void)state;
    snprintf(t.run.id, sizeof t.run.id, "r1");
    go_to(RUN_DONE);
    begin();
    assert_int_equal(look_after(NOTICE_GAP_MS), 0);
    snprintf(t.run.id, sizeof t.run.id, "r2"); /* a whole run between two looks */
    assert_int_equal(look_after(1), 1);
}

static void kinds_have_names(void **state) {
    (void)state;
    for (unsigned i = 0; notice_kind_names[i]; i++) {
        assert_int_equal(notice_kind_bit(notice_kind_names[i]), 1u << i);
        assert_string_equal(notice_kind_name((enum notice_kind)(1u << i)), notice_kind_names[i]);
    }
    assert_int_equal(notice_kind_bit("all"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(how_things_are_at_first_is_no_news),
        TEST(a_verdict_that_stays_is_told_once_with_its_gates),
        TEST(what_comes_and_goes_is_not_told),
        TEST(of_a_flapping_verdict_one_a_minute_is_told),
        TEST(a_budget_that_burns_is_told_and_that_it_burns_no_more),
        TEST(a_ledger_that_is_not_to_be_believed_is_told),
        TEST(a_run_is_told_at_its_start_and_at_its_end),
        TEST(a_run_that_was_there_before_is_no_news),
        TEST(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
