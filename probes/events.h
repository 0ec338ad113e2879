/* Which sockets of a worker are ready: epoll on Linux, kqueue elsewhere.
 *
 * A socket whose owner wants nothing for the moment stays registered: a kept-alive connection is
 * used again with the same wish, and so costs no system call. The first event that nobody wants takes
 * it out. Therefore events_forget() must be told before a socket is closed. */
#ifndef GONOGO_PROBES_EVENTS_H
#define GONOGO_PROBES_EVENTS_H

#include <stddef.h>

#include "src/base/err.h"

enum { EVENT_READ = 1, EVENT_WRITE = 2, EVENT_ERROR = 4 };

struct event {
    int fd;
    unsigned owner;
    unsigned what;
};

struct events;

struct events *events_new(struct err *err); /* NULL and `err` */
void events_free(struct events *e);         /* closes no socket; NULL is fine */

/* From now on `what` is wanted of `fd`, for `owner`; 0 = nothing. */
enum err_code events_want(struct events *e, int fd, unsigned what, unsigned owner);
void events_forget(struct events *e, int fd);

/* Waits up to timeout_ms (-1 = for ever) and fills up to `cap` events. A signal is no event. */
size_t events_wait(struct events *e, struct event *out, size_t cap, int timeout_ms);

#endif
