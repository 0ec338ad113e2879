/* phase: the release has been in a phase for long enough, and not for too long (domain: phases). A ramp
 * has stages with times of their own: 25 % of the clients for two hours, then 50 %. */
#include <stdio.h>

#include "src/base/when.h"
#include "src/model/gates/gates.h"
#include "src/model/phase.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (spec->phase == PHASE_UNKNOWN)
        return err_set(err, ERR_CONFIG, where, "add phase: beta (or dev, rc, ga)",
                       "a phase gate without a phase");
    if (policy->stable_source == SOURCE_NONE)
        return err_set(err, ERR_CONFIG, where, "give one environment role: stable and a feed",
                       "phases come from the feeds, and there is no stable feed");
    if (spec->n_stages > 0 && spec->phase != PHASE_RC)
        return err_set(err, ERR_CONFIG, where, "write phase: rc, or take stages out",
                       "only the phase rc lets in a share of the clients");
    if (spec->n_stages > 0 && spec->at_least_ms + spec->at_most_ms > 0)
        return err_set(err, ERR_CONFIG, where, "take at_least and at_most out",
                       "each stage has its own time");
    if (phase_check_stages(spec->stages, spec->n_stages, where, err) != ERR_OK)
        return err->code;
    if (spec->at_most_ms > 0 && spec->at_most_ms < spec->at_least_ms)
        return err_set(err, ERR_CONFIG, where, "lengthen it, or shorten at_least",
                       "at_most is shorter than at_least");
    if (spec->phase == PHASE_DEV && spec->at_least_ms + spec->at_most_ms > 0)
        return err_set(err, ERR_CONFIG, where, "take at_least and at_most out",
                       "no feed tells when dev began");
    return ERR_OK;
}

/* "rc · 29 %" */
static void phase_text(const struct phase_now *now, char *dst, size_t cap) {
    if (now->phase == PHASE_RC)
        snprintf(dst, cap, "%s · %d %%", phase_name(now->phase), now->percent);
    else
        snprintf(dst, cap, "%s", phase_name(now->phase));
}

/* A ramp: the stage that is reached has its time; ga is its 100 %. */
static void judge_ramp(const struct gate_spec *spec, const struct snapshot *s,
                       const struct phase_now *now, const char *here, struct gate_view *out) {
    const struct phase_stage *stage = NULL;
    for (size_t i = 0; i < spec->n_stages && spec->stages[i].share <= now->percent; i++)
        stage = &spec->stages[i];
    int64_t since_ms = stage ? phase_share_ms(s, stage->share) : 0;
    char where[96];
    if (now->since_ms == 0 || (stage && since_ms == 0)) {
        gate_say(out, GATE_UNKNOWN, "%s, since when is not known%s%s", here,
                 now->why[0] ? ": " : "", now->why);
    } else if (!stage) {
        gate_say(out, GATE_WAIT, "%s, the ramp begins at %d %%", here, spec->stages[0].share);
    } else {
        snprintf(where, sizeof where, "%s: stage %d %%", here, stage->share);
        gate_stay(stage->at_least_ms, stage->at_most_ms, s->wall_ms - since_ms, where, out);
    }
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct phase_now now = phase_of(s);
    char here[64];
    phase_text(&now, here, sizeof here);
    if (spec->phase == PHASE_UNKNOWN)
        gate_say(out, GATE_UNKNOWN, "names no phase");
    else if (now.phase == PHASE_UNKNOWN)
        gate_say(out, GATE_UNKNOWN, "the phase is not known: %s", now.why);
    else if (now.phase < spec->phase)
        gate_say(out, GATE_WAIT, "%s, not %s yet", here, phase_name(spec->phase));
    else if (spec->n_stages > 0)
        judge_ramp(spec, s, &now, here, out);
    else if (now.phase > spec->phase)
        gate_say(out, GATE_PASS, "%s, beyond %s", here, phase_name(spec->phase));
    else if (spec->at_least_ms + spec->at_most_ms == 0)
        gate_say(out, GATE_PASS, "%s", here);
    else if (now.since_ms == 0)
        gate_say(out, GATE_UNKNOWN, "%s, since when is not known: %s", here, now.why);
    else
        gate_stay(spec->at_least_ms, spec->at_most_ms, s->wall_ms - now.since_ms, here, out);
}

const struct gate_kind gate_phase = {
    .name = "phase",
    .help = "dev, beta, rc or ga, as the feeds tell it: reached, and for long enough",
    .check = check,
    .judge = judge,
};
