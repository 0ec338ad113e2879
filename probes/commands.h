/* The command worker: one thread that runs the sources that are commands, each at its interval, a few at
 * a time. It waits for none of them: one that hangs is asked to end when its time is over, and killed
 * when it does not. */
#ifndef GONOGO_PROBES_COMMANDS_H
#define GONOGO_PROBES_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/probes.h"

enum {
    COMMANDS_AT_ONCE = 4,         /* processes; the others wait for their turn */
    COMMANDS_OUTPUT_HEAD = 1024,  /* bytes kept of what a command writes first … */
    COMMANDS_OUTPUT_TAIL = 3072,  /* … and last */
    COMMANDS_OUTPUT_MAX = 8192,   /* of both as safe text, which may be longer */
    COMMANDS_REST_MS = 10 * 1000, /* "look now" lets what has just ended rest for so long */
};

struct commands;

/* `sources` (copied) are indices into policy.sources. NULL and `err`. */
struct commands *commands_start(const struct policy *policy, const unsigned *sources, size_t n,
                                const struct clock *clock, struct probe_outlet outlet,
                                struct err *err);
/* Any thread. What runs already is run once more when it has ended. */
void commands_poll_now(struct commands *commands);
bool commands_alive(const struct commands *commands, int64_t mono_ms); /* any thread */
void commands_ask_stop(struct commands *commands); /* any thread; does not wait */
/* Asks what runs to end, kills what does not: within a second. NULL is fine. */
void commands_stop(struct commands *commands);

#endif
