/* The guardrails of a ramp (domain: phases, service levels): what must hold at each stage before more
 * clients or servers are let in. p95 of StreamAudio, the error rate, retries and aborts against 1.5 times
 * the baseline's, and what is turned away for lack of room. */
#ifndef GONOGO_MODEL_RAMP_H
#define GONOGO_MODEL_RAMP_H

#include "src/model/slo_view.h"

struct ramp_input {
    double value[RAMP_GUARDS]; /* NAN = none */
    uint64_t samples[RAMP_GUARDS];
    double baseline; /* ratio of retries and aborts, NAN = not known */
    uint64_t baseline_samples;
    uint64_t min_samples; /* fewer are unknown, on either side */
};

/* The stream that a guard looks at ("stream_audio_ms"). */
const char *ramp_metric(enum ramp_guard guard);
/* Fills verdict, value, limit, samples and reason of each. */
void ramp_judge(const struct ramp_input *input, struct ramp_view out[RAMP_GUARDS]);

#endif
