/* A server on 127.0.0.1 that speaks GitHub's Releases API as far as gonogo does, with whatever can go
 * wrong. What it holds survives fake_stop(), so that a killed client's traces can be looked at. */
#ifndef GONOGO_TESTS_FAKE_GITHUB_H
#define GONOGO_TESTS_FAKE_GITHUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_REPOSITORY "o/r"
#define FAKE_TOKEN      "ghp_the-token-of-the-test"

enum fake_trouble {
    FAKE_STATUS,      /* `number` is the status, and nothing is done */
    FAKE_RETRY_AFTER, /* 403, Retry-After: `number` */
    FAKE_RESET,       /* 403, x-ratelimit-remaining: 0, x-ratelimit-reset: `number` */
    FAKE_CUT, /* the connection ends in the middle of the body that is sent to it, or it sends */
    FAKE_STARTER,     /* an upload: 502, and what it leaves is in state "starter" */
    FAKE_TRUNCATE,    /* an upload: the asset lacks its second half; 502 */
    FAKE_LOSE,        /* done as asked, but the answer is 502 */
    FAKE_OTHER_BYTES, /* an upload: 201, but another byte is kept */
    FAKE_ELSEWHERE,   /* a download is redirected to this URL: `text` */
};

struct fake_fault {
    const char *method; /* "POST" */
    const char *path;   /* that the path holds: "/assets" */
    enum fake_trouble trouble;
    int64_t number;
    const char *text;
    int skip, times; /* so many such requests are served well first; then so many are not */
};

struct fake;

struct fake *fake_new(void); /* with the releases Update, App, UpdateBeta, AppBeta */
void fake_free(struct fake *fake);
/* Serves, on any free port. The URL is borrowed until it is stopped. */
const char *fake_start(struct fake *fake);
void fake_stop(struct fake *fake);

/* Copied; they hold until they are used up. */
void fake_trouble(struct fake *fake, const struct fake_fault *fault);
/* The API does not say digests; downloads are redirected to another host; so many assets a page. */
void fake_set(struct fake *fake, bool no_digests, bool redirects, int page);

void fake_put(struct fake *fake, const char *tag, const char *name, const char *bytes);
void fake_put_starter(struct fake *fake, const char *tag, const char *name, const char *bytes);
void fake_remove(struct fake *fake, const char *tag, const char *name);
/* Heap; NULL when there is none that is whole. */
char *fake_get(struct fake *fake, const char *tag, const char *name);
bool fake_is(struct fake *fake, const char *tag, const char *name, const char *bytes);
void fake_drop_release(struct fake *fake, const char *tag);
bool fake_has_release(struct fake *fake, const char *tag);
/* Every asset's release, name, state and bytes; heap. */
char *fake_print(struct fake *fake);
/* A command's file was left beside its place. */
bool fake_has_leftovers(struct fake *fake);

unsigned fake_requests(const struct fake *fake);
unsigned fake_leaks(const struct fake *fake); /* the token came to the other host */

#endif
