/* burn: no error budget burns so fast that somebody must be called (domain: numbers worth keeping). */
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (spec->n_slos == 0)
        return err_set(err, ERR_CONFIG, where, "write burn: true at one of slos",
                       "no service level's error budget is watched");
    for (size_t i = 0; i < spec->n_slos; i++) {
        const struct slo_spec *slo = &policy->slos[spec->slos[i]];
        if (!slo->burn)
            return err_set(err, ERR_CONFIG, where, "write burn: true there, or take it out",
                           "the error budget of %s is not watched", slo->name);
    }
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    enum burn_level least = spec->alert == ALERT_TICKET ? BURN_TICKET : BURN_PAGE;
    struct gate_tally tally = {0};
    unsigned told = spec->n_slos > 0 ? spec->slos[0] : 0;
    for (size_t i = 0; i < spec->n_slos; i++) {
        const struct slo_view *view = &s->slos[spec->slos[i]];
        const char *name = s->policy->slos[spec->slos[i]].name;
        bool thin = view->burn.events[WINDOW_1H] < s->policy->slos[spec->slos[i]].min_events;
        if (view->burn.level == BURN_UNKNOWN || (thin && view->burn.level < least))
            gate_tally_doubt(&tally, "%s: %s", name,
                             view->burn.reason[0] ? view->burn.reason
                                                  : "the logs have not been read yet");
        else if (view->burn.level >= least)
            gate_tally_fail(&tally, "%s: %s", name, view->burn.reason);
        if (view->burn.level > s->slos[told].burn.level)
            told = spec->slos[i];
    }
    if (spec->n_slos == 0)
        gate_say(out, GATE_UNKNOWN, "watches nothing");
    else if (gate_tally_clean(&tally, out))
        gate_say(out, GATE_PASS, "%s: %s", s->policy->slos[told].name, s->slos[told].burn.reason);
}

const struct gate_kind gate_burn = {
    .name = "burn",
    .help = "no error budget burns too fast: page at 14.4 over 1 h and 5 m or 6 over 6 h and 30 m; "
            "ticket at 3 over 1 d and 2 h or 1 over 3 d and 6 h",
    .check = check,
    .judge = judge,
};
