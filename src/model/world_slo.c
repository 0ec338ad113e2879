#include "src/model/world_slo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/burn.h"
#include "src/model/level.h"
#include "src/model/world_slo_parts.h"

#define MINUTE_MS INT64_C(60000)

/* ---- making ---- */

void levels_want(struct levels *l, unsigned metric, int64_t window_ms) {
    enum window_span span;
    if (!window_span_of(window_ms, &span) || levels_track(l, metric, window_ms))
        return;
    l->tracks = mem_resize(l->tracks, l->n_tracks + 1, sizeof *l->tracks);
    l->tracks[l->n_tracks++] = (struct track){.metric = metric, .span = span};
}

struct levels *levels_new(const struct policy *policy) {
    struct levels *l = mem_zero(1, sizeof *l);
    l->policy = policy;
    l->dirty = true;
    for (size_t i = 0; i < policy->n_logs; i++)
        l->cohorts |= policy->logs[i].cohort != COHORT_NONE || policy->logs[i].version_key;
    for (size_t i = 0; i < policy->n_slos; i++)
        levels_want(l, policy->slos[i].metric, policy->slos[i].window_ms);
    for (size_t i = 0; i < policy->n_gates; i++) {
        const struct gate_spec *gate = &policy->gates[i];
        for (size_t k = 0; k < gate->n_metrics; k++)
            levels_want(l, gate->metrics[k], gate->window_ms);
        l->n_canaries += gate->n_metrics;
        l->asked |= gate->n_slos > 0 || gate->n_metrics > 0 || gate->n_logs > 0 || gate->guards;
        if (gate->guards) {
            levels_want_guards(l, gate->window_ms);
            l->n_ramps += RAMP_GUARDS;
        }
    }
    l->burns = mem_zero(policy->n_slos + 1, sizeof *l->burns);
    l->slos = mem_zero(policy->n_slos + 1, sizeof *l->slos);
    l->canaries = mem_zero(l->n_canaries + 1, sizeof *l->canaries);
    l->ramps = mem_zero(l->n_ramps + 1, sizeof *l->ramps);
    if (l->n_canaries > 0)
        l->points = mem_zero(2, sizeof *l->points);
    for (size_t i = 0; i < policy->n_slos; i++)
        for (int s = 0; s < WINDOW_SPANS && policy->slos[i].burn; s++)
            l->burns[i][s] = window_new((enum window_span)s);
    return l;
}

void levels_free(struct levels *l) {
    if (!l)
        return;
    for (size_t i = 0; i < l->n_tracks; i++)
        for (size_t k = 0; k < SIDES; k++)
            window_free(l->tracks[i].sides[k]);
    for (size_t i = 0; i < l->policy->n_slos; i++)
        for (int s = 0; s < WINDOW_SPANS; s++)
            window_free(l->burns[i][s]);
    log_view_drop(l->log);
    past_free(l->past);
    free(l->tracks);
    free(l->burns);
    free(l->slos);
    free(l->canaries);
    free(l->ramps);
    free(l->points);
    free(l);
}

const struct track *levels_track(const struct levels *l, unsigned metric, int64_t window_ms) {
    for (size_t i = 0; i < l->n_tracks; i++)
        if (l->tracks[i].metric == metric && window_span_ms(l->tracks[i].span) == window_ms)
            return &l->tracks[i];
    return NULL;
}

/* ---- folding ---- */

/* The place of a version. Of too many those that spoke last are followed, in whatever order they come:
 * what the store kept comes by name. SIDE_ALL: it is not followed. */
static size_t place_of(struct levels *l, const char *version, int64_t minute) {
    size_t oldest = 0;
    for (size_t i = 0; i < VERSIONS_FOLLOWED; i++) {
        if (strcmp(l->versions[i], version) == 0) {
            if (minute > l->version_minute[i])
                l->version_minute[i] = minute;
            return SIDE_VERSIONS + i;
        }
        if (l->version_minute[i] < l->version_minute[oldest])
            oldest = i;
    }
    if (l->versions[oldest][0] && minute < l->version_minute[oldest])
        return SIDE_ALL;
    for (size_t i = 0; i < l->n_tracks; i++) {
        window_free(l->tracks[i].sides[SIDE_VERSIONS + oldest]);
        l->tracks[i].sides[SIDE_VERSIONS + oldest] = NULL;
    }
    snprintf(l->versions[oldest], VERSION_CAP, "%s", version);
    l->version_minute[oldest] = minute;
    return SIDE_VERSIONS + oldest;
}

/* Which side a delta is of; SIDE_ALL when nobody says. What the log's own `release` says counts more
 * than what its lines say. */
static size_t side_of(struct levels *l, const struct digest *d, const struct digest_delta *delta) {
    if (delta->cohort == COHORT_CANDIDATE)
        return SIDE_CANDIDATE;
    if (delta->cohort == COHORT_BASELINE)
        return SIDE_BASELINE;
    if (delta->version == 0 || delta->version >= d->n_versions || !l->cohorts)
        return SIDE_ALL;
    return place_of(l, d->versions[delta->version], delta->minute);
}

static void add_to(struct window **w, enum window_span span, int64_t now_ms,
                   const struct digest_delta *delta, const struct digest_bucket *buckets) {
    if (!*w)
        *w = window_new(span);
    window_add(*w, now_ms, delta, buckets);
}

static bool is_of(const struct levels *l, size_t side, enum cohort cohort) {
    if (cohort == COHORT_NONE)
        return true;
    if (side < SIDE_VERSIONS)
        return side == (cohort == COHORT_CANDIDATE ? SIDE_CANDIDATE : SIDE_BASELINE);
    const char *wanted = cohort == COHORT_CANDIDATE ? l->target : l->baseline;
    return wanted[0] && version_compare(l->versions[side - SIDE_VERSIONS], wanted) == 0;
}

static void fold_burn(struct levels *l, size_t side, int64_t now_ms,
                      const struct digest_delta *delta, const struct digest_bucket *buckets) {
    for (size_t i = 0; i < l->policy->n_slos; i++) {
        const struct slo_spec *slo = &l->policy->slos[i];
        if (!slo->burn || slo->metric != delta->metric || !is_of(l, side, slo->cohort))
            continue;
        struct digest_delta spent = {.minute = delta->minute, .whole = delta->whole};
        spent.part = level_bad(slo, l->policy->metrics[slo->metric].shape, delta, buckets);
        for (int s = 0; s < WINDOW_SPANS; s++)
            window_add(l->burns[i][s], now_ms, &spent, NULL);
    }
}

static void fold_delta(struct levels *l, const struct digest *d, const struct digest_delta *delta) {
    const struct digest_bucket *buckets = delta->n_buckets > 0 ? d->buckets + delta->bucket : NULL;
    size_t side = side_of(l, d, delta);
    for (size_t i = 0; i < l->n_tracks; i++) {
        struct track *t = &l->tracks[i];
        if (t->metric != delta->metric)
            continue;
        add_to(&t->sides[SIDE_ALL], t->span, d->wall_ms, delta, buckets);
        if (side != SIDE_ALL)
            add_to(&t->sides[side], t->span, d->wall_ms, delta, buckets);
    }
    fold_burn(l, side, d->wall_ms, delta, buckets);
}

void levels_fold(struct levels *l, const struct digest *d, int64_t mono_ms) {
    for (size_t i = 0; i < d->n_deltas; i++)
        fold_delta(l, d, &d->deltas[i]);
    const struct log_view *before = l->log;
    l->log = levels_log_view(l->policy, before, d, mono_ms);
    log_view_drop(before);
    l->dirty = true;
}

/* ---- judging ---- */

/* Is this side part of what is asked for? All is a side of its own, in which the others are. */
static bool belongs(const struct levels *l, size_t side, enum cohort cohort) {
    return cohort == COHORT_NONE ? side == SIDE_ALL : side != SIDE_ALL && is_of(l, side, cohort);
}

void levels_sum(const struct levels *l, const struct track *t, enum cohort cohort, int64_t now_ms,
                struct window_sum *sum) {
    for (size_t side = 0; side < SIDES; side++)
        if (t->sides[side] && belongs(l, side, cohort))
            window_sum(t->sides[side], now_ms, sum);
}

void levels_slot(const struct levels *l, const struct track *t, enum cohort cohort, int64_t now_ms,
                 size_t slot, struct window_sum *sum) {
    for (size_t side = 0; side < SIDES; side++)
        if (t->sides[side] && belongs(l, side, cohort))
            window_slot_sum(t->sides[side], now_ms, slot, sum);
}

static double value_of(struct levels *l, const struct slo_spec *slo, const struct track *t,
                       enum cohort cohort, int64_t now_ms, uint64_t *samples) {
    struct window_sum sum = {.spread = &l->spread};
    histogram_clear(&l->spread);
    levels_sum(l, t, cohort, now_ms, &sum);
    *samples = level_samples(&sum);
    return level_value(&l->policy->metrics[slo->metric], slo->quantile, &sum);
}

static void draw_points(struct levels *l, const struct slo_spec *slo, const struct track *t,
                        int64_t now_ms, struct slo_view *view) {
    view->n_points = window_slots(t->span);
    for (size_t i = 0; i < view->n_points; i++) {
        struct window_sum sum = {.spread = &l->spread};
        histogram_clear(&l->spread);
        levels_slot(l, t, slo->cohort, now_ms, i, &sum);
        view->points[i] = (float)level_value(&l->policy->metrics[slo->metric], slo->quantile, &sum);
    }
}

static void judge_burn(struct levels *l, size_t i, int64_t now_ms, struct burn_view *out) {
    const struct slo_spec *slo = &l->policy->slos[i];
    struct burn_input in = {.budget = level_budget(slo, l->policy->metrics[slo->metric].shape),
                            .min_events = slo->min_events,
                            .min_bad = slo->min_bad};
    for (int s = 0; s < WINDOW_SPANS; s++) {
        struct window_sum sum = {0};
        window_sum(l->burns[i][s], now_ms, &sum);
        in.bad[s] = sum.part;
        in.events[s] = sum.whole;
    }
    burn_judge(&in, out);
}

static void judge_level(struct levels *l, size_t i, int64_t now_ms) {
    const struct slo_spec *slo = &l->policy->slos[i];
    const struct track *t = levels_track(l, slo->metric, slo->window_ms);
    struct slo_view *view = &l->slos[i];
    *view =
        (struct slo_view){.verdict = SLO_UNKNOWN, .value = NAN, .candidate = NAN, .baseline = NAN};
    if (!t)
        return;
    view->value = value_of(l, slo, t, slo->cohort, now_ms, &view->samples);
    if (l->cohorts) {
        view->candidate = value_of(l, slo, t, COHORT_CANDIDATE, now_ms, &view->candidate_samples);
        view->baseline = value_of(l, slo, t, COHORT_BASELINE, now_ms, &view->baseline_samples);
    }
    view->counted = !slo->if_seen || view->samples > 0;
    view->verdict = level_verdict(slo, view->value, view->samples, slo->min_samples);
    view->warned = view->verdict == SLO_PASS && level_warns(slo, view->value);
    draw_points(l, slo, t, now_ms, view);
    if (slo->burn)
        judge_burn(l, i, now_ms, &view->burn);
    level_say(l->policy, slo, view);
}

/* What cannot be believed now is unknown, whatever the windows hold. */
static void doubt(const struct levels *l, size_t i, int64_t mono_ms, struct slo_view *view) {
    char trouble[SLO_REASON_CAP];
    if (!levels_trouble(l->policy, l->log, l->policy->slos[i].metric, mono_ms, trouble,
                        sizeof trouble))
        return;
    view->verdict = SLO_UNKNOWN;
    view->warned = false;
    memcpy(view->reason, trouble, sizeof view->reason);
    if (l->policy->slos[i].burn) {
        view->burn.level = BURN_UNKNOWN;
        memcpy(view->burn.reason, trouble, sizeof view->burn.reason);
    }
}

/* What compares sides is believed no more than the metrics are. */
static void copy_comparisons(const struct levels *l, struct snapshot *s) {
    char trouble[SLO_REASON_CAP];
    s->n_canaries = l->n_canaries;
    s->canaries = mem_zero(l->n_canaries + 1, sizeof *s->canaries);
    memcpy(s->canaries, l->canaries, l->n_canaries * sizeof *s->canaries);
    for (size_t i = 0; i < l->n_canaries; i++) {
        if (!levels_trouble(l->policy, l->log, l->canaries[i].metric, s->mono_ms, trouble,
                            sizeof trouble))
            continue;
        s->canaries[i].verdict = SLO_UNKNOWN;
        memcpy(s->canaries[i].reason, trouble, sizeof trouble);
    }
    s->n_ramps = l->n_ramps;
    s->ramps = mem_zero(l->n_ramps + 1, sizeof *s->ramps);
    memcpy(s->ramps, l->ramps, l->n_ramps * sizeof *s->ramps);
    for (size_t i = 0; i < l->n_ramps; i++) {
        int metric = levels_guard_metric(l, l->ramps[i].guard);
        if (metric < 0 || !levels_trouble(l->policy, l->log, (unsigned)metric, s->mono_ms, trouble,
                                          sizeof trouble))
            continue;
        s->ramps[i].verdict = SLO_UNKNOWN;
        s->ramps[i].warned = false;
        memcpy(s->ramps[i].reason, trouble, sizeof trouble);
    }
}

static bool stands(const struct levels *l, const struct snapshot *s) {
    return !l->dirty && l->minute == s->wall_ms / MINUTE_MS && strcmp(l->target, s->target) == 0 &&
           strcmp(l->baseline, s->baseline) == 0;
}

void levels_past(struct levels *l, const struct past *past) {
    struct past_question q = {.policy = l->policy,
                              .now_ms = past->wall_ms,
                              .target = past->target,
                              .previous = past->previous};
    struct past *own = past_new(&q);
    for (size_t i = 0; i < own->n && i < past->n; i++)
        own->curves[i] = past->curves[i];
    past_free(l->past);
    l->past = own;
}

static void copy_past(const struct levels *l, struct snapshot *s) {
    bool stands = past_stands(l->past, s->wall_ms, s->target, s->baseline);
    for (size_t i = 0; stands && i < l->past->n && i < s->n_slos; i++)
        s->slos[i].past = l->past->curves[i];
}

void levels_judge(struct levels *l, struct snapshot *s) {
    const struct policy *p = l->policy;
    if (p->n_logs == 0)
        return;
    if (!stands(l, s)) {
        l->minute = s->wall_ms / MINUTE_MS;
        l->dirty = false;
        memcpy(l->target, s->target, sizeof l->target);
        memcpy(l->baseline, s->baseline, sizeof l->baseline);
        for (size_t i = 0; i < p->n_slos; i++)
            judge_level(l, i, s->wall_ms);
        levels_judge_canaries(l, s->wall_ms);
        levels_judge_ramps(l, s);
    }
    memcpy(s->slos, l->slos, p->n_slos * sizeof *s->slos);
    for (size_t i = 0; i < p->n_slos; i++)
        doubt(l, i, s->mono_ms, &s->slos[i]);
    copy_past(l, s);
    copy_comparisons(l, s);
    s->log = log_view_keep(l->log);
    if (l->asked && log_view_pending(s->log))
        s->settled = false;
}
