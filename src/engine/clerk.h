/* The clerk: a thread that owns a handle of the ledger. It writes what the engine accepted, reads what
 * other processes wrote, and tells the engine of every entry; only what comes back this way counts. */
#ifndef GONOGO_ENGINE_CLERK_H
#define GONOGO_ENGINE_CLERK_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/engine/lease.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"
#include "src/model/votes.h"

enum { CLERK_BATCH = 64 };

struct clerk;

/* What the clerk tells the engine; freed by the receiver with clerk_news_free(). */
struct clerk_news {
    enum ledger_state state;
    char note[320];                            /* safe, when LOST or TAMPERED */
    size_t n;                                  /* entries, in order */
    const struct record *records[CLERK_BATCH]; /* owned references */
    bool fresh; /* they were written since the clerk had read the ledger to its end once */
    char failed[EVENT_CAP]; /* safe: what could not be written, and why; "" = nothing */
    /* The run that its holder left without a word, and who that was (safe); "" = none. */
    char gone[RECORD_RUN_CAP], holder[LEASE_HOLDER_CAP];
};
void clerk_news_free(struct clerk_news *news);

/* Starts the thread; opening the file happens there. deliver() takes over the news, is called from the
 * clerk's thread and may wait. NULL only when no thread could be had. */
struct clerk *clerk_start(const struct policy *policy, const struct clock *clock,
                          void (*deliver)(void *self, struct clerk_news *news), void *self,
                          struct err *err);
/* Takes over a draft to write down; never blocks; false when the clerk is too far behind: then it was
 * not taken, and is dropped. */
bool clerk_write(struct clerk *clerk, struct record *draft);
/* Writes what was taken, ends and joins. NULL is fine. */
void clerk_stop(struct clerk *clerk);

#endif
