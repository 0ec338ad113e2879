/* fresh: nothing on the board is old. Every source of the gate, or of the whole policy, answered well
 * within its time. */
#include "src/base/when.h"
#include "src/model/gates/gates.h"

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    size_t n = spec->n_sources > 0 ? spec->n_sources : s->n_sources;
    size_t oldest = 0, looked_at = 0;
    int64_t oldest_ms = -1;
    char age[32], limit[32];
    for (size_t i = 0; i < n; i++) {
        size_t source = spec->n_sources > 0 ? spec->sources[i] : i;
        const struct source_spec *of = &s->policy->sources[source];
        if (of->of_gate)
            continue; /* its gate judges that */
        looked_at++;
        int64_t age_ms = source_age_ms(s, source);
        int64_t limit_ms = spec->within_ms > 0 ? spec->within_ms : source_patience_ms(of);
        if (source_trouble(s, source, false, NULL, 0)) {
            char trouble[REASON_CAP];
            if (tally.doubts == 0)
                source_trouble(s, source, false, trouble, sizeof trouble);
            gate_tally_doubt(&tally, "%s", trouble);
            continue;
        }
        if (age_ms > limit_ms || age_ms < 0) {
            duration_text(age_ms, age, sizeof age);
            duration_text(limit_ms, limit, sizeof limit);
            gate_tally_doubt(&tally, "%s answered %s ago, more than %s", of->id, age, limit);
        }
        if (age_ms > oldest_ms) {
            oldest_ms = age_ms;
            oldest = source;
        }
    }
    if (!gate_tally_clean(&tally, out))
        return;
    if (looked_at == 0) {
        gate_say(out, GATE_UNKNOWN, "there is no source");
        return;
    }
    duration_text(oldest_ms, age, sizeof age);
    gate_say(out, GATE_PASS, "%zu source%s, the oldest %s: %s", looked_at,
             looked_at == 1 ? "" : "s", age, s->policy->sources[oldest].id);
}

const struct gate_kind gate_fresh = {
    .name = "fresh",
    .help = "every source answered well within `within` (default: three intervals and a timeout)",
    .judge = judge,
};
