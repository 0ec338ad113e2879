/* What `gonogo run` prints: plans, runs and their steps, as lines or as JSON. */
#ifndef GONOGO_CMD_RUN_SHOW_H
#define GONOGO_CMD_RUN_SHOW_H

#include <jansson.h>

#include "src/model/plan.h"
#include "src/model/run.h"

/* `feeds`: report_feed_words(), "" = it is not about feeds. */
void show_plan(const struct run_plan *plan, const char *feeds);
json_t *show_plan_json(const struct run_plan *plan, const char *feeds); /* new reference */

/* One line for the list. */
void show_run_line(const struct run_view *v, int64_t now_ms);
json_t *show_run_json(const struct policy *policy, const struct run_view *v, int64_t now_ms);

/* What a run that waits for a decision waits for: where it stands, and how to say it. Nothing for others. */
void show_decision(const struct policy *policy, const struct run_view *v);

/* What is new in `now` since `before` (NULL = nothing was shown), a line for each change, and what the
 * step has said since then. */
void show_progress(const struct policy *policy, const struct run_view *before,
                   const struct run_view *now);
/* How it ended, with the stopwatch. */
void show_end(const struct run_view *v, int64_t now_ms);

#endif
