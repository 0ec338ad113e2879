/* A bounded, closable queue of pointers between threads.
 *
 * Ownership of an item moves with it: to the queue when a push returns QUEUE_OK (and stays with
 * the sender otherwise), to the receiver at queue_take_all(). Receivers move the whole content
 * out under the lock and work on it outside. queue_close() wakes everybody: senders get
 * QUEUE_CLOSED, receivers first get what is left.
 *
 * The mutex in here is the only one in gonogo's own code. */
#ifndef GONOGO_BASE_QUEUE_H
#define GONOGO_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
struct wake;

enum queue_result { QUEUE_OK, QUEUE_FULL, QUEUE_CLOSED, QUEUE_TIMEOUT };

/* `drop` frees items that are left in queue_free(); NULL = free(). `wake` (may be NULL, not
 * owned) is signalled when the queue stops being empty and when it is closed, for receivers that
 * poll(). */
struct queue *queue_new(size_t cap, void (*drop)(void *item), struct wake *wake);
void queue_free(struct queue *q); /* no thread may use it any more; NULL is fine */

enum queue_result queue_try_push(struct queue *q, void *item);                 /* never blocks */
enum queue_result queue_push(struct queue *q, void *item, int64_t timeout_ms); /* -1 = for ever */

/* Waits up to timeout_ms (0 = does not wait, -1 = for ever) for at least one item, then moves up
 * to `cap` items into `items`, oldest first. Returns their number; 0 means timeout, or closed and
 * empty (queue_closed() tells which). */
size_t queue_take(struct queue *q, void **items, size_t cap, int64_t timeout_ms);

void queue_close(struct queue *q);
bool queue_closed(struct queue *q); /* closed and empty */
size_t queue_len(struct queue *q);

#endif
