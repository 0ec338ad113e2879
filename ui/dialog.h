/* A question over the screen that waits for a person: what it is about, what is to be chosen or typed,
 * and two buttons. It keeps the stray key out:
 *
 *   - keys that were typed ahead are thrown away, and for DIALOG_GUARD_MS every key but Esc is;
 *   - the default is Cancel: Enter on an untouched dialog cancels it;
 *   - what does harm asks for a text (dialog_match()), and nothing confirms it before that text stands
 *     there, letter by letter.
 *
 * Knows nothing of what it asks: ui/acting.h fills it. */
#ifndef GONOGO_UI_DIALOG_H
#define GONOGO_UI_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/field.h"
#include "ui/pager.h"
#include "ui/view.h"

enum {
    DIALOG_GUARD_MS = 500,
    DIALOG_ITEMS = 4,
    DIALOG_OPTIONS = 24,
    DIALOG_UNCHOSEN = -1,
};

struct dialog_item {
    const char *label;
    /* A choice, when there are options; they are borrowed. */
    const char *options[DIALOG_OPTIONS];
    size_t n_options;
    int chosen; /* index, or DIALOG_UNCHOSEN */
    /* Otherwise a text. */
    struct field field;
    char match[FIELD_CAP]; /* it has to be exactly this; "" = anything */
    bool needed;           /* it may not be empty, or left unchosen */
};

struct dialog {
    bool open;
    char title[128];
    char verb[32];      /* of the button that does it; "" = there is nothing to do but close */
    char note[800];     /* why it did not go on */
    struct pager about; /* what it is about; scrolls */
    struct dialog_item items[DIALOG_ITEMS];
    size_t n_items;
    size_t at; /* which has the cursor: an item, then Cancel, then the verb */
    bool touched;
    int64_t opened_ms;                /* mono */
    struct area drawn, cancel, doing; /* where: for the mouse */
};

enum dialog_answer { DIALOG_OPEN, DIALOG_CANCELLED, DIALOG_DONE };

void dialog_fini(struct dialog *d);
/* Shut, empty. */
void dialog_clear(struct dialog *d);
/* A row of what is asked; fields are set by the caller. NULL when there is no room. */
struct dialog_item *dialog_add(struct dialog *d, const char *label);
/* `verb` "" = only to be read. */
void dialog_start(struct dialog *d, const char *title, const char *verb, int64_t mono_ms);
void dialog_close(struct dialog *d);

enum dialog_answer dialog_key(struct dialog *d, enum term_key_kind kind, uint32_t key,
                              int64_t mono_ms);
enum dialog_answer dialog_point(struct dialog *d, struct pointer at, int64_t mono_ms);
/* ms until the guard lets keys in; 0 = it does. */
int64_t dialog_guard_ms(const struct dialog *d, int64_t mono_ms);

void dialog_draw(struct dialog *d, const struct canvas *c, struct area body, int64_t mono_ms);

#endif
