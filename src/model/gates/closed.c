/* closed: every source is shut on purpose (domain: the beta feed in production). */
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct source_spec *source = &policy->sources[spec->sources[i]];
        if (source->closed_on == 0)
            return err_set(err, ERR_CONFIG, where, "give that feed closed_on: 404",
                           "%s has no answer that means closed", source->id);
    }
    return ERR_OK;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    if (spec->n_sources == 0) {
        gate_say(out, GATE_UNKNOWN, "names no source");
        return;
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct source_view *view = &s->sources[spec->sources[i]];
        const char *id = s->policy->sources[spec->sources[i]].id;
        if (view->state == SOURCE_CLOSED)
            continue;
        if (!gate_tally_source(&tally, s, spec->sources[i]))
            continue;
        if (view->good->version[0])
            gate_tally_fail(&tally, "%s is open and offers %s", id, view->good->version);
        else
            gate_tally_fail(&tally, "%s is open", id);
    }
    if (!gate_tally_clean(&tally, out))
        return;
    if (spec->n_sources == 1)
        gate_say(out, GATE_PASS, "%s is closed", s->policy->sources[spec->sources[0]].id);
    else
        gate_say(out, GATE_PASS, "%zu sources are closed", spec->n_sources);
}

const struct gate_kind gate_closed = {
    .name = "closed",
    .help = "every source is shut on purpose (closed_on)",
    .needs_sources = true,
    .check = check,
    .judge = judge,
};
