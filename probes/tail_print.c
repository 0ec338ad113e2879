/* What tells one content from another: a hash of its first bytes, and one of those before the place that
 * was reached. Not for secrets: FNV-1a. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probes/tail_inside.h"

ssize_t tail_pread(int fd, void *bytes, size_t n, int64_t at) {
    size_t have = 0;
    while (have < n) {
        ssize_t got = pread(fd, (char *)bytes + have, n - have, (off_t)(at + (int64_t)have));
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

static uint32_t hash_of_bytes(const char *bytes, size_t n) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return (uint32_t)(h ^ h >> 32);
}

static void shape(struct print *print, int64_t at, uint32_t head_bytes, size_t *mark_bytes) {
    *print = (struct print){.at = at, .head_bytes = head_bytes};
    if (head_bytes == 0)
        print->head_bytes = at < DIGEST_HEAD_MAX ? (uint32_t)at : DIGEST_HEAD_MAX;
    *mark_bytes = at < MARK_BYTES ? (size_t)at : MARK_BYTES;
}

bool tail_print(int fd, int64_t at, uint32_t head_bytes, struct print *print) {
    char head[DIGEST_HEAD_MAX], mark[MARK_BYTES];
    size_t mark_bytes;
    shape(print, at, head_bytes, &mark_bytes);
    if (print->head_bytes > sizeof head ||
        tail_pread(fd, head, print->head_bytes, 0) != (ssize_t)print->head_bytes ||
        tail_pread(fd, mark, mark_bytes, at - (int64_t)mark_bytes) != (ssize_t)mark_bytes)
        return false;
    print->head = hash_of_bytes(head, print->head_bytes);
    print->mark = hash_of_bytes(mark, mark_bytes);
    return true;
}

bool tail_print_block(const struct print *before, int64_t offset, const char *bytes, size_t n,
                      struct print *print) {
    const char *lf = memrchr(bytes, '\n', n);
    size_t whole = lf ? (size_t)(lf + 1 - bytes) : 0;
    bool first = offset == 0 && bytes[0] != '\0';
    if (whole < MARK_BYTES ||
        (!first && (before->at != offset || before->head_bytes < DIGEST_HEAD_MAX)))
        return false;
    *print = *before;
    print->at = offset + (int64_t)whole;
    print->mark = hash_of_bytes(bytes + whole - MARK_BYTES, MARK_BYTES);
    if (first) {
        print->head_bytes = whole < DIGEST_HEAD_MAX ? (uint32_t)whole : DIGEST_HEAD_MAX;
        print->head = hash_of_bytes(bytes, print->head_bytes);
    }
    return true;
}

/* From gzip: read from the front, for there is no other way. */
static bool print_packed(int fd, const char *path, int64_t at, uint32_t head_bytes,
                         struct print *print) {
    char head[DIGEST_HEAD_MAX], mark[MARK_BYTES], bytes[16 << 10];
    size_t mark_bytes;
    shape(print, at, head_bytes, &mark_bytes);
    int64_t mark_at = at - (int64_t)mark_bytes, done = 0;
    struct gunzip *g = gunzip_new(fd, path);
    struct err ignored = ERR_INIT;
    ssize_t n;
    while (done < at && (n = gunzip_read(g, bytes, sizeof bytes, &ignored)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            if (done + i < print->head_bytes)
                head[done + i] = bytes[i];
            if (done + i >= mark_at && done + i < at)
                mark[done + i - mark_at] = bytes[i];
        }
        done += n;
    }
    gunzip_free(g);
    if (done < at)
        return false;
    print->head = hash_of_bytes(head, print->head_bytes);
    print->mark = hash_of_bytes(mark, mark_bytes);
    return true;
}

bool tail_print_entry(const struct entry *e, int64_t at, uint32_t head_bytes, struct print *print) {
    struct entry now;
    int fd = open(e->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    bool ok = tail_fstat(fd, &now) && now.inode == e->inode && now.dev == e->dev &&
              (tail_packed(e->path) ? print_packed(fd, e->path, at, head_bytes, print)
                                    : tail_print(fd, at, head_bytes, print));
    close(fd);
    return ok;
}

bool tail_print_head(const struct entry *e, const struct print *like) {
    struct print print;
    return like->head_bytes > 0 &&
           tail_print_entry(e, like->head_bytes, like->head_bytes, &print) &&
           print.head == like->head;
}

bool tail_print_is(const struct print *a, const struct print *b) {
    return a->at == b->at && a->head_bytes == b->head_bytes && a->head == b->head &&
           a->mark == b->mark;
}

uint64_t tail_print_hash(const struct print *print) {
    return (uint64_t)print->head << 32 | print->mark;
}

struct print tail_print_of(const struct digest_cursor *cursor) {
    return (struct print){.at = cursor->offset,
                          .head_bytes = cursor->head_bytes,
                          .head = (uint32_t)(cursor->head_hash >> 32),
                          .mark = (uint32_t)cursor->head_hash};
}
