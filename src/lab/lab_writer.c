#include "src/lab/lab_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/base/wake.h"
#include "src/lab/lab_client.h"
#include "src/lab/lab_server.h"

enum {
    TICK_MS = 150,
    LOGS = LAB_CLIENTS + 1,
    /* A machine that slept does not tell of the night: what is missing longer than this is left out. */
    GAP_MAX_MS = 60 * 1000,
};

struct lab_writer {
    struct lab_client clients[LAB_CLIENTS];
    struct lab_server server;
    int fds[LOGS]; /* the clients', then the server's; -1 = not open */
    struct wake stopping;
    bool has_stopping, has_thread;
    pthread_t thread;
    int64_t then_ms; /* mono; 0 = nothing to do */
    void (*then)(void *self);
    void *self;
};

/* A full disk costs lines, not the lab. */
static void append(int fd, const struct buf *lines) {
    for (size_t at = 0; at < lines->len;) {
        ssize_t put = write(fd, lines->data + at, lines->len - at);
        if (put < 0 && errno != EINTR)
            return;
        at += put > 0 ? (size_t)put : 0;
    }
}

static void skip_gap(int64_t *next_ms, int64_t wall_ms) {
    if (*next_ms < wall_ms - GAP_MAX_MS || *next_ms > wall_ms + GAP_MAX_MS)
        *next_ms = wall_ms;
}

/* Plays everybody up to wall_ms. */
static void play(struct lab_writer *w, int64_t wall_ms) {
    for (int i = 0; i < LOGS; i++) {
        struct buf lines;
        buf_init(&lines, 0);
        if (i < LAB_CLIENTS)
            lab_client_run(&w->clients[i], wall_ms, &lines);
        else
            lab_server_run(&w->server, wall_ms, &lines);
        append(w->fds[i], &lines);
        buf_fini(&lines);
    }
}

static void *run(void *self) {
    struct lab_writer *w = self;
    const struct clock *clock = clock_system();
    struct pollfd stop = {.fd = w->stopping.read_fd, .events = POLLIN};
    for (;;) {
        int ready = poll(&stop, 1, TICK_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return NULL;
        if (w->then_ms && clock_mono_ms(clock) >= w->then_ms) {
            w->then_ms = 0;
            w->then(w->self);
        }
        int64_t now_ms = clock_wall_ms(clock);
        for (int i = 0; i < LAB_CLIENTS; i++)
            skip_gap(&w->clients[i].next_ms, now_ms);
        skip_gap(&w->server.next_ms, now_ms);
        play(w, now_ms);
    }
}

static enum err_code open_logs(struct lab_writer *w, const struct folder *folder, struct err *err) {
    enum err_code code = folder_make_inner(folder, "logs", err);
    for (int i = 0; !code && i < LOGS; i++) {
        char *name = i < LAB_CLIENTS ? mem_format("logs/client-%d.log", i + 1)
                                     : mem_copy_text("logs/server.log");
        char *path = folder_path(folder, name);
        w->fds[i] = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (w->fds[i] < 0)
            code = err_errno(err, ERR_IO, path, NULL, "cannot be written");
        free(path);
        free(name);
    }
    return code;
}

static enum err_code start_thread(struct lab_writer *w, struct err *err) {
    /* Only the main thread takes signals: threads inherit this mask. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->has_thread = !failed;
    errno = failed;
    return failed ? err_errno(err, ERR_IO, "lab", NULL, "cannot start a thread") : ERR_OK;
}

struct lab_writer *lab_writer_start(const struct lab_writer_options *options, struct err *err) {
    struct lab_writer *w = mem_zero(1, sizeof *w);
    int64_t now_ms = clock_wall_ms(clock_system());
    for (int i = 0; i < LOGS; i++)
        w->fds[i] = -1;
    w->then = options->then;
    w->self = options->self;
    if (options->after_ms > 0 && options->then)
        w->then_ms = clock_mono_ms(clock_system()) + options->after_ms;
    if (open_logs(w, options->folder, err) || wake_init(&w->stopping, err))
        goto out;
    w->has_stopping = true;
    for (unsigned i = 0; i < LAB_CLIENTS; i++) /* they did not all start at the same moment */
        lab_client_init(&w->clients[i], i + 1, now_ms - options->history_ms + 7000 * (int64_t)i);
    lab_server_init(&w->server, now_ms - options->history_ms);
    play(w, now_ms);
    for (int i = 0; i < LAB_CLIENTS; i++)
        w->clients[i].bad = options->bad;
    w->server.bad = options->bad;
    if (start_thread(w, err))
        goto out;
    return w;
out:
    lab_writer_stop(w);
    return NULL;
}

void lab_writer_stop(struct lab_writer *w) {
    if (!w)
        return;
    if (w->has_thread) {
        wake_signal(&w->stopping);
        pthread_join(w->thread, NULL);
    }
    if (w->has_stopping)
        wake_fini(&w->stopping);
    for (int i = 0; i < LOGS; i++)
        if (w->fds[i] >= 0)
            close(w->fds[i]);
    free(w);
}
