/* What the files of world_slo.h share; nobody else includes it. */
#ifndef GONOGO_MODEL_WORLD_SLO_PARTS_H
#define GONOGO_MODEL_WORLD_SLO_PARTS_H

#include "src/model/canary.h"
#include "src/model/window.h"
#include "src/model/world_slo.h"

enum {
    VERSIONS_FOLLOWED = 6, /* told by lines: those that spoke last */
    SIDE_ALL = 0,
    SIDE_CANDIDATE = 1,
    SIDE_BASELINE = 2,
    SIDE_VERSIONS = 3, /* the first of them */
    SIDES = SIDE_VERSIONS + VERSIONS_FOLLOWED,
};

/* A metric over a span, for all and for each side that has data. */
struct track {
    unsigned metric;
    enum window_span span;
    struct window *sides[SIDES];
};

struct levels {
    const struct policy *policy;
    bool cohorts; /* a log tells whose lines they are */
    bool asked;   /* a gate wants to know */
    struct track *tracks;
    size_t n_tracks;
    struct window *(*burns)[WINDOW_SPANS]; /* per service level: bad events of all */
    char versions[VERSIONS_FOLLOWED][VERSION_CAP];
    int64_t version_minute[VERSIONS_FOLLOWED]; /* of its newest line */
    const struct log_view *log;
    struct past *past; /* NULL = nothing was told */

    /* As judged last: nothing changes but with a digest, a minute or a version. */
    bool dirty;
    int64_t minute;
    char target[VERSION_CAP], baseline[VERSION_CAP];
    struct slo_view *slos;
    struct canary_view *canaries;
    size_t n_canaries;
    struct ramp_view *ramps;
    size_t n_ramps;

    struct histogram spread, other;                   /* room to add up in */
    struct canary_point (*points)[HISTOGRAM_BUCKETS]; /* candidate, baseline; NULL = no canary */
};

/* world_slo_log.c: the log view after a digest. */
const struct log_view *levels_log_view(const struct policy *policy, const struct log_view *before,
                                       const struct digest *digest, int64_t mono_ms);
/* Why the logs that give this metric cannot be believed now: true, and a safe line. */
bool levels_trouble(const struct policy *policy, const struct log_view *log, unsigned metric,
                    int64_t mono_ms, char *dst, size_t cap);

/* Keeps a window of a metric, when it is not kept already. */
void levels_want(struct levels *l, unsigned metric, int64_t window_ms);
/* Those that the guardrails look at. */
int levels_guard_metric(const struct levels *l, enum ramp_guard guard); /* -1 = no log gives it */
void levels_want_guards(struct levels *l, int64_t window_ms);
/* Adds up what a side of a track holds. */
void levels_sum(const struct levels *l, const struct track *t, enum cohort cohort, int64_t now_ms,
                struct window_sum *sum);
void levels_slot(const struct levels *l, const struct track *t, enum cohort cohort, int64_t now_ms,
                 size_t slot, struct window_sum *sum);
const struct track *levels_track(const struct levels *l, unsigned metric, int64_t window_ms);
/* world_slo_canary.c */
void levels_judge_canaries(struct levels *l, int64_t now_ms);
/* world_slo_ramp.c */
void levels_judge_ramps(struct levels *l, const struct snapshot *s);

#endif
