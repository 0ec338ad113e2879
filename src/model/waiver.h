/* Waivers: somebody overrides a gate, by name, with a reason, for a time, and other people approve. */
#ifndef GONOGO_MODEL_WAIVER_H
#define GONOGO_MODEL_WAIVER_H

#include "src/model/snapshot.h"

/* Is the record about what is judged now: the same target and the same fingerprint? When the candidate
 * was withdrawn after the promote there is no fingerprint, and the target says it. */
bool waiver_bound(const struct snapshot *s, const struct record *r);
/* The gate's waiver that was asked for, is bound and has not run out; NULL when there is none. */
const struct record *waiver_asked(const struct snapshot *s, size_t gate);
/* How many people have still to approve it. */
unsigned waiver_missing(const struct snapshot *s, size_t gate, const struct record *waiver);
/* May the gate be waived at all, now? When not, `dst` (may be NULL) says why in a clause. */
bool waiver_allowed(const struct snapshot *s, size_t gate, char *dst, size_t cap);

/* For a gate that was judged and does not pass: fills waived and waiver of `out`. */
void waiver_judge(const struct snapshot *s, size_t gate, struct gate_view *out);

#endif
