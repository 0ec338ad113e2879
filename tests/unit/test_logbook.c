#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/model/histogram.h"
#include "src/model/slo.h"
#include "tests/unit/logbook_help.h"

#define CLIENT "logs: [{name: client, format: tray, paths: [c.log]}]\n"
#define SERVER "logs: [{name: server, format: logfmt, paths: [s.log]}]\n"
#define NOON   book_time("2026-02-26T12:00:30Z")

#define OK(id, ms) "TRAY_ATTEMPT1 result=ok (series_id=" id ", duration=" ms "ms)\n"
#define START(id)  "TRAY_ATTEMPT1 start (series_id=" id ")\n"
#define ERROR(id)  "TRAY_ATTEMPT1 result=error (code=X, series_id=" id ", duration=1ms)\n"
#define AT(time)   "2026-02-26 " time ",389 - modules.tray - INFO - "

static struct book b;

static int teardown(void **state) {
    (void)state;
    book_close(&b);
    return 0;
}

/* ---- time ---- */

static void a_line_goes_to_its_own_minute_however_late_it_comes(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON,
             AT("12:00:01") OK("a1", "842") AT("11:58:59") OK("a2", "100") AT("12:00:02")
                 OK("a3", "58"));
    book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T12:00:00Z").part == 900);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T11:58:00Z").part == 100);
    assert_true(book_sum(&b, "tray_start_ms").whole == 3);
}

static void a_bare_line_has_the_time_of_the_line_before(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    /* also of one that matters to nobody */
    book_say(&b, 0, "c.log", NOON, AT("11:50:00") "something else\n" OK("a1", "842"));
    book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T11:50:00Z").whole == 1);
    book_say(&b, 0, "c.log", NOON, OK("a2", "842")); /* and of the block before */
    book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T11:50:00Z").whole == 1);
}

static void where_blocks_end_does_not_matter_to_time(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON, AT("11:40:00") OK("a1", "842"));
    book_say(&b, 0, "c.log", NOON, AT("11:50:00") "something else\n");
    book_say(&b, 0, "c.log", NOON, "bare\n");
    book_say(&b, 0, "c.log", NOON, OK("a2", "842"));
    book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T11:50:00Z").whole == 1);
}

static void a_log_without_times_has_that_of_its_coming(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON, OK("a1", "842"));
    const struct digest *d = book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T12:00:00Z").whole == 1);
    book_say(&b, 0, "d.log", 0, OK("a2", "842")); /* history: nobody knows when */
    d = book_digest(&b, NOON);
    assert_int_equal(d->n_deltas, 0);
    assert_int_equal(d->logs[0].untimed, 1);
}

static void a_local_time_is_of_the_logs_zone(void **state) {
    (void)state;
    book_open(&b, "logs: [{name: client, format: tray, paths: [c.log], zone: '-05:00'}]\n");
    book_say(&b, 0, "c.log", NOON, AT("07:00:00") OK("a1", "842"));
    const struct digest *d = book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T12:00:00Z").whole == 1);
    assert_int_equal(d->logs[0].ahead, 0);
    assert_int_equal(d->logs[0].last_ms, book_time("2026-02-26T12:00:00.389Z"));
}

/* 2026-11-01 in Toronto: 01:00 to 02:00 is 05:00 to 06:00 in UTC, and then 06:00 to 07:00. */
static void in_the_hour_that_comes_twice_lines_may_be_a_little_out_of_order(void **state) {
    (void)state;
#define FALL(time) "2026-11-01 " time ",389 - a.logger - INFO - "
    book_open(&b, "logs: [{name: client, format: tray, paths: [c.log], zone: America/Toronto}]\n");
    book_say(&b, 0, "c.log", 0, /* history */
             FALL("01:30:00") OK("a1", "10") FALL("01:29:59") OK("a2", "100") FALL("01:31:00")
                 OK("a3", "1000") FALL("01:05:00") OK("a4", "1"));
    book_digest(&b, book_time("2026-11-01T12:00:00Z"));
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T05:30:00Z").part == 10);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T05:29:00Z").part == 100);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T05:31:00Z").part == 1000);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T06:05:00Z").part == 1);
}

static void in_the_hour_that_comes_twice_a_line_that_comes_now_is_of_now(void **state) {
    (void)state;
    book_open(&b, "logs: [{name: client, format: tray, paths: [c.log], zone: America/Toronto}]\n");
    book_say(&b, 0, "c.log", book_time("2026-11-01T05:10:01Z"), FALL("01:10:00") OK("a1", "10"));
    /* the clock went back, and the hour before was quiet */
    book_say(&b, 0, "c.log", book_time("2026-11-01T06:40:01Z"), FALL("01:40:00") OK("a2", "100"));
    book_say(&b, 0, "c.log", book_time("2026-11-01T06:40:02Z"), FALL("01:38:00") OK("a3", "1000"));
    const struct digest *d = book_digest(&b, book_time("2026-11-01T06:40:03Z"));
    assert_int_equal(d->logs[0].ahead, 0);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T05:10:00Z").part == 10);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T06:40:00Z").part == 100);
    assert_true(book_minute(&b, "tray_start_ms", "2026-11-01T06:38:00Z").part == 1000);
#undef FALL
}

static void a_time_ahead_of_the_clock_is_now_and_is_told(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON, AT("17:00:00") OK("a1", "842"));
    const struct digest *d = book_digest(&b, NOON);
    assert_true(book_minute(&b, "tray_start_ms", "2026-02-26T12:00:00Z").whole == 1);
    assert_int_equal(d->logs[0].ahead, 1);
}

static void history_before_the_backfill_is_understood_and_not_counted(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    logbook_since(b.logbook, 0, book_time("2026-02-26T11:00:00Z"));
    book_say(&b, 0, "c.log", 0, AT("10:59:00") START("a1") AT("11:00:10") OK("a1", "842"));
    book_digest(&b, NOON);
    assert_true(book_sum(&b, "tray_start_ms").whole == 1);
    assert_true(book_sum(&b, "tray_first_error_ratio").whole == 0); /* it began before */
}

/* ---- rules ---- */

static void an_echo_counts_once_and_series_are_followed_by_id(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON,
             "TRAY_SERIES_ID=a1\n" AT("12:00:01") "TRAY_SERIES_ID=a1\n" START("a1") AT("12:00:01")
                 START("a1") START("b2") "TRAY_SERIES_ID=a1\n" OK("b2", "300") OK("a1", "842")
                     AT("12:00:02") OK("a1", "842"));
    book_digest(&b, NOON);
    assert_true(book_sum(&b, "tray_start_ms").whole == 2);
    assert_true(book_sum(&b, "tray_start_ms").part == 1142);
    assert_true(book_sum(&b, "tray_first_error_ratio").whole == 2);
}

static void a_violation_is_listed_with_file_line_and_text(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "/var/log/c.log", NOON,
             AT("12:00:01") "CIRCUIT_OPEN reason=X, series_errors=3, after=8000ms\n" START("a1"));
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->n_violations, 1);
    assert_int_equal(d->violations[0].rule, METRIC_WHILE_OPEN);
    assert_int_equal(d->violations[0].line, 2);
    assert_string_equal(d->violations[0].file, "/var/log/c.log");
    assert_string_equal(d->violations[0].text, "TRAY_ATTEMPT1 start (series_id=a1)");
    assert_int_equal(d->violations[0].wall_ms, book_time("2026-02-26T12:00:01.389Z"));
    assert_int_equal(d->logs[0].violations, 1);
    d = book_digest(&b, NOON);
    assert_int_equal(d->n_violations + d->logs[0].violations, 0);
}

static void violations_without_end_are_counted_and_not_kept(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    for (int i = 0; i < 200; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "TRAY_BACKOFF_NEXT=812ms (attempt=%d, series_id=a1, jitter=±16%%)\n", i);
        book_say(&b, 0, "c.log", NOON, line);
    }
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->n_violations, DIGEST_VIOLATIONS_MAX);
    assert_int_equal(d->logs[0].violations, 200);
    assert_int_equal(d->n_events, DIGEST_EVENTS_MAX);
    assert_int_equal(d->events[d->n_events - 1].line, 200); /* the newest are kept */
}

static void a_circuit_that_does_not_open_is_missed_after_a_while(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(
        &b, 0, "c.log", NOON,
        START("a1") ERROR("a1")
            START("a1") "TRAY_ATTEMPT2 result=error (code=X, series_id=a1, duration=2ms)\n" START(
                "a1") "TRAY_ATTEMPT3 result=error (code=X, series_id=a1, duration=3ms)\n");
    assert_int_equal(book_digest(&b, NOON + 50000)->n_violations, 0);
    const struct digest *d = book_digest(&b, NOON + 61000);
    assert_int_equal(d->n_violations, 1);
    assert_int_equal(d->violations[0].rule, METRIC_NO_CIRCUIT);
    assert_int_equal(d->violations[0].line, 6);
    assert_string_equal(d->violations[0].file, "c.log");
    assert_int_equal(book_digest(&b, NOON + 99000)->n_violations, 0);
}

static void files_that_come_in_turn_have_a_circuit_each(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log", NOON, "CIRCUIT_OPEN reason=X, series_errors=3, after=8000ms\n");
    book_say(&b, 0, "d.log", NOON, START("a1"));
    assert_int_equal(book_digest(&b, NOON)->n_violations, 0);
    logbook_renewed(b.logbook, logbook_file(b.logbook, 0, "c.log")); /* rotated: the app goes on */
    book_say(&b, 0, "c.log", NOON, START("b2"));
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->n_violations, 1);
    assert_string_equal(d->violations[0].file, "c.log");
}

static void a_series_goes_on_in_another_file(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_say(&b, 0, "c.log.1", NOON, START("a1"));
    book_say(&b, 0, "c.log", NOON, OK("a1", "842"));
    book_digest(&b, NOON);
    assert_true(book_sum(&b, "tray_first_error_ratio").whole == 1); /* one attempt */
}

static void context_is_understood_and_not_counted(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    book_context(&b, 0, "c.log",
                 AT("11:00:00")
                     START("a1") "CIRCUIT_OPEN reason=X, series_errors=3, after=1ms\n" START(
                         "b2") "TRAY_ATTEMPT1 result=ok (series_id=\n");
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->n_deltas + d->n_violations + d->n_events, 0);
    assert_int_equal(d->logs[0].lines + d->logs[0].bytes + d->logs[0].damaged, 0);
    book_say(&b, 0, "c.log", NOON, OK("a1", "842") START("c3"));
    d = book_digest(&b, NOON);
    assert_int_equal(d->n_violations, 1); /* c3, while the circuit was open */
    assert_true(book_sum(&b, "tray_start_ms").whole == 1);
    assert_true(book_sum(&b, "tray_first_error_ratio").whole ==
                1); /* c3; a1 began in the context */
}

/* ---- metrics ---- */

static void a_servers_decisions_become_rates(void **state) {
    (void)state;
    book_open(&b, SERVER);
#define DECIDE(what)                                                                        \
    "ts=2026-02-26T12:00:00.5 level=INFO scope=grpc method=/a.B/StreamAudio decision=" what \
    " dur_ms=400\n"
    book_say(&b, 0, "s.log", NOON,
             DECIDE("start") DECIDE("stream_acquired") DECIDE("complete") DECIDE("error")
                 DECIDE("retry") DECIDE("complete"));
    book_digest(&b, NOON);
    struct book_sum s = book_sum(&b, "error_rate");
    assert_true(s.part == 1 && s.whole == 4);
    s = book_sum(&b, "retry_abort_ratio");
    assert_true(s.part == 1 && s.whole == 4);
    s = book_sum(&b, "stream_audio_ms");
    assert_true(s.part == 1600 && s.whole == 4);
    s = book_sum(&b, "backpressure_ratio");
    assert_true(s.part == 0 && s.whole == 1);
}

static void metrics_of_ones_own_are_found_in_each_way(void **state) {
    (void)state;
    book_open(&b, "logs:\n  - {name: client, format: tray, paths: [c.log]}\n"
                  "  - {name: proxy, format: access, paths: [a.log]}\n"
                  "metrics:\n  - {name: lat, log: client, value: my_latency_ms}\n"
                  "  - {name: opens, log: client, good: door opened, bad: door stuck}\n"
                  "  - {name: took, log: client, regex: 'took (?<value>\\d+) ms'}\n"
                  "  - {name: bad, log: proxy, match: ' 502 ', count: true}\n");
    book_say(&b, 0, "c.log", NOON,
             AT("12:00:00") "my_latency_ms=12.5, other=3\nmy_latency_ms=12.5, other=3\n" /* echo */
                            "x my_latency_ms=1.5s\n");
    book_say(&b, 0, "c.log", NOON, AT("12:00:01") "door opened\n");
    book_say(&b, 0, "c.log", NOON, AT("12:00:02") "door stuck\n");
    book_say(&b, 0, "c.log", NOON, AT("12:00:03") "door opened again\n");
    book_say(&b, 0, "c.log", NOON, AT("12:00:04") "it took 77 ms\n");
    book_say(&b, 0, "c.log", NOON, AT("12:00:05") "my_latency_ms=much\n");
    book_say(&b, 1, "a.log", NOON,
             "192.0.2.7 - - [26/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 502 157\n"
             "192.0.2.7 - - [26/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 157\n"
             "192.0.2.7 - - [26/Feb/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 499 0\n");
    const struct digest *d = book_digest(&b, NOON);
    struct book_sum s = book_sum(&b, "lat");
    assert_true(s.part == 1512.5 && s.whole == 2);
    s = book_sum(&b, "opens");
    assert_true(s.part == 2 && s.whole == 3);
    s = book_sum(&b, "took");
    assert_true(s.part == 77 && s.whole == 1);
    s = book_sum(&b, "bad");
    assert_true(s.part == 1 && s.whole == 3);
    s = book_sum(&b, "proxy_499");
    assert_true(s.part == 1 && s.whole == 3);
    assert_int_equal(d->logs[0].damaged, 1);
}

static void json_lines_give_values_by_key_and_by_pointer(void **state) {
    (void)state;
    book_open(&b, "logs: [{name: j, format: json, paths: [j.log], version: app}]\n"
                  "metrics:\n  - {name: lat, value: latency_ms}\n"
                  "  - {name: deep, value: /ctx/dur}\n  - {name: dots, value: ctx.other}\n");
    book_say(&b, 0, "j.log", NOON,
             "{\"ts\":\"2026-02-26T11:59:30Z\",\"level\":\"ERROR\",\"latency_ms\":12,\"app\":\"2.0."
             "0.20\"}\n"
             "{\"ts\":1772107170.5,\"ctx\":{\"dur\":\"842ms\",\"other\":5},\"latency_ms\":null}\n"
             "{\"latency_ms\":12\n");
    const struct digest *d = book_digest(&b, NOON);
    assert_true(book_minute(&b, "lat", "2026-02-26T11:59:00Z").part == 12);
    assert_true(book_minute(&b, "deep", "2026-02-26T11:59:00Z").part == 842);
    assert_true(book_sum(&b, "dots").part == 5);
    assert_int_equal(d->logs[0].damaged, 2); /* a value that is none, a line that is cut off */
    assert_string_equal(d->versions[1], "2.0.0.20");
    assert_true(d->events[0].bad);
}

static void a_line_counts_for_the_version_and_cohort_it_is_of(void **state) {
    (void)state;
    book_open(&b,
              "logs:\n  - {name: c, format: tray, paths: [c.log], version: app_version}\n"
              "  - {name: s, format: logfmt, paths: [s.log], version: v, release: candidate}\n");
    book_say(&b, 0, "c.log", NOON,
             OK("a1", "1") "start app_version=2.0.0.20 on\n" OK("a2", "10") OK("a3", "100"));
    book_say(&b, 1, "s.log", NOON,
             "ts=2026-02-26T12:00:00 v=2.0.0.19 method=X decision=error\n"
             "ts=2026-02-26T12:00:00 method=X decision=error\n");
    const struct digest *d = book_digest(&b, NOON);
    double parts[3] = {0};
    for (size_t i = 0; i < d->n_deltas; i++) {
        const struct digest_delta *delta = &d->deltas[i];
        if (strcmp(b.policy->metrics[delta->metric].name, "tray_start_ms") == 0) {
            assert_int_equal(delta->cohort, COHORT_NONE);
            parts[strcmp(d->versions[delta->version], "2.0.0.20") == 0] += delta->part;
        }
        if (strcmp(b.policy->metrics[delta->metric].name, "error_rate") == 0) {
            assert_int_equal(delta->cohort, COHORT_CANDIDATE);
            parts[2] += delta->version ? 1 : 0;
        }
    }
    assert_true(parts[0] == 1 && parts[1] == 110 && parts[2] == 1);
}

/* ---- logs-clean ---- */

static void dirt_in_a_file_is_found_and_goes_with_the_file(void **state) {
    (void)state;
    static const char yaml[] = "  - {name: clean, kind: logs-clean, patterns: [ERROR, Traceback]}\n"
                               "logs: [{name: build, format: text, paths: [log.md, logs/]}]\n";
    book_open(&b, yaml);
    book_say(&b, 0, "log.md", 0, "all well\nERROR: \x1b[31moops\nTraceback (most recent)\n");
    book_say(&b, 0, "logs/a", 0, "all well\n");
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->n_findings, 1);
    assert_int_equal(d->findings[0].gate, 1);
    assert_int_equal(d->findings[0].matches, 2);
    assert_int_equal(d->findings[0].line, 2);
    assert_string_equal(d->findings[0].file, "log.md");
    assert_non_null(strstr(d->findings[0].text, "oops"));
    assert_null(strchr(d->findings[0].text, '\x1b'));
    assert_int_equal(d->n_deltas, 0);
    assert_int_equal(book_digest(&b, NOON)->n_findings, 1); /* as it is now, not a delta */
    logbook_renewed(b.logbook, logbook_file(b.logbook, 0, "log.md"));
    assert_int_equal(book_digest(&b, NOON)->n_findings, 0);
    book_say(&b, 0, "logs/a", 0, "ERROR");
    assert_int_equal(book_digest(&b, NOON)->n_findings, 1);
    logbook_gone(b.logbook, logbook_file(b.logbook, 0, "logs/a"));
    assert_int_equal(book_digest(&b, NOON)->n_findings, 0);
}

/* ---- files ---- */

static void handles_are_kept_given_back_and_bounded(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    assert_int_equal(logbook_file(b.logbook, 0, "c.log"), logbook_file(b.logbook, 0, "c.log"));
    int last = 0;
    for (int i = 0; i < LOGBOOK_FILES_MAX + 1; i++) {
        char path[32];
        snprintf(path, sizeof path, "%d.log", i);
        last = logbook_file(b.logbook, 0, path);
    }
    assert_int_equal(last, LOGBOOK_NO_FILE);
    logbook_gone(b.logbook, 7);
    assert_int_equal(logbook_file(b.logbook, 0, "new.log"), 7);
    logbook_gone(b.logbook, -1);
    logbook_gone(b.logbook, 1 << 20);
    logbook_take(b.logbook, 1 << 20, &(struct logbook_lines){.bytes = "x\n", .n = 2, .first = 1});
    logbook_skipped(b.logbook, 7, 3, 4 << 20);
    logbook_status(b.logbook, 0, 5, true, "cannot be \x1b read");
    const struct digest *d = book_digest(&b, NOON);
    assert_int_equal(d->logs[0].skipped, 3);
    assert_int_equal(d->logs[0].files, 5);
    assert_true(d->logs[0].caught_up);
    assert_null(strchr(d->logs[0].trouble, '\x1b'));
    assert_int_equal(book_digest(&b, NOON)->logs[0].files, 5); /* until it is said anew */
}

static void history_asks_for_digests_in_time(void **state) {
    (void)state;
    book_open(&b, CLIENT);
    size_t most = 0;
    double whole = 0;
    for (int i = 0; i < 40000; i++) { /* a minute each: every value is a delta of its own */
        char line[128];
        int64_t ms = book_time("2026-01-01T00:00:00Z") + i * INT64_C(60000);
        snprintf(line, sizeof line, "start_listening_latency_ms=%d\n", i % 5000);
        book_say(&b, 0, "c.log", ms, line);
        if (logbook_due(b.logbook)) {
            const struct digest *d = book_digest(&b, ms);
            most = d->n_deltas > most ? d->n_deltas : most;
            whole += book_sum(&b, "start_listening_latency_ms").whole;
        }
    }
    book_digest(&b, NOON);
    whole += book_sum(&b, "start_listening_latency_ms").whole;
    assert_true(whole == 40000);
    assert_true(most > 1000 && most < 3000);
}

/* ---- the same rules as `gonogo slo` ---- */

static unsigned random_state;
static unsigned random_below(unsigned n) {
    random_state = random_state * 1103515245U + 12345U;
    return (random_state >> 16) % n;
}

static void random_log(struct buf *log, unsigned lines) {
    static const char *const kinds[] = {
        "TRAY_SERIES_ID=a%u\n",
        "TRAY_ATTEMPT1 start (series_id=a%u)\n",
        "TRAY_ATTEMPT1 result=ok (series_id=a%u, duration=842ms)\n",
        "TRAY_ATTEMPT2 start (series_id=a%u)\n",
        "TRAY_ATTEMPT2 result=error (code=X, series_id=a%u, duration=120ms)\n",
        "TRAY_ATTEMPT1 result=error (code=Y, series_id=a%u, duration=1%u0ms)\n",
        "CIRCUIT_OPEN reason=X, series_errors=3, after=800%ums\n",
        "CIRCUIT_CLOSE after=800%ums\n",
        "TAL=hold (ts=173658238%u.10)\n",
        "TAL=released (ts=1736582507.90, duration=12%u.8s)\n",
        "RESTART_FLAG seen_ts=1736582385.1, age_ms=42%u0, pid=812, reason=permissions\n",
        "tray.ready 84%ums\n",
        "x-Aux[%u]-NSStatusItemView\n",
        "CC_READY ts=29799%u.49\n",
        "start_listening_latency_ms=41%u\n",
        "stream.open ok %u\n",
        "nothing that matters %u\n",
        "TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=a%u, jitter=±16%%)\n",
    };
    random_state = 7;
    for (unsigned i = 0; i < lines; i++) {
        char line[160];
        unsigned kind = random_below(sizeof kinds / sizeof *kinds);
        snprintf(line, sizeof line, kinds[kind], random_below(9), random_below(9)); /* NOLINT */
        for (unsigned again = 0; again <= (random_below(4) == 0); again++) {
            if (random_below(2) == 0)
                buf_add_text(log, AT("12:00:00"));
            buf_add_text(log, line);
        }
    }
}

static void the_logbook_says_what_slo_says_of_the_same_lines(void **state) {
    (void)state;
    struct buf log;
    buf_init(&log, 0);
    random_log(&log, 20000);
    struct slo_options options = {.profile = METRIC_ALL, .retry_abort_baseline = NAN};
    struct slo *slo = slo_new(&options);
    uint64_t number = 0;
    for (const char *at = log.data; *at;) {
        size_t n = strcspn(at, "\n") + 1;
        slo_line(slo, ++number, at, n);
        at += n;
    }
    /* what only the end of a log can tell is told by the clock there */
    book_open(&b, CLIENT);
    uint64_t violations = 0;
    double parts[4] = {0}, wholes[4] = {0};
    static const char *const names[] = {"tray_start_ms", "tal_hold_s", "start_listening_latency_ms",
                                        "stream_open_success_rate"};
    for (const char *at = log.data; *at;) { /* blocks of whole lines, of any size */
        size_t n = 0;
        for (unsigned i = random_below(50) + 1; i > 0 && at[n]; i--)
            n += strcspn(at + n, "\n") + 1;
        char *block = mem_copy_bytes(at, n);
        book_say(&b, 0, "c.log", NOON, block);
        free(block);
        at += n;
        if (*at && random_below(20) != 0)
            continue;
        violations += book_digest(&b, *at ? NOON : NOON + 600000)->logs[0].violations;
        for (size_t i = 0; i < 4; i++) {
            parts[i] += book_sum(&b, names[i]).part;
            wholes[i] += book_sum(&b, names[i]).whole;
        }
    }
    const struct slo_report *r = slo_finish(slo);
    static const enum metric_input inputs[] = {METRIC_START_MS, METRIC_HOLD_S, METRIC_LISTEN_MS,
                                               METRIC_OPEN_OK};
    for (size_t i = 0; i < 4; i++) {
        assert_true(wholes[i] > 100);
        assert_true(wholes[i] == (double)slo_samples(slo, inputs[i])->n);
        assert_true(fabs(parts[i] - slo_samples(slo, inputs[i])->sum) < 1e-6 * parts[i]);
    }
    assert_true(violations > 1000);
    assert_int_equal(violations, r->n_violations + r->more_violations);
    slo_free(slo);
    buf_fini(&log);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_line_goes_to_its_own_minute_however_late_it_comes),
        TEST(a_bare_line_has_the_time_of_the_line_before),
        TEST(where_blocks_end_does_not_matter_to_time),
        TEST(a_log_without_times_has_that_of_its_coming),
        TEST(a_local_time_is_of_the_logs_zone),
        TEST(in_the_hour_that_comes_twice_lines_may_be_a_little_out_of_order),
        TEST(in_the_hour_that_comes_twice_a_line_that_comes_now_is_of_now),
        TEST(a_time_ahead_of_the_clock_is_now_and_is_told),
        TEST(history_before_the_backfill_is_understood_and_not_counted),
        TEST(an_echo_counts_once_and_series_are_followed_by_id),
        TEST(a_violation_is_listed_with_file_line_and_text),
        TEST(violations_without_end_are_counted_and_not_kept),
        TEST(a_circuit_that_does_not_open_is_missed_after_a_while),
        TEST(files_that_come_in_turn_have_a_circuit_each),
        TEST(a_series_goes_on_in_another_file),
        TEST(context_is_understood_and_not_counted),
        TEST(a_servers_decisions_become_rates),
        TEST(metrics_of_ones_own_are_found_in_each_way),
        TEST(json_lines_give_values_by_key_and_by_pointer),
        TEST(a_line_counts_for_the_version_and_cohort_it_is_of),
        TEST(dirt_in_a_file_is_found_and_goes_with_the_file),
        TEST(handles_are_kept_given_back_and_bounded),
        TEST(history_asks_for_digests_in_time),
        TEST(the_logbook_says_what_slo_says_of_the_same_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
