/* For the files of ui/acting.h only: what a question is, and what they share. */
#ifndef GONOGO_UI_ACTING_PARTS_H
#define GONOGO_UI_ACTING_PARTS_H

#include "src/model/intent.h"
#include "ui/acting.h"
#include "ui/dialog.h"

/* One kind of question. */
struct question {
    /* The dialog says yes: completes a->draft. False: not so, and dialog.note says why. */
    bool (*answer)(struct acting *a, const struct view_ctx *ctx);
    /* A new snapshot while it is open; NULL = it shows what it showed. */
    void (*renew)(struct acting *a, const struct view_ctx *ctx);
    enum acting_next next; /* behind the intent */
};

struct acting {
    const struct ui_ports *ports;
    struct dialog dialog;
    const struct question *question;
    struct intent draft;
    const char *roles[DIALOG_OPTIONS];
    uint64_t seen;    /* of the plan that is shown; run_plan.seen */
    bool allowed;     /* the plan may be started */
    char barred[200]; /* safe: why who sits here may only look at it; "" = they may act */
    char after[48];   /* the run that the question is about */

    /* What was sent and has not come back yet. */
    bool waiting;
    uint64_t last_entry; /* the ledger's last when it was sent */
    uint64_t refusals;   /* orders refused until then */
    int64_t sent_ms;     /* mono */
};

int64_t acting_now(const struct acting *a);
/* A fresh draft of what `kind` says about the newest world, by who sits here. False: who sits here may say
 * nothing, and `why` says it. */
bool acting_draft(struct acting *a, const struct view_ctx *ctx, enum intent_kind kind, char *why,
                  size_t cap);
/* Opens the dialog that was filled. */
void acting_ask(struct acting *a, const struct question *question, const char *title,
                const char *verb);

/* Would the engine take the draft that somebody says something with? What it would refuse is said here
 * first, in the dialog's note; but for a world that has moved: that refusal is worth a record. */
bool acting_may_be_said(struct acting *a, const struct view_ctx *ctx);

/* ui/ask_people.c */
bool ask_vote(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap);
bool ask_tick(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap);
bool ask_waiver(struct acting *a, const struct view_ctx *ctx, int gate, char *why, size_t cap);

/* ui/ask_plan.c */
bool ask_plan(struct acting *a, const struct view_ctx *ctx, int action, char *why, size_t cap);

/* ui/ask_run.c */
bool ask_decision(struct acting *a, const struct view_ctx *ctx, int unused, char *why, size_t cap);
bool ask_stop(struct acting *a, const struct view_ctx *ctx, int unused, char *why, size_t cap);
bool ask_quit(struct acting *a, const struct view_ctx *ctx);

#endif
