/* One look at one source with a url: the request, the answer as it comes, and the sample made of it.
 * Belongs to the net worker's thread. */
#ifndef GONOGO_PROBES_LOOK_H
#define GONOGO_PROBES_LOOK_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/due.h"
#include "probes/probe.h"
#include "probes/resolver.h"
#include "probes/tls.h"
#include "src/base/buf.h"
#include "src/base/clock.h"

enum {
    LOOK_HOPS_MAX = 3,        /* redirects followed in one look */
    LOOK_FRESH = 2,           /* looks with a new connection after one that timed out */
    LOOK_HEAD_CAP = 64 << 10, /* bytes of headers: servers send one or two KB */
};

enum target_state { TARGET_IDLE, TARGET_READY, TARGET_RESOLVES, TARGET_FLIES };

/* What the last good answer said, to ask "anything new since?". */
struct validators {
    char *etag;
    char *modified;
    uint64_t url_hash;         /* of the url that gave them: nobody else is shown them */
    const struct sample *good; /* repeated when nothing changed; NULL = there are none */
};

/* A source of a worker, as long as the worker lives. */
struct target {
    struct due due; /* first: the worker's heap holds pointers to it */
    const struct source_spec *spec;
    const struct environment *environment;
    const struct probe_kind *kind;
    unsigned source; /* index into policy.sources */
    unsigned group;  /* the worker's CURLM it uses */
    enum target_state state;
    unsigned fresh;             /* so many looks shall not use a kept connection */
    bool slow;                  /* its last look took long: it waits outside the crowd's limit */
    bool seen;                  /* looked at before */
    int64_t asked_ms;           /* mono, when the last look was due or began */
    bool secure;                /* https */
    const char *forbidden;      /* why its url may not be asked, or NULL */
    struct resolver_name *name; /* NULL: the url has an address, or libcurl must find it */
    int port;
    unsigned generation; /* of the name's addresses that the CURLM knows */
    struct validators last;
    struct tls_setup tls;
};

struct look {
    struct target *target;
    CURL *easy;
    const struct look_setup *setup;
    const struct clock *clock;    /* the setup's */
    struct look *older, *younger; /* among the looks that began a moment ago */
    struct look *next;            /* among those that fly, or that wait to be used again */
    struct look *prev;
    bool young;
    bool asked_with_validators;

    struct curl_slist *headers;
    struct curl_slist *addresses;
    char *url; /* of this hop; NULL = the source's own */
    unsigned hops;
    int64_t began_ms;     /* mono, of the look */
    int64_t hop_began_ms; /* mono, of this hop */
    int64_t hop_wall_ms;

    void *state; /* the kind's; NULL until the head came */
    bool body_began;
    bool answered; /* a status line came */
    bool follows;  /* this answer is a redirect that will be followed */
    size_t body_bytes;
    struct buf head; /* header lines of the answer, "Name: value\0" one after another */
    int tls_days;
    struct answer answer;
    struct err err; /* what ended the look from our side */
    char trouble[CURL_ERROR_SIZE];
};

/* What all looks of a worker need. */
struct look_setup {
    const struct clock *clock;
    int (*close_socket)(void *self, curl_socket_t fd);
    /* Sees to it that target->tls.trust is there if it is needed; false and `err` when it cannot. */
    bool (*know_trust)(void *self, struct target *target, struct err *err);
    void *self;
    bool tls_shared;
};

struct look *look_new(const struct look_setup *setup);
void look_free(struct look *look); /* NULL is fine */

/* May this url be asked? NULL, or why not (safe text, static). `from` is the url that redirected
 * here, or NULL. */
const char *look_url_forbidden(const char *url, const char *from, bool insecure);

/* Do both lead to the same scheme, host and port, as they are written? */
bool look_same_origin(const char *a, const char *b);

/* Sets the easy handle up for `target`, at its own url. */
void look_aim(struct look *look, struct target *target);
/* The transfer ended. True: it has to go on at another url, the handle is set up for it. False:
 * the look is over, and *sample (one reference) says what was seen. */
bool look_done(struct look *look, CURLcode code, struct sample **sample);
/* Lets go of all that belongs to the one look; the handle stays for the next. */
void look_rest(struct look *look);

/* A sample of a look that never reached the network: `err` says why. */
struct sample *look_failed(const struct target *target, const struct clock *clock,
                           const struct err *err);

void target_forget(struct target *target); /* drops the validators */

#endif
