#include "probes/artifacts.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/artifact_download.h"
#include "probes/artifact_memory.h"
#include "probes/claims.h"
#include "probes/due.h"
#include "probes/fetch.h"
#include "probes/kinds.h"
#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/base/thread.h"
#include "src/model/artifact_facts.h"

enum { ALIVE_GRACE_MS = 3000 };

struct artifact {
    struct due due; /* first */
    const struct source_spec *spec;
    unsigned source;
    struct artifact_facts facts;
    struct download download;
    bool looked;
    int64_t began_ms, ended_ms, told_ms;
    int latency_ms;
};

struct artifacts {
    pthread_t thread;
    _Atomic bool stop;
    _Atomic bool hurry;
    _Atomic int64_t promise_ms;
    struct wake wake;
    const struct policy *policy;
    struct claims claims;

    /* The thread's alone. */
    const struct clock *clock;
    struct probe_outlet outlet;
    struct due_heap due;
    struct artifact *all;
    size_t n;
    struct artifact *current; /* whose transfer runs */
    char *memory;
    bool renewed; /* a claim became another one */
};

/* All that was proven, by any of the gates; signatures of another key are asked about anew. */
static void recall(struct artifacts *a) {
    struct artifact_facts facts;
    if (!a->memory || !artifact_memory_read(a->memory, &facts))
        return;
    for (size_t i = 0; i < a->n; i++)
        a->all[i].facts = facts;
}

static void remember(const struct artifacts *a) {
    struct artifact_facts facts = {.now_total = -1};
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < a->all[i].facts.n; k++)
            facts_put(&facts, &a->all[i].facts.facts[k]);
    if (a->memory)
        artifact_memory_write(a->memory, &facts);
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell(struct artifacts *a, struct artifact *artifact, const struct err *trouble) {
    struct sample *sample = sample_new(artifact->source);
    const struct artifact_facts *facts = &artifact->facts;
    sample->wall_ms = clock_wall_ms(a->clock);
    sample->mono_ms = artifact->told_ms = clock_mono_ms(a->clock);
    sample->latency_ms = artifact->latency_ms;
    if (trouble) {
        trouble_tell(sample, trouble);
    } else {
        sample->reading = READING_OK;
        sample->value = facts_write(facts);
        sample->unfinished = facts->now_url[0] != '\0';
        if (facts->now_url[0] && facts->now_total > 0)
            snprintf(sample->status, sizeof sample->status, "%d %% of %lld bytes",
                     (int)((double)facts->now_bytes * 100 / (double)facts->now_total),
                     (long long)facts->now_total);
        else if (facts->now_url[0])
            snprintf(sample->status, sizeof sample->status, "%lld bytes so far",
                     (long long)facts->now_bytes);
        else
            snprintf(sample->status, sizeof sample->status, "%zu proven", facts->n);
    }
    if (!a->outlet.send(a->outlet.self, sample))
        sample_drop(sample);
}

/* ---- a download ------------------------------------------------------------------------------ */

/* What was begun goes on unless it is about something else by now. */
static bool go_on(void *self) {
    struct artifacts *a = self;
    struct artifact *artifact = a->current;
    struct wanted wanted[FACTS_URLS];
    atomic_store(&a->promise_ms, clock_mono_ms(a->clock) + FETCH_TURN_MS);
    if (atomic_load(&a->stop))
        return false;
    if (artifact->facts.now_url[0] &&
        clock_mono_ms(a->clock) - artifact->told_ms >= ARTIFACTS_TELL_MS)
        tell(a, artifact, NULL);
    wake_drain(&a->wake);
    a->renewed = claims_update(&a->claims) || a->renewed;
    if (!a->renewed || !artifact->download.proof)
        return true;
    size_t n = claims_wanted(&a->claims, artifact->spec, wanted);
    for (size_t i = 0; i < n; i++)
        if (wanted_same(&wanted[i], &artifact->download.wanted))
            return true;
    return false;
}

static bool on_more(void *self, const struct download *d) {
    struct artifacts *a = self;
    a->current->facts.now_bytes = d->bytes;
    a->current->facts.now_total = d->total;
    return !atomic_load(&a->stop);
}

static struct downloader downloader_of(struct artifacts *a, const struct artifact *artifact) {
    return (struct downloader){.policy = a->policy,
                               .spec = artifact->spec,
                               .wake = &a->wake,
                               .go_on = go_on,
                               .more = on_more,
                               .self = a};
}

/* What HEAD said of it is what the next HEAD is compared with, unless it is of other bytes. */
static void keep_validator(char dst[FACTS_ETAG_CAP], const char *head, const char *get) {
    bool other = *head && *get && strcmp(head, get) != 0;
    snprintf(dst, FACTS_ETAG_CAP, "%s", other ? get : head);
}

static void keep_fact(struct artifacts *a, struct artifact *artifact,
                      const struct fetch_answer *head) {
    struct download *d = &artifact->download;
    struct artifact_fact fact = {.length = head->length, .proven_ms = clock_wall_ms(a->clock)};
    struct proof_result result = proof_finish(d->proof);
    memcpy(fact.url, d->wanted.url, sizeof fact.url);
    keep_validator(fact.etag, head->etag, d->validators.etag);
    keep_validator(fact.modified, head->modified, d->validators.modified);
    snprintf(fact.key, sizeof fact.key, "%s", artifact->spec->public_key);
    memcpy(fact.sha256, result.sha256, sizeof fact.sha256);
    fact.bytes = result.bytes;
    fact.n_signatures = d->wanted.n_signatures;
    for (size_t i = 0; i < fact.n_signatures; i++) {
        struct fact_signature *s = &fact.signatures[i];
        memcpy(s->text, d->wanted.signatures[i], sizeof s->text);
        s->holds = d->places[i] >= 0 && result.holds[d->places[i]];
    }
    download_forget(d);
    facts_put(&artifact->facts, &fact);
    remember(a);
}

/* ---- a look ---------------------------------------------------------------------------------- */

/* Is what was proven of it still what the server has, and all that has to be known? */
static bool still_proven(const struct artifacts *a, const struct artifact *artifact,
                         const struct artifact_fact *fact, const struct wanted *wanted,
                         const struct fetch_answer *now) {
    if (!fact || (now->length >= 0 && now->length != fact->bytes))
        return false;
    bool same = now->etag[0]       ? strcmp(now->etag, fact->etag) == 0
                : fact->etag[0]    ? false
                : now->modified[0] ? strcmp(now->modified, fact->modified) == 0
                : fact->modified[0]
                    ? false
                    : now->length == fact->bytes &&
                          clock_wall_ms(a->clock) - fact->proven_ms < ARTIFACTS_BLIND_MS;
    for (size_t i = 0; same && i < wanted->n_signatures; i++)
        same = facts_signature(fact, artifact->spec->public_key, wanted->signatures[i]) >= 0;
    return same;
}

static enum err_code prove(struct artifacts *a, struct artifact *artifact,
                           const struct wanted *wanted, struct err *err) {
    const struct downloader by = downloader_of(a, artifact);
    struct fetch_answer now = {0};
    enum err_code code = download_head(&by, wanted->url, &now, err);
    if (code != ERR_OK)
        return code;
    artifact->latency_ms = now.latency_ms;
    struct artifact_fact *fact = facts_find(&artifact->facts, wanted->url);
    if (still_proven(a, artifact, fact, wanted, &now)) {
        fact->length = now.length;
        return ERR_OK;
    }
    facts_drop(&artifact->facts, wanted->url); /* from here on nothing is known of it */
    struct download *d = &artifact->download;
    if (!d->proof || !wanted_same(&d->wanted, wanted))
        download_begin(d, artifact->spec, wanted);
    memcpy(artifact->facts.now_url, wanted->url, sizeof artifact->facts.now_url);
    artifact->facts.now_bytes = d->bytes;
    artifact->facts.now_total = now.length;
    tell(a, artifact, NULL);
    code = download_all(d, &by, err);
    artifact->facts.now_url[0] = '\0';
    if (code == ERR_OK)
        keep_fact(a, artifact, &now);
    return code;
}

/* Facts about what nobody names any more are not shown. */
static void drop_unwanted(struct artifact *artifact, const struct wanted *wanted, size_t n) {
    for (size_t i = artifact->facts.n; i-- > 0;) {
        bool named = false;
        for (size_t k = 0; k < n; k++)
            named = named || strcmp(artifact->facts.facts[i].url, wanted[k].url) == 0;
        if (!named)
            facts_drop(&artifact->facts, artifact->facts.facts[i].url);
    }
}

static void end_look(struct artifacts *a, struct artifact *artifact, enum err_code code) {
    int64_t now_ms = clock_mono_ms(a->clock), every_ms = artifact->spec->every_ms;
    int64_t again_ms = every_ms < ARTIFACTS_AGAIN_MS ? every_ms : ARTIFACTS_AGAIN_MS;
    artifact->looked = code != ERR_CLOSED;
    artifact->ended_ms = now_ms;
    due_put(&a->due, &artifact->due,
            code == ERR_OK       ? artifact->began_ms + every_ms
            : code == ERR_CLOSED ? now_ms
                                 : now_ms + again_ms);
}

static void look(struct artifacts *a, struct artifact *artifact) {
    struct wanted wanted[FACTS_URLS];
    struct err err = ERR_INIT;
    enum err_code code = ERR_OK;
    artifact->began_ms = clock_mono_ms(a->clock);
    size_t n = claims_wanted(&a->claims, artifact->spec, wanted);
    a->current = artifact;
    drop_unwanted(artifact, wanted, n);
    if (n == 0)
        code = err_set(&err, ERR_MISSING, artifact->spec->id, "look at the gate's sources",
                       "no manifest or feed names an artifact that can be asked for");
    for (size_t i = 0; code == ERR_OK && i < n; i++)
        code = prove(a, artifact, &wanted[i], &err);
    a->current = NULL;
    if (code != ERR_CLOSED)
        tell(a, artifact, code == ERR_OK ? NULL : &err);
    end_look(a, artifact, code);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void hurry(struct artifacts *a, int64_t now_ms) {
    for (size_t i = 0; i < a->n; i++)
        if (!a->all[i].looked || now_ms - a->all[i].ended_ms >= ARTIFACTS_REST_MS)
            due_put(&a->due, &a->all[i].due, now_ms);
}

/* A claim became another one: its gates look at once. */
static void renew(struct artifacts *a, int64_t now_ms) {
    if (!a->renewed)
        return;
    a->renewed = false;
    for (size_t i = 0; i < a->n; i++)
        if (claims_complete(&a->claims, a->all[i].spec))
            due_put(&a->due, &a->all[i].due, now_ms);
}

static void wait(struct artifacts *a) {
    struct pollfd fd = {.fd = a->wake.read_fd, .events = POLLIN};
    const struct due *first = due_first(&a->due);
    int64_t now_ms = clock_mono_ms(a->clock);
    int64_t sleep = first ? first->at_ms - now_ms : INT_MAX;
    sleep = sleep < 0 ? 0 : sleep > INT_MAX ? INT_MAX : sleep;
    atomic_store(&a->promise_ms, now_ms + sleep);
    if (poll(&fd, 1, (int)sleep) > 0)
        wake_drain(&a->wake);
}

static void *artifacts_run(void *self) {
    struct artifacts *a = self;
    recall(a);
    /* Those who make claims are waited for, but not for ever. */
    for (size_t i = 0; i < a->n; i++)
        due_put(&a->due, &a->all[i].due, clock_mono_ms(a->clock) + a->all[i].spec->timeout_ms);
    while (!atomic_load(&a->stop)) {
        int64_t now_ms = clock_mono_ms(a->clock);
        atomic_store(&a->promise_ms, now_ms);
        a->renewed = claims_update(&a->claims) || a->renewed;
        renew(a, now_ms);
        if (atomic_exchange(&a->hurry, false))
            hurry(a, now_ms);
        struct due *first = due_first(&a->due);
        if (first && first->at_ms <= now_ms)
            look(a, (struct artifact *)first);
        else
            wait(a);
    }
    return NULL;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static void artifacts_free(struct artifacts *a) {
    claims_fini(&a->claims);
    for (size_t i = 0; i < a->n; i++)
        download_forget(&a->all[i].download);
    free(a->all);
    free(a->memory);
    due_fini(&a->due);
    wake_fini(&a->wake);
    free(a);
}

/* The sources of all gates, each once. */
static void gather(struct artifacts *a, size_t most) {
    unsigned *sources = mem_zero(most + 1, sizeof *sources);
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < a->all[i].spec->n_claims; k++) {
            unsigned source = a->all[i].spec->claims[k];
            size_t at = 0;
            while (at < n && sources[at] != source)
                at++;
            if (at == n)
                sources[n++] = source;
        }
    claims_init(&a->claims, a->policy, sources, n, &a->wake);
    free(sources);
}

void artifacts_hear(struct artifacts *artifacts, const struct sample *sample) {
    claims_hear(&artifacts->claims, sample);
}

struct artifacts *artifacts_start(const struct policy *policy, const unsigned *sources, size_t n,
                                  const char *memory, const struct clock *clock,
                                  struct probe_outlet outlet, struct err *err) {
    struct artifacts *a = mem_zero(1, sizeof *a);
    size_t n_claims = 0;
    a->policy = policy;
    a->clock = clock;
    a->outlet = outlet;
    a->memory = mem_copy_text(memory);
    a->all = mem_zero(n ? n : 1, sizeof *a->all);
    a->n = n;
    for (size_t i = 0; i < n; i++) {
        a->all[i] = (struct artifact){.spec = &policy->sources[sources[i]],
                                      .source = sources[i],
                                      .latency_ms = SAMPLE_UNKNOWN};
        a->all[i].facts.now_total = a->all[i].download.total = -1;
        n_claims += a->all[i].spec->n_claims;
    }
    atomic_init(&a->promise_ms, clock_mono_ms(clock));
    enum err_code code = wake_init(&a->wake, err);
    gather(a, n_claims);
    if (code == ERR_OK && thread_start(&a->thread, THREAD_STACK_WORKER, "gonogo-artifacts",
                                       artifacts_run, a, err) == ERR_OK)
        return a;
    artifacts_free(a);
    return NULL;
}

void artifacts_poll_now(struct artifacts *artifacts) {
    atomic_store(&artifacts->hurry, true);
    wake_signal(&artifacts->wake);
}

bool artifacts_alive(const struct artifacts *artifacts, int64_t mono_ms) {
    return mono_ms <= atomic_load(&artifacts->promise_ms) + ALIVE_GRACE_MS;
}

void artifacts_ask_stop(struct artifacts *artifacts) {
    atomic_store(&artifacts->stop, true);
    wake_signal(&artifacts->wake);
}

void artifacts_stop(struct artifacts *artifacts) {
    if (!artifacts)
        return;
    artifacts_ask_stop(artifacts);
    pthread_join(artifacts->thread, NULL);
    artifacts_free(artifacts);
}

const struct probe_kind artifact_kind = {
    .name = "artifact",
    .help = "the bytes behind the urls that manifests and feeds name",
    .takes_claims = true,
    .for_gates = true,
};
