#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/gate.h"
#include "src/model/world.h"
#include "tests/unit/config_help.h"
#include "tests/unit/logbook_help.h"

/* Lines go through the logbook into digests, digests into the world, and a snapshot says what holds. */
static struct book b;
static struct world *world;
static const struct snapshot *s;
static int64_t now, mono;

#define LOGS                                                    \
    "logs:\n  - {name: client, format: tray, paths: [c.log]}\n" \
    "  - {name: server, format: logfmt, paths: [s.log]}\n"
#define COHORTS                                                                  \
    "logs:\n  - {name: new, format: tray, paths: [n.log], release: candidate}\n" \
    "  - {name: old, format: tray, paths: [o.log], release: baseline}\n"
#define SLO \
    "slos:\n  - {name: start, metric: tray_start_ms, quantile: 0.95, max: 600, window: 1h}\n"

static void open_world(const char *yaml) {
    book_open(&b, yaml);
    world = world_new(b.policy);
    now = book_time("2026-02-26T12:00:30Z");
    mono = 1000000;
    for (unsigned i = 0; i < b.policy->n_logs; i++)
        logbook_status(b.logbook, i, 1, true, NULL);
}

static const struct snapshot *judged(void) {
    snapshot_drop(s);
    return s = world_judge(world, now, mono);
}

static const struct snapshot *digested(void) {
    world_digest(world, book_digest(&b, now), mono);
    return judged();
}

static void pass_time(int64_t ms) {
    now += ms;
    mono += ms;
}

static int teardown(void **state) {
    (void)state;
    snapshot_drop(s);
    s = NULL;
    world_free(world);
    book_close(&b);
    return 0;
}

static unsigned series;
static void starts(unsigned log, int n, int ms) {
    for (int i = 0; i < n; i++) {
        char line[128];
        snprintf(line, sizeof line, "TRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n",
                 ++series, ms);
        book_say(&b, log, log ? "o.log" : "c.log", now, line);
    }
}

static void decide(int n, const char *decision) {
    for (int i = 0; i < n; i++) {
        char line[160];
        snprintf(line, sizeof line, "ts=2026-02-26T12:00:00 method=X decision=%s dur_ms=5\n",
                 decision);
        book_say(&b, 1, "s.log", now, line);
    }
}

static const struct gate_view *gate(const char *name) {
    for (size_t i = 0; i < s->n_gates; i++)
        if (strcmp(b.policy->gates[i].name, name) == 0)
            return &s->gates[i];
    fail_msg("no gate %s", name);
    return NULL;
}

static void expect_gate(const char *name, enum gate_verdict verdict, const char *reason) {
    const struct gate_view *g = gate(name);
    if (g->verdict != verdict || !strstr(g->reason, reason))
        fail_msg("%s is %s: %s", name, gate_verdict_name(g->verdict), g->reason);
}

/* ---- service levels ---- */

static void enough_samples_within_the_limit_pass(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n" LOGS SLO);
    starts(0, 99, 412);
    starts(0, 1, 9000);
    digested();
    assert_int_equal(s->slos[0].verdict, SLO_PASS);
    assert_true(fabs(s->slos[0].value - 412) < 412 * 0.008);
    assert_int_equal(s->slos[0].samples, 100);
    assert_int_equal(s->slos[0].n_points, 60);
    assert_true(fabsf(s->slos[0].points[59] - 412) < 4 && isnan(s->slos[0].points[58]));
    assert_non_null(strstr(s->slos[0].reason, "ms ≤ 600 ms, 100 samples in 1h"));
    expect_gate("levels", GATE_PASS, "1 met, of 100 samples or more; start: p95 4");
}

static void a_level_that_is_broken_fails_with_its_numbers(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n" LOGS SLO);
    starts(0, 50, 412);
    starts(0, 50, 900);
    digested();
    assert_int_equal(s->slos[0].verdict, SLO_FAIL);
    expect_gate("levels", GATE_FAIL, "start: p95 900 ms > 600 ms, 100 samples in 1h");
}

static void too_few_samples_are_unknown_whatever_they_say(void **state) {
    (void)state;
    open_world(
        "  - {name: levels, kind: slo}\n  - {name: more, kind: slo, min_samples: 60}\n" LOGS SLO);
    starts(0, 49, 412);
    digested();
    expect_gate("levels", GATE_UNKNOWN, "of 49 samples in 1h: too few to say");
    starts(0, 1, 412);
    digested();
    expect_gate("levels", GATE_PASS, "");
    expect_gate("more", GATE_UNKNOWN, "fewer than 60 say nothing");
    starts(0, 10, 412);
    digested();
    expect_gate("more", GATE_PASS, "");
}

static void no_data_is_unknown_and_time_makes_it_so_again(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n" LOGS SLO);
    judged();
    expect_gate("levels", GATE_UNKNOWN, "start: the logs have not been read yet");
    assert_false(s->settled);
    digested();
    expect_gate("levels", GATE_UNKNOWN, "start: no data in 1h");
    starts(0, 100, 412);
    digested();
    expect_gate("levels", GATE_PASS, "");
    pass_time(59 * 60000);
    digested();
    expect_gate("levels", GATE_PASS, "");
    pass_time(60000);
    digested();
    expect_gate("levels", GATE_UNKNOWN, "no data in 1h");
}

static void a_reader_that_fell_silent_is_not_believed(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n  - {name: quiet, kind: no-violations}\n" LOGS SLO);
    starts(0, 100, 412);
    digested();
    expect_gate("levels", GATE_PASS, "");
    expect_gate("quiet", GATE_PASS, "none in 1 d");
    pass_time(LOGBOOK_PATIENCE_MS);
    judged();
    expect_gate("levels", GATE_PASS, "");
    pass_time(1000);
    judged();
    expect_gate("levels", GATE_UNKNOWN, "the logs have not been read for 31 s");
    expect_gate("quiet", GATE_UNKNOWN, "the logs have not been read for 31 s");
    digested();
    expect_gate("levels", GATE_PASS, "");
}

static void a_log_that_cannot_be_read_is_not_believed(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n" LOGS SLO);
    starts(0, 100, 412);
    logbook_status(b.logbook, 1, 0, true, "permission denied: let gonogo read it");
    digested();
    expect_gate("levels", GATE_PASS, ""); /* another log */
    logbook_status(b.logbook, 0, 0, true, "permission denied: let gonogo read it");
    digested();
    expect_gate("levels", GATE_UNKNOWN, "log client: permission denied: let gonogo read it");
    logbook_status(b.logbook, 0, 1, false, NULL);
    digested();
    expect_gate("levels", GATE_UNKNOWN, "still being read");
}

static void a_rule_for_every_single_one_fails_with_one(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo, slos: [tal_hold_min_s]}\n" LOGS);
    book_say(&b, 0, "c.log", now, "tray.ready 5ms\nTAL=released (ts=1.0, duration=119.9s)\n");
    digested();
    expect_gate("levels", GATE_FAIL, "tal_hold_min_s: least 119.9");
}

static void levels_that_nobody_reports_are_left_out(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo, slos: ['start_listening*', 'error_rate']}\n" LOGS);
    digested();
    expect_gate("levels", GATE_UNKNOWN, "error_rate: no data");
    decide(100, "complete");
    digested();
    expect_gate("levels", GATE_PASS, "1 met");
    book_say(&b, 0, "c.log", now, "start_listening_latency_ms=900\n");
    digested();
    expect_gate("levels", GATE_UNKNOWN, "start_listening_latency_ms: p95 900 ms of 1 samples");
}

static void a_rate_is_judged_and_warned_of(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo, slos: [error_rate]}\n" LOGS);
    decide(94, "complete");
    decide(6, "error");
    digested();
    expect_gate("levels", GATE_PASS, "warning: error_rate: 6 % ≤ 10 %, 100 samples in 1h");
    decide(10, "error");
    digested();
    expect_gate("levels", GATE_FAIL, "error_rate: 14.5 % > 10 %");
}

static void counts_are_of_the_lines_that_were_read(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n" LOGS
               "metrics: [{name: oops, log: client, match: oops, count: true}]\n"
               "slos: [{name: oops, metric: oops, max: 2, window: 5m}]\n");
    digested();
    expect_gate("levels", GATE_UNKNOWN, "no data");
    for (int i = 0; i < 60; i++)
        book_say(&b, 0, "c.log", now, i % 30 ? "fine\n" : "oops\n");
    digested();
    expect_gate("levels", GATE_PASS, "2 ≤ 2, 60 lines in 5m");
    book_say(&b, 0, "c.log", now, "oops\n");
    digested();
    expect_gate("levels", GATE_FAIL, "3 > 2");
}

/* ---- what the store kept ---- */

static void digests_that_were_kept_fill_the_windows_and_say_nothing_of_now(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo}\n  - {name: quiet, kind: no-violations}\n" LOGS SLO);
    starts(0, 100, 412);
    book_say(&b, 0, "c.log", now, "TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%)\n");
    struct digest *kept = logbook_digest(b.logbook, now);
    kept->recalled = true;
    world_digest(world, kept, mono);
    digest_drop(kept);
    judged();
    expect_gate("levels", GATE_UNKNOWN, "have not been read yet");
    assert_int_equal(s->log->n_violations, 1);
    digested();
    expect_gate("levels", GATE_PASS, "100 samples");
    expect_gate("quiet", GATE_FAIL,
                "1 in 1 d, the last: a jitter outside ±15 %: c.log:101: TRAY_B");
}

/* ---- burn ---- */

static void a_budget_that_burns_fast_pages(void **state) {
    (void)state;
    open_world("  - {name: burn, kind: burn}\n  - {name: ticket, kind: burn, alert: ticket}\n" LOGS
               "slos: [{name: errors, metric: error_rate, max: 0.01, burn: true}]\n");
    decide(100, "complete");
    digested();
    expect_gate("burn", GATE_PASS, "errors: 0.0× over 1 h");
    assert_true(s->slos[0].burn.budget_left == 1);
    decide(40, "error");
    digested();
    expect_gate("burn", GATE_FAIL, "errors: page: 28.6× over 1h and 28.6× over 5m");
    assert_int_equal(s->slos[0].burn.level, BURN_PAGE);
    assert_true(s->slos[0].burn.budget_left < 0);
    pass_time(30 * 60000); /* the 5 minutes and the half hour are over */
    decide(100, "complete");
    digested();
    expect_gate("burn", GATE_PASS, "errors: ticket");
    expect_gate("ticket", GATE_FAIL, "errors: ticket");
    pass_time(4 * 3600000);
    digested();
    expect_gate("burn", GATE_UNKNOWN, "errors: "); /* no events in an hour */
}

static void a_measure_spends_budget_with_each_value_beyond(void **state) {
    (void)state;
    open_world(
        "  - {name: burn, kind: burn}\n" LOGS
        "slos: [{name: start, metric: tray_start_ms, quantile: 0.95, max: 600, burn: true}]\n");
    starts(0, 95, 412);
    starts(0, 5, 900);
    digested();
    assert_true(fabs(s->slos[0].burn.rates[WINDOW_1H] - 1) < 1e-9);
    expect_gate("burn", GATE_PASS, "start: 1.0× over 1 h");
}

/* ---- canary ---- */

static void a_candidate_that_got_slower_is_worse(void **state) {
    (void)state;
    open_world("  - {name: canary, kind: canary, metrics: [tray_start_ms]}\n" COHORTS SLO);
    for (int i = 0; i < 49; i++) {
        starts(0, 1, 500 + i * 7);
        starts(1, 1, 400 + i * 7);
    }
    digested();
    expect_gate("canary", GATE_UNKNOWN, "49 points of the candidate, 49 of the baseline: 50 each");
    for (int i = 0; i < 51; i++) {
        starts(0, 1, 500 + i * 7);
        starts(1, 1, 400 + i * 7);
    }
    digested();
    expect_gate("canary", GATE_FAIL, "the candidate is worse: tray_start_ms: shift 10");
    assert_int_equal(s->canaries[0].candidate_points, 100);
    assert_true(s->canaries[0].p < 0.001);
    assert_true(s->slos[0].candidate > s->slos[0].baseline);
    assert_int_equal(s->slos[0].baseline_samples, 100);
    assert_int_equal(s->slos[0].samples, 200);
}

static void a_candidate_that_got_faster_is_no_worse(void **state) {
    (void)state;
    open_world("  - {name: canary, kind: canary, metrics: [tray_start_ms]}\n" COHORTS);
    for (int i = 0; i < 80; i++) {
        starts(0, 1, 300 + i * 7);
        starts(1, 1, 400 + i * 7);
    }
    digested();
    expect_gate("canary", GATE_PASS, "1 metric no worse; tray_start_ms: shift -10");
}

static void a_rate_has_a_point_for_each_slot_of_its_window(void **state) {
    (void)state;
    open_world("  - {name: canary, kind: canary, metrics: [stream_open_success_rate]}\n" COHORTS);
    for (int minute = 0; minute < 55; minute++) {
        for (int i = 0; i < 20; i++) {
            char line[64];
            snprintf(line, sizeof line, "stream.open %s %d\n", i < 1 + minute % 4 ? "failed" : "ok",
                     i);
            book_say(&b, 0, "c.log", now, line);
            snprintf(line, sizeof line, "stream.open %s %d\n", i < minute % 2 ? "failed" : "ok", i);
            book_say(&b, 1, "o.log", now, line);
        }
        digested();
        pass_time(60000);
    }
    digested();
    assert_int_equal(s->canaries[0].candidate_points, 55);
    expect_gate("canary", GATE_FAIL,
                "the candidate is worse: stream_open_success_rate: shift -10 %");
}

static void lines_that_tell_their_version_are_compared_by_it(void **state) {
    (void)state;
    book_open(&b,
              "  - {name: canary, kind: canary, metrics: [tray_start_ms]}\n"
              "logs: [{name: c, format: tray, paths: [c.log], version: app}]\ntarget: 2.0.0.20\n");
    world = world_new(b.policy);
    now = book_time("2026-02-26T12:00:30Z");
    mono = 1000000;
    logbook_status(b.logbook, 0, 1, true, NULL);
    for (int i = 0; i < 60; i++) {
        static const char *const versions[] = {"2.0.0.20", "2.0.0.19", "1.9"};
        for (int v = 0; v < 3; v++) {
            char line[160];
            snprintf(line, sizeof line,
                     "x app=%s\nTRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n",
                     versions[v], ++series,
                     (v == 0   ? 800
                      : v == 1 ? 400
                               : 5) +
                         i);
            book_say(&b, 0, "c.log", now, line);
        }
    }
    digested();
    assert_int_equal(s->canaries[0].candidate_points, 60);
    assert_int_equal(s->canaries[0].baseline_points, 0); /* the stable version is not known */
    expect_gate("canary", GATE_UNKNOWN, "60 points of the candidate, 0 of the baseline");
}

static void of_many_versions_those_that_spoke_last_are_followed(void **state) {
    (void)state;
    open_world("  - {name: canary, kind: canary, metrics: [tray_start_ms]}\n"
               "logs: [{name: c, format: tray, paths: [c.log], version: app}]\ntarget: '1.3'\n");
    for (int round = 0; round < 2; round++) { /* old ones come again and again */
        for (int v = 0; v < 8; v++) {         /* 1.3 is the newest but one */
            char line[160];
            static const int order[] = {7, 5, 6, 2, 1, 0, 4, 3};
            for (int i = 0; i < 30; i++) {
                int64_t at = now - (v < 6 ? 50 - v : 1) * INT64_C(60000);
                snprintf(line, sizeof line,
                         "x app=1.%d\nTRAY_ATTEMPT1 result=ok (series_id=%x, duration=%dms)\n",
                         order[v], ++series, 400 + i);
                book_say(&b, 0, "c.log", at, line);
            }
            digested();
        }
    }
    assert_int_equal(s->canaries[0].candidate_points, 60);
}

/* ---- ramps ---- */

static void stream(unsigned log, int n, const char *decision, int ms) {
    for (int i = 0; i < n; i++) {
        char line[200];
        snprintf(line, sizeof line,
                 "ts=2026-02-26T12:00:00 method=/a/StreamAudio decision=%s dur_ms=%d\n", decision,
                 ms);
        book_say(&b, log, log ? "b.log" : "a.log", now, line);
    }
}

static void guardrails_hold_a_stage_to_its_baseline(void **state) {
    (void)state;
    open_world("  - {name: rails, kind: guardrails}\n"
               "logs:\n  - {name: new, format: logfmt, paths: [a.log], release: candidate}\n"
               "  - {name: old, format: logfmt, paths: [b.log], release: baseline}\n");
    judged();
    expect_gate("rails", GATE_UNKNOWN, "the logs have not been read yet");
    for (unsigned log = 0; log < 2; log++) {
        stream(log, 100, "stream_acquired", 0);
        stream(log, 96, "complete", 400);
        stream(log, 4, "abort", 400);
    }
    digested();
    expect_gate("rails", GATE_PASS, "all four hold; StreamAudio p95: 4");
    assert_int_equal(s->n_ramps, RAMP_GUARDS);
    stream(0, 4, "retry", 400);
    digested();
    expect_gate("rails", GATE_FAIL, "retries and aborts: 7.69 % > 6 % (1.5 × the baseline's)");
    pass_time(LOGBOOK_PATIENCE_MS + 1000);
    judged();
    expect_gate("rails", GATE_UNKNOWN, "have not been read for");
}

static void guardrails_take_a_baseline_that_is_written_down(void **state) {
    (void)state;
    open_world("  - {name: rails, kind: guardrails, baseline: 0.02, min_samples: 10}\n"
               "logs: [{name: new, format: logfmt, paths: [a.log]}]\n");
    stream(0, 10, "stream_acquired", 0);
    stream(0, 98, "complete", 400);
    stream(0, 2, "abort", 400);
    digested();
    expect_gate("rails", GATE_PASS, "all four hold");
    stream(0, 2, "abort", 400);
    digested();
    expect_gate("rails", GATE_FAIL, "retries and aborts: 3.92 % > 3 %");
}

/* ---- logs-clean ---- */

static void dirt_fails_until_the_file_is_written_anew(void **state) {
    (void)state;
    open_world("  - {name: clean, kind: logs-clean}\n"
               "logs: [{name: build, format: text, paths: [log.md]}]\n");
    judged();
    expect_gate("clean", GATE_UNKNOWN, "the logs have not been read yet");
    book_say(&b, 0, "log.md", 0, "fine\nERROR: oops\n");
    digested();
    expect_gate("clean", GATE_FAIL, "1 line in log.md, the first 2: ERROR: oops");
    logbook_renewed(b.logbook, logbook_file(b.logbook, 0, "log.md"));
    book_say(&b, 0, "log.md", 0, "fine\n");
    digested();
    expect_gate("clean", GATE_PASS, "1 file, 3 lines");
    logbook_status(b.logbook, 0, 0, true, NULL);
    digested();
    expect_gate("clean", GATE_UNKNOWN, "log build: there is no file");
}

static void violations_fail_for_as_long_as_the_window(void **state) {
    (void)state;
    open_world("  - {name: quiet, kind: no-violations, window: 1h}\n"
               "  - {name: others, kind: no-violations, rules: ['*', '!jitter']}\n" LOGS);
    digested();
    expect_gate("quiet", GATE_UNKNOWN, "log client: no line in 1 h");
    book_say(&b, 0, "c.log", now, "TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=aa, jitter=±24%)\n");
    digested();
    expect_gate("quiet", GATE_FAIL,
                "1 in 1 h, the last: a jitter outside ±15 %: c.log:1: TRAY_BACK");
    expect_gate("others", GATE_PASS, "none in 1 d, the last line 0 ms ago");
    pass_time(59 * 60000);
    digested();
    expect_gate("quiet", GATE_FAIL, "");
    pass_time(60000);
    book_say(&b, 0, "c.log", now, "fine\n");
    digested();
    expect_gate("quiet", GATE_PASS, "none in 1 h");
}

static void lines_that_were_counted_before_tell_that_somebody_spoke(void **state) {
    (void)state;
    open_world("  - {name: quiet, kind: no-violations, logs: [client], window: 1h}\n" LOGS);
    book_context(&b, 0, "c.log", "2026-02-26 11:30:00,1 - m - INFO - nothing that matters\n");
    digested();
    expect_gate("quiet", GATE_PASS, "none in 1 h, the last line 30 m");
    pass_time(31 * 60000);
    digested();
    expect_gate("quiet", GATE_UNKNOWN, "log client: no line in 1 h");
}

static void a_violation_that_is_no_longer_kept_still_fails(void **state) {
    (void)state;
    open_world("  - {name: flags, kind: no-violations, rules: [second-restart-flag]}\n" LOGS);
    book_say(&b, 0, "c.log", now,
             "RESTART_FLAG seen_ts=1.1, age_ms=1, pid=1, reason=x\n"
             "RESTART_FLAG seen_ts=2.1, age_ms=1, pid=1, reason=x\n");
    digested();
    for (int i = 0; i < 200; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "TRAY_BACKOFF_NEXT=8ms (attempt=%d, series_id=aa, jitter=±24%%)\n", i);
        book_say(&b, 0, "c.log", now, line);
        digested();
    }
    assert_int_equal(s->log->n_violations, LOG_VIOLATIONS_KEPT);
    assert_int_equal(s->log->n_events, 202);
    expect_gate("flags", GATE_FAIL, "a rule was broken within 1 d");
}

static void on_unknown_fail_waits_until_the_logs_were_read(void **state) {
    (void)state;
    open_world("  - {name: levels, kind: slo, on_unknown: fail}\n" LOGS SLO);
    judged();
    expect_gate("levels", GATE_UNKNOWN, "");
    digested();
    expect_gate("levels", GATE_FAIL, "no data in 1h (unknown counts as failure)");
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        TEST(enough_samples_within_the_limit_pass),
        TEST(a_level_that_is_broken_fails_with_its_numbers),
        TEST(too_few_samples_are_unknown_whatever_they_say),
        TEST(no_data_is_unknown_and_time_makes_it_so_again),
        TEST(a_reader_that_fell_silent_is_not_believed),
        TEST(a_log_that_cannot_be_read_is_not_believed),
        TEST(a_rule_for_every_single_one_fails_with_one),
        TEST(levels_that_nobody_reports_are_left_out),
        TEST(a_rate_is_judged_and_warned_of),
        TEST(counts_are_of_the_lines_that_were_read),
        TEST(digests_that_were_kept_fill_the_windows_and_say_nothing_of_now),
        TEST(a_budget_that_burns_fast_pages),
        TEST(a_measure_spends_budget_with_each_value_beyond),
        TEST(a_candidate_that_got_slower_is_worse),
        TEST(a_candidate_that_got_faster_is_no_worse),
        TEST(a_rate_has_a_point_for_each_slot_of_its_window),
        TEST(lines_that_tell_their_version_are_compared_by_it),
        TEST(of_many_versions_those_that_spoke_last_are_followed),
        TEST(guardrails_hold_a_stage_to_its_baseline),
        TEST(guardrails_take_a_baseline_that_is_written_down),
        TEST(dirt_fails_until_the_file_is_written_anew),
        TEST(violations_fail_for_as_long_as_the_window),
        TEST(lines_that_were_counted_before_tell_that_somebody_spoke),
        TEST(a_violation_that_is_no_longer_kept_still_fails),
        TEST(on_unknown_fail_waits_until_the_logs_were_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
