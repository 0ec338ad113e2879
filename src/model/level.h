/* One service level: from what its window holds to value, verdict and words. */
#ifndef GONOGO_MODEL_LEVEL_H
#define GONOGO_MODEL_LEVEL_H

#include "src/model/policy.h"
#include "src/model/slo_view.h"
#include "src/model/window.h"

/* The value of a metric over a window: a quantile or the mean of a measure, a ratio, or a count; NAN
 * when there is none. `quantile` NAN = the mean. */
double level_value(const struct metric_spec *metric, double quantile, const struct window_sum *sum);
uint64_t level_samples(const struct window_sum *sum);

/* Too few samples are unknown, unless a level that holds for every single one is broken. */
enum slo_verdict level_verdict(const struct slo_spec *slo, double value, uint64_t samples,
                               uint64_t min_samples);
bool level_warns(const struct slo_spec *slo, double value);
/* The part of events that may be bad; slo_spec.burn says that there is one. */
double level_budget(const struct slo_spec *slo, enum metric_shape shape);
/* How many of a delta's events spend budget. */
double level_bad(const struct slo_spec *slo, enum metric_shape shape,
                 const struct digest_delta *delta, const struct digest_bucket *buckets);

/* "412 ms", "99.2 %", "17"; `cap` ≥ 32. */
void level_number(double value, const char *unit, char *dst, size_t cap);
/* One safe line: "p95 412 ms ≤ 600 ms of 1234 in 1h". */
void level_say(const struct policy *policy, const struct slo_spec *slo, struct slo_view *view);

#endif
