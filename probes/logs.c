/* Who owns what when a call to a share hangs: everything that the thread uses is in struct logs, but for
 * the policy, the clock and the outlet. A stopper that has waited long enough leaves the thread behind:
 * tail_turn() then ends without a word to the outlet, and the thread ends without a look at any of the
 * three; what it holds goes with the process. */
#include "probes/logs.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "probes/tail.h"
#include "src/base/mem.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/model/logbook.h"

enum {
    DIGEST_MS = 1000,        /* between two while lines come */
    SILENT_MS = 3000,        /* and while none do; < LOGBOOK_SILENCE_MS */
    STOP_PATIENCE_MS = 1500, /* for what is being read; commands have their moment, too */
    ALIVE_GRACE_MS = 5000,
    COMMANDS_MAX = 64, /* descriptors polled for; others are read in turn all the same */
};

struct logs {
    pthread_t thread;
    _Atomic bool stop; /* ends a turn at once */
    _Atomic bool ends; /* ends the loop, after one more turn */
    _Atomic bool begins;
    _Atomic(const struct digest *) recalled;
    _Atomic int64_t promise_ms;
    struct wake wake, done;

    /* The thread's alone. */
    const struct policy *policy;
    const struct clock *clock;
    struct logs_outlet outlet;
    struct logbook *book;
    struct tail *tail;
    struct digest_cursor *cursors; /* that the next digest carries */
    size_t n_cursors, room;
    int64_t sent_ms; /* mono: the last digest */
    bool lines;      /* came since */
};

/* ---- the tail's outlet: the logbook ---- */

static int on_file(void *self, unsigned log, const char *path) {
    struct logs *logs = self;
    return logbook_file(logs->book, log, path);
}

static void on_renewed(void *self, int file) {
    struct logs *logs = self;
    if (file != LOGBOOK_NO_FILE)
        logbook_renewed(logs->book, file);
}

static void on_gone(void *self, int file) {
    struct logs *logs = self;
    if (file != LOGBOOK_NO_FILE)
        logbook_gone(logs->book, file);
}

static void on_take(void *self, int file, const struct logbook_lines *lines) {
    struct logs *logs = self;
    if (file == LOGBOOK_NO_FILE)
        return;
    logbook_take(logs->book, file, lines);
    logs->lines = true;
}

static void on_skipped(void *self, int file, uint64_t lines, uint64_t bytes) {
    struct logs *logs = self;
    if (file != LOGBOOK_NO_FILE)
        logbook_skipped(logs->book, file, lines, bytes);
    logs->lines = true;
}

static void on_status(void *self, unsigned log, unsigned files, bool caught_up,
                      const char *trouble) {
    struct logs *logs = self;
    logbook_status(logs->book, log, files, caught_up, trouble);
}

static bool on_due(void *self) {
    struct logs *logs = self;
    return logbook_due(logs->book);
}

/* Takes the path. A later one of the same file follows the earlier: whoever keeps them keeps the last. */
static void keep_cursor(struct logs *logs, struct digest_cursor cursor) {
    if (logs->n_cursors == logs->room) {
        logs->room = logs->room ? 2 * logs->room : 16;
        logs->cursors = mem_resize(logs->cursors, logs->room, sizeof *logs->cursors);
    }
    logs->cursors[logs->n_cursors++] = cursor;
}

/* A digest that finds no room is kept and offered again: it must not be lost, and no other overtake it. */
static void send(struct logs *logs, const struct digest *digest) {
    while (!logs->outlet.send(logs->outlet.self, digest)) {
        if (!atomic_load(&logs->ends))
            continue;
        digest_drop(digest); /* nobody listens any more: not counted, and its cursors not kept */
        return;
    }
}

static void make_digest(struct logs *logs) {
    struct digest *digest = logbook_digest(logs->book, clock_wall_ms(logs->clock));
    for (size_t i = 0; i < logs->n_cursors; i++) {
        digest_add_cursor(digest, &logs->cursors[i]);
        free(logs->cursors[i].path);
        logs->cursors[i].path = NULL;
    }
    logs->n_cursors = 0;
    logs->lines = false;
    logs->sent_ms = clock_mono_ms(logs->clock);
    send(logs, digest);
}

static void on_cursors(void *self, const struct digest_cursor *cursors, size_t n) {
    struct logs *logs = self;
    for (size_t i = 0; i < n; i++) {
        struct digest_cursor own = cursors[i];
        own.path = mem_copy_text(cursors[i].path);
        keep_cursor(logs, own);
    }
    int64_t silent_ms = clock_mono_ms(logs->clock) - logs->sent_ms;
    if (logbook_due(logs->book) || silent_ms >= (logs->lines ? DIGEST_MS : SILENT_MS) ||
        logs->sent_ms == 0)
        make_digest(logs);
}

/* ---- the thread ---- */

static void wait_for(struct logs *logs, int64_t wait_ms) {
    struct pollfd fds[COMMANDS_MAX + 1] = {{.fd = logs->wake.read_fd, .events = POLLIN}};
    size_t n = logs->tail ? tail_pollfds(logs->tail, fds + 1, COMMANDS_MAX) : 0;
    atomic_store(&logs->promise_ms, clock_mono_ms(clock_system()) + wait_ms);
    if (poll(fds, (nfds_t)n + 1, (int)wait_ms) > 0 && fds[0].revents)
        wake_drain(&logs->wake);
}

static void begin(struct logs *logs) {
    const struct tail_outlet outlet = {.file = on_file,
                                       .renewed = on_renewed,
                                       .gone = on_gone,
                                       .take = on_take,
                                       .skipped = on_skipped,
                                       .status = on_status,
                                       .due = on_due,
                                       .cursors = on_cursors,
                                       .self = logs};
    const struct digest *recalled = atomic_exchange(&logs->recalled, NULL);
    int64_t now_ms = clock_wall_ms(logs->clock);
    logs->tail = tail_new(logs->policy, recalled ? recalled->cursors : NULL,
                          recalled ? recalled->n_cursors : 0, outlet, &logs->stop);
    for (size_t i = 0; i < logs->policy->n_logs; i++) {
        bool known = false;
        for (size_t k = 0; recalled && k < recalled->n_cursors; k++)
            known = known || recalled->cursors[k].log == i;
        if (!known && logs->policy->logs[i].backfill_ms > 0)
            logbook_since(logs->book, (unsigned)i, now_ms - logs->policy->logs[i].backfill_ms);
    }
    digest_drop(recalled);
}

static void *logs_run(void *self) {
    struct logs *logs = self;
    while (!atomic_load(&logs->begins) && !atomic_load(&logs->ends))
        wait_for(logs, TAIL_SLOW_MS);
    if (atomic_load(&logs->begins))
        begin(logs);
    for (bool last = false; logs->tail && !last && !atomic_load(&logs->stop);) {
        last = atomic_load(&logs->ends);
        int64_t now_ms = clock_mono_ms(logs->clock);
        atomic_store(&logs->promise_ms, clock_mono_ms(clock_system()));
        int64_t wait_ms = tail_turn(logs->tail, clock_wall_ms(logs->clock), now_ms);
        if (atomic_load(&logs->stop))
            break;
        if (last)
            make_digest(logs);
        else if (wait_ms > 0)
            wait_for(logs, wait_ms);
    }
    wake_signal(&logs->done);
    return NULL;
}

/* ---- the callers' side ---- */

static void logs_free(struct logs *logs) {
    tail_free(logs->tail);
    logbook_free(logs->book);
    for (size_t i = 0; i < logs->n_cursors; i++)
        free(logs->cursors[i].path);
    free(logs->cursors);
    digest_drop(atomic_load(&logs->recalled));
    wake_fini(&logs->wake);
    wake_fini(&logs->done);
    free(logs);
}

struct logs *logs_start(const struct policy *policy, const struct clock *clock,
                        struct logs_outlet outlet, struct err *err) {
    struct logs *logs = mem_zero(1, sizeof *logs);
    logs->policy = policy;
    logs->clock = clock;
    logs->outlet = outlet;
    logs->done = (struct wake){-1, -1};
    logs->book = logbook_new(policy);
    atomic_init(&logs->promise_ms, clock_mono_ms(clock_system()));
    if (wake_init(&logs->wake, err) == ERR_OK && wake_init(&logs->done, err) == ERR_OK &&
        thread_start(&logs->thread, THREAD_STACK_WORKER, "gonogo-tail", logs_run, logs, err) ==
            ERR_OK)
        return logs;
    logs_free(logs);
    return NULL;
}

void logs_begin(struct logs *logs, const struct digest *recalled) {
    digest_drop(atomic_exchange(&logs->recalled, recalled ? digest_keep(recalled) : NULL));
    atomic_store(&logs->begins, true);
    wake_signal(&logs->wake);
}

bool logs_alive(const struct logs *logs, int64_t mono_ms) {
    return mono_ms <= atomic_load(&logs->promise_ms) + ALIVE_GRACE_MS;
}

void logs_stop(struct logs *logs) {
    if (!logs)
        return;
    struct pollfd done = {.fd = logs->done.read_fd, .events = POLLIN};
    atomic_store(&logs->ends, true);
    wake_signal(&logs->wake);
    if (poll(&done, 1, STOP_PATIENCE_MS) == 0) {
        atomic_store(&logs->stop, true); /* much to read: it ends between two blocks; or it hangs */
        if (poll(&done, 1, STOP_PATIENCE_MS) == 0) {
            pthread_detach(logs->thread);
            return;
        }
    }
    pthread_join(logs->thread, NULL);
    logs_free(logs);
}
