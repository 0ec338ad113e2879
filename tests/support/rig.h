/* Probes in a test: a policy made by hand, the real workers, and the samples they send in a queue. */
#ifndef GONOGO_TESTS_RIG_H
#define GONOGO_TESTS_RIG_H

#include <stdbool.h>

#include "probes/probes.h"
#include "src/base/queue.h"
#include "tests/support/hostile.h"

enum { RIG_DEADLINE_MS = 20000 }; /* under sanitizers, on a busy machine */

struct rig {
    struct policy policy;
    struct probes *probes;
    struct queue *queue;
};

void rig_init(struct rig *rig); /* with one environment, "test" */
void rig_fini(struct rig *rig); /* stops the probes */

struct environment *rig_environment(struct rig *rig); /* the last one */
unsigned rig_add_environment(struct rig *rig);

/* A source of the last environment, asked once an hour unless the test changes it. The pointer is good
 * until the next one is added. `where` is an url, or a path that begins with a slash. */
struct source_spec *rig_add(struct rig *rig, const char *kind, const char *where);
/* With the url `http://127.0.0.1:PORT/path`. */
struct source_spec *rig_add_at(struct rig *rig, const char *kind, const struct hostile *server,
                               const char *path);

void rig_start(struct rig *rig);
/* The next sample of any source; fails the test after the deadline. Give it back by sample_drop(). */
const struct sample *rig_next(struct rig *rig);
/* The same within so many ms; NULL when none came. */
const struct sample *rig_within(struct rig *rig, int64_t ms);
/* Polls now and returns the next sample. */
const struct sample *rig_again(struct rig *rig);

/* Waits for a condition; false after the deadline. */
bool rig_until(bool (*holds)(const void *self), const void *self);
bool rig_counts(const _Atomic unsigned *count, unsigned is);      /* waits for this number */
bool rig_requests(const struct hostile *server, unsigned number); /* the same, of requests */

#endif
