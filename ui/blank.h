/* The snapshot before the first one: made from the policy alone, everything asked, nothing known. */
#ifndef GONOGO_UI_BLANK_H
#define GONOGO_UI_BLANK_H

#include <stdint.h>

#include "src/model/snapshot.h"

/* One reference, the caller's. Its number is 0, which no snapshot of the engine has. */
const struct snapshot *blank_new(const struct policy *policy, int64_t wall_ms, int64_t mono_ms);

#endif
