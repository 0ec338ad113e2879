/* What a run that waits has to be told, and leaving while one is under way. */
#include <stdio.h>
#include <string.h>

#include "ui/acting_parts.h"
#include "ui/words.h"

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
