/* The names in a release tree that a configuration's section `release` gives, for the commands that work
 * on one. */
#ifndef GONOGO_CMD_NAMES_H
#define GONOGO_CMD_NAMES_H

#include "src/model/policy.h"
#include "src/release/layout.h"

/* Every name that is written there replaces the layout's, and is borrowed. The folder of the manifests
 * is put together: it is returned, on the heap, to be freed after the layout; or NULL. */
char *names_take(struct layout *layout, const struct release_spec *release);

#endif
