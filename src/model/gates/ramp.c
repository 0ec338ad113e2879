/* ramp: the servers have had this share of the traffic for long enough, and not for too long, as whoever
 * turns the ramp says. Each stage has its own time; between two the lower one counts. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/gates/gates.h"
#include "src/model/phase.h"
#include "src/model/ramp_stage.h"

enum { SKEW_MS = 60 * 1000 }; /* another machine's clock may be ahead by so much */

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    (void)policy;
    if (spec->n_stages == 0)
        return err_set(err, ERR_CONFIG, where, "add stages: [\"1% 30m..1h\", \"100% 1d\"]",
                       "a ramp without stages");
    return phase_check_stages(spec->stages, spec->n_stages, where, err);
}

/* The answer, of this target and of now. */
static bool read(const struct gate_spec *spec, const struct snapshot *s, struct ramp_now *now,
                 struct gate_view *out) {
    char why[256], version[4 * VERSION_CAP];
    const struct sample *seen = gate_reading(spec, s, out);
    if (!seen)
        return false;
    if (!ramp_read(spec, seen->value, now, why, sizeof why)) {
        gate_say(out, GATE_UNKNOWN, "%s", why);
        return false;
    }
    text_safe(version, sizeof version, now->version, strlen(now->version));
    if (now->since_ms > s->wall_ms + SKEW_MS) {
        gate_say(out, GATE_UNKNOWN, "%.4g %%, since a time that is still to come", now->percent);
        return false;
    }
    if (!now->version[0])
        return true;
    if (!gate_target(s, out))
        return false;
    if (version_compare(now->version, s->target) == 0)
        return true;
    gate_say(out, GATE_WAIT, "the ramp is of %s, not of %s yet", version, s->target);
    return false;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct phase_stage *stage = NULL;
    struct ramp_now now;
    char where[64];
    if (!read(spec, s, &now, out))
        return;
    for (size_t i = 0; i < spec->n_stages && (double)spec->stages[i].share <= now.percent; i++)
        stage = &spec->stages[i];
    if (!stage) {
        gate_say(out, GATE_WAIT, "%.4g %%, the ramp begins at %d %%", now.percent,
                 spec->stages[0].share);
        return;
    }
    int64_t stay_ms = s->wall_ms > now.since_ms ? s->wall_ms - now.since_ms : 0;
    snprintf(where, sizeof where, "%.4g %% of the servers", now.percent);
    gate_stay(stage->at_least_ms, stage->at_most_ms, stay_ms, where, out);
}

const struct gate_kind gate_ramp = {
    .name = "ramp",
    .help = "the servers have had their share for long enough, as whoever turns the ramp says",
    .probe = "http-json",
    .check = check,
    .judge = judge,
};
