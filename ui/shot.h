/* A picture of the screen as it stands, as text, ANSI or SVG. */
#ifndef GONOGO_UI_SHOT_H
#define GONOGO_UI_SHOT_H

#include "src/base/buf.h"
#include "ui/draw.h"

struct shot; /* owns what it shows: may be written on another thread */

/* Of what was drawn last. */
struct shot *shot_take(const struct canvas *c);
void shot_free(struct shot *s); /* NULL is fine */

enum shot_form { SHOT_TEXT, SHOT_ANSI, SHOT_SVG, SHOT_FORMS };
/* "txt", "ansi", "svg": the end of a file's name. */
const char *shot_ending(enum shot_form form);
void shot_write(const struct shot *s, enum shot_form form, struct buf *out);

#endif
