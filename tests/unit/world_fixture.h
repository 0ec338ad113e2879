/* A small release, made by hand, for the tests of the model and the engine:
 * production (stable feed, beta feed, health) and staging (beta feed, health). */
#ifndef GONOGO_TESTS_WORLD_FIXTURE_H
#define GONOGO_TESTS_WORLD_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "src/model/gate.h"
#include "src/model/policy.h"
#include "src/model/sample.h"
#include "src/model/snapshot.h"
#include "src/model/world.h"

enum { STABLE_FEED, PROD_BETA, PROD_HEALTH, BETA_FEED, HEALTH, N_SOURCES };
enum { G_AGREE, G_FEED, G_UNTOUCHED, G_PROD, G_SHUT, G_FRESH, G_SOAK, N_GATES };
enum { EVERY_MS = 5000, TIMEOUT_MS = 4000 };

#define WALL0  INT64_C(1767225600000) /* 2026-01-01 */
#define HOUR   INT64_C(3600000)
#define MINUTE INT64_C(60000)

struct fixture {
    struct environment environments[2];
    struct source_spec sources[N_SOURCES];
    struct gate_spec gates[N_GATES];
    unsigned refs[16];
    size_t n_refs;
    struct policy policy;
    struct world *world;
    const struct snapshot *s;
    int64_t wall_ms, mono_ms;
};

static inline unsigned *refs(struct fixture *f, size_t n, const unsigned *from) {
    unsigned *at = f->refs + f->n_refs;
    memcpy(at, from, n * sizeof *at);
    f->n_refs += n;
    return at;
}

static inline void fixture_source(struct fixture *f, unsigned i, char *id, unsigned environment,
                                  char *kind) {
    static char build_pointer[] = "/latest_build";
    f->sources[i] = (struct source_spec){
        .id = id,
        .name = strchr(id, '/') + 1,
        .environment = environment,
        .kind = kind,
        .every_ms = EVERY_MS,
        .timeout_ms = TIMEOUT_MS,
        .fail_after = 3,
        .recover_after = 2,
        .closed_on = strcmp(kind, "feed") == 0 ? 404 : 0,
        .build_pointer = strcmp(kind, "health") == 0 ? build_pointer : NULL,
    };
}

static inline void fixture_gate(struct fixture *f, unsigned i, char *name, char *kind, size_t n,
                                const unsigned *sources) {
    f->gates[i] = (struct gate_spec){
        .name = name, .kind = kind, .sources = refs(f, n, sources), .n_sources = n};
}

static inline void fixture_init(struct fixture *f) {
    memset(f, 0, sizeof *f);
    f->wall_ms = WALL0;
    f->mono_ms = 1000;
    static char production[] = "production", staging[] = "staging", feed[16] = "feed",
                health[16] = "health", product[] = "Nexy", path[] = "test.yaml";
    f->environments[0] = (struct environment){.name = production, .role = ROLE_STABLE};
    f->environments[1] = (struct environment){.name = staging, .role = ROLE_CANDIDATE};
    static char ids[N_SOURCES][32] = {"production/stable feed", "production/beta feed",
                                      "production/health", "staging/beta feed", "staging/health"};
    fixture_source(f, STABLE_FEED, ids[STABLE_FEED], 0, feed);
    fixture_source(f, PROD_BETA, ids[PROD_BETA], 0, feed);
    fixture_source(f, PROD_HEALTH, ids[PROD_HEALTH], 0, health);
    fixture_source(f, BETA_FEED, ids[BETA_FEED], 1, feed);
    fixture_source(f, HEALTH, ids[HEALTH], 1, health);
    static char names[N_GATES][24] = {"versions agree",
                                      "feed at target",
                                      "stable untouched",
                                      "production agrees",
                                      "beta shut",
                                      "fresh",
                                      "soak"};
    static char kinds[N_GATES][24] = {"versions-agree",
                                      "feed-at-target",
                                      "stable-untouched",
                                      "versions-agree",
                                      "closed",
                                      "fresh",
                                      "soak"};
    fixture_gate(f, G_AGREE, names[G_AGREE], kinds[G_AGREE], 2, (unsigned[]){BETA_FEED, HEALTH});
    fixture_gate(f, G_FEED, names[G_FEED], kinds[G_FEED], 1, (unsigned[]){BETA_FEED});
    fixture_gate(f, G_UNTOUCHED, names[G_UNTOUCHED], kinds[G_UNTOUCHED], 1,
                 (unsigned[]){STABLE_FEED});
    fixture_gate(f, G_PROD, names[G_PROD], kinds[G_PROD], 2,
                 (unsigned[]){STABLE_FEED, PROD_HEALTH});
    fixture_gate(f, G_SHUT, names[G_SHUT], kinds[G_SHUT], 1, (unsigned[]){PROD_BETA});
    f->gates[G_FRESH] = (struct gate_spec){.name = names[G_FRESH], .kind = kinds[G_FRESH]};
    f->gates[G_SOAK] = (struct gate_spec){.name = names[G_SOAK], .kind = kinds[G_SOAK]};
    f->gates[G_PROD].want = WANT_STABLE;
    f->gates[G_AGREE].when = f->gates[G_FEED].when = f->gates[G_UNTOUCHED].when = WHEN_BEFORE;
    f->gates[G_SOAK].when = WHEN_BEFORE;
    f->gates[G_SOAK].of = refs(f, 2, (unsigned[]){G_AGREE, G_FEED});
    f->gates[G_SOAK].n_of = 2;
    f->gates[G_SOAK].for_ms = 24 * HOUR;
    f->gates[G_SOAK].max_gap_ms = 10 * MINUTE;
    f->policy = (struct policy){
        .path = path,
        .product = product,
        .target_source = BETA_FEED,
        .stable_source = STABLE_FEED,
        .environments = f->environments,
        .n_environments = 2,
        .sources = f->sources,
        .n_sources = N_SOURCES,
        .gates = f->gates,
        .n_gates = N_GATES,
    };
}

static inline void fixture_start(struct fixture *f) {
    fixture_init(f);
    f->world = world_new(&f->policy);
    world_store(f->world, STORE_KEEPING, NULL);
}

static inline void fixture_fini(struct fixture *f) {
    snapshot_drop(f->s);
    world_free(f->world);
}

static inline struct sample *fixture_sample(const struct fixture *f, unsigned source,
                                            const char *version) {
    struct sample *sample = sample_new(source);
    sample->reading = READING_OK;
    sample->wall_ms = f->wall_ms;
    sample->mono_ms = f->mono_ms;
    sample->latency_ms = 40;
    sample->http = 200;
    snprintf(sample->version, sizeof sample->version, "%s", version);
    snprintf(sample->build, sizeof sample->build, "%s", version);
    if (strcmp(f->sources[source].kind, "feed") == 0)
        sample->items = version[0] ? 1 : 0;
    return sample;
}

static inline void fold(struct fixture *f, struct sample *sample) {
    world_fold(f->world, sample);
    sample_drop(sample);
}

static inline void good(struct fixture *f, unsigned source, const char *version) {
    fold(f, fixture_sample(f, source, version));
}

static inline void bad(struct fixture *f, unsigned source) {
    struct sample *sample = fixture_sample(f, source, "");
    sample->reading = READING_ERROR;
    sample->http = 0;
    sample->latency_ms = sample->items = SAMPLE_UNKNOWN;
    snprintf(sample->error, sizeof sample->error, "connection refused");
    fold(f, sample);
}

static inline void down(struct fixture *f, unsigned source) {
    for (int i = 0; i < 3; i++)
        bad(f, source);
}

static inline void shut(struct fixture *f, unsigned source) {
    struct sample *sample = fixture_sample(f, source, "");
    sample->reading = READING_CLOSED;
    sample->http = 404;
    fold(f, sample);
}

/* Everything as it should be before a promote of `target`. */
static inline void all_well(struct fixture *f, const char *stable, const char *target) {
    good(f, STABLE_FEED, stable);
    shut(f, PROD_BETA);
    good(f, PROD_HEALTH, stable);
    good(f, BETA_FEED, target);
    good(f, HEALTH, target);
}

static inline void advance(struct fixture *f, int64_t by_ms) {
    f->wall_ms += by_ms;
    f->mono_ms += by_ms;
}

static inline const struct snapshot *judge(struct fixture *f) {
    const struct snapshot *s = world_judge(f->world, f->wall_ms, f->mono_ms);
    snapshot_drop(f->s);
    f->s = s;
    return s;
}

/* Runs for `ms` with every source answering well every five seconds. */
static inline const struct snapshot *run_well(struct fixture *f, int64_t ms, const char *stable,
                                              const char *target) {
    for (int64_t at = 0; at < ms; at += EVERY_MS) {
        advance(f, EVERY_MS);
        all_well(f, stable, target);
        judge(f);
    }
    return f->s;
}

#endif
