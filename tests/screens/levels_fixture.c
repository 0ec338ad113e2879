#include "tests/screens/levels_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/mem.h"

#define MINUTE INT64_C(60000)

const char levels_fixture_yaml[] =
    "logs:\n"
    "  - {name: client, format: tray, paths: [/var/log/nexy/client/*.log]}\n"
    "  - {name: server, format: logfmt, paths: [/var/log/nexy/server.log]}\n"
    "slos:\n"
    "  - {name: start listening p95, metric: start_listening_latency_ms, quantile: 0.95, max: "
    "600}\n"
    "  - {name: stream open ok, metric: stream_open_success_rate, min: 0.98, burn: true}\n"
    "  - {name: StreamAudio p95, metric: stream_audio_ms, quantile: 0.95, max: 1500, warn: 1000}\n"
    "  - {name: error rate, metric: error_rate, max: 0.1}\n"
    "  - {name: TAL hold, metric: tal_hold_s, quantile: 0, min: 120, every: true}\n";

static void fill_points(struct slo_view *v, double base, double swing, int peak) {
    v->n_points = SLO_POINTS;
    for (int i = 0; i < SLO_POINTS; i++) {
        v->points[i] = (float)(base + swing * sin(i / 5.0) + (i == peak ? 4 * swing : 0));
        if (i > 20 && i < 24)
            v->points[i] = NAN; /* a gap: nobody used it */
    }
}

/* By ten minutes, as it is kept; the first twenty are not known. */
static void fill_past(struct slo_view *v, enum past_kind kind, double base, double swing) {
    v->past = (struct slo_past){.kind = kind, .shift_ms = 24 * 60 * MINUTE};
    if (kind == PAST_RELEASE) {
        v->past.shift_ms *= 13;
        snprintf(v->past.release, sizeof v->past.release, "2.0.0.19");
    }
    for (int i = 0; i < SLO_POINTS; i++) {
        int tens = i / 10;
        v->past.points[i] = i < 20 ? NAN : (float)(base + swing * cos(tens));
    }
}

static void no_burn(struct burn_view *b) {
    *b = (struct burn_view){.level = BURN_UNKNOWN, .budget_left = NAN};
    for (int i = 0; i < WINDOW_SPANS; i++)
        b->rates[i] = NAN;
}

static void fill_burn(struct burn_view *b) {
    static const double rates[WINDOW_SPANS] = {0.9, 0.6, 0.4, 0.4, 0.6, 0.5, 0.4, 0.3};
    b->level = BURN_NONE;
    b->budget_left = 0.83;
    for (int i = 0; i < WINDOW_SPANS; i++) {
        b->rates[i] = rates[i];
        b->events[i] = 100u * (unsigned)(i + 1);
        b->bad[i] = i;
    }
    snprintf(b->reason, sizeof b->reason, "nothing burns: 0.4x in 1h, 0.6x in 6h");
}

static void fill_slos(struct snapshot *s) {
    static const struct {
        double value, base, swing;
        int peak;
        enum slo_verdict verdict;
        bool warned;
        uint64_t samples;
        const char *reason;
    } rows[] = {
        {412, 380, 40, 44, SLO_PASS, false, 1204, "412 ms <= 600 ms, n 1204"},
        {0.992, 0.992, 0.004, -1, SLO_PASS, false, 731, "99.2 % >= 98 %, n 731"},
        {1210, 1100, 120, 50, SLO_PASS, true, 5120, "1210 ms <= 1500 ms, n 5120, above 1000 ms"},
        {0.13, 0.09, 0.03, -1, SLO_FAIL, false, 5120, "13 % > 10 %, n 5120"},
        {NAN, 0, 0, -1, SLO_UNKNOWN, false, 0, "no data"},
    };
    for (size_t i = 0; i < s->n_slos && i < sizeof rows / sizeof *rows; i++) {
        struct slo_view *v = &s->slos[i];
        *v = (struct slo_view){.counted = true,
                               .verdict = rows[i].verdict,
                               .warned = rows[i].warned,
                               .value = rows[i].value,
                               .samples = rows[i].samples,
                               .candidate = NAN,
                               .baseline = NAN};
        snprintf(v->reason, sizeof v->reason, "%s", rows[i].reason);
        no_burn(&v->burn);
        if (rows[i].samples)
            fill_points(v, rows[i].base, rows[i].swing, rows[i].peak);
    }
    s->slos[0].candidate = 412;
    s->slos[0].candidate_samples = 204;
    s->slos[0].baseline = 398;
    s->slos[0].baseline_samples = 1000;
    fill_burn(&s->slos[1].burn);
    fill_past(&s->slos[0], PAST_RELEASE, 330, 25);
    fill_past(&s->slos[1], PAST_DAY, 0.985, 0.003);
}

static void fill_log(struct log_view *log, int64_t wall_ms) {
    static const struct {
        unsigned log;
        const char *kind, *text;
        bool bad;
    } lines[] = {
        {0, "tray-attempt-ok", "TRAY_ATTEMPT1 result=ok (series_id=b746be95, duration=842ms)",
         false},
        {1, "server", "scope=grpc method=StreamAudio decision=complete dur_ms=123", false},
        {0, "tray-attempt-error",
         "TRAY_ATTEMPT2 result=error (code=InvalidScene, series_id=b746be95, duration=120ms)",
         true},
        {0, "tray-ready", "tray.ready 842ms", false},
        {1, "server", "scope=grpc method=StreamAudio decision=abort dur_ms=1830 msg=\"Привет\"",
         true},
    };
    enum { LINES = sizeof lines / sizeof *lines, EVENTS = 60 };
    log->n_events = EVENTS;
    log->events = mem_zero(EVENTS, sizeof *log->events);
    for (int i = 0; i < EVENTS; i++) { /* newest first */
        struct digest_event *e = &log->events[i];
        int k = (EVENTS - i) % LINES;
        e->wall_ms = wall_ms - i * 1700;
        e->log = lines[k].log;
        e->line = (uint64_t)(4000 - i);
        e->kind = lines[k].kind;
        e->bad = lines[k].bad;
        snprintf(e->file, sizeof e->file, "/var/log/nexy/%s",
                 lines[k].log ? "server.log" : "client/a.log");
        snprintf(e->text, sizeof e->text, "%s", lines[k].text);
    }
    log->n_violations = 1;
    log->violations = mem_zero(1, sizeof *log->violations);
    log->violations[0] = (struct digest_violation){
        .wall_ms = wall_ms - 30 * MINUTE, .rule = METRIC_NO_CIRCUIT, .log = 0, .line = 1234};
    snprintf(log->violations[0].file, DIGEST_FILE_CAP, "/var/log/nexy/client/a.log");
    snprintf(log->violations[0].text, DIGEST_TEXT_CAP, "TRAY_ATTEMPT4 start (series_id=b746be95)");
}

void levels_fixture_fill(struct snapshot *s) {
    struct log_view *log = mem_zero(1, sizeof *log);
    fill_slos(s);
    atomic_init(&log->refs, 1);
    log->wall_ms = s->wall_ms;
    log->mono_ms = s->mono_ms;
    log->caught_up = true;
    log->n_logs = s->policy->n_logs;
    log->logs = mem_zero(log->n_logs, sizeof *log->logs);
    log->logs[0] = (struct log_state){
        .lines = 120450, .lines_per_s = 37, .files = 3, .violations = 1, .caught_up = true};
    log->logs[1] = (struct log_state){.caught_up = true};
    snprintf(log->logs[1].trouble, sizeof log->logs[1].trouble,
             "/var/log/nexy/server.log: permission denied: let gonogo's user read it");
    fill_log(log, s->wall_ms);
    log_view_drop(s->log);
    s->log = log;
}
