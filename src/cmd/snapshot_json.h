/* A snapshot as the JSON that scripts depend on: keys stay, times are RFC 3339 in UTC, durations end in
 * _ms. `check --json` prints it. */
#ifndef GONOGO_CMD_SNAPSHOT_JSON_H
#define GONOGO_CMD_SNAPSHOT_JSON_H

#include <jansson.h>

#include "src/model/snapshot.h"

json_t *snapshot_json(const struct snapshot *s); /* a new reference */

#endif
