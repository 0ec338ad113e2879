/* Inks: what a piece of text is, not which colour it has. A theme gives each ink a look on this
 * terminal: none, 8, 16, 256 or 16 million colours, on a dark or a light background. Nothing is told
 * by colour alone, so every theme shows the same board. */
#ifndef GONOGO_UI_THEME_H
#define GONOGO_UI_THEME_H

#include <stdbool.h>

enum ink {
    INK_TEXT,
    INK_DIM,
    INK_FRAME,
    INK_TITLE,
    INK_STRONG,
    INK_PASS,
    INK_FAIL,
    INK_WAIT,
    INK_UNKNOWN,
    INK_KEY,
    INK_ALERT,
    INK_COUNT,
};

enum theme_look { THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_LOOKS };

struct theme {
    enum theme_look look;
    bool colours; /* the terminal has some, and NO_COLOR is not set */
    int level;    /* how many colours it has, rounded down to 8, 16, 256 or 1 << 24 */
};

/* After the terminal was entered. Light or dark is guessed from $COLORFGBG; dark when it is silent. */
void theme_init(struct theme *t);
void theme_next(struct theme *t);
const char *theme_name(const struct theme *t);
/* Sets the ink for what is written next into the window that ncurses calls stdscr. */
void theme_use(const struct theme *t, enum ink ink, bool selected);

enum { SHADE_OWN = -1 }; /* the terminal's, or the page's */

/* What a cell that theme_use() coloured looks like, for pictures of the screen: in as many colours as
 * the theme has, however few the terminal has. */
struct shade {
    int fore, back;         /* 0xRRGGBB or SHADE_OWN */
    int fore_256, back_256; /* xterm's palette or SHADE_OWN */
    bool bold, dim, reverse;
};
/* `attrs` and `pair` as ncurses tells them of the cell. */
struct shade theme_shade(const struct theme *t, unsigned long attrs, int pair);
/* The page itself: `fore` and `back` are never SHADE_OWN. */
struct shade theme_page(const struct theme *t);

#endif
