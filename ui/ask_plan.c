/* Plans: what will be done, what forbids it, who has to approve it, and what starts it. */
#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/text.h"
#include "src/model/approval.h"
#include "src/model/plan.h"
#include "ui/acting_parts.h"
#include "ui/words.h"

static void add_gates(struct pager *page, const struct view_ctx *ctx) {
    const struct snapshot *s = ctx->snap;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        char reason[2 * REASON_CAP];
        if (!gate->counted || (gate->verdict == GATE_PASS && !gate->waived))
            continue;
        words_gate_reason(gate, reason, sizeof reason);
        words_signed(page, ctx->canvas, words_gate_sign(gate), words_gate_ink(gate), "%s: %s: %s",
                     gate_view_name(gate), ctx->policy->gates[i].name, reason);
    }
}

static void add_judgement(struct pager *page, const struct view_ctx *ctx,
                          const struct run_plan *plan) {
    const struct canvas *c = ctx->canvas;
    if (plan->fault[0])
        words_signed(page, c, SIGN_FAIL, INK_FAIL, "There is no such plan now: %s.", plan->fault);
    else if (plan->held[0])
        words_signed(page, c, SIGN_FAIL, INK_FAIL, "Refused: %s",
                     ctx->snap->ground[0] ? plan->held : verdict_name(ctx->snap->verdict));
    else if (ctx->policy->actions[plan->action].requires == REQUIRES_ANY)
        words_signed(page, c, SIGN_ALERT, INK_ALERT, "No gate holds it up. The verdict is %s.",
                     verdict_name(ctx->snap->verdict));
    else
        words_signed(page, c, SIGN_PASS, INK_PASS,
                     "GO: every gate that counts passes, or is waived.");
    if (plan->held[0] && !plan->fault[0]) /* a plan that is none has nothing to be held up */
        add_gates(page, ctx);
}

/* ---- approvals ---- */

/* "Approved by support-lead, pm.", and who may do it yet. */
static void add_approvals(struct acting *a, const struct view_ctx *ctx, size_t action) {
    const struct snapshot *s = ctx->snap;
    struct pager *page = &a->dialog.about;
    unsigned wanted = ctx->policy->actions[action].approvals;
    unsigned missing = approval_missing(s, action, a->draft.who);
    struct buf names, others;
    buf_init(&names, 0);
    buf_init(&others, 0);
    const struct record *r;
    for (size_t i = 0; (r = approval_at(s, action, a->draft.who, i)) != NULL; i++) {
        char safe[4 * RECORD_NAME_CAP]; /* the ledger may hold anything */
        text_safe(safe, sizeof safe, r->who, strlen(r->who));
        buf_addf(&names, "%s%s", i > 0 ? ", " : "", safe);
    }
    for (size_t i = 0; i < ctx->policy->n_people; i++) {
        const char *name = ctx->policy->people[i].name;
        const struct record *said = approval_by(s, action, name);
        if (strcmp(name, a->draft.who) != 0 && (!said || strcmp(said->word, "yes") != 0))
            buf_addf(&others, "%s%s", others.len > 0 ? ", " : "", name);
    }
    if (names.len > 0)
        words_signed(page, ctx->canvas, SIGN_PASS, INK_PASS, "Approved by %s: %u of %u.",
                     names.data, wanted - missing, wanted);
    if (missing > 0)
        words_signed(page, ctx->canvas, SIGN_WAIT, INK_WAIT,
                     "Before you may start it %u %s must approve: %s.", missing,
                     missing == 1 ? "other person" : "other people",
                     others.len > 0               ? others.data
                     : ctx->policy->n_people == 0 ? "anybody but you"
                                                  : "nobody is left who could");
    const struct record *mine = approval_by(s, action, a->draft.who);
    if (mine && strcmp(mine->word, "yes") == 0)
        words_signed(page, ctx->canvas, SIGN_PASS, INK_PASS,
                     "You approve it: somebody else may start it.");
    buf_fini(&names);
    buf_fini(&others);
}

static bool answer_approval(struct acting *a, const struct view_ctx *ctx) {
    const struct dialog_item *items = a->dialog.items;
    bool approves = strcmp(items[0].options[items[0].chosen], "approve") == 0;
    a->draft.kind = INTENT_AGREE;
    RECORD_PUT(a->draft.word, approves ? "yes" : "no");
    RECORD_PUT(a->draft.text, items[1].field.text);
    return acting_may_be_said(a, ctx);
}

/* ---- the plan ---- */

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

static bool may_start(const struct acting *a, const struct view_ctx *ctx,
                      const struct run_plan *plan) {
    return !a->barred[0] && !plan->fault[0] && !plan->held[0] &&
           approval_missing(ctx->snap, plan->action, a->draft.who) == 0;
}

static void fill_plan(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan) {
    struct pager *page = &a->dialog.about;
    pager_clear(page);
    if (a->barred[0])
        words_signed(page, ctx->canvas, SIGN_ALERT, INK_ALERT, "Only to be looked at: %s.",
                     a->barred);
    add_judgement(page, ctx, plan);
    if (ctx->policy->actions[plan->action].approvals > 0)
        add_approvals(a, ctx, plan->action);
    for (size_t i = 0; i < PLAN_LINES && plan->lines[i][0]; i++)
        pager_add(page, NULL, INK_TEXT, plan->lines[i]);
    if (plan->fingerprint[0])
        pager_addf(page, NULL, INK_TEXT, "Fingerprint of what moves: %.12s.", plan->fingerprint);
    pager_add(page, NULL, INK_TEXT, "");
    add_steps(page, plan);
    if (ctx->policy->actions[plan->action].requires == REQUIRES_GO) { /* may be long */
        pager_add(page, NULL, INK_TEXT, "");
        words_feeds(ctx, page);
    }
    a->seen = plan->seen;
    a->allowed = may_start(a, ctx, plan);
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
    bool allowed = may_start(a, ctx, plan);
    if (plan->seen != a->seen || allowed != a->allowed) {
        int top = a->dialog.about.top;
        dialog_clear(&a->dialog);
        open_plan(a, ctx, plan);
        a->dialog.about.top = top;
        snprintf(a->dialog.note, sizeof a->dialog.note,
                 "the world has changed since: look at it again");
    } else {
        fill_plan(a, ctx, plan); /* its reasons count on, and the rollout's clock */
    }
    plan_free(plan);
}

static const struct question plan_question = {
    .answer = answer_plan, .renew = renew_plan, .next = ACTING_SHOW_RUNS};
static const struct question approval_question = {
    .answer = answer_approval, .renew = renew_plan, .next = ACTING_SAY};

/* What has to be typed to start it. */
static void ask_start(struct acting *a, const struct run_plan *plan, const char *title) {
    if (plan->word[0]) {
        struct dialog_item *item = dialog_add(&a->dialog, "type to start");
        snprintf(item->match, sizeof item->match, "%s", plan->word);
    }
    if (plan->reason_needed)
        dialog_add(&a->dialog, "why")->needed = true;
    acting_ask(a, &plan_question, title, "Start");
}

/* It waits for other people's word: this person may be one of them for somebody else. */
static void ask_approval(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan,
                         const char *title) {
    const struct record *mine = approval_by(ctx->snap, plan->action, a->draft.who);
    bool approves = mine && strcmp(mine->word, "yes") == 0;
    struct dialog_item *word = dialog_add(&a->dialog, "do");
    word->options[word->n_options++] = approves ? "take back" : "approve";
    word->needed = true;
    dialog_add(&a->dialog, "reason");
    acting_ask(a, &approval_question, title, "Say it");
}

static void open_plan(struct acting *a, const struct view_ctx *ctx, const struct run_plan *plan) {
    const struct action_spec *action = &ctx->policy->actions[plan->action];
    char title[160];
    snprintf(title, sizeof title, "Plan: %s", action->name);
    fill_plan(a, ctx, plan);
    if (a->allowed)
        ask_start(a, plan, title);
    else if (action->approvals > 0 && !plan->fault[0] && !a->barred[0])
        ask_approval(a, ctx, plan, title);
    else
        acting_ask(a, &plan_question, title, "");
}

bool ask_plan(struct acting *a, const struct view_ctx *ctx, int action, char *why, size_t cap) {
    if (action < 0 || (size_t)action >= ctx->policy->n_actions) {
        snprintf(why, cap, "there is no such action");
        return false;
    }
    a->barred[0] = '\0';
    if (!acting_draft(a, ctx, INTENT_RUN, why, cap))
        snprintf(a->barred, sizeof a->barred, "%s", why);
    if (a->ports->read_only)
        snprintf(a->barred, sizeof a->barred, "this screen is --read-only");
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
