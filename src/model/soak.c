#include "src/model/soak.h"

#include <stdio.h>
#include <string.h>

#include "src/model/fingerprint.h"
#include "src/model/gate.h"
#include "src/model/version.h"

/* More than any soak asks for; what a store says beyond it is no observation. */
static const int64_t observed_max_ms = INT64_C(10) * 366 * 24 * 3600 * 1000;

static enum gate_verdict watched_verdict(const struct gate_spec *spec, const struct snapshot *s) {
    enum gate_verdict all = GATE_PASS;
    for (size_t i = 0; i < spec->n_of; i++) {
        enum gate_verdict verdict = s->gates[spec->of[i]].verdict;
        if (verdict == GATE_FAIL)
            return GATE_FAIL;
        if (verdict != GATE_PASS)
            all = verdict;
    }
    return spec->n_of > 0 && s->target[0] && s->fingerprint[0] ? all : GATE_UNKNOWN;
}

/* The silence from `last_ms` to `now_ms`, both by the wall, when it may be counted; else 0. */
static int64_t bridged(const struct gate_spec *spec, int64_t last_ms, int64_t now_ms) {
    if (last_ms <= 0 || now_ms < last_ms)
        return 0;
    int64_t gap = now_ms - last_ms;
    return gap <= spec->max_gap_ms ? gap : 0;
}

static void run(struct soak *soak, struct soak_clock *clock, const struct gate_spec *spec,
                const struct snapshot *s) {
    if (clock->running) {
        int64_t step = s->mono_ms - clock->at_mono_ms;
        if (step > 0 && step <= spec->max_gap_ms)
            soak->observed_ms += step;
    } else if (!clock->watched) {
        soak->observed_ms += bridged(spec, soak->last_ms, s->wall_ms);
        clock->began_ms = s->wall_ms;
    }
    if (soak->observed_ms > observed_max_ms)
        soak->observed_ms = observed_max_ms;
    clock->running = clock->watched = true;
    clock->at_mono_ms = s->mono_ms;
    soak->last_ms = s->wall_ms;
}

/* Is what soaks another candidate than that of the snapshot? */
static bool another(const struct soak *soak, const struct snapshot *s) {
    if (!s->target[0])
        return false;
    return version_compare(soak->target, s->target) != 0 ||
           (s->fingerprint[0] && strcmp(soak->fingerprint, s->fingerprint) != 0);
}

void soak_advance(struct soak *soak, struct soak_clock *clock, const struct snapshot *s,
                  size_t gate) {
    const struct gate_spec *spec = &s->policy->gates[gate];
    enum gate_verdict verdict = watched_verdict(spec, s);
    if (s->store == STORE_READING) { /* the keeper's clock is the one that counts */
        clock->running = clock->watched = false;
        return;
    }
    if (verdict == GATE_FAIL) {
        soak->observed_ms = soak->last_ms = 0;
        clock->running = false;
        clock->failed = true;
    }
    if (another(soak, s)) {
        memset(soak, 0, sizeof *soak);
        snprintf(soak->target, sizeof soak->target, "%s", s->target);
        snprintf(soak->fingerprint, sizeof soak->fingerprint, "%s", s->fingerprint);
        clock->running = false;
    }
    if (verdict == GATE_PASS) {
        run(soak, clock, spec, s);
    } else if (clock->running || !(gate_pending(s, gate) || fingerprint_pending(s))) {
        /* A pause that was seen is not bridged, neither here nor by the next process. Before the first
         * answers nothing was seen, and what was remembered stands. */
        clock->running = false;
        if (!clock->watched)
            clock->broke = true;
        soak->last_ms = 0;
    }
}

static struct soak credible(const struct soak *remembered) {
    struct soak soak = *remembered;
    soak.target[sizeof soak.target - 1] = '\0';
    soak.fingerprint[sizeof soak.fingerprint - 1] = '\0';
    if (soak.observed_ms < 0 || soak.observed_ms > observed_max_ms)
        soak.observed_ms = 0;
    if (soak.last_ms < 0)
        soak.last_ms = 0;
    return soak;
}

void soak_recall(struct soak *soak, struct soak_clock *clock, const struct gate_spec *spec,
                 const struct soak *remembered, bool refresh) {
    struct soak before = credible(remembered);
    if (refresh) {
        *soak = before;
        clock->running = clock->watched = clock->failed = clock->broke = false;
        return;
    }
    if (clock->failed || !before.target[0])
        return;
    if (soak->target[0] && version_compare(soak->target, before.target) != 0)
        return;
    if (soak->fingerprint[0] && strcmp(soak->fingerprint, before.fingerprint) != 0)
        return;
    if (clock->broke)
        before.last_ms = 0;
    if (!clock->watched) {
        *soak = before;
        return;
    }
    soak->observed_ms += before.observed_ms + bridged(spec, before.last_ms, clock->began_ms);
}
