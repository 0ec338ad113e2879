#include "src/model/level.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

double level_value(const struct metric_spec *metric, double quantile,
                   const struct window_sum *sum) {
    switch (metric->shape) {
    case SHAPE_MEASURE:
        return isnan(quantile) ? histogram_mean(sum->spread)
                               : histogram_quantile(sum->spread, quantile);
    case SHAPE_RATE:
        return sum->whole > 0 ? sum->part / sum->whole : NAN;
    case SHAPE_COUNT:
        return sum->whole > 0 ? sum->part : NAN; /* no line was read: nobody knows */
    }
    return NAN;
}

uint64_t level_samples(const struct window_sum *sum) {
    return sum->whole > 0 ? (uint64_t)sum->whole : 0;
}

static bool kept(const struct slo_spec *slo, double value) {
    return (isnan(slo->min) || value >= slo->min) && (isnan(slo->max) || value <= slo->max);
}

enum slo_verdict level_verdict(const struct slo_spec *slo, double value, uint64_t samples,
                               uint64_t min_samples) {
    if (isnan(value))
        return SLO_UNKNOWN;
    if (slo->every && !kept(slo, value))
        return SLO_FAIL;
    if (samples < min_samples)
        return SLO_UNKNOWN;
    return kept(slo, value) ? SLO_PASS : SLO_FAIL;
}

bool level_warns(const struct slo_spec *slo, double value) {
    if (isnan(slo->warn))
        return false;
    return isnan(slo->max) ? value < slo->warn : value > slo->warn;
}

double level_budget(const struct slo_spec *slo, enum metric_shape shape) {
    if (shape == SHAPE_MEASURE)
        return isnan(slo->max) ? slo->quantile : 1 - slo->quantile;
    return isnan(slo->max) ? 1 - slo->min : slo->max;
}

double level_bad(const struct slo_spec *slo, enum metric_shape shape,
                 const struct digest_delta *delta, const struct digest_bucket *buckets) {
    if (shape != SHAPE_MEASURE)
        return isnan(slo->max) ? delta->whole - delta->part : delta->part;
    double bad = 0;
    for (size_t i = 0; i < delta->n_buckets; i++) {
        double value = histogram_middle(buckets[i].bucket);
        value = value < delta->min ? delta->min : value > delta->max ? delta->max : value;
        if (isnan(slo->max) ? value < slo->min : value > slo->max)
            bad += buckets[i].count;
    }
    return bad;
}

void level_number(double value, const char *unit, char *dst, size_t cap) {
    bool ratio = strcmp(unit, "ratio") == 0;
    double shown = ratio ? value * 100 : value;
    double scale = fabs(shown) >= 100 ? 1 : fabs(shown) >= 10 ? 10 : 100;
    if (isnan(value)) {
        snprintf(dst, cap, "—");
        return;
    }
    double rounded = round(shown * scale) / scale;
    const char *what = ratio ? "%" : unit;
    snprintf(dst, cap, "%.12g%s%.12s", rounded, what[0] ? " " : "", what);
}

static void say_statistic(const struct metric_spec *m, const struct slo_spec *slo, char *dst,
                          size_t cap) {
    if (m->shape != SHAPE_MEASURE)
        dst[0] = '\0';
    else if (isnan(slo->quantile))
        snprintf(dst, cap, "mean ");
    else if (slo->quantile <= 0 || slo->quantile >= 1)
        snprintf(dst, cap, slo->quantile <= 0 ? "least " : "greatest ");
    else
        snprintf(dst, cap, "p%.6g ", slo->quantile * 100);
}

static void say_limit(const struct metric_spec *m, const struct slo_spec *slo, bool broken,
                      char *dst, size_t cap) {
    char least[48], most[48];
    level_number(slo->min, m->unit, least, sizeof least);
    level_number(slo->max, m->unit, most, sizeof most);
    if (!isnan(slo->min) && !isnan(slo->max))
        snprintf(dst, cap, "%s %s to %s", broken ? "outside" : "within", least, most);
    else if (isnan(slo->max))
        snprintf(dst, cap, "%s %s", broken ? "<" : "≥", least);
    else
        snprintf(dst, cap, "%s %s", broken ? ">" : "≤", most);
}

void level_say(const struct policy *policy, const struct slo_spec *slo, struct slo_view *view) {
    const struct metric_spec *m = &policy->metrics[slo->metric];
    enum window_span span = WINDOW_1H;
    char value[64], limit[128], statistic[32], line[512];
    window_span_of(slo->window_ms, &span);
    level_number(view->value, m->unit, value, sizeof value);
    say_limit(m, slo, !kept(slo, view->value), limit, sizeof limit);
    if (view->verdict == SLO_FAIL && strstr(limit, value)) /* rounded onto it: 97.999 is not 98 */
        snprintf(value, sizeof value, "%.9g", view->value);
    say_statistic(m, slo, statistic, sizeof statistic);
    const char *of = m->shape == SHAPE_COUNT ? "lines" : "samples";
    if (view->samples == 0)
        snprintf(line, sizeof line, "no data in %s", window_span_name(span));
    else if (view->verdict == SLO_UNKNOWN)
        snprintf(line, sizeof line, "%s%s of %" PRIu64 " %s in %s: too few to say", statistic,
                 value, view->samples, of, window_span_name(span));
    else
        snprintf(line, sizeof line, "%s%s %s, %" PRIu64 " %s in %s%s", statistic, value, limit,
                 view->samples, of, window_span_name(span),
                 view->warned ? ", beyond the warning" : "");
    text_safe(view->reason, sizeof view->reason, line, strlen(line));
}
