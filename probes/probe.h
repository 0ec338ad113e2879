/* A probe kind: how one look at a source is read. A kind is one file here and one row in registry.c.
 *
 * Transfers belong to the net worker (URLs) and the file worker (files); a kind only reads bytes as
 * they come. State lives from begin() to end(), for the time of one look. */
#ifndef GONOGO_PROBES_PROBE_H
#define GONOGO_PROBES_PROBE_H

#include <stddef.h>

#include "src/base/err.h"
#include "src/model/policy.h"
#include "src/model/sample.h"

enum {
    PROBE_JSON_CAP = 1 << 20,  /* 1 MiB: no health answer or manifest is a thousandth of it */
    PROBE_FEED_CAP = 32 << 20, /* 32 MiB: some 40,000 feed items */
    PROBE_TEXT_CAP = 1 << 20,  /* 1 MiB of a page that is only searched */
};

/* The answer's head, as the transfer saw it. For files: status 200, no headers. */
struct answer {
    int status;
    const char *content_type; /* NULL = none was sent */
    /* The last value of a header by name, NULL = not sent; borrowed until the next call. */
    const char *(*header)(const struct answer *answer, const char *name);
    void *self;
};

struct probe_kind {
    const char *name;
    const char *help; /* one line, for `config options` */
    size_t body_cap;  /* bytes of body at most */
    bool takes_url, takes_file;
    bool takes_claims;  /* the artifact worker does it all: the same */
    bool takes_command; /* the command worker does it all: no function below is there */
    bool
        for_gates; /* looks only at what a gate looks at by itself; `kind:` of a probe cannot name it */
    bool whole; /* each look wants the whole answer: never "only if it changed since" */
    /* A fresh state for one look at `spec` (borrowed until end()). */
    void *(*begin)(const struct source_spec *spec);
    /* The head is complete, no byte of the body was read yet. NULL = the kind does not care. */
    void (*head)(void *state, const struct answer *answer);
    /* The next bytes of the body, decoded, in pieces of any size. An error ends the look. */
    enum err_code (*body)(void *state, const char *bytes, size_t n, struct err *err);
    /* The body is complete: fills the sample's reading and values. An error makes the reading
     * READING_ERROR with the error's text. Also called with a status that is no 200 (the kind
     * decides: unhealthy, closed, …). */
    enum err_code (*finish)(void *state, const struct answer *answer, struct sample *out,
                            struct err *err);
    void (*end)(void *state); /* NULL is fine */
};

const struct probe_kind *probe_kind_find(const char *name); /* NULL = no such kind */
const struct probe_kind *probe_kind_at(size_t i);           /* NULL behind the last */

#endif
