#include "src/model/ramp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/model/level.h"
#include "src/model/metric.h"

/* By the rows of metric.c, so that a ramp is held to what `slo` judges. */
static const struct {
    const char *metric, *row, *what;
} guards[RAMP_GUARDS] = {
    [RAMP_P95] = {"stream_audio_ms", "stream_audio_p95_ms", "StreamAudio p95"},
    [RAMP_ERRORS] = {"error_rate", "error_rate", "error rate"},
    [RAMP_GIVEN_UP] = {"retry_abort_ratio", "retry_abort_ratio", "retries and aborts"},
    [RAMP_BACKPRESSURE] = {"backpressure_ratio", "backpressure_ratio", "backpressure"},
};

const char *ramp_metric(enum ramp_guard guard) {
    return guards[guard].metric;
}

static const struct metric *row_of(enum ramp_guard guard) {
    for (size_t i = 0; i < METRIC_ROWS; i++)
        if (strcmp(metric_rows[i].name, guards[guard].row) == 0)
            return &metric_rows[i];
    return NULL;
}

static void say(const struct ramp_input *in, enum ramp_guard guard, const struct metric *row,
                struct ramp_view *v) {
    char value[48], limit[48], factor[64] = "";
    level_number(v->value, row->unit, value, sizeof value);
    level_number(v->limit, row->unit, limit, sizeof limit);
    if (row->by_baseline && !isnan(in->baseline))
        snprintf(factor, sizeof factor, " (%.3g × the baseline's)", row->threshold);
    if (v->samples == 0)
        snprintf(v->reason, sizeof v->reason, "%s: no data at this stage", guards[guard].what);
    else if (row->by_baseline && isnan(v->limit))
        snprintf(v->reason, sizeof v->reason, "%s: %s, and no baseline is known",
                 guards[guard].what, value);
    else if (v->verdict == SLO_UNKNOWN)
        snprintf(v->reason, sizeof v->reason, "%s: %s of %" PRIu64 " samples: too few to say",
                 guards[guard].what, value, v->samples);
    else
        snprintf(v->reason, sizeof v->reason, "%s: %s %s %s%s, %" PRIu64 " samples%s",
                 guards[guard].what, value, v->verdict == SLO_FAIL ? ">" : "≤", limit, factor,
                 v->samples, v->warned ? ", beyond the warning" : "");
}

void ramp_judge(const struct ramp_input *in, struct ramp_view out[RAMP_GUARDS]) {
    for (int i = 0; i < RAMP_GUARDS; i++) {
        const struct metric *row = row_of((enum ramp_guard)i);
        struct ramp_view *v = &out[i];
        v->guard = (enum ramp_guard)i;
        v->verdict = SLO_UNKNOWN;
        v->warned = false;
        v->value = in->value[i];
        v->samples = in->samples[i];
        v->limit = NAN;
        if (!row)
            continue;
        bool based = in->baseline_samples >= in->min_samples && !isnan(in->baseline);
        v->limit = !row->by_baseline ? row->threshold : based ? row->threshold * in->baseline : NAN;
        if (v->samples >= in->min_samples && !isnan(v->value) && !isnan(v->limit))
            v->verdict = v->value <= v->limit ? SLO_PASS : SLO_FAIL;
        v->warned = v->verdict == SLO_PASS && row->warn > 0 && v->value > row->warn;
        say(in, (enum ramp_guard)i, row, v);
    }
}
