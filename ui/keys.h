/* Keys become requests before any view sees them. One table holds the key, the request, the words
 * for the help screen, the words for the bottom line and the views that listen: a new key is one row.
 * The actions of the configuration are rows too: where people act (IN_ACTING) their keys come first, so
 * that a kill switch may have k, which elsewhere moves up. Where runs are watched (IN_RUNS)
 * they come last: who sees a promote go wrong rolls back from there. */
#ifndef GONOGO_UI_KEYS_H
#define GONOGO_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/policy.h"
#include "ui/draw.h"
#include "ui/term.h"

enum request {
    REQ_NONE,
    REQ_UP,
    REQ_DOWN,
    REQ_LEFT,
    REQ_RIGHT,
    REQ_PAGE_UP,
    REQ_PAGE_DOWN,
    REQ_FIRST,
    REQ_LAST,
    REQ_OPEN,
    REQ_BACK,
    REQ_NEXT_PANE,
    REQ_FILTER,
    REQ_SORT_LEFT,
    REQ_SORT_RIGHT,
    REQ_SORT_TURN,
    REQ_FOLD,
    REQ_BOARD,
    REQ_SOURCES,
    REQ_SLOS,
    REQ_LOGS,
    REQ_RUNS,
    REQ_ROLLOUT,
    REQ_LEDGER,
    REQ_NEXT_BAD,
    REQ_PREVIOUS_BAD,
    REQ_MEETING,
    REQ_COMMAND,
    REQ_SAVE,
    REQ_VOTE,
    REQ_TICK,
    REQ_WAIVE,
    REQ_DECIDE,
    REQ_STOP,
    REQ_PAUSE,
    REQ_POLL,
    REQ_THEME,
    REQ_HELP,
    REQ_REDRAW,
    REQ_QUIT,
    REQ_MOUSE,  /* never in the table: the loop reads the event */
    REQ_ACTION, /* the last: REQ_ACTION + i opens the plan of the policy's action i */
};

/* Which views a row belongs to. */
enum view_flag {
    IN_BOARD = 1,
    IN_SOURCES = 2,
    IN_SLOS = 4,
    IN_ROLLOUT = 8,
    IN_LOGS = 16,
    IN_RUNS = 32,
    IN_LEDGER = 64,
    IN_MEETING = 128,
    IN_HELP = 256,
    IN_ALL = 511,
    IN_ACTING = IN_BOARD | IN_ROLLOUT | IN_MEETING,
};

struct key_row {
    uint32_t codes[3]; /* characters; 0 ends */
    int functions[2];  /* KEY_ codes; 0 ends */
    enum request request;
    const char *name;       /* "↑ k": for the help screen */
    const char *ascii_name; /* NULL = the same */
    const char *help;       /* what it does */
    const char *bottom;     /* for the bottom line, without the key; NULL = not there */
    const char *command;    /* its name behind `:`; NULL = not there */
    unsigned views;
};

struct keys;

/* Borrows the policy. */
struct keys *keys_new(const struct policy *policy);
void keys_free(struct keys *k); /* NULL is fine */

enum request keys_find(const struct keys *k, enum term_key_kind kind, uint32_t key, unsigned view);
/* The i-th row, NULL behind the last. */
const struct key_row *keys_at(const struct keys *k, size_t i);
const char *keys_name(const struct key_row *row, bool ascii);

/* Commands: what `:` runs. The i-th whose name begins with `typed`, NULL behind the last. */
const struct key_row *keys_command(const struct keys *k, unsigned view, const char *typed,
                                   size_t i);
/* What `typed` stands for: the command of that name, or the only one that begins so; NULL = neither. */
const struct key_row *keys_named(const struct keys *k, unsigned view, const char *typed);

/* The keys of a view, as many as the line holds. */
void keys_draw_bottom(const struct keys *k, const struct canvas *c, int y, int columns,
                      unsigned view);

#endif
