/* The world as the samples tell it: the mutable model behind the snapshots. Pure: no I/O, no
 * threads, and time is a parameter. The engine thread owns the only one. */
#ifndef GONOGO_MODEL_WORLD_H
#define GONOGO_MODEL_WORLD_H

#include "src/model/digest.h"
#include "src/model/past.h"
#include "src/model/snapshot.h"

struct world;

/* What the store remembered from earlier runs; the arrays are as long as the policy's. */
struct recall {
    uint16_t (*sparks)[SPARK_POINTS]; /* per source */
    struct {
        bool known;
        enum gate_verdict verdict;
        int64_t since_ms;
    } * gates;
    struct soak *soaks; /* per gate */
    char target[VERSION_CAP];
    char baseline[VERSION_CAP];
};
struct recall *recall_new(const struct policy *policy);
void recall_free(struct recall *recall);

struct world *world_new(const struct policy *policy); /* borrows the policy */
void world_free(struct world *w);

/* Folds one sample in; takes its own reference. */
void world_fold(struct world *w, const struct sample *sample);
/* Folds one digest of the logs in, and keeps nothing of it. Those that the store kept (`recalled`) come
 * first, and say nothing about now. */
void world_digest(struct world *w, const struct digest *digest, int64_t mono_ms);
/* What the charts of service levels are laid over from now on; copied. */
void world_past(struct world *w, const struct past *past);
/* What the store says of itself. `note` is safe text or NULL. */
void world_store(struct world *w, enum store_state state, const char *note);
/* Takes over what was remembered. Soaks are read again and again while another process keeps the
 * store (`refresh`: soaks and gate times only). Consumes nothing. */
void world_recall(struct world *w, const struct recall *recall, bool refresh);
/* What the ledger says of itself. `note` is safe text or NULL. */
void world_ledger(struct world *w, enum ledger_state state, const char *note);
/* Entries of the ledger, in order, after those that were told before. `fresh`: they were made since this
 * process read it first, and are news for "Latest". Takes its own references. */
void world_records(struct world *w, const struct record *const *records, size_t n, bool fresh);
/* What the runner of this process did, before the ledger is read again; the same entry may come by both
 * ways. Of the others' kinds it takes nothing. */
void world_record(struct world *w, const struct record *r);
/* Nobody is at this run any more, and no record says so yet. `holder` (safe): who was. */
void world_gone(struct world *w, const char *run, const char *holder);
/* What the step of this run says while it runs; takes its own reference. */
void world_output(struct world *w, const char *run, const struct run_text *text);
/* An order of this process began this run, or reopened it. */
void world_accepted(struct world *w, const char *run);
/* An order of this process was not carried out. `why` is safe. */
void world_refused(struct world *w, const char *why, bool again);

/* A line for "Latest". */
void world_note(struct world *w, int64_t wall_ms, const char *safe_text);

/* Judges everything at this moment and returns a new snapshot (one reference, the caller's). Also
 * moves what depends on time alone: staleness, soak clocks. Wall time may jump; only mono_ms orders. */
const struct snapshot *world_judge(struct world *w, int64_t wall_ms, int64_t mono_ms);

#endif
