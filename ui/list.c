#include "ui/list.h"

#include <stdio.h>

static void keep_in_sight(struct list *l) {
    size_t rows = l->rows ? l->rows : 1;
    if (l->selected >= l->count)
        l->selected = l->count ? l->count - 1 : 0;
    if (l->selected < l->top)
        l->top = l->selected;
    if (l->selected >= l->top + rows)
        l->top = l->selected - rows + 1;
    if (l->top + rows > l->count)
        l->top = l->count > rows ? l->count - rows : 0;
}

void list_fit(struct list *l, size_t count, int rows) {
    l->count = count;
    l->rows = rows > 0 ? (size_t)rows : 0;
    keep_in_sight(l);
}

bool list_move(struct list *l, enum request request) {
    size_t page = l->rows > 1 ? l->rows - 1 : 1;
    size_t last = l->count ? l->count - 1 : 0;
    size_t at = l->selected;
    switch (request) {
    case REQ_UP:
        at -= at > 0;
        break;
    case REQ_DOWN:
        at += at < last;
        break;
    case REQ_PAGE_UP:
        at = at > page ? at - page : 0;
        break;
    case REQ_PAGE_DOWN:
        at = at + page < last ? at + page : last;
        break;
    case REQ_FIRST:
        at = 0;
        break;
    case REQ_LAST:
        at = last;
        break;
    default:
        return false;
    }
    /* The first movement shows where the selection is, and moves nothing but by pages. */
    if (l->active || (request != REQ_UP && request != REQ_DOWN))
        l->selected = at;
    l->active = true;
    keep_in_sight(l);
    return true;
}

void list_scroll(struct list *l, int by) {
    size_t step = (size_t)(by < 0 ? -by : by);
    size_t top_max = l->count > l->rows ? l->count - l->rows : 0;
    l->top = by < 0 ? (l->top > step ? l->top - step : 0)
                    : (l->top + step < top_max ? l->top + step : top_max);
    if (l->selected < l->top)
        l->selected = l->top;
    if (l->rows && l->selected >= l->top + l->rows)
        l->selected = l->top + l->rows - 1;
}

bool list_pick(struct list *l, int row) {
    if (row < 0 || (size_t)row >= l->rows || l->top + (size_t)row >= l->count)
        return false;
    l->selected = l->top + (size_t)row;
    l->active = true;
    return true;
}

void list_note(const struct list *l, bool ascii, char *dst, size_t cap) {
    dst[0] = '\0';
    if (l->count > l->rows) {
        snprintf(dst, cap, "%zu%s%zu of %zu", l->top + 1, ascii ? "-" : "–", l->top + l->rows,
                 l->count);
    }
}
