#include "tests/support/rig.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"

enum { QUEUE_MAX = 100000 };

static void drop(void *item) {
    sample_drop(item);
}

static bool on_sample(void *self, struct sample *sample) {
    return queue_try_push(((struct rig *)self)->queue, sample) == QUEUE_OK;
}

void rig_init(struct rig *rig) {
    memset(rig, 0, sizeof(*rig));
    rig->queue = queue_new(QUEUE_MAX, drop, NULL);
    rig_add_environment(rig);
}

void rig_fini(struct rig *rig) {
    probes_stop(rig->probes);
    queue_free(rig->queue);
    for (size_t i = 0; i < rig->policy.n_sources; i++) {
        struct source_spec *spec = &rig->policy.sources[i];
        free(spec->id);
        free(spec->name);
        free(spec->kind);
        free(spec->url);
        free(spec->file);
    }
    free(rig->policy.sources);
    free(rig->policy.environments);
}

unsigned rig_add_environment(struct rig *rig) {
    struct policy *p = &rig->policy;
    p->environments = mem_resize(p->environments, p->n_environments + 1, sizeof(*p->environments));
    p->environments[p->n_environments] = (struct environment){.name = (char *)(uintptr_t) "test"};
    return (unsigned)p->n_environments++;
}

struct environment *rig_environment(struct rig *rig) {
    return &rig->policy.environments[rig->policy.n_environments - 1];
}

struct source_spec *rig_add(struct rig *rig, const char *kind, const char *where) {
    static char *ok[] = {(char *)(uintptr_t) "OK", (char *)(uintptr_t) "healthy", NULL};
    struct policy *p = &rig->policy;
    p->sources = mem_resize(p->sources, p->n_sources + 1, sizeof(*p->sources));
    struct source_spec *spec = &p->sources[p->n_sources];
    *spec = (struct source_spec){.environment = (unsigned)p->n_environments - 1,
                                 .every_ms = 3600000,
                                 .timeout_ms = 10000,
                                 .connect_timeout_ms = 10000,
                                 .fail_after = 3,
                                 .recover_after = 2,
                                 .version_pointer = (char *)(uintptr_t) "/latest_version",
                                 .build_pointer = (char *)(uintptr_t) "/latest_build",
                                 .status_pointer = (char *)(uintptr_t) "/status",
                                 .ok = ok};
    spec->id = mem_format("test/%s %zu", kind, p->n_sources++);
    spec->name = mem_copy_text(kind);
    spec->kind = mem_copy_text(kind);
    *(*where == '/' ? &spec->file : &spec->url) = mem_copy_text(where);
    return spec;
}

struct source_spec *rig_add_at(struct rig *rig, const char *kind, const struct hostile *server,
                               const char *path) {
    char *url = mem_format("http://127.0.0.1:%d%s", hostile_port(server), path);
    struct source_spec *spec = rig_add(rig, kind, url);
    free(url);
    return spec;
}

void rig_start(struct rig *rig) {
    struct err err = ERR_INIT;
    rig->probes = probes_start(&rig->policy, clock_system(),
                               (struct probe_outlet){.send = on_sample, .self = rig}, &err);
    if (!rig->probes)
        fail_msg("%s: %s", err.where, err.what);
}

const struct sample *rig_within(struct rig *rig, int64_t ms) {
    void *item = NULL;
    return queue_take(rig->queue, &item, 1, ms) == 1 ? item : NULL;
}

const struct sample *rig_next(struct rig *rig) {
    const struct sample *sample = rig_within(rig, RIG_DEADLINE_MS);
    if (!sample)
        fail_msg("no sample came");
    return sample;
}

const struct sample *rig_again(struct rig *rig) {
    probes_poll_now(rig->probes);
    return rig_next(rig);
}

bool rig_until(bool (*holds)(const void *self), const void *self) {
    int64_t end = clock_mono_ms(clock_system()) + RIG_DEADLINE_MS;
    while (!holds(self)) {
        if (clock_mono_ms(clock_system()) > end)
            return false;
        poll(NULL, 0, 1);
    }
    return true;
}

struct count {
    const _Atomic unsigned *count;
    const struct hostile *server; /* or its requests */
    unsigned is;
};

static bool has_come(const void *self) {
    const struct count *c = self;
    return (c->server ? hostile_requests(c->server) : atomic_load(c->count)) == c->is;
}

bool rig_counts(const _Atomic unsigned *count, unsigned is) {
    return rig_until(has_come, &(struct count){.count = count, .is = is});
}

bool rig_requests(const struct hostile *server, unsigned number) {
    return rig_until(has_come, &(struct count){.server = server, .is = number});
}
