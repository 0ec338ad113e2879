#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/when.h"
#include "src/cmd/slo_read.h"
#include "src/model/slo.h"

#define AT(second) "2026-01-11 11:19:" second ",389 - modules.tray - INFO - "

/* A judge, and what it said of some lines; each judge sees one log unless judge_file() is called. */
static struct slo *judge;
static uint64_t lines;

static void judge_as(enum metric_profile profile, uint64_t min_samples) {
    slo_free(judge);
    struct slo_options options = {.profile = profile,
                                  .min_samples = min_samples,
                                  .retry_abort_baseline = NAN,
                                  .since_ms = INT64_MIN,
                                  .until_ms = INT64_MAX};
    judge = slo_new(&options);
    lines = 0;
}

static void say(const char *text) {
    while (*text) {
        size_t n = strcspn(text, "\n");
        slo_line(judge, ++lines, text, n + (text[n] == '\n'));
        text += n + (text[n] == '\n');
    }
}

static const struct slo_report *report_of(const char *text) {
    judge_as(METRIC_TRAY, SLO_MIN_SAMPLES);
    say(text);
    return slo_finish(judge);
}

static int setup(void **state) {
    (void)state;
    judge = NULL;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    slo_free(judge);
    judge = NULL;
    return 0;
}

/* `want` is "rule:line rule:line". */
static void expect_violations(const char *text, const char *want) {
    const struct slo_report *r = report_of(text);
    char got[512] = "";
    for (size_t i = 0; i < r->n_violations; i++) {
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%s%s:%u", i ? " " : "",
                 metric_breaches[r->violations[i].rule].rule, (unsigned)r->violations[i].line);
    }
    assert_string_equal(got, want);
    if (*want)
        assert_int_equal(r->verdict, SLO_FAIL);
}

static const struct slo_metric *metric(const struct slo_report *r, const char *name) {
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].row->name, name) == 0)
            return &r->metrics[i];
    fail_msg("no metric %s", name);
    return NULL;
}

/* ---- counting ---- */

static void a_series_is_counted_with_its_attempts(void **state) {
    (void)state;
    const struct slo_report *r =
        report_of("TRAY_SERIES_ID=aa\n"
                  "TRAY_ATTEMPT1 start (series_id=aa)\n"
                  "TRAY_ATTEMPT1 result=error (code=InvalidScene, series_id=aa, duration=120ms)\n"
                  "TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=aa, jitter=±15%)\n"
                  "TRAY_ATTEMPT2 start (series_id=aa)\n"
                  "TRAY_ATTEMPT2 result=ok (series_id=aa, duration=842ms)\n"
                  "TRAY_SERIES_ID=bb\n"
                  "TRAY_ATTEMPT1 start (series_id=bb)\n");
    assert_int_equal(r->series, 2);
    assert_int_equal(r->series_ok, 1);
    assert_int_equal(r->attempts, 3);
    assert_int_equal(r->attempts_ok, 1);
    assert_int_equal(r->retries, 1);
    assert_int_equal(r->n_violations, 0);
    assert_int_equal(slo_samples(judge, METRIC_START_MS)->n, 1);
}

static void an_echo_counts_once(void **state) {
    (void)state;
    static const char *const messages[] = {
        "TRAY_SERIES_ID=aa",
        "TRAY_ATTEMPT1 start (series_id=aa)",
        "TRAY_ATTEMPT1 result=ok (series_id=aa, duration=842ms)",
        "CIRCUIT_OPEN reason=X, series_errors=3, after=8000ms",
        "TAL=hold (ts=1.0)",
        "RESTART_FLAG seen_ts=1.1, age_ms=42, pid=8, reason=p",
    };
    char text[512];
    judge_as(METRIC_TRAY, SLO_MIN_SAMPLES);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        snprintf(text, sizeof text, AT("45") "%s\n%s\r\n", messages[i], messages[i]);
        say(text);
    }
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(r->series, 1);
    assert_int_equal(r->attempts, 1);
    assert_int_equal(r->attempts_ok, 1);
    assert_int_equal(r->circuit_opens, 1);
    assert_int_equal(r->restart_flags, 1);
    assert_int_equal(r->n_violations, 0);
}

static void other_values_are_no_echo(void **state) {
    (void)state;
    const struct slo_report *r =
        report_of("TRAY_ATTEMPT1 result=ok (series_id=aa, duration=842ms)\n"
                  "TRAY_ATTEMPT2 result=ok (series_id=aa, duration=842ms)\n"
                  "TRAY_ATTEMPT2 result=ok (series_id=bb, duration=842ms)\n"
                  "TRAY_ATTEMPT3 result=ok (series_id=bb, duration=843ms)\n");
    assert_int_equal(r->attempts_ok, 4);
    assert_int_equal(r->series_ok, 2);
}

static void interleaved_series_are_followed_by_id(void **state) {
    (void)state;
    const struct slo_report *r =
        report_of("TRAY_SERIES_ID=aa\nTRAY_SERIES_ID=bb\n"
                  "TRAY_ATTEMPT1 start (series_id=aa)\n"
                  "TRAY_ATTEMPT1 start (series_id=bb)\n"
                  "TRAY_ATTEMPT1 start (series_id=aa)\n" /* its echo, behind another's line */
                  "TRAY_ATTEMPT1 result=error (code=E, series_id=aa, duration=1ms)\n"
                  "TRAY_ATTEMPT1 result=error (code=E, series_id=bb, duration=1ms)\n"
                  "TRAY_ATTEMPT2 result=error (code=E, series_id=aa, duration=1ms)\n"
                  "TRAY_SERIES_ID=aa\n"
                  "TRAY_ATTEMPT2 result=ok (series_id=bb, duration=9ms)\n"
                  "TRAY_ATTEMPT3 result=ok (series_id=aa, duration=8ms)\n");
    assert_int_equal(r->series, 2);
    assert_int_equal(r->series_ok, 2);
    assert_int_equal(r->attempts, 5);
    assert_int_equal(r->retries, 3);
    assert_int_equal(r->n_violations, 0);
}

static void a_damaged_line_is_not_believed(void **state) {
    (void)state;
    const struct slo_report *r = report_of("TRAY_ATTEMPT1 result=ok (series_id=aa, duration=84");
    assert_int_equal(r->attempts_ok, 0);
    assert_int_equal(r->damaged, 1);
}

static void more_series_than_are_followed_do_no_harm(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    char text[256];
    for (int i = 0; i < 3 * SLO_SERIES_MAX; i++) {
        snprintf(text, sizeof text, "TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n", i,
                 100 + i % 7);
        say(text);
    }
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(r->series, 3 * SLO_SERIES_MAX);
    assert_int_equal(r->series_ok, 3 * SLO_SERIES_MAX);
    assert_int_equal(metric(r, "cold_start_p95_ms")->verdict, SLO_PASS);
}

/* ---- violations ---- */

#define ERROR(n, id) \
    "TRAY_ATTEMPT" #n " result=error (code=E, series_id=" #id ", duration=" #n "ms)\n"
#define OPEN     "CIRCUIT_OPEN reason=E, series_errors=3, after=8000ms\n"
#define CLOSE    "CIRCUIT_CLOSE after=8000ms\n"
#define FLAG(ts) "RESTART_FLAG seen_ts=" #ts ", age_ms=4200, pid=812, reason=permissions\n"
#define HOLD     "TAL=hold (ts=1.0)\n"
#define RELEASED "TAL=released (ts=123.8, duration=122.8s)\n"
#define OK(id)   "TRAY_ATTEMPT1 result=ok (series_id=" #id ", duration=842ms)\n"
#define AUX(n)   "NSStatusItem-Aux[" #n "]-NSStatusItemView\n"

static const struct story {
    const char *text, *violations;
} stories[] = {
    /* TAL, taken before the series or in it */
    {HOLD "TRAY_SERIES_ID=aa\n" OK(aa) "tray.ready 842ms\n" RELEASED, ""},
    {HOLD "TRAY_SERIES_ID=aa\n" OK(aa) RELEASED "tray.ready 842ms\n", "tal-before-ready:4"},
    {"TRAY_SERIES_ID=aa\n" HOLD RELEASED OK(aa) "tray.ready 842ms\n", "tal-before-ready:3"},
    {"TRAY_SERIES_ID=aa\n" HOLD OK(aa) "tray.ready 842ms\nTRAY_SERIES_ID=bb\n" RELEASED, ""},
    {HOLD RELEASED, "tal-before-ready:2"},
    {HOLD "tray.ready 842ms\n" RELEASED, ""},
    {RELEASED, ""}, /* the log begins in the middle */
    /* restart flags */
    {FLAG(1.0) "CC_READY ts=1.0\n" FLAG(2.0) "CC_READY ts=2.0\n", ""},
    {FLAG(1.0) FLAG(2.0), "second-restart-flag:2"},
    {"CC_READY ts=1.0\n" FLAG(1.0) HOLD FLAG(2.0), "second-restart-flag:4"},
    {FLAG(1.0) HOLD "tray.ready 1ms\n" RELEASED FLAG(2.0), ""}, /* nothing else tells of a launch */
    /* cascades */
    {AUX(0) AUX(1), ""},
    {AUX(0) AUX(1) AUX(2) AUX(3), "aux-cascade:3"},
    {AUX(0) AUX(0) AUX(1) AUX(1), ""},
    {AUX(0) AUX(1) "tray.ready 1ms\n" AUX(2), ""},
    /* the circuit */
    {ERROR(1, aa) ERROR(2, aa) ERROR(3, aa) OPEN CLOSE OK(aa), ""},
    {ERROR(1, aa) ERROR(2, aa) ERROR(3, aa) OK(aa), "circuit-not-opened:3"},
    {ERROR(1, aa) ERROR(2, aa) ERROR(3, aa), "circuit-not-opened:3"},
    {ERROR(1, aa) ERROR(1, aa) ERROR(2, aa) ERROR(2, aa), ""},
    {ERROR(1, aa) ERROR(1, bb) ERROR(2, aa) ERROR(2, bb), ""},
    {ERROR(1, aa) ERROR(2, aa) OK(aa) ERROR(4, aa), ""},
    {ERROR(1, aa) ERROR(2, aa) ERROR(1, bb) ERROR(3, aa) ERROR(2, bb) OPEN CLOSE ERROR(3, bb),
     "circuit-not-opened:8"},
    {"TRAY_ATTEMPT3 start (series_id=aa)\n" OPEN "TRAY_ATTEMPT4 start (series_id=aa)\n" CLOSE
     "TRAY_ATTEMPT5 start (series_id=aa)\n",
     "attempt-while-open:3"},
    {"TRAY_ATTEMPT1 start (series_id=bb)\n" OPEN OK(bb) CLOSE, ""}, /* it had begun before */
    {OPEN "CC_READY ts=1.0\nTRAY_ATTEMPT1 start (series_id=bb)\n", ""},
    /* jitter */
    {"TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=aa, jitter=±15%)\n", ""},
    {"TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=aa, jitter=±16%)\n", "jitter:1"},
    {"TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=aa, jitter=-15.5%)\n", "jitter:1"},
};

static void each_rule_finds_its_breach_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        print_message("story %zu\n", i);
        expect_violations(stories[i].text, stories[i].violations);
    }
}

static void a_violation_shows_its_line_safely(void **state) {
    (void)state;
    const struct slo_report *r = report_of(
        "x\nTRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%) \x1b[31m\xff)\r\n");
    assert_int_equal(r->n_violations, 1);
    assert_int_equal(r->violations[0].line, 2);
    assert_string_equal(r->violations[0].text,
                        "TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%) ␛[31m\\xFF)");
}

static void violations_beyond_the_cap_are_counted(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    char text[128];
    for (int i = 0; i < SLO_VIOLATIONS_MAX + 7; i++) {
        snprintf(text, sizeof text,
                 "TRAY_BACKOFF_NEXT=%dms (attempt=1, series_id=aa, jitter=±24%%)\n", i);
        say(text);
    }
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(r->n_violations, SLO_VIOLATIONS_MAX);
    assert_int_equal(r->more_violations, 7);
}

static void files_do_not_speak_of_each_other(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    slo_file(judge);
    say(OPEN FLAG(1.0) AUX(0) AUX(1));
    slo_file(judge);
    say(AUX(2) FLAG(2.0) "TRAY_ATTEMPT1 start (series_id=bb)\n");
    assert_int_equal(slo_finish(judge)->n_violations, 0);
}

static void a_series_goes_on_in_the_next_file(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    slo_file(judge);
    say(ERROR(1, aa) ERROR(2, aa));
    slo_file(judge);
    lines = 0;
    say(ERROR(3, aa));
    slo_file(judge);
    say(OPEN);
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(r->series, 1);
    assert_int_equal(r->n_violations, 0);
}

/* ---- quantiles ---- */

static void a_quantile_is_the_value_at_n_times_q(void **state) {
    (void)state;
    static const struct {
        int n;
        double p50, p95, p99;
    } rows[] = {
        {1, 1, 1, 1}, {2, 2, 2, 2}, {20, 11, 20, 20}, {100, 51, 96, 100}, {1000, 501, 951, 991}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct samples s = {0};
        for (int k = 0; k < rows[i].n; k++) /* 1…n, in no order */
            samples_add(&s, 1 + (k * 7919 + 13) % rows[i].n);
        assert_true(samples_quantile(&s, 500) == rows[i].p50);
        assert_true(samples_quantile(&s, 950) == rows[i].p95);
        assert_true(samples_quantile(&s, 990) == rows[i].p99);
        assert_true(samples_quantile(&s, 1000) == rows[i].n);
        assert_true(s.min == 1 && s.max == rows[i].n);
        assert_true(fabs(samples_mean(&s) - (rows[i].n + 1) / 2.0) < 1e-9);
        samples_fini(&s);
    }
    struct samples none = {0};
    assert_true(isnan(samples_quantile(&none, 950)));
    assert_true(isnan(samples_mean(&none)));
}

/* ---- thresholds ---- */

static void starts(int n, int ms) {
    static unsigned number;
    char text[256];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n",
                 0x1000000U + number++, ms);
        say(text);
    }
}

static void holds(int n, const char *seconds) {
    char text[256];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text,
                 "TAL=hold (ts=%d.0)\ntray.ready %dms\nTAL=released (ts=%d.5, duration=%ss)\n", i,
                 i + 1, i, seconds);
        say(text);
    }
}

static void too_few_samples_are_unknown(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    starts(49, 100);
    holds(50, "120");
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(metric(r, "cold_start_p95_ms")->verdict, SLO_UNKNOWN);
    assert_int_equal(metric(r, "cold_start_p95_ms")->samples, 49);
    assert_int_equal(metric(r, "tal_hold_min_s")->verdict, SLO_PASS);
    assert_int_equal(r->verdict, SLO_UNKNOWN);

    judge_as(METRIC_TRAY, 50);
    starts(50, 100);
    holds(50, "120");
    assert_int_equal(slo_finish(judge)->verdict, SLO_PASS);
}

static void no_data_is_unknown(void **state) {
    (void)state;
    static const enum metric_profile all[] = {METRIC_TRAY, METRIC_WARM, METRIC_COLD, METRIC_SERVER,
                                              METRIC_ALL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        judge_as(all[i], 1);
        say("nothing of note\n");
        assert_int_equal(slo_finish(judge)->verdict, SLO_UNKNOWN);
    }
}

static void cold_starts_keep_p95_and_p99(void **state) {
    (void)state;
    static const struct {
        int fast, slow, ms;
        enum slo_verdict p95, p99;
    } rows[] = {
        {95, 5, 30000, SLO_PASS, SLO_PASS},  {95, 5, 30001, SLO_FAIL, SLO_PASS},
        {96, 4, 60000, SLO_PASS, SLO_PASS},  {99, 1, 60001, SLO_PASS, SLO_FAIL},
        {100, 1, 60001, SLO_PASS, SLO_PASS}, /* ⌊101 · 0.99⌋ = 99: the one before the last */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge_as(METRIC_COLD, 50);
        starts(rows[i].slow, rows[i].ms);
        starts(rows[i].fast, 100);
        const struct slo_report *r = slo_finish(judge);
        assert_int_equal(metric(r, "cold_start_p95_ms")->verdict, rows[i].p95);
        assert_int_equal(metric(r, "cold_start_p99_ms")->verdict, rows[i].p99);
    }
}

static void warm_starts_take_5_s_and_no_retry(void **state) {
    (void)state;
    judge_as(METRIC_WARM, 50);
    starts(50, 5000);
    assert_int_equal(slo_finish(judge)->verdict, SLO_PASS);

    judge_as(METRIC_WARM, 50);
    starts(50, 100);
    starts(1, 5001);
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(metric(r, "warm_start_max_ms")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "warm_start_retries")->verdict, SLO_PASS);

    judge_as(METRIC_WARM, 50);
    say(ERROR(1, aa) "TRAY_ATTEMPT2 result=ok (series_id=aa, duration=1ms)\n");
    r = slo_finish(judge); /* one is enough to break a rule that holds for all */
    assert_int_equal(metric(r, "warm_start_retries")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "warm_start_errors")->verdict, SLO_FAIL);
    assert_int_equal(r->verdict, SLO_FAIL);
}

static void a_short_hold_fails_however_few_there_are(void **state) {
    (void)state;
    judge_as(METRIC_TRAY, 50);
    holds(1, "119.9");
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(metric(r, "tal_hold_min_s")->verdict, SLO_FAIL);
    assert_int_equal(r->verdict, SLO_FAIL);
}

/* ---- the server, and what clients report ---- */

static void decide(int n, const char *decision, int ms, const char *code) {
    char text[512];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text,
                 "ts=2026-01-20T01:43:29.354974 level=INFO scope=grpc "
                 "method=/streaming.StreamingService/StreamAudio decision=%s "
                 "ctx={\"code\": \"%s\", \"n\": %d} dur_ms=%d msg=\"x\"\n",
                 decision, code, i, ms);
        say(text);
    }
}

static void a_server_is_judged_by_its_decisions(void **state) {
    (void)state;
    judge_as(METRIC_SERVER, 50);
    decide(100, "start", 0, "OK");
    decide(100, "stream_acquired", 3, "OK");
    decide(90, "complete", 1000, "OK");
    decide(5, "error", 1500, "INTERNAL");
    decide(5, "abort", 100, "CANCELLED");
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(r->verdict, SLO_PASS);
    assert_int_equal(metric(r, "stream_audio_p95_ms")->samples, 100);
    assert_true(metric(r, "stream_audio_p95_ms")->value == 1500);
    assert_true(metric(r, "stream_audio_p95_ms")->warned);
    assert_true(fabs(metric(r, "error_rate")->value - 0.05) < 1e-12);
    assert_false(metric(r, "error_rate")->warned);

    judge_as(METRIC_SERVER, 50);
    decide(100, "stream_acquired", 3, "OK");
    decide(88, "complete", 1501, "OK");
    decide(12, "error", 10, "RESOURCE_EXHAUSTED");
    r = slo_finish(judge);
    assert_int_equal(metric(r, "stream_audio_p95_ms")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "error_rate")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "backpressure_ratio")->verdict, SLO_FAIL);
}

static void retries_are_judged_by_a_baseline(void **state) {
    (void)state;
    static const struct {
        double baseline;
        enum slo_verdict verdict;
    } rows[] = {{0.02, SLO_FAIL}, {0.04, SLO_PASS}};
    for (size_t i = 0; i < 2; i++) {
        slo_free(judge);
        struct slo_options options = {
            .profile = METRIC_SERVER, .min_samples = 50, .retry_abort_baseline = rows[i].baseline};
        judge = slo_new(&options);
        decide(95, "complete", 1, "OK");
        decide(3, "retry", 1, "OK");
        decide(2, "abort", 1, "OK");
        assert_int_equal(metric(slo_finish(judge), "retry_abort_ratio")->verdict, rows[i].verdict);
    }
}

static void clients_report_measures_rates_and_events(void **state) {
    (void)state;
    judge_as(METRIC_SERVER, 50);
    for (int i = 0; i < 60; i++) {
        say(AT("45") "start_listening_latency_ms=600\nstart_listening_latency_ms=600\n");
        say(AT("45") "decision_latency=11ms\n");
        say(AT("45") "stream.open ok\n");
        say(AT("45") "permissions.first_run_completed=1\n");
        say(AT("45") "net: network_online_ratio=0.96 idle_cpu_pct=0.40\n");
    }
    say(AT("46") "stream.open failed (code=14)\n" AT("47") "stream.open failed (code=14)\n");
    say("permissions.first_run_failed\n");
    const struct slo_report *r = slo_finish(judge);
    assert_int_equal(metric(r, "start_listening_latency_ms")->samples, 60); /* echoes are one */
    assert_int_equal(metric(r, "start_listening_latency_ms")->verdict, SLO_PASS);
    assert_int_equal(metric(r, "decision_latency_ms")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "stream_open_success_rate")->samples, 62);
    assert_int_equal(metric(r, "stream_open_success_rate")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "permission_flow_success")->samples, 61);
    assert_int_equal(metric(r, "permission_flow_success")->verdict, SLO_FAIL);
    assert_int_equal(metric(r, "network_online_ratio")->verdict, SLO_PASS);
    assert_int_equal(r->damaged, 0);
}

static void a_window_is_by_the_lines_own_time(void **state) {
    (void)state;
    slo_free(judge);
    struct slo_options options = {.profile = METRIC_TRAY, .min_samples = 1, .windowed = true};
    assert_true(when_parse_rfc3339("2026-01-11T11:19:46Z", &options.since_ms));
    assert_true(when_parse_rfc3339("2026-01-11T11:19:48Z", &options.until_ms));
    judge = slo_new(&options);
    say(OK(aa)); /* before any time */
    say(AT("45") OK(ab) OK(ac));
    say(AT("46") OK(ad) OK(ae));
    say(AT("47") "something else\n" OK(af));
    say(AT("48") OK(b0) OK(b1));
    assert_int_equal(slo_finish(judge)->series, 3);
}

/* ---- reading ---- */

static void hostile_log(struct buf *log) {
    for (int i = 0; i < 3000; i++) {
        buf_addf(log, AT("45") "chat %d, nothing to see TRAY CIRCUIT\n", i);
        buf_addf(log, "TRAY_SERIES_ID=%x\r\nTRAY_ATTEMPT1 start (series_id=%x)\r\n", i, i);
        buf_addf(log, AT("46") "TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n", i,
                 99 + i);
        buf_add(log, "\0\xff\xfe\0\n", 5);
        if (i == 1000) { /* too long by one, with a word in it */
            buf_add_text(log, "TRAY_SERIES_ID=");
            for (size_t k = 15; k < (size_t)SLO_READ_LINE + 1; k++)
                buf_add_text(log, "f");
            buf_add_text(log, "\n");
        }
    }
    buf_add_text(log, "TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%)");
}

static void pieces_and_the_filter_change_nothing(void **state) {
    (void)state;
    struct buf log;
    buf_init(&log, 0);
    hostile_log(&log);
    static const size_t pieces[] = {4 << 20, SLO_READ_BLOCK, 100003, 4099, 61};
    for (size_t i = 0; i < 2 * (sizeof pieces / sizeof pieces[0]); i++) {
        judge_as(METRIC_ALL, 50);
        struct slo_read read;
        slo_read_init(&read, judge, i % 2 ? metric_words(METRIC_ALL) : NULL);
        slo_read_begin(&read);
        for (size_t at = 0; at < log.len; at += pieces[i / 2])
            slo_read_bytes(&read, log.data + at,
                           log.len - at < pieces[i / 2] ? log.len - at : pieces[i / 2]);
        slo_read_end(&read);
        const struct slo_report *r = slo_finish(judge);
        assert_int_equal(read.lines, 3000 * 5 + 2);
        assert_int_equal(read.bytes, log.len);
        assert_int_equal(read.skipped, 1);
        assert_int_equal(r->series_ok, 3000);
        assert_int_equal(r->n_violations, 1);
        assert_int_equal(r->violations[0].line, 15002);
        slo_read_fini(&read);
    }
    buf_fini(&log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_series_is_counted_with_its_attempts),
        TEST(an_echo_counts_once),
        TEST(other_values_are_no_echo),
        TEST(interleaved_series_are_followed_by_id),
        TEST(a_damaged_line_is_not_believed),
        TEST(more_series_than_are_followed_do_no_harm),
        TEST(each_rule_finds_its_breach_and_no_other),
        TEST(a_violation_shows_its_line_safely),
        TEST(violations_beyond_the_cap_are_counted),
        TEST(files_do_not_speak_of_each_other),
        TEST(a_series_goes_on_in_the_next_file),
        TEST(a_quantile_is_the_value_at_n_times_q),
        TEST(too_few_samples_are_unknown),
        TEST(no_data_is_unknown),
        TEST(cold_starts_keep_p95_and_p99),
        TEST(warm_starts_take_5_s_and_no_retry),
        TEST(a_short_hold_fails_however_few_there_are),
        TEST(a_server_is_judged_by_its_decisions),
        TEST(retries_are_judged_by_a_baseline),
        TEST(clients_report_measures_rates_and_events),
        TEST(a_window_is_by_the_lines_own_time),
        TEST(pieces_and_the_filter_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
