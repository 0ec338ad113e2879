#include "src/model/exposure.h"

#include <math.h>

/* Far behind any date that Sparkle's format can write, and far from overflow. */
static const int64_t forever_ms = INT64_C(1) << 60;
/* A thousand years: a date so far back is none that Sparkle's format can be trusted with. */
static const int64_t furthest_s = INT64_C(1000) * 365 * 86400;

bool exposure_item_differs(const struct exposure_item *a, const struct exposure_item *b) {
    return a->dated != b->dated || (a->dated && a->pub_date_ms != b->pub_date_ms) ||
           a->interval_s != b->interval_s || a->critical != b->critical;
}

static bool is_phased(const struct exposure_item *i) {
    return i->dated && i->interval_s >= 0 && !i->critical;
}

int64_t exposure_opens_ms(const struct exposure_item *item, int group) {
    if (item->interval_s > forever_ms / 1000 / EXPOSURE_GROUPS && group > 0)
        return forever_ms;
    return item->pub_date_ms + group * item->interval_s * 1000;
}

bool exposure_group_is_in(const struct exposure_item *item, int group, int64_t now_ms) {
    return !is_phased(item) || now_ms >= exposure_opens_ms(item, group);
}

/* The share of updaters that looked since `since_ms`. */
static double heard(int64_t since_ms, int64_t now_ms, int64_t check_s) {
    if (now_ms <= since_ms)
        return 0;
    double share = (double)(now_ms - since_ms) / ((double)check_s * 1000);
    return share < 1 ? share : 1;
}

struct exposure exposure_at(const struct exposure_item *item, int64_t now_ms,
                            int64_t check_interval_s) {
    int64_t check_s = check_interval_s > 0 ? check_interval_s : EXPOSURE_CHECK_S;
    if (!is_phased(item))
        return (struct exposure){
            .groups_open = EXPOSURE_GROUPS,
            .share_eligible = 1,
            .share_reached = item->dated ? heard(item->pub_date_ms, now_ms, check_s) : 0,
        };
    struct exposure e = {.phased = true, .paused = now_ms < item->pub_date_ms};
    for (int g = 0; g < EXPOSURE_GROUPS; g++) {
        int64_t opens = exposure_opens_ms(item, g);
        if (now_ms >= opens) {
            e.groups_open++;
            e.share_reached += heard(opens, now_ms, check_s) / EXPOSURE_GROUPS;
        } else if (!e.has_next) {
            e.has_next = true;
            e.next_ms = opens;
        }
        e.complete_ms = opens;
    }
    e.share_eligible = (double)e.groups_open / EXPOSURE_GROUPS;
    return e;
}

int64_t exposure_resume_ms(int64_t pub_date_ms, int64_t paused_at_ms, int64_t now_ms) {
    return now_ms - (paused_at_ms - pub_date_ms);
}

int64_t exposure_rescale_ms(int64_t pub_date_ms, int64_t interval_s, int64_t new_interval_s,
                            int64_t now_ms) {
    if (interval_s <= 0)
        return now_ms;
    /* Whole seconds, rounded up: a group that is in stays in. */
    double part = (double)(now_ms - pub_date_ms) / 1000 / (double)interval_s;
    double elapsed = part * (double)new_interval_s;
    if (elapsed > (double)furthest_s) /* no date can say that: all groups are in, and stay in */
        elapsed = fmin((double)furthest_s, (double)new_interval_s * EXPOSURE_GROUPS);
    int64_t whole = (int64_t)elapsed;
    if (elapsed > (double)whole)
        whole++;
    return now_ms - whole * 1000;
}
