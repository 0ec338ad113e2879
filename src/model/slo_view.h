/* Service levels, burn rates and canaries as judged at one moment: what snapshots carry of them. */
#ifndef GONOGO_MODEL_SLO_VIEW_H
#define GONOGO_MODEL_SLO_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/slo.h"
#include "src/model/version.h"
#include "src/model/window.h"

enum {
    SLO_POINTS = WINDOW_SLOTS, /* of the chart: one for each slot of its window */
    SLO_REASON_CAP = 224,
};

enum burn_level { BURN_UNKNOWN, BURN_NONE, BURN_TICKET, BURN_PAGE };

struct burn_view {
    enum burn_level level;
    double rates[WINDOW_SPANS];    /* by enum window_span; 1 = as fast as is allowed; NAN = none */
    uint64_t events[WINDOW_SPANS]; /* of all kinds */
    double bad[WINDOW_SPANS];      /* that spent budget */
    double budget_left;            /* of 30 days: 1 = untouched, < 0 = overdrawn; NAN = no events */
    char reason[SLO_REASON_CAP];   /* safe: the windows that burn, or why nothing is known */
};

/* What the chart is laid over. */
enum past_kind {
    PAST_NONE,
    PAST_RELEASE, /* the release before, at the same hour of its life */
    PAST_DAY,     /* the same hours a day earlier */
    PAST_WEEK,    /* a week earlier */
};

/* The same reading of an earlier time (past.h), from what the store keeps. */
struct slo_past {
    enum past_kind kind;
    char release[VERSION_CAP]; /* safe; of PAST_RELEASE */
    int64_t shift_ms;          /* how much earlier than the view's own points */
    float points[SLO_POINTS];  /* as many as the view has; NAN = nothing is known */
};

struct slo_view {
    bool counted; /* false: has no sample yet, and need not have one (slo_spec.if_seen) */
    enum slo_verdict verdict;
    bool warned;
    double value; /* NAN = none */
    uint64_t samples;
    /* For clients or servers of one release, over the same window; NAN and 0 = none. */
    double candidate, baseline;
    uint64_t candidate_samples, baseline_samples;
    float points[SLO_POINTS];    /* value per slot of the window, oldest first; NAN = none */
    size_t n_points;             /* the slots that the window has */
    struct slo_past past;        /* for the eye only: no verdict looks at it */
    struct burn_view burn;       /* when slo_spec.burn */
    char reason[SLO_REASON_CAP]; /* safe, one line with value, threshold and samples */
};

/* One metric of one canary gate. */
struct canary_view {
    unsigned gate, metric;
    enum slo_verdict verdict;
    uint64_t candidate_points, baseline_points;
    double p;                    /* two-sided; NAN = too few points */
    double shift;                /* candidate minus baseline (Hodges–Lehmann) */
    double low, high;            /* its confidence interval */
    char reason[SLO_REASON_CAP]; /* safe */
};

enum ramp_guard { RAMP_P95, RAMP_ERRORS, RAMP_GIVEN_UP, RAMP_BACKPRESSURE, RAMP_GUARDS };

/* One guardrail of one guardrails gate, at the stage that the ramp is at. */
struct ramp_view {
    unsigned gate;
    enum ramp_guard guard;
    enum slo_verdict verdict;
    bool warned;
    double value, limit; /* NAN = none, or not known */
    uint64_t samples;
    char reason[SLO_REASON_CAP]; /* safe */
};

#endif
