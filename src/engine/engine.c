/* The thread's protocol: everybody pushes into one of two queues, both of which wake one descriptor.
 * Samples have a queue of their own, so that a flood of them never keeps a person's intent out. What
 * came is folded in as one batch and judged once: at once when the last judgement is JUDGE_GAP_MS ago,
 * else as soon as it is. Silence is judged too, once a second. */
#include "src/engine/engine.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/engine/store.h"
#include "src/model/world.h"

enum {
    SAMPLES_MAX = 4096,    /* some 8 MB of samples at most, 0.1 s of the fastest net worker */
    LETTERS_MAX = 64,      /* nobody presses a key so fast */
    BATCH = 256,           /* samples taken from the queue at one time */
    SEND_WAIT_MS = 1000,   /* a worker waits so long for room, then its source goes stale */
    JUDGE_GAP_MS = 50,     /* at most 20 judgements a second in a flood */
    TICK_MS = 1000,        /* silence changes verdicts: judged at least so often */
    TICK_SHORTEST_MS = 50, /* no second tick right behind one that came early */
};

/* What comes besides samples. */
struct letter {
    struct store_news *news; /* owned; NULL = it is an intent */
    struct intent intent;
};

struct engine {
    struct engine_ports ports;
    struct wake wake;
    struct queue *samples;
    struct queue *letters;
    pthread_t thread;

    /* The thread's own. */
    struct world *world;
    const struct snapshot *published;
    int64_t judged_ms; /* by the system's clock, like the next: pacing is real even in tests */
    int64_t tick_ms;
    bool changed; /* something came since the last judgement */
};

static void drop_sample(void *item) {
    sample_drop(item);
}

static void drop_letter(void *item) {
    struct letter *letter = item;
    store_news_free(letter->news);
    free(letter);
}

/* The sending side */

bool engine_send_sample(void *self, struct sample *sample) {
    struct engine *engine = self;
    if (queue_push(engine->samples, sample, SEND_WAIT_MS) == QUEUE_OK)
        return true;
    sample_drop(sample);
    return false;
}

bool engine_send_intent(struct engine *engine, struct intent intent) {
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->intent = intent;
    if (queue_try_push(engine->letters, letter) == QUEUE_OK)
        return true;
    drop_letter(letter);
    return false;
}

/* The store's thread may wait: the engine never waits for the store. */
static void deliver_news(void *self, struct store_news *news) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->news = news;
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

/* The thread */

static int64_t real_ms(void) {
    return clock_mono_ms(clock_system());
}

static void open_letter(struct engine *engine, const struct letter *letter) {
    const struct store_news *news = letter->news;
    if (news) {
        if (news->recall)
            world_recall(engine->world, news->recall, news->refresh);
        world_store(engine->world, news->state, news->note);
        engine->changed = true;
        return;
    }
    switch (letter->intent.kind) {
    case INTENT_POLL:
        if (engine->ports.poll_now)
            engine->ports.poll_now(engine->ports.poll_self);
        break;
    }
}

static void take_letters(struct engine *engine) {
    void *items[LETTERS_MAX];
    size_t n = queue_take(engine->letters, items, LETTERS_MAX, 0);
    for (size_t i = 0; i < n; i++) {
        open_letter(engine, items[i]);
        drop_letter(items[i]);
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
        if (real_ms() >= judge_due_ms(engine))
            return queue_len(engine->samples) > 0;
    }
    return false;
}

/* Ticks fall on the wall clock's seconds, where a clock on the screen changes. */
static void set_next_tick(struct engine *engine) {
    int64_t left_ms = TICK_MS - clock_wall_ms(clock_system()) % TICK_MS;
    if (left_ms < TICK_SHORTEST_MS)
        left_ms += TICK_MS;
    engine->tick_ms = real_ms() + left_ms;
}

static void judge(struct engine *engine, bool tick) {
    const struct clock *clock = engine->ports.clock;
    const struct snapshot *s =
        world_judge(engine->world, clock_wall_ms(clock), clock_mono_ms(clock));
    engine->changed = false;
    engine->judged_ms = real_ms();
    /* What was seen of the target before says nothing of this one. */
    if (engine->published && engine->published->target_moved_ms != s->target_moved_ms &&
        engine->ports.poll_now)
        engine->ports.poll_now(engine->ports.poll_self);
    if (!tick && !snapshot_differs(engine->published, s)) {
        snapshot_drop(s);
        return;
    }
    if (engine->ports.store)
        store_remember(engine->ports.store, s);
    mailbox_put(engine->ports.snapshots, (void *)(uintptr_t)snapshot_keep(s));
    snapshot_drop(engine->published);
    engine->published = s;
}

static void wait_for_news(struct engine *engine) {
    int64_t until_ms = engine->tick_ms;
    if (engine->changed && judge_due_ms(engine) < until_ms)
        until_ms = judge_due_ms(engine);
    int64_t left_ms = until_ms - real_ms();
    if (left_ms < 0)
        left_ms = 0;
    struct pollfd ready = {.fd = engine->wake.read_fd, .events = POLLIN};
    if (poll(&ready, 1, (int)left_ms) > 0)
        wake_drain(&engine->wake);
}

static void *engine_run(void *self) {
    struct engine *engine = self;
    set_next_tick(engine);
    judge(engine, true); /* the first picture: nothing is known */
    engine->judged_ms -= JUDGE_GAP_MS;
    bool more = false;
    while (!queue_closed(engine->samples) || !queue_closed(engine->letters)) {
        if (!more)
            wait_for_news(engine);
        take_letters(engine);
        more = take_samples(engine);
        int64_t now_ms = real_ms();
        bool tick = now_ms >= engine->tick_ms;
        if (tick)
            set_next_tick(engine);
        if (tick || (engine->changed && now_ms >= judge_due_ms(engine)))
            judge(engine, tick);
    }
    judge(engine, true); /* what was soaked until now is remembered */
    return NULL;
}

static void engine_free(struct engine *engine) {
    snapshot_drop(engine->published);
    world_free(engine->world);
    queue_free(engine->samples);
    queue_free(engine->letters);
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
    engine->letters = queue_new(LETTERS_MAX, drop_letter, &engine->wake);
    engine->world = world_new(policy);
    world_store(engine->world, ports->store ? STORE_OPENING : STORE_NONE, NULL);
    if (thread_start(&engine->thread, THREAD_STACK_WORKER, "gonogo-engine", engine_run, engine,
                     err) != ERR_OK)
        goto out;
    if (ports->store)
        store_listen(ports->store, deliver_news, engine);
    return engine;
out:
    engine_free(engine);
    return NULL;
}

void engine_stop(struct engine *engine) {
    if (!engine)
        return;
    queue_close(engine->letters);
    queue_close(engine->samples);
    pthread_join(engine->thread, NULL);
    if (engine->ports.store)
        store_listen(engine->ports.store, NULL, NULL);
    engine_free(engine);
}
