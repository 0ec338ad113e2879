/* What the parts of the net worker share: net.c turns the loop, turns.c decides whose turn it is. */
#ifndef GONOGO_PROBES_NET_INSIDE_H
#define GONOGO_PROBES_NET_INSIDE_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/due.h"
#include "probes/events.h"
#include "probes/look.h"
#include "probes/probes.h"
#include "probes/resolver.h"
#include "probes/tls.h"
#include "src/base/wake.h"

enum {
    MOMENT_MS = 50, /* a look that takes longer no longer counts: hanging sources starve nobody */
};

#define NEVER INT64_MAX

struct group {
    struct net *net;
    CURLM *multi;
    int64_t deadline_ms; /* when libcurl wants to be called though nothing happens */
    unsigned targets;
    unsigned trust;
};

/* A CA file and what was read from it. */
struct trust {
    const char *ca_file;
    struct tls_trust *certificates; /* NULL until a look needs it */
};

struct net {
    pthread_t thread;
    bool started;
    _Atomic bool stop;
    _Atomic bool hurry;
    _Atomic int64_t promise_ms; /* the thread said it would turn its loop again by then */
    struct wake wake;

    /* The rest is the thread's alone. */
    const struct policy *policy;
    const struct clock *clock;
    struct probe_outlet outlet;
    struct look_setup setup;
    struct events *events;
    struct resolver *resolver;
    struct group *groups;
    unsigned n_groups;
    struct trust *trusts;
    unsigned n_trusts;
    struct target *targets;
    size_t n_targets;
    size_t connections;

    int64_t now_ms;
    struct due_heap due;
    struct target **ready; /* a ring: due, and waits for its turn */
    size_t ready_head, n_ready;
    struct target **resolving;
    size_t n_resolving;
    struct look *oldest, *youngest; /* that count for CROWD_MAX */
    size_t n_crowd;
    struct look *flying;
    size_t n_flying;
    struct look *resting;
    size_t n_resting;
};

#endif
