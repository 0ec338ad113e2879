/* What `vote`, `tick` and `waive` have in common: who speaks, about which candidate, and writing it down. */
#ifndef GONOGO_CMD_SAY_H
#define GONOGO_CMD_SAY_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/model/intent.h"
#include "src/model/policy.h"

struct say {
    const char *name; /* the command's */
    const char *config, *target, *as, *reason, *fingerprint;
    bool json;
    int64_t wait_ms;
};

/* For the command's table of options; say_option() takes what they give. */
#define SAY_OPTIONS                                                                        \
    {"config", required_argument, NULL, 'c'}, {"target", required_argument, NULL, 't'},    \
        {"as", required_argument, NULL, 'a'}, {"reason", required_argument, NULL, 'r'},    \
        {"fingerprint", required_argument, NULL, 'f'}, {"json", no_argument, NULL, 'j'}, { \
        "wait", required_argument, NULL, 'w'                                               \
    }

void say_init(struct say *say, const char *name);
/* 0, or EXIT_USAGE after it has said why. */
int say_option(struct say *say, int argc, char **argv, int answer);
/* Loads the configuration, names who speaks, puts in the reason. NULL and `*code` when that fails. */
struct policy *say_policy(const struct say *say, struct intent *intent, int *code);
/* The index of the gate with this name; -1 after it has said that there is none. */
int say_gate(const struct say *say, const struct policy *policy, const char *name);
/* Holds the intent against the candidate as it is now (or as --fingerprint has it), writes it or its
 * refusal into the ledger and says so. Returns the exit code: 0 written, 1 refused, 4 not written. */
int say_it(const struct say *say, const struct policy *policy, struct intent *intent);

#endif
