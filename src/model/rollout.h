/* How far the newest item of a feed has got with Sparkle's clients at the moment of a snapshot: the one
 * answer that the screen Rollout draws and `check --json` writes. */
#ifndef GONOGO_MODEL_ROLLOUT_H
#define GONOGO_MODEL_ROLLOUT_H

#include <stdbool.h>

#include "src/model/exposure.h"
#include "src/model/snapshot.h"

struct rollout {
    const char *version;       /* raw; borrowed from the snapshot */
    struct exposure_item item; /* as the feed has it */
    int64_t interval_ms;       /* of the item, 0 = none; what is beyond all time is cut */
    struct exposure now;
};

/* False when it is not known: no such source (SOURCE_NONE), no feed, no item, or one that cannot be
 * used now (source_trouble(), closed included). */
bool rollout_of(const struct snapshot *s, int source, struct rollout *out);

#endif
