/* The thread's protocol: everybody pushes into one of three queues, all of which wake one descriptor.
 * Samples have a queue of their own, so that a flood of them never keeps a person's intent out. What
 * came is folded in as one batch and judged once: at once when the last judgement is JUDGE_GAP_MS ago,
 * else as soon as it is. Silence is judged too, once a second. */
#include "src/engine/engine.h"

#include <poll.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/base/thread.h"
#include "src/engine/engine_parts.h"
#include "src/engine/runner.h"

enum {
    SAMPLES_MAX = 4096,    /* some 8 MB of samples at most, 0.1 s of the fastest net worker */
    BATCH = 256,           /* samples taken from the queue at one time */
    JUDGE_GAP_MS = 50,     /* at most 20 judgements a second in a flood */
    TICK_MS = 1000,        /* silence changes verdicts: judged at least so often */
    TICK_SHORTEST_MS = 50, /* no second tick right behind one that came early */
};

static void drop_sample(void *item) {
    sample_drop(item);
}

static void drop_digest(void *item) {
    digest_drop(item);
}

int64_t engine_real_ms(void) {
    return clock_mono_ms(clock_system());
}

/* The logs are read from where the store says, or from the end when there is no store to wait for. */
static void begin_logs(struct engine *engine) {
    if (!engine->logs_begin || engine->logs_began)
        return;
    engine->logs_began = !engine->ports.begin_logs ||
                         engine->ports.begin_logs(engine->ports.logs_self, engine->recalled);
    if (!engine->logs_began)
        return;
    digest_drop(engine->recalled);
    engine->recalled = NULL;
}

static void take_digests(struct engine *engine) {
    void *items[DIGESTS_MAX];
    size_t n = queue_take(engine->digests, items, DIGESTS_MAX, 0);
    for (size_t i = 0; i < n; i++) {
        const struct digest *digest = items[i];
        world_digest(engine->world, digest, clock_mono_ms(engine->ports.clock));
        if (engine->ports.store && !engine->unstored)
            engine->unstored = !store_digest(engine->ports.store, digest);
        digest_drop(digest);
        engine->changed = true;
    }
}

/* When the next judgement of what came is allowed. */
static int64_t judge_due_ms(const struct engine *engine) {
    return engine->judged_ms + JUDGE_GAP_MS;
}

/* Folds what waits; leaves the rest for the next turn when a judgement is due meanwhile. Returns
 * whether something is left: the descriptor does not tell a second time. */
static bool take_samples(struct engine *engine) {
    void *items[BATCH];
    size_t n;
    while ((n = queue_take(engine->samples, items, BATCH, 0)) > 0) {
        for (size_t i = 0; i < n; i++) {
            world_fold(engine->world, items[i]);
            sample_drop(items[i]);
        }
        engine->changed = true;
        if (engine_real_ms() >= judge_due_ms(engine))
            return queue_len(engine->samples) > 0;
    }
    return false;
}

/* Ticks fall on the wall clock's seconds, where a clock on the screen changes. */
static void set_next_tick(struct engine *engine) {
    int64_t left_ms = TICK_MS - clock_wall_ms(clock_system()) % TICK_MS;
    if (left_ms < TICK_SHORTEST_MS)
        left_ms += TICK_MS;
    engine->tick_ms = engine_real_ms() + left_ms;
}

void engine_judge(struct engine *engine, bool tick) {
    const struct clock *clock = engine->ports.clock;
    const struct snapshot *s =
        world_judge(engine->world, clock_wall_ms(clock), clock_mono_ms(clock));
    engine->changed = false;
    engine->judged_ms = engine_real_ms();
    /* What was seen of the candidate before says nothing of this one. */
    if (engine->published && engine->published->candidate_moved_ms != s->candidate_moved_ms &&
        engine->ports.poll_now)
        engine->ports.poll_now(engine->ports.poll_self);
    /* Who verifies counts on every reading, also on one that says what the last one said. */
    if (engine->ports.runner && runner_watches(engine->ports.runner))
        runner_see(engine->ports.runner, s);
    if (!tick && !snapshot_differs(engine->published, s)) {
        snapshot_drop(s);
        return;
    }
    if (engine->ports.store)
        store_remember(engine->ports.store, s);
    engine_keep_book(engine, s);
    if (engine->ports.see)
        engine->ports.see(engine->ports.see_self, s);
    mailbox_put(engine->ports.snapshots, (void *)(uintptr_t)snapshot_keep(s));
    snapshot_drop(engine->published);
    engine->published = s;
}

static void wait_for_news(struct engine *engine) {
    int64_t until_ms = engine->tick_ms;
    if (engine->changed && judge_due_ms(engine) < until_ms)
        until_ms = judge_due_ms(engine);
    int64_t left_ms = until_ms - engine_real_ms();
    if (left_ms < 0)
        left_ms = 0;
    struct pollfd ready = {.fd = engine->wake.read_fd, .events = POLLIN};
    if (poll(&ready, 1, (int)left_ms) > 0)
        wake_drain(&engine->wake);
}

static void *engine_run(void *self) {
    struct engine *engine = self;
    set_next_tick(engine);
    engine_judge(engine, true); /* the first picture: nothing is known */
    engine->judged_ms -= JUDGE_GAP_MS;
    bool more = false;
    while (!queue_closed(engine->samples) || !queue_closed(engine->letters) ||
           !queue_closed(engine->digests)) {
        if (!more)
            wait_for_news(engine);
        engine_take_letters(engine);
        begin_logs(engine);
        take_digests(engine);
        more = take_samples(engine);
        int64_t now_ms = engine_real_ms();
        bool tick = now_ms >= engine->tick_ms;
        if (tick)
            set_next_tick(engine);
        if (tick || (engine->changed && now_ms >= judge_due_ms(engine)))
            engine_judge(engine, tick);
    }
    engine_judge(engine, true); /* what was soaked until now is remembered */
    return NULL;
}

static void engine_free(struct engine *engine) {
    snapshot_drop(engine->published);
    world_free(engine->world);
    queue_free(engine->samples);
    queue_free(engine->letters);
    queue_free(engine->digests);
    digest_drop(engine->recalled);
    wake_fini(&engine->wake);
    free(engine);
}

struct engine *engine_start(const struct policy *policy, const struct engine_ports *ports,
                            struct err *err) {
    struct engine *engine = mem_zero(1, sizeof *engine);
    engine->ports = *ports;
    if (wake_init(&engine->wake, err) != ERR_OK)
        goto out;
    engine->samples = queue_new(SAMPLES_MAX, drop_sample, &engine->wake);
    engine->digests = queue_new(DIGESTS_MAX, drop_digest, &engine->wake);
    engine->logs_begin = !ports->store;
    engine->letters = queue_new(LETTERS_MAX, engine_drop_letter, &engine->wake);
    engine->world = world_new(policy);
    world_store(engine->world, ports->store ? STORE_OPENING : STORE_NONE, NULL);
    world_ledger(engine->world, policy->ledger.file ? LEDGER_OPENING : LEDGER_NONE, NULL);
    if (policy->ledger.file) {
        engine->clerk = clerk_start(policy, ports->clock, engine_deliver_records, engine, err);
        if (!engine->clerk)
            goto out;
    }
    if (thread_start(&engine->thread, THREAD_STACK_WORKER, "gonogo-engine", engine_run, engine,
                     err) != ERR_OK)
        goto out;
    if (ports->store)
        store_listen(ports->store, engine_deliver_news, engine);
    return engine;
out:
    if (engine->letters) /* so that the clerk need not wait for room */
        queue_close(engine->letters);
    clerk_stop(engine->clerk);
    engine_free(engine);
    return NULL;
}

void engine_stop(struct engine *engine) {
    if (!engine)
        return;
    queue_close(engine->letters);
    queue_close(engine->samples);
    queue_close(engine->digests);
    pthread_join(engine->thread, NULL);
    if (engine->ports.store)
        store_listen(engine->ports.store, NULL, NULL);
    clerk_stop(engine->clerk); /* what the last judgements said is still written */
    engine_free(engine);
}
