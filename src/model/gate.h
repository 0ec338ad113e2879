/* Gates: one condition for GO each. A gate kind is one file in gates/ and one row in gate.c.
 *
 * A gate is a pure function of a snapshot and its time. It fails closed: what it cannot know is
 * GATE_UNKNOWN, and only what it has seen is GATE_PASS. */
#ifndef GONOGO_MODEL_GATE_H
#define GONOGO_MODEL_GATE_H

#include "src/base/err.h"
#include "src/model/snapshot.h"

struct gate_kind {
    const char *name;
    const char *help; /* one line for `config options` */
    bool needs_sources;
    /* Is this specification complete for the kind? `where` is the gate's place in the file. NULL = any. */
    enum err_code (*check)(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err);
    /* Fills verdict, reason and permille of `out` (which starts as UNKNOWN, "", -1). NULL: this
     * version accepts the kind in a configuration and never passes it. */
    void (*judge)(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out);
    /* Judged after the gates that it names in `of`. */
    bool judged_last;
};

/* NULL when there is no such kind. */
const struct gate_kind *gate_kind_find(const char *name);
/* The i-th kind, NULL behind the last. */
const struct gate_kind *gate_kind_at(size_t i);

/* Judges gate `i` of s->policy against `s` into `out`: the kind's own judgement, then on_unknown and
 * counted. Does not touch since_ms. */
void gate_judge(const struct snapshot *s, size_t i, struct gate_view *out);

/* The verdict over all counted gates: any fails → NO-GO; else any waits or is unknown, or the target
 * or the stage is not known, or none is counted → HOLD; else GO. Fills the counters too. */
void verdict_judge(struct snapshot *s);

#endif
