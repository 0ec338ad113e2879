#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "ui/shot.h"
#include "ui/theme.h"
#include "ui/ui_parts.h"

enum { DOUBLE_CLICK_MS = 400 };

/* ---- requests ---- */

static void show_view(struct ui *u, size_t view) {
    if (!ui_views[u->view]->over)
        u->view_before = u->view;
    u->view = view;
    u->prompt.kind = PROMPT_NONE;
}

static void poll_now(struct ui *u) {
    struct intent intent = {.kind = INTENT_POLL, .snapshot = u->shown->number};
    bool sent = u->ports->send && u->ports->send(u->ports->self, intent);
    ui_toast(u, "%s", sent ? "asked every source" : "engine busy: not asked, try again");
}

static void set_paused(struct ui *u, bool paused) {
    u->paused = paused;
    if (!paused && u->shown != u->newest) {
        snapshot_drop(u->shown);
        u->shown = snapshot_keep(u->newest);
    }
}

static void start_typing(struct ui *u, enum prompt_kind kind) {
    const struct view_ops *view = ui_views[u->view];
    if (kind == PROMPT_FILTER && !view->filter)
        return;
    field_set(&u->prompt.field,
              kind == PROMPT_FILTER ? view->filter(u->states[u->view], NULL) : "");
    u->prompt.field.cap = kind == PROMPT_FILTER ? FILTER_CAP : 0;
    u->prompt.kind = kind;
}

/* What was drawn last stands in ncurses' own memory; what comes of it is said when it is written. */
static void save(struct ui *u) {
    if (!saver_save(u->saver, shot_take(&u->canvas), ui_views[u->view]->name,
                    clock_wall_ms(u->ports->clock)))
        ui_toast(u, "the picture before is still being written");
}

static bool handle_view(struct ui *u, enum request request) {
    struct view_ctx ctx = ui_context(u);
    return ui_views[u->view]->handle(u->states[u->view], &ctx, request);
}

static bool handle_screen(struct ui *u, enum request request) {
    for (size_t i = 0; i < UI_VIEWS; i++) {
        if (ui_views[i]->opens == request) {
            show_view(u, i == u->view && ui_views[i]->over ? u->view_before : i);
            return true;
        }
    }
    return false;
}

static void next_theme(struct ui *u) {
    theme_next(&u->canvas.theme);
    ui_toast(u, "theme: %s%s", theme_name(&u->canvas.theme),
             u->canvas.theme.colours ? "" : " (this terminal has no colours, or NO_COLOR is set)");
}

/* Keys that were typed ahead are not for a dialog that nobody has seen yet. */
static void act(struct ui *u, enum request request) {
    struct view_ctx ctx = ui_context(u), now_ctx = ui_newest(u);
    const struct view_ops *view = ui_views[u->view];
    int gate = view->focus ? view->focus(u->states[u->view], &ctx) : -1;
    char why[sizeof u->toast];
    if (acting_open(u->acting, &now_ctx, request, gate, why, sizeof why))
        term_discard_keys(u->term);
    else
        ui_toast(u, "%s", why);
}

void ui_follow_acting(struct ui *u, enum acting_next next, const char *say) {
    if (next == ACTING_QUIT)
        u->done = true;
    if (next == ACTING_SHOW_RUNS)
        handle_screen(u, REQ_RUNS);
    if (next == ACTING_SAY || next == ACTING_SHOW_RUNS)
        ui_toast(u, "%s", say);
}

/* A plan that is being carried out asks before it is left. */
static void leave(struct ui *u) {
    struct view_ctx ctx = ui_newest(u);
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
        if (!handle_view(u, request) && request == REQ_BACK && ui_views[u->view]->over)
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
                     ui_now(u) - u->last_press_at <= DOUBLE_CLICK_MS;
        at->kind = again ? POINTER_DOUBLE : POINTER_PRESS;
        u->last_press = *at;
        u->last_press_at = again ? INT64_MIN / 2 : ui_now(u);
    } else {
        return false;
    }
    return true;
}

static void point(struct ui *u) {
    struct pointer at;
    struct view_ctx ctx = ui_context(u);
    if (read_mouse(u, &at))
        ui_views[u->view]->point(u->states[u->view], &ctx, at);
}

/* Movement keys go on moving what is seen. */
static void move_while_typing(struct ui *u, enum term_key_kind kind, uint32_t key) {
    enum request request = keys_find(u->keys, kind, key, ui_flag(u));
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
    ui_views[u->view]->filter(u->states[u->view], field->text);
}

static void run_command(struct ui *u) {
    const struct key_row *row = keys_named(u->keys, ui_flag(u), u->prompt.field.text);
    char why[200];
    u->prompt.kind = PROMPT_NONE;
    if (row) {
        handle(u, row->request);
    } else if (u->prompt.field.text[0]) {
        prompt_unknown(&u->prompt, u->keys, ui_flag(u), why, sizeof why);
        ui_toast(u, "%s", why);
    }
}

static void type_command(struct ui *u, enum term_key_kind kind, uint32_t key) {
    bool nothing = !u->prompt.field.text[0];
    switch (field_key(&u->prompt.field, kind, key)) {
    case FIELD_OTHER:
        if (kind == TERM_KEY_TEXT && key == '\t')
            prompt_complete(&u->prompt, u->keys, ui_flag(u));
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

/* ---- the keys ---- */

static void type_answer(struct ui *u, enum term_key_kind kind, uint32_t key) {
    struct view_ctx ctx = ui_newest(u);
    struct pointer at;
    char say[sizeof u->toast] = "";
    enum acting_next next = ACTING_NOTHING;
    if (kind != TERM_KEY_CODE || key != KEY_MOUSE)
        next = acting_key(u->acting, &ctx, kind, key, say, sizeof say);
    else if (read_mouse(u, &at))
        next = acting_point(u->acting, &ctx, at, say, sizeof say);
    ui_follow_acting(u, next, say);
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
        request = keys_find(u->keys, kind, key, ui_flag(u));
        if (request == REQ_MOUSE)
            point(u);
        else
            handle(u, request);
        break;
    }
}

void ui_take_keys(struct ui *u) {
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
