/* Help, made from the key table: a key that is not here does not exist. */
#include <stdio.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "ui/pager.h"
#include "ui/view.h"
#include "ui/words.h"

struct help {
    struct pager page;
};

static void *help_init(const struct policy *policy) {
    (void)policy;
    return mem_zero(1, sizeof(struct help));
}

static void help_fini(void *state) {
    struct help *h = state;
    pager_fini(&h->page);
    free(h);
}

static void add_sign(struct pager *page, const struct canvas *c, enum sign sign, enum ink ink,
                     const char *text) {
    pager_add(page, draw_sign(c, sign), ink, text);
}

static const struct {
    unsigned flag;
    const char *name;
} names[] = {
    {IN_BOARD, "Board"}, {IN_SOURCES, "Sources"}, {IN_SLOS, "SLOs"},     {IN_ROLLOUT, "Rollout"},
    {IN_LOGS, "Logs"},   {IN_RUNS, "Runs"},       {IN_LEDGER, "Ledger"}, {IN_MEETING, "Meeting"},
};

/* "Everywhere", or "Board, Rollout and Meeting". */
static void title_of(unsigned views, char *dst, size_t cap) {
    size_t len = 0;
    snprintf(dst, cap, "Everywhere");
    for (size_t i = 0; views != IN_ALL && i < sizeof names / sizeof *names && len < cap; i++) {
        if (!(views & names[i].flag))
            continue;
        views &= ~names[i].flag;
        int n = snprintf(dst + len, cap - len, "%s%s",
                         len == 0 ? ""
                         : views  ? ", "
                                  : " and ",
                         names[i].name);
        len += n > 0 ? (size_t)n : 0;
    }
}

static bool is_told(const struct keys *keys, size_t before, unsigned views) {
    for (size_t i = 0; i < before; i++)
        if (keys_at(keys, i)->views == views)
            return true;
    return false;
}

/* Each set of views once, with all the keys that it has. */
static void add_keys(struct pager *page, const struct keys *keys, unsigned views, bool ascii) {
    const struct key_row *row;
    char title[128];
    title_of(views, title, sizeof title);
    pager_add(page, NULL, INK_TITLE, title);
    for (size_t i = 0; (row = keys_at(keys, i)); i++)
        if (row->views == views)
            pager_add(page, keys_name(row, ascii), INK_TEXT, row->help);
    pager_add(page, NULL, INK_TEXT, "");
}

static void fill(struct pager *page, const struct view_ctx *ctx) {
    const struct canvas *c = ctx->canvas;
    const struct key_row *row;
    pager_clear(page);
    add_keys(page, ctx->keys, IN_ALL, c->ascii);
    for (size_t i = 0; (row = keys_at(ctx->keys, i)); i++)
        if (row->views != IN_ALL && !is_told(ctx->keys, i, row->views))
            add_keys(page, ctx->keys, row->views, c->ascii);
    pager_add(page, NULL, INK_TITLE, "Mouse");
    pager_add(page, NULL, INK_TEXT, "click selects, double click opens, the wheel scrolls");
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, "Signs");
    add_sign(page, c, SIGN_PASS, INK_PASS, "pass: the gate has seen what it needs");
    add_sign(page, c, SIGN_FAIL, INK_FAIL, "fail: what it saw forbids the move");
    add_sign(page, c, SIGN_WAIT, INK_WAIT, "wait: will pass by itself, or is being asked");
    add_sign(page, c, SIGN_UNKNOWN, INK_UNKNOWN, "unknown: stale, unreachable or not enough seen");
    add_sign(page, c, SIGN_WAIVED, INK_ALERT,
             "waived: overridden by people, by name and for a time");
    add_sign(page, c, SIGN_CLOSED, INK_DIM, "closed on purpose");
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, "Verdict");
    pager_add(page, "GO", words_verdict_ink(VERDICT_GO), "every gate that counts passes");
    pager_add(page, "HOLD", words_verdict_ink(VERDICT_HOLD), "something waits or is unknown");
    pager_add(page, "NO-GO", words_verdict_ink(VERDICT_NO_GO), "something fails");
}

static void help_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct help *h = state;
    fill(&h->page, ctx);
    pager_draw(&h->page, ctx->canvas, draw_box(ctx->canvas, body, "Help", "Esc closes", false));
}

static bool help_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct help *h = state;
    (void)ctx;
    return pager_move(&h->page, request);
}

static void help_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct help *h = state;
    (void)ctx;
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN)
        pager_scroll(&h->page, p.kind == POINTER_UP ? -3 : 3);
}

const struct view_ops view_help = {
    .name = "help",
    .flag = IN_HELP,
    .opens = REQ_HELP,
    .over = true,
    .init = help_init,
    .fini = help_fini,
    .draw = help_draw,
    .handle = help_handle,
    .point = help_point,
};
