/* For plan.c: the blast radius of a plan, in words. */
#ifndef GONOGO_MODEL_PLAN_REACH_H
#define GONOGO_MODEL_PLAN_REACH_H

#include "src/model/plan.h"

/* Fills plan->lines: where it acts, the channel and what it offers now, the item that moves, which clients
 * may take it and when, what was good before, how much can be taken back. What is not known says so. */
void plan_say_reach(struct run_plan *plan, const struct snapshot *s);

#endif
