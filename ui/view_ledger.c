/* Ledger: who did what, when and why, the newest first; and whether the chain holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/speak.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"

enum { NUMBER_COLS = 8, TIME_COLS = 21, FROM_COLS = 24, WIDE_COLS = 110, SPLIT_COLS = 150 };

struct ledger_view {
    struct list list;
    uint64_t chosen; /* the entry's number; 0 = the newest, whichever it is */
    bool detail;
    struct pager page;
    struct area list_at, page_at;
};

static void *ledger_init(const struct policy *policy) {
    (void)policy;
    struct ledger_view *v = mem_zero(1, sizeof *v);
    v->list.active = true;
    return v;
}

static void ledger_fini(void *state) {
    struct ledger_view *v = state;
    pager_fini(&v->page);
    free(v);
}

/* The selection stays on its entry when newer ones come. */
static void follow(struct ledger_view *v, const struct votes *votes) {
    v->list.count = votes->n_recent;
    for (size_t i = 0; v->chosen && i < votes->n_recent; i++)
        if (votes->recent[i]->seq == v->chosen)
            v->list.selected = i;
    if (!v->chosen)
        v->list.selected = 0;
}

static void remember(struct ledger_view *v, const struct votes *votes) {
    bool newest = v->list.selected == 0 || v->list.selected >= votes->n_recent;
    v->chosen = newest ? 0 : votes->recent[v->list.selected]->seq;
}

/* ---- the chain ---- */

static void draw_chain(const struct view_ctx *ctx, struct area in) {
    static const struct {
        enum sign sign;
        enum ink ink;
        const char *words;
    } looks[] = {
        [LEDGER_OPENING] = {SIGN_WAIT, INK_WAIT, "the ledger is being read"},
        [LEDGER_WELL] = {SIGN_PASS, INK_PASS, "the chain holds: every entry was read and checked"},
        [LEDGER_LOST] = {SIGN_FAIL, INK_FAIL, "the ledger cannot be used"},
        [LEDGER_TAMPERED] = {SIGN_FAIL, INK_FAIL, "the chain is broken, nothing in it counts"},
        [LEDGER_NONE] = {SIGN_UNKNOWN, INK_UNKNOWN,
                         "there is no ledger: configure ledger: {file: PATH}, or a store:"},
    };
    const struct votes *votes = ctx->snap->votes;
    const struct canvas *c = ctx->canvas;
    int x = in.x + draw_text(c, in.y, in.x, 2, looks[votes->state].ink,
                             draw_sign(c, looks[votes->state].sign));
    draw_textf(c, in.y, x + 1, in.cols - 4, looks[votes->state].ink, "%s%s%s",
               looks[votes->state].words, votes->note[0] ? ": " : "", votes->note);
}

/* ---- the list ---- */

static enum ink ink_of(const struct record *r) {
    if (r->kind == RECORD_REFUSED || strcmp(r->word, "failed") == 0 ||
        strcmp(r->word, "no-go") == 0 || strcmp(r->word, "NO-GO") == 0)
        return INK_FAIL;
    if (r->kind == RECORD_WAIVER || strcmp(r->word, "interrupted") == 0)
        return INK_ALERT;
    bool said = r->kind == RECORD_VOTE || r->kind == RECORD_RUN || r->kind == RECORD_TICK;
    return said ? INK_STRONG : INK_TEXT;
}

static void draw_entry(const struct view_ctx *ctx, struct area a, int y, const struct record *r) {
    const struct canvas *c = ctx->canvas;
    char when[32], line[1024], user[RECORD_NAME_CAP * 4];
    bool wide = a.cols >= WIDE_COLS;
    if (c->selected)
        draw_blank(c, y, a.x, a.cols);
    when_rfc3339(r->at_ms, when, sizeof when);
    speak_line(r, line, sizeof line);
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->seq);
    draw_right(c, y, a.x, NUMBER_COLS - 2, INK_DIM, number);
    int x = a.x + NUMBER_COLS;
    draw_textf(c, y, x, TIME_COLS - 1, INK_DIM, "%.10s %.8sZ", when, when + 11);
    x += TIME_COLS;
    int columns = a.x + a.cols - x - (wide ? FROM_COLS : 0);
    draw_text(c, y, x, columns - 1, ink_of(r), line);
    if (wide) {
        text_safe(user, sizeof user, r->user, strlen(r->user));
        draw_right(c, y, x + columns, FROM_COLS, INK_DIM, user);
    }
}

static void draw_list(struct ledger_view *v, const struct view_ctx *ctx, struct area at) {
    const struct votes *votes = ctx->snap->votes;
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    char note[128], place[64];
    row_ctx.canvas = &c;
    follow(v, votes);
    list_fit(&v->list, votes->n_recent, at.rows - 2);
    list_note(&v->list, c.ascii, place, sizeof place);
    if (votes->last > votes->n_recent)
        snprintf(note, sizeof note, "the newest %zu of %llu: gonogo ledger show has all",
                 votes->n_recent, (unsigned long long)votes->last);
    else
        snprintf(note, sizeof note, "%llu entries%s%s", (unsigned long long)votes->last,
                 place[0] ? " · " : "", place);
    struct area in = draw_sheet(&c, at, "Ledger", note, v->detail);
    draw_chain(&row_ctx, in);
    in.y++;
    in.rows--;
    v->list_at = in;
    if (votes->n_recent == 0)
        draw_text(&c, in.y, in.x, in.cols, INK_DIM, "nothing was said or done yet");
    for (size_t row = 0; row < v->list.rows && v->list.top + row < v->list.count; row++) {
        size_t i = v->list.top + row;
        c.selected = i == v->list.selected;
        draw_entry(&row_ctx, in, in.y + (int)row, votes->recent[i]);
    }
}

/* ---- one entry ---- */

static void add(struct pager *page, const char *label, const char *raw) {
    char safe[RECORD_TEXT_CAP * 4];
    if (!*raw)
        return;
    text_safe(safe, sizeof safe, raw, strlen(raw));
    pager_add(page, label, INK_TEXT, safe);
}

static void fill_page(struct pager *page, const struct record *r) {
    char when[32];
    pager_clear(page);
    pager_addf(page, "entry", INK_STRONG, "%llu, %s", (unsigned long long)r->seq,
               record_kind_name(r->kind));
    when_rfc3339(r->at_ms, when, sizeof when);
    pager_add(page, "when", INK_TEXT, when);
    add(page, "who", r->who);
    add(page, "from", r->user);
    add(page, "role", r->role);
    add(page, "about", r->subject);
    add(page, "item", r->item);
    add(page, "run", r->run);
    if (r->step != RECORD_STEP_NONE)
        pager_addf(page, "step", INK_TEXT, "%d", r->step + 1);
    add(page, "word", r->word);
    if (r->exit_code != RECORD_EXIT_NONE)
        pager_addf(page, "exit", INK_TEXT, "%d", r->exit_code);
    add(page, "why", r->text);
    if (r->until_ms) {
        when_rfc3339(r->until_ms, when, sizeof when);
        pager_add(page, "until", INK_TEXT, when);
    }
    add(page, "target", r->target);
    add(page, "fingerprint", r->fingerprint);
    add(page, "digest", r->digest);
    add(page, "signed", r->is_signed ? "yes" : "no");
    add(page, "hash", r->hash);
    add(page, "hash before", r->prev);
}

static void ledger_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct ledger_view *v = state;
    struct area list = body, page = body;
    bool split = v->detail && body.cols >= SPLIT_COLS;
    if (split) {
        page.cols = body.cols / 2 - 8;
        list.cols = body.cols - page.cols;
        page.x += list.cols;
    }
    draw_list(v, ctx, list);
    if (v->list.selected >= ctx->snap->votes->n_recent)
        v->detail = false;
    if (v->detail) {
        fill_page(&v->page, ctx->snap->votes->recent[v->list.selected]);
        v->page_at = draw_panel(ctx->canvas, page, "Entry", "Esc closes");
        pager_draw(&v->page, ctx->canvas, v->page_at);
    }
}

static bool ledger_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct ledger_view *v = state;
    follow(v, ctx->snap->votes);
    if (request == REQ_OPEN || (request == REQ_BACK && v->detail)) {
        v->detail = request == REQ_OPEN && !v->detail;
        v->page.top = 0;
        return true;
    }
    if (v->detail && pager_move(&v->page, request))
        return true;
    bool moved = list_move(&v->list, request);
    remember(v, ctx->snap->votes);
    return moved;
}

static bool holds(struct area a, struct pointer p) {
    return p.y >= a.y && p.y < a.y + a.rows && p.x >= a.x && p.x < a.x + a.cols;
}

static void ledger_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct ledger_view *v = state;
    bool wheel = p.kind == POINTER_UP || p.kind == POINTER_DOWN;
    int by = p.kind == POINTER_UP ? -3 : 3;
    follow(v, ctx->snap->votes);
    if (v->detail && holds(v->page_at, p)) {
        if (wheel)
            pager_scroll(&v->page, by);
    } else if (holds(v->list_at, p)) {
        if (wheel)
            list_scroll(&v->list, by);
        else if (list_pick(&v->list, p.y - v->list_at.y))
            v->detail = v->detail || p.kind == POINTER_DOUBLE;
        remember(v, ctx->snap->votes);
    }
}

const struct view_ops view_ledger = {
    .name = "ledger",
    .flag = IN_LEDGER,
    .opens = REQ_LEDGER,
    .init = ledger_init,
    .fini = ledger_fini,
    .draw = ledger_draw,
    .handle = ledger_handle,
    .point = ledger_point,
};
