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

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/snapshot.h"
#include "ui/acting.h"
#include "ui/bell.h"
#include "ui/blank.h"
#include "ui/draw.h"
#include "ui/header.h"
#include "ui/keys.h"
#include "ui/plain.h"
#include "ui/prompt.h"
#include "ui/rows.h"
#include "ui/saver.h"
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
};

static const struct view_ops *const views[] = {&view_board,  &view_sources, &view_slos,
                                               &view_logs,   &view_rollout, &view_runs,
                                               &view_ledger, &view_meeting, &view_help};
enum { VIEWS = sizeof views / sizeof *views };

struct ui {
    const struct ui_ports *ports;
    struct terminal *term;
    struct canvas canvas;
    struct bell *bell;             /* NULL = nobody wants one */
    const struct snapshot *newest; /* owned */
    const struct snapshot *shown;  /* owned; differs from newest only when paused */
    void *states[VIEWS];
    struct keys *keys;
    size_t view, view_before; /* below one that lies over it */
    bool paused;
    struct prompt prompt;
    struct saver *saver;
    struct acting *acting;
    char toast[256];
    int64_t toast_until; /* mono */
    struct pointer last_press;
    int64_t last_press_at;

    /* what this turn is about */
    bool dirty, fresh; /* draw at once; draw when the gap is over */
    bool guarded;      /* a dialog did not take keys yet */
    bool done;
    int64_t drawn_at;     /* mono */
    int64_t drawn_second; /* wall: the clock on the screen */
};

static int64_t now(const struct ui *u) {
    return clock_mono_ms(u->ports->clock);
}

static void toast(struct ui *u, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void toast(struct ui *u, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(u->toast, sizeof u->toast, format, args);
    va_end(args);
    int64_t reading = 1000 + 40 * (int64_t)strlen(u->toast);
    u->toast_until = now(u) + (reading > TOAST_MS ? reading : TOAST_MS);
}

/* ---- the frame ---- */

static unsigned flag(const struct ui *u) {
    return views[u->view]->flag;
}

static void draw_bottom(const struct ui *u) {
    const struct canvas *c = &u->canvas;
    int y = c->rows - 1;
    if (u->prompt.kind != PROMPT_NONE)
        prompt_draw(&u->prompt, u->keys, flag(u), c, y);
    else if (u->toast[0])
        draw_text(c, y, 1, c->cols - 2, INK_STRONG, u->toast);
    else
        keys_draw_bottom(u->keys, c, y, c->cols, flag(u));
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
    return (struct view_ctx){&u->canvas, u->ports->policy, u->shown, u->keys};
}

/* What people do is about the newest world, also on a screen that is paused. */
static struct view_ctx newest(const struct ui *u) {
    return (struct view_ctx){&u->canvas, u->ports->policy, u->newest, u->keys};
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

/* ---- requests ---- */

static void show_view(struct ui *u, size_t view) {
    if (!views[u->view]->over)
        u->view_before = u->view;
    u->view = view;
    u->prompt.kind = PROMPT_NONE;
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

static void start_typing(struct ui *u, enum prompt_kind kind) {
    const struct view_ops *view = views[u->view];
    if (kind == PROMPT_FILTER && !view->filter)
        return;
    field_set(&u->prompt.field,
              kind == PROMPT_FILTER ? view->filter(u->states[u->view], NULL) : "");
    u->prompt.field.cap = kind == PROMPT_FILTER ? FILTER_CAP : 0;
    u->prompt.kind = kind;
}

/* What was drawn last stands in ncurses' own memory; what comes of it is said when it is written. */
static void save(struct ui *u) {
    if (!saver_save(u->saver, shot_take(&u->canvas), views[u->view]->name,
                    clock_wall_ms(u->ports->clock)))
        toast(u, "the picture before is still being written");
}

static bool handle_view(struct ui *u, enum request request) {
    struct view_ctx ctx = context(u);
    return views[u->view]->handle(u->states[u->view], &ctx, request);
}

static bool handle_screen(struct ui *u, enum request request) {
    for (size_t i = 0; i < VIEWS; i++) {
        if (views[i]->opens == request) {
            show_view(u, i == u->view && views[i]->over ? u->view_before : i);
            return true;
        }
    }
    return false;
}

static void next_theme(struct ui *u) {
    theme_next(&u->canvas.theme);
    toast(u, "theme: %s%s", theme_name(&u->canvas.theme),
          u->canvas.theme.colours ? "" : " (this terminal has no colours, or NO_COLOR is set)");
}

/* Keys that were typed ahead are not for a dialog that nobody has seen yet. */
static void act(struct ui *u, enum request request) {
    struct view_ctx ctx = context(u), now_ctx = newest(u);
    const struct view_ops *view = views[u->view];
    int gate = view->focus ? view->focus(u->states[u->view], &ctx) : -1;
    char why[sizeof u->toast];
    if (acting_open(u->acting, &now_ctx, request, gate, why, sizeof why))
        term_discard_keys(u->term);
    else
        toast(u, "%s", why);
}

static void follow_acting(struct ui *u, enum acting_next next, const char *say) {
    if (next == ACTING_QUIT)
        u->done = true;
    if (next == ACTING_SHOW_RUNS)
        handle_screen(u, REQ_RUNS);
    if (next == ACTING_SAY || next == ACTING_SHOW_RUNS)
        toast(u, "%s", say);
}

/* A plan that is being carried out asks before it is left. */
static void leave(struct ui *u) {
    struct view_ctx ctx = newest(u);
    u->done = !acting_open_quit(u->acting, &ctx);
    if (!u->done)
        term_discard_keys(u->term);
}

static void handle(struct ui *u, enum request request) {
    if (handle_screen(u, request))
        return;
    if (acting_takes(request)) {
        act(u, request);
        return;
    }
    switch (request) {
    case REQ_NONE:
        break;
    case REQ_QUIT:
        leave(u);
        break;
    case REQ_PAUSE:
        set_paused(u, !u->paused);
        break;
    case REQ_POLL:
        poll_now(u);
        break;
    case REQ_THEME:
        next_theme(u);
        break;
    case REQ_REDRAW:
        term_repaint(u->term);
        break;
    case REQ_FILTER:
        start_typing(u, PROMPT_FILTER);
        break;
    case REQ_COMMAND:
        start_typing(u, PROMPT_COMMAND);
        break;
    case REQ_SAVE:
        save(u);
        break;
    default:
        if (!handle_view(u, request) && request == REQ_BACK && views[u->view]->over)
            show_view(u, u->view_before);
        break;
    }
}

static bool read_mouse(struct ui *u, struct pointer *at) {
    MEVENT event;
    if (getmouse(&event) != OK)
        return false;
    *at = (struct pointer){.y = event.y, .x = event.x};
    if (event.bstate & BUTTON4_PRESSED) {
        at->kind = POINTER_UP;
    } else if (event.bstate & BUTTON5_PRESSED) {
        at->kind = POINTER_DOWN;
    } else if (event.bstate & (BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED)) {
        at->kind = POINTER_DOUBLE; /* ncurses puts together what comes in one burst */
    } else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
        bool again = u->last_press.y == at->y && u->last_press.x == at->x &&
                     now(u) - u->last_press_at <= DOUBLE_CLICK_MS;
        at->kind = again ? POINTER_DOUBLE : POINTER_PRESS;
        u->last_press = *at;
        u->last_press_at = again ? INT64_MIN / 2 : now(u);
    } else {
        return false;
    }
    return true;
}

static void point(struct ui *u) {
    struct pointer at;
    struct view_ctx ctx = context(u);
    if (read_mouse(u, &at))
        views[u->view]->point(u->states[u->view], &ctx, at);
}

/* Movement keys go on moving what is seen. */
static void move_while_typing(struct ui *u, enum term_key_kind kind, uint32_t key) {
    enum request request = keys_find(u->keys, kind, key, flag(u));
    if (request == REQ_MOUSE)
        point(u);
    else if (kind == TERM_KEY_CODE)
        handle_view(u, request);
}

/* The filter works while it is typed. */
static void type_filter(struct ui *u, enum term_key_kind kind, uint32_t key) {
    struct field *field = &u->prompt.field;
    switch (field_key(field, kind, key)) {
    case FIELD_OTHER:
        move_while_typing(u, kind, key);
        return;
    case FIELD_ESCAPE:
        field_set(field, "");
        u->prompt.kind = PROMPT_NONE;
        break;
    case FIELD_ENTER:
        u->prompt.kind = PROMPT_NONE;
        break;
    case FIELD_CHANGED:
        break;
    }
    views[u->view]->filter(u->states[u->view], field->text);
}

static void run_command(struct ui *u) {
    const struct key_row *row = keys_named(u->keys, flag(u), u->prompt.field.text);
    char why[200];
    u->prompt.kind = PROMPT_NONE;
    if (row) {
        handle(u, row->request);
    } else if (u->prompt.field.text[0]) {
        prompt_unknown(&u->prompt, u->keys, flag(u), why, sizeof why);
        toast(u, "%s", why);
    }
}

static void type_command(struct ui *u, enum term_key_kind kind, uint32_t key) {
    bool nothing = !u->prompt.field.text[0];
    switch (field_key(&u->prompt.field, kind, key)) {
    case FIELD_OTHER:
        if (kind == TERM_KEY_TEXT && key == '\t')
            prompt_complete(&u->prompt, u->keys, flag(u));
        else
            move_while_typing(u, kind, key);
        break;
    case FIELD_ESCAPE:
        u->prompt.kind = PROMPT_NONE;
        break;
    case FIELD_ENTER:
        run_command(u);
        break;
    case FIELD_CHANGED:
        if (nothing && !u->prompt.field.text[0]) /* as in vim: one Backspace too many leaves */
            u->prompt.kind = PROMPT_NONE;
        break;
    }
}

/* ---- the turn ---- */

static void type_answer(struct ui *u, enum term_key_kind kind, uint32_t key) {
    struct view_ctx ctx = newest(u);
    struct pointer at;
    char say[sizeof u->toast] = "";
    enum acting_next next = ACTING_NOTHING;
    if (kind != TERM_KEY_CODE || key != KEY_MOUSE)
        next = acting_key(u->acting, &ctx, kind, key, say, sizeof say);
    else if (read_mouse(u, &at))
        next = acting_point(u->acting, &ctx, at, say, sizeof say);
    follow_acting(u, next, say);
}

static void take_key(struct ui *u, enum term_key_kind kind, uint32_t key) {
    enum request request;
    if (acting_is_open(u->acting)) {
        type_answer(u, kind, key);
        return;
    }
    switch (u->prompt.kind) {
    case PROMPT_FILTER:
        type_filter(u, kind, key);
        break;
    case PROMPT_COMMAND:
        type_command(u, kind, key);
        break;
    case PROMPT_NONE:
        request = keys_find(u->keys, kind, key, flag(u));
        if (request == REQ_MOUSE)
            point(u);
        else
            handle(u, request);
        break;
    }
}

static void take_keys(struct ui *u) {
    enum term_key_kind kind;
    uint32_t key;
    while (!u->done && (kind = term_key(u->term, &key)) != TERM_KEY_NONE) {
        if (kind == TERM_KEY_CODE && key == KEY_RESIZE)
            continue; /* our own resizeterm(); the signal was the news */
        u->dirty = true;
        u->toast[0] = '\0';
        take_key(u, kind, key);
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
    if (bell_rings(u->bell, next)) {
        beep(); /* goes out with the next frame */
        u->fresh = true;
    }
    if (!u->paused) {
        snapshot_drop(u->shown);
        u->shown = snapshot_keep(next);
        u->fresh = true;
    }
    struct view_ctx ctx = newest(u);
    char say[sizeof u->toast] = "";
    enum acting_next what = acting_follow(u->acting, &ctx, say, sizeof say);
    follow_acting(u, what, say);
    u->fresh = u->fresh || what != ACTING_NOTHING || acting_is_open(u->acting);
}

static void take_saved(struct ui *u) {
    char text[sizeof u->toast];
    if (saver_done(u->saver, text, sizeof text)) {
        toast(u, "%s", text);
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
    int64_t mono = now(u);
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
    take_saved(u);
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
    u.keys = keys_new(ports->policy);
    u.saver = saver_new(ports->policy->store_path);
    u.acting = acting_new(ports);
    u.bell = bell_new(ports->policy);
    for (size_t i = 0; i < VIEWS; i++)
        u.states[i] = views[i]->init(ports->policy);
    draw_frame(&u);
    while (!u.done)
        turn(&u, signal);
    term_leave(u.term);
    saver_free(u.saver);
    acting_free(u.acting);
    bell_free(u.bell);
    keys_free(u.keys);
    for (size_t i = 0; i < VIEWS; i++)
        views[i]->fini(u.states[i]);
    snapshot_drop(u.shown);
    snapshot_drop(u.newest);
    return ERR_OK;
}
