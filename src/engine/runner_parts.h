/* What the files of the runner share. Only its own thread touches any of it, but for the inbox, the
 * mailbox and `watches`. */
#ifndef GONOGO_ENGINE_RUNNER_PARTS_H
#define GONOGO_ENGINE_RUNNER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "src/base/capture.h"
#include "src/base/mailbox.h"
#include "src/base/proc.h"
#include "src/base/queue.h"
#include "src/base/wake.h"
#include "src/engine/lease.h"
#include "src/engine/ledger.h"
#include "src/engine/runner.h"

enum work {
    WORK_NONE,
    WORK_JUDGING, /* prepared: the world is read again */
    WORK_STEP,    /* a step is under way */
    WORK_CHECK,   /* resuming: does a step without a result hold already? */
    WORK_UNDO,    /* a step is being taken back */
};

enum {
    DRAFTS_MAX = 8, /* records of one transaction */
    READ_BYTES = 64 << 10,
};

struct runner {
    struct runner_ports ports;
    struct wake wake;
    struct queue *inbox;  /* of struct order */
    struct mailbox world; /* of const struct snapshot */
    atomic_bool watches;
    pthread_t thread;
    atomic_bool started;

    struct ledger *ledger;
    struct lease *lease;
    struct run_book *book;
    uint64_t seq;            /* the last entry of the ledger that was read */
    char head[HASH_HEX_CAP]; /* its hash; "" = not known */
    bool unread;             /* what others have appended could not be read */
    bool partial;            /* what was before could not be read wholly: the book may be wrong */
    struct ledger_audit *audit; /* under way; NULL = not */
    char broken[RUN_TEXT_CAP];  /* what it found, or what reading ran into; "" = nothing */
    int64_t beat_ms, follow_ms;
    int64_t prune_ms;         /* mono: older outputs are looked at */
    const struct snapshot *s; /* the newest that was seen; NULL before */

    /* The run that is under way here. */
    enum work work;
    struct run_plan *plan;
    char id[RECORD_RUN_CAP];
    char who[RECORD_NAME_CAP], role[RECORD_NAME_CAP];
    char reason[RECORD_TEXT_CAP];
    int step;
    int64_t since_ms;    /* mono: the world must have been read since */
    int64_t deadline_ms; /* mono */
    int64_t nudge_ms;    /* mono: the sources are asked once more */
    bool lease_wanted;   /* the next commit takes it */
    bool stopping;       /* a person, or the end of the program, wants it to end */
    struct order *next;  /* what cannot wait, once it has ended; owned */
    struct proc proc;
    bool proc_on;
    struct capture *capture; /* of the current step; NULL = it says nothing */
    int file;                /* where its output is kept; -1 */
    uint64_t told;           /* bytes of it that the engine knows of */
    int64_t tell_ms;
    char bytes[READ_BYTES]; /* on their way to it */

    /* The transaction that is being put together. */
    struct record *drafts[DRAFTS_MAX];
    size_t n_drafts;
};

static inline int64_t runner_mono(const struct runner *r) {
    return clock_mono_ms(r->ports.clock);
}
const struct action_spec *runner_action(const struct runner *r);

/* runner_log.c: records */

/* What has just been done, or is about to be ("unwritten"), by name: for tests. */
void runner_at(const struct runner *r, const char *point);

/* A draft of the next transaction. */
struct record *log_run(struct runner *r, enum run_state state, const char *text);
struct record *log_step(struct runner *r, int step, const char *word, const char *text);
/* For a run that is not the one under way. */
void log_other(struct runner *r, const struct run_view *view, enum run_state state,
               const char *text);
enum log_lease {
    LEASE_STAYS,
    LEASE_TAKEN,
    LEASE_GIVEN,
    LEASE_CLEARED, /* of a dead holder */
};
/* Writes the drafts, all or nothing, and with them takes or gives the lease; then tells the engine and
 * `point` to who tests. Otherwise nothing was written, and nothing may be done. */
enum err_code log_commit(struct runner *r, enum log_lease lease, const char *point,
                         struct err *err);
void log_forget(struct runner *r);
/* Reads what others have appended. */
enum err_code log_follow(struct runner *r, struct err *err);
/* Starts with what is remembered. */
enum err_code log_open(struct runner *r, struct err *err);
/* An order was not carried out; the ledger has it when it can. */
void log_refuse(struct runner *r, const struct order *order, const char *action, bool again,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* How many people other than `who` have approved this plan's action for this very candidate. */
unsigned log_approvals(struct runner *r, const struct run_plan *plan, const char *who);

/* runner_audit.c: does the ledger verify? */

void audit_begin(struct runner *r);
/* Looks at a piece of it. True when there is nothing left to look at; then `broken` has the answer. */
bool audit_over(struct runner *r);
void audit_finish(struct runner *r); /* all of it, now; fine when none is under way */
void audit_stop(struct runner *r);
/* Now, and all of it: for what can wait. False: `broken` says why not. */
bool audit_verifies(struct runner *r);
/* Reading it found `why`: says so, and, while something is under way that nothing holds up, writes it
 * down. True when that goes on all the same. */
bool audit_insist(struct runner *r, const struct err *why);

/* runner.c */

/* What came from people; false when the program ends. */
bool runner_listen(struct runner *r);
/* Tells other machines that we live, when it is time to: at least once a second. */
void runner_beat(struct runner *r);
/* What could not even be written down. */
void run_never_began(struct runner *r, const struct err *err);

/* Who asked, and why: from now on what is recorded is theirs. */
void runner_take_over(struct runner *r, const struct order *order);

/* runner_decide.c: the newest run, when it waits for a decision; else refused */
void decide_resume(struct runner *r, struct order *order);
void decide_undo(struct runner *r, struct order *order);
void decide_abandon(struct runner *r, struct order *order);

/* runner_output.c: what the steps say */

/* Keeps and masks what `step` says from now on. */
void output_begin(struct runner *r, int step, bool undo);
void output_add(struct runner *r, const char *bytes, size_t n);
/* Tells the engine when it is time to; or `now`. */
void output_tell(struct runner *r, bool now);
/* Older runs' outputs go, when it is time to. */
void output_prune(struct runner *r);
/* Nothing more comes; the digest of all of it, "" when it was silent. */
void output_end(struct runner *r, char hex[HASH_HEX_CAP]);

/* runner_step.c: what is under way */

/* Goes on with the first step from `r->step` on; the run ends behind the last. */
void step_next(struct runner *r);
/* Something may have happened: time, output, the world. */
void step_turn(struct runner *r);
int64_t step_wait_ms(const struct runner *r);
void step_answer(struct runner *r, const char *who, bool yes);
void step_stop(struct runner *r);
/* Takes the steps back, from `r->step` down. */
void undo_next(struct runner *r);
/* Resumes: goes on behind what is known to hold. */
void step_resume(struct runner *r);
/* The run ends in this state. */
void run_end(struct runner *r, enum run_state state, const char *text);

#endif
