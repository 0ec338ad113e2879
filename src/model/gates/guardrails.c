/* guardrails: what must hold at each stage of a ramp (ramp.h). */
#include <math.h>
#include <string.h>

#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    bool served = false, sides = false;
    for (size_t i = 0; i < policy->n_logs; i++) {
        const struct log_spec *log = &policy->logs[i];
        served |= log->format == LOG_LOGFMT;
        sides |= log->format == LOG_LOGFMT &&
                 (log->cohort == COHORT_BASELINE || log->version_key != NULL);
    }
    if (!served)
        return err_set(err, ERR_CONFIG, where, "add logs: [{name: server, format: logfmt, …}]",
                       "guardrails need the server's log");
    if (!sides && isnan(spec->baseline))
        return err_set(err, ERR_CONFIG, where,
                       "write release: baseline at a server's log, version: KEY, or baseline: 0.02",
                       "nothing tells the baseline's retries and aborts");
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    unsigned gate = (unsigned)(spec - s->policy->gates);
    const struct ramp_view *told = NULL;
    struct gate_tally tally = {0};
    for (size_t i = 0; i < s->n_ramps; i++) {
        const struct ramp_view *view = &s->ramps[i];
        if (view->gate != gate)
            continue;
        told = !told || (view->warned && !told->warned) ? view : told;
        if (view->verdict == SLO_FAIL)
            gate_tally_fail(&tally, "%s", view->reason);
        else if (view->verdict == SLO_UNKNOWN)
            gate_tally_doubt(&tally, "%s", view->reason);
    }
    if (!told)
        gate_say(out, GATE_UNKNOWN, "the logs have not been read yet");
    else if (gate_tally_clean(&tally, out))
        gate_say(out, GATE_PASS, "all four hold; %s", told->reason);
}

const struct gate_kind gate_guardrails = {
    .name = "guardrails",
    .help = "at this stage of the ramp: p95, error rate, retries and aborts against 1.5 times the "
            "baseline's, backpressure",
    .check = check,
    .judge = judge,
};
