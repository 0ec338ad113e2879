/* Shared by the files of the world, and by nobody else: what it is made of, and what one file has of
 * another. world.c judges and notes; the others fold in what comes: world_sources.c samples,
 * world_versions.c what they say of target and stable, world_recall.c what earlier runs knew, world_runs.c
 * what was done; world_slo.c has the logs, in a struct of its own. */
#ifndef GONOGO_MODEL_WORLD_PARTS_H
#define GONOGO_MODEL_WORLD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/run.h"
#include "src/model/soak.h"
#include "src/model/world.h"
#include "src/model/world_slo.h"

/* What a source's view does not say. */
struct source_track {
    unsigned successes; /* in a row */
    unsigned points;    /* of its sparkline that this process drew */
};

/* What a gate's view does not say. */
struct gate_track {
    struct gate_view view; /* as judged last; the reason is not kept */
    bool settled;          /* everybody it needs has spoken once */
    bool moved;            /* its verdict changed since it settled */
    bool recalled;         /* what earlier runs say, until it settles */
    enum gate_verdict recalled_verdict;
    int64_t recalled_since_ms;
};

struct world {
    const struct policy *policy;
    uint64_t judgements;

    struct source_view *sources;
    struct source_track *source_tracks;
    struct gate_track *gates;
    struct soak *soaks;
    struct soak_clock *soak_clocks;
    struct levels *levels; /* what the logs say */

    char target[VERSION_CAP];
    int64_t candidate_moved_ms;
    char stable[VERSION_CAP];
    char baseline[VERSION_CAP];
    bool recalled;
    char recalled_target[VERSION_CAP];
    char recalled_baseline[VERSION_CAP];

    const struct votes *votes;
    char fingerprint[HASH_HEX_CAP]; /* the last that was known */
    enum verdict verdict;
    enum store_state store, noted_store;
    char store_note[320];

    const struct feed_words *feeds; /* the last; NULL = none */
    struct run_book *runs;
    int64_t began_ms; /* wall: the first judgement; what was done before is no news */
    char accepted[RECORD_RUN_CAP];
    uint64_t refusals;
    bool refused_again;
    char refused[RUN_TEXT_CAP];

    struct event events[EVENTS_KEPT]; /* a ring */
    size_t n_events;                  /* ever */
};

/* A line for "Latest"; what is in it is made safe. */
void world_notef(struct world *w, int64_t wall_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* world_sources.c: whoever did not answer for too long goes stale. */
void world_sources_age(struct world *w, int64_t wall_ms, int64_t mono_ms);

/* world_versions.c */
/* Is it a text that can be shown and compared as it is? */
bool world_usable(const char *version);
/* The newest version of a feed that is well now; NULL when it has nothing to say. */
const char *world_offered(const struct world *w, int source);
/* The baseline of an earlier run is this one's when its target is. */
void world_adopt_baseline(struct world *w);
/* Follows target, stable and baseline. */
void world_versions_move(struct world *w, int64_t wall_ms, int64_t mono_ms);

/* world_runs.c */
void world_copy_runs(const struct world *w, struct snapshot *s);
/* Does what the newest run has done still hold? The snapshot's gates are judged. */
void world_watch_run(struct world *w, const struct snapshot *s);

#endif
