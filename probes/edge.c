/* A document as it comes from an edge or from its origin, for the gate edge: its digest, its age and the
 * caches' words. */
#include "src/model/edge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/body.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/base/text.h"

enum { AGE_MAX_S = 10 * 365 * 86400 }; /* more is nonsense */

struct document {
    const struct source_spec *spec;
    struct hash *hash;
    int64_t bytes;
    struct feed_list *list; /* NULL: it is no feed */
};

static void *begin(const struct source_spec *spec) {
    struct document *d = mem_zero(1, sizeof *d);
    d->spec = spec;
    d->hash = hash_new();
    d->list = feed_list_new(spec->id);
    return d;
}

static void drop_list(struct document *d) {
    feed_list_free(d->list);
    d->list = NULL;
}

/* What is no feed is compared by its digest alone. */
static enum err_code body(void *state, const char *bytes, size_t n, struct err *err) {
    struct document *d = state;
    struct err ignored = ERR_INIT;
    (void)err;
    hash_add(d->hash, bytes, n);
    d->bytes += (int64_t)n;
    if (d->list != NULL && feed_list_push(d->list, bytes, n, &ignored) != ERR_OK)
        drop_list(d);
    return ERR_OK;
}

static int64_t age_of(const struct answer *answer) {
    const char *text = answer->header(answer, "Age");
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9')
        return EDGE_UNKNOWN;
    errno = 0;
    long long age = strtoll(text, &end, 10);
    return *end != '\0' || errno != 0 || age > AGE_MAX_S ? EDGE_UNKNOWN : age;
}

/* The first that says anything: RFC 9211's header, then those that were there before it. */
static void cache_of(const struct answer *answer, char dst[EDGE_CACHE_CAP]) {
    static const char *const names[] = {"Cache-Status", "CF-Cache-Status", "X-Cache",
                                        "X-Cache-Status", "X-Proxy-Cache"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = answer->header(answer, names[i]);
        if (text == NULL || *text == '\0')
            continue;
        snprintf(dst, EDGE_CACHE_CAP, "%.*s", (int)text_cut(text, strlen(text), EDGE_CACHE_CAP - 1),
                 text);
        return;
    }
}

static enum err_code finish(void *state, const struct answer *answer, struct sample *out,
                            struct err *err) {
    struct document *d = state;
    struct err ignored = ERR_INIT;
    if (!status_is_good(answer->status))
        return trouble_of_status(answer->status, d->spec->id, err);
    struct edge_reading reading = {.bytes = d->bytes, .age_s = age_of(answer)};
    cache_of(answer, reading.cache);
    hash_hex(d->hash, reading.sha256);
    if (d->list != NULL && feed_list_finish(d->list, &ignored) == ERR_OK)
        edge_read_feed(&reading, d->list);
    out->size = d->bytes;
    memcpy(out->version, reading.newest, sizeof out->version);
    memcpy(out->sha256, reading.sha256, sizeof out->sha256);
    out->value = edge_reading_write(&reading);
    out->reading = READING_OK;
    return ERR_OK;
}

static void end(void *state) {
    struct document *d = state;
    if (d == NULL)
        return;
    hash_free(d->hash);
    drop_list(d);
    free(d);
}

const struct probe_kind edge_kind = {
    .name = "edge",
    .help = "a document's digest, its age and the caches' words",
    .body_cap = PROBE_FEED_CAP,
    .takes_url = true,
    .for_gates = true,
    .whole = true,
    .begin = begin,
    .body = body,
    .finish = finish,
    .end = end,
};
