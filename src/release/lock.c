#include "src/release/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/release/change.h"

enum {
    HOLDER_BYTES_MAX = 256,
    LOCK_ASK_MS = 20, /* flock() has no timeout of its own */
};

struct lock {
    int fd;
};

/* Who holds it, as it wrote itself; "" when it did not come to that. */
static void read_holder(int fd, char holder[2 * HOLDER_BYTES_MAX]) {
    char raw[HOLDER_BYTES_MAX];
    ssize_t got = pread(fd, raw, sizeof raw, 0);
    text_safe(holder, (size_t)2 * HOLDER_BYTES_MAX, raw, got > 0 ? (size_t)got : 0);
}

static void write_holder(int fd, const struct clock *clock, const char *who) {
    char at[32], host[64] = "", line[HOLDER_BYTES_MAX];
    when_rfc3339(clock_wall_ms(clock), at, sizeof at);
    gethostname(host, sizeof host - 1);
    int n = snprintf(line, sizeof line, "%s, process %ld on %s, since %s", who, (long)getpid(),
                     host, at);
    /* Only a courtesy to others: the lock holds without it. */
    if (n > 0 && ftruncate(fd, 0) == 0 && pwrite(fd, line, strlen(line), 0) < 0)
        return;
}

struct lock *lock_take(const struct tree *tree, const struct clock *clock, int64_t timeout_ms,
                       const char *who, struct err *err) {
    int dir = tree_open_folder(tree, CHANGE_FOLDER, true, err);
    if (dir < 0)
        return NULL;
    int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        err_errno(err, ERR_IO, CHANGE_FOLDER "/lock", "make the tree writable for you",
                  "cannot be opened");
    close(dir);
    if (fd < 0)
        return NULL;
    const int64_t end = clock_mono_ms(clock) + timeout_ms;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK) {
            err_errno(err, ERR_IO, CHANGE_FOLDER "/lock", NULL, "cannot be locked");
            close(fd);
            return NULL;
        }
        if (clock_mono_ms(clock) >= end) {
            char holder[2 * HOLDER_BYTES_MAX];
            read_holder(fd, holder);
            err_set(err, ERR_BUSY, "lock", "wait for it, or give --lock-timeout",
                    "the tree is being changed by %s", holder[0] ? holder : "somebody else");
            close(fd);
            return NULL;
        }
        poll(NULL, 0, LOCK_ASK_MS);
    }
    write_holder(fd, clock, who);
    struct lock *lock = mem_zero(1, sizeof *lock);
    lock->fd = fd;
    return lock;
}

void lock_release(struct lock *lock) {
    if (!lock)
        return;
    if (ftruncate(lock->fd, 0) != 0)
        errno = 0; /* the name of a past holder says nothing once the lock is free */
    close(lock->fd);
    free(lock);
}
