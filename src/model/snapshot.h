/* What is known and judged at one moment: immutable, shared by reference. Everything that shows
 * (the screen, check, a report) reads this and nothing else, so all say the same. */
#ifndef GONOGO_MODEL_SNAPSHOT_H
#define GONOGO_MODEL_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/feed_words.h"
#include "src/model/log_view.h"
#include "src/model/policy.h"
#include "src/model/run.h"
#include "src/model/sample.h"
#include "src/model/slo_view.h"
#include "src/model/version.h"
#include "src/model/votes.h"

enum source_state { SOURCE_PENDING, SOURCE_OK, SOURCE_CLOSED, SOURCE_ERROR, SOURCE_STALE };
enum gate_verdict { GATE_PASS, GATE_FAIL, GATE_WAIT, GATE_UNKNOWN };
enum verdict { VERDICT_HOLD, VERDICT_GO, VERDICT_NO_GO }; /* zero is HOLD: nothing known is no GO */
enum stage { STAGE_BEFORE, STAGE_AFTER };
enum store_state {
    STORE_OPENING,
    STORE_KEEPING, /* this process writes */
    STORE_READING, /* another gonogo keeps this store; we read what it writes */
    STORE_LOST,    /* locked, corrupt, read-only or full: nothing is remembered, soak cannot pass */
    STORE_NONE,    /* configured away; the same consequences */
};

enum {
    SPARK_POINTS = 32, /* latencies kept for a sparkline */
    EVENTS_KEPT = 64,  /* lines kept for "Latest" */
    EVENT_CAP = 192,
    REASON_CAP = 224,
};
#define SPARK_NONE UINT16_MAX /* no answer at this point */

struct source_view {
    enum source_state state;      /* after fail_after and recover_after */
    enum source_state raw;        /* what the last answer alone says; never STALE */
    const struct sample *last;    /* owned reference; NULL before the first answer */
    const struct sample *good;    /* the last OK or CLOSED one; NULL when there was none */
    unsigned failures;            /* in a row */
    int64_t since_ms;             /* wall: `state` began */
    uint16_t spark[SPARK_POINTS]; /* latency in ms, oldest first, SPARK_NONE = failed or none */
};

struct gate_view {
    enum gate_verdict verdict;
    bool counted;            /* at this stage */
    char reason[REASON_CAP]; /* one safe line, with the numbers */
    int64_t since_ms;        /* wall: `verdict` began */
    /* 0…1000 for gates that fill up by themselves (soak); -1 for the others */
    int permille;
    /* Overridden by people (waiver.h): it counts as passed, and is shown as waived wherever it is shown.
     * `waiver`, safe: "by ops-lead until 2026-02-26T20:00Z: reason", or which approval it waits for. */
    bool waived;
    char waiver[REASON_CAP];
};

struct event {
    int64_t wall_ms;
    char text[EVENT_CAP]; /* safe */
};

/* The memory of a soak gate: observed time only. */
struct soak {
    char target[VERSION_CAP]; /* what was soaking: */
    char fingerprint[HASH_HEX_CAP];
    int64_t observed_ms;
    int64_t last_ms; /* wall: observed without a break until then; 0 = never, or paused since */
};

struct snapshot {
    _Atomic unsigned refs;
    uint64_t number;             /* counts up */
    const struct policy *policy; /* borrowed: outlives every snapshot */
    int64_t wall_ms;
    int64_t mono_ms;

    char target[VERSION_CAP]; /* safe; "" = not known yet */
    /* mono: the target, or its bytes, became another one; 0 = not while this process looked */
    int64_t candidate_moved_ms;
    char stable[VERSION_CAP]; /* safe; newest item of the stable feed, "" = not known */
    enum stage stage;
    char question[320]; /* safe: "Promote 2.0.0.20 to stable?" */
    /* Safe: why the question itself has no ground now ("production/stable feed is closed"), so that
     * no gate can make it GO; "" = it has. */
    char ground[REASON_CAP];
    enum verdict verdict;
    unsigned passing, failing, waiting, unknown, waived; /* counted gates, each once */
    bool settled; /* no source is pending or between ok and down */

    char fingerprint[HASH_HEX_CAP]; /* of the candidate (fingerprint.h); "" = not known */
    const struct votes *votes;      /* owned reference, never NULL: what people said until now */

    const struct feed_words *feeds; /* owned reference; NULL = nothing was read yet */

    enum store_state store;
    char store_note[320]; /* safe: why it is lost, and what to do */

    size_t n_sources;
    struct source_view *sources; /* as in policy.sources */
    size_t n_gates;
    struct gate_view *gates; /* as in policy.gates */
    struct soak *soaks;      /* one for each gate; unused for kinds without memory */
    size_t n_events;
    struct event *events; /* newest first */

    size_t n_slos;
    struct slo_view *slos; /* as in policy.slos */
    size_t n_canaries;
    struct canary_view *canaries; /* by gate, then by metric */
    size_t n_ramps;
    struct ramp_view *ramps;    /* by gate, RAMP_GUARDS each */
    const struct log_view *log; /* owned reference; NULL when there are no logs */

    /* Runs, newest first; owned references. The first may be under way. */
    size_t n_runs;
    const struct run_view *runs[RUNS_KEPT];
    char accepted[RECORD_RUN_CAP]; /* the run that this process began or reopened last; "" = none */
    /* The last order of this process that was not carried out; counts up. `again`: because the world
     * had moved, so the plan has to be shown again. */
    uint64_t refusals;
    bool refused_again;
    char refused[RUN_TEXT_CAP]; /* safe */

    char baseline
        [VERSION_CAP]; /* the stable version when this target was first seen; "" = unknown */
};

/* An empty one (one reference; numbers zero, sources pending, gates unknown, sparklines empty) for
 * its maker to fill before anybody else sees it. */
struct snapshot *snapshot_new(const struct policy *policy);
const struct snapshot *snapshot_keep(const struct snapshot *s);
void snapshot_drop(const struct snapshot *s); /* NULL is fine */

/* Words, the same everywhere: "ok closed error stale pending", "pass fail wait unknown",
 * "GO HOLD NO-GO", "before after", "opening keeping reading lost none". */
const char *source_state_name(enum source_state state);
const char *gate_verdict_name(enum gate_verdict verdict);
/* The word that is shown: the verdict's, or "waived". */
const char *gate_view_name(const struct gate_view *gate);
const char *verdict_name(enum verdict verdict);
const char *stage_name(enum stage stage);
const char *store_state_name(enum store_state state);

/* Age of the last good answer at the snapshot's time, -1 when there was none. */
int64_t source_age_ms(const struct snapshot *s, size_t source);
/* How long a good answer of this source counts when nobody says otherwise: three intervals and a
 * timeout. */
int64_t source_patience_ms(const struct source_spec *spec);
/* Is the source between two states: never judged yet, failing but not down, coming back, or in the middle
 * of a long look? */
bool source_unsettled(const struct source_view *view);
/* When what the source says cannot be used now: true, and one safe line with the reason, led by its
 * id ("staging/beta feed has not answered for 23 s: connection refused"). Closed counts as trouble
 * only when `closed_too`. `dst` may be NULL. */
bool source_trouble(const struct snapshot *s, size_t source, bool closed_too, char *dst,
                    size_t cap);

/* Does `b` show anything that `a` (may be NULL) does not, apart from ages, latencies and times? */
bool snapshot_differs(const struct snapshot *a, const struct snapshot *b);

#endif
