/* What every list on the screen has: how many rows, which is selected, which is the first shown. */
#ifndef GONOGO_UI_LIST_H
#define GONOGO_UI_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/keys.h"

struct list {
    size_t count;
    size_t selected; /* < count, or 0 */
    size_t top;
    size_t rows; /* shown at once */
    bool active; /* the selection is shown: somebody moved it */
};

/* Before drawing: how many there are, and how many fit. Keeps the selection in sight. */
void list_fit(struct list *l, size_t count, int rows);
/* Moves as the request says; false when it is no movement. */
bool list_move(struct list *l, enum request request);
/* Scrolls (a wheel) without losing the selection out of sight. */
void list_scroll(struct list *l, int by);
/* The entry on the shown row `row`; false when there is none. */
bool list_pick(struct list *l, int row);
/* "3–12 of 40", or "" when all are shown. */
void list_note(const struct list *l, bool ascii, char *dst, size_t cap);

#endif
