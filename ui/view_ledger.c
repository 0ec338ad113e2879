/* Ledger: who did what, when and why, the newest first; and whether the chain holds. The newest entries
 * come with the snapshot; what lies further back comes in pages, which are asked for when they are
 * wanted (ui/shelf.h): a row that is not there yet says so. */
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

#define NEWEST   UINT64_C(0) /* whichever it is */
#define BY_PLACE UINT64_MAX  /* the entry at that place is not known yet */

struct ledger_view {
    struct list list;
    char filter[FILTER_CAP];
    uint64_t chosen; /* the entry's number, NEWEST or BY_PLACE */
    bool detail;
    const struct record *open; /* owned: what the detail shows */
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
    record_drop(v->open);
    pager_fini(&v->page);
    free(v);
}

/* ---- which entry is where ---- */

/* The list as it is to be read: as of the snapshot, which stands still when the screen is paused; while
 * the engine has not read it yet, as of now. */
static struct page_question question(const struct ledger_view *v, const struct view_ctx *ctx) {
    const struct votes *votes = ctx->snap->votes;
    struct page_question q = {.upto = votes->state == LEDGER_OPENING ? 0 : votes->last};
    memcpy(q.filter, v->filter, sizeof q.filter);
    return q;
}

static uint64_t last_of(const struct view_ctx *ctx) {
    const struct votes *votes = ctx->snap->votes;
    const struct ledger_page *page = shelf_page(ctx->shelf, "");
    return votes->state == LEDGER_OPENING && page ? page->upto : votes->last;
}

static uint64_t count_of(const struct ledger_view *v, const struct view_ctx *ctx) {
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    if (v->filter[0])
        return page ? page->total : 0;
    return shelf_is_read(ctx->shelf) ? last_of(ctx) : ctx->snap->votes->n_recent;
}

/* NULL = not known yet. */
static const struct record *entry_at(const struct ledger_view *v, const struct view_ctx *ctx,
                                     uint64_t place) {
    const struct votes *votes = ctx->snap->votes;
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    if (v->filter[0])
        return page ? ledger_page_at(page, place) : NULL;
    uint64_t seq = last_of(ctx) - place; /* numbers have no gaps */
    if (votes->last >= seq && votes->last - seq < votes->n_recent)
        return votes->recent[votes->last - seq];
    return page && page->upto >= seq ? ledger_page_at(page, page->upto - seq) : NULL;
}

/* The selection stays on its entry when newer ones come. */
static void follow(struct ledger_view *v, const struct view_ctx *ctx) {
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    v->list.count = (size_t)count_of(v, ctx);
    if (v->chosen == NEWEST)
        v->list.selected = 0;
    if (v->chosen == NEWEST || v->chosen == BY_PLACE)
        return;
    if (!v->filter[0])
        v->list.selected = last_of(ctx) > v->chosen ? (size_t)(last_of(ctx) - v->chosen) : 0;
    for (size_t i = 0; v->filter[0] && page && i < page->n; i++)
        if (page->records[i]->seq == v->chosen)
            v->list.selected = (size_t)page->first + i;
}

static void remember(struct ledger_view *v, const struct view_ctx *ctx) {
    const struct record *r = entry_at(v, ctx, v->list.selected);
    if (v->list.selected == 0)
        v->chosen = NEWEST;
    else if (!v->filter[0])
        v->chosen = last_of(ctx) - v->list.selected;
    else
        v->chosen = r ? r->seq : BY_PLACE;
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
    ledger_page_when(r, when, sizeof when);
    speak_line(r, line, sizeof line);
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->seq);
    draw_right(c, y, a.x, NUMBER_COLS - 2, INK_DIM, number);
    int x = a.x + NUMBER_COLS;
    draw_text(c, y, x, TIME_COLS - 1, INK_DIM, when);
    x += TIME_COLS;
    int columns = a.x + a.cols - x - (wide ? FROM_COLS : 0);
    draw_text(c, y, x, columns - 1, ink_of(r), line);
    if (wide) {
        text_safe(user, sizeof user, r->user, strlen(r->user));
        draw_right(c, y, x + columns, FROM_COLS, INK_DIM, user);
    }
}

/* "3–22 of 100000 entries", "12 of 100000 entries · 3–9 of 12", "… · 40000 to be searched" */
static void say_how_many(const struct ledger_view *v, const struct view_ctx *ctx, char *dst,
                         size_t cap) {
    const struct votes *votes = ctx->snap->votes;
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    unsigned long long last = last_of(ctx);
    char place[64], left[64] = "";
    list_note(&v->list, ctx->canvas->ascii, place, sizeof place);
    if (v->filter[0] && (!page || page->unread > 0))
        snprintf(left, sizeof left, " · %llu to be searched",
                 (unsigned long long)(page ? page->unread : last));
    if (!shelf_is_read(ctx->shelf) && votes->last > votes->n_recent)
        snprintf(dst, cap, "the newest %zu of %llu: gonogo ledger show has all", votes->n_recent,
                 last);
    else if (v->filter[0])
        snprintf(dst, cap, "%zu of %llu entries%s%s%s", v->list.count, last, place[0] ? " · " : "",
                 place, left);
    else if (place[0])
        snprintf(dst, cap, "%s entries", place);
    else
        snprintf(dst, cap, "%llu entr%s", last, last == 1 ? "y" : "ies");
}

static void draw_nothing(const struct ledger_view *v, const struct view_ctx *ctx, struct area in) {
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    const char *said = "nothing was said or done yet";
    if (v->filter[0] && (!page || page->unread > 0))
        said = "searching";
    else if (v->filter[0])
        said = "no entry passes the filter (Esc drops it)";
    draw_text(ctx->canvas, in.y, in.x, in.cols, INK_DIM, said);
}

static void draw_rows(struct ledger_view *v, const struct view_ctx *ctx, struct area in) {
    const struct ledger_page *page = shelf_page(ctx->shelf, v->filter);
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    row_ctx.canvas = &c;
    for (size_t row = 0; row < v->list.rows && v->list.top + row < v->list.count; row++) {
        size_t i = v->list.top + row;
        int y = in.y + (int)row;
        const struct record *r = entry_at(v, ctx, i);
        c.selected = i == v->list.selected;
        if (r)
            draw_entry(&row_ctx, in, y, r);
        else
            draw_textf(&c, y, in.x + NUMBER_COLS, in.cols - NUMBER_COLS,
                       page && page->trouble[0] ? INK_FAIL : INK_DIM, "%s",
                       page && page->trouble[0] ? page->trouble : "being read");
    }
}

static void draw_list(struct ledger_view *v, const struct view_ctx *ctx, struct area at) {
    char note[192], title[FILTER_CAP + 16];
    follow(v, ctx);
    list_fit(&v->list, v->list.count, at.rows - 2);
    if (ctx->snap->votes->state != LEDGER_NONE) {
        struct page_question q = question(v, ctx);
        shelf_want(ctx->shelf, &q, v->list.top, v->list.rows);
    }
    if (v->chosen == BY_PLACE)
        remember(v, ctx);
    say_how_many(v, ctx, note, sizeof note);
    snprintf(title, sizeof title, "Ledger%s%s", v->filter[0] ? " /" : "", v->filter);
    struct area in = draw_sheet(ctx->canvas, at, title, note, v->detail);
    draw_chain(ctx, in);
    in.y++;
    in.rows--;
    v->list_at = in;
    if (v->list.count == 0)
        draw_nothing(v, ctx, in);
    draw_rows(v, ctx, in);
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

static void say_being_read(struct pager *page) {
    pager_clear(page);
    pager_add(page, NULL, INK_DIM, "being read");
}

/* The entry that is open stays open while the page around it is being read. */
static void keep_open(struct ledger_view *v, const struct view_ctx *ctx) {
    const struct record *r = entry_at(v, ctx, v->list.selected);
    if (v->list.selected >= v->list.count)
        v->detail = false;
    if (r && v->detail && r != v->open) {
        record_drop(v->open);
        v->open = record_keep(r);
    }
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
    keep_open(v, ctx);
    if (v->detail) {
        if (v->open)
            fill_page(&v->page, v->open);
        else
            say_being_read(&v->page);
        v->page_at = draw_panel(ctx->canvas, page, "Entry", "Esc closes");
        pager_draw(&v->page, ctx->canvas, v->page_at);
    }
}

static void set_filter(struct ledger_view *v, const char *words) {
    snprintf(v->filter, sizeof v->filter, "%s", words);
    v->chosen = NEWEST;
    v->list.top = 0;
}

static void open_detail(struct ledger_view *v, bool open) {
    v->detail = open;
    v->page.top = 0;
    record_drop(v->open);
    v->open = NULL;
}

static bool ledger_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct ledger_view *v = state;
    follow(v, ctx);
    if (request == REQ_OPEN || (request == REQ_BACK && v->detail)) {
        open_detail(v, request == REQ_OPEN && !v->detail);
        return true;
    }
    if (request == REQ_BACK && v->filter[0]) {
        set_filter(v, "");
        return true;
    }
    if (v->detail && pager_move(&v->page, request))
        return true;
    bool moved = list_move(&v->list, request);
    remember(v, ctx);
    return moved;
}

static void ledger_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct ledger_view *v = state;
    bool wheel = p.kind == POINTER_UP || p.kind == POINTER_DOWN;
    int by = p.kind == POINTER_UP ? -3 : 3;
    follow(v, ctx);
    if (v->detail && pointer_is_in(p, v->page_at)) {
        if (wheel)
            pager_scroll(&v->page, by);
    } else if (pointer_is_in(p, v->list_at)) {
        if (wheel)
            list_scroll(&v->list, by);
        else if (list_pick(&v->list, p.y - v->list_at.y))
            v->detail = v->detail || p.kind == POINTER_DOUBLE;
        remember(v, ctx);
    }
}

static const char *ledger_filter(void *state, const char *words) {
    struct ledger_view *v = state;
    if (words)
        set_filter(v, words);
    return v->filter;
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
    .filter = ledger_filter,
};
