/* The terminal: who enters it leaves it as it was, whatever happens in between.
 *
 * ncurses paints into a file in memory; the bytes go to the terminal from here, without ever
 * blocking. So a terminal that is slow, stopped (Ctrl-S) or gone cannot hold the loop, and a frame
 * is started only when the one before has left: frames never pile up. Signals: ui/signals.h. */
#ifndef GONOGO_UI_TERM_H
#define GONOGO_UI_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"

struct terminal;

enum term_key_kind { TERM_KEY_NONE, TERM_KEY_TEXT, TERM_KEY_CODE };

/* Can $TERM be painted at all: does it know how to move the cursor? False: a line at a time is all
 * that it takes (TERM=dumb, or a type that is not known). */
bool term_can_paint(void);

/* Takes the terminal over; NULL and `err` when stdin or stdout is none. One at a time. */
struct terminal *term_enter(struct err *err);
void term_leave(struct terminal *t); /* NULL is fine */

void term_size(const struct terminal *t, int *rows, int *cols);
void term_resize(struct terminal *t); /* asks for the size and takes it over */
/* Leaves, stops as SIGTSTP does, and enters again when continued. */
void term_suspend(struct terminal *t);
/* Modes as they should be (a shell may have changed them), everything painted anew. */
void term_resume(struct terminal *t);
void term_repaint(struct terminal *t); /* the next frame is painted in full */

int term_in_fd(const struct terminal *t);
int term_out_fd(const struct terminal *t);
/* Is the frame before still on its way? Then poll for writing, and flush. */
bool term_busy(const struct terminal *t);
bool term_flush(struct terminal *t); /* false: the terminal is gone */
bool term_paint(struct terminal *t); /* one doupdate; false: the terminal is gone */

/* The next key, never waiting (but ESCDELAY for a lone Esc): a character, or a KEY_ code. */
enum term_key_kind term_key(struct terminal *t, uint32_t *key);
/* Throws away what was typed and not yet read. */
void term_discard_keys(struct terminal *t);

#endif
