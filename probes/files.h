/* The file worker: one thread that reads the sources that are files, each at its interval. A file on
 * a server that hangs delays other files, never the network; at the end such a thread is left behind
 * and touches nothing of ours when it comes back. */
#ifndef GONOGO_PROBES_FILES_H
#define GONOGO_PROBES_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/probes.h"

struct files;

/* `sources` (copied) are indices into policy.sources. NULL and `err`. */
struct files *files_start(const struct policy *policy, const unsigned *sources, size_t n,
                          const struct clock *clock, struct probe_outlet outlet, struct err *err);
void files_poll_now(struct files *files);                     /* any thread */
bool files_alive(const struct files *files, int64_t mono_ms); /* any thread */
void files_ask_stop(struct files *files);                     /* any thread; does not wait */
void files_stop(struct files *files);                         /* within a second; NULL is fine */

#endif
