/* Snapshots: shared by reference, the same words everywhere, and what counts as a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "tests/unit/world_fixture.h"

#define STABLE "2.0.0.19"
#define TARGET "2.0.0.20"

static void a_new_snapshot_knows_nothing_and_is_hold(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct snapshot *s = snapshot_new(&f.policy);
    assert_int_equal(s->verdict, VERDICT_HOLD);
    for (size_t i = 0; i < s->n_gates; i++)
        assert_int_equal(s->gates[i].verdict, GATE_UNKNOWN);
    for (size_t i = 0; i < s->n_sources; i++) {
        assert_int_equal(s->sources[i].state, SOURCE_PENDING);
        assert_int_equal(s->sources[i].spark[0], SPARK_NONE);
        assert_int_equal(source_age_ms(s, i), -1);
    }
    verdict_judge(s);
    assert_int_equal(s->verdict, VERDICT_HOLD);
    assert_int_equal(source_age_ms(s, 9999), -1);
    snapshot_drop(s);
    snapshot_drop(NULL);
}

static void the_words_are_those_of_the_domain(void **state) {
    (void)state;
    static const char *const sources[] = {"pending", "ok", "closed", "error", "stale"};
    static const char *const gates[] = {"pass", "fail", "wait", "unknown"};
    static const char *const verdicts[] = {"HOLD", "GO", "NO-GO"};
    for (int i = 0; i < 5; i++)
        assert_string_equal(source_state_name((enum source_state)i), sources[i]);
    for (int i = 0; i < 4; i++)
        assert_string_equal(gate_verdict_name((enum gate_verdict)i), gates[i]);
    for (int i = 0; i < 3; i++)
        assert_string_equal(verdict_name((enum verdict)i), verdicts[i]);
    assert_string_equal(stage_name(STAGE_BEFORE), "before");
    assert_string_equal(stage_name(STAGE_AFTER), "after");
}

static void an_old_snapshot_does_not_change_with_the_world(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    const struct snapshot *old = snapshot_keep(judge(&f));
    all_well(&f, STABLE, "2.0.0.21");
    judge(&f);
    fixture_fini(&f); /* the world is gone, too */
    assert_string_equal(old->target, TARGET);
    assert_string_equal(old->sources[HEALTH].good->version, TARGET);
    snapshot_drop(old);
}

static bool differs_after(struct fixture *f, void (*change)(struct fixture *f)) {
    const struct snapshot *before = snapshot_keep(judge(f));
    change(f);
    bool differs = snapshot_differs(before, judge(f));
    snapshot_drop(before);
    return differs;
}

static void nothing(struct fixture *f) {
    (void)f;
}
static void time_passes(struct fixture *f) {
    advance(f, 3000);
}
static void same_answers(struct fixture *f) {
    advance(f, 3000);
    good(f, STABLE_FEED, STABLE);
    good(f, PROD_HEALTH, STABLE);
    good(f, BETA_FEED, TARGET);
}
static void other_latency(struct fixture *f) {
    struct sample *sample = fixture_sample(f, HEALTH, TARGET);
    sample->latency_ms = 99;
    fold(f, sample);
}
static void health_fails_once(struct fixture *f) {
    bad(f, HEALTH);
}
static void health_moves(struct fixture *f) {
    good(f, HEALTH, "2.0.0.21");
}
static void feed_shuts(struct fixture *f) {
    shut(f, BETA_FEED);
}
static void silence(struct fixture *f) {
    advance(f, MINUTE);
}
static void store_is_lost(struct fixture *f) {
    world_store(f->world, STORE_LOST, "gone");
}
static void line_is_noted(struct fixture *f) {
    world_note(f->world, f->wall_ms, "somebody pressed R");
}

static void only_what_is_shown_is_a_difference(void **state) {
    (void)state;
    static const struct {
        void (*change)(struct fixture *f);
        bool differs;
    } table[] = {
        {nothing, false},          {time_passes, false}, {same_answers, false},
        {other_latency, false},    {health_moves, true}, {feed_shuts, true},
        {health_fails_once, true}, {silence, true},      {store_is_lost, true},
        {line_is_noted, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct fixture f;
        fixture_start(&f);
        f.gates[G_SOAK].for_ms =
            1000 * HOUR; /* so that it does not fill by a thousandth meanwhile */
        run_well(&f, MINUTE + EVERY_MS, STABLE, TARGET);
        advance(&f, 2000); /* a change of units would be one of the words */
        assert_true(snapshot_differs(NULL, judge(&f)));
        if (differs_after(&f, table[i].change) != table[i].differs)
            fail_msg("row %zu", i);
        fixture_fini(&f);
    }
}

enum { ROUNDS = 20000 };

static void *keep_and_drop(void *self) {
    const struct snapshot *s = self;
    for (int i = 0; i < ROUNDS; i++)
        snapshot_drop(snapshot_keep(s));
    snapshot_drop(s);
    return NULL;
}

static void many_threads_may_keep_and_drop_one(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, keep_and_drop, (void *)(uintptr_t)snapshot_keep(f.s)),
            0);
    fixture_fini(&f); /* whoever is last frees it */
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_snapshot_knows_nothing_and_is_hold),
        cmocka_unit_test(the_words_are_those_of_the_domain),
        cmocka_unit_test(an_old_snapshot_does_not_change_with_the_world),
        cmocka_unit_test(only_what_is_shown_is_a_difference),
        cmocka_unit_test(many_threads_may_keep_and_drop_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
