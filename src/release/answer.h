/* What the update service says: one function per path, from the tree as it is at this moment to an
 * answer that HTTP can carry. Knows no sockets. */
#ifndef GONOGO_RELEASE_ANSWER_H
#define GONOGO_RELEASE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/base/err.h"
#include "src/release/layout.h"

/* How the tree is to be read; borrowed texts that outlive every answer. */
struct answer_rules {
    const char *root;
    const struct layout *layout; /* the names in it */
    bool candidate;              /* versions come from beta's manifest */
    bool allow_http_loopback;
    bool has_ffmpeg; /* /health says so */
};

/* The two services that a proxy joins under one address (domain §2). */
enum answer_side {
    ANSWER_MAIN,    /* /health, /status */
    ANSWER_UPDATES, /* what stands under /updates */
};

/* A request as far as answers depend on it; NULL = no such header. */
struct answer_request {
    enum answer_side side;
    const char *path; /* raw, behind /updates on that side: "/appcast.xml" */
    bool head;
    const char *if_none_match;
    const char *if_modified_since;
    const char *if_range;
    const char *range;
};

struct answer {
    int status;
    const char *type;       /* Content-Type */
    const char *cache;      /* Cache-Control */
    char etag[64];          /* "" = none */
    char last_modified[40]; /* "" = none */
    char content_range[96]; /* "" = none */
    bool ranges;            /* Accept-Ranges: bytes */
    struct buf body;        /* when fd is -1 */
    int fd;                 /* else the body is `length` bytes of this file from `offset` */
    uint64_t offset, length;
};

/* Always leaves an answer, if need be one that says what is wrong. */
void answer_make(const struct answer_rules *rules, const struct answer_request *request,
                 struct answer *answer);
void answer_fini(struct answer *answer); /* closes fd unless it was set to -1 */

/* {"status":"error","error":…} and this status; for what the server refuses by itself. */
void answer_refuse(struct answer *answer, int status, const char *what);

/* Would /health, /updates/health and the feeds answer well now? ERR_OK, or the first thing that is
 * wrong with the tree. */
enum err_code answer_check(const struct answer_rules *rules, struct err *err);

#endif
