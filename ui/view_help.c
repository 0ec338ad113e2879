/* Help, made from the key table: a key that is not here does not exist. */
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

static void fill(struct pager *page, const struct canvas *c) {
    static const struct {
        unsigned views;
        const char *title;
    } parts[] = {
        {IN_ALL, "Everywhere"},
        {IN_BOARD | IN_SOURCES, "Board and Sources"},
        {IN_SOURCES, "Sources"},
    };
    pager_clear(page);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        pager_add(page, NULL, INK_TITLE, parts[k].title);
        for (size_t i = 0; keys_at(i); i++)
            if (keys_at(i)->views == parts[k].views)
                pager_add(page, keys_name(keys_at(i), c->ascii), INK_TEXT, keys_at(i)->help);
        pager_add(page, NULL, INK_TEXT, "");
    }
    pager_add(page, NULL, INK_TITLE, "Mouse");
    pager_add(page, NULL, INK_TEXT, "click selects, double click opens, the wheel scrolls");
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, "Signs");
    add_sign(page, c, SIGN_PASS, INK_PASS, "pass: the gate has seen what it needs");
    add_sign(page, c, SIGN_FAIL, INK_FAIL, "fail: what it saw forbids the move");
    add_sign(page, c, SIGN_WAIT, INK_WAIT, "wait: will pass by itself, or is being asked");
    add_sign(page, c, SIGN_UNKNOWN, INK_UNKNOWN, "unknown: stale, unreachable or not enough seen");
    add_sign(page, c, SIGN_CLOSED, INK_DIM, "closed on purpose");
    pager_add(page, NULL, INK_TEXT, "");
    pager_add(page, NULL, INK_TITLE, "Verdict");
    pager_add(page, "GO", words_verdict_ink(VERDICT_GO), "every gate that counts passes");
    pager_add(page, "HOLD", words_verdict_ink(VERDICT_HOLD), "something waits or is unknown");
    pager_add(page, "NO-GO", words_verdict_ink(VERDICT_NO_GO), "something fails");
}

static void help_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct help *h = state;
    fill(&h->page, ctx->canvas);
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
    .init = help_init,
    .fini = help_fini,
    .draw = help_draw,
    .handle = help_handle,
    .point = help_point,
};
