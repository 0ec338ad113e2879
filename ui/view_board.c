/* The board: may this version go to everyone, now? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "ui/alerts.h"
#include "ui/gate_rows.h"
#include "ui/levels.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/versions.h"
#include "ui/view.h"
#include "ui/words.h"

enum {
    WIDE_COLS = 110, /* from here the versions stand beside the verdict */
    HUGE_COLS = 170, /* from here, and with HUGE_ROWS, the letters are twice as big */
    HUGE_ROWS = 46,
    LATEST_MIN = 3,   /* a box with what happened last */
    BOX_COLS = 4,     /* of a box, not inside it */
    WHY_ROWS = 4,     /* at most, for what of a reason does not fit in the row of its gate */
    LEVELS_COLS = 52, /* of the service levels' box */
    LEVELS_COLS_HUGE = 72,
};

enum pane { PANE_GATES, PANE_LATEST };

struct board {
    struct versions *versions;
    struct list gates, latest;
    enum pane pane;
    bool detail; /* of the selected gate */
    struct pager page;
    struct pager why; /* the whole reason of the gate in focus, when its row cuts it */
    size_t focus;     /* which gate that is */
    int why_rows;     /* below its row; 0 = its row says it all */
    struct area gates_at, latest_at, page_at; /* where they were drawn: for the mouse */
};

static void *board_init(const struct policy *policy) {
    struct board *b = mem_zero(1, sizeof *b);
    b->versions = versions_new(policy);
    return b;
}

static void board_fini(void *state) {
    struct board *b = state;
    versions_free(b->versions);
    pager_fini(&b->page);
    pager_fini(&b->why);
    free(b);
}

/* ---- where things stand ---- */

struct layout {
    bool wide;
    int scale;                                            /* of the letters */
    struct area verdict, versions, gates, levels, latest; /* rows 0 = not shown */
    int why_rows;                                         /* below the row of the gate in focus */
};

static int at_most(int a, int b) {
    return a < b ? a : b;
}

/* The whole of the reason that is asked for comes before what happened last. */
static void share_rest(struct layout *l, struct area rest, int gates) {
    int spare = rest.rows - gates - 2;
    if (l->why_rows > spare)
        l->why_rows = 0;
    int want = gates + 2 + l->why_rows;
    if (rest.rows >= 16 && want > rest.rows - 6)
        want = rest.rows - 6; /* many gates scroll; what happened last stays in sight */
    int left = rest.rows - want;
    if (left < LATEST_MIN) {
        want = rest.rows;
        left = 0;
    }
    l->gates = (struct area){rest.y, rest.x, want, rest.cols};
    l->latest = (struct area){rest.y + want, rest.x, left, rest.cols};
}

/* The service levels stand beside the gates where there is room for both. */
static bool has_levels(const struct view_ctx *ctx, int cols) {
    return ctx->snap->n_slos > 0 && cols >= WIDE_COLS;
}

static int levels_cols(int cols) {
    return cols >= HUGE_COLS ? LEVELS_COLS_HUGE : LEVELS_COLS;
}

static struct layout arrange(const struct board *b, const struct view_ctx *ctx, struct area body) {
    struct layout l = {.wide = body.cols >= WIDE_COLS, .scale = 1, .why_rows = b->why_rows};
    int table = (int)at_most((int)versions_rows(b->versions), 60) + 3;
    int top = BIG_ROWS + 2;
    if (l.wide) {
        if (body.cols >= HUGE_COLS && body.rows >= HUGE_ROWS)
            l.scale = 2;
        top = BIG_ROWS * l.scale + 6;
        int most = body.rows / 2 - 1;
        top = table > top && most > top ? at_most(table, most) : top;
        int width = draw_big_width("NO-GO", l.scale) + 5;
        l.verdict = (struct area){body.y, body.x, top, width};
        l.versions = (struct area){body.y, body.x + width, top, body.cols - width};
    } else {
        l.verdict = (struct area){body.y, body.x, top, body.cols};
    }
    struct area rest = {body.y + top, body.x, body.rows - top, body.cols};
    int gates = (int)ctx->snap->n_gates;
    if (!l.wide && rest.rows >= gates + b->why_rows + 2 + table + LATEST_MIN) {
        l.versions = (struct area){rest.y, rest.x, table, rest.cols};
        rest.y += table;
        rest.rows -= table;
    }
    share_rest(&l, rest, gates);
    if (has_levels(ctx, body.cols)) {
        l.levels = l.gates;
        l.levels.cols = levels_cols(body.cols);
        l.gates.cols -= l.levels.cols;
        l.levels.x += l.gates.cols;
    }
    return l;
}

/* ---- verdict ---- */

static void counts_text(const struct snapshot *s, char *bad, size_t bad_cap, char *good,
                        size_t good_cap) {
    unsigned counted = s->passing + s->failing + s->waiting + s->unknown + s->waived;
    size_t len = 0;
    bad[0] = '\0';
    const struct {
        unsigned n;
        const char *word;
    } parts[] = {{s->failing, "failing"},
                 {s->waiting, "waiting"},
                 {s->unknown, "unknown"},
                 {s->waived, "waived"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && len < bad_cap; i++) {
        if (parts[i].n) {
            int n = snprintf(bad + len, bad_cap - len, "%s%u %s", len ? " · " : "", parts[i].n,
                             parts[i].word);
            len += n > 0 ? (size_t)n : 0;
        }
    }
    if (len == 0)
        snprintf(bad, bad_cap, "nothing stands against it");
    snprintf(good, good_cap, "%u of %u gates pass", s->passing, counted);
}

/* May take two lines. */
static void draw_question(const struct canvas *c, struct area a, const char *question) {
    struct pager page = {0};
    pager_add(&page, NULL, INK_STRONG, question);
    pager_draw(&page, c, a);
    pager_fini(&page);
}

static void draw_verdict(const struct view_ctx *ctx, const struct layout *l) {
    const struct canvas *c = ctx->canvas;
    const struct snapshot *s = ctx->snap;
    const char *word = verdict_name(s->verdict);
    enum ink ink = words_verdict_ink(s->verdict);
    char bad[96], good[64], sources[128];
    counts_text(s, bad, sizeof bad, good, sizeof good);
    words_sources(ctx, -1, sources, sizeof sources);

    struct area in = draw_box(c, l->verdict, "Verdict", l->wide ? good : NULL, false);
    if (!l->wide) { /* the letters at the left, the words beside them */
        draw_big(c, in.y, in.x, 1, ink, word);
        int x = in.x + draw_big_width("NO-GO", 1) + 2;
        struct area words = {in.y, x, 2, in.x + in.cols - x};
        draw_question(c, words, s->question);
        draw_text(c, in.y + 2, x, words.cols, INK_TEXT, bad);
        draw_text(c, in.y + 3, x, words.cols, INK_TEXT, good);
        draw_textf(c, in.y + 4, x, words.cols, INK_DIM, "sources: %s", sources);
        return;
    }
    int spare = in.rows - (BIG_ROWS * l->scale + 4);
    int y = in.y + (spare > 0 ? spare / 2 : 0);
    struct area words = {y, in.x, 2, in.cols};
    draw_question(c, words, s->question);
    int width = draw_big_width(word, l->scale);
    draw_big(c, y + 2, in.x + (in.cols - width) / 2, l->scale, ink, word);
    draw_text(c, y + BIG_ROWS * l->scale + 3, in.x, in.cols, INK_TEXT, bad);
}

/* ---- gates ---- */

/* The gate that answers "why not?": the first that fails, else is unknown, else waits. */
static size_t worst_gate(const struct snapshot *s) {
    static const enum gate_verdict order[] = {GATE_FAIL, GATE_UNKNOWN, GATE_WAIT};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < s->n_gates; i++)
            if (s->gates[i].counted && !s->gates[i].waived && s->gates[i].verdict == order[k])
                return i;
    return 0;
}

/* One reason is never cut for want of columns: that of the selected gate, or of the worst. */
static void find_focus(struct board *b, const struct view_ctx *ctx, int columns) {
    const struct snapshot *s = ctx->snap;
    b->why_rows = 0;
    b->focus =
        b->gates.active && b->gates.selected < s->n_gates ? b->gates.selected : worst_gate(s);
    if (s->n_gates == 0 || (!b->gates.active && s->gates[b->focus].verdict == GATE_PASS))
        return;
    const struct gate_view *view = &s->gates[b->focus];
    if (strcmp(view->reason, s->ground) == 0)
        return; /* it stands above the verdict already, whole */
    struct gate_columns k = gate_rows_columns(ctx, columns);
    pager_clear(&b->why);
    char reason[2 * REASON_CAP];
    words_gate_reason(view, reason, sizeof reason);
    pager_add(&b->why, NULL, view->counted ? INK_TEXT : INK_DIM, reason);
    int more = pager_measure(&b->why, ctx->canvas, gate_rows_reason(&k, view)) - 1;
    b->why_rows = more <= WHY_ROWS ? more : 0;
}

static void draw_gates(struct board *b, const struct view_ctx *ctx, struct area at) {
    char note[64];
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    row_ctx.canvas = &c;
    list_fit(&b->gates, ctx->snap->n_gates, at.rows - 2 - b->why_rows);
    if (b->focus < b->gates.top || b->focus >= b->gates.top + b->gates.rows) {
        b->why_rows = 0;
        list_fit(&b->gates, ctx->snap->n_gates, at.rows - 2);
    }
    list_note(&b->gates, c.ascii, note, sizeof note);
    struct area in =
        draw_box(&c, at, "Gates", note, b->pane == PANE_GATES && b->gates.active && !b->detail);
    b->gates_at = in;
    struct gate_columns k = gate_rows_columns(ctx, in.cols);
    int y = in.y;
    for (size_t row = 0; row < b->gates.rows && b->gates.top + row < b->gates.count; row++, y++) {
        size_t i = b->gates.top + row;
        bool unfolds = i == b->focus && b->why_rows > 0;
        c.selected = b->gates.active && b->pane == PANE_GATES && i == b->gates.selected;
        gate_rows_draw(&row_ctx, in, y, i, &k, unfolds ? &b->why : NULL, b->why_rows);
        y += unfolds ? b->why_rows : 0;
    }
}

/* The row of the list that stands on row `y` of the pane. */
static int gate_row(const struct board *b, int y) {
    int focus = (int)(b->focus - b->gates.top);
    return b->why_rows == 0 || y <= focus ? y : y <= focus + b->why_rows ? focus : y - b->why_rows;
}

/* ---- latest ---- */

static void draw_latest(struct board *b, const struct view_ctx *ctx, struct area at) {
    if (at.rows < 3) {
        b->latest_at = (struct area){0};
        return;
    }
    char note[64];
    struct canvas c = *ctx->canvas;
    const struct snapshot *s = ctx->snap;
    list_fit(&b->latest, s->n_events, at.rows - 2);
    list_note(&b->latest, c.ascii, note, sizeof note);
    struct area in = draw_box(&c, at, "Latest", note, b->pane == PANE_LATEST && b->latest.active);
    b->latest_at = in;
    if (s->n_events == 0)
        draw_text(&c, in.y, in.x, in.cols, INK_DIM, "nothing has changed yet");
    for (size_t row = 0; row < b->latest.rows && b->latest.top + row < s->n_events; row++) {
        const struct event *event = &s->events[b->latest.top + row];
        char time[16];
        when_clock(event->wall_ms, time, sizeof time);
        c.selected =
            b->latest.active && b->pane == PANE_LATEST && b->latest.top + row == b->latest.selected;
        int y = in.y + (int)row;
        if (c.selected)
            draw_blank(&c, y, in.x, in.cols);
        draw_text(&c, y, in.x, 8, INK_DIM, time);
        draw_text(&c, y, in.x + 10, in.cols - 10, INK_TEXT, event->text);
    }
}

/* ---- the whole ---- */

static void board_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct board *b = state;
    alerts_draw(ctx, &body);
    int gate_cols = body.cols - (has_levels(ctx, body.cols) ? levels_cols(body.cols) : 0);
    find_focus(b, ctx, gate_cols - BOX_COLS);
    struct layout l = arrange(b, ctx, body);
    b->why_rows = l.why_rows;
    draw_verdict(ctx, &l);
    if (l.versions.rows > 0)
        versions_draw(b->versions, ctx, draw_box(ctx->canvas, l.versions, "Versions", NULL, false));
    draw_gates(b, ctx, l.gates);
    if (l.levels.rows > 0)
        levels_draw(ctx, draw_box(ctx->canvas, l.levels, "SLOs", NULL, false));
    draw_latest(b, ctx, l.latest);
    if (b->detail) {
        size_t gate = b->gates.selected;
        struct area at = {l.gates.y, l.gates.x, l.gates.rows + l.latest.rows, body.cols};
        words_gate_page(ctx, gate, &b->page);
        b->page_at = draw_panel(ctx->canvas, at, ctx->policy->gates[gate].name, "Esc closes");
        pager_draw(&b->page, ctx->canvas, b->page_at);
    }
}

static bool board_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct board *b = state;
    if (b->detail) {
        if (request == REQ_BACK || request == REQ_OPEN) {
            b->detail = false;
            return true;
        }
        return pager_move(&b->page, request);
    }
    switch (request) {
    case REQ_OPEN:
        b->pane = PANE_GATES;
        if (!b->gates.active) /* nobody chose one: what stands against GO is asked for */
            b->gates.selected = worst_gate(ctx->snap);
        b->gates.active = true;
        b->detail = b->gates.count > 0;
        b->page.top = 0;
        return true;
    case REQ_BACK:
        b->gates.active = b->latest.active = false;
        b->gates.top = b->gates.selected = b->latest.top = b->latest.selected = 0;
        return true;
    case REQ_NEXT_PANE:
        b->pane = b->pane == PANE_GATES && b->latest_at.rows > 0 ? PANE_LATEST : PANE_GATES;
        (b->pane == PANE_GATES ? &b->gates : &b->latest)->active = true;
        return true;
    default:
        return list_move(b->pane == PANE_GATES ? &b->gates : &b->latest, request);
    }
}

static int board_focus(void *state, const struct view_ctx *ctx) {
    const struct board *b = state;
    bool chosen =
        b->gates.active && b->pane == PANE_GATES && b->gates.selected < ctx->snap->n_gates;
    return chosen ? (int)b->gates.selected : -1;
}

static void board_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct board *b = state;
    (void)ctx;
    int by = p.kind == POINTER_UP ? -3 : 3;
    if (b->detail) {
        if (p.kind == POINTER_UP || p.kind == POINTER_DOWN)
            pager_scroll(&b->page, by);
        else if (!pointer_is_in(p, b->page_at))
            b->detail = false;
        return;
    }
    enum pane pane = pointer_is_in(p, b->latest_at) ? PANE_LATEST : PANE_GATES;
    struct list *list = pane == PANE_GATES ? &b->gates : &b->latest;
    struct area at = pane == PANE_GATES ? b->gates_at : b->latest_at;
    if (!pointer_is_in(p, at))
        return;
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN) {
        list_scroll(list, by);
        return;
    }
    /* The second press is meant for what the first one chose, which may have moved since. */
    bool chosen = p.kind == POINTER_DOUBLE && list->active && b->pane == pane;
    int row = pane == PANE_GATES ? gate_row(b, p.y - at.y) : p.y - at.y;
    if (chosen || list_pick(list, row)) {
        b->pane = pane;
        b->detail = pane == PANE_GATES && p.kind == POINTER_DOUBLE;
    }
}

const struct view_ops view_board = {
    .name = "board",
    .flag = IN_BOARD,
    .opens = REQ_BOARD,
    .init = board_init,
    .fini = board_fini,
    .draw = board_draw,
    .handle = board_handle,
    .point = board_point,
    .focus = board_focus,
};
