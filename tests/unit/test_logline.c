#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/model/logline.h"

#define PREFIX  "2026-01-11 11:19:45,389 - modules.tray_controller.macos.menu_handler - INFO - "
#define COMPACT "2026-01-11 11:19:45.389 Df Nexy[812:1a2b3] [com.nexy.app:tray] "

static struct logline parse(const char *line) {
    struct logline l;
    logline_parse(line, strlen(line), &l);
    return l;
}

static bool has(struct slice s, const char *text) {
    return text ? slice_is(s, text) : s.at == NULL;
}

static bool near(double a, double b) {
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-6 * fmax(1, fabs(b));
}

/* What each message of the tray says; NAN, NULL and -1 where it says nothing. */
static const struct row {
    const char *message;
    enum logline_kind kind;
    int64_t number, series_errors, pid;
    const char *series, *reason;
    double ts_s, duration_ms, backoff_ms, after_ms, age_ms, jitter_percent;
} tray[] = {
    {"CC_READY ts=297993.49", LOGLINE_CC_READY, -1, -1, -1, NULL, NULL, 297993.49, NAN, NAN, NAN,
     NAN, NAN},
    {"TRAY_SERIES_ID=b746be95", LOGLINE_SERIES, -1, -1, -1, "b746be95", NULL, NAN, NAN, NAN, NAN,
     NAN, NAN},
    {"TRAY_SERIES_ID=3F2504E0-4f89-11d3", LOGLINE_SERIES, -1, -1, -1, "3F2504E0-4f89-11d3", NULL,
     NAN, NAN, NAN, NAN, NAN, NAN},
    {"TRAY_ATTEMPT1 start (series_id=b746be95)", LOGLINE_ATTEMPT_START, 1, -1, -1, "b746be95", NULL,
     NAN, NAN, NAN, NAN, NAN, NAN},
    {"TRAY_ATTEMPT1 result=ok (series_id=b746be95, duration=842ms)", LOGLINE_ATTEMPT_OK, 1, -1, -1,
     "b746be95", NULL, NAN, 842, NAN, NAN, NAN, NAN},
    {"TRAY_ATTEMPT12 result=ok (duration=1.5s, series_id=b7)", LOGLINE_ATTEMPT_OK, 12, -1, -1, "b7",
     NULL, NAN, 1500, NAN, NAN, NAN, NAN},
    {"TRAY_ATTEMPT2 result=error (code=InvalidScene, series_id=b746be95, duration=120ms)",
     LOGLINE_ATTEMPT_ERROR, 2, -1, -1, "b746be95", "InvalidScene", NAN, 120, NAN, NAN, NAN, NAN},
    {"TRAY_BACKOFF_NEXT=812ms (attempt=1, series_id=b746be95, jitter=±15%)", LOGLINE_BACKOFF, 1, -1,
     -1, "b746be95", NULL, NAN, NAN, 812, NAN, NAN, 15},
    {"CIRCUIT_OPEN reason=InvalidScene, series_errors=3, after=8000ms", LOGLINE_CIRCUIT_OPEN, -1, 3,
     -1, NULL, "InvalidScene", NAN, NAN, NAN, 8000, NAN, NAN},
    {"CIRCUIT_CLOSE after=8000ms", LOGLINE_CIRCUIT_CLOSE, -1, -1, -1, NULL, NULL, NAN, NAN, NAN,
     8000, NAN, NAN},
    {"TAL=hold (ts=1736582385.10)", LOGLINE_TAL_HOLD, -1, -1, -1, NULL, NULL, 1736582385.10, NAN,
     NAN, NAN, NAN, NAN},
    {"TAL=released (ts=1736582507.90, duration=122.8s)", LOGLINE_TAL_RELEASED, -1, -1, -1, NULL,
     NULL, 1736582507.90, 122800, NAN, NAN, NAN, NAN},
    {"RESTART_FLAG seen_ts=1736582385.1, age_ms=4200, pid=812, reason=permissions",
     LOGLINE_RESTART_FLAG, -1, -1, 812, NULL, "permissions", 1736582385.1, NAN, NAN, NAN, 4200,
     NAN},
    {"tray.ready 842ms", LOGLINE_TRAY_READY, -1, -1, -1, NULL, NULL, NAN, 842, NAN, NAN, NAN, NAN},
    {"…-Aux[3]-NSStatusItemView", LOGLINE_AUX, 3, -1, -1, NULL, NULL, NAN, NAN, NAN, NAN, NAN, NAN},
    {"Панель 🎉-Aux[x]-Aux[41]-NSStatusItemView: слой", LOGLINE_AUX, 41, -1, -1, NULL, NULL, NAN,
     NAN, NAN, NAN, NAN, NAN},
    {"_kLSApplicationWouldBeTerminatedByTALKey=1", LOGLINE_TAL_TERMINATE, 1, -1, -1, NULL, NULL,
     NAN, NAN, NAN, NAN, NAN, NAN},
    {"asn 0x0-0x1 _kLSApplicationWouldBeTerminatedByTALKey=0 set", LOGLINE_TAL_TERMINATE, 0, -1, -1,
     NULL, NULL, NAN, NAN, NAN, NAN, NAN, NAN},
};

static void expect_row(const struct row *row, const struct logline *l) {
    assert_string_equal(logline_kind_name(l->kind), logline_kind_name(row->kind));
    assert_false(l->damaged);
    assert_true(has(l->message, row->message));
    assert_int_equal(l->number, row->number);
    assert_int_equal(l->series_errors, row->series_errors);
    assert_int_equal(l->pid, row->pid);
    assert_true(has(l->series, row->series));
    assert_true(has(l->reason, row->reason));
    assert_true(near(l->ts_s, row->ts_s));
    assert_true(near(l->duration_ms, row->duration_ms));
    assert_true(near(l->backoff_ms, row->backoff_ms));
    assert_true(near(l->after_ms, row->after_ms));
    assert_true(near(l->age_ms, row->age_ms));
    assert_true(near(l->jitter_percent, row->jitter_percent));
}

static void each_tray_message_says_the_same_behind_each_prefix(void **state) {
    (void)state;
    static const struct {
        const char *prefix, *end;
        enum logline_frame frame;
        const char *time, *logger, *level;
    } frames[] = {
        {"", "", LOGLINE_BARE, NULL, NULL, NULL},
        {"", "\r\n", LOGLINE_BARE, NULL, NULL, NULL},
        {"  ", " \n", LOGLINE_BARE, NULL, NULL, NULL},
        {PREFIX, "\n", LOGLINE_LOGGER, "2026-01-11 11:19:45,389",
         "modules.tray_controller.macos.menu_handler", "INFO"},
        {COMPACT, "\n", LOGLINE_COMPACT, "2026-01-11 11:19:45.389", "Nexy", "Df"},
        {"2026-01-11 11:19:45.389 E  Nexy Помощник[812:1a2b3] (AppKit) [a:b] ", "\n",
         LOGLINE_COMPACT, "2026-01-11 11:19:45.389", "Nexy Помощник", "E"},
        {"2026-01-11 11:19:45.389 Nexy[812:77] ", "", LOGLINE_COMPACT, "2026-01-11 11:19:45.389",
         "Nexy", NULL},
        {COMPACT PREFIX, "\n", LOGLINE_LOGGER, "2026-01-11 11:19:45,389",
         "modules.tray_controller.macos.menu_handler", "INFO"},
    };
    for (size_t f = 0; f < sizeof frames / sizeof frames[0]; f++) {
        for (size_t i = 0; i < sizeof tray / sizeof tray[0]; i++) {
            char line[512];
            int n = snprintf(line, sizeof line, "%s%s%s", frames[f].prefix, tray[i].message,
                             frames[f].end);
            assert_in_range(n, 1, (int)sizeof line - 1);
            struct logline l = parse(line);
            expect_row(&tray[i], &l);
            assert_int_equal(l.frame, frames[f].frame);
            assert_true(has(l.time, frames[f].time));
            assert_true(has(l.logger, frames[f].logger));
            assert_true(has(l.level, frames[f].level));
        }
    }
}

static void what_was_cut_off_is_never_believed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof tray / sizeof tray[0]; i++) {
        const char *whole = tray[i].message;
        bool bracket = whole[strlen(whole) - 1] == ')';
        for (size_t n = 0; n < strlen(whole); n++) {
            char *exact = malloc(n + 1); /* so that a read beyond the end is seen */
            memcpy(exact, whole, n);
            struct logline l;
            logline_parse(exact, n, &l);
            /* Where a bracket closes the message, any cut shows. */
            if (bracket)
                assert_true(l.kind == LOGLINE_OTHER || l.kind == LOGLINE_METRIC || l.damaged);
            free(exact);
        }
    }
    assert_true(parse("TAL=released (ts=1736582507.90, duration=122.8)").damaged);
    assert_true(parse("TAL=released (ts=1736582507.90)").damaged);
    assert_true(parse("TRAY_ATTEMPT1 result=ok (series_id=xyz, duration=842ms)").damaged);
    assert_true(parse("TRAY_ATTEMPT1 result=ok (series_id=b7, duration=-ms)").damaged);
    assert_true(parse("TRAY_BACKOFF_NEXT=soon (attempt=1, series_id=b7, jitter=±15%)").damaged);
    assert_true(parse("TRAY_BACKOFF_NEXT=8ms (attempt=1, series_id=b7, jitter=15)").damaged);
    assert_true(parse("CIRCUIT_OPEN reason=, series_errors=3, after=8000ms").damaged);
    assert_true(parse("CIRCUIT_OPEN reason=X, series_errors=-3, after=8000ms").damaged);
    assert_true(parse("tray.ready").damaged);
    assert_true(parse("tray.ready soon").damaged);
    assert_true(parse("CC_READY").damaged);
    assert_true(parse("CC_READY ts=12345678901234567890").damaged);
}

static void what_only_looks_like_a_message_is_another(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "\n",
        "CIRCUIT_OPENED reason=X, series_errors=3, after=8000ms",
        "TAL=holding (ts=1)",
        "TRAY_ATTEMPT result=ok (series_id=b7, duration=1ms)",
        "TRAY_ATTEMPT1 result=okay (series_id=b7, duration=1ms)",
        "TRAY_ATTEMPT99999999999999999999 start (series_id=b7)",
        "user said: TRAY_ATTEMPT1 result=ok (series_id=b7, duration=1ms)",
        "-Aux[]-NSStatusItemView",
        "-Aux[3]-NSStatusItemViewer",
        "_kLSApplicationWouldBeTerminatedByTALKey=yes",
        PREFIX,
        "2026-01-11 11:19:45,389 - logger - INFO",
        "2026-01-11 11:19:45,389",
        "Привет, мир 🎉",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct logline l = parse(rows[i]);
        assert_string_equal(logline_kind_name(l.kind), "other");
        assert_false(l.damaged);
    }
}

static void a_number_in_the_text_is_no_process(void **state) {
    (void)state;
    struct logline l = parse("2026-01-11 11:19:45.389 I see items [12] and [13] here");
    assert_int_equal(l.frame, LOGLINE_BARE);
    l = parse("2026-01-11 11:19:45,389 - logger - WARNING - a [12] - b");
    assert_int_equal(l.frame, LOGLINE_LOGGER);
    assert_true(slice_is(l.message, "a [12] - b"));
    assert_true(slice_is(l.level, "WARNING"));
}

static void metrics_are_pairs_of_name_and_number(void **state) {
    (void)state;
    struct logline l = parse(PREFIX "idle_cpu_pct=0.40      idle_ram_mb=81.12");
    assert_int_equal(l.kind, LOGLINE_METRIC);
    assert_true(slice_is(l.metric, "idle_cpu_pct"));
    assert_true(near(l.value, 0.40));
    struct slice rest = l.message, key, value;
    assert_true(logline_pair(&rest, &key, &value));
    assert_true(slice_is(key, "idle_cpu_pct"));
    assert_true(logline_pair(&rest, &key, &value));
    assert_true(slice_is(key, "idle_ram_mb"));
    assert_true(near(slice_number(value), 81.12));
    assert_false(logline_pair(&rest, &key, &value));
    l = parse("grpc_request_latency_ms=123.5");
    assert_true(near(l.value, 123.5));
    l = parse("permissions.wait=12ms");
    assert_true(slice_is(l.metric, "permissions.wait"));
    assert_true(near(l.value, 12));
    assert_int_equal(parse("name=value").kind, LOGLINE_OTHER);
    assert_int_equal(parse("name=1e5").kind, LOGLINE_OTHER);
    assert_int_equal(parse("2026=5").kind, LOGLINE_OTHER);
    assert_int_equal(parse("=5").kind, LOGLINE_OTHER);
    assert_int_equal(parse("a b=5").kind, LOGLINE_OTHER);
}

static void a_server_line_gives_its_fields(void **state) {
    (void)state;
    struct logline l = parse(
        "ts=2026-01-20T01:43:29.354974 level=INFO scope=grpc "
        "method=/streaming.StreamingService/StreamAudio decision=stream_acquired "
        "ctx={\"json\": \"a } \\\" b\", \"deep\": {\"x\": [1, {\"y\": \"{{ decision=error\"}]}, "
        "\"имя\": \"Привет 🎉\"} dur_ms=123 msg=готово, dur_ms=7 decision=error\n");
    assert_int_equal(l.kind, LOGLINE_SERVER);
    assert_int_equal(l.frame, LOGLINE_LOGFMT);
    assert_false(l.damaged);
    assert_true(slice_is(l.time, "2026-01-20T01:43:29.354974"));
    assert_true(slice_is(l.level, "INFO"));
    assert_true(slice_is(l.scope, "grpc"));
    assert_true(slice_is(l.method, "StreamAudio"));
    assert_true(slice_is(l.decision, "stream_acquired"));
    assert_true(slice_is(l.ctx, "{\"json\": \"a } \\\" b\", \"deep\": {\"x\": [1, {\"y\": \"{{ "
                                "decision=error\"}]}, \"имя\": \"Привет 🎉\"}"));
    assert_true(near(l.duration_ms, 123));
    assert_true(slice_is(l.msg, "готово, dur_ms=7 decision=error"));
}

static void quoted_values_hold_blanks_and_quotes(void **state) {
    (void)state;
    struct logline l =
        parse("ts=1 level=WARN method=\"StreamAudio\" msg=\"a \\\"b\\\" decision=x\" "
              "decision=retry dur_ms=0.5 ctx={}");
    assert_int_equal(l.kind, LOGLINE_SERVER);
    assert_false(l.damaged);
    assert_true(slice_is(l.method, "StreamAudio"));
    assert_true(slice_is(l.msg, "a \\\"b\\\" decision=x"));
    assert_true(slice_is(l.decision, "retry"));
    assert_true(slice_is(l.ctx, "{}"));
    assert_true(near(l.duration_ms, 0.5));
    l = parse(PREFIX "ts=1 level=INFO method= decision=abort flag");
    assert_true(slice_is(l.method, ""));
    assert_true(slice_is(l.decision, "abort"));
    assert_true(slice_is(l.level, "INFO"));
    assert_true(isnan(l.duration_ms));
    assert_null(l.ctx.at);
}

static void a_server_line_that_breaks_off_is_damaged(void **state) {
    (void)state;
    assert_true(parse("ts=1 decision=error ctx={\"a\": {\"b\": 1}").damaged);
    assert_true(parse("ts=1 decision=error ctx={\"a\": \"b").damaged);
    assert_true(parse("ts=1 decision=error ctx={\"a\": \"b\\").damaged);
    assert_true(parse("ts=1 decision=error msg=\"half").damaged);
    assert_true(parse("ts=1 decision=error dur_ms=fast").damaged);
    assert_true(parse("ts=1 decision=error dur_ms=").damaged);
    assert_true(parse("ts=1 decision=error msg=\"").damaged);
    /* The first of two wins: what follows cannot rewrite it. */
    assert_true(slice_is(parse("ts=1 decision=error decision=complete").decision, "error"));
    assert_int_equal(parse("ts=1 level=INFO nothing=decided").kind, LOGLINE_OTHER);
    assert_int_equal(parse("ts=1 decision=").kind, LOGLINE_OTHER);
}

static void bytes_of_any_kind_do_no_harm(void **state) {
    (void)state;
    struct logline l;
    logline_parse("TRAY_ATTEMPT1 start (series_id=b7\0)", 35, &l);
    assert_true(l.damaged);
    logline_parse("\0\0\0", 3, &l);
    assert_int_equal(l.kind, LOGLINE_OTHER);
    logline_parse(NULL, 0, &l);
    assert_int_equal(l.kind, LOGLINE_OTHER);
    assert_true(slice_is(parse("ts=1 decision=error scope=\xff\xfe").scope, "\xff\xfe"));
}

static void a_line_beyond_the_cap_is_read_in_part_and_not_believed(void **state) {
    (void)state;
    size_t n = 4 * LOGLINE_CAP;
    char *line = malloc(n);
    memset(line, 'x', n);
    memcpy(line, "ts=1 decision=error scope=", 26);
    struct logline l;
    logline_parse(line, n, &l);
    assert_int_equal(l.kind, LOGLINE_SERVER);
    assert_true(l.damaged);
    assert_int_equal(l.message.n, LOGLINE_CAP);
    for (size_t i = 0; i + 5 <= n; i += 5)
        memcpy(line + i, "-Aux[", 5);
    logline_parse(line, n, &l);
    assert_int_equal(l.kind, LOGLINE_OTHER);
    free(line);
}

static void every_kind_has_a_name(void **state) {
    (void)state;
    for (int k = 0; k < LOGLINE_KINDS; k++) {
        const char *name = logline_kind_name((enum logline_kind)k);
        assert_non_null(name);
        for (int j = 0; j < k; j++)
            assert_string_not_equal(name, logline_kind_name((enum logline_kind)j));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tray_message_says_the_same_behind_each_prefix),
        cmocka_unit_test(what_was_cut_off_is_never_believed),
        cmocka_unit_test(what_only_looks_like_a_message_is_another),
        cmocka_unit_test(a_number_in_the_text_is_no_process),
        cmocka_unit_test(metrics_are_pairs_of_name_and_number),
        cmocka_unit_test(a_server_line_gives_its_fields),
        cmocka_unit_test(quoted_values_hold_blanks_and_quotes),
        cmocka_unit_test(a_server_line_that_breaks_off_is_damaged),
        cmocka_unit_test(bytes_of_any_kind_do_no_harm),
        cmocka_unit_test(a_line_beyond_the_cap_is_read_in_part_and_not_believed),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
