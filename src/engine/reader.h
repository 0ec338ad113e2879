/* The reader: a thread that reads pages of the ledger for a screen, which must never wait for a disk.
 * Questions go in by a bounded queue; of several that wait only the newest is answered. Pages come out by
 * a mailbox, the newest wins. A filter is held against the newest entries first, and what was found is
 * told while the search goes on; a question that comes meanwhile ends it. What is shown was checked:
 * each entry's hash and its link to the one before. */
#ifndef GONOGO_ENGINE_READER_H
#define GONOGO_ENGINE_READER_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/base/mailbox.h"
#include "src/base/wake.h"
#include "src/model/ledger_page.h"
#include "src/model/policy.h"

struct reader;

/* `policy` has a ledger's file. Each page signals `wake` (may be NULL). All borrowed until reader_stop().
 * NULL only when no thread could be had. */
struct reader *reader_start(const struct policy *policy, const struct clock *clock,
                            struct wake *wake, struct err *err);
/* Never blocks; false when it was not taken: ask again later. `self` is the reader. */
bool reader_ask(void *self, const struct page_question *question);
struct mailbox *reader_pages(struct reader *reader); /* of const struct ledger_page */
void reader_stop(struct reader *reader);             /* ends and joins; NULL is fine */

#endif
