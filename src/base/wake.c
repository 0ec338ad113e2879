#include "src/base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>

static int open_fds(struct wake *w) {
    w->read_fd = w->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->read_fd < 0 ? -1 : 0;
}
#else
static int open_fds(struct wake *w) {
    int fds[2];
    if (pipe(fds) < 0)
        return -1;
    w->read_fd = fds[0];
    w->write_fd = fds[1];
    for (int i = 0; i < 2; i++) {
        if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(fds[i], F_SETFL, O_NONBLOCK) < 0)
            return -1;
    }
    return 0;
}
#endif

enum err_code wake_init(struct wake *w, struct err *err) {
    *w = (struct wake){-1, -1};
    if (open_fds(w) == 0)
        return ERR_OK;
    err_errno(err, ERR_IO, "wake-up", "allow more open files (ulimit -n)",
              "cannot open a descriptor");
    wake_fini(w);
    return ERR_IO;
}

void wake_fini(struct wake *w) {
    if (w->write_fd >= 0 && w->write_fd != w->read_fd)
        close(w->write_fd);
    if (w->read_fd >= 0)
        close(w->read_fd);
    *w = (struct wake){-1, -1};
}

void wake_signal(const struct wake *w) {
    int saved = errno;
    /* Eight bytes are what an eventfd takes; a pipe takes them too. EAGAIN means that a signal is
     * already waiting, which is all that is wanted. */
    uint64_t one = 1;
    while (write(w->write_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    errno = saved;
}

void wake_drain(const struct wake *w) {
    int saved = errno;
    uint64_t seen[64];
    ssize_t n;
    do
        n = read(w->read_fd, seen, sizeof seen);
    while (n == (ssize_t)sizeof seen || (n < 0 && errno == EINTR));
    errno = saved;
}
