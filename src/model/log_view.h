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

/* Have the logs yet to be read for the first time: those that can be? `log` may be NULL. */
bool log_view_pending(const struct log_view *log);
/* Is nobody reading the logs? Then a safe line says since when. `log` may be NULL. */
bool log_view_silent(const struct log_view *log, int64_t mono_ms, char *dst, size_t cap);
/* Can log `i` not be believed now: it cannot be read, or what lay there before is not read yet? Then a
 * safe line says why. */
bool log_view_doubt(const struct policy *policy, const struct log_view *log, size_t i, char *dst,
                    size_t cap);

#endif
