/* The notifier: tells people who do not look at the screen (config: `notify`), on a thread of its own, so
 * that a webhook which hangs holds up nobody. Of several processes on one store the one that keeps it
 * tells; the others are silent. */
#ifndef GONOGO_ENGINE_NOTIFIER_H
#define GONOGO_ENGINE_NOTIFIER_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"

struct notifier;

struct notifier_ports {
    const struct policy *policy; /* borrowed */
    const struct clock *clock;
    /* Both are called on the notifier's thread. Posts JSON to the webhook; blocks, and gives up when
     * go_on() says so, which is asked at least once a second. */
    enum err_code (*post)(void *self, const struct notify_spec *to, const char *json,
                          bool (*go_on)(void *go_on_self), void *go_on_self, struct err *err);
    /* Somebody could not be told: one safe line. Never blocks. */
    void (*trouble)(void *self, const char *line);
    void *self;
};

/* NULL and `err` when the thread cannot start. */
struct notifier *notifier_start(const struct notifier_ports *ports, struct err *err);
/* Takes its own reference; never blocks; of several that wait the newest counts. NULL is fine. */
void notifier_see(struct notifier *n, const struct snapshot *s);
/* Looks at what came last, gives what is under way a few seconds, and joins. NULL is fine. */
void notifier_stop(struct notifier *n);

#endif
