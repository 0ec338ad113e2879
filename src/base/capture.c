#include "src/base/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/mask.h"
#include "src/base/mem.h"
#include "src/base/text.h"

/* What stands between the beginning and the end. */
#define CUT_BEGIN "\n… "
#define CUT_END   " bytes are left out here …\n"

struct capture {
    struct mask *mask;
    struct hash *hash;
    int file;
    uint64_t total;
    char *head;
    size_t n_head, head_size;
    char *ring; /* behind the head */
    size_t ring_size;
    uint64_t ringed; /* bytes that ever went into it */
};

struct capture *capture_new(size_t head, size_t tail, const char *const *secrets, int file) {
    struct capture *c = mem_zero(1, sizeof *c);
    c->mask = mask_new(secrets);
    c->hash = hash_new();
    c->file = file;
    c->head_size = head;
    c->ring_size = tail;
    c->head = mem_alloc(head + 1);
    c->ring = mem_alloc(tail + 1);
    return c;
}

void capture_free(struct capture *c) {
    if (!c)
        return;
    mask_free(c->mask);
    hash_free(c->hash);
    free(c->head);
    free(c->ring);
    free(c);
}

static void write_file(struct capture *c, const char *bytes, size_t n) {
    while (c->file >= 0 && n > 0) {
        ssize_t put = write(c->file, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            c->file = -1; /* a full disk must not stop the step */
            return;
        }
        bytes += put;
        n -= (size_t)put;
    }
}

static void ring_add(struct capture *c, const char *bytes, size_t n) {
    c->ringed += n;
    if (c->ring_size == 0)
        return;
    if (n > c->ring_size) {
        bytes += n - c->ring_size;
        n = c->ring_size;
    }
    size_t at = (size_t)((c->ringed - n) % c->ring_size), first = c->ring_size - at;
    first = n < first ? n : first;
    memcpy(c->ring + at, bytes, first);
    memcpy(c->ring, bytes + first, n - first);
}

static void take(void *self, const char *bytes, size_t n) {
    struct capture *c = self;
    hash_add(c->hash, bytes, n);
    c->total += n;
    size_t room = c->head_size - c->n_head, first = n < room ? n : room;
    if (first > 0) {
        memcpy(c->head + c->n_head, bytes, first);
        c->n_head += first;
        write_file(c, bytes, first);
    }
    if (n > first)
        ring_add(c, bytes + first, n - first);
}

void capture_add(struct capture *c, const char *bytes, size_t n) {
    mask_add(c->mask, bytes, n, take, c);
}

/* What the ring holds, oldest first. */
static void add_ring(const struct capture *c, struct buf *out) {
    if (c->ringed <= c->ring_size) {
        buf_add(out, c->ring, (size_t)c->ringed);
        return;
    }
    size_t at = (size_t)(c->ringed % c->ring_size);
    buf_add(out, c->ring + at, c->ring_size - at);
    buf_add(out, c->ring, at);
}

/* All that is behind the head. */
static void add_rest(const struct capture *c, struct buf *out) {
    uint64_t left_out = c->ringed > c->ring_size ? c->ringed - c->ring_size : 0;
    if (left_out > 0)
        buf_addf(out, CUT_BEGIN "%" PRIu64 CUT_END, left_out);
    if (c->ring_size > 0)
        add_ring(c, out);
}

void capture_end(struct capture *c) {
    struct buf rest;
    mask_end(c->mask, take, c);
    buf_init(&rest, 0);
    add_rest(c, &rest);
    write_file(c, rest.data, rest.len);
    c->file = -1;
    buf_fini(&rest);
}

bool capture_is_cut(const char *bytes, size_t n) {
    const char *at = memmem(bytes, n, CUT_END, sizeof CUT_END - 1);
    while (at && at > bytes && at[-1] >= '0' && at[-1] <= '9')
        at--;
    size_t before = at ? (size_t)(at - bytes) : 0, len = sizeof CUT_BEGIN - 1;
    return before >= len && memcmp(at - len, CUT_BEGIN, len) == 0;
}

uint64_t capture_total(const struct capture *c) {
    return c->total;
}

void capture_digest(struct capture *c, char hex[HASH_HEX_CAP]) {
    hash_hex(c->hash, hex);
}

char *capture_bytes(const struct capture *c, size_t *n) {
    struct buf all;
    buf_init(&all, 0);
    buf_add(&all, c->head, c->n_head);
    add_rest(c, &all);
    *n = all.len;
    return buf_steal(&all);
}

char *capture_text(const struct capture *c, size_t most) {
    struct buf safe;
    size_t n;
    char *bytes = capture_bytes(c, &n);
    const char *at = bytes, *end = bytes + n;
    if (n > most) {
        at = end - most;
        const char *line = memchr(at, '\n', most);
        at = line && line + 1 < end ? line + 1 : at;
    }
    buf_init(&safe, 0);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        if (len > 0 && at[len - 1] == '\r')
            len--;
        char *line = text_safe_copy(at, len);
        buf_add_text(&safe, line);
        free(line);
        if (stop)
            buf_add(&safe, "\n", 1);
        at = stop ? stop + 1 : end;
    }
    free(bytes);
    return buf_steal(&safe);
}
