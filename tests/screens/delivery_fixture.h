/* A phased rollout on its way, on the boards that are made by hand: stable offers the target to three of
 * the seven groups, its bytes are being proven, and the edge still has the feed of the day before. */
#ifndef GONOGO_TESTS_DELIVERY_FIXTURE_H
#define GONOGO_TESTS_DELIVERY_FIXTURE_H

#include "src/model/policy.h"
#include "src/model/sample.h"

/* More gates; for the end of the list of gates. */
extern const char delivery_fixture_yaml[];

/* What the source says besides what all healthy ones say. */
void delivery_fixture_answer(const struct policy *policy, struct sample *s, int64_t wall_ms);

#endif
