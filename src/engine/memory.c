#include "src/engine/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/gate.h"

enum {
    SOURCES_EVERY_MS = 10000, /* a row per source costs: not each second */
    DIGESTS_MAX = 256,        /* the same; then no more, so that there is no hole */
    CHANGES_MAX = 256,        /* kept while nothing can be written; then the oldest goes */
    MINUTE_MS = 60000,
};

/* What is to be added to a source's rows: the minute that runs, and the one before it. */
struct source_memory {
    struct minute now, done;
    uint16_t spark[SPARK_POINTS];
    int64_t spark_ms;
    bool spark_due;
};

struct gate_memory {
    bool known; /* the last change in the file, or among `changes` */
    enum gate_verdict verdict;
    struct soak soak;      /* as the last snapshot has it */
    struct soak soak_kept; /* as the file has it */
};

struct change {
    size_t gate;
    int64_t wall_ms;
    enum gate_verdict verdict;
    char reason[REASON_CAP];
};

struct memory {
    const struct policy *policy;
    const struct snapshot *last;
    struct source_memory *sources;
    struct gate_memory *gates;
    struct change changes[CHANGES_MAX];
    size_t n_changes;
    const struct digest *digests[DIGESTS_MAX]; /* of the logs, the oldest first */
    size_t n_digests, n_written;
    bool digests_end;
    int64_t digests_ms; /* when they were written last */
    bool recalled;      /* what the file holds is known */
    bool sources_due, wrote_sources;
    int64_t sources_ms; /* when they were written last */
    char target[VERSION_CAP], baseline[VERSION_CAP];
    char target_kept[VERSION_CAP], baseline_kept[VERSION_CAP];
};

struct memory *memory_new(const struct policy *policy) {
    struct memory *memory = mem_zero(1, sizeof *memory);
    memory->policy = policy;
    memory->sources = mem_zero(policy->n_sources + 1, sizeof *memory->sources);
    memory->gates = mem_zero(policy->n_gates + 1, sizeof *memory->gates);
    return memory;
}

void memory_free(struct memory *memory) {
    if (!memory)
        return;
    snapshot_drop(memory->last);
    for (size_t i = 0; i < memory->n_digests; i++)
        digest_drop(memory->digests[i]);
    free(memory->sources);
    free(memory->gates);
    free(memory);
}

void memory_recall(struct memory *memory, const struct recall *recall) {
    for (size_t i = 0; i < memory->policy->n_gates; i++) {
        struct gate_memory *gate = &memory->gates[i];
        gate->known = recall->gates[i].known;
        gate->verdict = recall->gates[i].verdict;
        gate->soak = gate->soak_kept = recall->soaks[i];
    }
    memory->n_changes = 0; /* the next snapshot tells what differs from the file now */
    memory->recalled = true;
    memcpy(memory->target, recall->target, sizeof memory->target);
    memcpy(memory->baseline, recall->baseline, sizeof memory->baseline);
    memcpy(memory->target_kept, recall->target, sizeof memory->target_kept);
    memcpy(memory->baseline_kept, recall->baseline, sizeof memory->baseline_kept);
}

/* Gathering */

static void add_latency(struct minute *minute, int64_t latency_ms) {
    if (minute->n_latency++ == 0)
        minute->latency_min = minute->latency_max = latency_ms;
    if (latency_ms < minute->latency_min)
        minute->latency_min = latency_ms;
    if (latency_ms > minute->latency_max)
        minute->latency_max = latency_ms;
    minute->latency_sum += latency_ms;
}

static void add_sample(struct source_memory *source, const struct sample *sample) {
    int64_t minute = sample->wall_ms / MINUTE_MS;
    if (source->now.n > 0 && source->now.minute != minute) {
        source->done = source->now; /* one that is still there was lost to a full disk */
        memset(&source->now, 0, sizeof source->now);
    }
    source->now.minute = minute;
    source->now.n++;
    if (sample->reading != READING_ERROR) {
        source->now.n_ok++;
        if (sample->latency_ms >= 0)
            add_latency(&source->now, sample->latency_ms);
    }
    if (sample->version[0])
        memcpy(source->now.version, sample->version, sizeof source->now.version);
}

static void add_source(struct memory *memory, size_t i, const struct source_view *view) {
    const struct sample *before = memory->last ? memory->last->sources[i].last : NULL;
    struct source_memory *source = &memory->sources[i];
    if (!view->last || view->last == before)
        return;
    add_sample(source, view->last);
    memcpy(source->spark, view->spark, sizeof source->spark);
    source->spark_ms = view->last->wall_ms;
    source->spark_due = true;
    memory->sources_due = true;
}

static void add_gate(struct memory *memory, size_t i, const struct snapshot *s) {
    struct gate_memory *gate = &memory->gates[i];
    const struct gate_view *view = &s->gates[i];
    gate->soak = s->soaks[i];
    if (gate_pending(s, i) || (gate->known && gate->verdict == view->verdict))
        return;
    if (memory->n_changes == CHANGES_MAX)
        memmove(memory->changes, memory->changes + 1,
                --memory->n_changes * sizeof *memory->changes);
    struct change *change = &memory->changes[memory->n_changes++];
    change->gate = i;
    change->wall_ms = view->since_ms;
    change->verdict = view->verdict;
    memcpy(change->reason, view->reason, sizeof change->reason);
    gate->known = true;
    gate->verdict = view->verdict;
}

void memory_add(struct memory *memory, const struct snapshot *s) {
    for (size_t i = 0; i < s->n_sources; i++)
        add_source(memory, i, &s->sources[i]);
    /* A snapshot that does not yet know what the file holds, or repeats what another keeper wrote,
     * would put an older soak in the place of a newer one. */
    if (s->store == STORE_KEEPING || (s->store == STORE_LOST && memory->recalled)) {
        for (size_t i = 0; i < s->n_gates; i++)
            add_gate(memory, i, s);
        if (s->target[0]) {
            memcpy(memory->target, s->target, sizeof memory->target);
            memcpy(memory->baseline, s->baseline, sizeof memory->baseline);
        }
    }
    const struct snapshot *before = memory->last;
    memory->last = snapshot_keep(s);
    snapshot_drop(before);
}

void memory_add_digest(struct memory *memory, const struct digest *digest, bool stored) {
    memory->digests_end = memory->digests_end || !stored || memory->n_digests == DIGESTS_MAX;
    if (!memory->digests_end)
        memory->digests[memory->n_digests++] = digest_keep(digest);
}

/* Writing */

static bool digests_due(const struct memory *memory, int64_t now_ms, bool all) {
    return memory->n_digests > 0 && (all || memory->n_digests >= DIGESTS_MAX / 4 ||
                                     now_ms - memory->digests_ms >= SOURCES_EVERY_MS);
}

static bool soak_due(const struct gate_memory *gate) {
    return gate->soak.target[0] &&
           (gate->soak.observed_ms != gate->soak_kept.observed_ms ||
            gate->soak.last_ms != gate->soak_kept.last_ms ||
            strcmp(gate->soak.target, gate->soak_kept.target) != 0 ||
            strcmp(gate->soak.fingerprint, gate->soak_kept.fingerprint) != 0);
}

static bool release_due(const struct memory *memory) {
    return memory->target[0] && (strcmp(memory->target, memory->target_kept) != 0 ||
                                 strcmp(memory->baseline, memory->baseline_kept) != 0);
}

static bool sources_due(const struct memory *memory, int64_t now_ms, bool all) {
    return memory->sources_due && (all || now_ms - memory->sources_ms >= SOURCES_EVERY_MS);
}

bool memory_due(const struct memory *memory, int64_t now_ms, bool all) {
    if (digests_due(memory, now_ms, all))
        return true;
    if (memory->n_changes > 0 || release_due(memory) || sources_due(memory, now_ms, all))
        return true;
    for (size_t i = 0; i < memory->policy->n_gates; i++)
        if (soak_due(&memory->gates[i]))
            return true;
    return false;
}

static bool write_source(struct store_db *db, const char *id, const struct source_memory *source) {
    if (source->done.n > 0 && !store_db_add_minute(db, id, &source->done))
        return false;
    if (source->now.n > 0 && !store_db_add_minute(db, id, &source->now))
        return false;
    return !source->spark_due || store_db_put_spark(db, id, source->spark, source->spark_ms);
}

bool memory_write(struct memory *memory, struct store_db *db, int64_t now_ms, bool all) {
    const struct policy *policy = memory->policy;
    memory->wrote_sources = sources_due(memory, now_ms, all);
    for (size_t i = 0; i < policy->n_gates; i++)
        if (soak_due(&memory->gates[i]) &&
            !store_db_put_soak(db, policy->gates[i].name, &memory->gates[i].soak))
            return false;
    for (size_t i = 0; i < memory->n_changes; i++) {
        const struct change *change = &memory->changes[i];
        if (!store_db_add_change(db, policy->gates[change->gate].name, change->wall_ms,
                                 change->verdict, change->reason))
            return false;
    }
    if (release_due(memory) && !store_db_put_release(db, memory->target, memory->baseline))
        return false;
    for (size_t i = 0; memory->wrote_sources && i < policy->n_sources; i++)
        if (!write_source(db, policy->sources[i].id, &memory->sources[i]))
            return false;
    if (memory->wrote_sources)
        memory->sources_ms = now_ms;
    memory->n_written = digests_due(memory, now_ms, all) ? memory->n_digests : 0;
    for (size_t i = 0; i < memory->n_written; i++)
        if (!store_db_add_digest(db, policy, memory->digests[i]))
            return false;
    if (memory->n_written > 0)
        memory->digests_ms = now_ms;
    return true;
}

void memory_written(struct memory *memory) {
    for (size_t i = 0; i < memory->policy->n_gates; i++)
        memory->gates[i].soak_kept = memory->gates[i].soak;
    for (size_t i = 0; i < memory->n_written; i++)
        digest_drop(memory->digests[i]);
    memory->n_digests -= memory->n_written;
    memmove(memory->digests, memory->digests + memory->n_written,
            memory->n_digests * sizeof memory->digests[0]);
    memory->n_written = 0;
    memory->n_changes = 0;
    memcpy(memory->target_kept, memory->target, sizeof memory->target_kept);
    memcpy(memory->baseline_kept, memory->baseline, sizeof memory->baseline_kept);
    if (!memory->wrote_sources)
        return;
    for (size_t i = 0; i < memory->policy->n_sources; i++) {
        struct source_memory *source = &memory->sources[i];
        memset(&source->now, 0, sizeof source->now);
        memset(&source->done, 0, sizeof source->done);
        source->spark_due = false;
    }
    memory->sources_due = false;
}
