#include "src/release/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "src/base/mem.h"

struct copy {
    int from, to;
    const struct change_hook *hook;
    const char *path;
    struct err *err;
    struct hash *hash;
    unsigned char *piece; /* COPY_PIECE_BYTES */
    bool cloned;          /* `to` holds everything already */
    bool by_kernel;       /* copy_file_range() works here */
};

static bool hooked(const struct copy *c) {
    int fault = c->hook ? c->hook->before(c->hook->self, "write", c->path) : 0;
    if (fault)
        errno = fault;
    return fault != 0;
}

static bool try_clone(const struct copy *c) {
#ifdef __linux__
    return ioctl(c->to, FICLONE, c->from) == 0;
#else
    return (void)c, false;
#endif
}

static ssize_t move_by_kernel(const struct copy *c, off_t at, size_t n) {
#ifdef __linux__
    off_t in = at, out = at;
    return copy_file_range(c->from, &in, c->to, &out, n, 0);
#else
    (void)c, (void)at, (void)n;
    errno = ENOSYS;
    return -1;
#endif
}

static ssize_t read_piece(int fd, unsigned char *piece, off_t at) {
    size_t have = 0;
    while (have < COPY_PIECE_BYTES) {
        ssize_t got = pread(fd, piece + have, COPY_PIECE_BYTES - have, at + (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static enum err_code write_piece(const struct copy *c, off_t at, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(c->to, c->piece + done, n - done, at + (off_t)done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(c->err, ERR_IO, c->path, "make room or rights, then try again",
                             "cannot be written");
        done += (size_t)put;
    }
    return ERR_OK;
}

/* Up to one piece, from `at`; *moved is 0 at the end. */
static enum err_code move_piece(struct copy *c, off_t at, size_t *moved) {
    ssize_t n = -1;
    *moved = 0;
    if (hooked(c))
        return err_errno(c->err, ERR_IO, c->path, "make room or rights, then try again",
                         "cannot be written");
    if (c->by_kernel) {
        do
            n = move_by_kernel(c, at, COPY_PIECE_BYTES);
        while (n < 0 && errno == EINTR);
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
            return err_errno(c->err, ERR_IO, c->path, "make room or rights, then try again",
                             "cannot be written");
    }
    if (n <= 0) { /* not every file system can, and some say "the end" when they cannot */
        c->by_kernel = false;
        n = read_piece(c->from, c->piece, at);
        if (n < 0)
            return err_errno(c->err, ERR_IO, c->path, NULL, "the bytes for it cannot be read");
        if (write_piece(c, at, (size_t)n) != ERR_OK)
            return c->err ? c->err->code : ERR_IO;
    }
    *moved = (size_t)n;
    return ERR_OK;
}

/* Lets the disk begin while we go on; only a hint. */
static void start_writing(const struct copy *c, off_t at, size_t n) {
#ifdef __linux__
    if (n > 0 && sync_file_range(c->to, at, (off_t)n, SYNC_FILE_RANGE_WRITE) != 0)
        errno = 0;
#else
    (void)c, (void)at, (void)n;
#endif
}

/* The next piece of `to`, copied when it has to be, then read back and hashed. */
static enum err_code take_piece(struct copy *c, off_t at, size_t *n) {
    size_t moved = 0;
    if (!c->cloned) {
        enum err_code code = move_piece(c, at, &moved);
        if (code != ERR_OK)
            return code;
        start_writing(c, at, moved);
    }
    ssize_t got = read_piece(c->to, c->piece, at);
    if (got < 0 || (!c->cloned && (size_t)got != moved)) {
        if (got >= 0)
            errno = EIO;
        return err_errno(c->err, ERR_IO, c->path, "look at the disk",
                         "what was written cannot be read back");
    }
    hash_add(c->hash, c->piece, (size_t)got);
    *n = (size_t)got;
    return ERR_OK;
}

enum err_code copy_hashed(int from, int to, const struct change_hook *hook, const char *path,
                          struct copy_facts *facts, struct err *err) {
    struct err trouble = ERR_INIT;
    struct copy c = {
        .from = from, .to = to, .hook = hook, .path = path, .err = &trouble, .by_kernel = true};
    struct copy_facts ignored = {0};
    facts = facts ? facts : &ignored;
    c.hash = hash_new();
    c.piece = mem_alloc(COPY_PIECE_BYTES);
    c.cloned = try_clone(&c);
    facts->size = 0;
    size_t n = 0;
    enum err_code code;
    while ((code = take_piece(&c, (off_t)facts->size, &n)) == ERR_OK && n > 0)
        facts->size += (int64_t)n;
    hash_hex(c.hash, facts->sha256);
    hash_free(c.hash);
    free(c.piece);
    return code == ERR_OK ? ERR_OK
                          : err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

enum err_code copy_hash(int fd, const char *where, struct copy_facts *facts, struct err *err) {
    unsigned char *piece = mem_alloc(COPY_PIECE_BYTES);
    struct hash *hash = hash_new();
    ssize_t got;
    facts->size = 0;
    while ((got = read_piece(fd, piece, (off_t)facts->size)) > 0) {
        hash_add(hash, piece, (size_t)got);
        facts->size += got;
    }
    enum err_code code = got < 0 ? err_errno(err, ERR_IO, where, NULL, "cannot be read") : ERR_OK;
    hash_hex(hash, facts->sha256);
    hash_free(hash);
    free(piece);
    return code;
}
