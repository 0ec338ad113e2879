#include "probes/events.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#else
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#endif

#include "src/base/mem.h"

enum { READY_MAX = 256 }; /* events taken out of the kernel at once */

struct socket {
    uint8_t wanted;
    uint8_t armed; /* what the kernel was told; 0 = it does not know the socket */
    unsigned owner;
};

struct events {
    int queue; /* of epoll or kqueue */
    struct socket *sockets;
    size_t n; /* by file descriptor */
#ifdef __linux__
    struct epoll_event ready[READY_MAX];
#else
    struct kevent ready[READY_MAX];
#endif
};

static struct socket *find(struct events *e, int fd) {
    size_t at = (size_t)fd;
    if (at >= e->n) {
        size_t n = e->n ? e->n : 64;
        while (n <= at)
            n *= 2;
        e->sockets = mem_resize(e->sockets, n, sizeof(*e->sockets));
        memset(e->sockets + e->n, 0, (n - e->n) * sizeof(*e->sockets));
        e->n = n;
    }
    return &e->sockets[at];
}

#ifdef __linux__

static int queue_open(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

/* Tells the kernel; 0 takes the socket out. */
static int arm(struct events *e, int fd, unsigned armed, unsigned what) {
    struct epoll_event change = {.events = (what & EVENT_READ ? EPOLLIN : 0u) |
                                           (what & EVENT_WRITE ? EPOLLOUT : 0u),
                                 .data.fd = fd};
    if (what == 0)
        return epoll_ctl(e->queue, EPOLL_CTL_DEL, fd, &change);
    int op = armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int rc = epoll_ctl(e->queue, op, fd, &change);
    if (rc != 0 && errno == ENOENT) /* closed behind our back, and opened again */
        rc = epoll_ctl(e->queue, EPOLL_CTL_ADD, fd, &change);
    else if (rc != 0 && errno == EEXIST)
        rc = epoll_ctl(e->queue, EPOLL_CTL_MOD, fd, &change);
    return rc;
}

static int queue_wait(struct events *e, size_t cap, int timeout_ms) {
    return epoll_wait(e->queue, e->ready, (int)cap, timeout_ms);
}

static struct event ready_at(const struct events *e, size_t i) {
    uint32_t bits = e->ready[i].events;
    return (struct event){.fd = e->ready[i].data.fd,
                          .what = (bits & EPOLLIN ? (unsigned)EVENT_READ : 0u) |
                                  (bits & EPOLLOUT ? (unsigned)EVENT_WRITE : 0u) |
                                  (bits & (EPOLLERR | EPOLLHUP) ? (unsigned)EVENT_ERROR : 0u)};
}

#else

static int queue_open(void) {
    return kqueue();
}

static int change_filter(struct events *e, int fd, int16_t filter, uint16_t flags) {
    struct kevent change;
    EV_SET(&change, (uintptr_t)fd, filter, flags, 0, 0, 0);
    int rc = kevent(e->queue, &change, 1, NULL, 0, NULL);
    /* Taking out what is not inside is what was wanted. */
    return rc != 0 && (flags & EV_DELETE) && (errno == ENOENT || errno == EBADF) ? 0 : rc;
}

static int arm(struct events *e, int fd, unsigned armed, unsigned what) {
    static const struct {
        unsigned bit;
        int16_t filter;
    } filters[] = {{EVENT_READ, EVFILT_READ}, {EVENT_WRITE, EVFILT_WRITE}};
    int rc = 0;
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
        if ((what & filters[i].bit) && change_filter(e, fd, filters[i].filter, EV_ADD) != 0)
            rc = -1;
        else if (!(what & filters[i].bit) && (armed & filters[i].bit))
            change_filter(e, fd, filters[i].filter, EV_DELETE);
    }
    return rc;
}

static int queue_wait(struct events *e, size_t cap, int timeout_ms) {
    struct timespec span = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    return kevent(e->queue, NULL, 0, e->ready, (int)cap, timeout_ms < 0 ? NULL : &span);
}

static struct event ready_at(const struct events *e, size_t i) {
    const struct kevent *ready = &e->ready[i];
    unsigned what = ready->filter == EVFILT_WRITE ? EVENT_WRITE : EVENT_READ;
    return (struct event){.fd = (int)ready->ident,
                          .what = ready->flags & EV_ERROR ? (unsigned)EVENT_ERROR : what};
}

#endif

struct events *events_new(struct err *err) {
    struct events *e = mem_zero(1, sizeof(*e));
    e->queue = queue_open();
    if (e->queue < 0) {
        err_errno(err, ERR_IO, "network worker", "raise the limit of open files",
                  "cannot open an event queue");
        free(e);
        return NULL;
    }
    return e;
}

void events_free(struct events *e) {
    if (!e)
        return;
    close(e->queue);
    free(e->sockets);
    free(e);
}

enum err_code events_want(struct events *e, int fd, unsigned what, unsigned owner) {
    struct socket *s = find(e, fd);
    s->owner = owner;
    s->wanted = (uint8_t)what;
    if (what == 0 || s->armed == what)
        return ERR_OK;
    if (arm(e, fd, s->armed, what) != 0)
        return ERR_IO;
    s->armed = (uint8_t)what;
    return ERR_OK;
}

void events_forget(struct events *e, int fd) {
    struct socket *s = find(e, fd);
    if (s->armed)
        arm(e, fd, s->armed, 0);
    *s = (struct socket){0};
}

size_t events_wait(struct events *e, struct event *out, size_t cap, int timeout_ms) {
    int n = queue_wait(e, cap < READY_MAX ? cap : READY_MAX, timeout_ms);
    size_t given = 0;
    for (size_t i = 0; n > 0 && i < (size_t)n; i++) {
        struct event event = ready_at(e, i);
        struct socket *s = find(e, event.fd);
        if (s->wanted == 0) { /* an idle connection that the far side closed, mostly */
            if (s->armed)
                arm(e, event.fd, s->armed, 0);
            s->armed = 0;
            continue;
        }
        event.owner = s->owner;
        out[given++] = event;
    }
    return given;
}
