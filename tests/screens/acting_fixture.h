/* People on the boards that are made by hand: gates that wait for them, and what they say, written into a
 * ledger that is only in memory. */
#ifndef GONOGO_TESTS_ACTING_FIXTURE_H
#define GONOGO_TESTS_ACTING_FIXTURE_H

#include "src/base/buf.h"
#include "src/base/clock.h"
#include "src/model/intent.h"
#include "src/model/world.h"

/* More gates, then sections; for the end of a configuration. `approval`: somebody else has to approve the
 * promote. */
void acting_fixture_policy(struct buf *yaml, bool approval);

/* A clock whose seconds pass (dialogs wait for them) and whose time of day stands still. `mono_ms` is
 * what it begins with. */
struct acting_clock {
    struct clock clock;
    int64_t wall_ms, mono_ms, began_ms;
};
void acting_clock_init(struct acting_clock *c, int64_t wall_ms, int64_t mono_ms);

/* The world hears what was said; as the engine and the clerk would have it. */
void acting_fixture_hear(struct world *w, const struct snapshot *s, const struct intent *intent);
/* Runs, as the ledger tells them: one that is done, and one that is under way, asks, or was interrupted
 * ("running", "asks", "interrupted"). */
void acting_fixture_runs(struct world *w, const struct snapshot *s, const char *newest);
/* Support approves the promote. */
void acting_fixture_approve(struct world *w, const struct snapshot *s);
/* What was said before the first frame. */
void acting_fixture_past(struct world *w, const struct snapshot *s);

#endif
