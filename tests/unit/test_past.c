/* What charts are laid over: told as two releases, a week apart. */
#include "src/model/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/model/histogram.h"
#include "src/model/world.h"
#include "tests/unit/config_help.h"
#include "tests/unit/logbook_help.h"

#define HOUR     INT64_C(60)
#define DAY      (24 * HOUR)
#define DAY0     (INT64_C(20500) * DAY) /* minutes since 1970; the store begins */
#define OLD_BORN (DAY0 + 3 * DAY + 9 * HOUR)
#define NEW_BORN (DAY0 + 10 * DAY + 12 * HOUR + 7)
#define APART    (NEW_BORN - OLD_BORN)
#define NOW      (NEW_BORN + 3 * HOUR)

static char latency[] = "latency_ms", rate[] = "ok_rate", lines[] = "errors", unit[] = "ms";
static struct metric_spec metrics[] = {
    {.name = latency, .unit = unit, .shape = SHAPE_MEASURE, .input = -1, .log = -1},
    {.name = rate, .unit = unit, .shape = SHAPE_RATE, .input = -1, .log = -1},
    {.name = lines, .unit = unit, .shape = SHAPE_COUNT, .input = -1, .log = -1},
};
static struct slo_spec slo;
static struct policy policy = {.metrics = metrics, .n_metrics = 3, .slos = &slo, .n_slos = 1};
static struct digest *kept;
static struct slo_past curve;

static struct past_question question(void) {
    return (struct past_question){.policy = &policy,
                                  .now_ms = NOW * 60000 + 30000,
                                  .target = "2.0.0.20",
                                  .previous = "2.0.0.19",
                                  .first = NEW_BORN,
                                  .previous_first = OLD_BORN,
                                  .oldest = DAY0};
}

static int set_up(void **state) {
    (void)state;
    slo = (struct slo_spec){
        .metric = 0, .quantile = 0.95, .min = NAN, .max = 600, .warn = NAN, .window_ms = 3600000};
    kept = digest_new(&policy, NOW * 60000);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    digest_drop(kept);
    return 0;
}

/* `n` of so many ms each in that minute. */
static void keep(int64_t minute, const char *version, enum cohort cohort, double value,
                 unsigned n) {
    struct digest_bucket bucket = {(uint16_t)histogram_bucket(value), n};
    struct digest_delta delta = {.metric = slo.metric,
                                 .cohort = cohort,
                                 .version = digest_version(kept, version),
                                 .minute = minute,
                                 .part = value * n,
                                 .whole = n,
                                 .min = value,
                                 .max = value};
    digest_add(kept, &delta, &bucket, 1);
}

static void keep_parts(int64_t minute, double part, double whole) {
    struct digest_delta delta = {
        .metric = slo.metric, .minute = minute, .part = part, .whole = whole};
    digest_add(kept, &delta, NULL, 0);
}

static void expect_say(const char *text) {
    char said[PAST_TEXT_CAP];
    past_say(&curve, said, sizeof said);
    assert_string_equal(said, text);
}

static bool near(float value, double wanted) {
    return fabs((double)value - wanted) <= wanted * 0.008;
}

static void the_release_before_is_shown_at_the_same_hour_of_its_life(void **state) {
    (void)state;
    struct past_question q = question();
    int64_t then = NOW - APART; /* three hours after its first line */
    for (int64_t m = -59; m <= 0; m++)
        keep(then + m, "2.0.0.19", COHORT_NONE, m < -29 ? 300 : 400, 20);
    keep(NOW - DAY - 5, "2.0.0.19", COHORT_NONE, 5000, 20); /* a day ago is not its third hour */
    struct past_plan plan = past_plan_of(&q, 0, false);
    assert_int_equal(plan.kind, PAST_RELEASE);
    assert_int_equal(plan.shift, APART);
    assert_true(plan.from <= then - 59 && plan.from > then - 70);
    assert_true(plan.end > then && plan.end <= then + 10);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    expect_say("2.0.0.19 at the same age");
    assert_true(curve.shift_ms == APART * 60000);
    assert_true(near(curve.points[0], 300) && near(curve.points[15], 300));
    assert_true(near(curve.points[45], 400) && near(curve.points[59], 400));
}

static double tens(int64_t minutes) {
    int64_t tens = minutes / 10;
    return (double)(100 + tens * 100);
}

static void ten_minutes_kept_as_one_draw_the_same_curve(void **state) {
    (void)state;
    struct past_question q = question();
    struct past_plan plan = past_plan_of(&q, 0, false);
    struct slo_past fine;
    for (int64_t m = plan.from; m < plan.end; m++)
        keep(m, "2.0.0.19", COHORT_NONE, tens(m - plan.from), 5);
    assert_true(past_draw(&q, 0, &plan, kept, &fine));
    digest_drop(kept);
    kept = digest_new(&policy, NOW * 60000);
    for (int64_t m = plan.from; m < plan.end; m += 10) /* as store_logs_forget() leaves it */
        keep(m, "2.0.0.19", COHORT_NONE, tens(m - plan.from), 50);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    for (int i = 0; i < 60; i++)
        assert_true(curve.points[i] == fine.points[i]);
}

static void where_nothing_is_kept_there_is_no_point(void **state) {
    (void)state;
    struct past_question q = question();
    struct past_plan plan = past_plan_of(&q, 0, false);
    assert_false(past_draw(&q, 0, &plan, kept, &curve));
    assert_int_equal(curve.kind, PAST_NONE);
    expect_say("");
    keep(plan.end - 1, "", COHORT_NONE, 300, 1);
    keep(plan.end, "", COHORT_NONE, 900, 1); /* later than the chart's last slot */
    keep(plan.from - 1, "", COHORT_NONE, 900, 1);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    assert_true(isnan(curve.points[0]) && near(curve.points[59], 300));
    for (int i = 0; i < 60; i++)
        assert_true(isnan(curve.points[i]) || near(curve.points[i], 300));
}

static void a_level_of_the_candidate_is_compared_with_who_was_the_candidate(void **state) {
    (void)state;
    struct past_question q = question();
    slo.cohort = COHORT_CANDIDATE;
    int64_t then = NOW - APART;
    keep(then, "2.0.0.19", COHORT_NONE, 300, 20);
    keep(then, "2.0.0.18", COHORT_NONE, 5000, 20);
    keep(then, "", COHORT_BASELINE, 5000, 20);
    struct past_plan plan = past_plan_of(&q, 0, false);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    assert_true(near(curve.points[59], 300));
    keep(then, "", COHORT_CANDIDATE, 500, 100); /* what the log is said to be */
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    assert_true(near(curve.points[59], 500));
    slo.cohort = COHORT_BASELINE; /* whose, then? not kept: a day earlier */
    assert_int_equal(past_plan_of(&q, 0, false).kind, PAST_DAY);
}

static void a_life_whose_beginning_is_not_known_is_not_made_up(void **state) {
    static const struct {
        int64_t first, previous_first, oldest;
        const char *target, *previous;
    } rows[] = {
        {0, OLD_BORN, DAY0, "2.0.0.20", "2.0.0.19"},         /* the target said nothing yet */
        {NEW_BORN, 0, DAY0, "2.0.0.20", "2.0.0.19"},         /* nor the one before */
        {NEW_BORN, DAY0 + 10, DAY0, "2.0.0.20", "2.0.0.19"}, /* it is older than the memory */
        {NEW_BORN, NEW_BORN, DAY0, "2.0.0.20", "2.0.0.19"},
        {OLD_BORN, NEW_BORN, DAY0, "2.0.0.20", "2.0.0.19"}, /* heard of after it */
        {NEW_BORN, OLD_BORN, DAY0, "2.0.0.20", ""},
        {NEW_BORN, OLD_BORN, DAY0, "", "2.0.0.19"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct past_question q = question();
        q.first = rows[i].first;
        q.previous_first = rows[i].previous_first;
        q.oldest = rows[i].oldest;
        q.target = rows[i].target;
        q.previous = rows[i].previous;
        struct past_plan plan = past_plan_of(&q, 0, false);
        assert_int_equal(plan.kind, PAST_DAY);
        assert_int_equal(plan.shift, DAY);
    }
}

static void without_versions_the_same_hours_a_day_or_a_week_earlier_are_shown(void **state) {
    static const struct {
        int64_t window_ms;
        enum past_kind kind;
        int64_t shift;
    } rows[] = {
        {5 * INT64_C(60000), PAST_DAY, DAY},
        {INT64_C(86400000), PAST_DAY, DAY},
        {3 * INT64_C(86400000), PAST_WEEK, 7 * DAY},
        {30 * INT64_C(86400000), PAST_NONE, 0}, /* all that is kept is in the chart already */
    };
    (void)state;
    struct past_question q = question();
    q.previous_first = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        slo.window_ms = rows[i].window_ms;
        struct past_plan plan = past_plan_of(&q, 0, false);
        assert_int_equal(plan.kind, rows[i].kind);
        assert_int_equal(plan.shift, rows[i].shift);
    }
    slo.window_ms = 3600000;
    keep(NOW - DAY, "", COHORT_NONE, 250, 9);
    struct past_plan plan = past_plan_of(&q, 0, false);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    expect_say("a day earlier");
    assert_true(near(curve.points[59], 250));
}

static void wide_slots_lie_over_wide_slots(void **state) {
    (void)state;
    struct past_question q = question();
    slo.window_ms = 86400000; /* slots of 24 minutes */
    struct past_plan plan = past_plan_of(&q, 0, false);
    assert_int_equal(plan.kind, PAST_RELEASE);
    assert_int_equal(plan.shift % 24, 0);
    assert_true(plan.shift <= APART && plan.shift > APART - 24);
    assert_int_equal(plan.from % 24, 0);
    assert_int_equal(plan.end - plan.from, DAY);
}

static void rates_are_of_all_and_counts_are_by_the_charts_own_slots(void **state) {
    (void)state;
    struct past_question q = question();
    q.previous_first = 0;
    slo.metric = 1;
    slo.quantile = NAN;
    struct past_plan plan = past_plan_of(&q, 0, false);
    keep_parts(plan.end - 10, 90, 100);
    keep_parts(plan.end - 9, 100, 100);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    assert_true(fabsf(curve.points[59] - 0.95f) < 0.0001f);
    slo.metric = 2;
    keep_parts(plan.end - 10, 30, 1000);
    assert_true(past_draw(&q, 0, &plan, kept, &curve));
    assert_true(fabsf(curve.points[59] - 3) < 0.0001f); /* 30 in ten minutes: 3 in one */
}

/* ---- in the world ---- */

static void it_is_in_the_snapshot_as_long_as_it_stands(void **state) {
    static struct book b;
    (void)state;
    book_open(&b, "logs:\n  - {name: client, format: tray, paths: [c.log]}\n"
                  "slos:\n  - {name: s, metric: tray_start_ms, quantile: 0.95, max: 600}\n");
    struct world *world = world_new(b.policy);
    struct past_question q = {
        .policy = b.policy, .now_ms = NOW * 60000, .target = "", .previous = ""};
    struct past *past = past_new(&q);
    const struct snapshot *s = world_judge(world, q.now_ms, 1000);
    assert_int_equal(s->slos[0].past.kind, PAST_NONE);
    snapshot_drop(s);
    past->curves[0].kind = PAST_DAY;
    past->curves[0].points[7] = 42;
    world_past(world, past);
    s = world_judge(world, q.now_ms + 60000, 61000);
    assert_int_equal(s->slos[0].past.kind, PAST_DAY);
    assert_true(s->slos[0].past.points[7] == 42);
    assert_int_equal(s->slos[0].verdict, SLO_UNKNOWN); /* it judges nothing */
    snapshot_drop(s);
    s = world_judge(world, q.now_ms + 6 * 60000, 361000); /* the store says no more */
    assert_int_equal(s->slos[0].past.kind, PAST_NONE);
    snapshot_drop(s);
    snprintf(past->target, sizeof past->target, "2.0.0.21"); /* of another release */
    world_past(world, past);
    s = world_judge(world, q.now_ms, 362000);
    assert_int_equal(s->slos[0].past.kind, PAST_NONE);
    snapshot_drop(s);
    past_free(past);
    world_free(world);
    book_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_release_before_is_shown_at_the_same_hour_of_its_life),
        TEST(ten_minutes_kept_as_one_draw_the_same_curve),
        TEST(where_nothing_is_kept_there_is_no_point),
        TEST(a_level_of_the_candidate_is_compared_with_who_was_the_candidate),
        TEST(a_life_whose_beginning_is_not_known_is_not_made_up),
        TEST(without_versions_the_same_hours_a_day_or_a_week_earlier_are_shown),
        TEST(wide_slots_lie_over_wide_slots),
        TEST(rates_are_of_all_and_counts_are_by_the_charts_own_slots),
        cmocka_unit_test(it_is_in_the_snapshot_as_long_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
