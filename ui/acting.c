#include "ui/acting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/people.h"
#include "src/model/speak.h"
#include "ui/acting_parts.h"

enum {
    ANSWER_MS = 5000 /* the disk is slow, or nobody writes: then it is said that nothing came */
};

struct acting *acting_new(const struct ui_ports *ports) {
    struct acting *a = mem_zero(1, sizeof *a);
    a->ports = ports;
    return a;
}

void acting_free(struct acting *a) {
    if (!a)
        return;
    dialog_clear(&a->dialog);
    dialog_fini(&a->dialog);
    free(a);
}

int64_t acting_now(const struct acting *a) {
    return clock_mono_ms(a->ports->clock);
}

/* ---- opening ---- */

static const struct opener {
    enum request request;
    bool (*open)(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap);
} openers[] = {
    {REQ_VOTE, ask_vote},       {REQ_TICK, ask_tick}, {REQ_WAIVE, ask_waiver},
    {REQ_DECIDE, ask_decision}, {REQ_STOP, ask_stop},
};

bool acting_takes(enum request request) {
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
        if (openers[i].request == request)
            return true;
    return request >= REQ_ACTION;
}

bool acting_draft(struct acting *a, const struct view_ctx *ctx, enum intent_kind kind, char *why,
                  size_t cap) {
    struct err err = ERR_INIT;
    a->draft = (struct intent){.kind = kind, .snapshot = ctx->snap->number};
    snprintf(a->draft.fingerprint, sizeof a->draft.fingerprint, "%s", ctx->snap->fingerprint);
    RECORD_PUT(a->draft.who, a->ports->who ? a->ports->who : "");
    RECORD_PUT(a->draft.user, a->ports->user ? a->ports->user : "");
    if (people_check(ctx->policy, a->draft.who, a->draft.user, &err) == ERR_OK)
        return true;
    snprintf(why, cap, "%s: %s", err.what, err.todo);
    return false;
}

bool acting_open(struct acting *a, const struct view_ctx *ctx, enum request request, int gate,
                 char *why, size_t cap) {
    if (a->ports->read_only && request < REQ_ACTION) { /* plans can be looked at */
        snprintf(why, cap, "--read-only: this screen shows everything and does nothing");
        return false;
    }
    if (a->dialog.open)
        return true;
    dialog_clear(&a->dialog);
    if (request >= REQ_ACTION)
        return ask_plan(a, ctx, (int)request - REQ_ACTION, why, cap);
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
        if (openers[i].request == request)
            return openers[i].open(a, ctx, gate, why, cap);
    return false;
}

bool acting_open_quit(struct acting *a, const struct view_ctx *ctx) {
    dialog_clear(&a->dialog);
    return !a->ports->read_only && ask_quit(a, ctx);
}

bool acting_may_be_said(struct acting *a, const struct view_ctx *ctx) {
    struct err err = ERR_INIT;
    bool moved =
        a->draft.fingerprint[0] && strcmp(a->draft.fingerprint, ctx->snap->fingerprint) != 0;
    struct record *draft = speak_draft(ctx->snap, &a->draft, &err);
    record_drop(draft);
    if (draft || moved)
        return true;
    bool of_commands = strstr(err.todo, "--") != NULL; /* here there is a row to fill in */
    snprintf(a->dialog.note, sizeof a->dialog.note, "%s%s%s", err.what,
             err.todo[0] && !of_commands ? ": " : "", of_commands ? "" : err.todo);
    return false;
}

void acting_ask(struct acting *a, const struct question *question, const char *title,
                const char *verb) {
    a->question = question;
    dialog_start(&a->dialog, title, verb, acting_now(a));
}

bool acting_is_open(const struct acting *a) {
    return a->dialog.open;
}

void acting_cancel(struct acting *a) {
    dialog_close(&a->dialog);
}

/* ---- answering ---- */

static enum acting_next send(struct acting *a, const struct view_ctx *ctx, char *say, size_t cap) {
    if (a->question->next == ACTING_QUIT) {
        dialog_close(&a->dialog);
        return ACTING_QUIT;
    }
    if (!a->ports->send || !a->ports->send(a->ports->self, a->draft)) {
        snprintf(a->dialog.note, sizeof a->dialog.note,
                 "the engine is too far behind: nothing was sent, try again");
        return ACTING_NOTHING;
    }
    dialog_close(&a->dialog);
    a->waiting = true;
    a->last_entry = ctx->snap->votes->last;
    a->refusals = ctx->snap->refusals;
    a->sent_ms = acting_now(a);
    snprintf(say, cap, "sent: it is being written down");
    return a->question->next;
}

static enum acting_next take(struct acting *a, const struct view_ctx *ctx,
                             enum dialog_answer answer, char *say, size_t cap) {
    switch (answer) {
    case DIALOG_OPEN:
        return ACTING_NOTHING;
    case DIALOG_CANCELLED:
        dialog_close(&a->dialog);
        if (!a->dialog.verb[0])
            return ACTING_NOTHING;
        snprintf(say, cap, "cancelled: nothing was done");
        return ACTING_SAY;
    case DIALOG_DONE:
        break;
    }
    return a->question->answer(a, ctx) ? send(a, ctx, say, cap) : ACTING_NOTHING;
}

enum acting_next acting_key(struct acting *a, const struct view_ctx *ctx, enum term_key_kind kind,
                            uint32_t key, char *say, size_t cap) {
    return take(a, ctx, dialog_key(&a->dialog, kind, key, acting_now(a)), say, cap);
}

enum acting_next acting_point(struct acting *a, const struct view_ctx *ctx, struct pointer at,
                              char *say, size_t cap) {
    return take(a, ctx, dialog_point(&a->dialog, at, acting_now(a)), say, cap);
}

/* ---- what came of it ---- */

/* The entry that this person's word became: theirs, and newer than what was there. */
static const struct record *entry_of(const struct acting *a, const struct snapshot *s) {
    const struct votes *v = s->votes;
    for (size_t i = 0; i < v->n_recent && v->recent[i]->seq > a->last_entry; i++)
        if (strcmp(v->recent[i]->who, a->draft.who) == 0)
            return v->recent[i];
    return NULL;
}

enum acting_next acting_follow(struct acting *a, const struct view_ctx *ctx, char *say,
                               size_t cap) {
    if (a->dialog.open && a->question->renew)
        a->question->renew(a, ctx);
    if (!a->waiting)
        return ACTING_NOTHING;
    const struct snapshot *s = ctx->snap;
    const struct record *entry = entry_of(a, s);
    if (s->refusals != a->refusals) {
        snprintf(say, cap, "not done: %s%s", s->refused,
                 s->refused_again ? " (open the plan again)" : "");
    } else if (entry) {
        char line[512];
        speak_line(entry, line, sizeof line);
        snprintf(say, cap, "written down: %s", line);
    } else if (acting_now(a) - a->sent_ms >= ANSWER_MS) {
        snprintf(say, cap, "nothing came back yet: see Latest on the board, and the ledger");
    } else {
        return ACTING_NOTHING;
    }
    a->waiting = false;
    return ACTING_SAY;
}

void acting_draw(struct acting *a, const struct canvas *c, struct area body) {
    dialog_draw(&a->dialog, c, body, acting_now(a));
}

int64_t acting_patience_ms(const struct acting *a) {
    int64_t guard = a->dialog.open ? dialog_guard_ms(&a->dialog, acting_now(a)) : 0;
    return guard > 0 ? guard : -1;
}
