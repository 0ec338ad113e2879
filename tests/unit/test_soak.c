/* Soak through restarts, one process after the other as the store hands it on: never more than the time
 * that passed, and only what was watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

#define STABLE     "2.0.0.19"
#define TARGET     "2.0.0.20"
#define OBSERVED() (f.s->soaks[G_SOAK].observed_ms)

/* The process ends; the next one begins `gap_ms` later, by a wall clock that was moved meanwhile, with
 * what the store kept of it. Its own monotonic clock begins anew. */
static void restart(struct fixture *f, int64_t gap_ms, int64_t moved_ms) {
    struct recall *recall = recall_new(&f->policy);
    recall->soaks[G_SOAK] = f->s->soaks[G_SOAK];
    snprintf(recall->target, sizeof recall->target, "%s", f->s->target);
    snapshot_drop(f->s);
    world_free(f->world);
    f->s = NULL;
    f->world = world_new(&f->policy);
    f->wall_ms += gap_ms + moved_ms;
    f->mono_ms = 1000;
    world_store(f->world, STORE_OPENING, NULL);
    judge(f);
    world_recall(f->world, recall, false);
    world_store(f->world, STORE_KEEPING, NULL);
    judge(f);
    recall_free(recall);
}

static void restarts_make_no_time(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    all_well(&f, STABLE, TARGET);
    judge(&f);
    int64_t began_ms = f.wall_ms;
    for (int i = 0; i < 200; i++) {
        run_well(&f, MINUTE, STABLE, TARGET);
        restart(&f, 7000, 0);
        all_well(&f, STABLE, TARGET);
        judge(&f);
        assert_true(OBSERVED() <= f.wall_ms - began_ms);
    }
    assert_int_equal(OBSERVED(), 200 * (MINUTE + 7000)); /* and lose none, when they are short */
    fixture_fini(&f);
}

static void a_clock_that_is_moved_while_nobody_looks_makes_no_time(void **state) {
    (void)state;
    static const struct {
        int64_t gap_ms, moved_ms, counted_ms;
    } rows[] = {
        {MINUTE, 0, MINUTE},
        {MINUTE, 300 * HOUR, 0},           /* forward: a silence of 300 hours, for all we know */
        {MINUTE, -300 * HOUR, 0},          /* back */
        {MINUTE, -MINUTE, 0},              /* back to the very moment */
        {9 * MINUTE, MINUTE, 10 * MINUTE}, /* at most max_gap, whatever was moved */
        {9 * MINUTE, MINUTE + 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        fixture_start(&f);
        all_well(&f, STABLE, TARGET);
        judge(&f);
        run_well(&f, HOUR, STABLE, TARGET);
        restart(&f, rows[i].gap_ms, rows[i].moved_ms);
        all_well(&f, STABLE, TARGET);
        judge(&f);
        assert_int_equal(OBSERVED(), HOUR + rows[i].counted_ms);
        run_well(&f, MINUTE, STABLE, TARGET); /* and then it goes on as ever */
        assert_int_equal(OBSERVED(), HOUR + rows[i].counted_ms + MINUTE);
        fixture_fini(&f);
    }
}

/* --- a soak that watches a command, which takes its time after every start --- */

static void watch_a_command(struct fixture *f) {
    static char kind[] = "command";
    static unsigned source = HEALTH;
    fixture_start(f);
    f->sources[HEALTH].of_gate = true;
    f->sources[HEALTH].every_ms = HOUR;
    f->sources[HEALTH].fail_after = 1;
    f->gates[G_AGREE].kind = kind;
    f->gates[G_AGREE].sources = &source;
    f->gates[G_AGREE].n_sources = 1;
}

static void command_ends(struct fixture *f, int exit_code) {
    struct sample *sample = fixture_sample(f, HEALTH, "");
    sample->exit_code = exit_code;
    fold(f, sample);
}

static void others_well(struct fixture *f) {
    good(f, STABLE_FEED, STABLE);
    shut(f, PROD_BETA);
    good(f, PROD_HEALTH, STABLE);
    good(f, BETA_FEED, TARGET);
}

static void run_others(struct fixture *f, int64_t ms) {
    for (int64_t at = 0; at < ms; at += EVERY_MS) {
        advance(f, EVERY_MS);
        others_well(f);
        judge(f);
    }
}

static void a_command_that_runs_after_a_restart_does_not_void_the_soak(void **state) {
    (void)state;
    struct fixture f;
    watch_a_command(&f);
    others_well(&f);
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    run_others(&f, HOUR);
    assert_int_equal(OBSERVED(), HOUR);
    restart(&f, MINUTE, 0);
    run_others(&f, 5 * MINUTE); /* it runs: nobody knows */
    assert_int_equal(OBSERVED(), HOUR);
    assert_int_equal(f.s->gates[G_SOAK].verdict, GATE_WAIT);
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    assert_int_equal(OBSERVED(), HOUR + 6 * MINUTE); /* a gap of less than ten minutes */
    restart(&f, MINUTE, 0);
    run_others(&f, 10 * MINUTE);
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    assert_int_equal(OBSERVED(), HOUR + 6 * MINUTE); /* this one was longer */
    run_others(&f, MINUTE);
    assert_int_equal(OBSERVED(), HOUR + 7 * MINUTE);
    fixture_fini(&f);
}

static void a_command_that_fails_or_waits_does_what_any_gate_does(void **state) {
    (void)state;
    struct fixture f;
    watch_a_command(&f);
    others_well(&f);
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    run_others(&f, HOUR);
    command_ends(&f, COMMAND_WAIT);
    judge(&f);
    run_others(&f, HOUR);
    assert_int_equal(OBSERVED(), HOUR); /* paused */
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    run_others(&f, MINUTE);
    assert_int_equal(OBSERVED(), HOUR + MINUTE);
    bad(&f, HEALTH); /* exit 2: unknown, and one such end is enough */
    judge(&f);
    run_others(&f, MINUTE);
    assert_int_equal(OBSERVED(), HOUR + MINUTE);
    command_ends(&f, COMMAND_FAIL);
    command_ends(&f, COMMAND_FAIL);
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    restart(&f, 1000, 0);
    others_well(&f);
    command_ends(&f, COMMAND_PASS);
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    fixture_fini(&f);
}

static void two_soaks_keep_their_own_time(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.gates[G_FRESH] = f.gates[G_SOAK];
    f.gates[G_FRESH].of = refs(&f, 1, (unsigned[]){G_UNTOUCHED});
    f.gates[G_FRESH].n_of = 1;
    all_well(&f, STABLE, TARGET);
    judge(&f);
    run_well(&f, HOUR, STABLE, TARGET);
    good(&f, HEALTH, STABLE); /* only one of them watches this */
    judge(&f);
    assert_int_equal(OBSERVED(), 0);
    assert_int_equal(f.s->soaks[G_FRESH].observed_ms, HOUR);
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_make_no_time),
        cmocka_unit_test(a_clock_that_is_moved_while_nobody_looks_makes_no_time),
        cmocka_unit_test(a_command_that_runs_after_a_restart_does_not_void_the_soak),
        cmocka_unit_test(a_command_that_fails_or_waits_does_what_any_gate_does),
        cmocka_unit_test(two_soaks_keep_their_own_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
