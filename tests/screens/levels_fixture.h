/* Service levels and logs for the boards that are made by hand. */
#ifndef GONOGO_TESTS_LEVELS_FIXTURE_H
#define GONOGO_TESTS_LEVELS_FIXTURE_H

#include "src/model/snapshot.h"

/* Sections for the configuration: logs and slos. */
extern const char levels_fixture_yaml[];

/* Fills what such a configuration has in a snapshot that nobody else holds yet. */
void levels_fixture_fill(struct snapshot *s);

#endif
