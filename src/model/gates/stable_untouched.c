/* stable-untouched: until the promote the stable feed still offers what it offered when the target was
 * first seen (domain: the release, step A). */
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (policy->stable_source == SOURCE_NONE)
        return err_set(err, ERR_CONFIG, where, "give one environment role: stable and a feed",
                       "stable-untouched, and there is no stable feed");
    return gate_check_kind(spec, policy, "feed", where, err);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    if (spec->n_sources == 0) {
        gate_say(out, GATE_UNKNOWN, "names no source");
        return;
    }
    if (!s->baseline[0]) {
        gate_say(out, GATE_UNKNOWN, "which version was stable before the target came is not known");
        return;
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        const char *id = s->policy->sources[spec->sources[i]].id;
        if (!gate_tally_source(&tally, s, spec->sources[i]))
            continue;
        const struct sample *good = s->sources[spec->sources[i]].good;
        if (good->items <= 0 || !good->version[0])
            gate_tally_fail(&tally, "%s offers nothing any more, was %s", id, s->baseline);
        else if (version_compare(good->version, s->baseline) != 0)
            gate_tally_fail(&tally, "%s offers %s, was %s", id, good->version, s->baseline);
    }
    if (!gate_tally_clean(&tally, out))
        return;
    if (spec->n_sources == 1)
        gate_say(out, GATE_PASS, "%s still %s", s->policy->sources[spec->sources[0]].id,
                 s->baseline);
    else
        gate_say(out, GATE_PASS, "%zu feeds still %s", spec->n_sources, s->baseline);
}

const struct gate_kind gate_stable_untouched = {
    .name = "stable-untouched",
    .help = "the stable feed still offers the version from before the target came",
    .needs_sources = true,
    .check = check,
    .judge = judge,
};
