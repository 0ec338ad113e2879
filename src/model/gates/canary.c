/* canary: the candidate's metrics are no worse than the baseline's (canary.h). */
#include "src/model/gates/gates.h"

/* Can whatever gives this metric be told apart? */
static bool has_sides(const struct policy *policy, const struct metric_spec *m) {
    bool candidate = false, baseline = false;
    for (size_t i = 0; i < policy->n_logs; i++) {
        const struct log_spec *log = &policy->logs[i];
        if (m->log >= 0 && (size_t)m->log != i)
            continue;
        candidate |= log->cohort == COHORT_CANDIDATE || log->version_key;
        baseline |= log->cohort == COHORT_BASELINE || log->version_key;
    }
    return candidate && baseline;
}

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (spec->n_metrics == 0)
        return err_set(err, ERR_CONFIG, where, "add metrics: [start_listening_latency_ms]",
                       "a canary needs metrics to compare");
    for (size_t i = 0; i < spec->n_metrics; i++) {
        const struct metric_spec *m = &policy->metrics[spec->metrics[i]];
        if (m->shape == SHAPE_COUNT)
            return err_set(err, ERR_CONFIG, where, "name a measure or a rate",
                           "%s is a count: more of it may only be more traffic", m->name);
        if (!has_sides(policy, m))
            return err_set(err, ERR_CONFIG, where,
                           "write release: candidate and release: baseline at the logs, or "
                           "version: KEY",
                           "nothing tells the candidate's %s from the baseline's", m->name);
    }
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    unsigned gate = (unsigned)(spec - s->policy->gates);
    const struct canary_view *first = NULL;
    struct gate_tally tally = {0};
    size_t n = 0;
    for (size_t i = 0; i < s->n_canaries; i++) {
        const struct canary_view *view = &s->canaries[i];
        if (view->gate != gate)
            continue;
        n++;
        first = first ? first : view;
        if (view->verdict == SLO_FAIL)
            gate_tally_fail(&tally, "the candidate is worse: %s", view->reason);
        else if (view->verdict == SLO_UNKNOWN)
            gate_tally_doubt(&tally, "%s", view->reason);
    }
    if (!first)
        gate_say(out, GATE_UNKNOWN, "the logs have not been read yet");
    else if (gate_tally_clean(&tally, out))
        gate_say(out, GATE_PASS, "%zu metric%s no worse; %s", n, n == 1 ? "" : "s", first->reason);
}

const struct gate_kind gate_canary = {
    .name = "canary",
    .help = "the candidate's metrics are no worse than the baseline's: Mann-Whitney at 0.98, a "
            "quarter of the shift is tolerated, 50 points each",
    .check = check,
    .judge = judge,
};
