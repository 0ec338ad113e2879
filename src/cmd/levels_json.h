/* Service levels and logs of a snapshot as JSON. */
#ifndef GONOGO_CMD_LEVELS_JSON_H
#define GONOGO_CMD_LEVELS_JSON_H

#include <jansson.h>

#include "src/model/snapshot.h"

json_t *levels_json(const struct snapshot *s); /* an array, one object per service level */
json_t *logs_json(const struct snapshot *s);   /* an array, one object per log */

#endif
