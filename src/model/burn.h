/* How fast an error budget burns: the multi-window, multi-burn-rate alerts of the SRE workbook, over 30
 * days. A rate of 1 spends exactly the budget in 30 days.
 *
 *   page    14.4 over 1 h and 5 m    6 over 6 h and 30 m
 *   ticket  3 over 1 d and 2 h       1 over 3 d and 6 h
 *
 * Both windows must exceed: the long one says that it matters, the short one that it still goes on. */
#ifndef GONOGO_MODEL_BURN_H
#define GONOGO_MODEL_BURN_H

#include "src/model/slo_view.h"

struct burn_input {
    double budget;                /* the part of events that may be bad, > 0 */
    uint64_t min_events, min_bad; /* in the longer window; below either it does not burn */
    double bad[WINDOW_SPANS], events[WINDOW_SPANS];
};

/* With fewer than min_events in an hour, and nothing that burns over more, the level is unknown. */
void burn_judge(const struct burn_input *input, struct burn_view *out);

#endif
