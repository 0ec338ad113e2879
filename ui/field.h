/* One line of text that is typed: the filter, the command line, what a dialog asks for. */
#ifndef GONOGO_UI_FIELD_H
#define GONOGO_UI_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/draw.h"
#include "ui/term.h"

enum { FIELD_CAP = 512 };

struct field {
    size_t cap;           /* bytes with the final NUL, at most FIELD_CAP; 0 = FIELD_CAP */
    char text[FIELD_CAP]; /* valid UTF-8 without control characters */
};

enum field_answer {
    FIELD_OTHER,   /* no key of a field: movements, the mouse, Tab */
    FIELD_CHANGED, /* also when nothing could be added or taken away */
    FIELD_ENTER,
    FIELD_ESCAPE,
};

void field_set(struct field *f, const char *text);
/* Characters, Backspace, Ctrl-W (the last word), Ctrl-U (all). */
enum field_answer field_key(struct field *f, enum term_key_kind kind, uint32_t key);

/* The end of the text when it is longer than the columns; `live`: with a cursor behind it. */
void field_draw(const struct field *f, const struct canvas *c, int y, int x, int columns,
                bool live);

#endif
