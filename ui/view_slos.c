/* SLOs: a chart for each service level, its threshold, budget, burn and samples. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "ui/levels.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"

enum {
    TILE_ROWS_MIN = 7,  /* frame, four rows of chart and its foot, one line of words */
    TILE_ROWS_MAX = 14, /* higher charts say no more */
    TILE_COLS = 56,     /* as many beside each other as have so much */
    TILES_ACROSS_MAX = 3,
};

struct slos {
    struct list list; /* its rows are tiles */
    size_t across;    /* tiles beside each other, at the last drawing */
    int tile_rows;
    bool detail;
    struct pager page;
    struct area at, page_at;
};

static void *slos_init(const struct policy *policy) {
    struct slos *v = mem_zero(1, sizeof *v);
    (void)policy;
    v->across = 1;
    v->list.active = true;
    return v;
}

static void slos_fini(void *state) {
    struct slos *v = state;
    pager_fini(&v->page);
    free(v);
}

/* ---- drawing ---- */

/* "n 1204 · candidate 410 ms, baseline 402 ms · budget 83 % left, burn 0.4× in 1h" */
static void foot_text(const struct view_ctx *ctx, size_t slo, char *dst, size_t cap) {
    const struct slo_view *view = &ctx->snap->slos[slo];
    const char *unit = ctx->policy->metrics[ctx->policy->slos[slo].metric].unit;
    char burn[128] = "";
    size_t len = (size_t)snprintf(dst, cap, "n %llu", (unsigned long long)view->samples);
    if (view->candidate_samples > 0 && view->baseline_samples > 0 && len < cap) {
        char candidate[32], baseline[32];
        chart_value_text(view->candidate, unit, candidate, sizeof candidate);
        chart_value_text(view->baseline, unit, baseline, sizeof baseline);
        len += (size_t)snprintf(dst + len, cap - len, " · candidate %s, baseline %s", candidate,
                                baseline);
    }
    if (ctx->policy->slos[slo].burn)
        levels_burn(view, burn, sizeof burn);
    if (burn[0] && len < cap)
        snprintf(dst + len, cap - len, " · %s", burn);
}

static void draw_tile(const struct view_ctx *ctx, struct area at, size_t slo, bool selected) {
    const struct canvas *c = ctx->canvas;
    const struct slo_view *view = &ctx->snap->slos[slo];
    char value[96], note[128], foot[256];
    levels_value(ctx, slo, value, sizeof value);
    snprintf(note, sizeof note, " %s  %s %s ", value, draw_sign(c, levels_sign(view)),
             levels_word(view));
    struct area in = draw_box(c, at, ctx->policy->slos[slo].name, NULL, selected);
    draw_right(c, at.y, at.x + text_width(ctx->policy->slos[slo].name) + 5,
               at.cols - text_width(ctx->policy->slos[slo].name) - 7, levels_ink(view), note);
    char past[LEVELS_PAST_CAP];
    struct chart chart = levels_chart(ctx, slo, past);
    if (view->samples > 0)
        chart_draw(c, (struct area){in.y, in.x, in.rows - 1, in.cols}, &chart);
    else
        draw_text(c, in.y + (in.rows - 1) / 2, in.x, in.cols, INK_DIM, view->reason);
    foot_text(ctx, slo, foot, sizeof foot);
    draw_text(c, in.y + in.rows - 1, in.x, in.cols,
              view->burn.level > BURN_NONE ? levels_burn_ink(view) : INK_DIM, foot);
}

/* How many tiles beside each other, and how high. */
static void arrange(struct slos *v, struct area body, size_t n) {
    size_t across = (size_t)(body.cols / TILE_COLS);
    across = across < 1 ? 1 : across > TILES_ACROSS_MAX ? TILES_ACROSS_MAX : across;
    v->across = across > n && n > 0 ? n : across;
    int lines = (int)((n + v->across - 1) / v->across);
    int rows = lines > 0 ? body.rows / lines : body.rows;
    v->tile_rows = rows < TILE_ROWS_MIN   ? TILE_ROWS_MIN
                   : rows > TILE_ROWS_MAX ? TILE_ROWS_MAX
                                          : rows;
    if (v->tile_rows > body.rows)
        v->tile_rows = body.rows;
}

/* The list counts lines of tiles when it scrolls, and tiles when it selects. */
static void keep_in_sight(struct slos *v, size_t lines_shown) {
    size_t line = v->list.selected / v->across, top = v->list.top / v->across;
    if (line < top)
        top = line;
    if (line >= top + lines_shown)
        top = line - lines_shown + 1;
    v->list.top = top * v->across;
}

static void draw_nothing(const struct view_ctx *ctx, struct area body) {
    struct area in = draw_sheet(ctx->canvas, body, "SLOs", NULL, false);
    draw_text(ctx->canvas, in.y + 1, in.x, in.cols, INK_DIM,
              "no service levels are configured: name logs: and slos:, see gonogo config options");
}

/* "1–3 of 5 ▼", in the last row, when not all tiles fit. */
static void draw_place(const struct slos *v, const struct canvas *c, struct area body) {
    char place[64], note[80];
    list_note(&v->list, c->ascii, place, sizeof place);
    if (!place[0])
        return;
    bool more = v->list.top + v->list.rows < v->list.count;
    snprintf(note, sizeof note, " %s %s ", place, draw_sign(c, more ? SIGN_DOWN : SIGN_UP));
    draw_right(c, body.y + body.rows - 1, body.x, body.cols - 2, INK_KEY, note);
}

static void slos_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct slos *v = state;
    size_t n = ctx->snap->n_slos;
    v->at = body;
    if (n == 0) {
        draw_nothing(ctx, body);
        return;
    }
    arrange(v, body, n);
    size_t lines = (size_t)(body.rows / v->tile_rows);
    v->list.count = n;
    v->list.rows = lines * v->across;
    if (v->list.selected >= n)
        v->list.selected = n - 1;
    keep_in_sight(v, lines);
    int width = body.cols / (int)v->across;
    for (size_t i = 0; i < v->list.rows && v->list.top + i < n; i++) {
        int col = (int)(i % v->across), line = (int)(i / v->across);
        struct area at = {body.y + line * v->tile_rows, body.x + col * width, v->tile_rows,
                          col == (int)v->across - 1 ? body.cols - col * width : width};
        draw_tile(ctx, at, v->list.top + i, v->list.top + i == v->list.selected && !v->detail);
    }
    draw_place(v, ctx->canvas, body);
    if (v->detail) {
        size_t slo = v->list.selected;
        struct area at = {body.y, body.x, body.rows, body.cols};
        struct area in = draw_panel(ctx->canvas, at, ctx->policy->slos[slo].name, "Esc closes");
        char past[LEVELS_PAST_CAP];
        struct chart chart = levels_chart(ctx, slo, past);
        int high = in.rows / 2;
        chart_draw(ctx->canvas, (struct area){in.y, in.x, high, in.cols}, &chart);
        levels_page(ctx, slo, &v->page);
        v->page_at = (struct area){in.y + high + 1, in.x, in.rows - high - 1, in.cols};
        pager_draw(&v->page, ctx->canvas, v->page_at);
    }
}

/* ---- requests ---- */

static bool step(struct slos *v, int by) {
    int64_t to = (int64_t)v->list.selected + by;
    if (to < 0 || to >= (int64_t)v->list.count)
        return true;
    v->list.selected = (size_t)to;
    return true;
}

static bool slos_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct slos *v = state;
    v->list.count = ctx->snap->n_slos; /* keys may come before the first drawing */
    if (v->detail) {
        if (request == REQ_BACK || request == REQ_OPEN) {
            v->detail = false;
            return true;
        }
        return pager_move(&v->page, request);
    }
    switch (request) {
    case REQ_UP:
        return step(v, -(int)v->across);
    case REQ_DOWN:
        return step(v, (int)v->across);
    case REQ_LEFT:
        return step(v, -1);
    case REQ_RIGHT:
    case REQ_NEXT_PANE:
        return step(v, 1);
    case REQ_OPEN:
        v->detail = v->list.count > 0;
        v->page.top = 0;
        return true;
    default:
        return list_move(&v->list, request);
    }
}

static void slos_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct slos *v = state;
    (void)ctx;
    if (v->list.count == 0)
        return;
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN) {
        int by = p.kind == POINTER_UP ? -1 : 1;
        if (v->detail)
            pager_scroll(&v->page, 3 * by);
        else
            step(v, by * (int)v->across);
        return;
    }
    int width = v->at.cols / (int)v->across, col = (p.x - v->at.x) / (width > 0 ? width : 1);
    int line = v->tile_rows > 0 ? (p.y - v->at.y) / v->tile_rows : 0;
    if (v->detail || col >= (int)v->across || line < 0)
        return;
    size_t tile = v->list.top + (size_t)line * v->across + (size_t)col;
    if (tile < v->list.count) {
        v->list.selected = tile;
        v->detail = p.kind == POINTER_DOUBLE;
    }
}

const struct view_ops view_slos = {
    .name = "SLOs",
    .flag = IN_SLOS,
    .opens = REQ_SLOS,
    .init = slos_init,
    .fini = slos_fini,
    .draw = slos_draw,
    .handle = slos_handle,
    .point = slos_point,
};
