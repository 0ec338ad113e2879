#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "src/base/mailbox.h"
#include "src/base/mem.h"
#include "src/base/wake.h"

enum { PUBLISHES = 20000 };

/* As a snapshot: immutable, counted, and poisoned when the last reference goes. */
struct page {
    _Atomic unsigned refs;
    unsigned number;
    unsigned copy; /* always number */
};

static _Atomic int pages_alive;

static struct page *page_new(unsigned number) {
    struct page *p = mem_alloc(sizeof *p);
    atomic_init(&p->refs, 1);
    p->number = p->copy = number;
    atomic_fetch_add(&pages_alive, 1);
    return p;
}

static void page_drop(void *ref) {
    struct page *p = ref;
    if (atomic_fetch_sub(&p->refs, 1) == 1) {
        p->copy = ~p->number;
        free(p);
        atomic_fetch_sub(&pages_alive, 1);
    }
}

static void the_newest_wins_and_the_missed_is_dropped(void **state) {
    (void)state;
    struct mailbox m;
    mailbox_init(&m, page_drop, NULL);
    assert_null(mailbox_take(&m));
    mailbox_put(&m, page_new(1));
    mailbox_put(&m, page_new(2));
    assert_int_equal(pages_alive, 1);
    struct page *p = mailbox_take(&m);
    assert_int_equal(p->number, 2);
    assert_null(mailbox_take(&m));
    page_drop(p);
    mailbox_put(&m, page_new(3));
    mailbox_fini(&m);
    assert_int_equal(pages_alive, 0);
}

struct publisher {
    struct mailbox *box;
    struct page *last; /* the publisher keeps a reference to its newest, as the engine does */
};

static void *publish(void *arg) {
    struct publisher *self = arg;
    for (unsigned i = 1; i <= PUBLISHES; i++) {
        struct page *p = page_new(i);
        atomic_fetch_add(&p->refs, 1);
        if (self->last)
            page_drop(self->last);
        self->last = p;
        mailbox_put(self->box, p);
    }
    return NULL;
}

static void twenty_thousand_publishes_reach_a_polling_reader(void **state) {
    (void)state;
    struct wake wake;
    struct mailbox m;
    assert_int_equal(wake_init(&wake, NULL), ERR_OK);
    mailbox_init(&m, page_drop, &wake);
    struct publisher publisher = {.box = &m};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish, &publisher), 0);
    unsigned seen = 0;
    while (seen < PUBLISHES) {
        struct pollfd p = {.fd = wake.read_fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 30000), 1);
        wake_drain(&wake);
        struct page *page = mailbox_take(&m);
        if (!page)
            continue;
        assert_true(page->number > seen); /* never an older one after a newer one */
        assert_int_equal(page->copy, page->number);
        seen = page->number;
        page_drop(page);
    }
    pthread_join(thread, NULL);
    page_drop(publisher.last);
    mailbox_fini(&m);
    wake_fini(&wake);
    assert_int_equal(pages_alive, 0);
}

struct reader {
    struct mailbox *box;
    _Atomic bool *done;
    unsigned taken;
    bool torn;
};

static void *read_all(void *arg) {
    struct reader *self = arg;
    bool last_round;
    do {
        last_round = atomic_load(self->done);
        struct page *page = mailbox_take(self->box);
        if (page) {
            self->torn |= page->copy != page->number;
            self->taken++;
            page_drop(page);
        }
    } while (!last_round);
    return NULL;
}

static void many_readers_never_share_one_reference(void **state) {
    (void)state;
    struct mailbox m;
    _Atomic bool done = false;
    mailbox_init(&m, page_drop, NULL);
    struct reader readers[2] = {{.box = &m, .done = &done}, {.box = &m, .done = &done}};
    struct publisher publisher = {.box = &m};
    pthread_t threads[2], writer;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    assert_int_equal(pthread_create(&writer, NULL, publish, &publisher), 0);
    pthread_join(writer, NULL);
    atomic_store(&done, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_false(readers[i].torn);
    }
    assert_true(readers[0].taken + readers[1].taken >= 1);
    page_drop(publisher.last);
    mailbox_fini(&m);
    assert_int_equal(pages_alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_wins_and_the_missed_is_dropped),
        cmocka_unit_test(twenty_thousand_publishes_reach_a_polling_reader),
        cmocka_unit_test(many_readers_never_share_one_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
