/* Has the world been read again, and does it say what a step expects? Pure. */
#ifndef GONOGO_MODEL_EXPECT_H
#define GONOGO_MODEL_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/snapshot.h"

/* Did a look at this source begin at or after `since_ms` (monotonic) and come to an end? */
bool expect_read(const struct snapshot *s, size_t source, int64_t since_ms);

/* Do these gates pass, each of their sources read since? False: what is missing, one safe line. */
bool expect_holds(const struct snapshot *s, const unsigned *gates, size_t n, int64_t since_ms,
                  char *dst, size_t cap);

/* The question before an action begins: was everything that a counted gate rests on read since, and read
 * well? False: what was not, one safe line. `all` = is there nothing more to wait for: every source (but
 * those that gates look at by themselves, in their own time) was read since. */
bool expect_fresh(const struct snapshot *s, int64_t since_ms, bool *all, char *dst, size_t cap);

/* The longest that reading everything anew may take. */
int64_t expect_patience_ms(const struct policy *policy);

#endif
