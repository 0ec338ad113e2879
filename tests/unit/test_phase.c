/* The phase of a release as the feeds tell it, and the gate on it. */
#include "src/model/phase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

#define DAY (24 * HOUR)

static void start(struct fixture *f, enum release_phase want, int64_t at_least, int64_t at_most) {
    static char kind[] = "phase";
    fixture_start(f);
    f->gates[G_FRESH].kind = kind;
    f->gates[G_FRESH].phase = want;
    f->gates[G_FRESH].at_least_ms = at_least;
    f->gates[G_FRESH].at_most_ms = at_most;
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
    start(&f, PHASE_BETA, 0, 0);
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
    start(&f, PHASE_BETA, 3 * DAY, 14 * DAY);
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
    start(&f, PHASE_BETA, 3 * DAY, 0);
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
    start(&f, PHASE_RC, 0, 0);
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

static void a_ramp_has_stages_with_times_of_their_own(void **state) {
    (void)state;
    static const char *const texts[] = {"10% 2h..8h", "25% 2h..4h", "50%", "100% 1d"};
    struct phase_stage stages[4];
    struct fixture f;
    const char *fault;
    start(&f, PHASE_RC, 0, 0);
    for (size_t i = 0; i < 4; i++)
        assert_true(phase_stage_parse(texts[i], &stages[i], &fault));
    f.gates[G_FRESH].stages = stages;
    f.gates[G_FRESH].n_stages = 4;
    feed(&f, BETA_FEED, "2.0.0.20", WALL0 - 20 * DAY, -1);
    feed(&f, STABLE_FEED, "2.0.0.19", WALL0 - 90 * DAY, -1);
    says(&f, GATE_WAIT, "beta, not rc yet");
    static const struct {
        int64_t age_ms; /* a group comes every day: 14, 29, 43, 57, 71, 86, 100 % */
        enum gate_verdict verdict;
        const char *reason;
    } rows[] = {
        {HOUR, GATE_WAIT, "rc · 14 %: stage 10 % for 1 h of 2 h"},
        {3 * HOUR, GATE_PASS, "rc · 14 %: stage 10 % for 3 h, at least 2 h"},
        {9 * HOUR, GATE_FAIL, "rc · 14 %: stage 10 % for 9 h, at most 8 h"},
        {25 * HOUR, GATE_WAIT, "rc · 29 %: stage 25 % for 1 h of 2 h"},
        {27 * HOUR, GATE_PASS, "rc · 29 %: stage 25 % for 3 h, at least 2 h"},
        {29 * HOUR, GATE_FAIL, "rc · 29 %: stage 25 % for 5 h, at most 4 h"},
        {74 * HOUR, GATE_PASS, "rc · 57 %: stage 50 % for 2 h"},
        {6 * DAY + HOUR, GATE_WAIT, "ga: stage 100 % for 1 h of 1 d"},
        {8 * DAY, GATE_PASS, "ga: stage 100 % for 2 d, at least 1 d"},
        {0, GATE_WAIT, "rc · 14 %: stage 10 % for 0 ms of 2 h"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        advance(&f, 1);
        feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms - rows[i].age_ms, 86400);
        says(&f, rows[i].verdict, rows[i].reason);
    }
    assert_true(phase_share_ms(f.s, 14) == f.wall_ms);
    assert_true(phase_share_ms(f.s, 15) == 0); /* still to come */
    stages[0].share = 20;
    says(&f, GATE_WAIT, "rc · 14 %, the ramp begins at 20 %");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", f.wall_ms + DAY, 86400);
    says(&f, GATE_UNKNOWN,
         "rc · 0 %, since when is not known: the rollout in production/stable feed is paused");
    advance(&f, 1);
    feed(&f, STABLE_FEED, "2.0.0.20", 0, -1);
    says(&f, GATE_UNKNOWN,
         "ga, since when is not known: the item in production/stable feed has no "
         "date that clients can read");
    fixture_fini(&f);
}

static void what_is_no_stage_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",       "%",        "25",       "25 %",       "25%2h",
                                      "25% ",   "0%",       "101%",     "1000%",      "25% 2",
                                      "25% ..", "25% 2h..", "25% ..4h", "25% 4h..2h", "-1%"};
    struct phase_stage stage;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *fault = NULL;
        if (phase_stage_parse(bad[i], &stage, &fault))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_non_null(fault);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_promote_it_is_dev_or_beta),
        cmocka_unit_test(a_stay_has_a_least_and_a_most),
        cmocka_unit_test(what_the_feed_does_not_say_is_unknown),
        cmocka_unit_test(a_phased_rollout_is_rc_until_its_last_group),
        cmocka_unit_test(a_ramp_has_stages_with_times_of_their_own),
        cmocka_unit_test(what_is_no_stage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
