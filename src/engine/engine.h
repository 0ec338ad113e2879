/* The engine thread: folds samples into the world, judges every gate at every change and at least
 * once a second, publishes snapshots, and carries out accepted intents. */
#ifndef GONOGO_ENGINE_ENGINE_H
#define GONOGO_ENGINE_ENGINE_H

#include <stdbool.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/base/mailbox.h"
#include "src/model/digest.h"
#include "src/model/intent.h"
#include "src/model/policy.h"
#include "src/model/sample.h"
#include "src/model/snapshot.h"

struct engine;
struct runner;
struct store;

struct engine_ports {
    const struct clock *clock;
    struct mailbox *snapshots;    /* each change, and each second, one reference is put in */
    struct store *store;          /* NULL = remember nothing */
    void (*poll_now)(void *self); /* how INTENT_POLL is carried out; never blocks */
    void *poll_self;
    /* Reading of the logs may begin: what the store knows of the run before, or NULL. False: nobody is
     * there yet to be told; it is asked again. Never blocks. NULL = nobody reads logs. */
    bool (*begin_logs)(void *self, const struct digest *recalled);
    void *logs_self;
    /* Each published snapshot, besides the mailbox; takes its own reference; never blocks. NULL = nobody. */
    void (*see)(void *self, const struct snapshot *s);
    void *see_self;
    struct runner *runner; /* carries out actions; NULL = this program starts none */
};

struct engine *engine_start(const struct policy *policy, const struct engine_ports *ports,
                            struct err *err);
/* For probe_outlet.send: takes over one reference. `self` is the engine. */
bool engine_send_sample(void *self, struct sample *sample);
/* For logs_outlet.send: takes over one reference when it returns true; waits a moment for room. `self` is
 * the engine. */
bool engine_send_digest(void *self, const struct digest *digest);
/* Never blocks; false when the engine is too far behind (the screen says so). */
bool engine_send_intent(struct engine *engine, struct intent intent);
/* For runner_ports; `self` is the engine. The first two take a reference of their own. */
void engine_send_record(void *self, const struct record *r);
void engine_send_output(void *self, const char *run, const struct run_text *text);
void engine_send_accept(void *self, const char *run);
void engine_send_refusal(void *self, const char *why, bool again);
void engine_send_broken(void *self, const char *why);
/* A safe line for "Latest"; dropped when the engine is too far behind. */
void engine_send_note(void *self, const char *line);
/* Ends and joins. The store must still run. NULL is fine. */
void engine_stop(struct engine *engine);

#endif
