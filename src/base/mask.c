#include "src/base/mask.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"

struct secret {
    char *bytes;
    size_t n;
    size_t next; /* where it stands next in the bytes that are being passed on */
};

struct mask {
    struct secret *secrets; /* the longest first: of two that begin alike it wins */
    size_t n_secrets;
    size_t longest;
    char *held; /* at the end of what came: perhaps the beginning of a secret */
    size_t n_held;
};

static int longer_first(const void *a, const void *b) {
    const struct secret *x = a, *y = b;
    return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

struct mask *mask_new(const char *const *secrets) {
    struct mask *m = mem_zero(1, sizeof *m);
    size_t n = 0;
    while (secrets && secrets[n])
        n++;
    m->secrets = mem_zero(n + 1, sizeof *m->secrets);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(secrets[i]);
        if (len < MASK_SECRET_MIN)
            continue;
        m->secrets[m->n_secrets++] = (struct secret){mem_copy_text(secrets[i]), len, 0};
        m->longest = len > m->longest ? len : m->longest;
    }
    qsort(m->secrets, m->n_secrets, sizeof *m->secrets, longer_first);
    m->held = mem_alloc(m->longest + 1);
    return m;
}

void mask_free(struct mask *m) {
    if (!m)
        return;
    for (size_t i = 0; i < m->n_secrets; i++) {
        mem_wipe(m->secrets[i].bytes, m->secrets[i].n);
        free(m->secrets[i].bytes);
    }
    mem_wipe(m->held, m->longest + 1);
    free(m->held);
    free(m->secrets);
    free(m);
}

/* Where, from `from` on, the end of bytes[0..n) is the beginning of a secret, but not all of one;
 * n when nowhere. */
static size_t held_from(const struct mask *m, const char *bytes, size_t from, size_t n) {
    size_t at = n > m->longest ? n - m->longest : 0;
    for (at = at > from ? at : from; at < n; at++)
        for (size_t i = 0; i < m->n_secrets; i++)
            if (n - at < m->secrets[i].n && memcmp(bytes + at, m->secrets[i].bytes, n - at) == 0)
                return at;
    return n;
}

/* Finds the next place of each secret in bytes[from..n) whose last one lies before it. */
static void look_ahead(const struct mask *m, const char *bytes, size_t from, size_t n, bool first) {
    for (size_t i = 0; i < m->n_secrets; i++) {
        struct secret *s = &m->secrets[i];
        if (!first && s->next >= from)
            continue;
        const char *found = memmem(bytes + from, n - from, s->bytes, s->n);
        s->next = found ? (size_t)(found - bytes) : n;
    }
}

/* Hands on what is certain of bytes[0..n); returns how much of its end is not. */
static size_t pass(const struct mask *m, const char *bytes, size_t n, bool all, mask_sink *sink,
                   void *self) {
    size_t done = 0, hold = all ? n : held_from(m, bytes, 0, n);
    look_ahead(m, bytes, 0, n, true);
    for (;;) {
        const struct secret *first = NULL;
        for (size_t i = 0; i < m->n_secrets; i++)
            if (!first || m->secrets[i].next < first->next)
                first = &m->secrets[i];
        if (!first || first->next >= hold) {
            if (hold > done)
                sink(self, bytes + done, hold - done);
            return n - hold;
        }
        if (first->next > done)
            sink(self, bytes + done, first->next - done);
        sink(self, "***", 3);
        done = first->next + first->n;
        look_ahead(m, bytes, done, n, false);
        if (done > hold)
            hold = held_from(m, bytes, done, n);
    }
}

void mask_add(struct mask *m, const char *bytes, size_t n, mask_sink *sink, void *self) {
    if (m->n_secrets == 0) {
        if (n > 0)
            sink(self, bytes, n);
        return;
    }
    if (m->n_held == 0) {
        size_t left = pass(m, bytes, n, false, sink, self);
        memcpy(m->held, bytes + n - left, left);
        m->n_held = left;
        return;
    }
    char *joined = mem_alloc(m->n_held + n);
    memcpy(joined, m->held, m->n_held);
    memcpy(joined + m->n_held, bytes, n);
    n += m->n_held;
    size_t left = pass(m, joined, n, false, sink, self);
    memcpy(m->held, joined + n - left, left);
    m->n_held = left;
    mem_wipe(joined, n);
    free(joined);
}

void mask_end(struct mask *m, mask_sink *sink, void *self) {
    pass(m, m->held, m->n_held, true, sink, self);
    m->n_held = 0;
}

static void add(void *self, const char *bytes, size_t n) {
    buf_add(self, bytes, n);
}

char *mask_text(struct mask *m, const char *text) {
    struct buf out;
    buf_init(&out, 0);
    mask_add(m, text, strlen(text), add, &out);
    mask_end(m, add, &out);
    return buf_steal(&out);
}
