/* One request to GitHub's REST API, or to what speaks it, with all that can go wrong on the way: it waits
 * for rate limits and asks again after a failure, both within bounds; it follows redirects, and the
 * token goes to no other host than the API's own and the one that the API names for uploads. */
#ifndef GONOGO_RELEASE_GITHUB_HTTP_H
#define GONOGO_RELEASE_GITHUB_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/release/copy.h"

#define GITHUB_API "https://api.github.com"

enum {
    GITHUB_TRIES = 6, /* of a request, and of an upload */
    GITHUB_REDIRECTS = 5,
    GITHUB_BACK_OFF_MS = 1000,   /* doubles with each try */
    GITHUB_LIMIT_MS = 60 * 1000, /* what GitHub asks to wait when it does not say how long */
    GITHUB_WAIT_MAX_MS =
        5 * 60 * 1000, /* longer waits are for people to decide; the tree is locked */
    GITHUB_REPLY_BYTES_MAX = 8 << 20, /* a page of 100 assets has some 200 KB */
};

/* Texts are borrowed. */
struct github_options {
    const char *api;        /* no slash at the end; https, or http on loopback */
    const char *repository; /* "owner/name" */
    const char *token;      /* NULL = none: what is public can be read */
    const char *ca_file;    /* PEM; NULL = the machine's */
    const struct clock *clock;
    /* Waits; `why` is one clause for people. */
    void (*wait)(void *self, int64_t ms, const char *why);
    void *wait_self;
};

struct github;

/* `hook` may be NULL: it is called before each request that writes ("http") and each upload's first byte
 * ("send"). NULL and `err`. */
struct github *github_new(const struct github_options *options, const struct change_hook *hook,
                          struct err *err);
void github_free(struct github *g); /* NULL is fine */
const struct github_options *github_options(const struct github *g);

struct github_call {
    const char *method;
    const char *url;
    const char *what; /* for messages, as a URL may hold what others must not see */
    const char *json; /* the body; or NULL */
    int fd;           /* the body is `size` bytes of this file from its beginning, unless -1 */
    int64_t size;
    bool once;   /* may have worked although it failed: the caller looks before it asks again */
    bool upload; /* the API named this URL: it is trusted as the API is */
    /* Where the body of a download goes, each byte once however often it is asked; NULL = the reply. */
    enum err_code (*take)(void *self, const void *bytes, size_t n, struct err *err);
    void *self;
};

struct github_reply {
    int status;
    struct buf body;
    char *next; /* of a list, the next page's URL; or NULL */
    bool final; /* there is no answer, and asking again now brings none */
};

/* ERR_OK: there is an answer, and its status is the caller's to judge. ERR_NET: there is none, or only
 * 5xx or "later". ERR_REFUSED: the token is not good for this. ERR_IO: of this machine. The reply is
 * the caller's to free in any case. */
enum err_code github_ask(struct github *g, const struct github_call *call,
                         struct github_reply *reply, struct err *err);
void github_reply_fini(struct github_reply *reply);

/* The wait before try number `n` (from 1) of something that failed. */
void github_back_off(struct github *g, int n, const char *why);

/* ERR_NET: an answer that was not expected, with the API's own words, made safe. */
enum err_code github_unexpected(const struct github *g, const struct github_call *call,
                                const struct github_reply *reply, struct err *err);

#endif
