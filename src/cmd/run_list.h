/* gonogo run --list: what was run, as the ledger has it, and whether somebody is at it still. */
#ifndef GONOGO_CMD_RUN_LIST_H
#define GONOGO_CMD_RUN_LIST_H

#include <stdbool.h>

#include "src/model/policy.h"

/* Prints it; an exit code. */
int run_list(const struct policy *policy, bool json);

#endif
