/* The roll call and the checklist: who may speak, what counts, and what makes it void. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/people_fixture.h"

#define assert_gate(gate, want, text)                         \
    do {                                                      \
        assert_string_equal(h.f.s->gates[gate].reason, text); \
        assert_int_equal(h.f.s->gates[gate].verdict, want);   \
    } while (0)
#define assert_refused(said, words)                             \
    do {                                                        \
        assert_false(said);                                     \
        if (!strstr(h.err.what, words))                         \
            fail_msg("\"%s\" lacks \"%s\"", h.err.what, words); \
    } while (0)

static void every_role_must_say_go_in_the_order_of_the_roll_call(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_gate(G_CALL, GATE_WAIT, "Ops — · Support — (say it with v)");
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_gate(G_CALL, GATE_WAIT, "Ops — · Support GO (say it with v)");
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    assert_gate(G_CALL, GATE_PASS, "Ops GO · Support GO");
    hall_fini(&h);
}

static void the_last_vote_of_a_role_counts_whoever_gave_it(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    assert_true(vote(&h, "ops-second", "ops", "no-go", "disk is full"));
    assert_gate(G_CALL, GATE_FAIL, "Ops NO-GO · Support GO · ops-second: disk is full");
    assert_int_equal(h.f.s->verdict, VERDICT_NO_GO);
    assert_true(vote(&h, "ops-lead", "ops", "go", "cleaned up"));
    assert_gate(G_CALL, GATE_PASS, "Ops GO · Support GO");
    hall_fini(&h);
}

static void an_abstention_is_a_word_but_no_go(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "abstain", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    assert_gate(G_CALL, GATE_PASS, "Ops GO · Support abstains");
    assert_true(vote(&h, "ops-lead", "ops", "abstain", ""));
    assert_gate(G_CALL, GATE_WAIT, "Ops abstains · Support abstains: nobody says GO");
    hall_fini(&h);
}

static void votes_are_void_when_the_bytes_change(void **state) {
    (void)state;
    struct hall h;
    char before[HASH_HEX_CAP];
    hall_start(&h);
    memcpy(before, h.f.s->fingerprint, sizeof before);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    struct sample *other = fixture_sample(&h.f, BETA_FEED, "2.0.0.20");
    other->size = 4711;
    fold(&h.f, other);
    judge(&h.f);
    assert_string_not_equal(h.f.s->fingerprint, before);
    assert_gate(G_CALL, GATE_WAIT,
                "Ops — (its vote was for other bytes) · Support — (its vote was for other bytes) "
                "(say it with v)");
    struct intent old = hall_intent(&h, INTENT_VOTE, "ops-lead", "go");
    RECORD_PUT(old.role, "ops");
    memcpy(old.fingerprint, before, sizeof old.fingerprint); /* made before the change */
    assert_refused(hall_say(&h, &old), "the candidate has changed");
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    good(&h.f, BETA_FEED, "2.0.0.21"); /* another version */
    good(&h.f, HEALTH, "2.0.0.21");
    judge(&h.f);
    assert_gate(G_CALL, GATE_WAIT,
                "Ops — (its vote was for 2.0.0.20) · Support — (its vote was for 2.0.0.20) (say it "
                "with v)");
    hall_fini(&h);
}

static void a_candidate_that_is_not_known_is_not_voted_on(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    down(&h.f, BETA_FEED);
    judge(&h.f);
    assert_string_equal(h.f.s->fingerprint, "");
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_UNKNOWN);
    assert_refused(vote(&h, "ops-lead", "ops", "go", ""), "is not known");
    advance(&h.f, EVERY_MS);
    good(&h.f, BETA_FEED, "2.0.0.20"); /* back as it was: what was said stands */
    advance(&h.f, EVERY_MS);
    good(&h.f, BETA_FEED, "2.0.0.20");
    judge(&h.f);
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    hall_fini(&h);
}

static void votes_run_out(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    advance(&h.f, 12 * HOUR - 1);
    all_well(&h.f, "2.0.0.19", "2.0.0.20");
    judge(&h.f);
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    advance(&h.f, HOUR + 1);
    all_well(&h.f, "2.0.0.19", "2.0.0.20");
    judge(&h.f);
    assert_gate(G_CALL, GATE_WAIT,
                "Ops — (its vote ran out 1 h ago) · Support — (its vote ran out 1 h ago) (say it "
                "with v)");
    h.f.wall_ms -= 24 * HOUR; /* a clock that was set back proves nothing */
    judge(&h.f);
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_WAIT);
    assert_non_null(strstr(h.f.s->gates[G_CALL].reason, "comes from the future"));
    hall_fini(&h);
}

static void who_may_not_speak_is_refused(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_refused(vote(&h, "support-lead", "ops", "go", ""), "may not speak for ops");
    assert_refused(vote(&h, "mallory", "ops", "go", ""), "not among the people");
    assert_refused(vote(&h, "ops-lead", "legal", "go", ""), "no gate waits for the role");
    assert_refused(vote(&h, "ops-lead", "ops", "perhaps", ""), "is not one of");
    assert_refused(vote(&h, "ops-lead", "ops", "go no-go", ""), "is not one of");
    assert_refused(vote(&h, "ops-lead", "ops", "no-go", ""), "needs a reason");
    struct intent in = hall_intent(&h, INTENT_VOTE, "ops-lead", "go");
    RECORD_PUT(in.role, "ops");
    RECORD_PUT(in.user, "mallory"); /* somebody else's account */
    assert_refused(hall_say(&h, &in), "only the user ada");
    static const char *const names[] = {"", "ops-lead\n", "\x1b[31mops-lead", " ops-lead",
                                        "ops-lead\xE2\x80\xAE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_refused(vote(&h, names[i], "ops", "go", ""), "is no name");
    assert_gate(G_CALL, GATE_WAIT, "Ops — · Support — (say it with v)");
    hall_fini(&h);
}

/* The ledger holds what was right when it was written; the configuration decides what counts now. */
static void who_may_no_longer_speak_does_not_count(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-second", "ops", "go", ""));
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    h.people[1].roles = h.people[2].roles;
    judge(&h.f);
    assert_gate(G_CALL, GATE_WAIT,
                "Ops — (ops-second may not speak for it) · Support GO (say it with v)");
    hall_fini(&h);
}

static void without_people_everybody_may_speak(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    h.f.policy.n_people = 0;
    assert_true(vote(&h, "whoever", "ops", "go", ""));
    assert_true(vote(&h, "whoever", "support", "go", ""));
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    hall_fini(&h);
}

static void without_a_sound_ledger_nothing_counts(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "support-lead", "support", "go", ""));
    assert_true(vote(&h, "ops-lead", "ops", "go", ""));
    assert_true(tick(&h, "pm", "", "https://docs.example.net/1"));
    static const enum ledger_state states[] = {LEDGER_OPENING, LEDGER_LOST, LEDGER_TAMPERED,
                                               LEDGER_NONE};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        world_ledger(h.f.world, states[i], "the ledger is in trouble");
        judge(&h.f);
        assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_UNKNOWN);
        assert_int_equal(h.f.s->gates[G_DOCS].verdict, GATE_UNKNOWN);
        assert_string_not_equal(h.f.s->gates[G_CALL].reason, "");
        assert_int_not_equal(h.f.s->verdict, VERDICT_GO);
        assert_false(vote(&h, "ops-lead", "ops", "go", ""));
        assert_int_equal(h.err.code, ERR_REFUSED);
    }
    world_ledger(h.f.world, LEDGER_WELL, NULL);
    judge(&h.f);
    assert_int_equal(h.f.s->gates[G_CALL].verdict, GATE_PASS);
    hall_fini(&h);
}

static void the_text_of_a_no_go_is_made_safe(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_true(vote(&h, "ops-lead", "ops", "no-go", "\x1b[2Jno\nway\x07"));
    assert_gate(G_CALL, GATE_FAIL, "Ops NO-GO · Support — · ops-lead: ␛[2Jno way␇");
    hall_fini(&h);
}

/* Checklists */

static void a_tick_counts_for_its_version(void **state) {
    (void)state;
    struct hall h;
    hall_start(&h);
    assert_gate(G_DOCS, GATE_WAIT, "not ticked yet (x, gonogo tick)");
    assert_refused(tick(&h, "pm", "", "trust me"), "needs a link");
    assert_refused(tick(&h, "pm", "notes", "https://x"), "has no item");
    assert_refused(tick(&h, "mallory", "", "https://x"), "not among the people");
    assert_true(tick(&h, "pm", "", "https://docs.example.net/1"));
    assert_gate(G_DOCS, GATE_PASS, "ticked by pm: https://docs.example.net/1");
    struct intent in = hall_intent(&h, INTENT_TICK, "pm", "undone");
    in.gate = G_DOCS;
    assert_true(hall_say(&h, &in));
    assert_gate(G_DOCS, GATE_WAIT, "not ticked yet (x, gonogo tick)");
    assert_true(tick(&h, "pm", "", "https://docs.example.net/1"));
    good(&h.f, BETA_FEED, "2.0.0.21");
    good(&h.f, HEALTH, "2.0.0.21");
    judge(&h.f);
    assert_gate(G_DOCS, GATE_WAIT, "ticked for 2.0.0.20 only (x, gonogo tick)");
    in = hall_intent(&h, INTENT_TICK, "pm", "done");
    in.gate = G_CALL;
    assert_refused(hall_say(&h, &in), "judges by itself");
    hall_fini(&h);
}

static void every_item_is_ticked_by_itself(void **state) {
    (void)state;
    struct hall h;
    char notes[] = "notes", shots[] = "screenshots", *items[] = {notes, shots, NULL};
    hall_start(&h);
    h.f.gates[G_DOCS].people.items = items;
    h.f.gates[G_DOCS].people.link = false;
    judge(&h.f);
    assert_gate(G_DOCS, GATE_WAIT, "0 of 2 ticked; notes: not ticked yet");
    assert_refused(tick(&h, "pm", "", ""), "several items");
    assert_true(tick(&h, "pm", "notes", ""));
    assert_gate(G_DOCS, GATE_WAIT, "1 of 2 ticked; screenshots: not ticked yet");
    assert_true(tick(&h, "support-lead", "screenshots", ""));
    assert_gate(G_DOCS, GATE_PASS, "all 2 ticked");
    hall_fini(&h);
}

static void a_checklists_roles_say_who_may_tick(void **state) {
    (void)state;
    struct hall h;
    char support[] = "support", *roles[] = {support, NULL};
    hall_start(&h);
    h.f.gates[G_DOCS].people.roles = roles;
    assert_refused(tick(&h, "pm", "", "https://x"), "may not tick");
    assert_true(tick(&h, "support-lead", "", "https://x"));
    assert_int_equal(h.f.s->gates[G_DOCS].verdict, GATE_PASS);
    hall_fini(&h);
}

/* A ledger full of what nobody asked for costs nothing. */
static void what_the_policy_does_not_ask_for_is_not_kept(void **state) {
    (void)state;
    struct hall h;
    char name[32];
    hall_start(&h);
    for (int i = 0; i < 500; i++) {
        struct record *r = record_new(i % 2 ? RECORD_VOTE : RECORD_WAIVER);
        snprintf(name, sizeof name, "thing %d", i);
        RECORD_PUT(r->role, name);
        RECORD_PUT(r->subject, name);
        RECORD_PUT(r->word, i % 2 ? "go" : "asked");
        hall_record(&h, r);
    }
    assert_int_equal(h.f.s->votes->n, 0);
    assert_int_equal(h.f.s->votes->n_recent, VOTES_RECENT);
    assert_int_equal(h.f.s->votes->last, 500);
    hall_fini(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_must_say_go_in_the_order_of_the_roll_call),
        cmocka_unit_test(the_last_vote_of_a_role_counts_whoever_gave_it),
        cmocka_unit_test(an_abstention_is_a_word_but_no_go),
        cmocka_unit_test(votes_are_void_when_the_bytes_change),
        cmocka_unit_test(a_candidate_that_is_not_known_is_not_voted_on),
        cmocka_unit_test(votes_run_out),
        cmocka_unit_test(who_may_not_speak_is_refused),
        cmocka_unit_test(who_may_no_longer_speak_does_not_count),
        cmocka_unit_test(without_people_everybody_may_speak),
        cmocka_unit_test(without_a_sound_ledger_nothing_counts),
        cmocka_unit_test(the_text_of_a_no_go_is_made_safe),
        cmocka_unit_test(a_tick_counts_for_its_version),
        cmocka_unit_test(every_item_is_ticked_by_itself),
        cmocka_unit_test(a_checklists_roles_say_who_may_tick),
        cmocka_unit_test(what_the_policy_does_not_ask_for_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
