/* The logs as snapshots carry them: bounded, self-owned, made anew for each digest and shared by
 * reference in between. */
#ifndef GONOGO_MODEL_LOG_VIEW_H
#define GONOGO_MODEL_LOG_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/digest.h"

enum {
    LOG_EVENTS_KEPT = 256,
    LOG_VIOLATIONS_KEPT = 128,
};

/* One log source. Totals since this process started. */
struct log_state {
    uint64_t lines, bytes, damaged, skipped, untimed, ahead, violations;
    double lines_per_s; /* over the last digests */
    unsigned files;
    bool caught_up;
    int64_t last_ms;   /* the newest time in its lines; 0 = none */
    char trouble[192]; /* safe; "" = it is read */
    /* By rule: wall time of the newest violation that is known, also from earlier runs; 0 = none. */
    int64_t broken_ms[METRIC_RULES];
    /* Wall time of the newest counted line; 0 = none: who judges silence needs it. */
    int64_t heard_ms;
};

struct log_view {
    _Atomic unsigned refs;
    int64_t wall_ms, mono_ms; /* of the newest digest that speaks of now; 0 = none yet */
    bool caught_up;           /* all logs */
    size_t n_logs;
    struct log_state *logs; /* as in policy.logs */
    size_t n_events;
    struct digest_event *events; /* newest first */
    size_t n_violations;
    struct digest_violation *violations; /* newest first; from earlier runs too */
    size_t n_findings;
    struct digest_finding *findings; /* of logs-clean gates, as it is now */
    uint64_t more_findings;
};

const struct log_view *log_view_keep(const struct log_view *v); /* NULL is fine */
void log_view_drop(const struct log_view *v);                   /* NULL is fine */

#endif
