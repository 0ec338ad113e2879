/* feed-at-target: the newest item that each feed offers is the target. */
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    return gate_check_kind(spec, policy, "feed", where, err);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    if (spec->n_sources == 0) {
        gate_say(out, GATE_UNKNOWN, "names no source");
        return;
    }
    const char *target = gate_target(s, out);
    if (!target)
        return;
    for (size_t i = 0; i < spec->n_sources; i++) {
        const char *id = s->policy->sources[spec->sources[i]].id;
        if (!gate_tally_source(&tally, s, spec->sources[i]))
            continue;
        const struct sample *good = s->sources[spec->sources[i]].good;
        if (good->items <= 0 || !good->version[0])
            gate_tally_doubt(&tally, "%s offers no item", id);
        else if (version_compare(good->version, target) != 0)
            gate_tally_fail(&tally, "%s offers %s, want %s", id, good->version, target);
    }
    if (!gate_tally_clean(&tally, out))
        return;
    if (spec->n_sources == 1)
        gate_say(out, GATE_PASS, "%s offers %s", s->policy->sources[spec->sources[0]].id, target);
    else
        gate_say(out, GATE_PASS, "%zu feeds offer %s", spec->n_sources, target);
}

const struct gate_kind gate_feed_at_target = {
    .name = "feed-at-target",
    .help = "the newest item of each feed is the target",
    .needs_sources = true,
    .check = check,
    .judge = judge,
};
