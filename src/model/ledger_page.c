#include "src/model/ledger_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/speak.h"

/* The page begins half a page before the place that it is around. */
static uint64_t first_of(const struct page_question *q) {
    return q->at > PAGE_ENTRIES / 2 ? q->at - PAGE_ENTRIES / 2 : 0;
}

bool page_question_covers(const struct page_question *q, uint64_t first, uint64_t n) {
    return first >= first_of(q) && first + n <= first_of(q) + PAGE_ENTRIES;
}

struct ledger_page *ledger_page_new(const struct page_question *q) {
    struct ledger_page *page = mem_zero(1, sizeof *page);
    atomic_init(&page->refs, 1);
    page->question = *q;
    page->first = first_of(q);
    return page;
}

static _Atomic unsigned *refs_of(const struct ledger_page *page) {
    return &((struct ledger_page *)(uintptr_t)page)->refs;
}

const struct ledger_page *ledger_page_keep(const struct ledger_page *page) {
    atomic_fetch_add_explicit(refs_of(page), 1, memory_order_relaxed);
    return page;
}

void ledger_page_drop(const struct ledger_page *page) {
    if (!page || atomic_fetch_sub_explicit(refs_of(page), 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < page->n; i++)
        record_drop(page->records[i]);
    free((void *)(uintptr_t)page);
}

const struct record *ledger_page_at(const struct ledger_page *page, uint64_t place) {
    return place >= page->first && place - page->first < page->n
               ? page->records[place - page->first]
               : NULL;
}

void ledger_page_when(const struct record *r, char *dst, size_t cap) {
    char when[32];
    when_rfc3339(r->at_ms, when, sizeof when);
    snprintf(dst, cap, "%.10s %.8sZ", when, when + 11);
}

bool ledger_page_shows(const char *filter, const struct record *r) {
    char when[32], line[1024], number[24], user[4 * RECORD_NAME_CAP];
    if (!*filter)
        return true;
    ledger_page_when(r, when, sizeof when);
    speak_line(r, line, sizeof line);
    text_safe(user, sizeof user, r->user, strlen(r->user));
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->seq);
    const char *const texts[] = {number, when,   line,     user, record_kind_name(r->kind),
                                 r->run, r->who, r->target};
    return filter_passes(filter, texts, sizeof texts / sizeof *texts);
}
