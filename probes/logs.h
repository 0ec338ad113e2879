/* The tail thread: follows the policy's logs (tail.h), lets the logbook understand them, and sends what
 * it says, one digest a second while there is something, with the cursors up to which it counted. */
#ifndef GONOGO_PROBES_LOGS_H
#define GONOGO_PROBES_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/digest.h"
#include "src/model/policy.h"

struct logs;

/* Where digests go. send() takes over one reference when it returns true; false: there is no room now
 * (it may have waited a moment); it is asked again, for a digest that is lost is not counted. */
struct logs_outlet {
    bool (*send)(void *self, const struct digest *digest);
    void *self;
};

/* The policy and the clock are borrowed until logs_stop(). Nothing is read before logs_begin(). */
struct logs *logs_start(const struct policy *policy, const struct clock *clock,
                        struct logs_outlet outlet, struct err *err);
/* What the store knows of the run before (its cursors; NULL = nothing): reading begins. Once; any
 * thread; never blocks. */
void logs_begin(struct logs *logs, const struct digest *recalled);
bool logs_alive(const struct logs *logs, int64_t mono_ms); /* any thread */
/* Sends what was read last, and joins, within a second or two; a thread that hangs in a call to a share
 * is left behind. NULL is fine. */
void logs_stop(struct logs *logs);

#endif
