/* The same frame in fewer bytes. ncurses sets colours cell by cell and resets them in three
 * sequences; here a colour is sent only when something visible needs it, changes are put together, and
 * a run of a line or a block is sent once with its number (REP), where the terminal knows it.
 *
 * ncurses, which writes into a file, sets the scroll margins for the 24 lines of its description of the
 * terminal and not for those that are there: between them a line feed on the 24th scrolls, and some
 * terminals (libvterm) delete no characters outside of them. `whole` puts that right.
 *
 * Understands ECMA-48 as ncurses speaks it; everything else passes unchanged. */
#ifndef GONOGO_UI_SQUEEZE_H
#define GONOGO_UI_SQUEEZE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"

enum { SQUEEZE_COLOUR_CAP = 24 }; /* "38;2;255;255;255" is the longest */

struct squeeze_look {
    unsigned flags; /* bit n: SGR n is on (bold, dim, reverse, …) */
    char fore[SQUEEZE_COLOUR_CAP], back[SQUEEZE_COLOUR_CAP]; /* SGR parameters, "" = its own */
};

struct squeeze {
    bool repeats;              /* the terminal knows REP */
    bool whole;                /* scroll margins are the whole screen, whatever ncurses says */
    bool known;                /* `is` holds: nobody else wrote since */
    struct squeeze_look is;    /* what the terminal was told */
    struct squeeze_look wants; /* what ncurses believes it told */
};

void squeeze_init(struct squeeze *s, bool repeats);
/* Adds the squeezed frame to `out`. `bytes` is whole: no sequence is cut at its end. */
void squeeze_frame(struct squeeze *s, const char *bytes, size_t n, struct buf *out);
/* Adds what brings the terminal's own look back. The next frame starts from scratch. */
void squeeze_end(struct squeeze *s, struct buf *out);

#endif
