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

#define LOCK_FILE CHANGE_FOLDER "/lock"

struct lock {
    int fd;
    const struct change_hook *hook;
};

static bool hooked(const struct change_hook *hook, const char *call) {
    int fault = hook ? hook->before(hook->self, call, LOCK_FILE) : 0;
    if (fault)
        errno = fault;
    return fault != 0;
}

/* Who holds it, as it wrote itself; "" when it did not come to that. */
static void read_holder(int fd, char holder[2 * HOLDER_BYTES_MAX]) {
    char raw[HOLDER_BYTES_MAX];
    ssize_t got = pread(fd, raw, sizeof raw, 0);
    text_safe(holder, (size_t)2 * HOLDER_BYTES_MAX, raw, got > 0 ? (size_t)got : 0);
}

static void write_holder(int fd, const struct clock *clock, const char *who,
                         const struct change_hook *hook) {
    char at[32], host[64] = "", line[HOLDER_BYTES_MAX];
    when_rfc3339(clock_wall_ms(clock), at, sizeof at);
    gethostname(host, sizeof host - 1);
    int n = snprintf(line, sizeof line, "%s, process %ld on %s, since %s", who, (long)getpid(),
                     host, at);
    /* Only a courtesy to others: the lock holds without it. */
    if (n <= 0 || hooked(hook, "note") || ftruncate(fd, 0) != 0 || hooked(hook, "note") ||
        pwrite(fd, line, strlen(line), 0) < 0)
        errno = 0;
}

/* The lock's file, made when it is not there. -1 and `err`. */
static int open_lock(const struct tree *tree, const struct change_hook *hook, struct err *err) {
    if (hooked(hook, "mkdir")) {
        err_errno(err, ERR_IO, CHANGE_FOLDER, "make the tree writable for you", "cannot be made");
        return -1;
    }
    int dir = tree_open_folder(tree, CHANGE_FOLDER, true, err);
    if (dir < 0)
        return -1;
    int fd = hooked(hook, "create")
                 ? -1
                 : openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        err_errno(err, ERR_IO, LOCK_FILE, "make the tree writable for you", "cannot be opened");
    close(dir);
    return fd;
}

struct lock *lock_take(const struct tree *tree, const struct clock *clock, int64_t timeout_ms,
                       const char *who, const struct change_hook *hook, struct err *err) {
    int fd = open_lock(tree, hook, err);
    if (fd < 0)
        return NULL;
    const int64_t end = clock_mono_ms(clock) + timeout_ms;
    while (hooked(hook, "lock") || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK) {
            err_errno(err, ERR_IO, LOCK_FILE, NULL, "cannot be locked");
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
    write_holder(fd, clock, who, hook);
    struct lock *lock = mem_zero(1, sizeof *lock);
    lock->fd = fd;
    lock->hook = hook;
    return lock;
}

void lock_release(struct lock *lock) {
    if (!lock)
        return;
    if (hooked(lock->hook, "note") || ftruncate(lock->fd, 0) != 0)
        errno = 0; /* the name of a past holder says nothing once the lock is free */
    close(lock->fd);
    free(lock);
}
