/* Approvals of actions: an action may want so many different people besides the one who starts it
 * (config: `approvals`). An approval is about one candidate, by its fingerprint, and counts for a day.
 * One place for the rule: the runner counts by it what stands in the ledger, the screen what it is told. */
#ifndef GONOGO_MODEL_APPROVAL_H
#define GONOGO_MODEL_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "src/model/snapshot.h"

enum { APPROVAL_MS = 24 * 3600 * 1000 }; /* then it is asked for again */

/* Does `r` say whether somebody approves this action for this candidate, and does it still count at
 * `now_ms` (wall)? Whether they do, its word tells: "yes", else no. */
bool approval_is_of(const struct record *r, const char *action, const char *target,
                    const char *fingerprint, int64_t now_ms);

/* The i-th person who approves action `action` (an index) for the present candidate so that `who` may
 * start it: each once, never `who`. Borrowed of the snapshot; NULL behind the last. */
const struct record *approval_at(const struct snapshot *s, size_t action, const char *who,
                                 size_t i);
/* What `who` said about it last, "yes" or taken back; NULL = nothing that counts. */
const struct record *approval_by(const struct snapshot *s, size_t action, const char *who);
/* How many are still missing before `who` may start it. */
unsigned approval_missing(const struct snapshot *s, size_t action, const char *who);

#endif
