/* What the commands that judge a configuration have in common: -c FILE, --target VERSION, --wait DUR, and
 * one look at the world. */
#ifndef GONOGO_CMD_JUDGING_H
#define GONOGO_CMD_JUDGING_H

#include <getopt.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"

struct judging {
    const char *name; /* the command's */
    const char *config, *target;
    int64_t wait_ms;
};

/* For the command's table of options; judging_option() takes what they give. */
#define JUDGING_OPTIONS                         \
    {"config", required_argument, NULL, 'c'}, { \
        "target", required_argument, NULL, 't'  \
    }
#define JUDGING_WAIT \
    { "wait", required_argument, NULL, 'w' }

void judging_init(struct judging *j, const char *name); /* and getopt_long() for it */
/* One of the options above: 0. Else, and for a wrong value: EXIT_USAGE after it has said why. */
int judging_option(struct judging *j, int argc, char **argv, int answer);
/* Behind the options: nothing may be left. NULL and `*code` when that, or the configuration, is wrong. */
struct policy *judging_policy(const struct judging *j, int argc, char **argv, int *code);

/* The first settled snapshot, or how things stand when the time is over; nothing runs any more after it.
 * The caller's reference; NULL and `err` when the threads cannot be had. */
const struct snapshot *judging_look(const struct judging *j, const struct policy *policy,
                                    struct err *err);

#endif
