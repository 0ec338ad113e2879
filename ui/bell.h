/* The terminal's bell for those who asked for it (config: notify, bell): rings for what a notice would
 * tell. */
#ifndef GONOGO_UI_BELL_H
#define GONOGO_UI_BELL_H

#include <stdbool.h>

#include "src/model/snapshot.h"

struct bell;

struct bell *bell_new(const struct policy *policy); /* NULL = nobody asked for one */
void bell_free(struct bell *b);                     /* NULL is fine */
/* Each new snapshot, in order. True when it rings. */
bool bell_rings(struct bell *b, const struct snapshot *s); /* NULL never does */

#endif
