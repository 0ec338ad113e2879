#include "ui/keys.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

#define CTRL(letter) ((letter)&0x1f)

enum { ESC = 27 };

/* Rows with a bottom text stand in the order of the bottom line (the screens, the actions, these, help
 * and quit): what does not fit is left out from the end of the middle. */
static const struct key_row table[] = {
    {{'1'}, {KEY_F(1)}, REQ_BOARD, "1", NULL, "the board: may it go?", "board", "board", IN_ALL},
    {{'2'},
     {KEY_F(2)},
     REQ_SOURCES,
     "2",
     NULL,
     "every source and its answer",
     "sources",
     "sources",
     IN_ALL},
    {{'3'}, {KEY_F(3)}, REQ_SLOS, "3", NULL, "service levels over time", "SLOs", "slos", IN_ALL},
    {{'4'},
     {KEY_F(4)},
     REQ_ROLLOUT,
     "4",
     NULL,
     "phase, groups let in, guards, stopwatch",
     "rollout",
     "rollout",
     IN_ALL},
    {{'5'}, {KEY_F(5)}, REQ_LOGS, "5", NULL, "what the logs say", "logs", "logs", IN_ALL},
    {{'6'},
     {KEY_F(6)},
     REQ_RUNS,
     "6",
     NULL,
     "plans that run or ran, and what they say",
     "runs",
     "runs",
     IN_ALL},
    {{'7'},
     {KEY_F(7)},
     REQ_LEDGER,
     "7",
     NULL,
     "who did what, when and why; the chain",
     "ledger",
     "ledger",
     IN_ALL},
    {{'\r', '\n'},
     {KEY_ENTER},
     REQ_DECIDE,
     "Enter",
     NULL,
     "answer, resume, undo or abandon a run that waits",
     "decide",
     "decide",
     IN_RUNS},
    {{'x'}, {0}, REQ_STOP, "x", NULL, "stop the run that is under way", "stop", "stop", IN_RUNS},
    {{'\r', '\n'},
     {KEY_ENTER},
     REQ_OPEN,
     "Enter",
     NULL,
     "details of what is selected",
     "detail",
     NULL,
     IN_BOARD | IN_SOURCES | IN_SLOS | IN_LOGS | IN_LEDGER},
    {{'/'},
     {0},
     REQ_FILTER,
     "/",
     NULL,
     "filter: words that a row must have",
     "filter",
     "filter",
     IN_SOURCES | IN_LOGS | IN_LEDGER},
    {{'n'},
     {0},
     REQ_NEXT_BAD,
     "n",
     NULL,
     "to the next violation or error, back in time",
     "next bad",
     "next",
     IN_LOGS},
    {{'N'}, {0}, REQ_PREVIOUS_BAD, "N", NULL, "to the one after it", NULL, "previous", IN_LOGS},
    {{'<', ','},
     {0},
     REQ_SORT_LEFT,
     "<",
     NULL,
     "sort by the column to the left",
     NULL,
     NULL,
     IN_SOURCES},
    {{'>', '.'},
     {0},
     REQ_SORT_RIGHT,
     ">",
     NULL,
     "sort by the column to the right",
     "sort",
     "sort",
     IN_SOURCES},
    {{'I'}, {0}, REQ_SORT_TURN, "I", NULL, "turn the order round", NULL, "reverse", IN_SOURCES},
    {{'f'}, {0}, REQ_FOLD, "f", NULL, "fold by environment, and back", "fold", "fold", IN_SOURCES},
    {{'v'},
     {0},
     REQ_VOTE,
     "v",
     NULL,
     "vote: GO, NO-GO or abstain for a role",
     "vote",
     "vote",
     IN_ACTING},
    {{'x'},
     {0},
     REQ_TICK,
     "x",
     NULL,
     "tick: the chosen checklist, or one that waits",
     "tick",
     "tick",
     IN_BOARD},
    {{'w'},
     {0},
     REQ_WAIVE,
     "w",
     NULL,
     "waive the chosen gate, or approve its waiver",
     NULL,
     "waive",
     IN_BOARD},
    {{'R'}, {0}, REQ_POLL, "R", NULL, "ask every source now", "poll now", "poll", IN_ALL},
    {{' '},
     {0},
     REQ_PAUSE,
     "Space",
     NULL,
     "freeze the screen (polling goes on)",
     "pause",
     "pause",
     IN_ALL},
    {{'m'},
     {0},
     REQ_MEETING,
     "m",
     NULL,
     "meeting mode: verdict and roll call, large",
     "meeting",
     "meeting",
     IN_ALL},
    {{'s'},
     {0},
     REQ_SAVE,
     "s",
     NULL,
     "save the screen as text, ANSI and SVG",
     "save",
     "save",
     IN_ALL},
    {{'t'}, {0}, REQ_THEME, "t", NULL, "next theme: dark, light, mono", "theme", "theme", IN_ALL},
    {{':'}, {0}, REQ_COMMAND, ":", NULL, "run a command by its name", "command", NULL, IN_ALL},
    {{'?'}, {0}, REQ_HELP, "?", NULL, "this help", "help", "help", IN_ALL},
    {{'q'}, {0}, REQ_QUIT, "q", NULL, "quit", "quit", "quit", IN_ALL},
    {{'k'}, {KEY_UP}, REQ_UP, "↑ k", "Up k", "up", NULL, NULL, IN_ALL},
    {{'j'}, {KEY_DOWN}, REQ_DOWN, "↓ j", "Down j", "down", NULL, NULL, IN_ALL},
    {{'h'},
     {KEY_LEFT},
     REQ_LEFT,
     "← h",
     "Left h",
     "left; shut the fold",
     NULL,
     NULL,
     IN_SOURCES | IN_SLOS},
    {{'l'},
     {KEY_RIGHT},
     REQ_RIGHT,
     "→ l",
     "Right l",
     "right; open the fold",
     NULL,
     NULL,
     IN_SOURCES | IN_SLOS},
    {{CTRL('B'), CTRL('U')},
     {KEY_PPAGE},
     REQ_PAGE_UP,
     "PgUp",
     NULL,
     "a page up",
     NULL,
     NULL,
     IN_ALL},
    {{CTRL('F'), CTRL('D')},
     {KEY_NPAGE},
     REQ_PAGE_DOWN,
     "PgDn",
     NULL,
     "a page down",
     NULL,
     NULL,
     IN_ALL},
    {{'g'}, {KEY_HOME}, REQ_FIRST, "Home g", NULL, "to the first", NULL, "first", IN_ALL},
    {{'G'}, {KEY_END}, REQ_LAST, "End G", NULL, "to the last", NULL, "last", IN_ALL},
    {{'\t'},
     {KEY_BTAB},
     REQ_NEXT_PANE,
     "Tab",
     NULL,
     "next pane",
     NULL,
     NULL,
     IN_BOARD | IN_SOURCES | IN_SLOS | IN_LOGS | IN_RUNS},
    {{ESC},
     {0},
     REQ_BACK,
     "Esc",
     NULL,
     "back: close the detail, drop the filter",
     NULL,
     NULL,
     IN_ALL},
    {{CTRL('L')}, {0}, REQ_REDRAW, "Ctrl-L", NULL, "paint the screen anew", NULL, "redraw", IN_ALL},
};

enum { ROWS = sizeof table / sizeof *table };

struct own {
    struct key_row row;
    char name[96], help[160];
};

struct keys {
    bool votes, lists; /* there are gates of these kinds */
    size_t n;
    struct own *own; /* one for each action */
};

static bool row_matches(const struct key_row *row, enum term_key_kind kind, uint32_t key) {
    if (kind == TERM_KEY_TEXT) {
        for (size_t i = 0; i < 3 && row->codes[i]; i++)
            if (row->codes[i] == key)
                return true;
        return false;
    }
    for (size_t i = 0; i < 2 && row->functions[i]; i++)
        if ((uint32_t)row->functions[i] == key)
            return true;
    return false;
}

/* "open the plan: kill (elsewhere k: up)": nothing starts by a key. */
static void make_own(struct own *o, const struct action_spec *action, enum request request) {
    uint32_t key = (unsigned char)action->key;
    int len = snprintf(o->help, sizeof o->help, "open the plan: %s", action->name);
    for (size_t i = 0; key && len > 0 && (size_t)len < sizeof o->help && i < ROWS; i++)
        if ((table[i].views & IN_ACTING) && row_matches(&table[i], TERM_KEY_TEXT, key))
            snprintf(o->help + len, sizeof o->help - (size_t)len, " (elsewhere %c: %s)",
                     action->key, table[i].help);
    if (key)
        snprintf(o->name, sizeof o->name, "%c", action->key);
    else
        snprintf(o->name, sizeof o->name, ":%s", action->name);
    o->row = (struct key_row){
        .codes = {key},
        .request = request,
        .name = o->name,
        .help = o->help,
        .bottom = key ? action->name : NULL,
        .command = action->name,
        .views = IN_ACTING,
    };
}

struct keys *keys_new(const struct policy *policy) {
    struct keys *k = mem_zero(1, sizeof *k);
    k->n = policy->n_actions;
    k->own = mem_zero(k->n + 1, sizeof *k->own);
    for (size_t i = 0; i < policy->n_gates; i++) {
        k->votes = k->votes || strcmp(policy->gates[i].kind, "votes") == 0;
        k->lists = k->lists || strcmp(policy->gates[i].kind, "checklist") == 0;
    }
    for (size_t i = 0; i < k->n; i++)
        make_own(&k->own[i], &policy->actions[i], (enum request)(REQ_ACTION + i));
    return k;
}

void keys_free(struct keys *k) {
    if (!k)
        return;
    free(k->own);
    free(k);
}

const struct key_row *keys_at(const struct keys *k, size_t i) {
    return i < k->n ? &k->own[i].row : i - k->n < ROWS ? &table[i - k->n] : NULL;
}

enum request keys_find(const struct keys *k, enum term_key_kind kind, uint32_t key, unsigned view) {
    const struct key_row *row;
    if (kind == TERM_KEY_CODE && key == KEY_MOUSE)
        return REQ_MOUSE;
    for (size_t i = 0; (row = keys_at(k, i)); i++)
        if ((row->views & view) && row_matches(row, kind, key))
            return row->request;
    for (size_t i = 0; view == IN_RUNS && (row = keys_at(k, i)) && row->request >= REQ_ACTION; i++)
        if (row_matches(row, kind, key))
            return row->request;
    return REQ_NONE;
}

const char *keys_name(const struct key_row *row, bool ascii) {
    return ascii && row->ascii_name ? row->ascii_name : row->name;
}

/* ---- commands ---- */

/* An action can be named wherever one is. */
static bool can_be_named(const struct key_row *row, unsigned view) {
    return row->command && (row->request >= REQ_ACTION || (row->views & view));
}

const struct key_row *keys_command(const struct keys *k, unsigned view, const char *typed,
                                   size_t i) {
    const struct key_row *row;
    for (size_t at = 0; (row = keys_at(k, at)); at++)
        if (can_be_named(row, view) && strncmp(row->command, typed, strlen(typed)) == 0 && i-- == 0)
            return row;
    return NULL;
}

const struct key_row *keys_named(const struct keys *k, unsigned view, const char *typed) {
    const struct key_row *row;
    for (size_t i = 0; (row = keys_command(k, view, typed, i)); i++)
        if (strcmp(row->command, typed) == 0)
            return row;
    return *typed && !keys_command(k, view, typed, 1) ? keys_command(k, view, typed, 0) : NULL;
}

/* ---- the bottom line ---- */

static bool is_screen(const struct key_row *row) {
    return row->codes[0] >= '1' && row->codes[0] <= '7';
}

/* What leads to help and out stands to the end; what acts, right behind the screens. */
static int rank(const struct key_row *row) {
    if (is_screen(row))
        return 0;
    if (row->request >= REQ_ACTION || row->request == REQ_VOTE || row->request == REQ_TICK)
        return 1;
    return row->request == REQ_HELP || row->request == REQ_QUIT ? 3 : 2;
}

enum { RANKS = 4, RANK_LAST = 3 };

static int bottom_width(const struct key_row *row) {
    return text_width(row->name) + 1 + text_width(row->bottom) + 2;
}

static int draw_one(const struct canvas *c, int y, int x, int columns, const char *name,
                    const char *words) {
    int used = draw_text(c, y, x, columns - x, INK_KEY, name) + 1;
    return used + draw_text(c, y, x + used, columns - x - used, INK_DIM, words) + 2;
}

static bool stands_there(const struct keys *k, unsigned view, const struct key_row *row) {
    return row->bottom && (row->views & view) && (k->votes || row->request != REQ_VOTE) &&
           (k->lists || row->request != REQ_TICK);
}

static int width_of(const struct keys *k, unsigned view, int of_rank) {
    const struct key_row *row;
    int width = 0;
    for (size_t i = 0; (row = keys_at(k, i)); i++)
        if (stands_there(k, view, row) && rank(row) == of_rank)
            width += bottom_width(row);
    return width;
}

void keys_draw_bottom(const struct keys *k, const struct canvas *c, int y, int columns,
                      unsigned view) {
    enum {
        SCREENS_COLS = 13,
        OTHERS_COLS = 24
    }; /* "1–7 screens"; room that the view's own keys want */
    int screens = width_of(k, view, 0), acting = width_of(k, view, 1);
    int left = columns - 1 - width_of(k, view, RANK_LAST);
    bool folded = screens + acting + OTHERS_COLS > left;
    int x = 1;
    left -= folded ? SCREENS_COLS : screens;
    if (folded)
        x += draw_one(c, y, x, columns, c->ascii ? "1-7" : "1–7", "screens");
    for (int of_rank = folded; of_rank < RANKS; of_rank++) {
        const struct key_row *row;
        bool full = false;
        for (size_t i = 0; (row = keys_at(k, i)); i++) {
            if (!stands_there(k, view, row) || rank(row) != of_rank)
                continue;
            if (of_rank == 1 || of_rank == 2) {
                full = full || bottom_width(row) > left;
                left -= full ? 0 : bottom_width(row);
            }
            if (!full)
                x += draw_one(c, y, x, columns, keys_name(row, c->ascii), row->bottom);
        }
    }
}
