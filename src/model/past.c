#include "src/model/past.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/level.h"

enum {
    DAY = 24 * 60, /* minutes */
    WEEK = 7 * DAY,
    UNSEEN = 60,               /* the memory begins: what was first heard then may be older */
    STANDS_MS = 5 * 60 * 1000, /* who draws it draws each minute */
};
#define MINUTE_MS INT64_C(60000)

static int64_t floor_to(int64_t minute, int64_t width) {
    int64_t rest = minute % width;
    return minute - (rest < 0 ? rest + width : rest);
}

/* The slots of a level's chart, in minutes. */
struct grid {
    int64_t width, cell, first;
    size_t n;
};

static struct grid grid_of(const struct past_question *q, size_t slo) {
    enum window_span span = WINDOW_1H;
    window_span_of(q->policy->slos[slo].window_ms, &span);
    struct grid g = {.width = window_slot_ms(span) / MINUTE_MS, .n = window_slots(span)};
    g.cell = g.width > PAST_CELL_MINUTES ? g.width : PAST_CELL_MINUTES;
    g.first = floor_to(q->now_ms / MINUTE_MS, g.width) - (int64_t)(g.n - 1) * g.width;
    return g;
}

static int64_t cell_of(const struct grid *g, size_t slot, int64_t shift) {
    return floor_to(g->first + (int64_t)slot * g->width - shift, g->cell);
}

/* By how much the two lives are apart; 0 = that is not known. */
static int64_t lives_apart(const struct past_question *q, size_t slo) {
    if (q->policy->slos[slo].cohort == COHORT_BASELINE || !q->target[0] || !q->previous[0] ||
        q->first <= 0 || q->previous_first <= q->oldest + UNSEEN)
        return 0;
    return q->first > q->previous_first ? q->first - q->previous_first : 0;
}

struct past_plan past_plan_of(const struct past_question *q, size_t slo, bool again) {
    struct grid g = grid_of(q, slo);
    int64_t span = q->policy->slos[slo].window_ms / MINUTE_MS;
    struct past_plan plan = {.shift = floor_to(lives_apart(q, slo), g.width)};
    if (plan.shift > 0 && !again) {
        plan.kind = PAST_RELEASE;
    } else if (span <= WEEK) {
        plan.kind = span <= DAY ? PAST_DAY : PAST_WEEK;
        plan.shift = span <= DAY ? DAY : WEEK;
    } else {
        return (struct past_plan){.kind = PAST_NONE};
    }
    plan.from = cell_of(&g, 0, plan.shift);
    plan.end = cell_of(&g, g.n - 1, plan.shift) + g.cell;
    return plan;
}

/* ---- drawing ---- */

/* Was this counted for whom the level asks? What a log's own `release` says counts more than what its lines
 * say, as it does now (world_slo.c). */
static bool is_of(const struct past_question *q, enum cohort cohort, enum past_kind kind,
                  const struct digest *d, const struct digest_delta *delta) {
    if (cohort == COHORT_NONE || delta->cohort != COHORT_NONE)
        return cohort == COHORT_NONE || delta->cohort == cohort;
    const char *wanted =
        cohort == COHORT_CANDIDATE && kind != PAST_RELEASE ? q->target : q->previous;
    return wanted[0] && delta->version > 0 && delta->version < d->n_versions &&
           version_compare(d->versions[delta->version], wanted) == 0;
}

static void add(const struct digest *d, const struct digest_delta *delta, struct window_sum *sum) {
    struct histogram *h = sum->spread;
    sum->part += delta->part;
    sum->whole += delta->whole;
    if (delta->n_buckets == 0)
        return;
    h->min = h->n == 0 || delta->min < h->min ? delta->min : h->min;
    h->max = h->n == 0 || delta->max > h->max ? delta->max : h->max;
    h->sum += delta->part;
    histogram_add_buckets(h, d->buckets + delta->bucket, delta->n_buckets);
}

static double value_of(const struct past_question *q, size_t slo, const struct past_plan *plan,
                       const struct digest *kept, const struct grid *g, int64_t cell,
                       struct histogram *room) {
    const struct slo_spec *spec = &q->policy->slos[slo];
    const struct metric_spec *metric = &q->policy->metrics[spec->metric];
    struct window_sum sum = {.spread = room};
    histogram_clear(room);
    for (size_t i = 0; i < kept->n_deltas; i++) {
        const struct digest_delta *delta = &kept->deltas[i];
        if (delta->metric == spec->metric && floor_to(delta->minute, g->cell) == cell &&
            is_of(q, spec->cohort, plan->kind, kept, delta))
            add(kept, delta, &sum);
    }
    double value = level_value(metric, spec->quantile, &sum);
    /* So many in ten minutes, where the chart counts by shorter slots. */
    return metric->shape == SHAPE_COUNT ? value * (double)g->width / (double)g->cell : value;
}

bool past_draw(const struct past_question *q, size_t slo, const struct past_plan *plan,
               const struct digest *kept, struct slo_past *out) {
    struct grid g = grid_of(q, slo);
    struct histogram *room = mem_zero(1, sizeof *room);
    bool any = false;
    *out = (struct slo_past){.kind = plan->kind, .shift_ms = plan->shift * MINUTE_MS};
    for (size_t i = 0; i < g.n; i++) {
        int64_t cell = cell_of(&g, i, plan->shift);
        if (i > 0 && cell == cell_of(&g, i - 1, plan->shift))
            out->points[i] = out->points[i - 1];
        else
            out->points[i] = (float)value_of(q, slo, plan, kept, &g, cell, room);
        any = any || !isnan(out->points[i]);
    }
    free(room);
    if (plan->kind == PAST_RELEASE)
        text_safe(out->release, sizeof out->release, q->previous, strlen(q->previous));
    if (!any)
        *out = (struct slo_past){.kind = PAST_NONE};
    return any;
}

/* ---- all of them ---- */

struct past *past_new(const struct past_question *q) {
    struct past *past = mem_zero(1, sizeof *past);
    past->wall_ms = q->now_ms;
    snprintf(past->target, sizeof past->target, "%s", q->target);
    snprintf(past->previous, sizeof past->previous, "%s", q->previous);
    past->n = q->policy->n_slos;
    past->curves = mem_zero(past->n + 1, sizeof *past->curves);
    return past;
}

void past_free(struct past *past) {
    if (past)
        free(past->curves);
    free(past);
}

bool past_stands(const struct past *past, int64_t now_ms, const char *target,
                 const char *previous) {
    int64_t age_ms = past ? now_ms - past->wall_ms : 0;
    return past && age_ms > -STANDS_MS && age_ms < STANDS_MS && strcmp(past->target, target) == 0 &&
           strcmp(past->previous, previous) == 0;
}

void past_say(const struct slo_past *curve, char *dst, size_t cap) {
    dst[0] = '\0';
    if (curve->kind == PAST_RELEASE)
        snprintf(dst, cap, "%s at the same age", curve->release);
    else if (curve->kind != PAST_NONE)
        snprintf(dst, cap, curve->kind == PAST_DAY ? "a day earlier" : "a week earlier");
}
