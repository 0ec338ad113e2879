/* What failed or was interrupted, and what a person decides about it. */
#include <stdio.h>
#include <string.h>

#include "src/engine/runner_parts.h"

/* The newest run, when it waits for a decision and its plan can still be made; else refused. */
static bool reopen(struct runner *r, struct order *order, bool acts) {
    const struct run_view *view = run_book_at(r->book, 0);
    const char *name = view ? view->name : "";
    if (!view || !run_is_open(view->state)) {
        log_refuse(r, order, name, false, "no run waits for a decision");
        return false;
    }
    runner_take_over(r, order);
    snprintf(r->id, sizeof r->id, "%s", view->id);
    if (!acts)
        return true;
    if (strcmp(order->word, view->name) != 0) {
        log_refuse(r, order, name, false, "it is confirmed with \"%s\"", view->name);
        return false;
    }
    if (!audit_verifies(r)) {
        log_refuse(r, order, name, false, "%s", r->broken);
        return false;
    }
    pid_t orphans = lease_orphans(r->lease);
    if (orphans) {
        log_refuse(r, order, name, false,
                   "what its step has started still runs (process group %d): end it first",
                   (int)orphans);
        return false;
    }
    r->plan =
        view->action < 0 ? NULL : plan_remake(r->ports.policy, (size_t)view->action, view->values);
    if (r->plan && !r->plan->fault[0] && strcmp(r->plan->digest, view->digest) == 0)
        return true;
    log_refuse(r, order, name, false, "%s",
               r->plan && r->plan->fault[0]
                   ? r->plan->fault
                   : "the action was changed since the run began: put it back, or abandon the run");
    plan_free(r->plan);
    r->plan = NULL;
    return false;
}

void decide_resume(struct runner *r, struct order *order) {
    struct err err = ERR_INIT;
    char text[RECORD_NAME_CAP + 32];
    if (!reopen(r, order, true))
        return;
    snprintf(text, sizeof text, "resumed by %s", order->who);
    log_run(r, RUN_RUNNING, text);
    if (log_commit(r, LEASE_TAKEN, "resumed", &err) != ERR_OK)
        run_never_began(r, &err);
    else {
        r->ports.accept(r->ports.engine, r->id);
        step_resume(r);
    }
}

void decide_undo(struct runner *r, struct order *order) {
    struct err err = ERR_INIT;
    if (!reopen(r, order, true))
        return;
    log_run(r, RUN_UNDOING, order->reason);
    if (log_commit(r, LEASE_TAKEN, "undo", &err) != ERR_OK) {
        run_never_began(r, &err);
        return;
    }
    r->ports.accept(r->ports.engine, r->id);
    r->step = (int)r->plan->n_steps - 1;
    undo_next(r);
}

void decide_abandon(struct runner *r, struct order *order) {
    struct err err = ERR_INIT;
    if (!reopen(r, order, false))
        return;
    log_other(r, run_book_at(r->book, 0), RUN_ABANDONED, order->reason);
    if (log_commit(r, LEASE_CLEARED, "abandoned", &err) == ERR_OK)
        r->ports.accept(r->ports.engine, r->id);
    else
        run_never_began(r, &err);
}
