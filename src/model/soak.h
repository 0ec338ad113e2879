/* The clock of a soak: how long the watched gates were seen to pass, all of them, with one candidate,
 * unchanged (domain: words, soak). The same version with another fingerprint is another candidate and
 * begins anew; while the fingerprint is not known nobody can say that it is the same, and the clock rests.
 *
 * Within a process only the monotonic clock counts, from one judgement to the next, so that a jump of
 * the wall clock makes no soak time and loses none. Across processes there is only the wall clock: the
 * gap since the last judgement of the earlier run counts when it is no longer than max_gap. */
#ifndef GONOGO_MODEL_SOAK_H
#define GONOGO_MODEL_SOAK_H

#include <stdbool.h>
#include <stdint.h>

#include "src/model/snapshot.h"

struct soak_clock {
    bool running;       /* all passed at the last judgement */
    bool watched;       /* ran at least once in this process */
    bool failed;        /* failed in this process: what earlier runs observed is void */
    bool broke;         /* was seen paused before it first ran: no gap is bridged */
    int64_t at_mono_ms; /* the last judgement, when running */
    int64_t began_ms;   /* wall: it first ran in this process */
};

/* Moves the clock of gate `gate` to the moment of `s`, whose other gates are judged. */
void soak_advance(struct soak *soak, struct soak_clock *clock, const struct snapshot *s,
                  size_t gate);

/* Takes over what is remembered. The first time it is joined with what this process saw meanwhile; a
 * `refresh` is the word of the process that keeps the store, and replaces it. */
void soak_recall(struct soak *soak, struct soak_clock *clock, const struct gate_spec *spec,
                 const struct soak *remembered, bool refresh);

#endif
