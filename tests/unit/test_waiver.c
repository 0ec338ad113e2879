/* Waivers: by name, with a reason, for a time, approved by others; and what is never waived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "tests/unit/people_fixture.h"

#define assert_refused(said, words)                             \
    do {                                                        \
        assert_false(said);                                     \
        if (!strstr(h.err.what, words))                         \
            fail_msg("\"%s\" lacks \"%s\"", h.err.what, words); \
    } while (0)
#define GATE(i) (h.f.s->gates[i])

/* All well but the soak, which waits. */
static void all_but_the_soak(struct hall *h) {
    hall_start(h);
    assert_true(vote(h, "support-lead", "support", "go", ""));
    assert_true(vote(h, "ops-lead", "ops", "go", ""));
    assert_true(tick(h, "pm", "", "https://docs.example.net/1"));
    assert_int_equal(h->f.s->verdict, VERDICT_HOLD);
    assert_int_equal(h->f.s->waiting, 1);
}

static void a_waived_gate_counts_as_passed_and_is_shown_as_waived(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    assert_true(waive(&h, "ops-lead", G_SOAK, 2 * HOUR, "hotfix for 4711"));
    assert_false(GATE(G_SOAK).waived); /* never the requester alone */
    assert_string_equal(GATE(G_SOAK).waiver, "asked for by ops-lead, waits for 1 more person");
    assert_int_equal(h.f.s->verdict, VERDICT_HOLD);
    assert_true(approve(&h, "pm", G_SOAK));
    assert_true(GATE(G_SOAK).waived);
    assert_int_equal(GATE(G_SOAK).verdict, GATE_WAIT); /* what it says itself stays */
    assert_string_equal(GATE(G_SOAK).waiver,
                        "by ops-lead until 2026-01-01T02:00Z: hotfix for 4711 (approved by pm)");
    assert_string_equal(gate_view_name(&GATE(G_SOAK)), "waived");
    assert_int_equal(h.f.s->verdict, VERDICT_GO);
    assert_int_equal(h.f.s->waived, 1);
    assert_int_equal(h.f.s->waiting, 0);
    hall_fini(&h);
}

static void a_waiver_runs_out(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    assert_true(waive(&h, "ops-lead", G_SOAK, 2 * HOUR, "hotfix"));
    assert_true(approve(&h, "pm", G_SOAK));
    run_well(&h.f, 2 * HOUR - EVERY_MS, "2.0.0.19", "2.0.0.20");
    assert_true(GATE(G_SOAK).waived);
    run_well(&h.f, EVERY_MS, "2.0.0.19", "2.0.0.20");
    assert_false(GATE(G_SOAK).waived);
    assert_int_equal(h.f.s->verdict, VERDICT_HOLD);
    hall_fini(&h);
}

static void a_waiver_is_for_these_bytes(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    assert_true(waive(&h, "ops-lead", G_SOAK, 2 * HOUR, "hotfix"));
    assert_true(approve(&h, "pm", G_SOAK));
    struct sample *other = fixture_sample(&h.f, BETA_FEED, "2.0.0.20");
    other->signature = mem_copy_text("other");
    fold(&h.f, other);
    judge(&h.f);
    assert_false(GATE(G_SOAK).waived);
    assert_string_equal(GATE(G_SOAK).waiver, "");
    assert_refused(approve(&h, "pm", G_SOAK), "no waiver to approve");
    hall_fini(&h);
}

static void approvals_come_from_different_people_who_did_not_ask(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    h.f.gates[G_SOAK].people.approvals = 2;
    assert_refused(approve(&h, "pm", G_SOAK), "no waiver to approve");
    assert_true(waive(&h, "ops-lead", G_SOAK, HOUR, "hotfix"));
    assert_refused(approve(&h, "ops-lead", G_SOAK), "cannot approve it too");
    assert_refused(approve(&h, "mallory", G_SOAK), "not among the people");
    assert_true(approve(&h, "pm", G_SOAK));
    assert_true(approve(&h, "pm", G_SOAK)); /* twice is once */
    assert_false(GATE(G_SOAK).waived);
    assert_true(approve(&h, "support-lead", G_SOAK));
    assert_true(GATE(G_SOAK).waived);
    /* somebody who asks anew needs new approvals */
    assert_true(waive(&h, "pm", G_SOAK, HOUR, "still"));
    assert_false(GATE(G_SOAK).waived);
    hall_fini(&h);
}

static void the_requester_is_enough_where_that_is_configured(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    h.f.gates[G_SOAK].people.approvals = 0;
    assert_true(waive(&h, "ops-lead", G_SOAK, HOUR, "hotfix"));
    assert_true(GATE(G_SOAK).waived);
    struct intent in = hall_intent(&h, INTENT_WAIVE, "ops-lead", "withdrawn");
    in.gate = G_SOAK;
    assert_true(hall_say(&h, &in));
    assert_false(GATE(G_SOAK).waived);
    assert_refused(hall_say(&h, &in), "has no waiver");
    hall_fini(&h);
}

static void what_is_never_waived_is_not(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    h.f.gates[G_SOAK].people.approvals = 0;
    assert_true(waive(&h, "ops-lead", G_SOAK, HOUR, "hotfix"));
    h.f.gates[G_SOAK].people.never_waive = true; /* the configuration changed its mind */
    judge(&h.f);
    assert_false(GATE(G_SOAK).waived);
    assert_refused(waive(&h, "ops-lead", G_SOAK, HOUR, "hotfix"), "never waived");
    hall_fini(&h);
}

static void a_veto_is_not_waived(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    h.f.gates[G_CALL].people.approvals = 0;
    assert_true(vote(&h, "support-lead", "support", "no-go", "nobody is on call"));
    assert_true(waive(&h, "ops-lead", G_CALL, HOUR, "I am"));
    assert_true(GATE(G_CALL).waived);
    assert_true(vote(&h, "ops-second", "ops", "no-go", "over my dead body"));
    assert_false(GATE(G_CALL).waived);
    assert_int_equal(h.f.s->verdict, VERDICT_NO_GO);
    assert_refused(waive(&h, "pm", G_CALL, HOUR, "please"), "the NO-GO of ops");
    hall_fini(&h);
}

static void a_waiver_needs_a_reason_and_an_end(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    assert_refused(waive(&h, "ops-lead", G_SOAK, HOUR, ""), "needs a reason");
    assert_refused(waive(&h, "ops-lead", G_SOAK, 0, "hotfix"), "no end");
    assert_refused(waive(&h, "ops-lead", G_SOAK, -HOUR, "hotfix"), "no end");
    assert_refused(waive(&h, "ops-lead", G_SOAK, 25 * HOUR, "hotfix"), "1 d at most");
    char pm[] = "pm", *roles[] = {pm, NULL};
    h.f.policy.waivers.roles = roles;
    assert_refused(waive(&h, "ops-lead", G_SOAK, HOUR, "hotfix"), "may not waive");
    assert_true(waive(&h, "pm", G_SOAK, HOUR, "hotfix"));
    assert_refused(approve(&h, "ops-lead", G_SOAK), "may not approve");
    hall_fini(&h);
}

static void a_gate_that_passes_needs_no_waiver(void **state) {
    (void)state;
    struct hall h;
    all_but_the_soak(&h);
    h.f.gates[G_AGREE].people.approvals = 0;
    assert_true(waive(&h, "ops-lead", G_AGREE, HOUR, "in case"));
    assert_false(GATE(G_AGREE).waived);
    good(&h.f, HEALTH, "2.0.0.18");
    judge(&h.f);
    assert_int_equal(GATE(G_AGREE).verdict, GATE_FAIL);
    assert_true(GATE(G_AGREE).waived);
    /* what watches it sees what it says, not what was said of it */
    run_well(&h.f, 0, "2.0.0.19", "2.0.0.20");
    assert_int_equal(GATE(G_SOAK).verdict, GATE_WAIT);
    hall_fini(&h);
}

static void waivers_of_everything_are_no_knowledge(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    for (size_t i = 0; i < N_GATES; i++) {
        h.f.gates[i].people.approvals = 0;
        assert_true(waive(&h, "ops-lead", i, HOUR, "all of it"));
    }
    down(&h.f, STABLE_FEED); /* which the question itself stands on */
    judge(&h.f);
    assert_int_equal(h.f.s->verdict, VERDICT_HOLD);
    assert_string_not_equal(h.f.s->ground, "");
    hall_fini(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waived_gate_counts_as_passed_and_is_shown_as_waived),
        cmocka_unit_test(a_waiver_runs_out),
        cmocka_unit_test(a_waiver_is_for_these_bytes),
        cmocka_unit_test(approvals_come_from_different_people_who_did_not_ask),
        cmocka_unit_test(the_requester_is_enough_where_that_is_configured),
        cmocka_unit_test(what_is_never_waived_is_not),
        cmocka_unit_test(a_veto_is_not_waived),
        cmocka_unit_test(a_waiver_needs_a_reason_and_an_end),
        cmocka_unit_test(a_gate_that_passes_needs_no_waiver),
        cmocka_unit_test(waivers_of_everything_are_no_knowledge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
