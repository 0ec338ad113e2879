/* The update service: answers every path of the release system's HTTP interface from a release tree,
 * read at each request. It never writes. */
#ifndef GONOGO_RELEASE_SERVICE_H
#define GONOGO_RELEASE_SERVICE_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/release/layout.h"

struct service;

struct service_options {
    const char *root;          /* the release tree */
    const char *listen;        /* "127.0.0.1:8081"; port 0 = any free one */
    const char *health_listen; /* a second address for the main service's paths; or NULL: joined */
    const struct layout
        *layout;          /* the names in the tree, borrowed as long as it runs; NULL = tree.h's */
    const char *env_file; /* under root; NULL = the layout's */
    bool candidate;       /* runs the beta: versions come from its manifest */
    bool allow_http_loopback; /* artifact URLs may be http:// on loopback (lab and tests) */
    const struct service_fault
        *fault; /* trouble on purpose, for the lab: outlives the service; NULL */
};

/* What a lab scenario does to an answer. */
struct service_fault {
    const char *path_prefix; /* which answers; "" = all */
    int delay_ms;            /* before the first byte */
    int status;              /* answer this instead, 0 = the true one */
    const char *body;        /* with this body, NULL = the true one */
};

struct service *service_start(const struct service_options *options, struct err *err);
/* Is the tree sound at this moment, so that health and feeds answer well? ERR_OK, or what is wrong. A
 * service on a broken tree runs and says so to whoever asks. */
enum err_code service_check(const struct service *service, struct err *err);
/* "http://127.0.0.1:40123": borrowed, as bound. */
const char *service_url(const struct service *service);
const char *service_health_url(const struct service *service); /* the same when joined */
void service_stop(struct service *service);                    /* NULL is fine */

#endif
