#include "src/model/burn.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const struct rule {
    enum burn_level level;
    enum window_span longer, shorter;
    double rate;
} rules[] = {
    {BURN_PAGE, WINDOW_1H, WINDOW_5M, 14.4},
    {BURN_PAGE, WINDOW_6H, WINDOW_30M, 6},
    {BURN_TICKET, WINDOW_1D, WINDOW_2H, 3},
    {BURN_TICKET, WINDOW_3D, WINDOW_6H, 1},
};

static bool burns(const struct rule *rule, const struct burn_input *in, const struct burn_view *v) {
    return in->events[rule->longer] >= (double)in->min_events &&
           in->bad[rule->longer] >= (double)in->min_bad && v->rates[rule->longer] > rule->rate &&
           v->rates[rule->shorter] > rule->rate;
}

static void say_quiet(const struct burn_input *in, struct burn_view *v) {
    uint64_t events = v->events[WINDOW_1H];
    if (events == 0)
        snprintf(v->reason, sizeof v->reason, "no events in 1 h");
    else if (v->level == BURN_UNKNOWN)
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64 " events in 1 h, fewer than %" PRIu64 " say nothing", events,
                 in->min_events);
    else
        snprintf(v->reason, sizeof v->reason,
                 "%.1f× over 1 h, %.1f× over 6 h, budget left %.0f %%, %" PRIu64 " events in 1 h",
                 v->rates[WINDOW_1H], v->rates[WINDOW_6H], v->budget_left * 100, events);
}

void burn_judge(const struct burn_input *in, struct burn_view *out) {
    *out = (struct burn_view){.level = BURN_NONE, .budget_left = NAN};
    for (int i = 0; i < WINDOW_SPANS; i++) {
        out->events[i] = (uint64_t)in->events[i];
        out->bad[i] = in->bad[i];
        out->rates[i] = in->events[i] > 0 ? in->bad[i] / in->events[i] / in->budget : NAN;
    }
    if (!isnan(out->rates[WINDOW_30D]))
        out->budget_left = 1 - out->rates[WINDOW_30D];
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if (!burns(rule, in, out))
            continue;
        out->level = rule->level;
        snprintf(out->reason, sizeof out->reason,
                 "%s: %.1f× over %s and %.1f× over %s, more than %.4g×; %.0f bad of %.0f",
                 rule->level == BURN_PAGE ? "page" : "ticket", out->rates[rule->longer],
                 window_span_name(rule->longer), out->rates[rule->shorter],
                 window_span_name(rule->shorter), rule->rate, in->bad[rule->longer],
                 in->events[rule->longer]);
        return;
    }
    if (in->events[WINDOW_1H] < (double)in->min_events)
        out->level = BURN_UNKNOWN;
    say_quiet(in, out);
}
