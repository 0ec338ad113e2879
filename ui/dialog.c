#include "ui/dialog.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

enum {
    COLS_MAX = 104,
    LABEL_COLS = 16, /* as the pager's */
    MARGIN = 2,
    AROUND_ROWS = 5, /* two of the frame, a blank, the note, the buttons */
    ABOUT_MIN = 3,
};

void dialog_fini(struct dialog *d) {
    pager_fini(&d->about);
}

void dialog_clear(struct dialog *d) {
    struct pager about = d->about;
    pager_clear(&about);
    about.top = 0;
    *d = (struct dialog){.about = about};
}

struct dialog_item *dialog_add(struct dialog *d, const char *label) {
    if (d->n_items == DIALOG_ITEMS)
        return NULL;
    struct dialog_item *item = &d->items[d->n_items++];
    *item = (struct dialog_item){.label = label, .chosen = DIALOG_UNCHOSEN};
    return item;
}

/* Behind the items: Cancel, and the button that does it. */
static size_t cancel_at(const struct dialog *d) {
    return d->n_items;
}

static size_t verb_at(const struct dialog *d) {
    return d->n_items + 1;
}

static size_t last_at(const struct dialog *d) {
    return d->verb[0] ? verb_at(d) : cancel_at(d);
}

void dialog_start(struct dialog *d, const char *title, const char *verb, int64_t mono_ms) {
    snprintf(d->title, sizeof d->title, "%s", title);
    snprintf(d->verb, sizeof d->verb, "%s", verb);
    d->opened_ms = mono_ms;
    d->at = 0; /* the first item, or Cancel when there is none */
    d->touched = false;
    d->note[0] = '\0';
    d->open = true;
}

void dialog_close(struct dialog *d) {
    d->open = false;
}

int64_t dialog_guard_ms(const struct dialog *d, int64_t mono_ms) {
    int64_t left = d->opened_ms + DIALOG_GUARD_MS - mono_ms;
    return left > 0 ? left : 0;
}

/* ---- is it all there? ---- */

/* What is missing, or NULL. */
static const char *lack(const struct dialog_item *item, char *dst, size_t cap) {
    if (item->n_options > 0) {
        if (!item->needed || item->chosen != DIALOG_UNCHOSEN)
            return NULL;
        snprintf(dst, cap, "%s: choose one (arrows, or its first letter)", item->label);
    } else if (item->match[0]) {
        if (strcmp(item->field.text, item->match) == 0)
            return NULL;
        snprintf(dst, cap, item->field.text[0] ? "that is not %s" : "type %s to go on",
                 item->match);
    } else {
        if (!item->needed || item->field.text[strspn(item->field.text, " ")])
            return NULL;
        snprintf(dst, cap, "%s: may not be empty", item->label);
    }
    return dst;
}

static enum dialog_answer submit(struct dialog *d) {
    d->note[0] = '\0';
    if (!d->verb[0])
        return DIALOG_CANCELLED;
    for (size_t i = 0; i < d->n_items; i++) {
        if (lack(&d->items[i], d->note, sizeof d->note)) {
            d->at = i;
            return DIALOG_OPEN;
        }
    }
    return DIALOG_DONE;
}

/* On an item: to the next one, and from the last to the deed. */
static enum dialog_answer enter(struct dialog *d) {
    if (d->at == cancel_at(d) || (!d->touched && d->at < d->n_items))
        return DIALOG_CANCELLED;
    if (d->at + 1 < d->n_items) {
        d->note[0] = '\0';
        if (!lack(&d->items[d->at], d->note, sizeof d->note))
            d->at++;
        return DIALOG_OPEN;
    }
    return submit(d);
}

/* ---- keys ---- */

static void step(struct dialog *d, int by) {
    size_t n = last_at(d) + 1;
    d->at = (d->at + n + (size_t)(by + (int)n)) % n;
}

static void choose(struct dialog_item *item, int by) {
    int n = (int)item->n_options;
    item->chosen =
        item->chosen == DIALOG_UNCHOSEN ? (by > 0 ? 0 : n - 1) : (item->chosen + by + n) % n;
}

/* The next option that begins with this letter. */
static void choose_letter(struct dialog_item *item, uint32_t key) {
    size_t from = item->chosen == DIALOG_UNCHOSEN ? 0 : (size_t)item->chosen + 1;
    for (size_t i = 0; i < item->n_options; i++) {
        size_t at = (from + i) % item->n_options;
        if ((unsigned char)item->options[at][0] == key) {
            item->chosen = (int)at;
            return;
        }
    }
}

/* What is only to be read scrolls as every page does. */
static bool read_on(struct dialog *d, enum term_key_kind kind, uint32_t key) {
    static const struct {
        uint32_t letter, code;
        enum request request;
    } keys[] = {{'j', KEY_DOWN, REQ_DOWN},
                {'k', KEY_UP, REQ_UP},
                {'g', KEY_HOME, REQ_FIRST},
                {'G', KEY_END, REQ_LAST}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (key == (kind == TERM_KEY_TEXT ? keys[i].letter : keys[i].code))
            return pager_move(&d->about, keys[i].request);
    return false;
}

static bool move_in(struct dialog *d, enum term_key_kind kind, uint32_t key) {
    struct dialog_item *item = d->at < d->n_items ? &d->items[d->at] : NULL;
    bool choice = item && item->n_options > 0;
    if (kind == TERM_KEY_TEXT) {
        if (key == '\t')
            step(d, 1);
        else if (choice && key == ' ')
            choose(item, 1);
        else if (choice)
            choose_letter(item, key);
        else
            return false;
        return true;
    }
    switch (key) {
    case KEY_DOWN:
        step(d, 1);
        return true;
    case KEY_UP:
    case KEY_BTAB:
        step(d, -1);
        return true;
    case KEY_LEFT:
    case KEY_RIGHT:
        if (choice)
            choose(item, key == KEY_RIGHT ? 1 : -1);
        else if (!item)
            step(d, d->at == cancel_at(d) && d->verb[0] ? 1 : d->at == cancel_at(d) ? 0 : -1);
        return true;
    case KEY_PPAGE:
        return pager_move(&d->about, REQ_PAGE_UP);
    case KEY_NPAGE:
        return pager_move(&d->about, REQ_PAGE_DOWN);
    default:
        return false;
    }
}

enum dialog_answer dialog_key(struct dialog *d, enum term_key_kind kind, uint32_t key,
                              int64_t mono_ms) {
    enum { ESC = 27 };
    if (kind == TERM_KEY_TEXT && key == ESC)
        return DIALOG_CANCELLED;
    if (dialog_guard_ms(d, mono_ms) > 0)
        return DIALOG_OPEN;
    if ((kind == TERM_KEY_TEXT && (key == '\r' || key == '\n')) ||
        (kind == TERM_KEY_CODE && key == KEY_ENTER))
        return enter(d);
    d->touched = true;
    d->note[0] = '\0';
    if (!d->verb[0] && read_on(d, kind, key))
        return DIALOG_OPEN;
    if (!move_in(d, kind, key) && d->at < d->n_items && d->items[d->at].n_options == 0)
        field_key(&d->items[d->at].field, kind, key);
    return DIALOG_OPEN;
}

enum dialog_answer dialog_point(struct dialog *d, struct pointer at, int64_t mono_ms) {
    if (at.kind == POINTER_UP || at.kind == POINTER_DOWN) {
        pager_scroll(&d->about, at.kind == POINTER_UP ? -3 : 3);
        return DIALOG_OPEN;
    }
    if (pointer_is_in(at, d->cancel))
        return DIALOG_CANCELLED;
    if (dialog_guard_ms(d, mono_ms) > 0)
        return DIALOG_OPEN;
    if (d->verb[0] && pointer_is_in(at, d->doing)) {
        d->at = verb_at(d);
        return submit(d);
    }
    int first = d->cancel.y - 1 - (int)d->n_items;
    if (pointer_is_in(at, d->drawn) && at.y >= first && at.y < first + (int)d->n_items)
        d->at = (size_t)(at.y - first);
    return DIALOG_OPEN;
}

/* ---- drawing ---- */

static void draw_choice(const struct dialog_item *item, const struct canvas *c, int y, int x,
                        int columns) {
    int width = 0;
    for (size_t i = 0; i < item->n_options; i++)
        width += text_width(item->options[i]) + 6;
    if (width > columns) { /* they do not fit: the chosen one, and how many there are */
        draw_textf(c, y, x, columns, INK_STRONG, "< %s >  %d of %zu",
                   item->chosen == DIALOG_UNCHOSEN ? "none yet" : item->options[item->chosen],
                   item->chosen + 1, item->n_options);
        return;
    }
    for (size_t i = 0; i < item->n_options; i++) {
        bool is = item->chosen == (int)i;
        x += draw_textf(c, y, x, columns, is ? INK_STRONG : INK_TEXT, "%s %s", is ? "(*)" : "( )",
                        item->options[i]) +
             2;
    }
}

static void draw_item(const struct dialog *d, const struct canvas *c, size_t i, int y, int x,
                      int columns, bool live) {
    const struct dialog_item *item = &d->items[i];
    bool here = d->at == i;
    draw_text(c, y, x, 2, INK_KEY, here ? ">" : " ");
    draw_text(c, y, x + 2, LABEL_COLS - 3, here ? INK_KEY : INK_DIM, item->label);
    x += LABEL_COLS;
    columns -= LABEL_COLS;
    if (item->n_options > 0)
        draw_choice(item, c, y, x, columns);
    else
        field_draw(&item->field, c, y, x, columns, here && live);
    if (item->match[0] && !item->field.text[0]) /* what is asked for is always in sight */
        draw_textf(c, y, x + 2, columns - 2, INK_DIM, "%s", item->match);
}

static struct area draw_button(const struct canvas *c, int y, int x, bool here, const char *word) {
    struct canvas look = *c;
    char text[48];
    snprintf(text, sizeof text, "[ %s ]", word);
    draw_text(c, y, x, 2, INK_KEY, here ? ">" : " ");
    look.selected = here;
    int used = draw_text(&look, y, x + 2, 40, here ? INK_STRONG : INK_TEXT, text);
    return (struct area){y, x + 2, 1, used};
}

static void draw_buttons(struct dialog *d, const struct canvas *c, struct area in, int y) {
    bool scrolls = d->about.height > d->about.rows;
    const char *keys = !d->verb[0]  ? scrolls ? "Esc closes · PgDn scrolls" : "Esc closes"
                       : scrolls    ? "Esc cancels · Tab moves on · PgDn scrolls"
                       : d->n_items ? "Esc cancels · Tab moves on"
                                    : "Esc cancels";
    d->cancel = draw_button(c, y, in.x, d->at == cancel_at(d), d->verb[0] ? "Cancel" : "Close");
    int x = d->cancel.x + d->cancel.cols + 2;
    d->doing = (struct area){0};
    if (d->verb[0]) {
        d->doing = draw_button(c, y, x, d->at == verb_at(d), d->verb);
        x = d->doing.x + d->doing.cols + 2;
    }
    draw_right(c, y, x, in.x + in.cols - x, INK_DIM, keys);
}

void dialog_draw(struct dialog *d, const struct canvas *c, struct area body, int64_t mono_ms) {
    int cols = body.cols - 2 * MARGIN < COLS_MAX ? body.cols - 2 * MARGIN : COLS_MAX;
    int about = pager_measure(&d->about, c, cols - 4);
    int around = AROUND_ROWS + (int)d->n_items;
    int most = body.rows - around < ABOUT_MIN ? ABOUT_MIN : body.rows - around;
    int rows = around + (about < most ? about : most);
    d->drawn =
        (struct area){body.y + (body.rows - rows) / 2, body.x + (body.cols - cols) / 2, rows, cols};
    struct area in = draw_panel(c, d->drawn, d->title, NULL);
    struct area text = in;
    text.rows = in.rows - 3 - (int)d->n_items;
    pager_draw(&d->about, c, text);
    bool live = dialog_guard_ms(d, mono_ms) == 0;
    int y = in.y + in.rows - 2 - (int)d->n_items;
    for (size_t i = 0; i < d->n_items; i++)
        draw_item(d, c, i, y++, in.x, in.cols, live);
    draw_text(c, y++, in.x + 2, in.cols - 2, INK_ALERT, d->note);
    draw_buttons(d, c, in, y);
}
