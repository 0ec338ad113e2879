#include "src/model/rollout.h"

bool rollout_of(const struct snapshot *s, int source, struct rollout *out) {
    if (source == SOURCE_NONE || source_trouble(s, (size_t)source, true, NULL, 0))
        return false;
    const struct sample *good = s->sources[source].good;
    if (!good || good->items < 1 || !good->version[0])
        return false;
    int64_t interval_s = good->published.interval_s;
    *out = (struct rollout){
        .version = good->version,
        .item = good->published,
        .interval_ms = interval_s < 0                  ? 0
                       : interval_s > INT64_MAX / 1000 ? INT64_MAX
                                                       : interval_s * 1000,
        .now = exposure_at(&good->published, s->wall_ms, s->policy->check_interval_ms / 1000),
    };
    return true;
}
