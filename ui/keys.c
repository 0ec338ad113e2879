#include "ui/keys.h"

#include <curses.h>

#include "src/base/text.h"

#define CTRL(letter) ((letter)&0x1f)

enum { ESC = 27 };

/* Rows with a bottom text stand in the order of the bottom line: what does not fit is left out from
 * the end, but for the last two. */
static const struct key_row table[] = {
    {{'1'}, {KEY_F(1)}, REQ_BOARD, "1", NULL, "the board: may it go?", "board", IN_ALL},
    {{'2'}, {KEY_F(2)}, REQ_SOURCES, "2", NULL, "every source and its answer", "sources", IN_ALL},
    {{'3'}, {KEY_F(3)}, REQ_SLOS, "3", NULL, "service levels over time", "SLOs", IN_ALL},
    {{'5'}, {KEY_F(5)}, REQ_LOGS, "5", NULL, "what the logs say", "logs", IN_ALL},
    {{'\r', '\n'},
     {KEY_ENTER},
     REQ_OPEN,
     "Enter",
     NULL,
     "details of what is selected",
     "detail",
     IN_BOARD | IN_SOURCES | IN_SLOS | IN_LOGS},
    {{'/'},
     {0},
     REQ_FILTER,
     "/",
     NULL,
     "filter: words that a row must have",
     "filter",
     IN_SOURCES | IN_LOGS},
    {{'n'},
     {0},
     REQ_NEXT_BAD,
     "n",
     NULL,
     "to the next violation or error, back in time",
     "next bad",
     IN_LOGS},
    {{'N'}, {0}, REQ_PREVIOUS_BAD, "N", NULL, "to the one after it", NULL, IN_LOGS},
    {{'<', ','}, {0}, REQ_SORT_LEFT, "<", NULL, "sort by the column to the left", NULL, IN_SOURCES},
    {{'>', '.'},
     {0},
     REQ_SORT_RIGHT,
     ">",
     NULL,
     "sort by the column to the right",
     "sort",
     IN_SOURCES},
    {{'I'}, {0}, REQ_SORT_TURN, "I", NULL, "turn the order round", NULL, IN_SOURCES},
    {{'f'}, {0}, REQ_FOLD, "f", NULL, "fold by environment, and back", "fold", IN_SOURCES},
    {{'R'}, {0}, REQ_POLL, "R", NULL, "ask every source now", "poll now", IN_ALL},
    {{' '}, {0}, REQ_PAUSE, "Space", NULL, "freeze the screen (polling goes on)", "pause", IN_ALL},
    {{'t'}, {0}, REQ_THEME, "t", NULL, "next theme: dark, light, mono", "theme", IN_ALL},
    {{'?'}, {0}, REQ_HELP, "?", NULL, "this help", "help", IN_ALL},
    {{'q'}, {0}, REQ_QUIT, "q", NULL, "quit", "quit", IN_ALL},
    {{'k'}, {KEY_UP}, REQ_UP, "↑ k", "Up k", "up", NULL, IN_ALL},
    {{'j'}, {KEY_DOWN}, REQ_DOWN, "↓ j", "Down j", "down", NULL, IN_ALL},
    {{'h'},
     {KEY_LEFT},
     REQ_LEFT,
     "← h",
     "Left h",
     "left; shut the fold",
     NULL,
     IN_SOURCES | IN_SLOS},
    {{'l'},
     {KEY_RIGHT},
     REQ_RIGHT,
     "→ l",
     "Right l",
     "right; open the fold",
     NULL,
     IN_SOURCES | IN_SLOS},
    {{CTRL('B'), CTRL('U')}, {KEY_PPAGE}, REQ_PAGE_UP, "PgUp", NULL, "a page up", NULL, IN_ALL},
    {{CTRL('F'), CTRL('D')}, {KEY_NPAGE}, REQ_PAGE_DOWN, "PgDn", NULL, "a page down", NULL, IN_ALL},
    {{'g'}, {KEY_HOME}, REQ_FIRST, "Home g", NULL, "to the first", NULL, IN_ALL},
    {{'G'}, {KEY_END}, REQ_LAST, "End G", NULL, "to the last", NULL, IN_ALL},
    {{'\t'},
     {KEY_BTAB},
     REQ_NEXT_PANE,
     "Tab",
     NULL,
     "next pane",
     NULL,
     IN_BOARD | IN_SOURCES | IN_SLOS | IN_LOGS},
    {{ESC}, {0}, REQ_BACK, "Esc", NULL, "back: close the detail, drop the filter", NULL, IN_ALL},
    {{CTRL('L')}, {0}, REQ_REDRAW, "Ctrl-L", NULL, "paint the screen anew", NULL, IN_ALL},
};

enum { ROWS = sizeof table / sizeof *table };

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

enum request keys_find(enum term_key_kind kind, uint32_t key, unsigned view) {
    if (kind == TERM_KEY_CODE && key == KEY_MOUSE)
        return REQ_MOUSE;
    for (size_t i = 0; i < ROWS; i++)
        if ((table[i].views & view) && row_matches(&table[i], kind, key))
            return table[i].request;
    return REQ_NONE;
}

const struct key_row *keys_at(size_t i) {
    return i < ROWS ? &table[i] : NULL;
}

const char *keys_name(const struct key_row *row, bool ascii) {
    return ascii && row->ascii_name ? row->ascii_name : row->name;
}

static int bottom_width(const struct key_row *row) {
    return text_width(row->name) + 1 + text_width(row->bottom) + 2;
}

static bool never_left_out(const struct key_row *row) {
    return row->request == REQ_HELP || row->request == REQ_QUIT;
}

void keys_draw_bottom(const struct canvas *c, int y, int columns, unsigned view) {
    int left = columns - 1;
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].bottom && (table[i].views & view) && never_left_out(&table[i]))
            left -= bottom_width(&table[i]);
    int x = 1;
    bool full = false;
    for (size_t i = 0; i < ROWS; i++) {
        const struct key_row *row = &table[i];
        if (!row->bottom || !(row->views & view))
            continue;
        if (!never_left_out(row)) {
            left -= bottom_width(row);
            full = full || left < 0;
            if (full)
                continue;
        }
        x += draw_text(c, y, x, columns - x, INK_KEY, keys_name(row, c->ascii)) + 1;
        x += draw_text(c, y, x, columns - x, INK_DIM, row->bottom) + 2;
    }
}
