#include "src/model/log_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/logbook.h"

const struct log_view *log_view_keep(const struct log_view *v) {
    struct log_view *counted = (struct log_view *)v; /* the count is no part of the value */
    if (counted)
        atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return v;
}

void log_view_drop(const struct log_view *v) {
    struct log_view *dead = (struct log_view *)v;
    if (!dead || atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(dead->logs);
    free(dead->events);
    free(dead->violations);
    free(dead->findings);
    free(dead);
}

bool log_view_pending(const struct log_view *log) {
    if (!log || log->wall_ms == 0)
        return true;
    for (size_t i = 0; i < log->n_logs; i++)
        if (!log->logs[i].caught_up && !log->logs[i].trouble[0])
            return true;
    return false;
}

bool log_view_silent(const struct log_view *log, int64_t mono_ms, char *dst, size_t cap) {
    char age[32], line[96];
    if (!log || log->wall_ms == 0) {
        snprintf(line, sizeof line, "the logs have not been read yet");
    } else if (mono_ms - log->mono_ms > LOGBOOK_PATIENCE_MS) {
        duration_text(mono_ms - log->mono_ms, age, sizeof age);
        snprintf(line, sizeof line, "the logs have not been read for %s", age);
    } else {
        return false;
    }
    text_safe(dst, cap, line, strlen(line));
    return true;
}

bool log_view_doubt(const struct policy *policy, const struct log_view *log, size_t i, char *dst,
                    size_t cap) {
    const struct log_state *state = &log->logs[i];
    const struct log_spec *spec = &policy->logs[i];
    char line[512];
    if (state->trouble[0])
        snprintf(line, sizeof line, "log %s: %s", spec->name, state->trouble);
    else if (!state->caught_up)
        snprintf(line, sizeof line, "log %s: what was written before is still being read",
                 spec->name);
    else
        return false;
    text_safe(dst, cap, line, strlen(line));
    return true;
}
