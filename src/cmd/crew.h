/* The threads behind every command that judges: store, engine and probes, started together and
 * joined in the order net, runner, engine, store. The screen, `check` and the lab all stand on this. */
#ifndef GONOGO_CMD_CREW_H
#define GONOGO_CMD_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/base/mailbox.h"
#include "src/base/wake.h"
#include "src/model/intent.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"

struct crew;

enum { CREW_WAIT_MS = 30000 }; /* for a judgement, unless the command line says otherwise */

/* Starts everything for `policy` (borrowed until crew_stop()). Each new snapshot signals `wake`
 * (borrowed; may be NULL). The threads take no signals. NULL and `err` when one cannot start. */
struct crew *crew_start(const struct policy *policy, const struct clock *clock, struct wake *wake,
                        struct err *err);
/* The same, and people may start the policy's actions. When that cannot be (no store, a ledger that
 * cannot be used) the crew starts all the same, and crew_idle() says why. */
struct crew *crew_start_acting(const struct policy *policy, const struct clock *clock,
                               struct wake *wake, struct err *err);
/* Why nothing can be started; NULL = it can. */
const struct err *crew_idle(const struct crew *crew);
struct mailbox *crew_snapshots(struct crew *crew);
/* The first snapshot that is `enough`, or the newest one when `wait_ms` are over; meanwhile sources that
 * have not settled are asked again and again. `wake` is the crew's. The caller's reference; never NULL. */
const struct snapshot *crew_await(struct crew *crew, const struct wake *wake, int64_t wait_ms,
                                  bool (*enough)(const struct snapshot *s));
/* For crew_await(): every source is settled; store, ledger and logs have spoken. */
bool crew_settled(const struct snapshot *s);
/* These fit ui_ports; `self` is the crew. They never block. */
bool crew_send(void *self, struct intent intent);
void crew_alive(void *self, unsigned *alive, unsigned *all);
/* Ends and joins all threads; NULL is fine. */
void crew_stop(struct crew *crew);

#endif
