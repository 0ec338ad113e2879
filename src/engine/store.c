/* The thread's protocol: snapshots come in through one bounded queue; what changed since the one before
 * is gathered and written in one transaction about every second. News go out through the listener.
 *
 * One process keeps a store: it holds a lock (flock) on PATH.lock as long as it lives, so that a killed
 * keeper leaves nothing to clean up. The others read, and one of them takes over when the keeper is
 * gone. */
#include "src/engine/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"
#include "src/engine/db.h"
#include "src/engine/memory.h"
#include "src/engine/store_db.h"

enum {
    DIGESTS_MAX = 256,   /* one a second: minutes of a disk that does not answer */
    INBOX_MAX = 4,       /* snapshots: each carries all, so a few are plenty */
    TURN_MS = 1000,      /* writing, or reading what the keeper wrote */
    RETRY_MS = 2000,     /* after a trouble that may pass */
    PATIENCE_MS = 5000,  /* for a keeper that has only just begun */
    LAST_WORD_MS = 1000, /* for what is still to be written at the end */
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 3600 * 1000,
};
#define KEPT_MS (INT64_C(30) * 24 * HOUR_MS) /* history is forgotten after a month */

struct listener {
    void (*deliver)(void *self, struct store_news *news);
    void *self;
};

struct store {
    const struct policy *policy;
    const struct clock *clock;
    struct queue *inbox; /* of struct snapshot, or &nudge */
    struct queue *digests;
    pthread_t thread;
    _Atomic(struct listener *) listener;
    atomic_bool delivering;  /* the thread may hold what it loaded from `listener` */
    _Atomic int64_t ends_ms; /* by the system's clock; 0 = not asked to end */

    /* The thread's own. */
    int lock_fd;
    struct store_db *db;
    struct memory *memory; /* what is to be written */
    enum store_state state;
    struct trouble trouble;
    bool recalled;                                   /* the first recall went out */
    const struct digest *logs;                       /* goes out with the next news */
    struct past *past;                               /* the same */
    int64_t past_minute;                             /* of the last one, by the wall */
    char target[VERSION_CAP], previous[VERSION_CAP]; /* of the newest snapshot */
    struct store_news *held;                         /* news that found no listener yet */
    int64_t patience_ms; /* until when a file that is being made is waited for */
    int64_t turn_ms;     /* the next turn, by the system's clock */
    int64_t forget_ms;   /* the next forgetting */
};

/* What wakes the thread without bringing anything. */
static const struct snapshot nudge;

static void drop_item(void *item) {
    if (item != &nudge)
        snapshot_drop(item);
}

void store_news_free(struct store_news *news) {
    if (!news)
        return;
    recall_free(news->recall);
    digest_drop(news->logs);
    past_free(news->past);
    free(news);
}

static int64_t real_ms(void) {
    return clock_mono_ms(clock_system());
}

/* News */

/* True when there was somebody to take it. The listener is loaded after `delivering` was set, and
 * store_listen() looks at `delivering` after it changed the listener: one of the two sees the other. */
static bool deliver(struct store *store, struct store_news *news) {
    atomic_store(&store->delivering, true);
    struct listener *listener = atomic_load(&store->listener);
    if (listener)
        listener->deliver(listener->self, news);
    atomic_store(&store->delivering, false);
    return listener != NULL;
}

static void announce(struct store *store, enum store_state state, struct recall *recall,
                     bool refresh) {
    struct store_news *news = mem_zero(1, sizeof *news);
    store->state = state;
    news->state = state;
    news->recall = recall;
    news->logs = store->logs;
    store->logs = NULL;
    news->past = store->past;
    store->past = NULL;
    news->refresh = refresh;
    if (state == STORE_LOST)
        trouble_note(&store->trouble, store->policy->store_path, news->note, sizeof news->note);
    if (store->held && !news->logs) {
        news->logs = store->held->logs;
        store->held->logs = NULL;
    }
    if (store->held && !news->past) {
        news->past = store->held->past;
        store->held->past = NULL;
    }
    if (store->held && !news->recall) {
        news->recall = store->held->recall;
        news->refresh = store->held->refresh;
        store->held->recall = NULL;
    }
    store_news_free(store->held);
    store->held = NULL;
    if (!deliver(store, news))
        store->held = news;
}

static void deliver_held(struct store *store) {
    if (store->held && deliver(store, store->held))
        store->held = NULL;
}

/* Opening */

enum lock_result { LOCK_OURS, LOCK_THEIRS, LOCK_TROUBLE };

static enum lock_result take_lock(struct store *store, struct trouble *trouble) {
    char path[4096 + 8];
    if (store->lock_fd >= 0)
        return LOCK_OURS;
    snprintf(path, sizeof path, "%s.lock", store->policy->store_path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        trouble_set(trouble, trouble_of_errno(errno), strerror(errno));
        return LOCK_TROUBLE;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        store->lock_fd = fd;
        return LOCK_OURS;
    }
    int number = errno;
    close(fd);
    if (number == EWOULDBLOCK)
        return LOCK_THEIRS;
    trouble_set(trouble, TROUBLE_IO, strerror(number));
    return LOCK_TROUBLE;
}

static void close_db(struct store *store) {
    store_db_close(store->db);
    store->db = NULL;
}

static void lose(struct store *store, const struct trouble *trouble) {
    bool news = store->state != STORE_LOST || store->trouble.kind != trouble->kind;
    store->trouble = *trouble;
    if (trouble->kind != TROUBLE_FULL)
        close_db(store);
    if (news)
        announce(store, STORE_LOST, NULL, false);
}

/* What charts are laid over changes with each minute. False: the file has failed. */
static bool recall_past(struct store *store, struct trouble *trouble) {
    int64_t wall_ms = clock_wall_ms(store->clock);
    struct past *past = NULL;
    store->past_minute = wall_ms / MINUTE_MS;
    if (store->policy->n_slos == 0 ||
        store_db_past(store->db, store->policy, store->target, store->previous, wall_ms, &past)) {
        past_free(store->past);
        store->past = past;
        return true;
    }
    store_db_trouble(store->db, trouble);
    return false;
}

/* Opens to keep or to read, and tells what is remembered: all of it the first time, later only what
 * the keeper before us may have written. */
static void open_db(struct store *store) {
    struct trouble trouble = {.kind = TROUBLE_NONE};
    if (!db_make_folders(store->policy->store_path, &trouble)) {
        lose(store, &trouble);
        return;
    }
    enum lock_result lock = take_lock(store, &trouble);
    if (lock != LOCK_TROUBLE)
        store->db = store_db_open(store->policy->store_path, lock == LOCK_OURS, &trouble);
    if (!store->db) {
        if (lock == LOCK_THEIRS && store->state == STORE_OPENING && real_ms() < store->patience_ms)
            return;
        lose(store, &trouble);
        return;
    }
    struct recall *recall = recall_new(store->policy);
    bool first = !store->recalled;
    struct digest *logs = first ? digest_new(store->policy, clock_wall_ms(store->clock)) : NULL;
    if (!store_db_recall(store->db, store->policy, first, recall, logs)) {
        store_db_trouble(store->db, &trouble);
        digest_drop(logs);
        recall_free(recall);
        lose(store, &trouble);
        return;
    }
    memory_recall(store->memory, recall);
    if (first) {
        memcpy(store->target, recall->target, sizeof store->target);
        memcpy(store->previous, recall->baseline, sizeof store->previous);
        if (!recall_past(store, &trouble)) {
            digest_drop(logs);
            recall_free(recall);
            lose(store, &trouble);
            return;
        }
    }
    bool refresh = store->recalled && store->state == STORE_READING;
    store->recalled = true;
    store->logs = logs;
    announce(store, lock == LOCK_OURS ? STORE_KEEPING : STORE_READING, recall, refresh);
}

/* Turns */

static void flush(struct store *store, bool all) {
    struct trouble trouble;
    int64_t wall_ms = clock_wall_ms(store->clock), now_ms = real_ms();
    bool forget = now_ms >= store->forget_ms;
    if (!forget && !memory_due(store->memory, now_ms, all))
        return;
    if (store_db_begin(store->db) && memory_write(store->memory, store->db, now_ms, all) &&
        (!forget || store_db_forget(store->db, wall_ms - KEPT_MS, wall_ms)) &&
        store_db_commit(store->db)) {
        memory_written(store->memory);
        if (forget)
            store->forget_ms = now_ms + HOUR_MS;
        if (store->state == STORE_LOST)
            announce(store, STORE_KEEPING, NULL, false);
        return;
    }
    store_db_trouble(store->db, &trouble);
    store_db_rollback(store->db);
    lose(store, &trouble);
}

static void refresh(struct store *store) {
    struct trouble trouble = {.kind = TROUBLE_NONE};
    enum lock_result lock = take_lock(store, &trouble);
    if (lock == LOCK_OURS) { /* the keeper is gone: it is our turn */
        close_db(store);
        open_db(store);
        return;
    }
    struct recall *recall = recall_new(store->policy);
    if (store_db_recall(store->db, store->policy, false, recall, NULL)) {
        announce(store, STORE_READING, recall, true);
        return;
    }
    recall_free(recall);
    store_db_trouble(store->db, &trouble);
    lose(store, &trouble);
}

static void look_back(struct store *store) {
    struct trouble trouble = {.kind = TROUBLE_NONE};
    if (clock_wall_ms(store->clock) / MINUTE_MS == store->past_minute)
        return;
    if (!recall_past(store, &trouble))
        lose(store, &trouble);
    else if (store->past && store->state == STORE_KEEPING)
        announce(store, STORE_KEEPING, NULL, false); /* who reads announces every turn */
}

static void turn(struct store *store) {
    if (store->state == STORE_KEEPING || (store->state == STORE_READING && !store->held))
        look_back(store);
    switch (store->state) {
    case STORE_OPENING:
        open_db(store);
        break;
    case STORE_KEEPING:
        flush(store, false);
        break;
    case STORE_READING:
        if (!store->held) /* who does not listen yet needs no refreshing */
            refresh(store);
        break;
    case STORE_LOST:
        if (!trouble_may_pass(store->trouble.kind))
            break;
        if (store->db)
            flush(store, true);
        else
            open_db(store);
        break;
    case STORE_NONE:
        break;
    }
    store->turn_ms = real_ms() + (store->state == STORE_LOST ? RETRY_MS : TURN_MS);
}

static void take_inbox(struct store *store, int64_t wait_ms) {
    void *items[INBOX_MAX];
    size_t n = queue_take(store->inbox, items, INBOX_MAX, wait_ms);
    for (size_t i = 0; i < n; i++) {
        if (items[i] == &nudge)
            continue;
        const struct snapshot *s = items[i];
        if (store->state != STORE_READING)
            memory_add(store->memory, s);
        if (strcmp(store->target, s->target) != 0 || strcmp(store->previous, s->baseline) != 0) {
            memcpy(store->target, s->target, sizeof store->target);
            memcpy(store->previous, s->baseline, sizeof store->previous);
            store->past_minute = 0; /* at the next turn */
        }
        snapshot_drop(items[i]);
    }
}

static void drop_digest(void *item) {
    digest_drop(item);
}

static void take_digests(struct store *store) {
    void *items[DIGESTS_MAX];
    size_t n = queue_take(store->digests, items, DIGESTS_MAX, 0);
    for (size_t i = 0; i < n; i++) {
        memory_add_digest(store->memory, items[i], store->state != STORE_READING);
        digest_drop(items[i]);
    }
}

static void finish(struct store *store) {
    take_digests(store);
    if (store->db &&
        (store->state == STORE_KEEPING || (store->state == STORE_LOST && store->lock_fd >= 0))) {
        store_db_deadline(store->db, atomic_load(&store->ends_ms));
        flush(store, true);
    }
    close_db(store);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->lock_fd = -1;
}

static void *store_run(void *self) {
    struct store *store = self;
    if (store->policy->store_path)
        turn(store);
    else
        announce(store, STORE_NONE, NULL, false);
    while (!queue_closed(store->inbox)) {
        deliver_held(store);
        int64_t left_ms = store->turn_ms - real_ms();
        take_inbox(store, left_ms > 0 ? left_ms : 0);
        take_digests(store);
        if (store->policy->store_path && real_ms() >= store->turn_ms)
            turn(store);
        else if (!store->policy->store_path)
            store->turn_ms = real_ms() + HOUR_MS; /* nothing to do but to be asked to end */
    }
    finish(store);
    return NULL;
}

/* The callers' side */

struct store *store_start(const struct policy *policy, const struct clock *clock, struct err *err) {
    struct store *store = mem_zero(1, sizeof *store);
    store->policy = policy;
    store->clock = clock;
    store->lock_fd = -1;
    store->state = policy->store_path ? STORE_OPENING : STORE_NONE;
    store->inbox = queue_new(INBOX_MAX, drop_item, NULL);
    store->digests = queue_new(DIGESTS_MAX, drop_digest, NULL);
    store->memory = memory_new(policy);
    store->forget_ms = real_ms() + TURN_MS;
    store->patience_ms = real_ms() + PATIENCE_MS;
    if (thread_start(&store->thread, THREAD_STACK_WORKER, "gonogo-store", store_run, store, err) ==
        ERR_OK)
        return store;
    memory_free(store->memory);
    queue_free(store->digests);
    queue_free(store->inbox);
    free(store);
    return NULL;
}

void store_listen(struct store *store, void (*deliver_to)(void *self, struct store_news *news),
                  void *self) {
    struct listener *listener = NULL;
    if (deliver_to) {
        listener = mem_zero(1, sizeof *listener);
        *listener = (struct listener){.deliver = deliver_to, .self = self};
    }
    struct listener *before = atomic_exchange(&store->listener, listener);
    if (before)
        while (atomic_load(&store->delivering)) /* a push into a queue that is closed: no time */
            sched_yield();
    free(before);
    if (listener)
        queue_try_push(store->inbox, (void *)(uintptr_t)&nudge);
}

bool store_remember(struct store *store, const struct snapshot *s) {
    const struct snapshot *kept = snapshot_keep(s);
    if (queue_try_push(store->inbox, (void *)(uintptr_t)kept) == QUEUE_OK)
        return true;
    snapshot_drop(kept);
    return false;
}

bool store_digest(struct store *store, const struct digest *digest) {
    const struct digest *kept = digest_keep(digest);
    if (queue_try_push(store->digests, (void *)(uintptr_t)kept) == QUEUE_OK)
        return true;
    digest_drop(kept);
    return false;
}

void store_stop(struct store *store) {
    if (!store)
        return;
    atomic_store(&store->ends_ms, real_ms() + LAST_WORD_MS);
    queue_close(store->inbox);
    pthread_join(store->thread, NULL);
    free(atomic_load(&store->listener));
    store_news_free(store->held);
    memory_free(store->memory);
    digest_drop(store->logs);
    past_free(store->past);
    queue_free(store->digests);
    queue_free(store->inbox);
    free(store);
}
