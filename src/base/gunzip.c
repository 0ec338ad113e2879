#include "src/base/gunzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "src/base/mem.h"

enum {
    PACKED_BYTES = 64 << 10,
    MAGIC_BYTES = 2,
    GZIP_ONLY = 16, /* added to the window's bits */
};

enum state { STATE_NEW, STATE_PLAIN, STATE_GZIP };

struct gunzip {
    int fd;
    const char *name;
    enum state state;
    bool ended;       /* the file */
    bool member_ends; /* the gzip member at hand is complete */
    z_stream z;
    size_t plain;                       /* bytes of `packed` that were read to look at them */
    unsigned char packed[PACKED_BYTES]; /* z.next_in points into it */
};

struct gunzip *gunzip_new(int fd, const char *name) {
    struct gunzip *g = mem_zero(1, sizeof *g);
    g->fd = fd;
    g->name = name;
    return g;
}

void gunzip_free(struct gunzip *g) {
    if (!g)
        return;
    if (g->state == STATE_GZIP)
        inflateEnd(&g->z);
    free(g);
}

/* Like read(), again when a signal came. */
static ssize_t read_some(const struct gunzip *g, void *into, size_t n, struct err *err) {
    ssize_t got;
    do
        got = read(g->fd, into, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        err_errno(err, ERR_IO, g->name, NULL, "cannot be read");
    return got;
}

static bool look(struct gunzip *g, struct err *err) {
    ssize_t n = 0;
    while (g->plain < MAGIC_BYTES &&
           (n = read_some(g, g->packed + g->plain, PACKED_BYTES - g->plain, err)) > 0)
        g->plain += (size_t)n;
    if (n < 0)
        return false;
    g->state = STATE_PLAIN;
    if (g->plain < MAGIC_BYTES || memcmp(g->packed, "\x1f\x8b", MAGIC_BYTES) != 0)
        return true;
    if (inflateInit2(&g->z, GZIP_ONLY + MAX_WBITS) != Z_OK) {
        err_set(err, ERR_LIMIT, g->name, NULL, "there is no memory to unpack it");
        return false;
    }
    g->state = STATE_GZIP;
    g->z.next_in = g->packed;
    g->z.avail_in = (uInt)g->plain;
    return true;
}

static ssize_t read_plain(struct gunzip *g, char *into, size_t n, struct err *err) {
    if (g->plain == 0)
        return read_some(g, into, n, err);
    size_t part = g->plain < n ? g->plain : n;
    memcpy(into, g->packed, part);
    memmove(g->packed, g->packed + part, g->plain - part);
    g->plain -= part;
    return (ssize_t)part;
}

static ssize_t damaged(const struct gunzip *g, struct err *err) {
    err_set(err, ERR_PARSE, g->name, "compress it again, or give the log itself",
            "is damaged or cut off: gzip does not end as it should");
    return -1;
}

/* More input, or the end of the file. */
static bool refill(struct gunzip *g, struct err *err) {
    ssize_t n = read_some(g, g->packed, PACKED_BYTES, err);
    if (n < 0)
        return false;
    g->z.next_in = g->packed;
    g->z.avail_in = (uInt)n;
    g->ended = n == 0;
    return true;
}

static ssize_t read_gzip(struct gunzip *g, char *into, size_t n, struct err *err) {
    uInt room = n > (1U << 30) ? 1U << 30 : (uInt)n;
    g->z.next_out = (Bytef *)into;
    g->z.avail_out = room;
    while (g->z.avail_out == room) {
        if (g->z.avail_in == 0 && !g->ended && !refill(g, err))
            return -1;
        if (g->ended)
            return g->member_ends ? 0 : damaged(g, err);
        if (g->member_ends && inflateReset(&g->z) != Z_OK)
            return damaged(g, err);
        int code = inflate(&g->z, Z_NO_FLUSH);
        g->member_ends = code == Z_STREAM_END;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(g, err);
    }
    return (ssize_t)(room - g->z.avail_out);
}

ssize_t gunzip_read(struct gunzip *g, char *into, size_t n, struct err *err) {
    if (g->state == STATE_NEW && !look(g, err))
        return -1;
    return g->state == STATE_GZIP ? read_gzip(g, into, n, err) : read_plain(g, into, n, err);
}
