/* Runs, folded from the ledger's records: what state each is in, and how its steps went. Pure; the same
 * records give the same picture in every process, after every crash.
 *
 *   prepared → confirmed → running → verifying → done
 *                  failed and interrupted: resumed (running), undoing → undone, or abandoned
 */
#ifndef GONOGO_MODEL_RUN_H
#define GONOGO_MODEL_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/policy.h"
#include "src/model/record.h"

enum {
    RUNS_KEPT = 16,     /* that a screen shows */
    RUN_STEPS_MAX = 64, /* as the schema allows */
    RUN_TEXT_CAP = 320,
};

/* How a refusal begins that ends the run itself: its records cannot be written any more. */
#define RUN_LOST "the run is interrupted, for it cannot be recorded"

enum run_state {
    RUN_NONE,
    RUN_PREPARED,  /* its plan is written down; gates are being judged afresh */
    RUN_CONFIRMED, /* it may begin */
    RUN_RUNNING,
    RUN_VERIFYING, /* the last steps: the world is read again */
    RUN_DONE,
    RUN_FAILED,
    RUN_INTERRUPTED, /* whoever ran it is gone, or stopped it */
    RUN_UNDOING,
    RUN_UNDONE,
    RUN_ABANDONED,
    RUN_REFUSED, /* prepared, and then a gate said otherwise */
    RUN_STATES
};

enum step_state {
    STEP_PENDING,
    STEP_STARTED,
    STEP_OK,
    STEP_FAILED,
    STEP_SKIPPED, /* it held already */
    STEP_UNDOING,
    STEP_UNDONE,
    STEP_UNDO_FAILED,
    STEP_STATES
};

/* A step's output while it runs: safe text, lines apart by LF. Shared by reference. */
struct run_text {
    _Atomic unsigned refs;
    int step;       /* from 0 */
    uint64_t total; /* bytes that it said so far; `text` is the end of them */
    size_t n;
    char text[];
};
struct run_text *run_text_new(int step, uint64_t total, const char *safe, size_t n);
const struct run_text *run_text_keep(const struct run_text *t);
void run_text_drop(const struct run_text *t); /* NULL is fine */

struct step_view {
    enum step_state state;
    int exit_code;    /* RECORD_EXIT_NONE; of a signal: minus its number */
    int64_t began_ms; /* wall; 0 = not yet */
    int64_t ended_ms; /* wall; 0 = not yet */
    char digest[HASH_HEX_CAP];
    char text[RUN_TEXT_CAP]; /* safe: what came of it */
};

/* One run; immutable once it is shown, shared by reference. */
struct run_view {
    _Atomic unsigned refs;
    enum run_state state;
    char id[RECORD_RUN_CAP];
    int action;                  /* index; -1 = the configuration has no such action (any more) */
    char name[RECORD_THING_CAP]; /* safe, as is all text here */
    char who[RECORD_NAME_CAP];
    char user[RECORD_NAME_CAP];
    char target[VERSION_CAP];
    char reason[RUN_TEXT_CAP];
    char why[RUN_TEXT_CAP];       /* of the state: what failed, who took it over */
    char drift[RUN_TEXT_CAP];     /* done, and since then undone by another hand; "" = not */
    char digest[HASH_HEX_CAP];    /* of its plan */
    char values[RECORD_TEXT_CAP]; /* of its plan, as plan_save() wrote it; raw */
    char stable[VERSION_CAP]; /* done: what stable offered when it was verified; "" = not known */
    int64_t prepared_ms, confirmed_ms, ended_ms; /* wall; 0 = not yet */
    int64_t goal_ms;                             /* 0 = none */
    int step;                                    /* from 0: the current one; -1 = none yet */
    size_t n_steps;                              /* seen in records or in the configuration */
    struct step_view *steps;
    const struct run_text *output; /* of the current step, or the last one that spoke; or NULL */
    bool asks;                     /* the current step waits for a person's answer */
    /* Its state is not on record yet: who was at it is gone, and the record says `was` until somebody
     * takes the run over. */
    bool unrecorded;
    enum run_state was;
};
const struct run_view *run_view_keep(const struct run_view *v);
void run_view_drop(const struct run_view *v); /* NULL is fine */

/* "prepared", "confirmed", "running" … also the words of the records. */
const char *run_state_name(enum run_state state);
const char *step_state_name(enum step_state state);
/* RUN_STATES when there is no such word. */
enum run_state run_state_find(const char *word);
/* Somebody is at it (or died at it). */
bool run_is_active(enum run_state state);
/* It waits for a decision: resume, undo or abandon. */
bool run_is_open(enum run_state state);
/* May a run go from one to the other? */
bool run_may_go(enum run_state from, enum run_state to);

/* The stopwatch: from the confirmation to the end, or until now; -1 = it does not run. */
int64_t run_stopwatch_ms(const struct run_view *v, int64_t now_ms);

struct run_book;
struct run_book *run_book_new(const struct policy *policy); /* borrows it */
void run_book_free(struct run_book *book);                  /* NULL is fine */
/* Folds a record; those of other kinds, and those that were folded already, change nothing. True when
 * something changed. */
bool run_book_fold(struct run_book *book, const struct record *r);
/* The i-th run, newest first; NULL behind the last. A reference of the book's, good until it changes. */
const struct run_view *run_book_at(const struct run_book *book, size_t i);
/* What the newest run's step says; takes its own reference. */
void run_book_output(struct run_book *book, const char *id, const struct run_text *output);
/* Nobody is at this run any more, and nobody has written that down yet: it is shown as what the next
 * start will make of it, until a record of it comes. `holder` (safe) is who is gone. True when that is
 * news. */
bool run_book_gone(struct run_book *book, const char *id, const char *holder);
/* What a run becomes whose holder died: what was never confirmed is abandoned. */
enum run_state run_state_left(enum run_state state);
/* The newest run is done: is it still so? `stable` "" = not known now. `broken` (safe) names a gate that
 * it verified and that fails now; "" = none. True when the answer changed. */
bool run_book_watch(struct run_book *book, const char *stable, const char *broken);

#endif
