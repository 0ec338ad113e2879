#include "ui/levels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"

enum { VALUE_CAP = 32, BOARD_SPARK_MAX = 24, BOARD_NAME_MAX = 24 };

static bool is_at_most(const struct slo_spec *spec) {
    return !isnan(spec->max);
}

static double threshold(const struct slo_spec *spec) {
    return is_at_most(spec) ? spec->max : spec->min;
}

static const char *unit_of(const struct view_ctx *ctx, size_t slo) {
    return ctx->policy->metrics[ctx->policy->slos[slo].metric].unit;
}

enum sign levels_sign(const struct slo_view *view) {
    if (!view->counted)
        return SIGN_DOT;
    switch (view->verdict) {
    case SLO_PASS:
        return view->warned ? SIGN_ALERT : SIGN_PASS;
    case SLO_FAIL:
        return SIGN_FAIL;
    case SLO_UNKNOWN:
        break;
    }
    return SIGN_UNKNOWN;
}

enum ink levels_ink(const struct slo_view *view) {
    if (!view->counted)
        return INK_DIM;
    switch (view->verdict) {
    case SLO_PASS:
        return view->warned ? INK_ALERT : INK_PASS;
    case SLO_FAIL:
        return INK_FAIL;
    case SLO_UNKNOWN:
        break;
    }
    return INK_UNKNOWN;
}

const char *levels_word(const struct slo_view *view) {
    if (!view->counted)
        return "none yet";
    return view->verdict == SLO_PASS && view->warned ? "warn" : slo_verdict_name(view->verdict);
}

/* Both in one unit: in seconds when one of them is long. */
void levels_value(const struct view_ctx *ctx, size_t slo, char *dst, size_t cap) {
    const struct slo_spec *spec = &ctx->policy->slos[slo];
    const char *unit = unit_of(ctx, slo);
    char value[VALUE_CAP], limit[VALUE_CAP];
    double is = ctx->snap->slos[slo].value, want = threshold(spec); /* NAN is on neither side */
    const char *sign = is_at_most(spec) ? is > want ? ">" : "≤" : is < want ? "<" : "≥";
    bool seconds = strcmp(unit, "ms") == 0 && fmax(is, want) >= CHART_LONG_MS;
    double scale = seconds ? 1000 : 1;
    unit = seconds ? "s" : unit;
    chart_value_text(is / scale, unit, value, sizeof value);
    chart_value_text(want / scale, unit, limit, sizeof limit);
    snprintf(dst, cap, "%s %s %s", value, sign, limit);
}

void levels_burn(const struct slo_view *view, char *dst, size_t cap) {
    static const enum window_span spans[] = {WINDOW_1H, WINDOW_6H};
    const struct burn_view *burn = &view->burn;
    size_t len = 0;
    dst[0] = '\0';
    if (!isnan(burn->budget_left))
        len = (size_t)snprintf(dst, cap, "budget %.0f %% left", burn->budget_left * 100);
    for (size_t i = 0; i < sizeof spans / sizeof *spans && len < cap; i++) {
        double rate = burn->rates[spans[i]];
        if (!isnan(rate))
            len += (size_t)snprintf(dst + len, cap - len, "%s%.*f× in %s",
                                    i == 0 ? (len ? ", burn " : "burn ") : ", ", rate < 10 ? 1 : 0,
                                    rate, window_span_name(spans[i]));
    }
}

enum ink levels_burn_ink(const struct slo_view *view) {
    switch (view->burn.level) {
    case BURN_PAGE:
        return INK_FAIL;
    case BURN_TICKET:
        return INK_ALERT;
    case BURN_NONE:
    case BURN_UNKNOWN:
        break;
    }
    return INK_DIM;
}

static const char *span_of(const struct slo_spec *spec) {
    enum window_span span;
    return window_span_of(spec->window_ms, &span) ? window_span_name(span) : "?";
}

struct chart levels_chart(const struct view_ctx *ctx, size_t slo, char *name) {
    const struct slo_spec *spec = &ctx->policy->slos[slo];
    const struct slo_view *view = &ctx->snap->slos[slo];
    bool past = name && view->past.kind != PAST_NONE;
    if (past)
        past_say(&view->past, name, LEVELS_PAST_CAP);
    return (struct chart){
        .points = view->points,
        .n = view->n_points,
        .past = past ? view->past.points : NULL,
        .past_name = name,
        .threshold = threshold(spec),
        .at_most = is_at_most(spec),
        .unit = unit_of(ctx, slo),
        .span = span_of(spec),
    };
}

/* ---- details ---- */

static void add_value(struct pager *page, const char *label, double value, const char *unit,
                      uint64_t samples) {
    char text[VALUE_CAP];
    chart_value_text(value, unit, text, sizeof text);
    pager_addf(page, label, samples ? INK_TEXT : INK_DIM, "%s of %llu samples", text,
               (unsigned long long)samples);
}

static void add_burn(struct pager *page, const struct slo_view *view) {
    const struct burn_view *burn = &view->burn;
    char text[128];
    levels_burn(view, text, sizeof text);
    pager_add(page, "error budget", levels_burn_ink(view), text[0] ? text : "no events yet");
    pager_add(page, "burn", levels_burn_ink(view), burn->reason);
    for (int span = 0; span < WINDOW_SPANS; span++) {
        if (isnan(burn->rates[span]))
            continue;
        char label[16];
        snprintf(label, sizeof label, "  in %s", window_span_name((enum window_span)span));
        pager_addf(page, label, INK_TEXT, "%.2f×: %.0f of %llu spent budget", burn->rates[span],
                   burn->bad[span], (unsigned long long)burn->events[span]);
    }
}

/* What the dim curve is, and when that was. */
static void add_past(struct pager *page, const struct slo_past *past) {
    char name[PAST_TEXT_CAP], shift[32];
    past_say(past, name, sizeof name);
    duration_text(past->shift_ms, shift, sizeof shift);
    if (past->kind == PAST_RELEASE)
        pager_addf(page, "dim curve", INK_DIM, "%s, %s before, counted from its first line", name,
                   shift);
    else
        pager_addf(page, "dim curve", INK_DIM, "the same hours %s", name);
}

static const char *cohort_text(enum cohort cohort) {
    switch (cohort) {
    case COHORT_CANDIDATE:
        return "the candidate's";
    case COHORT_BASELINE:
        return "the baseline's";
    default:
        return "all";
    }
}

void levels_page(const struct view_ctx *ctx, size_t slo, struct pager *page) {
    const struct slo_spec *spec = &ctx->policy->slos[slo];
    const struct slo_view *view = &ctx->snap->slos[slo];
    const struct metric_spec *metric = &ctx->policy->metrics[spec->metric];
    char value[2 * VALUE_CAP + 8];
    levels_value(ctx, slo, value, sizeof value);
    pager_clear(page);
    pager_addf(page, "level", levels_ink(view), "%s  %s", levels_word(view), value);
    pager_add(page, "reason", INK_TEXT, view->reason);
    pager_addf(page, "metric", INK_TEXT, "%s, over %s, %s lines", metric->name, span_of(spec),
               cohort_text(spec->cohort));
    pager_addf(page, "samples", INK_TEXT, "%llu, at least %llu are needed",
               (unsigned long long)view->samples, (unsigned long long)spec->min_samples);
    if (view->candidate_samples > 0 || view->baseline_samples > 0) {
        add_value(page, "candidate", view->candidate, metric->unit, view->candidate_samples);
        add_value(page, "baseline", view->baseline, metric->unit, view->baseline_samples);
    }
    if (view->past.kind != PAST_NONE)
        add_past(page, &view->past);
    if (spec->burn)
        add_burn(page, view);
    for (size_t i = 0; i < ctx->snap->n_canaries; i++) {
        const struct canary_view *canary = &ctx->snap->canaries[i];
        if (canary->metric == spec->metric)
            pager_add(page, "canary", canary->verdict == SLO_FAIL ? INK_FAIL : INK_TEXT,
                      canary->reason);
    }
}

/* ---- the board's box ---- */

/* What stands against GO first, then as configured. */
static int badness(const struct slo_view *view) {
    if (!view->counted)
        return 3;
    if (view->burn.level == BURN_PAGE)
        return 0;
    return view->verdict == SLO_FAIL ? 0 : view->verdict == SLO_UNKNOWN ? 1 : 2;
}

static void draw_row(const struct view_ctx *ctx, struct area a, int y, size_t slo, int name_cols) {
    const struct canvas *c = ctx->canvas;
    const struct slo_view *view = &ctx->snap->slos[slo];
    char value[2 * VALUE_CAP + 8];
    int sign = c->ascii ? 3 : 2, value_cols = 17;
    int spark = a.cols - sign - name_cols - 1 - value_cols - 1;
    int x = a.x;
    draw_text(c, y, x, sign, levels_ink(view), draw_sign(c, levels_sign(view)));
    x += sign;
    draw_text(c, y, x, name_cols, view->counted ? INK_STRONG : INK_DIM,
              ctx->policy->slos[slo].name);
    x += name_cols + 1;
    levels_value(ctx, slo, value, sizeof value);
    draw_right(c, y, x, value_cols, view->counted ? INK_TEXT : INK_DIM, value);
    x += value_cols + 1;
    if (spark >= 4) {
        struct chart chart = levels_chart(ctx, slo, NULL);
        chart_draw_row(c, y, x, spark > BOARD_SPARK_MAX ? BOARD_SPARK_MAX : spark, &chart);
    }
}

/* The budget that is nearest to its end. */
static const struct slo_view *worst_budget(const struct view_ctx *ctx) {
    const struct slo_view *worst = NULL;
    for (size_t i = 0; i < ctx->snap->n_slos; i++) {
        const struct slo_view *view = &ctx->snap->slos[i];
        if (ctx->policy->slos[i].burn && !isnan(view->burn.budget_left) &&
            (!worst || view->burn.level > worst->burn.level ||
             (view->burn.level == worst->burn.level &&
              view->burn.budget_left < worst->burn.budget_left)))
            worst = view;
    }
    return worst;
}

void levels_draw(const struct view_ctx *ctx, struct area a) {
    const struct slo_view *budget = worst_budget(ctx);
    size_t n = ctx->snap->n_slos, shown = 0;
    int rows = a.rows - (budget && a.rows > 1), name_cols = 8;
    for (size_t i = 0; i < n; i++) {
        int width = text_width(ctx->policy->slos[i].name);
        name_cols = width > name_cols ? width : name_cols;
    }
    name_cols = name_cols > BOARD_NAME_MAX ? BOARD_NAME_MAX : name_cols;
    bool all = n <= (size_t)(rows > 0 ? rows : 0);
    for (int rank = 0; rank < (all ? 1 : 4); rank++) {
        for (size_t i = 0; i < n && (int)shown < rows; i++)
            if (all || badness(&ctx->snap->slos[i]) == rank)
                draw_row(ctx, a, a.y + (int)shown++, i, name_cols);
    }
    if (budget && a.rows > 1) {
        char text[128];
        levels_burn(budget, text, sizeof text);
        draw_text(ctx->canvas, a.y + (int)shown, a.x, a.cols, levels_burn_ink(budget), text);
    }
}
