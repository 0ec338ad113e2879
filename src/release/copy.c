#include "src/release/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "src/base/mem.h"
#include "src/base/queue.h"

enum {
    INLINE_BYTES_MAX = 8 * 1024 * 1024, /* a thread for less is not worth it */
    QUEUE_PIECES = 64,                  /* how far the copy may run ahead */
};

struct copy {
    int from, to;
    const struct change_hook *hook;
    const char *path;
    struct err *err;
    unsigned char *piece; /* COPY_PIECE_BYTES, where the kernel does not copy; else NULL */
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

/* `n` bytes, fewer at the end of the file; -1 and errno. */
static ssize_t read_piece(int fd, unsigned char *piece, size_t n, off_t at) {
    size_t have = 0;
    while (have < n) {
        ssize_t got = pread(fd, piece + have, n - have, at + (off_t)have);
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
        if (!c->piece)
            c->piece = mem_alloc(COPY_PIECE_BYTES);
        n = read_piece(c->from, c->piece, COPY_PIECE_BYTES, at);
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

/* Its room beforehand: one run of blocks, and a full disk says so before anything is copied. */
static enum err_code make_room(const struct copy *c) {
#ifdef __linux__
    struct stat st;
    if (!c->cloned && fstat(c->from, &st) == 0 && st.st_size > 0 &&
        fallocate(c->to, FALLOC_FL_KEEP_SIZE, 0, st.st_size) != 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        return err_errno(c->err, ERR_IO, c->path, "make room, then try again", "cannot be written");
#else
    (void)c;
#endif
    return ERR_OK;
}

/* ---- reading back ------------------------------------------------------------------------------ */

struct piece {
    off_t at;
    size_t n;
};

/* Reads back and hashes, in a thread of its own beside a long copy: `pieces` is all that the two share
 * until it is joined. */
struct reader {
    int fd;
    struct hash *hash;
    unsigned char *bytes; /* COPY_PIECE_BYTES */
    int fault;            /* errno of the first failure; 0 = none */
    struct queue *pieces; /* NULL = no thread: read at once */
    pthread_t thread;
};

static void read_back(struct reader *r, const struct piece *piece) {
    if (r->fault)
        return;
    const ssize_t got = read_piece(r->fd, r->bytes, piece->n, piece->at);
    if (got < 0 || (size_t)got != piece->n)
        r->fault = got < 0 ? errno : EIO;
    else
        hash_add(r->hash, r->bytes, piece->n);
}

static void *read_all_back(void *self) {
    struct reader *r = self;
    void *piece;
    while (queue_take(r->pieces, &piece, 1, -1) == 1) {
        read_back(r, piece);
        free(piece);
    }
    return NULL;
}

static void reader_init(struct reader *r, int fd, int64_t size) {
    *r = (struct reader){.fd = fd, .hash = hash_new(), .bytes = mem_alloc(COPY_PIECE_BYTES)};
    if (size <= INLINE_BYTES_MAX)
        return;
    r->pieces = queue_new(QUEUE_PIECES, NULL, NULL);
    if (pthread_create(&r->thread, NULL, read_all_back, r) != 0) { /* slower, as good */
        queue_free(r->pieces);
        r->pieces = NULL;
    }
}

static void reader_add(struct reader *r, off_t at, size_t n) {
    const struct piece here = {.at = at, .n = n};
    if (!r->pieces) {
        read_back(r, &here);
        return;
    }
    struct piece *piece = mem_alloc(sizeof *piece);
    *piece = here;
    queue_push(r->pieces, piece, -1);
}

/* Waits for the rest; errno of what went wrong, or 0. */
static int reader_fini(struct reader *r, char sha256[HASH_HEX_CAP]) {
    if (r->pieces) {
        queue_close(r->pieces);
        pthread_join(r->thread, NULL);
        queue_free(r->pieces);
    }
    hash_hex(r->hash, sha256);
    hash_free(r->hash);
    free(r->bytes);
    return r->fault;
}

/* ---- both --------------------------------------------------------------------------------------- */

static int64_t size_of(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Copies what is to be copied, and hands each piece to the reader; the size, or -1 and c->err. */
static int64_t copy_pieces(struct copy *c, struct reader *reader) {
    const int64_t cloned = c->cloned ? size_of(c->to) : 0;
    for (int64_t at = 0;;) {
        size_t n = 0;
        if (c->cloned)
            n = cloned - at < COPY_PIECE_BYTES ? (size_t)(cloned - at) : COPY_PIECE_BYTES;
        else if (move_piece(c, (off_t)at, &n) != ERR_OK)
            return -1;
        if (n == 0)
            return at;
        if (!c->cloned)
            start_writing(c, (off_t)at, n);
        reader_add(reader, (off_t)at, n);
        at += (int64_t)n;
    }
}

enum err_code copy_hashed(int from, int to, const struct change_hook *hook, const char *path,
                          struct copy_facts *facts, struct err *err) {
    struct err trouble = ERR_INIT;
    struct copy c = {
        .from = from, .to = to, .hook = hook, .path = path, .err = &trouble, .by_kernel = true};
    struct copy_facts ignored = {0};
    struct reader reader;
    facts = facts ? facts : &ignored;
    c.cloned = try_clone(&c);
    if (make_room(&c) != ERR_OK)
        return err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
    reader_init(&reader, to, size_of(from));
    facts->size = copy_pieces(&c, &reader);
    const int fault = reader_fini(&reader, facts->sha256);
    free(c.piece);
    if (facts->size >= 0 && fault) {
        errno = fault;
        err_errno(&trouble, ERR_IO, path, "look at the disk",
                  "what was written cannot be read back");
    }
    return trouble.code == ERR_OK
               ? ERR_OK
               : err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
}

enum err_code copy_hash(int fd, const char *where, struct copy_facts *facts, struct err *err) {
    unsigned char *piece = mem_alloc(COPY_PIECE_BYTES);
    struct hash *hash = hash_new();
    ssize_t got;
    facts->size = 0;
    while ((got = read_piece(fd, piece, COPY_PIECE_BYTES, (off_t)facts->size)) > 0) {
        hash_add(hash, piece, (size_t)got);
        facts->size += got;
    }
    enum err_code code = got < 0 ? err_errno(err, ERR_IO, where, NULL, "cannot be read") : ERR_OK;
    hash_hex(hash, facts->sha256);
    hash_free(hash);
    free(piece);
    return code;
}
