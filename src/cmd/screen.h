/* The dashboard with its crew: shared by `gonogo` and `gonogo demo`. */
#ifndef GONOGO_CMD_SCREEN_H
#define GONOGO_CMD_SCREEN_H

#include <stdbool.h>

#include "src/model/policy.h"

/* Starts the crew, shows the screen until the user leaves, joins the crew. Returns the exit code;
 * a signal that ended it gives 128 + its number. */
struct screen_look {
    const char *as; /* who speaks; NULL = the person of this OS user */
    bool read_only; /* everything is shown, nothing can be done */
};
int screen_run(const struct policy *policy, const struct screen_look *look);

#endif
