#include "ui/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/version.h"
#include "ui/words.h"

enum {
    ROWS_MAX = 64, /* no terminal shows more; the Sources screen holds them all */
    ENVS_MAX = 8,
    CELL_GATES_MAX = 4, /* the first that counts is asked; one for each stage is usual */
    WANT_COLS = 16,
    NAME_COLS_MIN = 10,
    NAME_COLS_MAX = 22,
    CELL_COLS_MIN = 12,  /* "2.0.0.20 ✓" and a gap */
    CELL_COLS_FULL = 20, /* with the latency */
};

struct cell {
    int source; /* or SOURCE_NONE */
    size_t n_gates;
    unsigned gates[CELL_GATES_MAX]; /* those that want something of it */
};

struct versions {
    size_t n_rows, n_envs, n_all_rows;
    const char *names[ROWS_MAX];
    unsigned envs[ENVS_MAX];
    struct cell cells[ROWS_MAX][ENVS_MAX];
};

/* The environments that a release moves between come first. */
static void choose_envs(struct versions *v, const struct policy *policy) {
    static const enum env_role order[] = {ROLE_STABLE, ROLE_CANDIDATE, ROLE_NONE};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (size_t e = 0; e < policy->n_environments && v->n_envs < ENVS_MAX; e++)
            if (policy->environments[e].role == order[k] && !policy->environments[e].of_gates)
                v->envs[v->n_envs++] = (unsigned)e;
    }
}

static size_t find_or_add_row(struct versions *v, const char *name) {
    size_t row = 0;
    while (row < v->n_rows && strcmp(v->names[row], name) != 0)
        row++;
    if (row == v->n_rows && row < ROWS_MAX) {
        v->names[row] = name;
        for (size_t e = 0; e < ENVS_MAX; e++)
            v->cells[row][e].source = SOURCE_NONE;
        v->n_rows++;
    }
    return row;
}

static bool wants_something(const struct gate_spec *spec) {
    static const char *const kinds[] = {"closed", "feed-at-target", "stable-untouched"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(spec->kind, kinds[i]) == 0)
            return true;
    return strcmp(spec->kind, "versions-agree") == 0 && spec->want != WANT_SAME;
}

/* Once, not per frame: a gate may look at ten thousand sources. */
static void find_gates(const struct policy *policy, struct cell **of_source) {
    for (size_t g = 0; g < policy->n_gates; g++) {
        const struct gate_spec *spec = &policy->gates[g];
        for (size_t k = 0; wants_something(spec) && k < spec->n_sources; k++) {
            struct cell *cell = of_source[spec->sources[k]];
            if (cell && cell->n_gates < CELL_GATES_MAX)
                cell->gates[cell->n_gates++] = (unsigned)g;
        }
    }
}

struct versions *versions_new(const struct policy *policy) {
    struct versions *v = mem_zero(1, sizeof *v);
    struct cell **of_source = mem_zero(policy->n_sources + 1, sizeof(struct cell *));
    choose_envs(v, policy);
    for (size_t i = 0; i < policy->n_sources; i++) {
        size_t e = 0;
        while (e < v->n_envs && v->envs[e] != policy->sources[i].environment)
            e++;
        if (e == v->n_envs)
            continue;
        size_t row = find_or_add_row(v, policy->sources[i].name);
        if (row == ROWS_MAX) {
            v->n_all_rows++;
            continue;
        }
        v->cells[row][e].source = (int)i;
        of_source[i] = &v->cells[row][e];
    }
    v->n_all_rows += v->n_rows;
    find_gates(policy, of_source);
    free(of_source);
    return v;
}

void versions_free(struct versions *v) {
    free(v);
}

size_t versions_rows(const struct versions *v) {
    return v->n_all_rows;
}

struct want {
    bool known;
    const char *word;    /* "target", "stable", "closed" */
    const char *version; /* "" = not known; NULL = closed */
};

/* What the first counted gate that wants something of this source wants. */
static struct want want_of(const struct view_ctx *ctx, const struct cell *cell) {
    const struct snapshot *s = ctx->snap;
    for (size_t i = 0; i < cell->n_gates; i++) {
        const struct gate_spec *spec = &ctx->policy->gates[cell->gates[i]];
        if (!s->gates[cell->gates[i]].counted)
            continue;
        if (strcmp(spec->kind, "closed") == 0)
            return (struct want){true, "closed", NULL};
        if (strcmp(spec->kind, "stable-untouched") == 0)
            return (struct want){true, "stable", s->baseline[0] ? s->baseline : s->stable};
        bool target = strcmp(spec->kind, "feed-at-target") == 0 || spec->want == WANT_TARGET;
        return (struct want){true, target ? "target" : "stable", target ? s->target : s->stable};
    }
    return (struct want){0};
}

static void sign_of_cell(const struct source_view *view, const struct want *want, enum sign *sign,
                         enum ink *ink) {
    *sign = words_source_sign(view->state);
    *ink = words_source_ink(view->state);
    if (view->state == SOURCE_CLOSED && want->known) {
        *sign = want->version ? SIGN_FAIL : SIGN_PASS;
    } else if (view->state == SOURCE_OK && want->known) {
        bool right = want->version && want->version[0] && view->last &&
                     version_compare(view->last->version, want->version) == 0;
        *sign = right ? SIGN_PASS : want->version && !want->version[0] ? SIGN_UNKNOWN : SIGN_FAIL;
    } else {
        return;
    }
    *ink = *sign == SIGN_PASS ? INK_PASS : *sign == SIGN_FAIL ? INK_FAIL : INK_UNKNOWN;
}

static void draw_cell(const struct view_ctx *ctx, int y, int x, int columns,
                      const struct cell *cell) {
    const struct canvas *c = ctx->canvas;
    if (cell->source == SOURCE_NONE) {
        draw_text(c, y, x, columns, INK_FRAME, draw_sign(c, SIGN_DASH));
        return;
    }
    const struct source_view *view = &ctx->snap->sources[cell->source];
    struct want want = want_of(ctx, cell);
    enum sign sign;
    enum ink ink;
    sign_of_cell(view, &want, &sign, &ink);

    char version[VERSION_CAP * 4] = "";
    bool has_version = view->state == SOURCE_OK && view->last && view->last->version[0];
    if (has_version)
        text_safe(version, sizeof version, view->last->version, strlen(view->last->version));
    bool full = columns >= CELL_COLS_FULL;
    int room = columns - (full ? 11 : 4);
    const char *word = has_version ? version : source_state_name(view->state);
    int used = draw_text(c, y, x, room, has_version ? INK_TEXT : ink, word);
    /* Signs of a column stand under each other for all but long versions. */
    int at = used > 8 ? used + 1 : 9;
    draw_text(c, y, x + at, 2, ink, draw_sign(c, sign));
    if (!full)
        return;
    char note[32];
    enum ink note_ink = INK_DIM;
    if (view->raw == SOURCE_ERROR && view->state != SOURCE_ERROR) {
        snprintf(note, sizeof note, "miss %u", view->failures);
        note_ink = INK_ALERT;
    } else {
        words_latency(view->last ? view->last->latency_ms : SAMPLE_UNKNOWN, note, sizeof note);
    }
    draw_right(c, y, x + at + 2, 7, note_ink, note);
}

static void draw_wants(const struct versions *v, const struct view_ctx *ctx, int y, int x,
                       int columns, size_t row, size_t n_envs) {
    char text[128] = "";
    const char *last = NULL;
    size_t len = 0;
    for (size_t e = 0; e < n_envs; e++) {
        struct want want = want_of(ctx, &v->cells[row][e]);
        if (want.known && (!last || strcmp(last, want.word) != 0)) {
            int n = snprintf(text + len, sizeof text - len, "%s%s", last ? " · " : "", want.word);
            len += n > 0 ? (size_t)n : 0;
            last = want.word;
        }
    }
    draw_text(ctx->canvas, y, x, columns, INK_DIM, last ? text : draw_sign(ctx->canvas, SIGN_DASH));
}

struct columns {
    int name, cell, want;
    size_t n_envs;
};

static struct columns arrange(const struct versions *v, int width) {
    struct columns k = {.name = NAME_COLS_MIN, .n_envs = v->n_envs};
    for (size_t row = 0; row < v->n_rows; row++) {
        int w = text_width(v->names[row]) + 2;
        k.name = w > k.name ? w : k.name;
    }
    k.name = k.name > NAME_COLS_MAX ? NAME_COLS_MAX : k.name;
    k.want = width >= 70 ? WANT_COLS : 0;
    if (v->n_envs && (width - k.name - k.want) / (int)v->n_envs < CELL_COLS_MIN)
        k.want = 0; /* the signs say it too */
    int left = width - k.name - k.want;
    while (k.n_envs > 1 && left / (int)k.n_envs < CELL_COLS_MIN)
        k.n_envs--;
    k.cell = k.n_envs ? left / (int)k.n_envs : 0;
    k.cell = k.cell > 28 ? 28 : k.cell;
    return k;
}

static void draw_head(const struct versions *v, const struct view_ctx *ctx, struct area a,
                      const struct columns *k) {
    const struct canvas *c = ctx->canvas;
    draw_text(c, a.y, a.x, k->name - 1, INK_DIM, "source");
    int x = a.x + k->name;
    for (size_t e = 0; e < k->n_envs; e++, x += k->cell)
        draw_text(c, a.y, x, k->cell - 1, INK_STRONG, ctx->policy->environments[v->envs[e]].name);
    if (k->want)
        draw_text(c, a.y, x, k->want, INK_DIM, "want");
}

static bool has_source(const struct versions *v, size_t row, size_t n_envs) {
    for (size_t e = 0; e < n_envs; e++)
        if (v->cells[row][e].source != SOURCE_NONE)
            return true;
    return false;
}

static void draw_row(const struct versions *v, const struct view_ctx *ctx, struct area a, int y,
                     size_t row, const struct columns *k) {
    int x = a.x + k->name;
    draw_text(ctx->canvas, y, a.x, k->name - 1, INK_TEXT, v->names[row]);
    for (size_t e = 0; e < k->n_envs; e++, x += k->cell)
        draw_cell(ctx, y, x, k->cell - 1, &v->cells[row][e]);
    if (k->want)
        draw_wants(v, ctx, y, x, k->want, row, k->n_envs);
}

void versions_draw(const struct versions *v, const struct view_ctx *ctx, struct area inside) {
    if (inside.rows < 2)
        return;
    struct columns k = arrange(v, inside.cols);
    draw_head(v, ctx, inside, &k);
    size_t room = (size_t)inside.rows - 1, used = 0, left_out = v->n_all_rows;
    for (size_t row = 0; row < v->n_rows; row++) {
        /* The last line is for the number of those that are left out. */
        bool last = used + 1 == room && left_out > 1;
        if (used == room || last || !has_source(v, row, k.n_envs))
            continue;
        draw_row(v, ctx, inside, inside.y + 1 + (int)used, row, &k);
        used++;
        left_out--;
    }
    if (left_out > 0 && used < room)
        draw_textf(ctx->canvas, inside.y + 1 + (int)used, inside.x, inside.cols, INK_DIM,
                   "%zu more: press 2", left_out);
}
