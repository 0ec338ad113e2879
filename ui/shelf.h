/* Pages of the ledger as a view has them: which was asked for, which came last. Nothing here waits. */
#ifndef GONOGO_UI_SHELF_H
#define GONOGO_UI_SHELF_H

#include <stdbool.h>

#include "src/model/ledger_page.h"

struct ui_ports;

struct shelf {
    const struct ui_ports *ports;
    const struct ledger_page *page; /* owned; NULL = none came yet */
    struct page_question asked;
    bool waiting; /* for what was asked */
};

void shelf_init(struct shelf *shelf, const struct ui_ports *ports);
void shelf_fini(struct shelf *shelf);
/* Is there somebody who reads pages? */
bool shelf_is_read(const struct shelf *shelf);
/* Takes what came in; true when something did. */
bool shelf_take(struct shelf *shelf);
/* The list as `q` has it, places `first` to `first + n`: asks for the page when it is neither there nor on
 * its way. q->at is set here. */
void shelf_want(struct shelf *shelf, struct page_question *q, uint64_t first, uint64_t n);
/* The newest page of the list with this filter, borrowed until shelf_take(); NULL = none. */
const struct ledger_page *shelf_page(const struct shelf *shelf, const char *filter);

#endif
