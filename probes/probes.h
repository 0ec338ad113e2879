/* All looking at the world: starts the net workers and the file worker for a policy's sources, and
 * sends what they see. */
#ifndef GONOGO_PROBES_PROBES_H
#define GONOGO_PROBES_PROBES_H

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/policy.h"
#include "src/model/sample.h"

struct probes;

/* Where samples go. send() takes over one reference; it may wait a moment when the receiver is
 * behind, and returns false when the sample was dropped (silence: the source goes stale). Called from
 * the workers' threads. */
struct probe_outlet {
    bool (*send)(void *self, struct sample *sample);
    void *self;
};

struct probes *probes_start(const struct policy *policy, const struct clock *clock,
                            struct probe_outlet outlet, struct err *err);
/* Look at every source now (those under way are not asked twice). Any thread; never blocks. */
void probes_poll_now(struct probes *probes);
/* Polling threads that are alive and turned their loop lately, of how many. Any thread. */
void probes_alive(const struct probes *probes, unsigned *alive, unsigned *all);
/* Ends and joins every worker, within a second whatever the network does. NULL is fine. */
void probes_stop(struct probes *probes);

#endif
