#include "ui/ui.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/blank.h"
#include "ui/header.h"
#include "ui/plain.h"
#include "ui/signals.h"
#include "ui/theme.h"
#include "ui/ui_parts.h"

enum {
    ROWS_MIN = 24,
    COLS_MIN = 80,
    FRAME_GAP_MS = 50, /* between frames that only snapshots ask for; keys are drawn at once */
    TOAST_MS = 3000,   /* how long "asked" stands in the bottom line */
};

const struct view_ops *const ui_views[UI_VIEWS] = {&view_board,  &view_sources, &view_slos,
                                                   &view_logs,   &view_rollout, &view_runs,
                                                   &view_ledger, &view_meeting, &view_help};

int64_t ui_now(const struct ui *u) {
    return clock_mono_ms(u->ports->clock);
}

unsigned ui_flag(const struct ui *u) {
    return ui_views[u->view]->flag;
}

struct view_ctx ui_context(struct ui *u) {
    return (struct view_ctx){&u->canvas, u->ports->policy, u->shown, u->keys, &u->shelf};
}

struct view_ctx ui_newest(struct ui *u) {
    return (struct view_ctx){&u->canvas, u->ports->policy, u->newest, u->keys, &u->shelf};
}

void ui_toast(struct ui *u, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(u->toast, sizeof u->toast, format, args);
    va_end(args);
    int64_t reading = 1000 + 40 * (int64_t)strlen(u->toast);
    u->toast_until = ui_now(u) + (reading > TOAST_MS ? reading : TOAST_MS);
}

/* ---- the frame ---- */

static void draw_bottom(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    int y = c->rows - 1;
    if (u->prompt.kind != PROMPT_NONE)
        prompt_draw(&u->prompt, u->keys, ui_flag(u), c, y);
    else if (u->toast[0])
        draw_text(c, y, 1, c->cols - 2, INK_STRONG, u->toast);
    else
        keys_draw_bottom(u->keys, c, y, c->cols, ui_flag(u));
}

static void draw_too_small(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    char text[64];
    snprintf(text, sizeof text, "gonogo needs %d%s%d, this is %d%s%d", COLS_MIN,
             c->ascii ? "x" : "×", ROWS_MIN, c->cols, c->ascii ? "x" : "×", c->rows);
    draw_text(c, c->rows / 2, 0, c->cols, INK_STRONG, text);
    draw_textf(c, c->rows / 2 + 1, 0, c->cols, INK_TEXT, "%s", verdict_name(u->shown->verdict));
}

static void draw_frame(struct ui *u) {
    struct view_ctx ctx = ui_context(u);
    term_size(u->term, &u->canvas.rows, &u->canvas.cols);
    u->drawn_at = ui_now(u);
    u->drawn_second = clock_wall_ms(u->ports->clock) / 1000;
    u->dirty = u->fresh = false;
    erase();
    if (u->canvas.rows < ROWS_MIN || u->canvas.cols < COLS_MIN) {
        draw_too_small(u);
    } else {
        struct area body = {1, 0, u->canvas.rows - 2, u->canvas.cols};
        ui_views[u->view]->draw(u->states[u->view], &ctx, body);
        if (acting_is_open(u->acting))
            acting_draw(u->acting, &u->canvas, body);
        struct header header = {u->ports,  u->newest,   u->shown,
                                u->paused, u->drawn_at, u->drawn_second};
        header_draw(&u->canvas, &header);
        draw_bottom(u);
    }
    wnoutrefresh(stdscr);
    if (!term_paint(u->term))
        u->done = true;
}

/* ---- the turn ---- */

static void take_snapshot(struct ui *u) {
    wake_drain(u->ports->wake);
    const struct snapshot *next = mailbox_take(u->ports->snapshots);
    if (!next)
        return;
    u->dirty = u->dirty || u->newest->number == 0; /* the first answers are drawn at once */
    snapshot_drop(u->newest);
    u->newest = next;
    if (bell_rings(u->bell, next)) {
        beep(); /* goes out with the next frame */
        u->fresh = true;
    }
    if (!u->paused) {
        snapshot_drop(u->shown);
        u->shown = snapshot_keep(next);
        u->fresh = true;
    }
    struct view_ctx ctx = ui_newest(u);
    char say[sizeof u->toast] = "";
    enum acting_next what = acting_follow(u->acting, &ctx, say, sizeof say);
    ui_follow_acting(u, what, say);
    u->fresh = u->fresh || what != ACTING_NOTHING || acting_is_open(u->acting);
}

static void take_saved(struct ui *u) {
    char text[sizeof u->toast];
    if (saver_done(u->saver, text, sizeof text)) {
        ui_toast(u, "%s", text);
        u->dirty = true;
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
    if (s.end == SIGINT && acting_is_open(u->acting)) {
        acting_cancel(u->acting); /* as Esc: Ctrl-C leaves what one is in */
        signals_forgive_interrupt();
        u->dirty = true;
        s.end = 0;
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
    int64_t mono = ui_now(u);
    if (u->toast[0] && u->toast_until - mono < wait)
        wait = u->toast_until - mono;
    if (u->fresh && u->drawn_at + FRAME_GAP_MS - mono < wait)
        wait = u->drawn_at + FRAME_GAP_MS - mono;
    int64_t guard = acting_patience_ms(u->acting);
    if (guard >= 0 && guard < wait)
        wait = guard;
    return wait > 0 ? (int)wait : 0;
}

static void look_at_the_clock(struct ui *u) {
    bool guarded = acting_patience_ms(u->acting) >= 0;
    u->dirty = u->dirty || (u->guarded && !guarded); /* now it takes keys: the cursor says so */
    u->guarded = guarded;
    if (u->toast[0] && ui_now(u) >= u->toast_until) {
        u->toast[0] = '\0';
        u->dirty = true;
    }
    if (clock_wall_ms(u->ports->clock) / 1000 != u->drawn_second ||
        (u->fresh && ui_now(u) - u->drawn_at >= FRAME_GAP_MS))
        u->dirty = true;
}

static void turn(struct ui *u, int *end) {
    struct pollfd fds[] = {
        {.fd = term_in_fd(u->term), .events = POLLIN},
        {.fd = u->ports->wake->read_fd, .events = POLLIN},
        {.fd = signals_fd(), .events = POLLIN},
        {.fd = term_busy(u->term) ? term_out_fd(u->term) : -1, .events = POLLOUT},
        {.fd = saver_fd(u->saver), .events = POLLIN},
    };
    if (poll(fds, sizeof fds / sizeof *fds, term_busy(u->term) ? 1000 : patience(u)) < 0 &&
        errno != EINTR) {
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
    if (shelf_take(&u->shelf))
        u->fresh = true;
    take_saved(u);
    ui_take_keys(u);
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
    u.keys = keys_new(ports->policy);
    u.saver = saver_new(ports->policy->store_path);
    u.acting = acting_new(ports);
    shelf_init(&u.shelf, ports);
    u.bell = bell_new(ports->policy);
    for (size_t i = 0; i < UI_VIEWS; i++)
        u.states[i] = ui_views[i]->init(ports->policy);
    draw_frame(&u);
    while (!u.done)
        turn(&u, signal);
    term_leave(u.term);
    saver_free(u.saver);
    acting_free(u.acting);
    shelf_fini(&u.shelf);
    bell_free(u.bell);
    keys_free(u.keys);
    for (size_t i = 0; i < UI_VIEWS; i++)
        ui_views[i]->fini(u.states[i]);
    snapshot_drop(u.shown);
    snapshot_drop(u.newest);
    return ERR_OK;
}
