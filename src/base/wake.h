/* A file descriptor to poll() on, that another thread or a signal handler can make readable.
 * Signals coalesce: many before one drain are one. */
#ifndef GONOGO_BASE_WAKE_H
#define GONOGO_BASE_WAKE_H

#include "src/base/err.h"

struct wake {
    int read_fd;
    int write_fd; /* the same as read_fd where eventfd exists */
};

enum err_code wake_init(struct wake *w, struct err *err);
void wake_fini(struct wake *w);
void wake_signal(const struct wake *w); /* async-signal-safe, never blocks, keeps errno */
void wake_drain(const struct wake *w);

#endif
