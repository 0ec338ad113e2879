/* soak: the gates in `of` held for so long, as observed (domain: soak). The clock itself is kept by the
 * world; time that nobody watched is not on it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "src/base/when.h"
#include "src/model/gates/gates.h"

static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    if (spec->n_of == 0)
        return err_set(err, ERR_CONFIG, where,
                       "name the gates that must hold: of: [versions agree]",
                       "a soak needs gates to watch");
    for (size_t i = 0; i < spec->n_of; i++) {
        const struct gate_spec *of = &policy->gates[spec->of[i]];
        const struct gate_kind *kind = gate_kind_find(of->kind);
        if (kind && kind->judged_last)
            return err_set(err, ERR_CONFIG, where, "name the gates that it watches instead",
                           "a soak cannot watch the soak \"%s\"", of->name);
    }
    if (spec->for_ms <= 0)
        return err_set(err, ERR_CONFIG, where, "write for: 24h", "a soak needs a duration");
    if (spec->max_gap_ms <= 0)
        return err_set(err, ERR_CONFIG, where, "write max_gap: 10m",
                       "a soak needs the longest silence that still counts");
    return ERR_OK;
}

/* The first of the watched gates that does not pass now; NULL when all do. */
static const struct gate_spec *broken(const struct gate_spec *spec, const struct snapshot *s,
                                      enum gate_verdict *verdict) {
    for (size_t i = 0; i < spec->n_of; i++) {
        *verdict = s->gates[spec->of[i]].verdict;
        if (*verdict != GATE_PASS)
            return &s->policy->gates[spec->of[i]];
    }
    return NULL;
}

static const char *const troubles[] = {
    [GATE_FAIL] = "fails: it starts again",
    [GATE_WAIT] = "waits: paused",
    [GATE_UNKNOWN] = "is unknown: paused",
};

enum { HOURS_MAX = 72 }; /* people say "19 h of 24 h" and "of 3 d", but not "of 1 d" */

static void time_text(int64_t ms, char *dst, size_t cap) {
    const int64_t minute = 60 * 1000, hour = 60 * minute;
    if (ms < 24 * hour || ms >= HOURS_MAX * hour)
        duration_text(ms, dst, cap);
    else if (ms % hour < minute)
        snprintf(dst, cap, "%d h", (int)(ms / hour));
    else
        snprintf(dst, cap, "%d h %d m", (int)(ms / hour), (int)(ms % hour / minute));
}

/* While another process keeps the store, its word counts only as long as it goes on writing. */
static bool keeper_silent(const struct gate_spec *spec, const struct snapshot *s,
                          const struct soak *soak) {
    int64_t gap = s->wall_ms - soak->last_ms;
    return s->store == STORE_READING && (gap > spec->max_gap_ms || gap < -spec->max_gap_ms);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct soak *soak = &s->soaks[spec - s->policy->gates];
    if (s->store == STORE_LOST || s->store == STORE_NONE) {
        gate_say(out, GATE_UNKNOWN, "the store remembers nothing: soak cannot pass");
        return;
    }
    if (spec->n_of == 0 || spec->for_ms <= 0) {
        gate_say(out, GATE_UNKNOWN, "watches nothing");
        return;
    }
    bool ours = s->target[0] && version_compare(soak->target, s->target) == 0 &&
                (!s->fingerprint[0] || strcmp(soak->fingerprint, s->fingerprint) == 0);
    int64_t observed_ms = ours && soak->observed_ms > 0 ? soak->observed_ms : 0;
    bool full = observed_ms >= spec->for_ms;
    char observed[32], goal[32];
    time_text(observed_ms, observed, sizeof observed);
    time_text(spec->for_ms, goal, sizeof goal);
    out->permille = full ? 1000 : (int)((double)observed_ms / (double)spec->for_ms * 1000.0);
    enum gate_verdict why = GATE_UNKNOWN;
    const struct gate_spec *of = broken(spec, s, &why);
    if (s->store == STORE_OPENING)
        gate_say(out, GATE_WAIT, "%s of %s, the store is being opened", observed, goal);
    else if (!s->target[0])
        gate_say(out, GATE_WAIT, "%s of %s, the target is not known", observed, goal);
    else if (!s->fingerprint[0] && !of)
        gate_say(out, GATE_WAIT, "%s of %s, a feed or manifest does not tell the candidate: paused",
                 observed, goal);
    else if (of)
        gate_say(out, GATE_WAIT, "%s of %s, %s %s", observed, goal, of->name, troubles[why]);
    else if (keeper_silent(spec, s, soak))
        gate_say(out, GATE_WAIT, "%s of %s, the gonogo that keeps the store is not soaking",
                 observed, goal);
    else
        gate_say(out, full ? GATE_PASS : GATE_WAIT, "%s of %s", observed, goal);
}

const struct gate_kind gate_soak = {
    .name = "soak",
    .help = "the gates in `of` passed for so long, as observed, with the candidate unchanged; "
            "needs a store",
    .check = check,
    .judge = judge,
    .judged_last = true,
};
