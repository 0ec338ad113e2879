/* A net worker: one thread that looks at its share of the sources that have a url.
 *
 * One event loop carries several CURLMs of about a hundred sources apiece: libcurl scans a CURLM's
 * whole DNS cache and connection list per transfer, so that one big CURLM is quadratic. Sources hold
 * a kept-alive connection; easy handles and probe states exist only for looks under way. */
#ifndef GONOGO_PROBES_NET_H
#define GONOGO_PROBES_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/probes.h"

struct net;

struct net_share {
    const struct policy *policy;
    const unsigned *sources; /* indices into policy.sources; copied */
    size_t n;
    size_t connections; /* that this worker may hold open at once */
    const struct clock *clock;
    struct probe_outlet outlet;
};

struct net *net_start(const struct net_share *share, struct err *err); /* NULL and `err` */
void net_poll_now(struct net *net);                                    /* any thread */
bool net_alive(const struct net *net, int64_t mono_ms);                /* any thread */
void net_ask_stop(struct net *net); /* any thread; does not wait */
void net_stop(struct net *net);     /* asks, joins and frees; NULL is fine */

#endif
