#include "ui/shelf.h"

#include <string.h>

#include "ui/ui.h"

void shelf_init(struct shelf *shelf, const struct ui_ports *ports) {
    *shelf = (struct shelf){.ports = ports};
}

void shelf_fini(struct shelf *shelf) {
    ledger_page_drop(shelf->page);
    shelf->page = NULL;
}

bool shelf_is_read(const struct shelf *shelf) {
    return shelf->ports->ask_page != NULL;
}

static bool is_same_list(const struct page_question *a, const struct page_question *b) {
    return a->upto == b->upto && strcmp(a->filter, b->filter) == 0;
}

bool shelf_take(struct shelf *shelf) {
    const struct ledger_page *page = shelf->ports->pages ? mailbox_take(shelf->ports->pages) : NULL;
    if (!page)
        return false;
    ledger_page_drop(shelf->page);
    shelf->page = page;
    if (is_same_list(&page->question, &shelf->asked) && page->question.at == shelf->asked.at)
        shelf->waiting = page->unread > 0 && !page->trouble[0];
    return true;
}

/* A page is all of a short list, or holds the places that are wanted. */
static bool is_there(const struct ledger_page *page, const struct page_question *q, uint64_t first,
                     uint64_t n) {
    if (!page || !is_same_list(&page->question, q) || page->unread > 0)
        return false;
    return page_question_covers(&page->question, first, n) ||
           (page->first <= first && page->first + page->n >= page->total);
}

void shelf_want(struct shelf *shelf, struct page_question *q, uint64_t first, uint64_t n) {
    q->at = first + n / 2;
    bool on_its_way = shelf->waiting && is_same_list(&shelf->asked, q) &&
                      page_question_covers(&shelf->asked, first, n);
    if (!shelf_is_read(shelf) || on_its_way || is_there(shelf->page, q, first, n))
        return;
    if (!shelf->ports->ask_page(shelf->ports->reader, q))
        return; /* it has enough to do: asked with the next frame */
    shelf->asked = *q;
    shelf->waiting = true;
}

const struct ledger_page *shelf_page(const struct shelf *shelf, const char *filter) {
    return shelf->page && strcmp(shelf->page->question.filter, filter) == 0 ? shelf->page : NULL;
}
