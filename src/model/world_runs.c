/* What was done: runs as the ledger and the runner tell them, and whether their effect still holds. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/world_parts.h"

void world_record(struct world *w, const struct record *r) {
    if (!run_book_fold(w->runs, r) || r->kind != RECORD_RUN || w->began_ms == 0 ||
        r->at_ms < w->began_ms)
        return;
    bool told = run_state_find(r->word) != RUN_PREPARED && r->text[0]; /* else it is for machines */
    world_notef(w, r->at_ms, "%s %s by %s%s%s", r->subject, r->word, r->who, told ? ": " : "",
                told ? r->text : "");
}

void world_gone(struct world *w, const char *run, const char *holder) {
    run_book_gone(w->runs, run, holder);
}

void world_output(struct world *w, const char *run, const struct run_text *text) {
    run_book_output(w->runs, run, text);
}

void world_accepted(struct world *w, const char *run) {
    snprintf(w->accepted, sizeof w->accepted, "%s", run);
}

void world_refused(struct world *w, const char *why, bool again) {
    w->refusals++;
    w->refused_again = again;
    text_safe(w->refused, sizeof w->refused, why, strlen(why));
}

/* Did this source answer since then? Another process may have acted, and what was read before it had
 * ended says nothing of it. */
static bool answered_since(const struct snapshot *s, size_t source, int64_t wall_ms) {
    const struct sample *last = s->sources[source].last;
    return last && last->wall_ms > wall_ms;
}

static bool is_broken(const struct snapshot *s, unsigned gate, int64_t since_ms) {
    const struct gate_spec *spec = &s->policy->gates[gate];
    for (size_t i = 0; i < spec->n_sources; i++)
        if (!answered_since(s, spec->sources[i], since_ms))
            return false;
    return s->gates[gate].verdict == GATE_FAIL;
}

/* The first gate that the run's last steps expected, and that fails now; "" when there is none. */
static const char *broken_gate(const struct snapshot *s, const struct run_view *run) {
    const struct action_spec *action = &s->policy->actions[run->action];
    for (size_t i = action->n_steps; i > 0 && action->steps[i - 1].kind == STEP_EXPECT; i--)
        for (size_t k = 0; k < action->steps[i - 1].n_expect; k++)
            if (is_broken(s, action->steps[i - 1].expect[k], run->ended_ms))
                return s->policy->gates[action->steps[i - 1].expect[k]].name;
    return "";
}

void world_copy_runs(const struct world *w, struct snapshot *s) {
    const struct run_view *run;
    while (s->n_runs < RUNS_KEPT && (run = run_book_at(w->runs, s->n_runs)))
        s->runs[s->n_runs++] = run_view_keep(run);
    memcpy(s->accepted, w->accepted, sizeof s->accepted);
    s->refusals = w->refusals;
    s->refused_again = w->refused_again;
    memcpy(s->refused, w->refused, sizeof s->refused);
}

void world_watch_run(struct world *w, const struct snapshot *s) {
    const struct run_view *run = run_book_at(w->runs, 0);
    int source = w->policy->stable_source;
    const char *stable = world_offered(w, source);
    if (run && stable && !answered_since(s, (size_t)source, run->ended_ms))
        stable = NULL;
    if (!run || run->state != RUN_DONE || run->action < 0 ||
        !run_book_watch(w->runs, stable ? stable : "", broken_gate(s, run)))
        return;
    run = run_book_at(w->runs, 0);
    world_notef(w, s->wall_ms, "%s %s: %s", run->name,
                run->drift[0] ? "was undone by another hand" : "holds again",
                run->drift[0] ? run->drift : "as it was verified");
}
