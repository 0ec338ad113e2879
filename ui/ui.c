#include "ui/ui.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/phase.h"
#include "src/model/snapshot.h"
#include "ui/blank.h"
#include "ui/draw.h"
#include "ui/keys.h"
#include "ui/plain.h"
#include "ui/signals.h"
#include "ui/term.h"
#include "ui/theme.h"
#include "ui/view.h"

enum {
    ROWS_MIN = 24,
    COLS_MIN = 80,
    FRAME_GAP_MS = 50, /* between frames that only snapshots ask for; keys are drawn at once */
    TOAST_MS = 3000,   /* how long "asked" stands in the bottom line */
    DOUBLE_CLICK_MS = 400,
    SILENT_MS = 2500, /* the engine speaks once a second */
};

static const struct view_ops *const views[] = {&view_board, &view_sources, &view_slos, &view_logs,
                                               &view_help};
enum { VIEWS = sizeof views / sizeof *views };

struct ui {
    const struct ui_ports *ports;
    struct terminal *term;
    struct canvas canvas;
    const struct snapshot *newest; /* owned */
    const struct snapshot *shown;  /* owned; differs from newest only when paused */
    void *states[VIEWS];
    size_t view, view_before; /* before the help was opened */
    bool paused;
    bool typing; /* the filter */
    char typed[128];
    char toast[96];
    int64_t toast_until; /* mono */
    struct pointer last_press;
    int64_t last_press_at;

    /* what this turn is about */
    bool dirty, fresh; /* draw at once; draw when the gap is over */
    bool done;
    int64_t drawn_at;     /* mono */
    int64_t drawn_second; /* wall: the clock on the screen */
};

static int64_t now(const struct ui *u) {
    return clock_mono_ms(u->ports->clock);
}

static void toast(struct ui *u, const char *format, const char *arg) {
    snprintf(u->toast, sizeof u->toast, format, arg);
    u->toast_until = now(u) + TOAST_MS;
}

/* ---- the frame ---- */

/* How many sources stand on a good answer of theirs, and how many had no chance to answer yet. */
static size_t answering(const struct snapshot *s, size_t *pending) {
    size_t n = 0;
    *pending = 0;
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source_view *v = &s->sources[i];
        n += (v->state == SOURCE_OK || v->state == SOURCE_CLOSED) && v->raw == v->state;
        *pending += v->raw == SOURCE_PENDING;
    }
    return n;
}

static void live_text(const struct ui *u, char *dst, size_t cap, enum ink *ink) {
    const struct canvas *c = &u->canvas;
    int64_t silent = now(u) - u->newest->mono_ms;
    unsigned alive = 0, all = 0;
    size_t pending, all_sources = u->newest->n_sources;
    size_t answer = answering(u->newest, &pending);
    if (u->ports->probes_alive)
        u->ports->probes_alive(u->ports->self, &alive, &all);
    *ink = INK_ALERT;
    if (u->paused) {
        snprintf(dst, cap, "%s paused", draw_sign(c, SIGN_PAUSED));
    } else if (silent >= SILENT_MS) {
        snprintf(dst, cap, "%s engine silent for %lld s", draw_sign(c, SIGN_ALERT),
                 (long long)(silent / 1000));
    } else if (alive < all) {
        snprintf(dst, cap, "%s %u of %u pollers dead: restart", draw_sign(c, SIGN_ALERT),
                 all - alive, all);
    } else {
        bool trouble = answer + pending < all_sources;
        *ink = trouble ? INK_ALERT : pending ? INK_DIM : INK_PASS;
        snprintf(dst, cap, "%s live %zu/%zu sources",
                 draw_sign(c, trouble ? SIGN_ALERT : SIGN_LIVE), answer, all_sources);
    }
}

/* "RC · 25 %", "GA"; before the promote, and where no feed tells, only on which side of it we are. */
static void stage_text(const struct snapshot *s, char *dst, size_t cap) {
    const struct phase_now now = phase_of(s);
    if (now.phase == PHASE_RC)
        snprintf(dst, cap, "RC · %d %%", now.percent);
    else if (now.phase == PHASE_GA)
        snprintf(dst, cap, "GA");
    else
        snprintf(dst, cap, "%s the promote", stage_name(s->stage));
}

static void draw_header(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    const struct snapshot *s = u->shown;
    char versions[2 * VERSION_CAP * 4], target[VERSION_CAP * 4], clock[16], live[64];
    enum ink ink;
    int x = 1;
    x += draw_text(c, 0, x, c->cols, INK_DIM, "gonogo") + 2;
    x += draw_text(c, 0, x, 24, INK_STRONG, u->ports->policy->product) + 2;
    text_safe(target, sizeof target, s->target[0] ? s->target : "?",
              strlen(s->target) + !*s->target);
    snprintf(versions, sizeof versions, "%s %s stable", target, draw_sign(c, SIGN_ARROW));

    live_text(u, live, sizeof live, &ink);
    int live_cols = text_width(live);
    int right = c->cols - 1 - live_cols;
    draw_text(c, 0, right, live_cols, ink, live);
    when_clock(u->drawn_second * 1000, clock, sizeof clock);
    draw_textf(c, 0, right - 11, 9, INK_TEXT, "%sZ", clock);
    x += draw_text(c, 0, x, right - 12 - x, INK_TITLE, versions) + 3;

    char stage[64] = "";
    if (s->number > 0)
        stage_text(s, stage, sizeof stage);
    if (right - 13 - x > text_width(stage))
        draw_text(c, 0, x, right - 13 - x, INK_DIM, stage);
}

static void draw_bottom(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    int y = c->rows - 1;
    if (u->typing) {
        int used = draw_text(c, y, 1, 1, INK_KEY, "/");
        used += draw_text(c, y, 2, c->cols - 40, INK_STRONG, u->typed);
        draw_text(c, y, 1 + used, 1, INK_KEY, draw_sign(c, SIGN_CURSOR));
        draw_right(c, y, c->cols - 34, 33, INK_DIM, "Enter keeps it · Esc drops it");
    } else if (u->toast[0]) {
        draw_text(c, y, 1, c->cols - 2, INK_STRONG, u->toast);
    } else {
        keys_draw_bottom(c, y, c->cols, views[u->view]->flag);
    }
}

static void draw_too_small(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    char text[64];
    snprintf(text, sizeof text, "gonogo needs %d%s%d, this is %d%s%d", COLS_MIN,
             c->ascii ? "x" : "×", ROWS_MIN, c->cols, c->ascii ? "x" : "×", c->rows);
    draw_text(c, c->rows / 2, 0, c->cols, INK_STRONG, text);
    draw_textf(c, c->rows / 2 + 1, 0, c->cols, INK_TEXT, "%s", verdict_name(u->shown->verdict));
}

static struct view_ctx context(const struct ui *u) {
    return (struct view_ctx){&u->canvas, u->ports->policy, u->shown};
}

static void draw_frame(struct ui *u) {
    struct view_ctx ctx = context(u);
    term_size(u->term, &u->canvas.rows, &u->canvas.cols);
    u->drawn_at = now(u);
    u->drawn_second = clock_wall_ms(u->ports->clock) / 1000;
    u->dirty = u->fresh = false;
    erase();
    if (u->canvas.rows < ROWS_MIN || u->canvas.cols < COLS_MIN) {
        draw_too_small(u);
    } else {
        struct area body = {1, 0, u->canvas.rows - 2, u->canvas.cols};
        views[u->view]->draw(u->states[u->view], &ctx, body);
        draw_header(u);
        draw_bottom(u);
    }
    wnoutrefresh(stdscr);
    if (!term_paint(u->term))
        u->done = true;
}

/* ---- requests ---- */

static void show_view(struct ui *u, size_t view) {
    if (views[u->view]->opens != REQ_HELP)
        u->view_before = u->view;
    u->view = view;
    u->typing = false;
}

static void poll_now(struct ui *u) {
    struct intent intent = {.kind = INTENT_POLL, .snapshot = u->shown->number};
    bool sent = u->ports->send && u->ports->send(u->ports->self, intent);
    toast(u, "%s", sent ? "asked every source" : "engine busy: not asked, try again");
}

static void set_paused(struct ui *u, bool paused) {
    u->paused = paused;
    if (!paused && u->shown != u->newest) {
        snapshot_drop(u->shown);
        u->shown = snapshot_keep(u->newest);
    }
}

static void start_typing(struct ui *u) {
    const struct view_ops *view = views[u->view];
    if (view->filter) {
        snprintf(u->typed, sizeof u->typed, "%s", view->filter(u->states[u->view], NULL));
        u->typing = true;
    }
}

static bool handle_view(struct ui *u, enum request request) {
    struct view_ctx ctx = context(u);
    return views[u->view]->handle(u->states[u->view], &ctx, request);
}

static void handle(struct ui *u, enum request request) {
    for (size_t i = 0; i < VIEWS; i++) {
        if (views[i]->opens == request) {
            bool back = i == u->view && request == REQ_HELP;
            show_view(u, back ? u->view_before : i);
            return;
        }
    }
    switch (request) {
    case REQ_NONE:
        break;
    case REQ_QUIT:
        u->done = true;
        break;
    case REQ_PAUSE:
        set_paused(u, !u->paused);
        break;
    case REQ_POLL:
        poll_now(u);
        break;
    case REQ_THEME:
        theme_next(&u->canvas.theme);
        toast(u,
              u->canvas.theme.colours ? "theme: %s"
                                      : "theme: %s (this terminal has no colours, or"
                                        " NO_COLOR is set)",
              theme_name(&u->canvas.theme));
        break;
    case REQ_REDRAW:
        term_repaint(u->term);
        break;
    case REQ_FILTER:
        start_typing(u);
        break;
    default:
        if (!handle_view(u, request) && request == REQ_BACK && views[u->view]->opens == REQ_HELP)
            show_view(u, u->view_before);
        break;
    }
}

static void point(struct ui *u) {
    MEVENT event;
    if (getmouse(&event) != OK)
        return;
    struct pointer at = {.y = event.y, .x = event.x};
    if (event.bstate & BUTTON4_PRESSED) {
        at.kind = POINTER_UP;
    } else if (event.bstate & BUTTON5_PRESSED) {
        at.kind = POINTER_DOWN;
    } else if (event.bstate & (BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED)) {
        at.kind = POINTER_DOUBLE; /* ncurses puts together what comes in one burst */
    } else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
        bool again = u->last_press.y == at.y && u->last_press.x == at.x &&
                     now(u) - u->last_press_at <= DOUBLE_CLICK_MS;
        at.kind = again ? POINTER_DOUBLE : POINTER_PRESS;
        u->last_press = at;
        u->last_press_at = again ? INT64_MIN / 2 : now(u);
    } else {
        return;
    }
    struct view_ctx ctx = context(u);
    views[u->view]->point(u->states[u->view], &ctx, at);
}

static void type_char(struct ui *u, uint32_t code) {
    size_t len = strlen(u->typed);
    char bytes[8] = {0};
    int n = code < 0x20 || code == 0x7f ? 0 : wctomb(bytes, (wchar_t)code);
    if (n > 0 && len + (size_t)n < sizeof u->typed)
        memcpy(u->typed + len, bytes, (size_t)n + 1);
}

static void erase_char(struct ui *u) {
    size_t len = strlen(u->typed);
    while (len > 0 && ((unsigned char)u->typed[--len] & 0xC0) == 0x80) {
    }
    u->typed[len] = '\0';
}

/* The filter works while it is typed. Movement keys go on moving the list. */
static void type(struct ui *u, enum term_key_kind kind, uint32_t key) {
    enum { ESC = 27, CTRL_U = 21, CTRL_H = 8, DEL = 127 };
    bool text = kind == TERM_KEY_TEXT;
    if ((text && (key == '\r' || key == '\n')) || (!text && key == KEY_ENTER)) {
        u->typing = false;
    } else if (text && (key == ESC || key == CTRL_U)) {
        u->typed[0] = '\0';
        u->typing = key != ESC;
    } else if ((text && (key == CTRL_H || key == DEL)) || (!text && key == KEY_BACKSPACE)) {
        erase_char(u);
    } else if (text) {
        type_char(u, key);
    } else {
        enum request request = keys_find(kind, key, views[u->view]->flag);
        if (request == REQ_MOUSE)
            point(u);
        else
            handle_view(u, request);
        return;
    }
    views[u->view]->filter(u->states[u->view], u->typed);
}

/* ---- the turn ---- */

static void take_keys(struct ui *u) {
    enum term_key_kind kind;
    uint32_t key;
    while (!u->done && (kind = term_key(u->term, &key)) != TERM_KEY_NONE) {
        if (kind == TERM_KEY_CODE && key == KEY_RESIZE)
            continue; /* our own resizeterm(); the signal was the news */
        u->dirty = true;
        u->toast[0] = '\0';
        if (u->typing) {
            type(u, kind, key);
            continue;
        }
        enum request request = keys_find(kind, key, views[u->view]->flag);
        if (request == REQ_MOUSE)
            point(u);
        else
            handle(u, request);
    }
}

static void take_snapshot(struct ui *u) {
    wake_drain(u->ports->wake);
    const struct snapshot *next = mailbox_take(u->ports->snapshots);
    if (!next)
        return;
    u->dirty = u->dirty || u->newest->number == 0; /* the first answers are drawn at once */
    snapshot_drop(u->newest);
    u->newest = next;
    if (!u->paused) {
        snapshot_drop(u->shown);
        u->shown = snapshot_keep(next);
        u->fresh = true;
    }
}

static void take_signals(struct ui *u, int *end) {
    struct signals s = signals_take();
    if (s.suspend && !s.end) {
        term_suspend(u->term);
        struct signals after = signals_take();
        s.end = after.end;
        s.resumed = true;
    }
    if (s.end) {
        *end = s.end;
        u->done = true;
        return;
    }
    if (s.resumed) {
        term_resume(u->term);
        u->dirty = true;
    }
    if (s.resized) {
        term_resize(u->term);
        u->dirty = true;
    }
}

/* Until when there is nothing to do but wait: the next second, or the end of a toast or a gap. */
static int patience(const struct ui *u) {
    int64_t wait = 1000 - clock_wall_ms(u->ports->clock) % 1000;
    int64_t mono = now(u);
    if (u->toast[0] && u->toast_until - mono < wait)
        wait = u->toast_until - mono;
    if (u->fresh && u->drawn_at + FRAME_GAP_MS - mono < wait)
        wait = u->drawn_at + FRAME_GAP_MS - mono;
    return wait > 0 ? (int)wait : 0;
}

static void look_at_the_clock(struct ui *u) {
    if (u->toast[0] && now(u) >= u->toast_until) {
        u->toast[0] = '\0';
        u->dirty = true;
    }
    if (clock_wall_ms(u->ports->clock) / 1000 != u->drawn_second ||
        (u->fresh && now(u) - u->drawn_at >= FRAME_GAP_MS))
        u->dirty = true;
}

static void turn(struct ui *u, int *end) {
    struct pollfd fds[] = {
        {.fd = term_in_fd(u->term), .events = POLLIN},
        {.fd = u->ports->wake->read_fd, .events = POLLIN},
        {.fd = signals_fd(), .events = POLLIN},
        {.fd = term_busy(u->term) ? term_out_fd(u->term) : -1, .events = POLLOUT},
    };
    if (poll(fds, 4, term_busy(u->term) ? 1000 : patience(u)) < 0 && errno != EINTR) {
        u->done = true;
        return;
    }
    take_signals(u, end);
    if (u->done)
        return;
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) || !term_flush(u->term)) {
        *end = SIGHUP; /* the terminal is gone */
        u->done = true;
        return;
    }
    take_snapshot(u);
    take_keys(u);
    look_at_the_clock(u);
    if (u->dirty && !u->done && !term_busy(u->term))
        draw_frame(u);
}

enum err_code ui_run(const struct ui_ports *ports, int *signal, struct err *err) {
    struct ui u = {.ports = ports, .dirty = true, .last_press_at = INT64_MIN / 2};
    *signal = 0;
    if (!term_can_paint() && isatty(STDOUT_FILENO))
        return plain_run(ports, signal, err);
    u.term = term_enter(err);
    if (!u.term)
        return err->code;
    u.canvas.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    theme_init(&u.canvas.theme);
    u.newest = blank_new(ports->policy, clock_wall_ms(ports->clock), clock_mono_ms(ports->clock));
    u.shown = snapshot_keep(u.newest);
    for (size_t i = 0; i < VIEWS; i++)
        u.states[i] = views[i]->init(ports->policy);
    draw_frame(&u);
    while (!u.done)
        turn(&u, signal);
    term_leave(u.term);
    for (size_t i = 0; i < VIEWS; i++)
        views[i]->fini(u.states[i]);
    snapshot_drop(u.shown);
    snapshot_drop(u.newest);
    return ERR_OK;
}
