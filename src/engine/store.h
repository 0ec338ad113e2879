/* What gonogo remembers, in SQLite on a thread of its own: down-sampled history of sources, gate
 * transitions, soaks. One process keeps a store (a lock beside the file); others read it.
 *
 * A store that is locked, corrupt, of a newer schema, read-only or on a full disk is left as it is:
 * the store says so in one message and the dashboard goes on. */
#ifndef GONOGO_ENGINE_STORE_H
#define GONOGO_ENGINE_STORE_H

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/model/digest.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"
#include "src/model/world.h"

struct store;

/* What the store tells the engine; freed by the receiver with store_news_free(). */
struct store_news {
    enum store_state state;
    char note[320]; /* safe text, when LOST */
    const struct digest
        *logs; /* what is kept of the logs, and how far they were read; NULL = no news */
    struct recall *recall; /* NULL = no news of what is remembered */
    struct past *past;     /* what charts are laid over; NULL = no news of it */
    bool refresh;          /* recall is a refresh while another process keeps the store */
};
void store_news_free(struct store_news *news);

/* Starts the thread; opening the file happens there. NULL only when no thread could be had. */
struct store *store_start(const struct policy *policy, const struct clock *clock, struct err *err);
/* Where its news arrive: deliver() takes over `news`; called from the store's thread. Before this the
 * news wait. */
void store_listen(struct store *store, void (*deliver)(void *self, struct store_news *news),
                  void *self);
/* Hands over a snapshot to remember what changed since the one before; takes its own reference; never
 * blocks; false when it is too far behind (the next one carries it all). */
bool store_remember(struct store *store, const struct snapshot *s);
/* Hands over a digest of the logs, to be kept together with its cursors; takes its own reference; never
 * blocks. False: there is no room. Then no later one may be given: what is kept must have no hole. */
bool store_digest(struct store *store, const struct digest *digest);
/* Writes what is pending, ends and joins. NULL is fine. */
void store_stop(struct store *store);

#endif
