/* A runner on a ledger of its own, with a world that the test makes up. */
#ifndef GONOGO_TESTS_RUNNER_STAGE_H
#define GONOGO_TESTS_RUNNER_STAGE_H

#include <pthread.h>
#include <stdbool.h>

#include "src/engine/runner.h"
#include "src/model/run.h"

struct play {
    char folder[256];
    char ledger[300];
    char trace[300]; /* what steps append to */
    struct policy *policy;
    struct runner *runner;

    pthread_mutex_t lock;
    struct run_book *book;
    char refused[RUN_TEXT_CAP];
    bool again;
    char accepted[RECORD_RUN_CAP];
    char broken[RUN_TEXT_CAP]; /* what is wrong with the ledger, as it was told */
    unsigned refusals, records, polls;
    /* What carries http steps out, with the play as `self`; NULL = nobody. */
    enum err_code (*request)(void *self, const struct request *request, int *status,
                             struct err *err);
    /* Who ends the whole process when this has happened. */
    const char *kill_at;
    unsigned kill_after;  /* times */
    enum verdict verdict; /* of the world */
    bool gate_fails, silent;
    uint64_t worlds;
};

/* A fresh folder and policy. `steps` is YAML for the action "promote" (requires: go, confirm: word),
 * indented by six; "kill" is there too. @T in it becomes the path of the trace. */
void stage_init(struct play *play, const char *steps);
void stage_start(struct play *play); /* the runner */
void stage_stop(struct play *play);
void stage_fini(struct play *play);

/* Sends an order for an action as it would be planned now, confirmed with its name. */
struct order *stage_plan(struct play *play, const char *action);
void stage_run(struct play *play, const char *action);
void stage_order(struct play *play, enum order_kind kind, const char *word);
void stage_show(struct play *play); /* the world, to a runner that watches */
/* Shows the world until the newest run is in this state (and, with step ≥ 0, at this step). */
const struct run_view *stage_wait(struct play *play, enum run_state state);
void stage_wait_step(struct play *play, int step, enum step_state state);
void stage_wait_refusal(struct play *play, unsigned n);
/* The trace; heap. */
char *stage_trace(struct play *play);
void stage_expect_trace(struct play *play, const char *wanted);

#endif
