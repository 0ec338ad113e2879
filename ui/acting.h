/* What people do on the screen: votes, ticks, waivers, plans. Each is a dialog (ui/dialog.h) that becomes
 * an intent; nothing happens by a key alone. The engine judges the intent again and has the last word:
 * what came of it is told when it comes back. */
#ifndef GONOGO_UI_ACTING_H
#define GONOGO_UI_ACTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/ui.h"
#include "ui/view.h"

struct acting;

struct acting *acting_new(const struct ui_ports *ports);
void acting_free(struct acting *a); /* NULL is fine */

/* Is it one that opens a dialog? */
bool acting_takes(enum request request);
/* Opens it. `ctx` has the newest snapshot; `gate` is the one in focus, or -1. False: it cannot be done
 * now, and `why` (safe) says why. */
bool acting_open(struct acting *a, const struct view_ctx *ctx, enum request request, int gate,
                 char *why, size_t cap);
/* The same for leaving while a plan is carried out; false when nothing is to be asked. */
bool acting_open_quit(struct acting *a, const struct view_ctx *ctx);
bool acting_is_open(const struct acting *a);
void acting_cancel(struct acting *a);

/* What the loop has to do. */
enum acting_next { ACTING_NOTHING, ACTING_SAY, ACTING_SHOW_RUNS, ACTING_QUIT };

/* Keys and presses of the mouse for the open dialog. ACTING_SAY and ACTING_SHOW_RUNS fill `say`. */
enum acting_next acting_key(struct acting *a, const struct view_ctx *ctx, enum term_key_kind kind,
                            uint32_t key, char *say, size_t cap);
enum acting_next acting_point(struct acting *a, const struct view_ctx *ctx, struct pointer at,
                              char *say, size_t cap);
/* A new snapshot: shows the open dialog anew when it matters, tells what came of what was sent. */
enum acting_next acting_follow(struct acting *a, const struct view_ctx *ctx, char *say, size_t cap);

void acting_draw(struct acting *a, const struct canvas *c, struct area body);
/* ms until it must be drawn again though nothing happens; -1 = not before something does. */
int64_t acting_patience_ms(const struct acting *a);

#endif
