/* The file that remembers what was proven of artifacts from run to run: beside the store, and worth no more
 * than a download. */
#ifndef GONOGO_PROBES_ARTIFACT_MEMORY_H
#define GONOGO_PROBES_ARTIFACT_MEMORY_H

#include <stdbool.h>

#include "src/model/artifact_facts.h"

/* False when there is none, or it says nothing that can be used. */
bool artifact_memory_read(const char *path, struct artifact_facts *facts);

/* Whole or not at all. A disk that takes nothing costs a download in the next run, and no more. */
void artifact_memory_write(const char *path, const struct artifact_facts *facts);

#endif
