/* A page of the ledger, for who shows it and must not wait for a disk: what is asked of the reader
 * (engine/reader.h), and what it answers. The list that is asked for is a ledger's entries, the newest
 * first, or those of them that a filter lets through; places in it count from 0. */
#ifndef GONOGO_MODEL_LEDGER_PAGE_H
#define GONOGO_MODEL_LEDGER_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/filter.h"
#include "src/model/record.h"

enum { PAGE_ENTRIES = 256 }; /* some four screens; 1 MB of records */

struct page_question {
    char filter[FILTER_CAP]; /* filter.h; "" = all entries */
    uint64_t upto;           /* newer ones do not count; 0 = all that are there */
    uint64_t at;             /* the place that the page has to be around */
};

/* Does the page that answers `q` hold the places from `first` on, `n` of them? */
bool page_question_covers(const struct page_question *q, uint64_t first, uint64_t n);

/* Never changed once it was sent; shared by reference. */
struct ledger_page {
    _Atomic unsigned refs;
    struct page_question question; /* that it answers */
    uint64_t upto;                 /* the newest entry that counts */
    uint64_t unread;               /* entries that the filter was not held against yet */
    uint64_t total;                /* places in the list, as far as is known */
    uint64_t first;                /* place of the first of `records` */
    size_t n;
    const struct record *records[PAGE_ENTRIES]; /* owned references */
    char trouble[320];                          /* safe: why it could not be read; "" = it could */
};

struct ledger_page *ledger_page_new(const struct page_question *q); /* one reference */
const struct ledger_page *ledger_page_keep(const struct ledger_page *page);
void ledger_page_drop(const struct ledger_page *page); /* NULL is fine */
/* Borrowed; NULL = it is not on this page. */
const struct record *ledger_page_at(const struct ledger_page *page, uint64_t place);

/* Is it one that the filter lets through? It looks at what a row of the screen says, and at the kind, the
 * run and the version. */
bool ledger_page_shows(const char *filter, const struct record *r);
/* "2026-02-26 14:03:27Z": how lists of entries write the time. */
void ledger_page_when(const struct record *r, char *dst, size_t cap);

#endif
