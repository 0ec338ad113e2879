/* A runner on a ledger of its own, with a world that the test makes up. */
#ifndef GONOGO_TESTS_RUNNER_RIG_H
#define GONOGO_TESTS_RUNNER_RIG_H

#include <pthread.h>
#include <stdbool.h>

#include "src/engine/runner.h"
#include "src/model/run.h"

struct rig {
    char folder[256];
    char ledger[300];
    char trace[300]; /* what steps append to */
    struct policy *policy;
    struct runner *runner;

    pthread_mutex_t lock;
    struct run_book *book;
    char refused[RUN_TEXT_CAP];
    bool again;
    unsigned refusals, records, polls;
    /* Who ends the whole process when this has happened. */
    const char *kill_at;
    unsigned kill_after;  /* times */
    enum verdict verdict; /* of the world */
    bool gate_fails, silent;
    uint64_t worlds;
};

/* A fresh folder and policy. `steps` is YAML for the action "promote" (requires: go, confirm: word),
 * indented by six; "kill" is there too. @T in it becomes the path of the trace. */
void rig_init(struct rig *rig, const char *steps);
void rig_start(struct rig *rig); /* the runner */
void rig_stop(struct rig *rig);
void rig_fini(struct rig *rig);

/* Sends an order for an action as it would be planned now, confirmed with its name. */
struct order *rig_plan(struct rig *rig, const char *action);
void rig_run(struct rig *rig, const char *action);
void rig_order(struct rig *rig, enum order_kind kind, const char *word);
void rig_show(struct rig *rig); /* the world, to a runner that watches */
/* Shows the world until the newest run is in this state (and, with step ≥ 0, at this step). */
const struct run_view *rig_wait(struct rig *rig, enum run_state state);
void rig_wait_step(struct rig *rig, int step, enum step_state state);
void rig_wait_refusal(struct rig *rig, unsigned n);
/* The trace; heap. */
char *rig_trace(struct rig *rig);

#endif
