/* tools: what judges is itself in order: every source is looked at, our clock agrees with those of the
 * servers, and the store keeps what has to be remembered. */
#include "src/base/when.h"
#include "src/model/gates/gates.h"

/* A source that nobody looked at for longer than its patience has a poller that does not turn; how it
 * answered is not asked here. */
static void judge_looks(struct gate_tally *t, const struct snapshot *s) {
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source_spec *spec = &s->policy->sources[i];
        const struct sample *last = s->sources[i].last;
        char age[32];
        if (!last) {
            gate_tally_doubt(t, "%s has not been looked at yet", spec->id);
            continue;
        }
        int64_t age_ms = s->mono_ms - last->mono_ms;
        if (age_ms <= source_patience_ms(spec))
            continue;
        duration_text(age_ms, age, sizeof age);
        gate_tally_fail(t, "nobody has looked at %s for %s", spec->id, age);
    }
}

/* Returns the widest difference, -1 when no answer carries a time. */
static int64_t judge_clocks(struct gate_tally *t, const struct gate_spec *spec,
                            const struct snapshot *s) {
    int64_t widest_ms = -1;
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct sample *last = s->sources[i].last;
        if (!last || !last->has_skew)
            continue;
        int64_t skew_ms = last->skew_ms < 0 ? -last->skew_ms : last->skew_ms;
        widest_ms = skew_ms > widest_ms ? skew_ms : widest_ms;
        if (skew_ms <= spec->max_skew_ms)
            continue;
        char skew[32], most[32];
        duration_text(skew_ms, skew, sizeof skew);
        duration_text(spec->max_skew_ms, most, sizeof most);
        gate_tally_fail(t, "the clock of %s is %s %s ours, more than %s", s->policy->sources[i].id,
                        skew, last->skew_ms < 0 ? "behind" : "ahead of", most);
    }
    return widest_ms;
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    char skew[32];
    if (s->store == STORE_LOST)
        gate_tally_fail(&tally, "the store is lost: %s", s->store_note);
    else if (s->store == STORE_NONE)
        gate_tally_fail(&tally, "nothing is remembered: there is no store");
    judge_looks(&tally, s);
    int64_t widest_ms = judge_clocks(&tally, spec, s);
    if (widest_ms < 0)
        gate_tally_doubt(&tally, "no answer carries a time to compare our clock with");
    if (!gate_tally_clean(&tally, out))
        return;
    if (s->store != STORE_KEEPING && s->store != STORE_READING) {
        gate_say(out, GATE_WAIT, "the store is being opened");
        return;
    }
    duration_text(widest_ms, skew, sizeof skew);
    gate_say(out, GATE_PASS, "%zu source%s looked at, clocks agree within %s, the store is kept%s",
             s->n_sources, s->n_sources == 1 ? " is" : "s are", skew,
             s->store == STORE_READING ? " by another gonogo" : "");
}

const struct gate_kind gate_tools = {
    .name = "tools",
    .help = "our own pollers turn, our clock agrees with the servers' (max_skew), the store keeps",
    .judge = judge,
};
