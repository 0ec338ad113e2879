/* no-violations: no rule of the tray was broken within the window (domain: logs and SLOs). */
#include <inttypes.h>
#include <stdio.h>

#include "src/base/when.h"
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (spec->n_logs == 0)
        return err_set(err, ERR_CONFIG, where, "add one to logs, or name it in logs: here",
                       "there is no log of format tray");
    for (size_t i = 0; i < spec->n_logs; i++) {
        const struct log_spec *log = &policy->logs[spec->logs[i]];
        if (log->format != LOG_TRAY)
            return err_set(err, ERR_CONFIG, where, "name logs of format tray",
                           "the log %s is not of format tray: the rules are the tray's", log->name);
    }
    if (spec->rules == 0)
        return err_set(err, ERR_CONFIG, where, "take fewer out", "no rule is left");
    return ERR_OK;
}

static bool concerns(const struct gate_spec *spec, const struct snapshot *s,
                     const struct digest_violation *v) {
    bool log = false;
    for (size_t i = 0; i < spec->n_logs; i++)
        log |= spec->logs[i] == v->log;
    return log && (spec->rules & 1U << v->rule) && s->wall_ms - v->wall_ms < spec->window_ms;
}

/* The newest of them, and how many there are; false when there is none. Those that are no longer kept
 * are known by their rule alone. */
static bool broken(const struct gate_spec *spec, const struct snapshot *s,
                   const struct digest_violation **newest, size_t *n) {
    bool any = false;
    *newest = NULL;
    *n = 0;
    for (size_t i = 0; i < s->log->n_violations; i++) {
        const struct digest_violation *v = &s->log->violations[i];
        if (!concerns(spec, s, v))
            continue;
        if (!*newest || v->wall_ms > (*newest)->wall_ms)
            *newest = v;
        ++*n;
    }
    for (size_t i = 0; i < spec->n_logs; i++) {
        const struct log_state *log = &s->log->logs[spec->logs[i]];
        for (unsigned rule = 0; rule < METRIC_RULES; rule++)
            any |= (spec->rules & 1U << rule) && log->broken_ms[rule] > 0 &&
                   s->wall_ms - log->broken_ms[rule] < spec->window_ms;
    }
    return any || *newest;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    const struct digest_violation *newest;
    char text[REASON_CAP], window[32];
    size_t n;
    int64_t newest_ms = 0;
    if (log_view_silent(s->log, s->mono_ms, text, sizeof text)) {
        gate_say(out, GATE_UNKNOWN, "%s", text);
        return;
    }
    duration_text(spec->window_ms, window, sizeof window);
    if (broken(spec, s, &newest, &n)) {
        if (newest)
            gate_say(out, GATE_FAIL, "%zu in %s, the last: %s: %s:%" PRIu64 ": %s", n, window,
                     metric_breaches[newest->rule].what, newest->file, newest->line, newest->text);
        else
            gate_say(out, GATE_FAIL, "a rule was broken within %s", window);
        return;
    }
    for (size_t i = 0; i < spec->n_logs; i++) {
        const struct log_state *log = &s->log->logs[spec->logs[i]];
        const char *name = s->policy->logs[spec->logs[i]].name;
        /* After a restart the lines that were counted before tell when somebody spoke last. */
        int64_t heard_ms = log->heard_ms > log->last_ms ? log->heard_ms : log->last_ms;
        newest_ms = heard_ms > newest_ms ? heard_ms : newest_ms;
        if (log_view_doubt(s->policy, s->log, spec->logs[i], text, sizeof text))
            gate_tally_doubt(&tally, "%s", text);
        else if (heard_ms == 0 || s->wall_ms - heard_ms >= spec->window_ms)
            gate_tally_doubt(&tally, "log %s: no line in %s", name, window);
    }
    if (!gate_tally_clean(&tally, out))
        return;
    duration_text(s->wall_ms > newest_ms ? s->wall_ms - newest_ms : 0, text, 32);
    gate_say(out, GATE_PASS, "none in %s, the last line %s ago", window, text);
}

const struct gate_kind gate_no_violations = {
    .name = "no-violations",
    .help = "no rule of the tray was broken within `window`",
    .check = check,
    .judge = judge,
};
