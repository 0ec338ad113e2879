/* Sources: every probe and what it saw. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/rows.h"
#include "ui/view.h"
#include "ui/words.h"

enum {
    NORMAL_COLS = 110, /* below, the last error would have no room to be read */
    WIDE_COLS = 150,
    SPLIT_COLS = 150,     /* from here the detail stands beside the list */
    SKEW_SHOWN_MS = 2000, /* below, a clock is as right as HTTP dates can tell */
    TLS_SOON_DAYS = 14,
};

enum column_id {
    COL_STATE,
    COL_ENVIRONMENT,
    COL_NAME,
    COL_KIND,
    COL_VERSION,
    COL_BUILD,
    COL_HTTP,
    COL_LATENCY,
    COL_SPARK,
    COL_AGE,
    COL_TLS,
    COL_SKEW,
    COL_ERROR,
    COLUMNS,
};

/* Widths with the gap behind, for a list below NORMAL_COLS, below WIDE_COLS, and wider; 0 = not
 * there. The last column takes what is left. */
static const struct column {
    const char *title;
    int widths[3];
    bool right;
    enum sort_by sort;
} columns[COLUMNS] = {
    [COL_STATE] = {"state", {10, 11, 12}, false, SORT_STATE},
    [COL_ENVIRONMENT] = {"environment", {12, 13, 16}, false, SORT_ENVIRONMENT},
    [COL_NAME] = {"source", {14, 17, 22}, false, SORT_NAME},
    [COL_KIND] = {"kind", {0, 0, 13}, false, SORT_KIND},
    [COL_VERSION] = {"version", {10, 12, 16}, false, SORT_VERSION},
    [COL_BUILD] = {"build", {0, 0, 12}, false, SORT_NONE},
    [COL_HTTP] = {"HTTP", {0, 6, 6}, false, SORT_HTTP},
    [COL_LATENCY] = {"latency", {8, 9, 9}, true, SORT_LATENCY},
    [COL_SPARK] = {"", {0, 10, 34}, false, SORT_NONE},
    [COL_AGE] = {"age", {6, 6, 7}, true, SORT_AGE},
    [COL_TLS] = {"TLS", {0, 7, 7}, true, SORT_TLS},
    [COL_SKEW] = {"clock", {0, 0, 8}, true, SORT_NONE},
    [COL_ERROR] = {"last error", {0, 0, 0}, false, SORT_NONE},
};

struct sources {
    struct rows rows;
    struct list list;
    struct row selected;
    bool chosen; /* by somebody: then the selection follows it; else it stays at the top */
    struct pager page;
    bool detail;
    bool on_page; /* which of the two panes listens */
    struct area list_at, page_at;
};

static void *sources_init(const struct policy *policy) {
    struct sources *v = mem_zero(1, sizeof *v);
    rows_init(&v->rows, policy);
    v->list.active = true;
    return v;
}

static void sources_fini(void *state) {
    struct sources *v = state;
    rows_fini(&v->rows);
    pager_fini(&v->page);
    free(v);
}

/* The rows of this snapshot; the selection stays on its source when they move. */
static void refresh(struct sources *v, const struct view_ctx *ctx) {
    if (rows_make(&v->rows, ctx->snap)) {
        v->list.count = v->rows.n;
        v->list.selected = v->chosen ? rows_find(&v->rows, v->selected) : 0;
    }
}

static void remember(struct sources *v) {
    if (v->list.selected < v->rows.n)
        v->selected = v->rows.rows[v->list.selected];
}

/* ---- one row ---- */

static int column_width(enum column_id id, int x, struct area a) {
    if (id == COL_ERROR)
        return a.x + a.cols - x;
    return columns[id].widths[a.cols >= WIDE_COLS ? 2 : a.cols >= NORMAL_COLS ? 1 : 0];
}

/* The last error, or how far a long look is. */
static enum ink trouble_text(const struct sample *s, char *dst, size_t cap) {
    bool on_its_way = s && s->unfinished && !s->error[0];
    if (!s)
        snprintf(dst, cap, "asked, no answer yet");
    else
        text_safe(dst, cap, on_its_way ? s->status : s->error,
                  strlen(on_its_way ? s->status : s->error));
    return s && !on_its_way ? INK_FAIL : INK_DIM;
}

/* Text and ink of a cell that is only text. A row that is well has one ink behind its sign: of a long
 * list each change of ink costs its terminal 11 bytes a row, and what is coloured there is trouble. */
static enum ink cell_text(const struct view_ctx *ctx, unsigned i, enum column_id id, char *dst,
                          size_t cap) {
    const struct source_spec *spec = &ctx->policy->sources[i];
    const struct source_view *view = &ctx->snap->sources[i];
    const struct sample *s = view->last;
    int64_t age;
    dst[0] = '\0';
    switch (id) {
    case COL_ENVIRONMENT:
        snprintf(dst, cap, "%s", ctx->policy->environments[spec->environment].name);
        return INK_TEXT;
    case COL_NAME:
        snprintf(dst, cap, "%s", spec->name);
        return INK_TEXT;
    case COL_KIND:
        snprintf(dst, cap, "%s", spec->kind);
        return INK_TEXT;
    case COL_VERSION:
        if (s)
            text_safe(dst, cap, s->version, strlen(s->version));
        return view->state == SOURCE_OK ? INK_TEXT : INK_DIM;
    case COL_BUILD:
        if (s && s->build[0] && strcmp(s->build, s->version) != 0)
            text_safe(dst, cap, s->build, strlen(s->build));
        return INK_ALERT;
    case COL_HTTP:
        if (s && s->http > 0)
            snprintf(dst, cap, "%d", s->http);
        return s && s->http >= 400 && view->raw == SOURCE_ERROR ? INK_FAIL : INK_TEXT;
    case COL_LATENCY:
        words_latency(s ? s->latency_ms : SAMPLE_UNKNOWN, dst, cap);
        return INK_TEXT;
    case COL_AGE:
        age = source_age_ms(ctx->snap, i);
        if (age >= 0)
            draw_age_text(age, dst, cap);
        return INK_TEXT;
    case COL_TLS:
        if (s && s->tls_days >= 0)
            snprintf(dst, cap, "%d d", s->tls_days);
        return s && s->tls_days < TLS_SOON_DAYS ? INK_ALERT : INK_TEXT;
    case COL_SKEW:
        if (s && s->has_skew && (s->skew_ms > SKEW_SHOWN_MS || s->skew_ms < -SKEW_SHOWN_MS))
            snprintf(dst, cap, "%+lld s", (long long)(s->skew_ms / 1000));
        return INK_ALERT;
    case COL_ERROR:
        return trouble_text(s, dst, cap);
    case COL_STATE:
    case COL_SPARK:
    case COLUMNS:
        break;
    }
    return INK_TEXT;
}

/* "✓ ok", or "✓ ok ✗2" when the last two answers were errors but it is not down yet. */
static void draw_state(const struct view_ctx *ctx, int y, int x, int width, unsigned i) {
    const struct canvas *c = ctx->canvas;
    const struct source_view *view = &ctx->snap->sources[i];
    enum ink ink = words_source_ink(view->state);
    int step = c->ascii ? 3 : 2;
    draw_text(c, y, x, step, ink, draw_sign(c, words_source_sign(view->state)));
    int used = step + draw_text(c, y, x + step, width - step, ink, source_state_name(view->state));
    if (view->raw != view->state && view->state != SOURCE_STALE && view->state != SOURCE_PENDING) {
        char text[24];
        snprintf(text, sizeof text, "%s%u", draw_sign(c, words_source_sign(view->raw)),
                 view->failures);
        draw_text(c, y, x + used + 1, width - used - 1, INK_ALERT, text);
    }
}

static void draw_source(const struct view_ctx *ctx, struct area a, int y, unsigned i) {
    const struct canvas *c = ctx->canvas;
    const struct source_view *view = &ctx->snap->sources[i];
    int x = a.x;
    for (enum column_id id = 0; id < COLUMNS; id++) {
        int gap = id != COL_ERROR, width = column_width(id, x, a);
        if (width <= 1)
            continue;
        if (id == COL_STATE) {
            draw_state(ctx, y, x, width - 1, i);
        } else if (id == COL_SPARK) {
            draw_spark(c, y, x + 1, width - 2, view->spark, SPARK_POINTS);
        } else {
            char text[1536];
            enum ink ink = cell_text(ctx, i, id, text, sizeof text);
            if (columns[id].right)
                draw_right(c, y, x, width - gap, ink, text);
            else
                draw_text(c, y, x, width - gap, ink, text);
        }
        x += width;
    }
}

static void draw_head_row(const struct sources *v, const struct view_ctx *ctx, struct area a, int y,
                          unsigned env) {
    const struct canvas *c = ctx->canvas;
    char counts[160];
    words_sources(ctx, (int)env, counts, sizeof counts);
    bool shut = v->rows.shut[env] && !v->rows.filter[0];
    draw_text(c, y, a.x, 2, INK_KEY, draw_sign(c, shut ? SIGN_SHUT_FOLD : SIGN_OPEN_FOLD));
    int used =
        draw_text(c, y, a.x + 2, a.cols - 2, INK_STRONG, ctx->policy->environments[env].name);
    draw_text(c, y, a.x + used + 4, a.cols - used - 4, INK_DIM, counts);
}

/* ---- the list ---- */

static void draw_titles(const struct sources *v, const struct canvas *c, struct area a) {
    int x = a.x;
    for (enum column_id id = 0; id < COLUMNS; id++) {
        int width = column_width(id, x, a);
        if (width <= 1)
            continue;
        bool sorted = v->rows.sort != SORT_NONE && columns[id].sort == v->rows.sort;
        char text[48];
        snprintf(text, sizeof text, "%s%s%s", columns[id].title, sorted ? " " : "",
                 sorted ? draw_sign(c, v->rows.turned ? SIGN_DOWN : SIGN_UP) : "");
        if (columns[id].right)
            draw_right(c, a.y, x, width - 1, sorted ? INK_KEY : INK_DIM, text);
        else
            draw_text(c, a.y, x, width - 1, sorted ? INK_KEY : INK_DIM, text);
        x += width;
    }
}

static void draw_list(struct sources *v, const struct view_ctx *ctx, struct area at) {
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    row_ctx.canvas = &c;
    char note[256], place[64], counts[160], title[192];
    refresh(v, ctx);
    list_fit(&v->list, v->rows.n, at.rows - 2);
    remember(v);
    list_note(&v->list, c.ascii, place, sizeof place);
    words_sources(ctx, -1, counts, sizeof counts);
    snprintf(note, sizeof note, "%s%s%s", counts, place[0] ? " · " : "", place);
    if (v->rows.filter[0]) {
        snprintf(title, sizeof title, "Sources /%s: %zu of %zu", v->rows.filter, v->rows.n_sources,
                 ctx->snap->n_sources);
    } else {
        snprintf(title, sizeof title, "Sources");
    }
    struct area in = draw_sheet(&c, at, title, note, v->detail && !v->on_page);
    draw_titles(v, &c, in);
    in.y++;
    in.rows--;
    v->list_at = in;
    if (v->rows.n == 0)
        draw_text(&c, in.y, in.x, in.cols, INK_DIM, "no source passes the filter (Esc drops it)");
    for (size_t row = 0; row < v->list.rows && v->list.top + row < v->rows.n; row++) {
        size_t place_of = v->list.top + row;
        const struct row *r = &v->rows.rows[place_of];
        int y = in.y + (int)row;
        c.selected = place_of == v->list.selected;
        if (c.selected)
            draw_blank(&c, y, in.x, in.cols);
        if (r->head)
            draw_head_row(v, &row_ctx, in, y, r->index);
        else
            draw_source(&row_ctx, in, y, r->index);
    }
}

static void sources_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct sources *v = state;
    struct area list = body, page = body;
    bool split = v->detail && body.cols >= SPLIT_COLS;
    if (split) {
        page.cols = body.cols / 2 - 8;
        list.cols = body.cols - page.cols;
        page.x += list.cols;
    }
    draw_list(v, ctx, list);
    if (v->detail && v->selected.head)
        v->detail = false;
    if (v->detail) {
        words_source_page(ctx, v->selected.index, &v->page);
        v->page_at = draw_panel(ctx->canvas, page, ctx->policy->sources[v->selected.index].id,
                                split ? "Tab: the list · Esc closes" : "Esc closes");
        pager_draw(&v->page, ctx->canvas, v->page_at);
    }
}

/* ---- requests ---- */

static void sort_step(struct sources *v, int step) {
    int at = 0;
    enum sort_by order[COLUMNS + 1];
    int n = 0;
    order[n++] = SORT_NONE;
    for (enum column_id id = 0; id < COLUMNS; id++)
        if (columns[id].sort != SORT_NONE && column_width(id, 0, v->list_at) > 0)
            order[n++] = columns[id].sort;
    while (at < n && order[at] != v->rows.sort)
        at++;
    v->rows.sort = order[(at + step + n) % n];
    v->rows.turned = v->rows.sort == SORT_LATENCY; /* the slowest is what one looks for */
    rows_wish(&v->rows);
}

static void set_fold(struct sources *v, unsigned env, bool shut) {
    v->rows.shut[env] = shut;
    if (shut) {
        v->selected = (struct row){env, true};
        v->chosen = true;
    }
    rows_wish(&v->rows);
}

static void toggle_groups(struct sources *v) {
    v->rows.grouped = !v->rows.grouped;
    for (size_t e = 0; e < v->rows.policy->n_environments; e++)
        v->rows.shut[e] = v->rows.grouped;
    v->chosen = false;
    rows_wish(&v->rows);
}

static bool open_selected(struct sources *v) {
    if (v->rows.n == 0)
        return true;
    if (v->selected.head) {
        set_fold(v, v->selected.index, !v->rows.shut[v->selected.index]);
        return true;
    }
    v->detail = v->on_page = true;
    v->page.top = 0;
    return true;
}

static bool go_back(struct sources *v) {
    if (v->detail) {
        v->detail = v->on_page = false;
    } else if (v->rows.filter[0]) {
        v->rows.filter[0] = '\0';
        rows_wish(&v->rows);
    } else {
        return false;
    }
    return true;
}

static bool fold_selected(struct sources *v, bool shut) {
    if (v->rows.grouped && v->rows.n > 0) {
        unsigned env = v->selected.head ? v->selected.index
                                        : v->rows.policy->sources[v->selected.index].environment;
        set_fold(v, env, shut);
    }
    return true;
}

static bool sources_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct sources *v = state;
    refresh(v, ctx);
    switch (request) {
    case REQ_OPEN:
        return v->detail ? go_back(v) : open_selected(v);
    case REQ_BACK:
        return go_back(v);
    case REQ_NEXT_PANE:
        v->on_page = v->detail && (!v->on_page || v->page_at.x == v->list_at.x);
        return true;
    case REQ_SORT_LEFT:
        sort_step(v, -1);
        return true;
    case REQ_SORT_RIGHT:
        sort_step(v, 1);
        return true;
    case REQ_SORT_TURN:
        v->rows.turned = !v->rows.turned;
        rows_wish(&v->rows);
        return true;
    case REQ_FOLD:
        toggle_groups(v);
        return true;
    case REQ_LEFT:
    case REQ_RIGHT:
        return fold_selected(v, request == REQ_LEFT);
    default:
        break;
    }
    if (v->on_page)
        return pager_move(&v->page, request);
    bool moved = list_move(&v->list, request);
    v->chosen = v->chosen || moved;
    remember(v);
    return moved;
}

static void sources_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct sources *v = state;
    refresh(v, ctx);
    int by = p.kind == POINTER_UP ? -3 : 3;
    bool wheel = p.kind == POINTER_UP || p.kind == POINTER_DOWN;
    if (v->detail && pointer_is_in(p, v->page_at)) {
        v->on_page = true;
        if (wheel)
            pager_scroll(&v->page, by);
    } else if (pointer_is_in(p, v->list_at)) {
        v->on_page = false;
        if (wheel) {
            list_scroll(&v->list, by);
            v->chosen = true;
            remember(v);
        } else if (list_pick(&v->list, p.y - v->list_at.y)) {
            v->chosen = true;
            remember(v);
            if (p.kind == POINTER_DOUBLE)
                open_selected(v);
        }
    }
}

static const char *sources_filter(void *state, const char *words) {
    struct sources *v = state;
    if (words) {
        snprintf(v->rows.filter, sizeof v->rows.filter, "%s", words);
        v->chosen = false;
        rows_wish(&v->rows);
    }
    return v->rows.filter;
}

const struct view_ops view_sources = {
    .name = "sources",
    .flag = IN_SOURCES,
    .opens = REQ_SOURCES,
    .init = sources_init,
    .fini = sources_fini,
    .draw = sources_draw,
    .handle = sources_handle,
    .point = sources_point,
    .filter = sources_filter,
};
