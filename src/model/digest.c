#include "src/model/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

struct digest *digest_new(const struct policy *policy, int64_t wall_ms) {
    struct digest *d = mem_zero(1, sizeof *d);
    atomic_init(&d->refs, 1);
    d->wall_ms = wall_ms;
    d->n_versions = 1;
    d->n_logs = policy->n_logs;
    d->logs = mem_zero(d->n_logs + 1, sizeof *d->logs);
    return d;
}

const struct digest *digest_keep(const struct digest *d) {
    struct digest *counted = (struct digest *)d; /* the count is no part of the value */
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return d;
}

void digest_drop(const struct digest *d) {
    struct digest *dead = (struct digest *)d;
    if (!dead || atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < dead->n_cursors; i++)
        free(dead->cursors[i].path);
    free(dead->deltas);
    free(dead->buckets);
    free(dead->violations);
    free(dead->events);
    free(dead->findings);
    free(dead->logs);
    free(dead->cursors);
    free(dead);
}

/* Room for `more` elements behind the `n` that are there; `old` moves. */
static void *grow(void *old, size_t *room, size_t n, size_t more, size_t size) {
    if (n + more <= *room)
        return old;
    *room = *room * 2 > n + more ? *room * 2 : n + more;
    return mem_resize(old, *room, size);
}

void digest_add(struct digest *d, const struct digest_delta *delta,
                const struct digest_bucket *buckets, size_t n_buckets) {
    d->deltas = grow(d->deltas, &d->deltas_room, d->n_deltas, 1, sizeof *d->deltas);
    struct digest_delta *own = &d->deltas[d->n_deltas++];
    *own = *delta;
    own->bucket = d->n_buckets;
    own->n_buckets = n_buckets;
    if (n_buckets == 0)
        return;
    d->buckets = grow(d->buckets, &d->buckets_room, d->n_buckets, n_buckets, sizeof *d->buckets);
    memcpy(d->buckets + d->n_buckets, buckets, n_buckets * sizeof *buckets);
    d->n_buckets += n_buckets;
}

unsigned digest_version(struct digest *d, const char *version) {
    for (size_t i = 0; i < d->n_versions; i++)
        if (strcmp(d->versions[i], version) == 0)
            return (unsigned)i;
    if (d->n_versions > DIGEST_VERSIONS_MAX || strlen(version) >= VERSION_CAP)
        return 0;
    snprintf(d->versions[d->n_versions], VERSION_CAP, "%s", version);
    return (unsigned)d->n_versions++;
}

void digest_add_cursor(struct digest *d, const struct digest_cursor *cursor) {
    d->cursors = mem_resize(d->cursors, d->n_cursors + 1, sizeof *d->cursors);
    d->cursors[d->n_cursors] = *cursor;
    d->cursors[d->n_cursors++].path = mem_copy_text(cursor->path);
}
