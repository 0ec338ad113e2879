/* What the steps of runs said: files beside the ledger, RUN/step-02.log and RUN/undo-02.log in the folder
 * gonogo-runs. The ledger has their digests for ever; the files go when they are too many, too large
 * together or too old (config: outputs). */
#ifndef GONOGO_ENGINE_OUTPUTS_H
#define GONOGO_ENGINE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/base/hash.h"
#include "src/model/policy.h"

/* The folder of all runs, and the file of a step (from 0) or of its undo; heap. `ledger` is its path. */
char *outputs_folder(const char *ledger);
char *outputs_path(const char *ledger, const char *run, int step, bool undo);

/* Removes the oldest runs' until what is left keeps within the rules. The newest run's stay, and those
 * that `stays` says true of. Touches nothing that gonogo has not made. How many runs' went. */
size_t outputs_prune(const char *ledger, const struct output_rules *rules, int64_t wall_ms,
                     bool (*stays)(void *self, const char *run), void *self);

enum output_kept {
    OUTPUT_WHOLE,   /* and the digest fits it */
    OUTPUT_CUT,     /* its beginning and its end; the digest is that of all of it */
    OUTPUT_CHANGED, /* the digest does not fit it: changed by hand, or the step was run again */
    OUTPUT_GONE,    /* pruned or removed */
};
/* What became of the output whose digest a record has; its bytes are appended to `bytes` (NULL = they are
 * not wanted). */
enum output_kept outputs_read(const char *path, const char *digest, struct buf *bytes);
/* "whole", "cut", … and what they mean, for people. */
const char *output_kept_name(enum output_kept kept);
const char *output_kept_text(enum output_kept kept);

#endif
