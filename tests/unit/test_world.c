/* The world: source states, target and baseline, soak clocks, what is latest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

#define STABLE "2.0.0.19"
#define TARGET "2.0.0.20"

#define STATE(source) (judge(&f)->sources[source].state)
#define OBSERVED()    (f.s->soaks[G_SOAK].observed_ms)

static bool latest_has(const struct snapshot *s, const char *text) {
    for (size_t i = 0; i < s->n_events; i++)
        if (strstr(s->events[i].text, text))
            return true;
    return false;
}

static void a_source_is_down_after_fail_after_and_back_after_recover_after(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    assert_int_equal(STATE(HEALTH), SOURCE_PENDING);
    good(&f, HEALTH, TARGET);
    assert_int_equal(STATE(HEALTH), SOURCE_OK);
    bad(&f, HEALTH);
    bad(&f, HEALTH);
    assert_int_equal(STATE(HEALTH), SOURCE_OK);
    assert_int_equal(f.s->sources[HEALTH].raw, SOURCE_ERROR);
    assert_int_equal(f.s->sources[HEALTH].failures, 2);
    assert_string_equal(f.s->sources[HEALTH].good->version, TARGET);
    bad(&f, HEALTH);
    assert_int_equal(STATE(HEALTH), SOURCE_ERROR);
    assert_true(latest_has(f.s, "staging/health ok → error: connection refused"));
    advance(&f, 3000);
    good(&f, HEALTH, TARGET);
    assert_int_equal(STATE(HEALTH), SOURCE_ERROR);
    assert_int_equal(f.s->sources[HEALTH].raw, SOURCE_OK);
    bad(&f, HEALTH);
    good(&f, HEALTH, TARGET);
    assert_int_equal(STATE(HEALTH), SOURCE_ERROR);
    good(&f, HEALTH, TARGET);
    assert_int_equal(STATE(HEALTH), SOURCE_OK);
    assert_true(latest_has(f.s, "staging/health error → ok after 3 s"));
    fixture_fini(&f);
}

static void a_source_that_never_answered_is_pending_until_fail_after(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    bad(&f, HEALTH);
    bad(&f, HEALTH);
    assert_int_equal(STATE(HEALTH), SOURCE_PENDING);
    bad(&f, HEALTH);
    assert_int_equal(STATE(HEALTH), SOURCE_ERROR);
    fixture_fini(&f);
}

static void silence_makes_stale_and_a_down_source_stays_down(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    good(&f, HEALTH, TARGET);
    shut(&f, PROD_BETA);
    good(&f, PROD_HEALTH, STABLE);
    down(&f, PROD_HEALTH);
    advance(&f, 3 * EVERY_MS + TIMEOUT_MS);
    assert_int_equal(STATE(HEALTH), SOURCE_OK);
    advance(&f, 1);
    assert_int_equal(STATE(HEALTH), SOURCE_STALE);
    assert_int_equal(STATE(PROD_BETA), SOURCE_STALE);
    assert_int_equal(STATE(PROD_HEALTH), SOURCE_ERROR);
    assert_int_equal(STATE(STABLE_FEED), SOURCE_PENDING);
    good(&f, HEALTH, TARGET);
    assert_int_equal(STATE(HEALTH), SOURCE_OK);
    fixture_fini(&f);
}

static void an_overtaken_answer_and_an_unknown_source_are_ignored(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct sample *old = fixture_sample(&f, HEALTH, STABLE);
    advance(&f, 10);
    good(&f, HEALTH, TARGET);
    fold(&f, old);
    assert_string_equal(judge(&f)->sources[HEALTH].last->version, TARGET);
    struct sample *stranger = fixture_sample(&f, HEALTH, STABLE);
    stranger->source = 999;
    fold(&f, stranger);
    fixture_fini(&f);
}

static void settled_is_no_source_between_two_states(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    assert_false(judge(&f)->settled);
    all_well(&f, STABLE, TARGET);
    assert_true(judge(&f)->settled);
    bad(&f, HEALTH);
    assert_false(judge(&f)->settled);
    bad(&f, HEALTH);
    bad(&f, HEALTH);
    assert_true(judge(&f)->settled);
    good(&f, HEALTH, TARGET);
    assert_false(judge(&f)->settled);
    good(&f, HEALTH, TARGET);
    assert_true(judge(&f)->settled);
    fixture_fini(&f);
}

static void the_target_stays_known_when_its_feed_is_shut_or_down(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    shut(&f, BETA_FEED);
    assert_string_equal(judge(&f)->target, TARGET);
    down(&f, BETA_FEED);
    assert_string_equal(judge(&f)->target, TARGET);
    assert_int_equal(f.s->gates[G_AGREE].verdict, GATE_UNKNOWN);
    good(&f, BETA_FEED, "2.0.0.21"); /* one answer of a source that is still down is no word */
    assert_string_equal(judge(&f)->target, TARGET);
    good(&f, BETA_FEED, "2.0.0.21");
    assert_string_equal(judge(&f)->target, "2.0.0.21");
    assert_true(latest_has(f.s, "target 2.0.0.20 → 2.0.0.21"));
    fixture_fini(&f);
}

static void the_baseline_is_the_stable_version_when_the_target_came(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    good(&f, BETA_FEED, TARGET); /* before the stable feed has said a word */
    assert_string_equal(judge(&f)->baseline, "");
    good(&f, STABLE_FEED, STABLE);
    assert_string_equal(judge(&f)->baseline, STABLE);
    good(&f, STABLE_FEED, TARGET);
    assert_string_equal(judge(&f)->baseline, STABLE);
    good(&f, BETA_FEED, "2.0.0.21");
    assert_string_equal(judge(&f)->baseline, TARGET);
    fixture_fini(&f);
}

static void the_baseline_is_remembered_for_its_target_only(void **state) {
    (void)state;
    for (int same = 0; same < 2; same++) {
        for (int late = 0; late < 2; late++) {
            struct fixture f;
            fixture_start(&f);
            struct recall *recall = recall_new(&f.policy);
            snprintf(recall->target, sizeof recall->target, "%s", same ? TARGET : "2.0.0.18");
            snprintf(recall->baseline, sizeof recall->baseline, "2.0.0.17");
            if (!late)
                world_recall(f.world, recall, false);
            all_well(&f, STABLE, TARGET);
            judge(&f);
            if (late)
                world_recall(f.world, recall, false);
            assert_string_equal(judge(&f)->baseline, same ? "2.0.0.17" : STABLE);
            assert_int_equal(f.s->gates[G_UNTOUCHED].verdict, same ? GATE_FAIL : GATE_PASS);
            recall_free(recall);
            fixture_fini(&f);
        }
    }
}

static void after_a_restart_a_shut_candidate_feed_leaves_the_remembered_target(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct recall *recall = recall_new(&f.policy);
    snprintf(recall->target, sizeof recall->target, "%s", TARGET);
    world_recall(f.world, recall, false);
    recall_free(recall);
    assert_string_equal(judge(&f)->target, "");
    all_well(&f, TARGET, TARGET);
    shut(&f, BETA_FEED);
    judge(&f);
    assert_string_equal(f.s->question, "Keep 2.0.0.20 rolling out?");
    assert_int_equal(f.s->verdict, VERDICT_GO);
    fixture_fini(&f);
}

static void a_version_change_and_a_verdict_change_are_latest(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.policy.n_gates = G_SOAK;
    all_well(&f, STABLE, STABLE);
    good(&f, HEALTH, STABLE);
    judge(&f);
    assert_int_equal(f.s->n_events, 1); /* first answers and first passes are no news */
    assert_true(latest_has(f.s, "verdict HOLD → GO"));
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_true(latest_has(f.s, "staging/health 2.0.0.19 → 2.0.0.20"));
    good(&f, PROD_HEALTH, "1.0");
    judge(&f);
    assert_true(latest_has(f.s, "production agrees: pass → fail: production/health says 1.0"));
    assert_string_equal(f.s->events[0].text, /* newest first, with the gate that decided */
                        "verdict GO → NO-GO: production agrees: production/health says 1.0, "
                        "want 2.0.0.19");
    for (int i = 0; i < 1000; i++)
        world_note(f.world, f.wall_ms, "noise");
    assert_int_equal(judge(&f)->n_events, EVENTS_KEPT);
    fixture_fini(&f);
}

static void a_lost_store_is_latest(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    world_store(f.world, STORE_OPENING, NULL);
    judge(&f);
    world_store(f.world, STORE_LOST, "the disk is full: make room");
    judge(&f);
    assert_int_equal(f.s->store, STORE_LOST);
    assert_string_equal(f.s->store_note, "the disk is full: make room");
    assert_true(latest_has(f.s, "the store is lost: the disk is full: make room"));
    fixture_fini(&f);
}

/* Soak */

static void soak_fills_by_observation_and_passes(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, 19 * HOUR + 12 * MINUTE, STABLE, TARGET);
    assert_string_equal(f.s->gates[G_SOAK].reason, "19 h 12 m of 24 h");
    assert_int_equal(f.s->gates[G_SOAK].permille, 800);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    run_well(&f, 4 * HOUR + 48 * MINUTE, STABLE, TARGET);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_PASS);
    assert_int_equal(f.s->verdict, VERDICT_GO);
    fixture_fini(&f);
}

static void soak_pauses_on_unknown_and_starts_again_on_fail(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, HOUR, STABLE, TARGET);
    assert_int_equal(OBSERVED(), HOUR);
    down(&f, HEALTH);
    judge(&f);
    advance(&f, 5 * MINUTE);
    all_well(&f, STABLE, TARGET); /* health answers once: still down */
    judge(&f);
    assert_string_equal(f.s->gates[G_SOAK].reason,
                        "1 h of 24 h, versions agree is unknown: paused");
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), HOUR); /* the pause was not counted */
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), HOUR + MINUTE);
    good(&f, HEALTH, STABLE);
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    assert_string_equal(f.s->gates[G_SOAK].reason,
                        "0 ms of 24 h, versions agree fails: it starts again");
    fixture_fini(&f);
}

static void a_full_soak_does_not_pass_while_what_it_watches_is_unknown(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.gates[G_SOAK].for_ms = MINUTE;
    all_well(&f, STABLE, TARGET);
    run_well(&f, 2 * MINUTE, STABLE, TARGET);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_PASS);
    down(&f, HEALTH);
    judge(&f);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    fixture_fini(&f);
}

static void a_new_target_soaks_from_nothing(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    run_well(&f, HOUR, STABLE, TARGET);
    all_well(&f, STABLE, "2.0.0.21");
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    assert_string_equal(f.s->soaks[G_SOAK].target, "2.0.0.21");
    run_well(&f, MINUTE, STABLE, "2.0.0.21");
    assert_int_equal(OBSERVED(), MINUTE);
    fixture_fini(&f);
}

static void a_jump_of_the_wall_clock_makes_and_loses_no_soak(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, MINUTE, STABLE, TARGET);
    f.wall_ms += 48 * HOUR;
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), 2 * MINUTE);
    f.wall_ms -= 500 * HOUR;
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), 3 * MINUTE);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    fixture_fini(&f);
}

static void a_silence_longer_than_max_gap_is_not_counted(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.gates[G_SOAK].max_gap_ms = 10000;
    for (unsigned i = 0; i < N_SOURCES; i++)
        f.sources[i].every_ms = HOUR; /* so that nothing goes stale meanwhile */
    all_well(&f, STABLE, TARGET);
    judge(&f);
    advance(&f, 10000);
    judge(&f);
    assert_int_equal(OBSERVED(), 10000);
    advance(&f, 10001); /* the machine slept */
    judge(&f);
    assert_int_equal(OBSERVED(), 10000);
    advance(&f, 1000);
    judge(&f);
    assert_int_equal(OBSERVED(), 11000);
    fixture_fini(&f);
}

/* The fingerprint of the candidate that all_well() shows. */
static void candidate(char hex[HASH_HEX_CAP]) {
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    snprintf(hex, HASH_HEX_CAP, "%s", f.s->fingerprint);
    fixture_fini(&f);
}

static struct recall *remembered(const struct fixture *f, int64_t observed_ms, int64_t last_ms) {
    struct recall *recall = recall_new(&f->policy);
    snprintf(recall->soaks[G_SOAK].target, VERSION_CAP, TARGET);
    candidate(recall->soaks[G_SOAK].fingerprint);
    recall->soaks[G_SOAK].observed_ms = observed_ms;
    recall->soaks[G_SOAK].last_ms = last_ms;
    return recall;
}

static void a_restart_goes_on_and_counts_a_short_gap_only(void **state) {
    (void)state;
    static const struct {
        int64_t gap_ms, counted_ms;
    } table[] = {
        {0, 0},          {MINUTE, MINUTE}, {10 * MINUTE, 10 * MINUTE}, {10 * MINUTE + 1, 0},
        {-1, 0},                     /* the wall clock was put back */
        {-HOUR * 99, 0}, {WALL0, 0}, /* never observed */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int late = 0; late < 2; late++) {
            struct fixture f;
            fixture_start(&f);
            world_store(f.world, STORE_OPENING, NULL);
            struct recall *recall = remembered(&f, 5 * HOUR, WALL0 - table[i].gap_ms);
            judge(&f); /* all pending: what is remembered must not suffer */
            if (!late)
                world_recall(f.world, recall, false);
            world_store(f.world, late ? STORE_OPENING : STORE_KEEPING, NULL);
            judge(&f);
            all_well(&f, STABLE, TARGET);
            judge(&f);
            if (late) {
                run_well(&f, MINUTE, STABLE, TARGET);
                world_recall(f.world, recall, false);
                world_store(f.world, STORE_KEEPING, NULL);
                world_recall(f.world, recall, false); /* twice is once */
            }
            judge(&f);
            assert_int_equal(OBSERVED(), 5 * HOUR + table[i].counted_ms + (late ? MINUTE : 0));
            recall_free(recall);
            fixture_fini(&f);
        }
    }
}

static void what_was_seen_to_pause_or_fail_is_not_bridged(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct recall *recall = remembered(&f, 5 * HOUR, WALL0);
    world_recall(f.world, recall, false);
    all_well(&f, STABLE, TARGET);
    shut(&f, HEALTH); /* an unknown that was seen */
    judge(&f);
    advance(&f, MINUTE);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), 5 * HOUR);
    fixture_fini(&f);

    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    good(&f, HEALTH, STABLE); /* a failure before the store has spoken */
    judge(&f);
    world_recall(f.world, recall, false);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    fixture_fini(&f);
    recall_free(recall);
}

static void a_remembered_soak_of_another_target_is_void(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct recall *recall = remembered(&f, 25 * HOUR, WALL0);
    world_recall(f.world, recall, false);
    all_well(&f, STABLE, "2.0.0.21");
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    recall_free(recall);
    fixture_fini(&f);
}

static void republish(struct fixture *f, int64_t size) { /* the same version, other bytes */
    struct sample *sample = fixture_sample(f, BETA_FEED, TARGET);
    sample->size = size;
    fold(f, sample);
}

static void the_same_version_with_other_bytes_soaks_anew(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, 25 * HOUR, STABLE, TARGET);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_PASS);
    republish(&f, 275899820);
    judge(&f);
    assert_int_equal(f.s->gates[G_AGREE].verdict, GATE_PASS);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    assert_int_equal(OBSERVED(), 0);
    assert_int_equal(f.s->candidate_moved_ms, f.mono_ms); /* whoever looked at it looks again */
    fixture_fini(&f);

    fixture_start(&f); /* and so when it was published while nobody looked */
    struct recall *recall = remembered(&f, 25 * HOUR, WALL0);
    world_recall(f.world, recall, false);
    all_well(&f, STABLE, TARGET);
    republish(&f, 275899820);
    judge(&f);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    assert_int_equal(OBSERVED(), 0);
    world_store(f.world, STORE_READING,
                NULL); /* nor is the word of a keeper taken that has not seen it */
    world_recall(f.world, recall, true);
    judge(&f);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    recall_free(recall);
    fixture_fini(&f);
}

static void a_soak_of_which_nobody_knows_the_candidate_is_void(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct recall *recall = remembered(&f, 25 * HOUR, WALL0);
    recall->soaks[G_SOAK].fingerprint[0] = '\0'; /* as a store of old has it */
    world_recall(f.world, recall, false);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    recall_free(recall);
    fixture_fini(&f);
}

/* HEALTH is a manifest beside the release, that no watched gate asks. */
static void start_with_a_manifest(struct fixture *f) {
    static char manifest[] = "manifest";
    static const unsigned beta[] = {BETA_FEED};
    fixture_init(f);
    f->sources[HEALTH].kind = manifest;
    f->gates[G_AGREE].sources = refs(f, 1, beta);
    f->gates[G_AGREE].n_sources = 1;
    f->world = world_new(&f->policy);
    world_store(f->world, STORE_KEEPING, NULL);
}

static void a_soak_rests_while_a_manifest_does_not_tell_the_candidate(void **state) {
    (void)state;
    struct fixture f;
    start_with_a_manifest(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, HOUR, STABLE, TARGET);
    assert_int_equal(OBSERVED(), HOUR);
    down(&f, HEALTH);
    judge(&f);
    assert_string_equal(f.s->fingerprint, "");
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    assert_non_null(strstr(f.s->gates[G_SOAK].reason, "does not tell the candidate"));
    advance(&f, MINUTE);
    all_well(&f, STABLE, TARGET);
    all_well(&f, STABLE, TARGET); /* recovered */
    judge(&f);
    assert_int_equal(OBSERVED(), HOUR); /* what nobody saw is not on it; what was seen stays */
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), HOUR + MINUTE);
    fixture_fini(&f);
}

static void a_manifest_that_answers_late_after_a_start_breaks_no_soak(void **state) {
    (void)state;
    struct fixture f;
    start_with_a_manifest(&f);
    struct recall *recall = remembered(&f, 5 * HOUR, WALL0 - MINUTE);
    world_recall(f.world, recall, false);
    good(&f, STABLE_FEED, STABLE);
    good(&f, BETA_FEED, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), 5 * HOUR);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    assert_int_equal(OBSERVED(), 5 * HOUR + MINUTE); /* the gap is bridged all the same */
    recall_free(recall);
    fixture_fini(&f);
}

static void a_reader_takes_the_keepers_soak_and_adds_nothing(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    world_store(f.world, STORE_READING, NULL);
    struct recall *recall = remembered(&f, 25 * HOUR, WALL0);
    world_recall(f.world, recall, true);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), 25 * HOUR);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_PASS);
    run_well(&f, 10 * MINUTE, STABLE, TARGET); /* the keeper is silent for too long */
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    recall->soaks[G_SOAK].observed_ms = 0;
    recall->soaks[G_SOAK].last_ms = f.wall_ms;
    world_recall(f.world, recall, true); /* the keeper saw a failure */
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    world_store(f.world, STORE_KEEPING, NULL); /* the keeper went: we go on */
    run_well(&f, MINUTE, STABLE, TARGET);
    assert_int_equal(OBSERVED(), MINUTE);
    recall_free(recall);
    fixture_fini(&f);
}

static void a_store_with_nonsense_makes_no_soak(void **state) {
    (void)state;
    static const int64_t nonsense[] = {INT64_MIN, -1, INT64_MAX, INT64_MAX - 1};
    for (size_t i = 0; i < 4; i++) {
        struct fixture f;
        fixture_start(&f);
        struct recall *recall = remembered(&f, nonsense[i], nonsense[i]);
        world_recall(f.world, recall, false);
        all_well(&f, STABLE, TARGET);
        judge(&f);
        assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
        world_store(f.world, STORE_READING, NULL);
        world_recall(f.world, recall, true);
        judge(&f);
        assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
        recall_free(recall);
        fixture_fini(&f);
    }
}

static void since_is_remembered_for_an_unchanged_verdict(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct fixture f;
        fixture_start(&f);
        struct recall *recall = recall_new(&f.policy);
        for (size_t i = 0; i < N_GATES; i++) {
            recall->gates[i].known = true;
            recall->gates[i].verdict = i == G_FEED ? GATE_FAIL : GATE_PASS;
            recall->gates[i].since_ms = WALL0 - HOUR;
        }
        judge(&f);
        if (!late)
            world_recall(f.world, recall, false);
        advance(&f, 1000);
        all_well(&f, STABLE, TARGET);
        judge(&f);
        if (late)
            world_recall(f.world, recall, false);
        judge(&f);
        assert_int_equal(f.s->gates[G_AGREE].since_ms, WALL0 - HOUR);
        assert_int_equal(f.s->gates[G_FEED].since_ms, WALL0 + 1000);
        good(&f, HEALTH, STABLE);
        judge(&f);
        assert_int_equal(f.s->gates[G_AGREE].since_ms, WALL0 + 1000);
        recall_free(recall);
        fixture_fini(&f);
    }
}

static void sparklines_are_there_again_in_front_of_new_points(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    struct recall *recall = recall_new(&f.policy);
    for (size_t k = 0; k < SPARK_POINTS; k++)
        recall->sparks[HEALTH][k] = (uint16_t)(100 + k);
    good(&f, HEALTH, TARGET);
    bad(&f, HEALTH);
    world_recall(f.world, recall, false);
    judge(&f);
    const uint16_t *spark = f.s->sources[HEALTH].spark;
    assert_int_equal(spark[0], 102);
    assert_int_equal(spark[SPARK_POINTS - 3], 131);
    assert_int_equal(spark[SPARK_POINTS - 2], 40);
    assert_int_equal(spark[SPARK_POINTS - 1], SPARK_NONE);
    recall_free(recall);
    fixture_fini(&f);
}

/* 10,000 sources: a judgement stays in the order of milliseconds. The bar is loose for sanitizers. */
static void ten_thousand_sources_are_judged_quickly(void **state) {
    (void)state;
    enum { MANY = 10000, ROUNDS = 20 };
    struct fixture f;
    fixture_init(&f);
    struct source_spec *sources = calloc(MANY, sizeof *sources);
    unsigned *indices = calloc(MANY, sizeof *indices);
    for (unsigned i = 0; i < MANY; i++) {
        sources[i] = f.sources[i < N_SOURCES ? i : HEALTH];
        indices[i] = i;
    }
    f.policy.sources = sources;
    f.policy.n_sources = MANY;
    f.gates[G_AGREE].sources = indices + HEALTH;
    f.gates[G_AGREE].n_sources = MANY - HEALTH;
    f.world = world_new(&f.policy);
    world_store(f.world, STORE_KEEPING, NULL);
    all_well(&f, STABLE, TARGET);
    for (unsigned i = N_SOURCES; i < MANY; i++) {
        struct sample *sample = fixture_sample(&f, HEALTH, TARGET);
        sample->source = i;
        fold(&f, sample);
    }
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < ROUNDS; i++)
        judge(&f);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double ms =
        ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) /
        ROUNDS;
    print_message("%d sources: %.2f ms each judgement\n", MANY, ms);
    assert_int_equal(f.s->gates[G_AGREE].verdict, GATE_PASS);
    assert_true(ms < 500);
    fixture_fini(&f);
    free(sources);
    free(indices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_down_after_fail_after_and_back_after_recover_after),
        cmocka_unit_test(a_source_that_never_answered_is_pending_until_fail_after),
        cmocka_unit_test(silence_makes_stale_and_a_down_source_stays_down),
        cmocka_unit_test(an_overtaken_answer_and_an_unknown_source_are_ignored),
        cmocka_unit_test(settled_is_no_source_between_two_states),
        cmocka_unit_test(the_target_stays_known_when_its_feed_is_shut_or_down),
        cmocka_unit_test(the_baseline_is_the_stable_version_when_the_target_came),
        cmocka_unit_test(the_baseline_is_remembered_for_its_target_only),
        cmocka_unit_test(after_a_restart_a_shut_candidate_feed_leaves_the_remembered_target),
        cmocka_unit_test(a_version_change_and_a_verdict_change_are_latest),
        cmocka_unit_test(a_lost_store_is_latest),
        cmocka_unit_test(soak_fills_by_observation_and_passes),
        cmocka_unit_test(soak_pauses_on_unknown_and_starts_again_on_fail),
        cmocka_unit_test(a_full_soak_does_not_pass_while_what_it_watches_is_unknown),
        cmocka_unit_test(a_new_target_soaks_from_nothing),
        cmocka_unit_test(a_jump_of_the_wall_clock_makes_and_loses_no_soak),
        cmocka_unit_test(a_silence_longer_than_max_gap_is_not_counted),
        cmocka_unit_test(a_restart_goes_on_and_counts_a_short_gap_only),
        cmocka_unit_test(what_was_seen_to_pause_or_fail_is_not_bridged),
        cmocka_unit_test(a_remembered_soak_of_another_target_is_void),
        cmocka_unit_test(the_same_version_with_other_bytes_soaks_anew),
        cmocka_unit_test(a_soak_of_which_nobody_knows_the_candidate_is_void),
        cmocka_unit_test(a_soak_rests_while_a_manifest_does_not_tell_the_candidate),
        cmocka_unit_test(a_manifest_that_answers_late_after_a_start_breaks_no_soak),
        cmocka_unit_test(a_reader_takes_the_keepers_soak_and_adds_nothing),
        cmocka_unit_test(a_store_with_nonsense_makes_no_soak),
        cmocka_unit_test(since_is_remembered_for_an_unchanged_verdict),
        cmocka_unit_test(sparklines_are_there_again_in_front_of_new_points),
        cmocka_unit_test(ten_thousand_sources_are_judged_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
