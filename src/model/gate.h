/* Gates: one condition for GO each. A gate kind is one file in gates/ and one row in gate.c.
 *
 * A gate is a pure function of a snapshot and its time. It fails closed: what it cannot know is
 * GATE_UNKNOWN, and only what it has seen is GATE_PASS. */
#ifndef GONOGO_MODEL_GATE_H
#define GONOGO_MODEL_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/snapshot.h"

struct gate_kind {
    const char *name;
    const char *help; /* one line for `config options` */
    bool needs_sources;
    /* The probe kind that looks for it, at a source of its own that the configuration makes
     * (source_spec.of_gate, then the only one in gate_spec.sources). NULL = it has none. */
    const char *probe;
    /* Is this specification complete for the kind? `where` is the gate's place in the file. NULL = any. */
    enum err_code (*check)(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err);
    /* Fills verdict, reason and permille of `out` (which starts as UNKNOWN, "", -1). */
    void (*judge)(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out);
    /* Judged after the gates that it names in `of`. */
    bool judged_last;
};

/* NULL when there is no such kind. */
const struct gate_kind *gate_kind_find(const char *name);
/* The i-th kind, NULL behind the last. */
const struct gate_kind *gate_kind_at(size_t i);

/* Does somebody that gate `i` needs to hear have yet to speak for the first time? Then an unknown is
 * no failure, whatever on_unknown says, and nothing to remember. */
bool gate_pending(const struct snapshot *s, size_t i);

/* Judges gate `i` of s->policy against `s` into `out`: the kind's own judgement, then on_unknown and
 * counted. Does not touch since_ms. */
void gate_judge(const struct snapshot *s, size_t i, struct gate_view *out);

/* From the target, the stable version and the sources: the stage, the question, and the reason why it
 * has no ground now (snapshot.h). */
void question_judge(struct snapshot *s);

/* The verdict over all counted gates: any fails → NO-GO; else any waits or is unknown and is not waived, or the question
 * has no ground (the target or the stage is not known, a feed that they come from is silent), or none
 * is counted → HOLD; else GO. Fills the counters too. After question_judge(). */
void verdict_judge(struct snapshot *s);
/* The gate that made the verdict: the first counted one with the worst of theirs; NULL for GO. */
const struct gate_view *verdict_gate(const struct snapshot *s);

/* For the files in gates/. */

/* Can what people said be counted at this moment? Else false, and `out` says why not. */
bool gate_ledger(const struct snapshot *s, struct gate_view *out);

/* Fills verdict and reason; the text may hold raw bytes, it is made safe here. */
void gate_say(struct gate_view *out, enum gate_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The wanted version, safe; NULL when it is not known at this moment, and then `out` says why. */
const char *gate_target(const struct snapshot *s, struct gate_view *out);
const char *gate_stable(const struct snapshot *s, struct gate_view *out);

/* What is found while a gate's sources are looked at one by one: the first offender is named, the
 * others counted, and a failure beats an unknown. */
struct gate_tally {
    char failure[1024], doubt[1024];
    size_t failures, doubts;
};
void gate_tally_fail(struct gate_tally *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void gate_tally_doubt(struct gate_tally *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Doubts when the source cannot be used now (closed included); true when it can. */
bool gate_tally_source(struct gate_tally *t, const struct snapshot *s, size_t source);
/* True when all is well and `out` is the caller's to fill; else fills it. */
bool gate_tally_clean(const struct gate_tally *t, struct gate_view *out);

/* For kinds with a `probe`: what their source last saw, when that can be judged; else NULL, and `out`
 * says why it cannot. */
const struct sample *gate_reading(const struct gate_spec *spec, const struct snapshot *s,
                                  struct gate_view *out);
/* The same of the gate's source at place `which`, for kinds that have several. */
/* Something has been at a place (`where`, safe) for so long: wait, pass, or fail behind the most. */
void gate_stay(int64_t at_least_ms, int64_t at_most_ms, int64_t stay_ms, const char *where,
               struct gate_view *out);
const struct sample *gate_reading_at(const struct gate_spec *spec, size_t which,
                                     const struct snapshot *s, struct gate_view *out);

/* For check(): every source of `spec` is of probe kind `kind`, else ERR_CONFIG. */
enum err_code gate_check_kind(const struct gate_spec *spec, const struct policy *policy,
                              const char *kind, const char *where, struct err *err);

/* The environment that all sources of the gate (there is one) belong to; NULL when they differ. */
const char *gate_place(const struct gate_spec *spec, const struct policy *policy);

#endif
