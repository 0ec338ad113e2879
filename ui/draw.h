/* Drawing into the frame: text clipped by columns, boxes, bars, sparklines, the verdict's letters.
 * Everything is clipped by the canvas; any size from 1×1 is fine. Text is safe text (base/text.h). */
#ifndef GONOGO_UI_DRAW_H
#define GONOGO_UI_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "ui/theme.h"

struct area {
    int y, x, rows, cols;
};

struct canvas {
    int rows, cols;
    bool ascii;    /* the locale is not UTF-8 */
    bool selected; /* what is drawn now belongs to the selected row */
    struct theme theme;
};

enum sign {
    SIGN_PASS,
    SIGN_FAIL,
    SIGN_WAIT,
    SIGN_UNKNOWN,
    SIGN_WAIVED,
    SIGN_CLOSED,
    SIGN_ALERT,
    SIGN_LIVE,
    SIGN_PAUSED,
    SIGN_ARROW,
    SIGN_DOT,
    SIGN_DASH,
    SIGN_MORE,
    SIGN_OPEN_FOLD,
    SIGN_SHUT_FOLD,
    SIGN_DOWN,
    SIGN_UP,
    SIGN_ELLIPSIS,
    SIGN_CURSOR,
};

/* The sign in this locale: one column in UTF-8, one or two in ASCII. */
const char *draw_sign(const struct canvas *c, enum sign sign);

/* All return the columns used. Longer text ends in an ellipsis. */
int draw_text(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *text);
int draw_textf(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *format,
               ...) __attribute__((format(printf, 6, 7)));
/* Ends at column x + columns. */
int draw_right(const struct canvas *c, int y, int x, int columns, enum ink ink, const char *text);
void draw_glyph(const struct canvas *c, int y, int x, enum ink ink, wchar_t sign);
void draw_blank(const struct canvas *c, int y, int x, int columns);

/* A frame with a title at the left and a note at the right (NULL = none). Returns the inside. */
struct area draw_box(const struct canvas *c, struct area a, const char *title, const char *note,
                     bool focused);
/* For a list that fills the screen: only the upper edge, and no frame's bytes in each of its rows. */
struct area draw_sheet(const struct canvas *c, struct area a, const char *title, const char *note,
                       bool focused);
/* A box, filled with blanks first: for what lies over something else. */
struct area draw_panel(const struct canvas *c, struct area a, const char *title, const char *note);

/* The newest `columns` points, oldest first; UINT16_MAX is a gap. */
void draw_spark(const struct canvas *c, int y, int x, int columns, const uint16_t *points,
                size_t n);
void draw_bar(const struct canvas *c, int y, int x, int columns, int permille, enum ink ink);

enum { BIG_ROWS = 5 };
/* GO, HOLD, NO-GO in letters of BIG_ROWS·scale rows. */
void draw_big(const struct canvas *c, int y, int x, int scale, enum ink ink, const char *word);
int draw_big_width(const char *word, int scale);

/* "now", "20 s", "4 m", "3 h", "2 d": ages that rest as long as they can. `cap` ≥ 16. */
void draw_age_text(int64_t ms, char *dst, size_t cap);

#endif
