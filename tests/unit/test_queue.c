#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/wake.h"

enum { ITEMS = 20000, SENDERS = 3, ROOM = 16 };

static _Atomic int alive;

static int *item_new(int value) {
    int *item = mem_alloc(sizeof *item);
    *item = value;
    atomic_fetch_add(&alive, 1);
    return item;
}

static void item_drop(void *item) {
    free(item);
    atomic_fetch_sub(&alive, 1);
}

static void items_come_out_in_order_through_the_ring(void **state) {
    (void)state;
    struct queue *q = queue_new(3, item_drop, NULL);
    void *items[3];
    int next = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(queue_try_push(q, item_new(2 * i)), QUEUE_OK);
        assert_int_equal(queue_try_push(q, item_new(2 * i + 1)), QUEUE_OK);
        assert_int_equal(queue_len(q), 2);
        size_t n = queue_take(q, items, 3, 0);
        assert_int_equal(n, 2);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(*(int *)items[k], next++);
            item_drop(items[k]);
        }
    }
    queue_free(q);
    assert_int_equal(alive, 0);
}

static void a_full_queue_leaves_the_item_with_the_sender(void **state) {
    (void)state;
    struct queue *q = queue_new(1, item_drop, NULL);
    int *second = item_new(2);
    assert_int_equal(queue_try_push(q, item_new(1)), QUEUE_OK);
    assert_int_equal(queue_try_push(q, second), QUEUE_FULL);
    int64_t before = clock_mono_ms(clock_system());
    assert_int_equal(queue_push(q, second, 20), QUEUE_TIMEOUT);
    assert_true(clock_mono_ms(clock_system()) - before >= 19);
    item_drop(second);
    queue_free(q); /* drops what is left */
    assert_int_equal(alive, 0);
}

static void an_empty_queue_times_out(void **state) {
    (void)state;
    struct queue *q = queue_new(4, NULL, NULL);
    void *items[4];
    assert_int_equal(queue_take(q, items, 4, 0), 0);
    int64_t before = clock_mono_ms(clock_system());
    assert_int_equal(queue_take(q, items, 4, 20), 0);
    assert_true(clock_mono_ms(clock_system()) - before >= 19);
    assert_false(queue_closed(q));
    queue_free(q);
    queue_free(NULL);
}

static void what_is_left_is_still_received_after_the_close(void **state) {
    (void)state;
    struct queue *q = queue_new(4, item_drop, NULL);
    void *items[1];
    queue_try_push(q, item_new(1));
    queue_try_push(q, item_new(2));
    queue_close(q);
    queue_close(q);
    assert_false(queue_closed(q)); /* closed, but not empty */
    int *late = item_new(3);
    assert_int_equal(queue_try_push(q, late), QUEUE_CLOSED);
    assert_int_equal(queue_push(q, late, -1), QUEUE_CLOSED);
    item_drop(late);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(queue_take(q, items, 1, -1), 1);
        assert_int_equal(*(int *)items[0], i);
        item_drop(items[0]);
    }
    assert_int_equal(queue_take(q, items, 1, -1), 0); /* does not wait for ever */
    assert_true(queue_closed(q));
    queue_free(q);
    assert_int_equal(alive, 0);
}

static void the_wake_tells_of_the_first_item_and_of_the_close(void **state) {
    (void)state;
    struct wake wake;
    assert_int_equal(wake_init(&wake, NULL), ERR_OK);
    struct pollfd p = {.fd = wake.read_fd, .events = POLLIN};
    struct queue *q = queue_new(4, item_drop, &wake);
    assert_int_equal(poll(&p, 1, 0), 0);
    queue_try_push(q, item_new(1));
    assert_int_equal(poll(&p, 1, 0), 1);
    wake_drain(&wake);
    queue_try_push(q, item_new(2)); /* it was not empty: the receiver knows already */
    assert_int_equal(poll(&p, 1, 0), 0);
    queue_close(q);
    assert_int_equal(poll(&p, 1, 0), 1);
    queue_free(q);
    wake_fini(&wake);
    assert_int_equal(alive, 0);
}

struct sender {
    struct queue *q;
    int base;
    enum queue_result last;
};

static void *send_all(void *arg) {
    struct sender *self = arg;
    for (int i = 0; i < ITEMS; i++) {
        int *item = item_new(self->base + i);
        self->last = queue_push(self->q, item, -1);
        if (self->last != QUEUE_OK) {
            item_drop(item);
            break;
        }
    }
    return NULL;
}

static void every_item_arrives_once_and_in_its_senders_order(void **state) {
    (void)state;
    struct queue *q = queue_new(ROOM, item_drop, NULL);
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    int next[SENDERS] = {0};
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.q = q, .base = i * ITEMS};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (int received = 0; received < SENDERS * ITEMS;) {
        void *items[5];
        size_t n = queue_take(q, items, 5, 30000);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++, received++) {
            int value = *(int *)items[i];
            assert_int_equal(value % ITEMS, next[value / ITEMS]++);
            item_drop(items[i]);
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(senders[i].last, QUEUE_OK);
    }
    queue_free(q);
    assert_int_equal(alive, 0);
}

struct receiver {
    struct queue *q;
    _Atomic int *received;
};

static void *receive_all(void *arg) {
    struct receiver *self = arg;
    void *items[4];
    for (;;) {
        size_t n = queue_take(self->q, items, 4, -1);
        if (n == 0)
            return NULL; /* only a closed and empty queue ends a wait for ever */
        for (size_t i = 0; i < n; i++)
            item_drop(items[i]);
        atomic_fetch_add(self->received, (int)n);
    }
}

static void no_receiver_sleeps_beside_items(void **state) {
    (void)state;
    struct queue *q = queue_new(ROOM, item_drop, NULL);
    _Atomic int received = 0;
    struct receiver receiver = {.q = q, .received = &received};
    struct sender sender = {.q = q};
    pthread_t receivers[3], thread;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&receivers[i], NULL, receive_all, &receiver), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_all, &sender), 0);
    pthread_join(thread, NULL);
    queue_close(q);
    for (int i = 0; i < 3; i++)
        pthread_join(receivers[i], NULL);
    assert_int_equal(received, ITEMS);
    queue_free(q);
    assert_int_equal(alive, 0);
}

static void closing_frees_senders_that_wait_for_room(void **state) {
    (void)state;
    struct queue *q = queue_new(1, item_drop, NULL);
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.q = q};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    /* All items but the one inside are in the hands of senders that wait. */
    int64_t end = clock_mono_ms(clock_system()) + 30000;
    while (atomic_load(&alive) < SENDERS + 1 && clock_mono_ms(clock_system()) < end)
        sched_yield();
    assert_int_equal(alive, SENDERS + 1);
    queue_close(q);
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(senders[i].last, QUEUE_CLOSED);
    }
    queue_free(q);
    assert_int_equal(alive, 0);
}

static void closing_frees_receivers_that_wait_for_items(void **state) {
    (void)state;
    struct queue *q = queue_new(ROOM, item_drop, NULL);
    _Atomic int received = 0;
    struct receiver receiver = {.q = q, .received = &received};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, receive_all, &receiver), 0);
    queue_close(q); /* before, while or after they begin to wait: all must end */
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(received, 0);
    queue_free(q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order_through_the_ring),
        cmocka_unit_test(a_full_queue_leaves_the_item_with_the_sender),
        cmocka_unit_test(an_empty_queue_times_out),
        cmocka_unit_test(what_is_left_is_still_received_after_the_close),
        cmocka_unit_test(the_wake_tells_of_the_first_item_and_of_the_close),
        cmocka_unit_test(every_item_arrives_once_and_in_its_senders_order),
        cmocka_unit_test(no_receiver_sleeps_beside_items),
        cmocka_unit_test(closing_frees_senders_that_wait_for_room),
        cmocka_unit_test(closing_frees_receivers_that_wait_for_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
