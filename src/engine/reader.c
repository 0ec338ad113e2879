#include "src/engine/reader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"
#include "src/engine/ledger.h"

enum {
    INBOX_MAX = 16,
    STRETCH = 2048,       /* entries between two looks at the inbox: some 10 ms */
    TELL_MS = 100,        /* how often a search says how far it is */
    FOUND_MAX = 1 << 20,  /* entries that a filter may find: 8 MB of numbers, and no one reads on */
    FOUND_FIRST = 1 << 10 /* room for so many at first */
};

/* What a filter has found: the numbers of the entries, the newest first. */
struct found {
    char filter[FILTER_CAP];
    uint64_t high, low; /* it was held against low … high */
    uint64_t *seqs;
    size_t n, size;
};

struct reader {
    const struct policy *policy;
    const struct clock *clock;
    struct queue *inbox;
    struct mailbox pages;
    pthread_t thread;

    /* The thread's own. */
    struct ledger *ledger; /* NULL = not open */
    struct found found;
};

static void drop_page(void *page) {
    ledger_page_drop(page);
}

static bool is_wanted(struct reader *r) {
    return queue_len(r->inbox) == 0 && !queue_closed(r->inbox);
}

/* ---- entries ---- */

struct stretch {
    const struct record **into;
    size_t n, cap;
};

static bool take(void *self, const struct record *record) {
    struct stretch *s = self;
    s->into[s->n++] = record_keep(record);
    return s->n < s->cap;
}

/* Entries from number `from` on, `n` of them, onto the page; those that the ledger has. */
static enum err_code read_onto(struct reader *r, struct ledger_page *page, uint64_t from, size_t n,
                               struct err *err) {
    struct stretch s = {page->records + page->n, 0, n};
    enum err_code code = n > 0 ? ledger_each(r->ledger, from, take, &s, err) : ERR_OK;
    page->n += s.n;
    return code;
}

/* The whole list: its places are numbers, counted from the end. */
static enum err_code fill_plain(struct reader *r, struct ledger_page *page, struct err *err) {
    uint64_t first = page->first, n = page->upto > first ? page->upto - first : 0;
    n = n < PAGE_ENTRIES ? n : PAGE_ENTRIES;
    page->total = page->upto;
    enum err_code code = read_onto(r, page, page->upto - first - n + 1, (size_t)n, err);
    for (size_t i = 0; i < page->n / 2; i++) { /* they were read from the oldest on */
        const struct record *swap = page->records[i];
        page->records[i] = page->records[page->n - 1 - i];
        page->records[page->n - 1 - i] = swap;
    }
    return code;
}

static enum err_code fill_found(struct reader *r, struct ledger_page *page, struct err *err) {
    struct found *f = &r->found;
    enum err_code code = ERR_OK;
    page->total = f->n;
    page->unread = (f->n < FOUND_MAX ? f->low - 1 : 0) + (page->upto - f->high);
    for (size_t i = page->first; code == ERR_OK && i < f->n && page->n < PAGE_ENTRIES; i++)
        code = read_onto(r, page, f->seqs[i], 1, err);
    if (code != ERR_OK)
        f->low = 0; /* what it found holds no more */
    return code;
}

/* ---- searching ---- */

struct search {
    const char *filter;
    uint64_t until; /* the last number of the stretch */
    uint64_t *seqs; /* found, the oldest first */
    size_t n;
};

static bool look(void *self, const struct record *record) {
    struct search *s = self;
    if (ledger_page_shows(s->filter, record))
        s->seqs[s->n++] = record->seq;
    return record->seq < s->until;
}

/* Room for as many more as a stretch may hold. */
static void make_room(struct found *f) {
    size_t size = f->size ? f->size : FOUND_FIRST;
    while (size < f->n + STRETCH)
        size *= 2;
    if (size != f->size)
        f->seqs = mem_resize(f->seqs, size, sizeof *f->seqs);
    f->size = size;
}

/* Holds the filter against from … until; what is found goes in front of what was found, or behind it. */
static enum err_code search(struct reader *r, uint64_t from, uint64_t until, bool in_front,
                            struct err *err) {
    struct found *f = &r->found;
    uint64_t seqs[STRETCH];
    struct search s = {f->filter, until, seqs, 0};
    if (ledger_each(r->ledger, from, look, &s, err) != ERR_OK)
        return err->code;
    make_room(f);
    if (in_front)
        memmove(f->seqs + s.n, f->seqs, f->n * sizeof *f->seqs);
    for (size_t i = 0; i < s.n; i++)
        f->seqs[(in_front ? 0 : f->n) + i] = seqs[s.n - 1 - i];
    f->n += s.n;
    return ERR_OK;
}

static void begin_search(struct found *f, const struct ledger_page *page) {
    if (strcmp(f->filter, page->question.filter) == 0 && f->low > 0 && page->upto >= f->high)
        return; /* the same goes on */
    memcpy(f->filter, page->question.filter, sizeof f->filter);
    f->n = 0;
    f->high = page->upto;
    f->low = page->upto + 1;
}

/* One more stretch. *done: there is none. */
static enum err_code search_on(struct reader *r, uint64_t upto, bool *done, struct err *err) {
    struct found *f = &r->found;
    enum err_code code = ERR_OK;
    *done = false;
    if (f->high < upto) { /* what came since */
        uint64_t until = f->high + STRETCH < upto ? f->high + STRETCH : upto;
        code = search(r, f->high + 1, until, true, err);
        f->high = code == ERR_OK ? until : f->high;
    } else if (f->low > 1 && f->n < FOUND_MAX) {
        uint64_t from = f->low > STRETCH ? f->low - STRETCH : 1;
        code = search(r, from, f->low - 1, false, err);
        f->low = code == ERR_OK ? from : f->low;
    } else {
        *done = true;
    }
    return code;
}

/* ---- answering ---- */

static void tell(struct reader *r, struct ledger_page *page, const struct err *err) {
    if (err->code != ERR_OK) {
        err_text(err, page->trouble, sizeof page->trouble);
        ledger_close(r->ledger); /* another file may lie there by the next question */
        r->ledger = NULL;
    }
    mailbox_put(&r->pages, page);
}

/* A page that answers `q` as the ledger is now; a file that is not there yet is an empty ledger. */
static struct ledger_page *begin_page(struct reader *r, const struct page_question *q,
                                      struct err *err) {
    struct ledger_page *page = ledger_page_new(q);
    const struct policy *policy = r->policy;
    if (!r->ledger)
        r->ledger = ledger_open(policy->ledger.file, LEDGER_READ, &policy->ledger, r->clock, err);
    if (err->code == ERR_MISSING)
        *err = (struct err)ERR_INIT;
    int64_t last = r->ledger ? ledger_last(r->ledger, err) : 0;
    page->upto = last > 0 ? (uint64_t)last : 0;
    if (q->upto > 0 && q->upto < page->upto)
        page->upto = q->upto;
    return page;
}

static void answer_plain(struct reader *r, const struct page_question *q) {
    struct err err = ERR_INIT;
    struct ledger_page *page = begin_page(r, q, &err);
    if (r->ledger && err.code == ERR_OK)
        fill_plain(r, page, &err);
    tell(r, page, &err);
}

static void answer_search(struct reader *r, const struct page_question *q) {
    struct err err = ERR_INIT;
    const struct clock *clock = clock_system(); /* pacing is real even in tests */
    int64_t told_ms = clock_mono_ms(clock);
    bool done = false;
    struct ledger_page *page = begin_page(r, q, &err);
    uint64_t upto = page->upto;
    begin_search(&r->found, page);
    while (r->ledger && err.code == ERR_OK && !done && is_wanted(r)) {
        search_on(r, upto, &done, &err);
        if (done || clock_mono_ms(clock) - told_ms < TELL_MS)
            continue;
        if (fill_found(r, page, &err) != ERR_OK)
            break;
        tell(r, page, &err);
        page = ledger_page_new(q);
        page->upto = upto;
        told_ms = clock_mono_ms(clock);
    }
    if (r->ledger && err.code == ERR_OK)
        fill_found(r, page, &err);
    tell(r, page, &err);
}

static void *reader_run(void *self) {
    struct reader *r = self;
    void *items[INBOX_MAX];
    while (!queue_closed(r->inbox)) {
        size_t n = queue_take(r->inbox, items, INBOX_MAX, -1);
        const struct page_question *newest = n > 0 ? items[n - 1] : NULL;
        if (newest && newest->filter[0])
            answer_search(r, newest);
        else if (newest)
            answer_plain(r, newest);
        for (size_t i = 0; i < n; i++)
            free(items[i]);
    }
    ledger_close(r->ledger);
    return NULL;
}

/* ---- the callers' side ---- */

struct reader *reader_start(const struct policy *policy, const struct clock *clock,
                            struct wake *wake, struct err *err) {
    struct reader *r = mem_zero(1, sizeof *r);
    r->policy = policy;
    r->clock = clock;
    r->inbox = queue_new(INBOX_MAX, NULL, NULL);
    mailbox_init(&r->pages, drop_page, wake);
    if (thread_start(&r->thread, THREAD_STACK_WORKER, "gonogo-reader", reader_run, r, err) ==
        ERR_OK)
        return r;
    mailbox_fini(&r->pages);
    queue_free(r->inbox);
    free(r);
    return NULL;
}

bool reader_ask(void *self, const struct page_question *question) {
    struct reader *r = self;
    struct page_question *own = mem_zero(1, sizeof *own);
    *own = *question;
    if (queue_try_push(r->inbox, own) == QUEUE_OK)
        return true;
    free(own);
    return false;
}

struct mailbox *reader_pages(struct reader *reader) {
    return &reader->pages;
}

void reader_stop(struct reader *reader) {
    if (!reader)
        return;
    queue_close(reader->inbox);
    pthread_join(reader->thread, NULL);
    mailbox_fini(&reader->pages);
    queue_free(reader->inbox);
    free(reader->found.seqs);
    free(reader);
}
