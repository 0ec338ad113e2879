/* Meeting mode: the verdict and who says what about it, for a projector. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"
#include "ui/words.h"

enum {
    SCALE_MAX = 6,
    ROWS_BESIDE = 4, /* question, a blank, the counts, a blank */
    LINES_MIN = 8,   /* of the roll, before the letters shrink */
    NAME_MAX = 30,
};

struct meeting {
    struct list list;
    struct area at;
};

static void *meeting_init(const struct policy *policy) {
    (void)policy;
    return mem_zero(1, sizeof(struct meeting));
}

static void draw_centered(const struct canvas *c, int y, struct area a, enum ink ink,
                          const char *text) {
    int width = text_width(text), x = width < a.cols ? (a.cols - width) / 2 : 0;
    draw_text(c, y, a.x + x, a.cols - x, ink, text);
}

/* As big as leaves room for the roll. */
static int scale_of(const struct area *a, const char *word, int lines) {
    int scale = SCALE_MAX, want = lines < LINES_MIN ? lines : LINES_MIN;
    while (scale > 1 && (draw_big_width(word, scale) > a->cols - 2 ||
                         BIG_ROWS * scale + ROWS_BESIDE + 2 + want > a->rows))
        scale--;
    return scale;
}

static void count_gates(const struct snapshot *s, char *dst, size_t cap) {
    const struct {
        unsigned n;
        const char *word;
    } parts[] = {{s->failing, "failing"},
                 {s->waiting, "waiting"},
                 {s->unknown, "unknown"},
                 {s->waived, "waived"},
                 {s->passing, "passing"}};
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts && len < cap; i++) {
        if (parts[i].n) {
            int n = snprintf(dst + len, cap - len, "%s%u %s", len ? " · " : "", parts[i].n,
                             parts[i].word);
            len += n > 0 ? (size_t)n : 0;
        }
    }
}

/* ---- the roll: every gate that counts ---- */

static size_t counted_gates(const struct snapshot *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_gates; i++)
        n += s->gates[i].counted;
    return n;
}

static void draw_gate(const struct view_ctx *ctx, struct area a, int y, size_t gate, int names) {
    const struct canvas *c = ctx->canvas;
    const struct gate_view *view = &ctx->snap->gates[gate];
    enum ink ink = words_gate_ink(view);
    char reason[2 * REASON_CAP];
    int x = a.x;
    draw_text(c, y, x, 2, ink, draw_sign(c, words_gate_sign(view)));
    x += 3;
    draw_text(c, y, x, 9, ink, gate_view_name(view));
    x += 9;
    draw_text(c, y, x, names - 2, INK_STRONG, ctx->policy->gates[gate].name);
    x += names;
    words_gate_reason(view, reason, sizeof reason);
    draw_text(c, y, x, a.x + a.cols - x, INK_TEXT, reason);
}

static void draw_roll(struct meeting *m, const struct view_ctx *ctx, struct area a) {
    const struct snapshot *s = ctx->snap;
    size_t n = counted_gates(s), at = 0;
    int names = 0;
    for (size_t i = 0; i < s->n_gates; i++) {
        int width = text_width(ctx->policy->gates[i].name) + 2;
        if (s->gates[i].counted && width > names)
            names = width < NAME_MAX ? width : NAME_MAX;
    }
    int step = a.rows >= 2 * (int)n ? 2 : 1;
    list_fit(&m->list, n, a.rows / step);
    m->at = a;
    for (size_t i = 0; i < s->n_gates; i++) {
        if (!s->gates[i].counted)
            continue;
        if (at >= m->list.top && at < m->list.top + m->list.rows)
            draw_gate(ctx, a, a.y + (int)(at - m->list.top) * step, i, names);
        at++;
    }
    if (m->list.top + m->list.rows < n)
        draw_right(ctx->canvas, a.y + a.rows, a.x, a.cols, INK_KEY,
                   draw_sign(ctx->canvas, SIGN_DOWN));
}

static void meeting_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct meeting *m = state;
    const struct canvas *c = ctx->canvas;
    const struct snapshot *s = ctx->snap;
    const char *word = verdict_name(s->verdict);
    char counts[128];
    int lines = (int)counted_gates(s);
    int scale = scale_of(&body, "NO-GO", lines), step = body.rows > 30;
    int y = body.y + step;
    draw_centered(c, y, body, INK_STRONG, s->question);
    y += 1 + step;
    draw_big(c, y + 1 - step, body.x + (body.cols - draw_big_width(word, scale)) / 2, scale,
             words_verdict_ink(s->verdict), word);
    y += BIG_ROWS * scale + 2 - step;
    count_gates(s, counts, sizeof counts);
    draw_centered(c, y, body, INK_TEXT, s->ground[0] ? s->ground : counts);
    y += 2;
    int margin = body.cols / 20;
    struct area roll = {y, body.x + margin, body.y + body.rows - y - 1, body.cols - 2 * margin};
    draw_roll(m, ctx, roll);
}

static bool meeting_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct meeting *m = state;
    (void)ctx;
    switch (request) {
    case REQ_UP:
        list_scroll(&m->list, -1);
        return true;
    case REQ_DOWN:
        list_scroll(&m->list, 1);
        return true;
    default:
        return list_move(&m->list, request);
    }
}

static void meeting_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct meeting *m = state;
    (void)ctx;
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN)
        list_scroll(&m->list, p.kind == POINTER_UP ? -1 : 1);
}

const struct view_ops view_meeting = {
    .name = "meeting",
    .flag = IN_MEETING,
    .opens = REQ_MEETING,
    .over = true,
    .init = meeting_init,
    .fini = free,
    .draw = meeting_draw,
    .handle = meeting_handle,
    .point = meeting_point,
};
