/* The dashboard with its crew: shared by `gonogo` and `gonogo demo`. */
#ifndef GONOGO_CMD_SCREEN_H
#define GONOGO_CMD_SCREEN_H

#include "src/model/policy.h"

/* Starts the crew, shows the screen until the user leaves, joins the crew. Returns the exit code;
 * a signal that ended it gives 128 + its number. */
int screen_run(const struct policy *policy);

#endif
