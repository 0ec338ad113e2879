/* The part of the world that the logs tell: windows of every metric that somebody judges, and the log
 * view. Owned by the world. */
#ifndef GONOGO_MODEL_WORLD_SLO_H
#define GONOGO_MODEL_WORLD_SLO_H

#include "src/model/digest.h"
#include "src/model/past.h"
#include "src/model/snapshot.h"

struct levels;

struct levels *levels_new(const struct policy *policy); /* borrows it */
void levels_free(struct levels *l);                     /* NULL is fine */

void levels_fold(struct levels *l, const struct digest *digest, int64_t mono_ms);
/* What charts are laid over, until it no longer stands; copied. */
void levels_past(struct levels *l, const struct past *past);
/* Fills slos, canaries and log of a snapshot that has its times and versions. */
void levels_judge(struct levels *l, struct snapshot *s);

#endif
