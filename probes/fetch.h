/* One request at a time, whatever its size, for the artifact worker: it waits in the middle of it, and can
 * be told at any moment to break it off. Redirects are judged hop by hop, like a look's. */
#ifndef GONOGO_PROBES_FETCH_H
#define GONOGO_PROBES_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/base/wake.h"
#include "src/model/policy.h"

enum {
    FETCH_HOPS_MAX = 5,        /* release hosts redirect to their storage, rarely more than twice */
    FETCH_VALIDATOR_CAP = 256, /* bytes of an ETag worth keeping */
    FETCH_STALL_MS = 30000,    /* a body of which nothing comes for so long */
    FETCH_TURN_MS = 200,       /* how often go_on() is asked when nothing happens */
};

struct fetch_request {
    const struct policy *policy;    /* environments: whose address has a trust of its own */
    const struct source_spec *spec; /* names errors; timeouts; `rate` */
    const char *url;
    bool head;
    /* What is left of a body of which `from` bytes came: only if it is still the one that `if_range`
     * (an ETag or a date) stands for. 0 and NULL = all of it. */
    int64_t from;
    const char *if_range;
    /* Headers of these sources go to their own addresses; indices into policy.sources. */
    const unsigned *headers_of;
    size_t n_headers_of;

    void *multi; /* a CURLM that keeps connections from one request to the next; NULL = none */
    const struct wake *wake; /* somebody has news: go_on() is asked at once, and drains it */
    bool (*go_on)(void *self);
    /* A piece of the body of a 200, or of a 206 that begins at `from`; false ends the transfer. */
    bool (*body)(void *self, const char *bytes, size_t n);
    /* Before the first piece: `from` of what comes (0 for a 200), and how many bytes there will be in
     * all (-1 = not said). */
    bool (*begin)(void *self, int64_t from, int64_t total);
    void *self;
};

struct fetch_answer {
    int status;
    int latency_ms;
    int64_t length; /* Content-Length; -1 = not said */
    /* "" = none. Of ETags only strong ones: a weak one stands for no bytes. */
    char etag[FETCH_VALIDATOR_CAP], modified[FETCH_VALIDATOR_CAP];
};

/* ERR_OK for any answer that came whole (see status); ERR_NET, ERR_REFUSED; ERR_CLOSED when go_on(),
 * begin() or body() said no. */
enum err_code fetch_run(const struct fetch_request *request, struct fetch_answer *answer,
                        struct err *err);

#endif
