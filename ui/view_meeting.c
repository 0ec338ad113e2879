/* Meeting mode: the verdict and who says what about it, for a projector. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/roll.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"
#include "ui/words.h"

enum {
    SCALE_MAX = 6,
    ROWS_BESIDE = 4, /* question, a blank, the counts, a blank */
    LINES_MIN = 8,   /* of the roll, before the letters shrink */
    NAME_MAX = 30,
    LINES_MAX = 64, /* more do not fit on any wall */
};

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

/* ---- the roll ---- */

/* A role, or a gate. */
struct line {
    enum sign sign;
    enum ink ink;
    const char *word, *name;
    char text[2 * REASON_CAP + 16]; /* safe */
};

struct roll {
    struct line lines[LINES_MAX];
    size_t n;
    bool called; /* somebody is asked to say GO */
};

static struct line *add_line(struct roll *roll) {
    return roll->n < LINES_MAX ? &roll->lines[roll->n++] : NULL;
}

static void add_role(struct roll *roll, const struct view_ctx *ctx, const struct gate_spec *spec,
                     const char *role) {
    static const struct {
        enum sign sign;
        enum ink ink;
        const char *word;
    } looks[ROLL_WORDS] = {[ROLL_MISSING] = {SIGN_WAIT, INK_WAIT, "silent"},
                           [ROLL_GO] = {SIGN_PASS, INK_PASS, "GO"},
                           [ROLL_NO_GO] = {SIGN_FAIL, INK_FAIL, "NO-GO"},
                           [ROLL_ABSTAINS] = {SIGN_DASH, INK_DIM, "abstains"}};
    const struct record *vote = votes_of_role(ctx->snap->votes, role);
    char why[ROLL_WHY_CAP], raw[RECORD_TEXT_CAP + 128];
    enum roll_word word = roll_word(spec, ctx->snap, vote, why);
    struct line *line = add_line(roll);
    if (!line)
        return;
    line->sign = looks[word].sign;
    line->ink = looks[word].ink;
    line->word = looks[word].word;
    line->name = role;
    if (vote && word != ROLL_MISSING)
        snprintf(raw, sizeof raw, "%s%s%s", vote->who, vote->text[0] ? ": " : "", vote->text);
    else
        snprintf(raw, sizeof raw, "%s", why);
    text_safe(line->text, sizeof line->text, raw, strlen(raw));
}

static void add_gate(struct roll *roll, const struct view_ctx *ctx, size_t gate) {
    const struct gate_view *view = &ctx->snap->gates[gate];
    struct line *line = add_line(roll);
    if (!line)
        return;
    line->sign = words_gate_sign(view);
    line->ink = words_gate_ink(view);
    line->word = gate_view_name(view);
    line->name = ctx->policy->gates[gate].name;
    words_gate_reason(view, line->text, sizeof line->text);
}

/* The roles in the order of the roll call, then the gates that do not pass. Where nobody is called every
 * gate answers for itself. */
static void fill_roll(struct roll *roll, const struct view_ctx *ctx) {
    const struct snapshot *s = ctx->snap;
    roll->n = 0;
    roll->called = false;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_spec *spec = &ctx->policy->gates[i];
        if (!s->gates[i].counted || strcmp(spec->kind, "votes") != 0)
            continue;
        roll->called = true;
        for (char *const *role = spec->people.roles; role && *role; role++)
            add_role(roll, ctx, spec, *role);
    }
    for (size_t i = 0; i < s->n_gates; i++) {
        bool said = strcmp(ctx->policy->gates[i].kind, "votes") == 0 && !s->gates[i].waived;
        bool quiet = roll->called && (said || (s->gates[i].verdict == GATE_PASS));
        if (s->gates[i].counted && !quiet)
            add_gate(roll, ctx, i);
    }
}

struct meeting {
    struct list list;
    struct roll roll;
};

static void *meeting_init(const struct policy *policy) {
    (void)policy;
    return mem_zero(1, sizeof(struct meeting));
}

static void draw_line(const struct canvas *c, struct area a, int y, const struct line *line,
                      int names) {
    int x = a.x;
    draw_text(c, y, x, 2, line->ink, draw_sign(c, line->sign));
    x += 3;
    draw_text(c, y, x, 9, line->ink, line->word);
    x += 10;
    draw_text(c, y, x, names - 2, INK_STRONG, line->name);
    x += names;
    draw_text(c, y, x, a.x + a.cols - x, INK_TEXT, line->text);
}

static void draw_roll(struct meeting *m, const struct view_ctx *ctx, struct area a) {
    size_t n = m->roll.n;
    int names = 0;
    for (size_t i = 0; i < n; i++) {
        int width = text_width(m->roll.lines[i].name) + 2;
        if (width > names)
            names = width < NAME_MAX ? width : NAME_MAX;
    }
    int step = a.rows >= 2 * (int)n ? 2 : 1;
    list_fit(&m->list, n, a.rows / step);
    for (size_t i = m->list.top; i < m->list.top + m->list.rows && i < n; i++)
        draw_line(ctx->canvas, a, a.y + (int)(i - m->list.top) * step, &m->roll.lines[i], names);
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
    fill_roll(&m->roll, ctx);
    int scale = scale_of(&body, "NO-GO", (int)m->roll.n), step = body.rows > 30;
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
