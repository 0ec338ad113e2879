/* The artifact worker: one thread that proves what manifests and feeds say of their artifacts: how many
 * bytes there are (HEAD, after redirects), their SHA-256, and whether signatures hold over them.
 *
 * What was proven stands while the url, the server's validators (a strong ETag, else Last-Modified) and
 * the length stay the same: nothing is downloaded twice, not even by the next run, which finds it in a
 * file beside the store. A download goes through memory of constant size, as fast as `rate` allows, and
 * is taken up again where it broke off. One at a time; nobody else waits for it. */
#ifndef GONOGO_PROBES_ARTIFACTS_H
#define GONOGO_PROBES_ARTIFACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/probes.h"

enum {
    ARTIFACTS_REST_MS =
        10 * 1000, /* "look now" asks nobody again who was asked less than this ago */
    ARTIFACTS_AGAIN_MS = 30 * 1000,   /* after an error, or sooner if the interval is shorter */
    ARTIFACTS_TELL_MS = 1000,         /* how often a download says how far it is */
    ARTIFACTS_BLIND_MS = 3600 * 1000, /* so often what has no validators is proven again */
    ARTIFACTS_RETRIES = 5,            /* of one download that got further in between */
};

struct artifacts;

/* `sources` (copied) are indices into policy.sources. `memory` is the file that remembers, or NULL
 * (copied). NULL and `err`. */
struct artifacts *artifacts_start(const struct policy *policy, const unsigned *sources, size_t n,
                                  const char *memory, const struct clock *clock,
                                  struct probe_outlet outlet, struct err *err);
/* What a source said, of whatever kind: those that make claims are listened to. Any thread; never
 * blocks; keeps its own reference. */
void artifacts_hear(struct artifacts *artifacts, const struct sample *sample);
void artifacts_poll_now(struct artifacts *artifacts);                     /* any thread */
bool artifacts_alive(const struct artifacts *artifacts, int64_t mono_ms); /* any thread */
void artifacts_ask_stop(struct artifacts *artifacts); /* any thread; does not wait */
void artifacts_stop(struct artifacts *artifacts);     /* within a second; NULL is fine */

#endif
