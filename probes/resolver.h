/* Names to addresses, off the network worker's thread.
 *
 * getaddrinfo() may hang for minutes and cannot be ended, so it runs in lookup threads that own all
 * they touch: when the resolver goes, a thread that hangs is left behind and frees its share when it
 * comes back. Each name is asked for once at a time, however many sources need it, and an address
 * that was good stays in use while it is asked for afresh: a name server that is down for an hour
 * does not blind gonogo.
 *
 * One resolver belongs to one worker; all calls come from the worker's thread. */
#ifndef GONOGO_PROBES_RESOLVER_H
#define GONOGO_PROBES_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"

enum {
    RESOLVER_FRESH_MS = 60000, /* as long an answer is taken as it is: half of what caches keep */
    RESOLVER_RETRY_MS = 1000,  /* a name that failed is not asked for more often */
    RESOLVER_THREADS = 16,     /* so many dead names can hang before living ones wait */
};

struct resolver;
struct resolver_name;

enum resolver_state { RESOLVER_READY, RESOLVER_WAITS, RESOLVER_FAILED };

/* For so many names at most; NULL and `err`. */
struct resolver *resolver_new(size_t names_max, struct err *err);
void resolver_free(struct resolver *r);    /* never waits; NULL is fine */
int resolver_fd(const struct resolver *r); /* readable: call resolver_collect() */

/* The entry of a host name; lives as long as the resolver. */
struct resolver_name *resolver_name(struct resolver *r, const char *host);

/* What is known of it now; asks in the background when that is needed. */
enum resolver_state resolver_look_up(struct resolver *r, struct resolver_name *name,
                                     int64_t now_ms);
/* A connection to its addresses failed: the next look_up() asks afresh. */
void resolver_doubt(struct resolver_name *name);
void resolver_collect(struct resolver *r, int64_t now_ms);

/* "192.0.2.1,[2001:db8::1]"; NULL = none is known. */
const char *resolver_addresses(const struct resolver_name *name);
/* Counts the changes of the addresses; 0 = there never was one. */
unsigned resolver_generation(const struct resolver_name *name);
/* Why it failed, in words of the name service. */
const char *resolver_trouble(const struct resolver_name *name);

#endif
