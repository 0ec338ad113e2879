/* rehearsed: an action, a dry run of the rollback as a rule, was done lately, with every step of it on
 * record. The newest run of it counts: one that failed is not made good by one before it. */
#include <string.h>

#include "src/base/when.h"
#include "src/model/gates/gates.h"
#include "src/model/run.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (!spec->action)
        return err_set(err, ERR_CONFIG, where, "add action: NAME, one of actions",
                       "a rehearsal of nothing");
    if (policy_find_action(policy, spec->action) < 0)
        return err_set(err, ERR_CONFIG, where, "name one of actions", "there is no action \"%s\"",
                       spec->action);
    if (!policy->store_path)
        return err_set(err, ERR_CONFIG, where, "write store: sqlite",
                       "runs are on record in the ledger beside the store, and there is none");
    return ERR_OK;
}

/* The newest run, plans that were put away before their first step aside; NULL when there is none. */
static const struct run_view *newest(const struct gate_spec *spec, const struct snapshot *s) {
    for (size_t i = 0; i < s->n_runs; i++) {
        const struct run_view *run = s->runs[i];
        bool began = run->confirmed_ms > 0 || run_is_active(run->state);
        if (began && run->state != RUN_REFUSED && strcmp(run->name, spec->action) == 0)
            return run;
    }
    return NULL;
}

static void judge_done(const struct gate_spec *spec, const struct run_view *run, int64_t now_ms,
                       struct gate_view *out) {
    char age[32], within[32];
    if (run->ended_ms <= 0 || run->ended_ms > now_ms) {
        gate_say(out, GATE_UNKNOWN, "%s was done at a time that is not known", spec->action);
        return;
    }
    duration_text(now_ms - run->ended_ms, age, sizeof age);
    duration_text(spec->within_ms, within, sizeof within);
    bool lately = now_ms - run->ended_ms <= spec->within_ms;
    gate_say(out, lately ? GATE_PASS : GATE_WAIT, "%s was done %s ago by %s, %s %s", spec->action,
             age, run->who, lately ? "within" : "want within", within);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct run_view *run = spec->action ? newest(spec, s) : NULL;
    char within[32];
    if (!spec->action || spec->within_ms <= 0) {
        gate_say(out, GATE_UNKNOWN, "names no action");
    } else if (!run) {
        duration_text(spec->within_ms, within, sizeof within);
        gate_say(out, GATE_WAIT, "%s was never done, want within %s", spec->action, within);
    } else if (run->state == RUN_DONE) {
        judge_done(spec, run, s->wall_ms, out);
    } else if (run_is_active(run->state)) {
        gate_say(out, GATE_WAIT, "%s is %s", spec->action, run_state_name(run->state));
    } else {
        gate_say(out, GATE_FAIL, "the last run of %s is %s%s%s", spec->action,
                 run_state_name(run->state), run->why[0] ? ": " : "", run->why);
    }
}

const struct gate_kind gate_rehearsed = {
    .name = "rehearsed",
    .help = "an action (a dry run of the rollback) was done within so long; needs a store",
    .check = check,
    .judge = judge,
};
