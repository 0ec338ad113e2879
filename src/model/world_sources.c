/* The world's sources: what samples make of them, and what their silence does. */
#include <string.h>

#include "src/base/when.h"
#include "src/model/world_parts.h"

#define TO(state) (1u << (state))

/* Down is left only for an answer: a source that is down does not become stale. */
static const unsigned source_moves[] = {
    [SOURCE_PENDING] = TO(SOURCE_OK) | TO(SOURCE_CLOSED) | TO(SOURCE_ERROR),
    [SOURCE_OK] = TO(SOURCE_CLOSED) | TO(SOURCE_ERROR) | TO(SOURCE_STALE),
    [SOURCE_CLOSED] = TO(SOURCE_OK) | TO(SOURCE_ERROR) | TO(SOURCE_STALE),
    [SOURCE_ERROR] = TO(SOURCE_OK) | TO(SOURCE_CLOSED),
    [SOURCE_STALE] = TO(SOURCE_OK) | TO(SOURCE_CLOSED) | TO(SOURCE_ERROR),
};

static void source_set_state(struct world *w, size_t i, enum source_state to, int64_t wall_ms) {
    struct source_view *view = &w->sources[i];
    enum source_state from = view->state;
    if (!(source_moves[from] & TO(to)))
        return;
    int64_t lasted_ms = wall_ms - view->since_ms;
    view->state = to;
    view->since_ms = wall_ms;
    const char *id = w->policy->sources[i].id;
    bool well = to == SOURCE_OK || to == SOURCE_CLOSED;
    if (from == SOURCE_PENDING && well)
        return; /* a first answer is no news */
    if (to == SOURCE_ERROR) {
        world_notef(w, wall_ms, "%s %s → %s: %s", id, source_state_name(from),
                    source_state_name(to), view->last->error);
    } else if (well && (from == SOURCE_ERROR || from == SOURCE_STALE) && lasted_ms > 0) {
        char lasted[32];
        duration_text(lasted_ms, lasted, sizeof lasted);
        world_notef(w, wall_ms, "%s %s → %s after %s", id, source_state_name(from),
                    source_state_name(to), lasted);
    } else {
        world_notef(w, wall_ms, "%s %s → %s", id, source_state_name(from), source_state_name(to));
    }
}

static void spark_push(struct world *w, size_t i, const struct sample *sample) {
    struct source_view *view = &w->sources[i];
    memmove(view->spark, view->spark + 1, (SPARK_POINTS - 1) * sizeof *view->spark);
    int latency = sample->reading == READING_ERROR ? SAMPLE_UNKNOWN : sample->latency_ms;
    if (latency >= SPARK_NONE)
        latency = SPARK_NONE - 1;
    view->spark[SPARK_POINTS - 1] = latency < 0 ? SPARK_NONE : (uint16_t)latency;
    if (w->source_tracks[i].points < SPARK_POINTS)
        w->source_tracks[i].points++;
}

static enum source_state raw_state(const struct sample *sample) {
    static const enum source_state states[] = {
        [READING_OK] = SOURCE_OK,
        [READING_CLOSED] = SOURCE_CLOSED,
        [READING_ERROR] = SOURCE_ERROR,
    };
    return sample->reading <= READING_ERROR ? states[sample->reading] : SOURCE_ERROR;
}

static unsigned at_least_one(unsigned n) {
    return n > 0 ? n : 1;
}

static void fold_failure(struct world *w, const struct sample *sample) {
    struct source_view *view = &w->sources[sample->source];
    if (view->failures < UINT32_MAX)
        view->failures++;
    w->source_tracks[sample->source].successes = 0;
    if (view->failures >= at_least_one(w->policy->sources[sample->source].fail_after))
        source_set_state(w, sample->source, SOURCE_ERROR, sample->wall_ms);
}

static void fold_success(struct world *w, const struct sample *sample) {
    struct source_view *view = &w->sources[sample->source];
    struct source_track *track = &w->source_tracks[sample->source];
    const struct source_spec *spec = &w->policy->sources[sample->source];
    const struct sample *before = view->good;
    view->failures = 0;
    if (track->successes < UINT32_MAX)
        track->successes++;
    if (before && before->version[0] && sample->version[0] &&
        strcmp(before->version, sample->version) != 0)
        world_notef(w, sample->wall_ms, "%s %s → %s", spec->id, before->version, sample->version);
    view->good = sample_keep(sample);
    sample_drop(before);
    if (view->state == SOURCE_ERROR && track->successes < at_least_one(spec->recover_after))
        return;
    source_set_state(w, sample->source, view->raw, sample->wall_ms);
}

void world_fold(struct world *w, const struct sample *sample) {
    if (sample->source >= w->policy->n_sources)
        return;
    struct source_view *view = &w->sources[sample->source];
    if (view->last && sample->mono_ms < view->last->mono_ms)
        return; /* overtaken on its way */
    const struct sample *before = view->last;
    view->last = sample_keep(sample);
    sample_drop(before);
    view->raw = raw_state(sample);
    spark_push(w, sample->source, sample);
    if (view->raw == SOURCE_ERROR)
        fold_failure(w, sample);
    else
        fold_success(w, sample);
}

void world_sources_age(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    for (size_t i = 0; i < w->policy->n_sources; i++) {
        struct source_view *view = &w->sources[i];
        if (view->since_ms == 0)
            view->since_ms = wall_ms; /* pending since the first judgement */
        if (view->good &&
            mono_ms - view->good->mono_ms > source_patience_ms(&w->policy->sources[i]))
            source_set_state(w, i, SOURCE_STALE, wall_ms);
    }
}
