/* Where the ramp of the servers stands (domain: the release, step by step: 1 % → 25 % → 50 % → 100 %), as
 * whoever turns it says: an answer in JSON with the share and since when it is that. Feeds know of clients
 * alone (phase.h). */
#ifndef GONOGO_MODEL_RAMP_STAGE_H
#define GONOGO_MODEL_RAMP_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/model/policy.h"
#include "src/model/snapshot.h"

struct ramp_now {
    double percent;            /* 0 to 100 */
    int64_t since_ms;          /* wall */
    char version[VERSION_CAP]; /* raw; "" = the answer is not asked for it */
};

/* Reads the answer, a JSON text. False, and in `why` (safe) what it does not tell. */
bool ramp_read(const struct gate_spec *spec, const char *answer, struct ramp_now *out, char *why,
               size_t cap);
/* Since when the share that is in now is that, by the first gate of kind ramp that knows it of the
 * target; 0 = none does. */
int64_t ramp_since_ms(const struct snapshot *s);

#endif
