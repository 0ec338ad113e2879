/* Logs: what the lines say, as they come, the newest at the foot; and the violations, also of earlier
 * runs, which no stream of good lines pushes out of sight. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/filter.h"
#include "src/model/logline.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/view.h"

enum {
    HEAD_LOGS_MAX = 4, /* lines about the logs themselves */
    PLACE_COLS = 18,   /* of file and line number */
    PLACE_COLS_HUGE = 32,
    NAME_COLS = 10,
    KIND_COLS = 18,
    WIDE_COLS = 110, /* from here kind and place stand in columns of their own */
    HUGE_COLS = 150,
    ROWS_MAX = LOG_EVENTS_KEPT + LOG_VIOLATIONS_KEPT,
};

enum pane { PANE_EVENTS, PANE_VIOLATIONS };

/* One line of either pane; all borrowed of the snapshot. */
struct entry {
    int64_t wall_ms;
    unsigned log;
    uint64_t line;
    const char *kind, *file, *text;
    bool bad;
};

struct logs {
    struct list list;
    enum pane pane;
    bool held; /* somebody moved: the list stays where it is, else it follows what comes */
    char filter[FILTER_CAP];
    struct entry entries[ROWS_MAX]; /* of the last drawing, oldest first */
    size_t n;
    /* What is selected, wherever new lines push it. */
    struct entry_key {
        int64_t wall_ms;
        uint64_t line;
        unsigned log;
    } selected;
    bool detail;
    struct pager page;
    struct area list_at, page_at;
};

static void *logs_init(const struct policy *policy) {
    struct logs *v = mem_zero(1, sizeof *v);
    (void)policy;
    return v;
}

static void logs_fini(void *state) {
    struct logs *v = state;
    pager_fini(&v->page);
    free(v);
}

/* ---- what is shown ---- */

static bool wanted(const struct logs *v, const struct view_ctx *ctx, const struct entry *e) {
    const char *const texts[] = {ctx->policy->logs[e->log].name, e->kind, e->file, e->text};
    return filter_passes(v->filter, texts, sizeof texts / sizeof *texts);
}

static void keep(struct logs *v, const struct view_ctx *ctx, struct entry e) {
    if (e.log < ctx->policy->n_logs && wanted(v, ctx, &e) && v->n < ROWS_MAX)
        v->entries[v->n++] = e;
}

static void collect(struct logs *v, const struct view_ctx *ctx) {
    const struct log_view *log = ctx->snap->log;
    v->n = 0;
    if (!log)
        return;
    if (v->pane == PANE_EVENTS) {
        for (size_t i = log->n_events; i-- > 0;) {
            const struct digest_event *e = &log->events[i];
            keep(v, ctx,
                 (struct entry){e->wall_ms, e->log, e->line, e->kind, e->file, e->text, e->bad});
        }
    } else {
        for (size_t i = log->n_violations; i-- > 0;) {
            const struct digest_violation *e = &log->violations[i];
            keep(v, ctx,
                 (struct entry){e->wall_ms, e->log, e->line, metric_breaches[e->rule].rule, e->file,
                                e->text, true});
        }
    }
}

static bool is_selected(const struct logs *v, const struct entry *e) {
    return e->wall_ms == v->selected.wall_ms && e->line == v->selected.line &&
           e->log == v->selected.log;
}

/* The list follows the newest line until somebody moves in it; then it stays with what was chosen,
 * and with the oldest line once that one has gone. */
static void place(struct logs *v) {
    if (!v->held) {
        v->list.selected = v->n > 0 ? v->n - 1 : 0;
        return;
    }
    for (size_t i = v->n; i-- > 0;) {
        if (is_selected(v, &v->entries[i])) {
            v->list.selected = i;
            return;
        }
    }
    v->list.selected = 0;
}

static void remember(struct logs *v) {
    if (v->list.selected < v->n) {
        const struct entry *e = &v->entries[v->list.selected];
        v->selected = (struct entry_key){e->wall_ms, e->line, e->log};
    }
}

/* ---- drawing ---- */

/* "client  3 files, 120 lines/s, 4 violations" */
static void state_text(const struct log_state *log, bool command, char *dst, size_t cap) {
    size_t len = (size_t)snprintf(dst, cap, "%u %s", log->files,
                                  command           ? "running"
                                  : log->files == 1 ? "file"
                                                    : "files");
    len += (size_t)snprintf(dst + len, cap - len, ", %.0f lines/s, %llu read", log->lines_per_s,
                            (unsigned long long)log->lines);
    const struct {
        uint64_t n;
        const char *word;
    } troubles[] = {{log->violations, log->violations == 1 ? "violation" : "violations"},
                    {log->damaged, "damaged"},
                    {log->skipped, "too long"},
                    {log->untimed, "without a time"},
                    {log->ahead, "ahead of the clock"}};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles && len < cap; i++)
        if (troubles[i].n)
            len += (size_t)snprintf(dst + len, cap - len, ", %llu %s",
                                    (unsigned long long)troubles[i].n, troubles[i].word);
    if (!log->caught_up && len < cap)
        snprintf(dst + len, cap - len, ", still reading what was there");
}

/* A line for each log, those in trouble first; returns the rows used. */
static int draw_states(const struct view_ctx *ctx, struct area a) {
    const struct canvas *c = ctx->canvas;
    const struct log_view *log = ctx->snap->log;
    int rows = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < log->n_logs && rows < HEAD_LOGS_MAX; i++) {
            const struct log_state *state = &log->logs[i];
            bool trouble = state->trouble[0] != '\0';
            if (trouble != (pass == 0))
                continue;
            char text[320];
            state_text(state, ctx->policy->logs[i].kind == LOG_COMMAND, text, sizeof text);
            int y = a.y + rows++;
            int sign = draw_text(c, y, a.x, 3, trouble ? INK_ALERT : INK_PASS,
                                 draw_sign(c, trouble ? SIGN_ALERT : SIGN_LIVE));
            int x = a.x + sign + 1;
            x += draw_text(c, y, x, 2 * NAME_COLS, INK_STRONG, ctx->policy->logs[i].name) + 2;
            draw_text(c, y, x, a.x + a.cols - x, trouble ? INK_ALERT : INK_DIM,
                      trouble ? state->trouble : text);
        }
    }
    return rows;
}

/* What the line says, behind the time and the names that stand before it: they are in columns of their
 * own, and would leave a narrow screen no room for the rest. Its page has the whole of it. */
static const char *said(const struct entry *e) {
    struct logline line;
    logline_parse(e->text, strlen(e->text), &line);
    if (line.frame == LOGLINE_LOGFMT && strncmp(e->text, "ts=", 3) == 0) {
        const char *rest = strchr(e->text, ' ');
        return rest ? rest + 1 : e->text;
    }
    /* A message ends where the text does: the slice is its tail. */
    return line.message.n > 0 ? line.message.at : e->text;
}

static void draw_entry(const struct view_ctx *ctx, struct area a, int y, const struct entry *e) {
    const struct canvas *c = ctx->canvas;
    char time[16], place_text[DIGEST_FILE_CAP + 24];
    const char *base = strrchr(e->file, '/');
    int x = a.x;
    when_clock(e->wall_ms, time, sizeof time);
    draw_text(c, y, x, 8, INK_DIM, time);
    x += 9;
    x += draw_text(c, y, x, 2, e->bad ? INK_FAIL : INK_DIM,
                   draw_sign(c, e->bad ? SIGN_FAIL : SIGN_DOT));
    x += 1;
    if (a.cols >= WIDE_COLS) {
        draw_text(c, y, x, NAME_COLS - 1, INK_DIM, ctx->policy->logs[e->log].name);
        x += NAME_COLS;
        draw_text(c, y, x, KIND_COLS - 1, INK_DIM, e->kind);
        x += KIND_COLS;
        snprintf(place_text, sizeof place_text, "%s:%llu", base ? base + 1 : e->file,
                 (unsigned long long)e->line);
        int place_cols = a.cols >= HUGE_COLS ? PLACE_COLS_HUGE : PLACE_COLS;
        int right = a.x + a.cols - place_cols;
        draw_right(c, y, right, place_cols, INK_DIM, place_text);
        draw_text(c, y, x, right - 1 - x, e->bad ? INK_FAIL : INK_TEXT, said(e));
    } else {
        draw_text(c, y, x, a.x + a.cols - x, e->bad ? INK_FAIL : INK_TEXT, said(e));
    }
}

static void draw_page(struct logs *v, const struct view_ctx *ctx, struct area at) {
    const struct entry *e = &v->entries[v->list.selected];
    char time[32];
    when_rfc3339(e->wall_ms, time, sizeof time);
    pager_clear(&v->page);
    pager_add(&v->page, "text", e->bad ? INK_FAIL : INK_TEXT, e->text);
    pager_addf(&v->page, "from", INK_TEXT, "%s:%llu", e->file, (unsigned long long)e->line);
    pager_add(&v->page, "log", INK_TEXT, ctx->policy->logs[e->log].name);
    pager_add(&v->page, v->pane == PANE_VIOLATIONS ? "rule" : "kind", INK_TEXT, e->kind);
    if (v->pane == PANE_VIOLATIONS)
        for (int rule = 0; rule < METRIC_RULES; rule++)
            if (metric_breaches[rule].rule == e->kind)
                pager_add(&v->page, "", INK_TEXT, metric_breaches[rule].what);
    pager_add(&v->page, "at", INK_TEXT, time);
    v->page_at = draw_panel(ctx->canvas, at, "Line", "Esc closes");
    pager_draw(&v->page, ctx->canvas, v->page_at);
}

static void logs_draw(void *state, const struct view_ctx *ctx, struct area body) {
    struct logs *v = state;
    struct canvas c = *ctx->canvas;
    struct view_ctx row_ctx = *ctx;
    char note[160], place_text[64], title[FILTER_CAP + 64];
    const struct log_view *log = ctx->snap->log;
    row_ctx.canvas = &c;
    collect(v, ctx);
    v->detail = v->detail && v->n > 0;
    struct area page = body; /* the lower half; the list keeps the line in sight above it */
    page.rows = v->detail ? body.rows / 2 : 0;
    body.rows -= page.rows;
    page.y += body.rows;
    snprintf(title, sizeof title, "%s%s%s", v->pane == PANE_VIOLATIONS ? "Violations" : "Logs",
             v->filter[0] ? " /" : "", v->filter);
    int heads = log ? (int)(log->n_logs < HEAD_LOGS_MAX ? log->n_logs : HEAD_LOGS_MAX) : 0;
    list_fit(&v->list, v->n, body.rows - 1 - heads);
    place(v);
    list_fit(&v->list, v->n, body.rows - 1 - heads);
    list_note(&v->list, c.ascii, place_text, sizeof place_text);
    snprintf(note, sizeof note, "%s%s%s · Tab: %s", v->held ? "held, End follows" : "following",
             place_text[0] ? " · " : "", place_text,
             v->pane == PANE_VIOLATIONS ? "all lines" : "violations");
    struct area in = draw_sheet(&c, body, title, log ? note : NULL, false);
    if (!log) {
        draw_text(&c, in.y + 1, in.x, in.cols, INK_DIM,
                  "no logs are configured: name them in logs:, see gonogo config options");
        return;
    }
    int used = draw_states(ctx, in);
    in.y += used;
    in.rows -= used;
    v->list_at = in;
    if (v->n == 0)
        draw_text(&c, in.y, in.x, in.cols, INK_DIM,
                  v->filter[0]                 ? "no line passes the filter (Esc drops it)"
                  : v->pane == PANE_VIOLATIONS ? "no rule was broken"
                                               : "no line that says anything yet");
    for (size_t row = 0; row < v->list.rows && v->list.top + row < v->n; row++) {
        int y = in.y + (int)row;
        c.selected = v->held && v->list.top + row == v->list.selected;
        if (c.selected)
            draw_blank(&c, y, in.x, in.cols);
        draw_entry(&row_ctx, in, y, &v->entries[v->list.top + row]);
    }
    if (v->detail)
        draw_page(v, ctx, page);
}

/* ---- requests ---- */

static void hold(struct logs *v) {
    v->held = v->n > 0 && v->list.selected + 1 < v->n;
    remember(v);
}

/* To the next violation or error before the selected line, or behind it. */
static bool jump(struct logs *v, int by) {
    for (int64_t i = (int64_t)v->list.selected + by; i >= 0 && i < (int64_t)v->n; i += by) {
        if (v->entries[i].bad) {
            v->list.selected = (size_t)i;
            v->held = true;
            remember(v);
            break;
        }
    }
    return true;
}

static bool logs_handle(void *state, const struct view_ctx *ctx, enum request request) {
    struct logs *v = state;
    collect(v, ctx);
    place(v);
    switch (request) {
    case REQ_OPEN:
        v->detail = !v->detail && v->n > 0;
        v->held = v->held || v->detail;
        remember(v);
        return true;
    case REQ_BACK:
        if (v->detail)
            v->detail = false;
        else if (v->filter[0])
            v->filter[0] = '\0';
        else if (v->held)
            v->held = false;
        else
            return false;
        return true;
    case REQ_NEXT_PANE:
        v->pane = v->pane == PANE_EVENTS ? PANE_VIOLATIONS : PANE_EVENTS;
        v->held = v->detail = false;
        return true;
    case REQ_NEXT_BAD:
        return jump(v, -1);
    case REQ_PREVIOUS_BAD:
        return jump(v, 1);
    default:
        break;
    }
    v->list.active = true; /* the first movement moves: the newest line is where one starts */
    if (!list_move(&v->list, request))
        return false;
    hold(v);
    return true;
}

static void logs_point(void *state, const struct view_ctx *ctx, struct pointer p) {
    struct logs *v = state;
    collect(v, ctx);
    place(v);
    if (p.kind == POINTER_UP || p.kind == POINTER_DOWN) {
        int by = p.kind == POINTER_UP ? -3 : 3;
        if (v->detail && p.y >= v->page_at.y) {
            pager_scroll(&v->page, by);
            return;
        }
        list_scroll(&v->list, by);
        hold(v);
    } else if (list_pick(&v->list, p.y - v->list_at.y)) {
        v->held = true;
        remember(v);
        v->detail = p.kind == POINTER_DOUBLE;
    }
}

static const char *logs_filter(void *state, const char *words) {
    struct logs *v = state;
    if (words)
        snprintf(v->filter, sizeof v->filter, "%s", words);
    return v->filter;
}

const struct view_ops view_logs = {
    .name = "logs",
    .flag = IN_LOGS,
    .opens = REQ_LOGS,
    .init = logs_init,
    .fini = logs_fini,
    .draw = logs_draw,
    .handle = logs_handle,
    .point = logs_point,
    .filter = logs_filter,
};
