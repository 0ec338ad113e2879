/* The guardrails of a ramp, per guardrails gate: since its stage began, at most over the gate's window. */
#include <math.h>
#include <string.h>

#include "src/model/level.h"
#include "src/model/phase.h"
#include "src/model/ramp.h"
#include "src/model/ramp_stage.h"
#include "src/model/world_slo_parts.h"

/* When the share of servers, or of clients, that is in now was let in; 0 = no stage is known, and the window alone
 * counts. */
static int64_t stage_began(const struct snapshot *s) {
    int64_t servers_ms = ramp_since_ms(s);
    if (servers_ms > 0)
        return servers_ms;
    struct phase_now now = phase_of(s);
    if (now.phase != PHASE_RC && now.phase != PHASE_GA)
        return 0;
    return now.percent > 0 ? phase_share_ms(s, now.percent) : 0;
}

static double value_since(struct levels *l, const struct track *t, enum cohort cohort,
                          const struct snapshot *s, int64_t since_ms, uint64_t *samples) {
    struct window_sum sum = {.spread = &l->spread};
    size_t slots = window_slots(t->span);
    int64_t slot_ms = window_slot_ms(t->span);
    int64_t first_ms = (s->wall_ms / slot_ms - (int64_t)slots + 1) * slot_ms;
    histogram_clear(&l->spread);
    for (size_t i = 0; i < slots; i++)
        if (first_ms + (int64_t)i * slot_ms + slot_ms > since_ms)
            levels_slot(l, t, cohort, s->wall_ms, i, &sum);
    *samples = level_samples(&sum);
    return level_value(&l->policy->metrics[t->metric], 0.95, &sum);
}

int levels_guard_metric(const struct levels *l, enum ramp_guard guard) {
    const struct policy *p = l->policy;
    const char *name = ramp_metric(guard);
    for (size_t i = 0; i < p->n_metrics; i++)
        if (p->metrics[i].input >= 0 && strcmp(p->metrics[i].name, name) == 0)
            return (int)i;
    return -1;
}

void levels_want_guards(struct levels *l, int64_t window_ms) {
    for (int i = 0; i < RAMP_GUARDS; i++) {
        int metric = levels_guard_metric(l, (enum ramp_guard)i);
        if (metric >= 0)
            levels_want(l, (unsigned)metric, window_ms);
    }
}

static void judge(struct levels *l, const struct gate_spec *gate, const struct snapshot *s,
                  struct ramp_view out[RAMP_GUARDS]) {
    struct ramp_input in = {.baseline = NAN, .min_samples = gate->min_samples};
    enum cohort cohort = l->cohorts ? COHORT_CANDIDATE : COHORT_NONE;
    int64_t since_ms = stage_began(s);
    for (int i = 0; i < RAMP_GUARDS; i++) {
        int metric = levels_guard_metric(l, (enum ramp_guard)i);
        const struct track *t =
            metric < 0 ? NULL : levels_track(l, (unsigned)metric, gate->window_ms);
        in.value[i] = NAN;
        if (!t)
            continue;
        in.value[i] = value_since(l, t, cohort, s, since_ms, &in.samples[i]);
        if (i == RAMP_GIVEN_UP && l->cohorts)
            in.baseline = value_since(l, t, COHORT_BASELINE, s, 0, &in.baseline_samples);
    }
    if (!isnan(gate->baseline)) { /* written down, it needs no samples */
        in.baseline = gate->baseline;
        in.baseline_samples = UINT64_MAX;
    }
    ramp_judge(&in, out);
}

void levels_judge_ramps(struct levels *l, const struct snapshot *s) {
    size_t n = 0;
    for (unsigned g = 0; g < l->policy->n_gates; g++) {
        const struct gate_spec *gate = &l->policy->gates[g];
        if (!gate->guards)
            continue;
        judge(l, gate, s, &l->ramps[n]);
        for (int i = 0; i < RAMP_GUARDS; i++)
            l->ramps[n + (size_t)i].gate = g;
        n += RAMP_GUARDS;
    }
}
