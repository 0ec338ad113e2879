/* What exactly is about to move: the candidate's fingerprint, a SHA-256 over what its feed and the
 * manifests tell of it. Votes, waivers, soaks and runs are bound to it, and void when it changes. */
#ifndef GONOGO_MODEL_FINGERPRINT_H
#define GONOGO_MODEL_FINGERPRINT_H

#include "src/base/hash.h"
#include "src/model/snapshot.h"

/* Hex. Over: the target; url, size and signature of the candidate's feed's item; the SHA-256 digests that
 * manifests outside stable environments give for that version, each once, sorted.
 *
 * "" while it is not known: there is no target, or a source that has to tell (the candidate's feed, such
 * a manifest) does not answer. What answered and has nothing to say of the target is left out. */
void fingerprint_of(const struct snapshot *s, char hex[HASH_HEX_CAP]);

/* Has one of those who have to tell yet to speak for the first time? */
bool fingerprint_pending(const struct snapshot *s);

#endif
