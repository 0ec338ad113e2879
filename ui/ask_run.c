/* Plans, and what a run that waits has to be told. */
#include <stdio.h>
#include <string.h>

#include "src/model/plan.h"
#include "ui/acting_parts.h"
#include "ui/words.h"

/* ---- the plan ---- */

static void add_gates(struct pager *page, const struct view_ctx *ctx) {
    const struct snapshot *s = ctx->snap;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        char reason[2 * REASON_CAP];
        if (!gate->counted || (gate->verdict == GATE_PASS && !gate->waived))
            continue;
        words_gate_reason(gate, reason, sizeof reason);
        pager_addf(page, NULL, words_gate_ink(gate), "%s %s: %s: %s",
                   draw_sign(ctx->canvas, words_gate_sign(gate)), gate_view_name(gate),
                   ctx->policy->gates[i].name, reason);
    }
}

static void add_judgement(struct pager *page, const struct view_ctx *ctx,
                          const struct run_plan *plan) {
    const struct canvas *c = ctx->canvas;
    if (plan->fault[0])
        pager_addf(page, NULL, INK_FAIL, "%s There is no such plan now: %s.",
                   draw_sign(c, SIGN_FAIL), plan->fault);
    else if (plan->held[0])
        pager_addf(page, NULL, INK_FAIL, "%s Refused: %s", draw_sign(c, SIGN_FAIL),
                   ctx->snap->ground[0] ? plan->held : verdict_name(ctx->snap->verdict));
    else if (ctx->policy->actions[plan->action].requires == REQUIRES_ANY)
        pager_addf(page, NULL, INK_ALERT, "%s No gate holds it up. The verdict is %s.",
                   draw_sign(c, SIGN_ALERT), verdict_name(ctx->snap->verdict));
    else
        pager_addf(page, NULL, INK_PASS, "%s GO: every gate that counts passes, or is waived.",
                   draw_sign(c, SIGN_PASS));
    if (plan->held[0])
        add_gates(page, ctx);
}

static void add_steps(struct pager *page, const struct run_plan *plan) {
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct run_step *step = &plan->steps[i];
        pager_addf(page, NULL, INK_STRONG, "%zu  %s", i + 1, step->spec->name);
        if (step->line)
            pager_addf(page, NULL, INK_TEXT, "   %s", step->line);
        if (step->undo_line)
            pager_addf(page, NULL, INK_DIM, "   taken back by: %s", step->undo_line);
    }
}

static void fill_plan(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan) {
    struct pager *page = &a->dialog.about;
    pager_clear(page);
    add_judgement(page, ctx, plan);
    for (size_t i = 0; i < PLAN_LINES && plan->lines[i][0]; i++)
        pager_add(page, NULL, INK_TEXT, plan->lines[i]);
    if (plan->fingerprint[0])
        pager_addf(page, NULL, INK_TEXT, "Fingerprint of what moves: %.12s.", plan->fingerprint);
    pager_add(page, NULL, INK_TEXT, "");
    add_steps(page, plan);
    a->seen = plan->seen;
    a->allowed = !plan->fault[0] && !plan->held[0];
}

static bool answer_plan(struct acting *a, const struct view_ctx *ctx) {
    const struct dialog_item *items = a->dialog.items;
    bool typed = a->dialog.n_items > 0 && items[0].match[0];
    bool reason = a->dialog.n_items > (typed ? 1U : 0U);
    struct run_plan *plan = plan_make(ctx->snap, a->draft.action);
    record_put(a->draft.typed, sizeof a->draft.typed, typed ? items[0].field.text : "");
    RECORD_PUT(a->draft.text, reason ? items[a->dialog.n_items - 1].field.text : "");
    a->draft.seen = a->seen;
    a->draft.snapshot = ctx->snap->number;
    bool refused =
        plan_refuses(plan, a->draft.typed, a->draft.text, a->dialog.note, sizeof a->dialog.note);
    plan_free(plan);
    return !refused;
}

static void open_plan(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan);

/* The world has moved: what was shown holds no more, and what was typed was typed for it. */
static void renew_plan(struct acting *a, const struct view_ctx *ctx) {
    struct run_plan *plan = plan_make(ctx->snap, a->draft.action);
    bool allowed = !plan->fault[0] && !plan->held[0];
    if (plan->seen != a->seen || allowed != a->allowed) {
        int top = a->dialog.about.top;
        dialog_clear(&a->dialog);
        open_plan(a, ctx, plan);
        a->dialog.about.top = top;
        snprintf(a->dialog.note, sizeof a->dialog.note,
                 "the world has changed since: look at it again");
    } else if (!a->allowed) {
        fill_plan(a, ctx, plan); /* its reasons count on */
    }
    plan_free(plan);
}

static const struct question plan_question = {
    .answer = answer_plan, .renew = renew_plan, .next = ACTING_SHOW_RUNS};

static void open_plan(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan) {
    const struct action_spec *action = &ctx->policy->actions[plan->action];
    char title[160];
    fill_plan(a, ctx, plan);
    if (a->allowed && plan->word[0]) {
        struct dialog_item *item = dialog_add(&a->dialog, "type to start");
        snprintf(item->match, sizeof item->match, "%s", plan->word);
    }
    if (a->allowed && plan->reason_needed)
        dialog_add(&a->dialog, "why")->needed = true;
    snprintf(title, sizeof title, "Plan: %s", action->name);
    acting_ask(a, &plan_question, title, a->allowed ? "Start" : "");
}

bool ask_plan(struct acting *a, const struct view_ctx *ctx, int action, char *why, size_t cap) {
    if (action < 0 || (size_t)action >= ctx->policy->n_actions ||
        !acting_draft(a, ctx, INTENT_RUN, why, cap))
        return false;
    a->draft.action = (size_t)action;
    if (a->ports->send) { /* judged afresh: what comes in shows at once */
        struct intent poll = {.kind = INTENT_POLL, .snapshot = ctx->snap->number};
        a->ports->send(a->ports->self, poll);
    }
    struct run_plan *plan = plan_make(ctx->snap, a->draft.action);
    open_plan(a, ctx, plan);
    plan_free(plan);
    return true;
}

/* ---- a run that waits ---- */

static const struct run_view *newest_run(const struct view_ctx *ctx) {
    return ctx->snap->n_runs > 0 ? ctx->snap->runs[0] : NULL;
}

/* A run that goes on by itself meanwhile is no more what was asked about. */
static void renew_decision(struct acting *a, const struct view_ctx *ctx) {
    const struct run_view *run = newest_run(ctx);
    bool same = run && strcmp(run->id, a->after) == 0 && (run->asks || run_is_open(run->state));
    if (!same)
        dialog_close(&a->dialog);
}

static bool answer_question(struct acting *a, const struct view_ctx *ctx) {
    (void)ctx;
    const struct dialog_item *items = a->dialog.items;
    snprintf(a->draft.typed, sizeof a->draft.typed, "%s", items[0].options[items[0].chosen]);
    RECORD_PUT(a->draft.text, items[1].field.text);
    return true;
}

static bool answer_decision(struct acting *a, const struct view_ctx *ctx) {
    static const enum intent_kind kinds[] = {INTENT_RESUME, INTENT_UNDO, INTENT_ABANDON};
    (void)ctx;
    const struct dialog_item *items = a->dialog.items;
    a->draft.kind = kinds[items[0].chosen];
    record_put(a->draft.typed, sizeof a->draft.typed, items[1].field.text);
    RECORD_PUT(a->draft.text, items[2].field.text);
    return true;
}

static const struct question question_question = {
    .answer = answer_question, .renew = renew_decision, .next = ACTING_SHOW_RUNS};
static const struct question decision_question = {
    .answer = answer_decision, .renew = renew_decision, .next = ACTING_SHOW_RUNS};

static void add_run(struct acting *a, const struct view_ctx *ctx, const struct run_view *run) {
    char line[2 * RUN_TEXT_CAP];
    words_run_line(ctx, run, line, sizeof line);
    pager_add(&a->dialog.about, NULL, INK_STRONG, line);
    if (run->why[0])
        pager_add(&a->dialog.about, NULL, INK_TEXT, run->why);
    snprintf(a->after, sizeof a->after, "%s", run->id);
}

static void ask_answer(struct acting *a, const struct view_ctx *ctx, const struct run_view *run) {
    static const char *const words[] = {"yes", "no"};
    if (run->action >= 0 && run->step >= 0) {
        const char *asked = ctx->policy->actions[run->action].steps[run->step].question;
        pager_add(&a->dialog.about, NULL, INK_KEY, asked ? asked : "");
    }
    struct dialog_item *word = dialog_add(&a->dialog, "answer");
    memcpy(word->options, words, sizeof words);
    word->n_options = 2;
    word->needed = true;
    dialog_add(&a->dialog, "note");
    acting_ask(a, &question_question, "The run asks", "Answer");
}

bool ask_decision(struct acting *a, const struct view_ctx *ctx, int unused, char *why, size_t cap) {
    static const char *const words[] = {"resume", "undo", "abandon"};
    const struct run_view *run = newest_run(ctx);
    (void)unused;
    if (!run || (!run->asks && !run_is_open(run->state))) {
        snprintf(why, cap, "no run waits for a decision");
        return false;
    }
    if (!acting_draft(a, ctx, run->asks ? INTENT_ANSWER : INTENT_RESUME, why, cap))
        return false;
    add_run(a, ctx, run);
    if (run->asks) {
        ask_answer(a, ctx, run);
        return true;
    }
    pager_add(&a->dialog.about, "resume", INK_TEXT,
              "goes on with the step that was not done; what holds already is skipped");
    pager_add(&a->dialog.about, "undo", INK_TEXT, "takes the done steps back, the last one first");
    pager_add(&a->dialog.about, "abandon", INK_TEXT, "leaves everything as it is");
    struct dialog_item *word = dialog_add(&a->dialog, "do");
    memcpy(word->options, words, sizeof words);
    word->n_options = sizeof words / sizeof *words;
    word->needed = true;
    struct dialog_item *typed = dialog_add(&a->dialog, "type its name");
    snprintf(typed->match, sizeof typed->match, "%s", run->name);
    dialog_add(&a->dialog, "why");
    acting_ask(a, &decision_question, "A run that was not finished", "Do it");
    return true;
}

/* ---- stopping, leaving ---- */

static bool answer_plainly(struct acting *a, const struct view_ctx *ctx) {
    (void)a;
    (void)ctx;
    return true;
}

static void renew_active(struct acting *a, const struct view_ctx *ctx) {
    const struct run_view *run = newest_run(ctx);
    if (!run || strcmp(run->id, a->after) != 0 || !run_is_active(run->state))
        dialog_close(&a->dialog);
}

static const struct question stop_question = {
    .answer = answer_plainly, .renew = renew_active, .next = ACTING_SHOW_RUNS};
static const struct question quit_question = {
    .answer = answer_plainly, .renew = renew_active, .next = ACTING_QUIT};

bool ask_stop(struct acting *a, const struct view_ctx *ctx, int unused, char *why, size_t cap) {
    const struct run_view *run = newest_run(ctx);
    (void)unused;
    if (!run || !run_is_active(run->state)) {
        snprintf(why, cap, "no run is under way");
        return false;
    }
    if (!acting_draft(a, ctx, INTENT_STOP, why, cap))
        return false;
    add_run(a, ctx, run);
    pager_add(&a->dialog.about, NULL, INK_TEXT, "");
    pager_add(
        &a->dialog.about, NULL, INK_TEXT,
        "The step that runs is ended. Nothing is taken back by that: the run is interrupted, and"
        " can be resumed, undone or abandoned.");
    acting_ask(a, &stop_question, "Stop the run", "Stop it");
    return true;
}

bool ask_quit(struct acting *a, const struct view_ctx *ctx) {
    const struct run_view *run = newest_run(ctx);
    if (!run || !run_is_active(run->state) || strcmp(run->id, ctx->snap->accepted) != 0)
        return false; /* another's goes on without us */
    add_run(a, ctx, run);
    pager_add(&a->dialog.about, NULL, INK_TEXT, "");
    pager_add(&a->dialog.about, NULL, INK_TEXT,
              "This gonogo carries it out: leaving interrupts it. It can be resumed, undone or"
              " abandoned later.");
    struct dialog_item *typed = dialog_add(&a->dialog, "type to leave");
    snprintf(typed->match, sizeof typed->match, "quit");
    acting_ask(a, &quit_question, "A plan is being carried out", "Quit");
    return true;
}
