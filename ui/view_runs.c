/* Runs: the plan with its steps, what the running one says, the stopwatch, what came of it; and the runs
 * before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"
#include "ui/words.h"

enum {
    RUNS_SHOWN = 4, /* of the list, when the rest needs the room */
    OUTPUT_MIN = 4, /* rows; with its edge */
    NAME_MAX = 40,
    BAR_COLS = 20,
};

/* Which of them listens to keys; the feeds take the place of the output. */
enum pane { PANE_LIST, PANE_OUTPUT, PANE_FEEDS, PANES };

struct runs {
    struct list list;
    enum pane pane;
    struct pager feeds;
    bool follows; /* the end of the output stays in sight */
    int top;      /* first line of the output that is shown, when it does not follow */
    int lines, rows;
    struct area list_at, output_at;
};

static void *runs_init(const struct policy *policy) {
    (void)policy;
    struct runs *v = mem_zero(1, sizeof *v);
    v->follows = true;
    v->list.active = true;
    return v;
}

static void runs_fini(void *state) {
    struct runs *v = state;
    pager_fini(&v->feeds);
    free(v);
}

static const struct {
    enum sign sign;
    enum ink ink;
} step_looks[STEP_STATES] = {
    [STEP_PENDING] = {SIGN_DOT, INK_DIM},     [STEP_STARTED] = {SIGN_WAIT, INK_WAIT},
    [STEP_OK] = {SIGN_PASS, INK_PASS},        [STEP_FAILED] = {SIGN_FAIL, INK_FAIL},
    [STEP_SKIPPED] = {SIGN_CLOSED, INK_DIM},  [STEP_UNDOING] = {SIGN_WAIT, INK_WAIT},
    [STEP_UNDONE] = {SIGN_CLOSED, INK_ALERT}, [STEP_UNDO_FAILED] = {SIGN_FAIL, INK_FAIL},
};

/* ---- the list ---- */

static void draw_run_row(const struct view_ctx *ctx, struct area a, int y,
                         const struct run_view *run) {
    const struct canvas *c = ctx->canvas;
    char when[32], line[2 * RUN_TEXT_CAP];
    when_rfc3339(run->confirmed_ms ? run->confirmed_ms : run->prepared_ms, when, sizeof when);
    words_run_line(ctx, run, line, sizeof line);
    if (c->selected)
        draw_blank(c, y, a.x, a.cols);
    draw_text(c, y, a.x, 2, words_run_ink(run), draw_sign(c, words_run_sign(run)));
    draw_textf(c, y, a.x + 3, 20, INK_DIM, "%.10s %.8sZ", when, when + 11);
    draw_text(c, y, a.x + 24, a.cols - 24, INK_TEXT, line);
}

static void draw_list(struct runs *v, const struct view_ctx *ctx, struct area at) {
    char note[64];
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    row_ctx.canvas = &c;
    list_fit(&v->list, ctx->snap->n_runs, at.rows - 1);
    list_note(&v->list, c.ascii, note, sizeof note);
    v->list_at = draw_sheet(&c, at, "Runs", note, v->pane == PANE_LIST);
    for (size_t row = 0; row < v->list.rows && v->list.top + row < v->list.count; row++) {
        size_t i = v->list.top + row;
        c.selected = i == v->list.selected;
        draw_run_row(&row_ctx, v->list_at, v->list_at.y + (int)row, ctx->snap->runs[i]);
    }
}

/* ---- one run ---- */

static const char *step_name(const struct view_ctx *ctx, const struct run_view *run, size_t i) {
    bool known = run->action >= 0 && i < ctx->policy->actions[run->action].n_steps;
    return known ? ctx->policy->actions[run->action].steps[i].name : "?";
}

static void draw_step(const struct view_ctx *ctx, struct area a, int y, const struct run_view *run,
                      size_t i, int names) {
    const struct canvas *c = ctx->canvas;
    const struct step_view *step = &run->steps[i];
    enum ink ink = step_looks[step->state].ink;
    char lasted[32] = "", code[24] = "";
    int x = a.x;
    draw_text(c, y, x, 2, ink, draw_sign(c, step_looks[step->state].sign));
    draw_textf(c, y, x + 3, 3, INK_DIM, "%zu", i + 1);
    draw_text(c, y, x + 6, names - 1, step->state == STEP_PENDING ? INK_DIM : INK_STRONG,
              step_name(ctx, run, i));
    x += 6 + names;
    draw_text(c, y, x, 12, ink,
              run->asks && (int)i == run->step ? "asks you" : step_state_name(step->state));
    x += 13;
    if (step->began_ms) {
        int64_t end = step->ended_ms ? step->ended_ms : ctx->snap->wall_ms;
        duration_text(end - step->began_ms > 0 ? end - step->began_ms : 0, lasted, sizeof lasted);
    }
    draw_right(c, y, x, 9, INK_DIM, lasted);
    x += 11;
    if (step->exit_code != RECORD_EXIT_NONE && step->exit_code != 0)
        snprintf(code, sizeof code, step->exit_code < 0 ? "signal %d  " : "exit %d  ",
                 abs(step->exit_code));
    x += draw_text(c, y, x, a.x + a.cols - x, INK_FAIL, code);
    draw_text(c, y, x, a.x + a.cols - x, INK_DIM, step->text);
}

/* "2 m 14 s of 30 m ████░░░░": from the confirmation until it was verified. */
static void draw_stopwatch(const struct view_ctx *ctx, int y, struct area a,
                           const struct run_view *run) {
    char text[96], took[32], goal[32];
    int64_t ms = run_stopwatch_ms(run, ctx->snap->wall_ms);
    if (ms < 0)
        return;
    duration_text(ms, took, sizeof took);
    bool late = run->goal_ms > 0 && ms > run->goal_ms;
    if (run->goal_ms > 0) {
        duration_text(run->goal_ms, goal, sizeof goal);
        snprintf(text, sizeof text, "%s of %s%s", took, goal, late ? ": too long" : "");
        draw_bar(ctx->canvas, y, a.x + a.cols - BAR_COLS, BAR_COLS, (int)(ms * 1000 / run->goal_ms),
                 late ? INK_FAIL : INK_PASS);
        draw_right(ctx->canvas, y, a.x, a.cols - BAR_COLS - 2, late ? INK_FAIL : INK_STRONG, text);
        return;
    }
    draw_right(ctx->canvas, y, a.x, a.cols, INK_STRONG, took);
}

static int head_rows(const struct run_view *run) {
    return 1 + (run->why[0] != '\0') + (run->drift[0] != '\0') + (run->reason[0] != '\0');
}

static void draw_head(const struct view_ctx *ctx, struct area a, const struct run_view *run) {
    const struct canvas *c = ctx->canvas;
    int y = a.y;
    int used = draw_text(c, y, a.x, 2, words_run_ink(run), draw_sign(c, words_run_sign(run))) + 1;
    draw_textf(c, y, a.x + used, a.cols / 2, words_run_ink(run), "%s, begun by %s",
               run->asks ? "asks: press Enter" : run_state_name(run->state), run->who);
    draw_stopwatch(ctx, y++, a, run);
    if (run->reason[0])
        draw_textf(c, y++, a.x, a.cols, INK_DIM, "because: %s", run->reason);
    if (run->why[0])
        draw_text(c, y++, a.x, a.cols, words_run_ink(run), run->why);
    if (run->drift[0])
        draw_textf(c, y, a.x, a.cols, INK_ALERT, "since then: %s", run->drift);
}

static void draw_steps(const struct view_ctx *ctx, struct area a, const struct run_view *run) {
    int names = 0;
    for (size_t i = 0; i < run->n_steps; i++) {
        int width = text_width(step_name(ctx, run, i)) + 2;
        names = width > names ? width : names;
    }
    names = names < NAME_MAX ? names : NAME_MAX;
    names = names < a.cols / 2 ? names : a.cols / 2;
    /* More steps than rows: those around the current one. */
    size_t first = 0, rows = a.rows > 0 ? (size_t)a.rows : 0;
    if (run->n_steps > rows && run->step > (int)rows / 2)
        first = (size_t)run->step - rows / 2;
    if (first + rows > run->n_steps)
        first = run->n_steps > rows ? run->n_steps - rows : 0;
    for (size_t i = first; i < run->n_steps && i < first + rows; i++)
        draw_step(ctx, a, a.y + (int)(i - first), run, i, names);
}

/* ---- output ---- */

static int count_lines(const struct run_text *t) {
    int n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->text[i] == '\n' || i + 1 == t->n;
    return n;
}

static const char *line_at(const struct run_text *t, int line, size_t *len) {
    const char *at = t->text, *end = t->text + t->n;
    for (; line > 0 && at < end; line--) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        at = lf ? lf + 1 : end;
    }
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    *len = (size_t)((lf ? lf : end) - at);
    return at;
}

static void draw_output(struct runs *v, const struct view_ctx *ctx, struct area at,
                        const struct run_view *run) {
    const struct canvas *c = ctx->canvas;
    const struct run_text *t = run->output;
    char title[200], note[96] = "";
    snprintf(title, sizeof title, "Output");
    if (t) {
        snprintf(title, sizeof title, "Output of step %d, %s", t->step + 1,
                 step_name(ctx, run, (size_t)t->step));
        snprintf(note, sizeof note, "%s%s · Tab: %s", v->follows ? "follows" : "End follows again",
                 t->total > t->n ? " · the end of it" : "",
                 v->pane == PANE_OUTPUT ? "feed diff" : "output");
    }
    v->output_at = draw_sheet(c, at, title, note, v->pane == PANE_OUTPUT);
    struct area in = v->output_at;
    v->rows = in.rows;
    v->lines = t ? count_lines(t) : 0;
    if (!t || v->lines == 0) {
        draw_text(c, in.y, in.x, in.cols, INK_DIM, "it has said nothing");
        return;
    }
    int last = v->lines > in.rows ? v->lines - in.rows : 0;
    if (v->follows || v->top > last)
        v->top = last;
    for (int row = 0; row < in.rows && v->top + row < v->lines; row++) {
        size_t len;
        const char *line = line_at(t, v->top + row, &len);
        draw_textf(c, in.y + row, in.x, in.cols, INK_TEXT, "%.*s", (int)len, line);
    }
}

/* ---- the whole ---- */

/* What the newest answers of both feeds differ in: what a promote will change, and while it runs what is
 * still to come. */
static void draw_feeds(struct runs *v, const struct view_ctx *ctx, struct area at, bool active) {
    pager_clear(&v->feeds);
    words_feeds(ctx, &v->feeds);
    v->output_at = draw_sheet(ctx->canvas, at, "Feed diff", NULL, active);
    struct area in = v->output_at;
    in.rows--; /* the pager's own note stands below */
    pager_draw(&v->feeds, ctx->canvas, in);
}

static void draw_nothing(struct runs *v, const struct view_ctx *ctx, struct area body) {
    struct area in = draw_sheet(ctx->canvas, body, "Runs", NULL, false);
    int y = in.y + 1;
    v->list_at = v->output_at = (struct area){0};
    draw_text(ctx->canvas, y++, in.x, in.cols, INK_TEXT, "Nothing was carried out yet.");
    y++;
    for (size_t i = 0; i < ctx->policy->n_actions && y < in.y + in.rows; i++) {
        const struct action_spec *action = &ctx->policy->actions[i];
        char key[32] = "";
        if (action->key)
            snprintf(key, sizeof key, "%c on the board, or ", action->key);
        draw_textf(ctx->canvas, y++, in.x, in.cols, INK_DIM,
                   "%s:%s opens the plan of %s, %zu step%s", key, action->name, action->name,
                   action->n_steps, action->n_steps == 1 ? "" : "s");
    }
    if (ctx->policy->n_actions == 0)
        draw_text(ctx->canvas, y++, in.x, in.cols, INK_DIM,
                  "No action is configured: see actions: in gonogo config options");
    y++;
    draw_feeds(v, ctx, (struct area){y, body.x, body.y + body.rows - y, body.cols}, false);
}

static void runs_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct runs *v = state;
    const struct snapshot *s = ctx->snap;
    if (s->n_runs == 0) {
        draw_nothing(v, ctx, body);
        return;
    }
    struct area list = body;
    int most = body.rows > 30 ? 2 * RUNS_SHOWN : RUNS_SHOWN;
    list.rows = 1 + ((int)s->n_runs < most ? (int)s->n_runs : most);
    draw_list(v, ctx, list);
    const struct run_view *run = s->runs[v->list.selected];
    char title[2 * RUN_TEXT_CAP];
    snprintf(title, sizeof title, "%s %s", run->name, run->target);
    struct area one = {list.y + list.rows, body.x, body.rows - list.rows, body.cols};
    struct area in = draw_sheet(ctx->canvas, one, title, run->id, false);
    int head = head_rows(run), left = in.rows - head - OUTPUT_MIN;
    draw_head(ctx, in, run);
    struct area steps = {in.y + head, in.x, (int)run->n_steps < left ? (int)run->n_steps : left,
                         in.cols};
    draw_steps(ctx, steps, run);
    struct area output = {steps.y + steps.rows, body.x, 0, body.cols};
    output.rows = body.y + body.rows - output.y;
    if (v->pane == PANE_FEEDS)
        draw_feeds(v, ctx, output, true);
    else
        draw_output(v, ctx, output, run);
}

static bool scroll_output(struct runs *v, int by) {
    int last = v->lines > v->rows ? v->lines - v->rows : 0;
    v->top += by;
    v->top = v->top < 0 ? 0 : v->top > last ? last : v->top;
    v->follows = v->top == last;
    return true;
}

static bool move_output(struct runs *v, enum request request) {
    int page = v->rows > 1 ? v->rows - 1 : 1;
    switch (request) {
    case REQ_UP:
        return scroll_output(v, -1);
    case REQ_DOWN:
        return scroll_output(v, 1);
    case REQ_PAGE_UP:
        return scroll_output(v, -page);
    case REQ_PAGE_DOWN:
        return scroll_output(v, page);
    case REQ_FIRST:
        return scroll_output(v, -v->lines);
    case REQ_LAST:
        return scroll_output(v, v->lines);
    default:
        return false;
    }
}

static bool runs_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct runs *v = state;
    if (request == REQ_NEXT_PANE && ctx->snap->n_runs > 0) {
        v->pane = (v->pane + 1) % PANES;
        return true;
    }
    if (request == REQ_BACK && v->pane != PANE_LIST) {
        v->pane = PANE_LIST;
        return true;
    }
    if (v->pane == PANE_OUTPUT)
        return move_output(v, request);
    if (v->pane == PANE_FEEDS || ctx->snap->n_runs == 0)
        return pager_move(&v->feeds, request);
    size_t was = v->list.selected;
    bool moved = list_move(&v->list, request);
    if (v->list.selected != was)
        v->follows = true;
    return moved;
}

static void runs_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct runs *v = state;
    (void)ctx;
    bool wheel = p.kind == POINTER_UP || p.kind == POINTER_DOWN;
    int by = p.kind == POINTER_UP ? -3 : 3;
    if (pointer_is_in(p, v->output_at)) {
        if (v->pane != PANE_FEEDS)
            v->pane = PANE_OUTPUT;
        if (wheel && v->pane == PANE_FEEDS)
            pager_scroll(&v->feeds, by);
        else if (wheel)
            scroll_output(v, by);
    } else if (pointer_is_in(p, v->list_at)) {
        v->pane = PANE_LIST;
        if (wheel)
            list_scroll(&v->list, by);
        else
            list_pick(&v->list, p.y - v->list_at.y);
        v->follows = true;
    }
}

const struct view_ops view_runs = {
    .name = "runs",
    .flag = IN_RUNS,
    .opens = REQ_RUNS,
    .init = runs_init,
    .fini = runs_fini,
    .draw = runs_draw,
    .handle = runs_handle,
    .point = runs_point,
};
