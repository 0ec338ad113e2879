/* The gates and the verdict: what each needs to see, and that nothing unknown is ever GO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

#define VERDICT(gate) (f.s->gates[gate].verdict)
#define REASON(gate)  (f.s->gates[gate].reason)
#define assert_gate(gate, want, text)            \
    do {                                         \
        assert_string_equal(REASON(gate), text); \
        assert_int_equal(VERDICT(gate), want);   \
    } while (0)

static void before_a_promote_all_gates_but_the_soak_pass(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    assert_gate(G_AGREE, GATE_PASS, "staging: 2 sources at 2.0.0.20");
    assert_gate(G_FEED, GATE_PASS, "staging/beta feed offers 2.0.0.20");
    assert_gate(G_UNTOUCHED, GATE_PASS, "production/stable feed still 2.0.0.19");
    assert_gate(G_PROD, GATE_PASS, "production: 2 sources at 2.0.0.19");
    assert_gate(G_SHUT, GATE_PASS, "production/beta feed is closed");
    assert_int_equal(VERDICT(G_FRESH), GATE_PASS);
    assert_gate(G_SOAK, GATE_WAIT, "0 ms of 24 h");
    assert_string_equal(f.s->question, "Promote 2.0.0.20 to stable?");
    assert_string_equal(f.s->ground, "");
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    assert_int_equal(f.s->passing, 6);
    assert_int_equal(f.s->waiting, 1);
    fixture_fini(&f);
}

static void versions_agree_names_the_first_offender_and_counts_the_rest(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    good(&f, PROD_HEALTH, "2.0.0.18");
    judge(&f);
    assert_gate(G_PROD, GATE_FAIL, "production/health says 2.0.0.18, want 2.0.0.19");
    f.gates[G_PROD].want = WANT_TARGET;
    judge(&f);
    assert_gate(G_PROD, GATE_FAIL,
                "production/stable feed says 2.0.0.19, want 2.0.0.20 (and 1 more)");
    f.gates[G_PROD].want = WANT_SAME;
    judge(&f);
    assert_gate(G_PROD, GATE_FAIL,
                "production/health says 2.0.0.18, production/stable feed says 2.0.0.19");
    fixture_fini(&f);
}

static void versions_agree_looks_at_builds_and_short_versions(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    struct sample *sample = fixture_sample(&f, HEALTH, "2.0.0.20");
    snprintf(sample->build, sizeof sample->build, "2.0.0.19");
    fold(&f, sample);
    judge(&f);
    assert_gate(G_AGREE, GATE_FAIL, "staging/health says build 2.0.0.19, want 2.0.0.20");
    sample = fixture_sample(&f, HEALTH, "2.0.0.20");
    sample->build[0] = '\0';
    fold(&f, sample);
    judge(&f);
    assert_gate(G_AGREE, GATE_UNKNOWN,
                "staging/health names no build at /latest_build (build: \"\" when it has none)");
    good(&f, HEALTH, "2.0.0.20");
    sample = fixture_sample(&f, BETA_FEED, "2.0.0.20");
    snprintf(sample->short_version, sizeof sample->short_version, "2.0.0.2");
    fold(&f, sample);
    judge(&f);
    assert_gate(G_AGREE, GATE_FAIL, "staging/beta feed says short version 2.0.0.2, want 2.0.0.20");
    fixture_fini(&f);
}

static void versions_of_different_spelling_agree(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "1.0", "1.1.0");
    good(&f, HEALTH, "1.1");
    good(&f, PROD_HEALTH, "1.0.0");
    judge(&f);
    assert_int_equal(VERDICT(G_AGREE), GATE_PASS);
    assert_int_equal(VERDICT(G_PROD), GATE_PASS);
    fixture_fini(&f);
}

static void a_failure_beats_an_unknown(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    f.gates[G_AGREE].sources[0] = PROD_BETA; /* closed: unknown */
    judge(&f);
    assert_gate(G_AGREE, GATE_UNKNOWN, "production/beta feed is closed");
    good(&f, HEALTH, "2.0.0.19");
    judge(&f);
    assert_gate(G_AGREE, GATE_FAIL, "staging/health says 2.0.0.19, want 2.0.0.20");
    fixture_fini(&f);
}

static void a_source_that_is_down_makes_its_gates_unknown_or_failing(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    advance(&f, 23000 - 10000);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    advance(&f, 10000);
    down(&f, HEALTH);
    judge(&f);
    assert_gate(G_AGREE, GATE_UNKNOWN,
                "staging/health has not answered for 10 s: connection refused");
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    f.gates[G_AGREE].on_unknown = UNKNOWN_FAILS;
    judge(&f);
    assert_gate(G_AGREE, GATE_FAIL,
                "staging/health has not answered for 10 s: connection refused (unknown counts as "
                "failure)");
    assert_int_equal(f.s->verdict, VERDICT_NO_GO);
    fixture_fini(&f);
}

static void before_anybody_spoke_an_unknown_is_no_failure(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    for (size_t i = 0; i < N_GATES; i++)
        f.gates[i].on_unknown = UNKNOWN_FAILS;
    judge(&f);
    assert_int_equal(f.s->failing, 0);
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    for (unsigned i = 0; i < N_SOURCES; i++)
        down(&f, i);
    judge(&f);
    assert_int_equal(f.s->verdict, VERDICT_NO_GO);
    fixture_fini(&f);
}

static void feed_at_target_fails_only_when_another_version_is_offered(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.policy.target = (char[]){"2.0.0.20"};
    all_well(&f, "2.0.0.19", "2.0.0.18");
    judge(&f);
    assert_gate(G_FEED, GATE_FAIL, "staging/beta feed offers 2.0.0.18, want 2.0.0.20");
    shut(&f, BETA_FEED);
    judge(&f);
    assert_gate(G_FEED, GATE_UNKNOWN, "staging/beta feed is closed");
    good(&f, BETA_FEED, "");
    judge(&f);
    assert_gate(G_FEED, GATE_UNKNOWN, "staging/beta feed offers no item");
    fixture_fini(&f);
}

static void stable_untouched_fails_when_the_stable_feed_moves_or_empties(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.21");
    judge(&f);
    good(&f, STABLE_FEED, "2.0.0.20");
    judge(&f);
    assert_gate(G_UNTOUCHED, GATE_FAIL, "production/stable feed offers 2.0.0.20, was 2.0.0.19");
    good(&f, STABLE_FEED, "");
    judge(&f);
    assert_gate(G_UNTOUCHED, GATE_FAIL,
                "production/stable feed offers nothing any more, was 2.0.0.19");
    fixture_fini(&f);
}

static void closed_fails_on_an_open_feed_and_does_not_know_a_dead_one(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    good(&f, PROD_BETA, "2.0.0.20");
    judge(&f);
    assert_gate(G_SHUT, GATE_FAIL, "production/beta feed is open and offers 2.0.0.20");
    down(&f, PROD_BETA);
    judge(&f);
    assert_int_equal(VERDICT(G_SHUT), GATE_UNKNOWN);
    fixture_fini(&f);
}

static void fresh_names_the_oldest_and_does_not_pass_an_old_one(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.gates[G_FRESH].within_ms = 10000;
    all_well(&f, "2.0.0.19", "2.0.0.20");
    advance(&f, 7000);
    for (unsigned i = 0; i < N_SOURCES; i++)
        if (i != HEALTH)
            good(&f, i, "2.0.0.19");
    judge(&f);
    assert_gate(G_FRESH, GATE_PASS, "5 sources, the oldest 7 s: staging/health");
    advance(&f, 4000);
    judge(&f);
    assert_gate(G_FRESH, GATE_UNKNOWN, "staging/health answered 11 s ago, more than 10 s");
    f.gates[G_FRESH].within_ms = 0;
    judge(&f);
    assert_int_equal(VERDICT(G_FRESH), GATE_PASS);
    fixture_fini(&f);
}

static void fresh_leaves_out_what_gates_look_at_by_themselves(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    assert_string_equal(REASON(G_FRESH), "5 sources, the oldest 0 ms: production/stable feed");
    f.sources[HEALTH].of_gate = true;
    down(&f, HEALTH);
    judge(&f);
    assert_gate(G_FRESH, GATE_PASS, "4 sources, the oldest 0 ms: production/stable feed");
    assert_true(f.s->settled);
    for (size_t i = 0; i < N_SOURCES; i++)
        f.sources[i].of_gate = true;
    judge(&f);
    assert_gate(G_FRESH, GATE_UNKNOWN, "there is no source");
    fixture_fini(&f);
}

static void a_kind_that_does_not_exist_holds(void **state) {
    (void)state;
    static char kind[] = "of a newer gonogo";
    struct fixture f;
    fixture_start(&f);
    assert_null(gate_kind_find(kind));
    f.gates[G_FRESH].kind = kind;
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    assert_gate(G_FRESH, GATE_UNKNOWN,
                "this version cannot judge of a newer gonogo gates: it holds");
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    fixture_fini(&f);
}

static void every_kind_judges(void **state) {
    (void)state;
    const struct gate_kind *kind;
    size_t n = 0;
    for (; (kind = gate_kind_at(n)); n++) {
        assert_non_null(kind->judge);
        assert_ptr_equal(gate_kind_find(kind->name), kind);
    }
    assert_true(n >= 20);
}

static void a_gate_without_sources_never_passes(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    for (size_t i = 0; i < N_GATES; i++)
        f.gates[i].n_sources = f.gates[i].n_of = 0;
    f.gates[G_FRESH].kind = f.gates[G_AGREE].kind;
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    assert_int_equal(f.s->passing, 0);
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    fixture_fini(&f);
}

static void a_reason_is_safe_whatever_the_wire_said(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    good(&f, PROD_HEALTH, "9\x1b[2J\x07\xff\xe2\x80\xae");
    good(&f, BETA_FEED, "9\x1b[31m");
    judge(&f);
    for (size_t i = 0; i < N_GATES; i++)
        for (const char *at = REASON(i); *at; at++)
            assert_false((unsigned char)*at < 0x20 || *at == 0x7f);
    assert_string_equal(f.s->target, ""); /* what cannot be shown is no target */
    assert_string_equal(f.s->ground,
                        "the target is not known: staging/beta feed names no usable version");
    assert_int_not_equal(f.s->verdict, VERDICT_GO);
    for (size_t i = 0; i < f.s->n_events; i++)
        assert_null(strchr(f.s->events[i].text, '\x1b'));
    fixture_fini(&f);
}

static void a_long_reason_keeps_its_count(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    char version[VERSION_CAP];
    memset(version, '7', sizeof version);
    version[VERSION_CAP - 1] = '\0';
    f.policy.target = version;
    char other[VERSION_CAP];
    memset(other, '8', sizeof other);
    other[VERSION_CAP - 1] = '\0';
    all_well(&f, "1", other);
    judge(&f);
    assert_int_equal(VERDICT(G_AGREE), GATE_FAIL);
    assert_non_null(strstr(REASON(G_AGREE), "(and 1 more)"));
    fixture_fini(&f);
}

static void checks_refuse_what_can_never_pass(void **state) {
    (void)state;
    struct fixture f;
    struct err err = ERR_INIT;
    fixture_init(&f);
#define REFUSED(gate)                                                                   \
    do {                                                                                \
        err_clear(&err);                                                                \
        const struct gate_kind *kind = gate_kind_find(f.gates[gate].kind);              \
        assert_int_equal(kind->check(&f.gates[gate], &f.policy, "test.yaml:1:1", &err), \
                         ERR_CONFIG);                                                   \
        assert_true(err.todo[0] != '\0');                                               \
    } while (0)
    for (size_t i = 0; i < N_GATES; i++) {
        const struct gate_kind *kind = gate_kind_find(f.gates[i].kind);
        if (kind->check)
            assert_int_equal(kind->check(&f.gates[i], &f.policy, "test.yaml:1:1", &err), ERR_OK);
    }
    f.sources[HEALTH].kind = (char[]){"http"};
    REFUSED(G_AGREE);
    fixture_init(&f);
    f.gates[G_FEED].sources[0] = HEALTH;
    REFUSED(G_FEED);
    fixture_init(&f);
    f.policy.stable_source = SOURCE_NONE;
    REFUSED(G_UNTOUCHED);
    REFUSED(G_PROD);
    fixture_init(&f);
    f.sources[PROD_BETA].closed_on = 0;
    REFUSED(G_SHUT);
    fixture_init(&f);
    f.gates[G_SOAK].n_of = 0;
    REFUSED(G_SOAK);
    fixture_init(&f);
    f.gates[G_SOAK].of[0] = G_SOAK;
    REFUSED(G_SOAK);
    fixture_init(&f);
    f.gates[G_SOAK].for_ms = 0;
    REFUSED(G_SOAK);
    fixture_init(&f);
    f.gates[G_SOAK].max_gap_ms = 0;
    REFUSED(G_SOAK);
}

/* Every combination of four gates' verdicts, counted or not, with and without ground. */
static void no_combination_with_anything_but_passes_is_go(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.policy.n_gates = 4;
    struct snapshot *s = snapshot_new(&f.policy);
    for (unsigned code = 0; code < 8 * 8 * 8 * 8 * 2; code++) {
        unsigned passes = 0, fails = 0, rest = 0;
        snprintf(s->ground, sizeof s->ground, "%s", code & 1 ? "no ground" : "");
        for (unsigned i = 0; i < 4; i++) {
            unsigned digit = code >> (1 + 3 * i) & 7;
            s->gates[i].verdict = (enum gate_verdict)(digit & 3);
            s->gates[i].counted = digit & 4;
            if (!s->gates[i].counted)
                continue;
            if (s->gates[i].verdict == GATE_PASS)
                passes++;
            else if (s->gates[i].verdict == GATE_FAIL)
                fails++;
            else
                rest++;
        }
        verdict_judge(s);
        enum verdict want = fails                            ? VERDICT_NO_GO
                            : passes && !rest && !(code & 1) ? VERDICT_GO
                                                             : VERDICT_HOLD;
        assert_int_equal(s->verdict, want);
        assert_int_equal(s->passing + s->failing + s->waiting + s->unknown, passes + fails + rest);
    }
    snapshot_drop(s);
}

/* Every combination of what the five sources may say: GO only when the whole world is as it should. */
static void no_combination_of_sources_but_the_right_one_is_go(void **state) {
    (void)state;
    enum { SAYS_STABLE, SAYS_TARGET, SAYS_NOTHING, SAYS_CLOSED, IS_DOWN, IS_PENDING, N_SAYS };
    unsigned goes = 0;
    for (unsigned code = 0; code < 6 * 6 * 6 * 6 * 6; code++) {
        struct fixture f;
        fixture_start(&f);
        f.policy.n_gates = G_SOAK; /* all but the soak */
        unsigned says[N_SOURCES], left = code;
        for (unsigned i = 0; i < N_SOURCES; i++, left /= N_SAYS) {
            says[i] = left % N_SAYS;
            if (says[i] == SAYS_STABLE)
                good(&f, i, "2.0.0.19");
            if (says[i] == SAYS_TARGET)
                good(&f, i, "2.0.0.20");
            if (says[i] == SAYS_NOTHING)
                good(&f, i, "");
            if (says[i] == SAYS_CLOSED)
                shut(&f, i);
            if (says[i] == IS_DOWN)
                down(&f, i);
        }
        judge(&f);
        if (f.s->verdict == VERDICT_GO) {
            goes++;
            assert_int_equal(says[PROD_BETA], SAYS_CLOSED);
            assert_int_equal(says[PROD_HEALTH], says[STABLE_FEED]);
            if (f.s->stage == STAGE_BEFORE) {
                assert_int_equal(says[STABLE_FEED], SAYS_STABLE);
                assert_int_equal(says[BETA_FEED], SAYS_TARGET);
                assert_int_equal(says[HEALTH], SAYS_TARGET);
            } else {
                assert_true(says[STABLE_FEED] == SAYS_STABLE || says[STABLE_FEED] == SAYS_TARGET);
                assert_true(says[BETA_FEED] == SAYS_STABLE || says[BETA_FEED] == SAYS_TARGET);
                assert_true(says[HEALTH] != IS_DOWN && says[HEALTH] != IS_PENDING);
            }
        }
        fixture_fini(&f);
    }
    assert_true(goes > 0);
}

static void the_question_follows_what_is_known(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    judge(&f);
    assert_string_equal(f.s->question, "Which version is next? The candidate's feed has not said.");
    assert_true(f.s->ground[0] != '\0');
    all_well(&f, "2.0.0.20", "2.0.0.20");
    judge(&f);
    assert_string_equal(f.s->question, "Keep 2.0.0.20 rolling out?");
    assert_int_equal(f.s->stage, STAGE_AFTER);
    assert_false(f.s->gates[G_AGREE].counted);
    assert_int_equal(f.s->verdict, VERDICT_GO);
    f.policy.stable_source = SOURCE_NONE;
    judge(&f);
    assert_string_equal(f.s->question, "Is everything at 2.0.0.20?");
    f.policy.target_source = SOURCE_NONE;
    f.gates[G_AGREE].want = f.gates[G_PROD].want = WANT_SAME;
    judge(&f);
    assert_string_equal(f.s->question, "Do all sources agree?");
    f.policy.target = (char[]){"2.0.0.20"};
    judge(&f);
    assert_string_equal(f.s->question, "Is everything at 2.0.0.20?");
    fixture_fini(&f);
}

static void a_silent_feed_takes_the_ground_from_the_question(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.policy.n_gates = 1;
    f.gates[0] = f.gates[G_SHUT]; /* a gate that needs neither feed */
    all_well(&f, "2.0.0.19", "2.0.0.20");
    judge(&f);
    assert_int_equal(f.s->verdict, VERDICT_GO);
    down(&f, STABLE_FEED);
    judge(&f);
    assert_int_equal(f.s->failing + f.s->unknown + f.s->waiting, 0);
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    assert_string_equal(f.s->ground, "the stable version is not known: production/stable feed has "
                                     "not answered for 0 ms: connection refused");
    good(&f, STABLE_FEED, "2.0.0.19");
    good(&f, STABLE_FEED, "2.0.0.19");
    shut(&f, BETA_FEED); /* nothing is offered to promote any more */
    judge(&f);
    assert_string_equal(f.s->target, "2.0.0.20");
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    good(&f, STABLE_FEED,
         "2.0.0.20"); /* promoted, and the candidate's feed shut: as it should be */
    judge(&f);
    assert_int_equal(f.s->stage, STAGE_AFTER);
    assert_int_equal(f.s->verdict, VERDICT_GO);
    down(&f, BETA_FEED);
    judge(&f);
    assert_int_equal(f.s->verdict, VERDICT_HOLD);
    fixture_fini(&f);
}

static void a_soak_never_passes_without_a_store(void **state) {
    (void)state;
    static const enum store_state states[] = {STORE_LOST, STORE_NONE, STORE_OPENING};
    static const enum gate_verdict wants[] = {GATE_UNKNOWN, GATE_UNKNOWN, GATE_WAIT};
    struct fixture f;
    fixture_start(&f);
    f.gates[G_SOAK].for_ms = MINUTE;
    run_well(&f, 2 * MINUTE, "2.0.0.19", "2.0.0.20");
    assert_int_equal(VERDICT(G_SOAK), GATE_PASS);
    assert_int_equal(f.s->verdict, VERDICT_GO);
    for (size_t i = 0; i < 3; i++) {
        world_store(f.world, states[i], "gone");
        judge(&f);
        assert_int_equal(VERDICT(G_SOAK), wants[i]);
        assert_int_equal(f.s->verdict, VERDICT_HOLD);
    }
    world_store(f.world, STORE_LOST, "gone");
    judge(&f);
    assert_gate(G_SOAK, GATE_UNKNOWN, "the store remembers nothing: soak cannot pass");
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_a_promote_all_gates_but_the_soak_pass),
        cmocka_unit_test(versions_agree_names_the_first_offender_and_counts_the_rest),
        cmocka_unit_test(versions_agree_looks_at_builds_and_short_versions),
        cmocka_unit_test(versions_of_different_spelling_agree),
        cmocka_unit_test(a_failure_beats_an_unknown),
        cmocka_unit_test(a_source_that_is_down_makes_its_gates_unknown_or_failing),
        cmocka_unit_test(before_anybody_spoke_an_unknown_is_no_failure),
        cmocka_unit_test(feed_at_target_fails_only_when_another_version_is_offered),
        cmocka_unit_test(stable_untouched_fails_when_the_stable_feed_moves_or_empties),
        cmocka_unit_test(closed_fails_on_an_open_feed_and_does_not_know_a_dead_one),
        cmocka_unit_test(fresh_names_the_oldest_and_does_not_pass_an_old_one),
        cmocka_unit_test(fresh_leaves_out_what_gates_look_at_by_themselves),
        cmocka_unit_test(a_kind_that_does_not_exist_holds),
        cmocka_unit_test(every_kind_judges),
        cmocka_unit_test(a_gate_without_sources_never_passes),
        cmocka_unit_test(a_reason_is_safe_whatever_the_wire_said),
        cmocka_unit_test(a_long_reason_keeps_its_count),
        cmocka_unit_test(checks_refuse_what_can_never_pass),
        cmocka_unit_test(no_combination_with_anything_but_passes_is_go),
        cmocka_unit_test(no_combination_of_sources_but_the_right_one_is_go),
        cmocka_unit_test(the_question_follows_what_is_known),
        cmocka_unit_test(a_silent_feed_takes_the_ground_from_the_question),
        cmocka_unit_test(a_soak_never_passes_without_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
