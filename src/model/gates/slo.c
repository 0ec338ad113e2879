/* slo: service levels are met over their windows, with enough samples. */
#include <inttypes.h>
#include <stdio.h>

#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (policy->n_slos == 0)
        return err_set(err, ERR_CONFIG, where, "add logs: of format tray or logfmt, or slos:",
                       "there are no service levels");
    if (spec->n_slos == 0)
        return err_set(err, ERR_CONFIG, where, "take fewer out", "no service level is left");
    return ERR_OK;
}

static bool too_few(const struct gate_spec *spec, const struct slo_spec *slo,
                    const struct slo_view *view) {
    if (view->samples >= spec->min_samples)
        return false;
    return view->verdict == SLO_PASS || (view->verdict == SLO_FAIL && !slo->every);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    const struct slo_view *least = NULL, *warned = NULL;
    size_t met = 0;
    for (size_t i = 0; i < spec->n_slos; i++) {
        const struct slo_spec *slo = &s->policy->slos[spec->slos[i]];
        const struct slo_view *view = &s->slos[spec->slos[i]];
        if (slo->if_seen && !view->counted)
            continue;
        if (view->verdict == SLO_UNKNOWN) {
            gate_tally_doubt(&tally, "%s: %s", slo->name,
                             view->reason[0] ? view->reason : "the logs have not been read yet");
        } else if (too_few(spec, slo, view)) {
            gate_tally_doubt(&tally, "%s: %s: fewer than %" PRIu64 " say nothing", slo->name,
                             view->reason, spec->min_samples);
        } else if (view->verdict == SLO_FAIL) {
            gate_tally_fail(&tally, "%s: %s", slo->name, view->reason);
        } else {
            met++;
            least = !least || view->samples < least->samples ? view : least;
            warned = view->warned && !warned ? view : warned;
        }
    }
    if (!gate_tally_clean(&tally, out))
        return;
    if (!least) {
        gate_say(out, GATE_UNKNOWN, "no service level has a sample yet");
        return;
    }
    const struct slo_view *told = warned ? warned : least;
    gate_say(out, GATE_PASS, "%zu met, of %" PRIu64 " samples or more; %s%s: %s", met,
             least->samples, warned ? "warning: " : "", s->policy->slos[told - s->slos].name,
             told->reason);
}

const struct gate_kind gate_slo = {
    .name = "slo",
    .help = "service levels are met over their windows, with enough samples",
    .check = check,
    .judge = judge,
};
