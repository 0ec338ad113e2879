/* Views: a screen each. One file, one row in ui.c's table. A view draws what a snapshot says and
 * takes requests; it knows neither keys nor threads nor time. */
#ifndef GONOGO_UI_VIEW_H
#define GONOGO_UI_VIEW_H

#include <stdbool.h>

#include "src/model/policy.h"
#include "src/model/snapshot.h"
#include "ui/draw.h"
#include "ui/keys.h"
#include "ui/shelf.h"

struct view_ctx {
    const struct canvas *canvas;
    const struct policy *policy;
    const struct snapshot *snap; /* never NULL: before the first one, everything is pending */
    const struct keys *keys;
    struct shelf *shelf; /* pages of the ledger */
};

struct pointer {
    enum { POINTER_PRESS, POINTER_DOUBLE, POINTER_UP, POINTER_DOWN } kind;
    int y, x;
};

static inline bool pointer_is_in(struct pointer p, struct area a) {
    return p.y >= a.y && p.y < a.y + a.rows && p.x >= a.x && p.x < a.x + a.cols;
}

struct view_ops {
    const char *name;
    unsigned flag;      /* enum view_flag: which keys are its own */
    enum request opens; /* the request that shows it */
    bool over;          /* lies over another: its own request, or Esc, leads back there */
    void *(*init)(const struct policy *policy);
    void (*fini)(void *state);
    void (*draw)(void *state, const struct view_ctx *ctx, struct area body);
    bool (*handle)(void *state, const struct view_ctx *ctx, enum request request);
    void (*point)(void *state, const struct view_ctx *ctx, struct pointer at);
    /* The gate that somebody chose, or -1. NULL = the view has no gates. */
    int (*focus)(void *state, const struct view_ctx *ctx);
    /* NULL = the view has no filter; NULL words = tell me the filter. Returns the one in force. */
    const char *(*filter)(void *state, const char *words);
};

extern const struct view_ops view_board, view_sources, view_slos, view_logs, view_meeting,
    view_rollout, view_runs, view_ledger, view_help;

#endif
