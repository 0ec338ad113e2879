#include "src/lab/lab_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* Thresholds that these numbers keep, or break when the client is bad: domain, logs and SLOs. */
enum {
    SESSION_MS = 240 * 1000,
    TAL_HOLD_MS = 122800,    /* ≥ 120 s */
    TAL_HOLD_BAD_MS = 94000, /* too short */
    CIRCUIT_MS = 8000,
    RESTART_MS = 4200,
    RESTART_BAD_MS = 16500, /* > 15 s */
    ECHO_PERMILLE = 350,    /* messages that are written twice, once bare */
};

#define TRAY    "modules.tray_controller.macos.menu_handler"
#define SESSION "modules.voice.session"
#define METRICS "modules.metrics.reporter"

static void add_time(struct buf *out, int64_t wall_ms) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm); /* the lab lives where the configuration's default zone is */
    buf_addf(out, "%04d-%02d-%02d %02d:%02d:%02d,%03d", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
}

/* One message at the client's own time, now and then a second time without its prefix. */
__attribute__((format(printf, 5, 6))) static void say(struct lab_client *c, struct buf *out,
                                                      const char *logger, const char *level,
                                                      const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    add_time(out, c->next_ms);
    buf_addf(out, " - %s - %s - %s\n", logger, level, message);
    if (lab_random_hits(&c->random, ECHO_PERMILLE))
        buf_addf(out, "%s\n", message);
}

static double seconds_of(int64_t wall_ms) {
    return (double)wall_ms / 1000.0;
}

static void go_on(struct lab_client *c, enum lab_phase phase, int64_t in_ms) {
    c->phase = phase;
    c->next_ms += in_ms;
}

static void launch(struct lab_client *c, struct buf *out) {
    c->session++;
    c->session_ms = c->hold_ms = c->next_ms;
    c->pid = 800 + lab_random_below(&c->random, 9000);
    say(c, out, TRAY, "INFO", "CC_READY ts=%.2f", seconds_of(c->next_ms % 1000000000));
    buf_addf(out, "_kLSApplicationWouldBeTerminatedByTALKey=1\n");
    say(c, out, TRAY, "INFO", "TAL=hold (ts=%.2f)", seconds_of(c->next_ms));
    go_on(c, LAB_SERIES, 120);
}

static void start_attempt(struct lab_client *c, struct buf *out) {
    c->attempt++;
    c->duration_ms = (int)(c->bad ? lab_random_between(&c->random, 5200, 9500)
                                  : lab_random_between(&c->random, 420, 1900));
    if (c->to_fail)
        c->duration_ms = c->duration_ms / 8 + 60;
    say(c, out, TRAY, "INFO", "TRAY_ATTEMPT%u start (series_id=%s)", c->attempt, c->series);
    go_on(c, LAB_RESULT, c->duration_ms);
}

/* Most series succeed at once; one in sixteen opens the circuit, one in eight needs a second try. */
static unsigned failures_of(struct lab_client *c) {
    unsigned turn = (c->session + c->number * 5) % 16;
    if (c->bad)
        return 1 + lab_random_below(&c->random, 4);
    return turn == 7 ? 3 : turn == 3 || turn == 12 ? 1 : 0;
}

static void start_series(struct lab_client *c, struct buf *out) {
    snprintf(c->series, sizeof c->series, "%08x", (unsigned)lab_random_next(&c->random));
    c->attempt = c->errors = 0;
    c->to_fail = failures_of(c);
    say(c, out, TRAY, "INFO", "TRAY_SERIES_ID=%s", c->series);
    start_attempt(c, out);
}

static void fail_attempt(struct lab_client *c, struct buf *out) {
    c->to_fail--;
    c->errors++;
    say(c, out, TRAY, "ERROR",
        "TRAY_ATTEMPT%u result=error (code=InvalidScene, series_id=%s, duration=%dms)", c->attempt,
        c->series, c->duration_ms);
    if (c->errors == 3) {
        say(c, out, TRAY, "WARNING",
            "CIRCUIT_OPEN reason=InvalidScene, series_errors=3, after=%dms", CIRCUIT_MS);
        go_on(c, LAB_CIRCUIT, CIRCUIT_MS);
        return;
    }
    int backoff = (int)((400 << c->attempt) * lab_random_between(&c->random, 0.87, 1.13));
    say(c, out, TRAY, "INFO", "TRAY_BACKOFF_NEXT=%dms (attempt=%u, series_id=%s, jitter=±%d%%)",
        backoff, c->attempt, c->series, c->bad ? 24 : 15);
    go_on(c, LAB_RETRY, backoff);
}

static void end_attempt(struct lab_client *c, struct buf *out) {
    if (c->to_fail) {
        fail_attempt(c, out);
        return;
    }
    say(c, out, TRAY, "INFO", "TRAY_ATTEMPT%u result=ok (series_id=%s, duration=%dms)", c->attempt,
        c->series, c->duration_ms);
    say(c, out, TRAY, "INFO", "tray.ready %dms", (int)(c->next_ms - c->session_ms));
    for (int i = 0; c->bad && i < 4; i++)
        say(c, out, TRAY, "INFO", "NSStatusItem-Aux[%d]-NSStatusItemView", i);
    go_on(c, LAB_WORK, 300);
}

static void close_circuit(struct lab_client *c, struct buf *out) {
    c->errors = 0;
    say(c, out, TRAY, "INFO", "CIRCUIT_CLOSE after=%dms", CIRCUIT_MS);
    go_on(c, LAB_RETRY, 0);
}

static void restart(struct lab_client *c, struct buf *out) {
    say(c, out, SESSION, "INFO", "RESTART_FLAG seen_ts=%.1f, age_ms=%d, pid=%u, reason=permissions",
        seconds_of(c->next_ms), RESTART_MS, c->pid);
    say(c, out, METRICS, "INFO", "permission_restart_success_rate=%d", c->bad ? 0 : 1);
    say(c, out, METRICS, "INFO", "permission_restart_latency_ms=%d",
        (c->bad ? RESTART_BAD_MS : RESTART_MS) + (int)lab_random_below(&c->random, 900));
    go_on(c, LAB_LAUNCH, RESTART_MS);
}

/* What a working client reports: a measure spread evenly around its middle, or (middle 0) one event
 * that succeeded or not. */
static const struct measure {
    const char *name, *failed; /* what a failed event is called; NULL: the same, with a 0 */
    int decimals;
    double middle, spread;         /* within the thresholds */
    double bad_middle, bad_spread; /* beyond them */
    unsigned failing, bad_failing; /* of 1000 events */
} measures[] = {
    {"start_listening_latency_ms", NULL, 0, 330, 260, 890, 500, 0, 0},
    {"decision_latency_ms", NULL, 2, 4.2, 5.0, 17, 8, 0, 0},
    {"mode_transition_latency_ms", NULL, 1, 48, 60, 155, 80, 0, 0},
    {"grpc_request_latency_ms", NULL, 0, 430, 480, 1650, 700, 0, 0},
    {"tcc_prompt_duration_ms", NULL, 0, 2100, 2400, 6900, 2500, 0, 0},
    {"network_online_ratio", NULL, 3, 0.99, 0.02, 0.91, 0.04, 0, 0},
    {"idle_cpu_pct", NULL, 2, 0.41, 0.30, 4.8, 2.0, 0, 0},
    {"idle_ram_mb", NULL, 2, 81.1, 4.0, 143, 12, 0, 0},
    {"stream_open_success_rate", NULL, 0, 0, 0, 0, 0, 4, 90},
    {"permissions.first_run_completed", "permissions.first_run_failed", 0, 0, 0, 0, 0, 2, 60},
};

static void report(struct lab_client *c, struct buf *out) {
    const struct measure *m =
        &measures[lab_random_below(&c->random, sizeof measures / sizeof *measures)];
    double middle = c->bad ? m->bad_middle : m->middle, spread = c->bad ? m->bad_spread : m->spread;
    if (middle > 0) {
        double value = lab_random_between(&c->random, middle - spread / 2, middle + spread / 2);
        say(c, out, METRICS, "INFO", "%s=%.*f", m->name, m->decimals, value);
        return;
    }
    bool failed = lab_random_hits(&c->random, c->bad ? m->bad_failing : m->failing);
    say(c, out, METRICS, "INFO", "%s=%d", failed && m->failed ? m->failed : m->name,
        !failed || m->failed);
}

static void chat(struct lab_client *c, struct buf *out) {
    static const char *const lines[] = {
        "Пользователь нажал «Говорить» 🎙️",
        "Распознано: «открой почту и прочитай последнее письмо»",
        "Menu opened with ⌥Space, VoiceOver is on",
        "Сеанс продолжен 👩🏽‍💻 сеть доступна",
        "Ответ готов: 3 предложения, язык ru ✅",
    };
    say(c, out, SESSION, "INFO", "%s", lines[lab_random_below(&c->random, 5)]);
}

static void work(struct lab_client *c, struct buf *out) {
    int64_t hold = c->bad ? TAL_HOLD_BAD_MS : TAL_HOLD_MS;
    if (c->hold_ms && c->next_ms - c->hold_ms >= hold) {
        say(c, out, TRAY, "INFO", "TAL=released (ts=%.2f, duration=%.1fs)", seconds_of(c->next_ms),
            seconds_of(c->next_ms - c->hold_ms));
        c->hold_ms = 0;
    }
    if (lab_random_hits(&c->random, 180))
        chat(c, out);
    else
        report(c, out);
    bool over = c->next_ms - c->session_ms > SESSION_MS + 17000 * (int64_t)c->number;
    go_on(c, over ? LAB_RESTART : LAB_WORK, 350 + (int64_t)lab_random_below(&c->random, 500));
}

void lab_client_init(struct lab_client *c, unsigned number, int64_t wall_ms) {
    *c = (struct lab_client){
        .random = {0x9e3779b97f4a7c15ULL * number},
        .number = number,
        .next_ms = wall_ms,
        .phase = LAB_LAUNCH,
    };
}

void lab_client_run(struct lab_client *c, int64_t wall_ms, struct buf *out) {
    static void (*const does[])(struct lab_client *, struct buf *) = {
        [LAB_LAUNCH] = launch,       [LAB_SERIES] = start_series,   [LAB_RESULT] = end_attempt,
        [LAB_RETRY] = start_attempt, [LAB_CIRCUIT] = close_circuit, [LAB_WORK] = work,
        [LAB_RESTART] = restart,
    };
    while (c->next_ms <= wall_ms)
        does[c->phase](c, out);
}
