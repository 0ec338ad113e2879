/* The phase of a release as the feeds tell it, and the gate on it. */
#include "src/model/phase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

#define DAY (24 * HOUR)

static void start(struct fixture *f, enum release_phase want, int64_t at_least, int64_t at_most,
                  int share) {
    static char kind[] = "phase";
    fixture_start(f);
    f->gates[G_FRESH].kind = kind;
    f->gates[G_FRESH].phase = want;
    f->gates[G_FRESH].at_least_ms = at_least;
    f->gates[G_FRESH].at_most_ms = at_most;
    f->gates[G_FRESH].share = share;
}

/* A feed whose newest item has this date (0 = none) and interval (s; -1 = everybody at once). */
static void feed(struct fixture *f, unsigned source, const char *version, int64_t date_ms,
                 int64_t interval_s) {
    struct sample *sample = fixture_sample(f, source, version);
    sample->published.dated = date_ms != 0;
    sample->published.pub_date_ms = date_ms;
    sample->published.interval_s = interval_s;
    fold(f, sample);
}

static void says(struct fixture *f, enum gate_verdict verdict, const char *reason) {
    judge(f);
    assert_string_equal(f->s->gates[G_FRESH].reason, reason);
    assert_int_equal(f->s->gates[G_FRESH].verdict, verdict);
}

static void before_the_promote_it_is_dev_or_beta(void **state) {
    (void)state;
    static char fixed[] = "2.0.0.20";
    struct fixture f;
    start(&f, PHASE_BETA, 0, 0, 0);
    f.policy.target = fixed;
    feed(&f, STABLE_FEED, "2.0.0.19", WALL0 - 90 * DAY, -1);
    feed(&f, BETA_FEED, "2.0.0.18", WALL0 - 9 * DAY, -1);
    says(&f, GATE_WAIT, "dev, not beta yet");
    shut(&f, BETA_FEED);
    says(&f, GATE_WAIT, "dev, not beta yet");
    advance(&f, 1000);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 9 * DAY, -1);
    says(&f, GATE_PASS, "beta");
    struct phase_now now = phase_of(f.s);
    assert_int_equal(now.phase, PHASE_BETA);
    assert_true(now.since_ms == WALL0 - 9 * DAY);
    assert_int_equal(now.percent, -1);
    assert_string_equal(now.why, "");
    f.gates[G_FRESH].phase = PHASE_DEV;
    says(&f, GATE_PASS, "beta, beyond dev");
    f.gates[G_FRESH].phase = PHASE_RC;
    says(&f, GATE_WAIT, "beta, not rc yet");
    fixture_fini(&f);
}

static void a_stay_has_a_least_and_a_most(void **state) {
    (void)state;
    struct fixture f;
    start(&f, PHASE_BETA, 3 * DAY, 14 * DAY, 0);
    feed(&f, STABLE_FEED, "2.0.0.19", WALL0 - 90 * DAY, -1);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 27 * HOUR, -1);
    says(&f, GATE_WAIT, "beta for 1 d 3 h of 3 d");
    assert_int_equal(f.s->gates[G_FRESH].permille, 375);
    advance(&f, 1);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 3 * DAY, -1);
    says(&f, GATE_PASS, "beta for 3 d, at least 3 d");
    advance(&f, 1);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 15 * DAY, -1);
    says(&f, GATE_FAIL, "beta for 15 d, at most 14 d");
    f.gates[G_FRESH].at_least_ms = 0;
    advance(&f, 1);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 2 * DAY, -1);
    says(&f, GATE_PASS, "beta for 2 d");
    fixture_fini(&f);
}

static void what_the_feed_does_not_say_is_unknown(void **state) {
    (void)state;
    struct fixture f;
    start(&f, PHASE_BETA, 3 * DAY, 0, 0);
    judge(&f);
    assert_int_equal(f.s->gates[G_FRESH].verdict, GATE_UNKNOWN);
    feed(&f, STABLE_FEED, "2.0.0.19", 0, -1);
    judge(&f);
    assert_int_equal(f.s->gates[G_FRESH].verdict, GATE_UNKNOWN);
    feed(&f, BETA_FEED, "2.0.0.20", 0, -1);
    says(&f, GATE_UNKNOWN,
         "beta, since when is not known: the item in staging/beta feed has no "
         "date that clients can read");
    advance(&f, 1);
    feed(&f, BETA_FEED, "2.0.0.20", f.wall_ms + HOUR, -1);
    says(&f, GATE_UNKNOWN,
         "beta, since when is not known: the date of the item in staging/beta "
         "feed is still to come");
    advance(&f, 1);
    down(&f, BETA_FEED);
    judge(&f);
    assert_int_equal(f.s->gates[G_FRESH].verdict, GATE_UNKNOWN);
    advance(&f, 1);
    down(&f, STABLE_FEED);
    judge(&f);
    assert_int_equal(f.s->gates[G_FRESH].verdict, GATE_UNKNOWN);
    assert_memory_equal(f.s->gates[G_FRESH].reason, "the phase is not known: ", 24);
    f.gates[G_FRESH].phase = PHASE_UNKNOWN;
    says(&f, GATE_UNKNOWN, "names no phase");
    fixture_fini(&f);
}

static void a_phased_rollout_is_rc_until_its_last_group(void **state) {
    (void)state;
    struct fixture f;
    start(&f, PHASE_RC, 0, 0, 0);
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 20 * DAY, -1);
    feed(&f, STABLE_FEED, "2.0.0.20", WALL0 - 30 * HOUR, 86400); /* two groups of seven */
    says(&f, GATE_PASS, "rc · 29 %");
    struct phase_now now = phase_of(f.s);
    assert_true(now.since_ms == WALL0 - 30 * HOUR);
    assert_int_equal(now.percent, 29);
    f.gates[G_FRESH].phase = PHASE_BETA;
    says(&f, GATE_PASS, "rc · 29 %, beyond beta");
    f.gates[G_FRESH].phase = PHASE_GA;
    says(&f, GATE_WAIT, "rc · 29 %, not ga yet");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", WALL0 - 7 * DAY, 86400); /* the last came a day ago */
    says(&f, GATE_PASS, "ga");
    now = phase_of(f.s);
    assert_true(now.since_ms == WALL0 - DAY);
    assert_int_equal(now.percent, 100);
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", WALL0 - 2 * DAY, -1); /* everybody at once */
    says(&f, GATE_PASS, "ga");
    assert_true(phase_of(f.s).since_ms == WALL0 - 2 * DAY);
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", 0, -1);
    says(&f, GATE_PASS, "ga"); /* since when was not asked */
    f.gates[G_FRESH].at_least_ms = DAY;
    says(&f, GATE_UNKNOWN,
         "ga, since when is not known: the item in production/stable feed has no "
         "date that clients can read");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms + DAY, 86400); /* paused */
    f.gates[G_FRESH].phase = PHASE_RC;
    says(&f, GATE_UNKNOWN,
         "rc · 0 %, since when is not known: the rollout in production/stable feed is paused");
    fixture_fini(&f);
}

static void a_share_counts_from_when_it_was_let_in(void **state) {
    (void)state;
    struct fixture f;
    start(&f, PHASE_RC, 2 * HOUR, 4 * HOUR, 25); /* two of seven groups */
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 20 * DAY, -1);
    feed(&f, STABLE_FEED, "2.0.0.20", WALL0 - HOUR, 86400);
    says(&f, GATE_WAIT, "rc · 14 %, want 25 %");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms - 25 * HOUR, 86400);
    says(&f, GATE_WAIT, "rc · 29 %, 25 % or more for 1 h of 2 h");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms - 27 * HOUR, 86400);
    says(&f, GATE_PASS, "rc · 29 %, 25 % or more for 3 h, at least 2 h");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms - 29 * HOUR, 86400);
    says(&f, GATE_FAIL, "rc · 29 %, 25 % or more for 5 h, at most 4 h");
    assert_true(phase_share_ms(f.s, 1) == f.wall_ms - 29 * HOUR);
    assert_true(phase_share_ms(f.s, 14) == f.wall_ms - 29 * HOUR);
    assert_true(phase_share_ms(f.s, 15) == f.wall_ms - 5 * HOUR);
    assert_true(phase_share_ms(f.s, 100) == 0); /* still to come */
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_promote_it_is_dev_or_beta),
        cmocka_unit_test(a_stay_has_a_least_and_a_most),
        cmocka_unit_test(what_the_feed_does_not_say_is_unknown),
        cmocka_unit_test(a_phased_rollout_is_rc_until_its_last_group),
        cmocka_unit_test(a_share_counts_from_when_it_was_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
