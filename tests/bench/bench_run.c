/* From a person's intent to the first process of its plan: through the engine, the ledger and fork(), with
 * the disk waited for (fsync) and without. Prints milliseconds: the middle, 99 of 100, the worst.
 *
 *   bench_run [RUNS]
 */
#include <ftw.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/engine/engine.h"
#include "src/engine/runner.h"

enum { RUNS = 300, DEADLINE_S = 30 };

struct bench {
    _Atomic int64_t recorded_ns, spawned_ns, ended_ns;
};

static int64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void at(void *self, const char *point) {
    struct bench *b = self;
    if (strcmp(point, "started") == 0)
        atomic_store(&b->recorded_ns, now_ns());
    else if (strcmp(point, "spawned") == 0)
        atomic_store(&b->spawned_ns, now_ns());
    else if (strcmp(point, "done") == 0)
        atomic_store(&b->ended_ns, now_ns());
}

static void drop(void *ref) {
    snapshot_drop(ref);
}

static void poll_now(void *self) {
    (void)self;
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print(const char *what, int64_t *ns, size_t n) {
    size_t middle = n / 2, most = n * 99 / 100;
    qsort(ns, n, sizeof *ns, compare);
    printf("  %-28s p50 %7.2f ms   p99 %7.2f ms   max %7.2f ms\n", what, (double)ns[middle] / 1e6,
           (double)ns[most] / 1e6, (double)ns[n - 1] / 1e6);
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static bool measure(size_t runs, bool unsynced) {
    static char name[] = "kill", step_name[] = "off", program[] = "/bin/true", product[] = "Bench";
    static char *argv[] = {program, NULL};
    char folder[] = "gonogo-bench-XXXXXX", path[64];
    struct step_spec step = {.name = step_name, .argv = argv, .timeout_ms = 60000, .cwd = folder};
    struct action_spec action = {.name = name,
                                 .confirm = CONFIRM_NONE,
                                 .requires = REQUIRES_ANY,
                                 .environment = -1,
                                 .steps = &step,
                                 .n_steps = 1};
    const struct policy policy = {.product = product,
                                  .target_source = SOURCE_NONE,
                                  .stable_source = SOURCE_NONE,
                                  .actions = &action,
                                  .n_actions = 1};
    struct bench b = {0};
    struct mailbox box;
    struct err err = ERR_INIT;
    int64_t *recorded = calloc(runs, sizeof *recorded), *spawned = calloc(runs, sizeof *spawned);
    if (!mkdtemp(folder) || !recorded || !spawned)
        return false;
    snprintf(path, sizeof path, "%s/a-ledger.db", folder);
    mailbox_init(&box, drop, NULL);
    struct runner *runner = runner_new();
    const struct engine_ports engine_ports = {
        .clock = clock_system(), .snapshots = &box, .runner = runner};
    struct engine *engine = engine_start(&policy, &engine_ports, &err);
    const struct runner_ports ports = {
        .policy = &policy,
        .clock = clock_system(),
        .ledger = path,
        .record = engine_send_record,
        .output = engine_send_output,
        .accept = engine_send_accept,
        .refuse = engine_send_refusal,
        .engine = engine,
        .poll_now = poll_now,
        .at = at,
        .at_self = &b,
        .unsynced = unsynced,
    };
    bool well = engine && runner_start(runner, &ports, &err) == ERR_OK;
    struct snapshot *s = snapshot_new(&policy);
    struct run_plan *plan = plan_make(s, 0);
    struct intent intent = {.kind = INTENT_RUN, .seen = plan->seen};
    snprintf(intent.who, sizeof intent.who, "bench");
    snprintf(intent.user, sizeof intent.user, "bench");
    for (size_t i = 0; i < runs && well; i++) {
        int64_t began = now_ns();
        atomic_store(&b.ended_ns, 0);
        well = engine_send_intent(engine, intent);
        while (well && atomic_load(&b.ended_ns) == 0) {
            poll(NULL, 0, 1);
            well = now_ns() - began < (int64_t)DEADLINE_S * 1000000000;
        }
        recorded[i] = atomic_load(&b.recorded_ns) - began;
        spawned[i] = atomic_load(&b.spawned_ns) - began;
        poll(NULL, 0, 2); /* the runner lets go of the lease */
    }
    printf("%s (%zu runs)\n", unsynced ? "apart from fsync" : "with fsync", runs);
    print("intent → recorded", recorded, runs);
    print("intent → first process", spawned, runs);
    if (!well)
        fprintf(stderr, "bench_run: it did not go on: %s %s\n", err.where, err.what);
    plan_free(plan);
    snapshot_drop(s);
    runner_stop(runner);
    engine_stop(engine);
    runner_free(runner);
    mailbox_fini(&box);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(recorded);
    free(spawned);
    return well;
}

int main(int argc, char **argv) {
    long runs = argc > 1 ? strtol(argv[1], NULL, 10) : RUNS;
    if (runs < 1 || runs > 100000) {
        fputs("bench_run: how many runs?\n", stderr);
        return 2;
    }
    return measure((size_t)runs, false) && measure((size_t)runs, true) ? 0 : 1;
}
