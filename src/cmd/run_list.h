/* gonogo run --list and --output: what was run, as the ledger has it, and whether somebody is at it still. */
#ifndef GONOGO_CMD_RUN_LIST_H
#define GONOGO_CMD_RUN_LIST_H

#include <stdbool.h>

#include "src/model/policy.h"

/* Prints it; an exit code. */
int run_list(const struct policy *policy, bool json);

/* Prints what the steps of one run said, as far as it is kept; an exit code. */
int run_output(const struct policy *policy, const char *run, bool json);

#endif
