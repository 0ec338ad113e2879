/* The plan of an action at one moment: its steps as they will be run, what they will reach, and what
 * forbids them. The dialog, `gonogo run --dry-run` and the report show the same. Pure. */
#ifndef GONOGO_MODEL_PLAN_H
#define GONOGO_MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/hash.h"
#include "src/model/placeholder.h"
#include "src/model/record.h"
#include "src/model/run.h"
#include "src/model/snapshot.h"

enum {
    PLAN_LINE_CAP = 320,
    PLAN_LINES = 8,
};

struct run_step {
    const struct step_spec *spec; /* borrowed of the policy */
    char **argv;                  /* run: as it will be run, NULL-terminated */
    char **undo;                  /* argv of what takes it back; NULL = nothing can */
    char *url, *body;             /* http */
    /* What people see: one safe line each, quoted as a shell would want it, secrets masked. */
    char *line;
    char *undo_line; /* NULL = nothing takes it back */
};

struct run_plan {
    const struct policy *policy; /* borrowed: outlives the plan */
    unsigned action;             /* index */
    struct place_values values;
    struct run_step *steps;
    size_t n_steps;
    char digest
        [HASH_HEX_CAP]; /* SHA-256 over all that the steps will do; secrets are no part of it */
    char fingerprint[HASH_HEX_CAP]; /* of the candidate; "" = not known */
    /* What a person who looks at the plan relies on: the digest and, when it requires GO, the verdict of
     * every gate. Another number means that the world has moved, and the plan has to be shown again. */
    uint64_t seen;
    /* The newest run that was known then: "" = none. A later one means the same. */
    char after[RECORD_RUN_CAP];
    bool held_before[RUN_STEPS_MAX]; /* expect steps: did their gates pass already? */

    /* Safe lines. */
    char lines[PLAN_LINES][PLAN_LINE_CAP]; /* the blast radius; "" behind the last */
    char fault[PLAN_LINE_CAP];             /* why there is no such plan at all; "" = there is */
    char held[PLAN_LINE_CAP];              /* the gates that forbid it now; "" = none does */
    char word[VERSION_CAP];                /* what has to be typed; "" = nothing */
    bool reason_needed;
};

/* Never NULL; the snapshot is only read. */
struct run_plan *plan_make(const struct snapshot *s, size_t action);
/* What a later gonogo needs to make it again: one JSON object into `out`. */
void plan_save(const struct run_plan *plan, struct buf *out);
/* The same plan with the values that it had then, for a run that goes on: gates are not asked. `json` is
 * plan_save()'s. */
struct run_plan *plan_remake(const struct policy *policy, size_t action, const char *json);
void plan_free(struct run_plan *plan); /* NULL is fine */

/* Why this may not be started by somebody who types `word` and gives `reason` (either may be ""), gates
 * aside: one safe line into dst. False = it may. */
bool plan_refuses(const struct run_plan *plan, const char *word, const char *reason, char *dst,
                  size_t cap);

/* All secrets that the policy knows, for masking: NULL-terminated, the texts borrowed; free() it. */
const char **plan_secrets(const struct policy *policy);

#endif
