/* The candidate against the baseline, per canary gate and metric. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/level.h"
#include "src/model/world_slo_parts.h"

/* Of a measure each value is a point; of a rate each slot of the window is: the ratio in that time. */
static size_t points_of(struct levels *l, const struct track *t, enum cohort cohort, int64_t now_ms,
                        struct histogram *room, struct canary_point *points) {
    const struct metric_spec *m = &l->policy->metrics[t->metric];
    struct window_sum sum = {.spread = room};
    if (m->shape == SHAPE_MEASURE) {
        histogram_clear(room);
        levels_sum(l, t, cohort, now_ms, &sum);
        return canary_points(room, points);
    }
    size_t n = 0;
    for (size_t i = 0; i < window_slots(t->span); i++) {
        struct window_sum slot = {0};
        levels_slot(l, t, cohort, now_ms, i, &slot);
        if (slot.whole > 0)
            points[n++] = (struct canary_point){slot.part / slot.whole, 1};
    }
    return canary_sort(points, n);
}

static void say(const struct metric_spec *m, struct canary_view *v) {
    char shift[64], low[64], high[64], line[512];
    level_number(v->shift, m->unit, shift, sizeof shift);
    level_number(v->low, m->unit, low, sizeof low);
    level_number(v->high, m->unit, high, sizeof high);
    if (v->verdict == SLO_UNKNOWN)
        snprintf(line, sizeof line,
                 "%s: %llu points of the candidate, %llu of the baseline: %d each are needed",
                 m->name, (unsigned long long)v->candidate_points,
                 (unsigned long long)v->baseline_points, CANARY_MIN_POINTS);
    else
        snprintf(line, sizeof line, "%s: shift %s (%s to %s), p %.2g, of %llu and %llu", m->name,
                 shift, low, high, v->p, (unsigned long long)v->candidate_points,
                 (unsigned long long)v->baseline_points);
    text_safe(v->reason, sizeof v->reason, line, strlen(line));
}

static void judge(struct levels *l, unsigned gate, unsigned metric, int64_t now_ms,
                  struct canary_view *v) {
    const struct metric_spec *m = &l->policy->metrics[metric];
    const struct track *t = levels_track(l, metric, l->policy->gates[gate].window_ms);
    struct canary_result r;
    *v = (struct canary_view){.gate = gate, .metric = metric, .verdict = SLO_UNKNOWN, .p = NAN};
    if (!t)
        return;
    struct canary_side candidate = {
        l->points[0], points_of(l, t, COHORT_CANDIDATE, now_ms, &l->spread, l->points[0])};
    struct canary_side baseline = {
        l->points[1], points_of(l, t, COHORT_BASELINE, now_ms, &l->other, l->points[1])};
    canary_test(candidate, baseline, &r);
    v->verdict = canary_verdict(&r, m->less_is_worse);
    v->candidate_points = (uint64_t)r.n_candidate;
    v->baseline_points = (uint64_t)r.n_baseline;
    v->p = r.p;
    v->shift = r.shift;
    v->low = r.low;
    v->high = r.high;
    say(m, v);
}

void levels_judge_canaries(struct levels *l, int64_t now_ms) {
    size_t n = 0;
    for (unsigned g = 0; g < l->policy->n_gates; g++)
        for (size_t k = 0; k < l->policy->gates[g].n_metrics; k++)
            judge(l, g, l->policy->gates[g].metrics[k], now_ms, &l->canaries[n++]);
}
