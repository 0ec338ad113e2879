/* The exposure clock of a phased item (domain §7): how many of the seven groups may take it now, when
 * the next one may, and how many automatic updaters have probably heard of it. Pure arithmetic. */
#ifndef GONOGO_MODEL_EXPOSURE_H
#define GONOGO_MODEL_EXPOSURE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EXPOSURE_GROUPS = 7,
    EXPOSURE_CHECK_S = 86400, /* how often clients look, if nobody changed it */
};

struct exposure_item {
    bool
        dated; /* false: pubDate is missing or not in Sparkle's format, and phasing does not hold */
    int64_t pub_date_ms;
    int64_t interval_s; /* sparkle:phasedRolloutInterval as Sparkle reads it; < 0 = absent */
    bool critical;      /* for every host: phasing does not hold */
};

bool exposure_item_differs(const struct exposure_item *a, const struct exposure_item *b);

struct exposure {
    bool phased;           /* false: everybody at once, the rest says so too */
    bool paused;           /* pubDate is still to come: no group is in */
    int groups_open;       /* 0 … 7; group g is one of them when g < groups_open */
    bool has_next;         /* another group will come in at next_ms */
    int64_t next_ms;       /* wall clock */
    int64_t complete_ms;   /* the last group comes in; only when phased */
    double share_eligible; /* groups_open / 7 */
    /* Of the automatic updaters of all groups, those whose check came since their group opened, when
     * checks are spread evenly over the check interval: an estimate, 0 … 1. */
    double share_reached;
};

/* `check_interval_s` ≤ 0 means EXPOSURE_CHECK_S. An item that is not phased is dated for
 * share_reached by pub_date_ms; without a date it counts as reached by nobody knows how many: 0. */
struct exposure exposure_at(const struct exposure_item *item, int64_t now_ms,
                            int64_t check_interval_s);

/* When this group (0 … 6) comes in; only when phasing holds. */
int64_t exposure_opens_ms(const struct exposure_item *item, int group);

/* Is this group (0 … 6) in? Manual checks and hosts for which the item is critical do not ask. */
bool exposure_group_is_in(const struct exposure_item *item, int group, int64_t now_ms);

/* The pubDate that changes a rollout's course (domain §7); all three keep what was exposed. */
int64_t exposure_resume_ms(int64_t pub_date_ms, int64_t paused_at_ms, int64_t now_ms);
int64_t exposure_rescale_ms(int64_t pub_date_ms, int64_t interval_s, int64_t new_interval_s,
                            int64_t now_ms);

#endif
