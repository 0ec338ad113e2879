/* The log view, and whether the logs can be believed now. */
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/world_slo_parts.h"

static const struct log_state nothing;

static void take_status(struct log_state *to, const struct digest_log *from, const struct digest *d,
                        int64_t since_ms) {
    to->lines += from->lines;
    to->bytes += from->bytes;
    to->damaged += from->damaged;
    to->skipped += from->skipped;
    to->untimed += from->untimed;
    to->ahead += from->ahead;
    to->violations += from->violations;
    if (from->lines > 0)
        to->heard_ms = d->wall_ms;
    if (since_ms > 0) { /* smoothed over some seconds */
        double now = (double)from->lines * 1000 / (double)since_ms;
        to->lines_per_s += (now - to->lines_per_s) * 0.3;
    }
    to->files = from->files;
    to->caught_up = from->caught_up;
    to->last_ms = from->last_ms > to->last_ms ? from->last_ms : to->last_ms;
    memcpy(to->trouble, from->trouble, sizeof to->trouble);
}

static void take_logs(struct log_view *v, const struct log_view *before, const struct digest *d) {
    int64_t since_ms = before && before->wall_ms > 0 ? d->wall_ms - before->wall_ms : 0;
    v->caught_up = true;
    for (size_t i = 0; i < v->n_logs; i++) {
        v->logs[i] = before ? before->logs[i] : nothing;
        if (!d->recalled && i < d->n_logs)
            take_status(&v->logs[i], &d->logs[i], d, since_ms);
        v->caught_up = v->caught_up && v->logs[i].caught_up;
    }
    for (size_t i = 0; i < d->n_violations; i++) {
        const struct digest_violation *broken = &d->violations[i];
        if (broken->log >= v->n_logs || broken->rule >= METRIC_RULES)
            continue;
        int64_t *at = &v->logs[broken->log].broken_ms[broken->rule];
        *at = broken->wall_ms > *at ? broken->wall_ms : *at;
    }
}

/* Newest first: the digest's own, which are oldest first, then what was there. */
#define TAKE(field, keep)                                                      \
    do {                                                                       \
        size_t old = before ? before->n_##field : 0, all = d->n_##field + old; \
        v->n_##field = all < (keep) ? all : (keep);                            \
        v->field = mem_zero(v->n_##field + 1, sizeof *v->field);               \
        for (size_t i = 0; i < v->n_##field; i++)                              \
            v->field[i] = i < d->n_##field ? d->field[d->n_##field - 1 - i]    \
                                           : before->field[i - d->n_##field];  \
    } while (0)

const struct log_view *levels_log_view(const struct policy *policy, const struct log_view *before,
                                       const struct digest *d, int64_t mono_ms) {
    struct log_view *v = mem_zero(1, sizeof *v);
    atomic_init(&v->refs, 1);
    v->n_logs = policy->n_logs;
    v->logs = mem_zero(v->n_logs + 1, sizeof *v->logs);
    v->wall_ms = d->recalled ? (before ? before->wall_ms : 0) : d->wall_ms;
    v->mono_ms = d->recalled ? (before ? before->mono_ms : 0) : mono_ms;
    take_logs(v, before, d);
    TAKE(events, (size_t)LOG_EVENTS_KEPT);
    TAKE(violations, (size_t)LOG_VIOLATIONS_KEPT);
    bool told = !d->recalled; /* findings are as they are now */
    const struct digest_finding *findings = told ? d->findings : before ? before->findings : NULL;
    v->n_findings = told ? d->n_findings : before ? before->n_findings : 0;
    v->more_findings = told ? d->more_findings : before ? before->more_findings : 0;
    v->findings = mem_zero(v->n_findings + 1, sizeof *v->findings);
    if (v->n_findings > 0)
        memcpy(v->findings, findings, v->n_findings * sizeof *v->findings);
    return v;
}

/* ---- belief ---- */

static bool gives(const struct policy *policy, size_t log, const struct metric_spec *m) {
    const struct log_spec *spec = &policy->logs[log];
    if (m->log >= 0)
        return (size_t)m->log == log;
    if (spec->whole)
        return false;
    if (m->input < 0)
        return true;
    for (size_t i = 0; i < METRIC_STREAMS; i++)
        if ((int)metric_streams[i].input == m->input && metric_streams[i].over == m->over)
            return metric_streams[i].profiles & spec->profiles;
    return false;
}

bool levels_trouble(const struct policy *policy, const struct log_view *log, unsigned metric,
                    int64_t mono_ms, char *dst, size_t cap) {
    if (log_view_silent(log, mono_ms, dst, cap))
        return true;
    for (size_t i = 0; i < policy->n_logs; i++)
        if (gives(policy, i, &policy->metrics[metric]) && log_view_doubt(policy, log, i, dst, cap))
            return true;
    return false;
}
