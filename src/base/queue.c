#include "src/base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "src/base/mem.h"
#include "src/base/wake.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* or closed */
    pthread_cond_t not_full;  /* or closed */
    bool closed;
    size_t head; /* the oldest item */
    size_t len;
    size_t cap;
    void (*drop)(void *item);
    struct wake *wake;
    void *ring[];
};

static void cond_init(pthread_cond_t *cond) {
#ifdef __APPLE__
    pthread_cond_init(cond, NULL); /* waits are relative there, see wait_until() */
#else
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
#endif
}

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000, MS_PER_S = 1000 };

/* A year: what waits longer, waits for ever, and no time_t overflows. */
#define WAIT_MAX_MS INT64_C(31536000000)

static struct timespec deadline_in(int64_t timeout_ms) {
    struct timespec at = {0};
    if (timeout_ms <= 0)
        return at;
    if (timeout_ms > WAIT_MAX_MS)
        timeout_ms = WAIT_MAX_MS;
    /* lint: allow clock, pthread_cond_timedwait counts on this very clock. */
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(timeout_ms / MS_PER_S);
    at.tv_nsec += (long)(timeout_ms % MS_PER_S) * NS_PER_MS;
    if (at.tv_nsec >= NS_PER_S) {
        at.tv_nsec -= NS_PER_S;
        at.tv_sec++;
    }
    return at;
}

/* Waits for a signal with the lock held; false when the deadline has passed. */
static bool wait_until(struct queue *q, pthread_cond_t *cond, int64_t timeout_ms,
                       const struct timespec *deadline) {
    if (timeout_ms < 0)
        return pthread_cond_wait(cond, &q->lock) == 0;
    if (timeout_ms == 0)
        return false;
#ifdef __APPLE__
    struct timespec now, left;
    /* lint: allow clock, pthread_cond_timedwait counts on this very clock. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = deadline->tv_sec - now.tv_sec;
    left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_nsec += NS_PER_S;
        left.tv_sec--;
    }
    if (left.tv_sec < 0)
        return false;
    return pthread_cond_timedwait_relative_np(cond, &q->lock, &left) != ETIMEDOUT;
#else
    return pthread_cond_timedwait(cond, &q->lock, deadline) != ETIMEDOUT;
#endif
}

struct queue *queue_new(size_t cap, void (*drop)(void *item), struct wake *wake) {
    if (cap == 0)
        cap = 1;
    /* A cap whose ring has no size is as unservable as a heap that is used up. */
    struct queue *q = mem_resize(NULL, sizeof *q / sizeof(void *) + 1 + cap, sizeof(void *));
    *q = (struct queue){.cap = cap, .drop = drop ? drop : free, .wake = wake};
    pthread_mutex_init(&q->lock, NULL);
    cond_init(&q->not_empty);
    cond_init(&q->not_full);
    return q;
}

void queue_free(struct queue *q) {
    if (!q)
        return;
    for (size_t i = 0; i < q->len; i++)
        q->drop(q->ring[(q->head + i) % q->cap]);
    pthread_cond_destroy(&q->not_full);
    pthread_cond_destroy(&q->not_empty);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

enum queue_result queue_try_push(struct queue *q, void *item) {
    enum queue_result result = queue_push(q, item, 0);
    return result == QUEUE_TIMEOUT ? QUEUE_FULL : result;
}

enum queue_result queue_push(struct queue *q, void *item, int64_t timeout_ms) {
    struct timespec deadline = deadline_in(timeout_ms);
    enum queue_result result = QUEUE_OK;
    bool was_empty = false;

    pthread_mutex_lock(&q->lock);
    while (!q->closed && q->len == q->cap)
        if (!wait_until(q, &q->not_full, timeout_ms, &deadline))
            break;
    if (q->closed) {
        result = QUEUE_CLOSED;
    } else if (q->len == q->cap) {
        result = QUEUE_TIMEOUT;
    } else {
        was_empty = q->len == 0;
        q->ring[(q->head + q->len++) % q->cap] = item;
        pthread_cond_signal(&q->not_empty);
    }
    pthread_mutex_unlock(&q->lock);

    if (was_empty && q->wake)
        wake_signal(q->wake);
    return result;
}

size_t queue_take(struct queue *q, void **items, size_t cap, int64_t timeout_ms) {
    struct timespec deadline = deadline_in(timeout_ms);

    pthread_mutex_lock(&q->lock);
    while (!q->closed && q->len == 0)
        if (!wait_until(q, &q->not_empty, timeout_ms, &deadline))
            break;
    size_t n = q->len < cap ? q->len : cap;
    for (size_t i = 0; i < n; i++)
        items[i] = q->ring[(q->head + i) % q->cap];
    q->head = (q->head + n) % q->cap;
    q->len -= n;
    if (n > 0)
        pthread_cond_broadcast(&q->not_full);
    /* The signal of an item that this receiver had no room for goes on to the next one. */
    if (q->len > 0)
        pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_close(struct queue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->not_empty);
    pthread_cond_broadcast(&q->not_full);
    pthread_mutex_unlock(&q->lock);
    if (q->wake)
        wake_signal(q->wake);
}

bool queue_closed(struct queue *q) {
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed && q->len == 0;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

size_t queue_len(struct queue *q) {
    pthread_mutex_lock(&q->lock);
    size_t len = q->len;
    pthread_mutex_unlock(&q->lock);
    return len;
}
