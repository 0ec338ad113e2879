/* What people said about this candidate, for the decision packet: the roll call, checklists, waivers. */
#ifndef GONOGO_CMD_REPORT_PEOPLE_H
#define GONOGO_CMD_REPORT_PEOPLE_H

#include <jansson.h>

#include "src/cmd/paper.h"
#include "src/model/snapshot.h"

/* A section for each, where there is something to say. */
void report_people(struct paper *d, const struct snapshot *s);
/* Adds "roll_call", "checklists" and "waivers" to the document. */
void report_people_json(json_t *out, const struct snapshot *s);

#endif
