/* The thread's protocol: everybody pushes into one of two queues, both of which wake one descriptor.
 * Samples have a queue of their own, so that a flood of them never keeps a person's intent out. What
 * came is folded in as one batch and judged once: at once when the last judgement is JUDGE_GAP_MS ago,
 * else as soon as it is. Silence is judged too, once a second. */
#include "src/engine/engine.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/queue.h"
#include "src/base/thread.h"
#include "src/base/wake.h"
#include "src/engine/clerk.h"
#include "src/engine/runner.h"
#include "src/engine/store.h"
#include "src/model/gate.h"
#include "src/model/speak.h"
#include "src/model/world.h"

enum {
    SAMPLES_MAX = 4096,    /* some 8 MB of samples at most, 0.1 s of the fastest net worker */
    DIGESTS_MAX = 16,      /* of the logs; who reads them waits */
    DIGEST_WAIT_MS = 200,  /* so long at one time */
    LETTERS_MAX = 64,      /* nobody presses a key so fast */
    BATCH = 256,           /* samples taken from the queue at one time */
    SEND_WAIT_MS = 1000,   /* a worker waits so long for room, then its source goes stale */
    JUDGE_GAP_MS = 50,     /* at most 20 judgements a second in a flood */
    TICK_MS = 1000,        /* silence changes verdicts: judged at least so often */
    BOOK_GAP_MS = 10000,   /* by then what was given to the clerk has come back */
    BOOK_SPAN_MS = 60000,  /* in so long */
    BOOK_MOST = 10,        /* so many verdicts are written down: one that flickers is no news */
    TICK_SHORTEST_MS = 50, /* no second tick right behind one that came early */
};

enum letter_kind {
    LETTER_INTENT,
    LETTER_NEWS,
    LETTER_RECORDS,
    LETTER_RECORD,
    LETTER_OUTPUT,
    LETTER_ACCEPT,
    LETTER_REFUSAL,
    LETTER_BROKEN,
    LETTER_NOTE,
};

/* What comes besides samples; owns what it carries. */
struct letter {
    enum letter_kind kind;
    struct intent intent;
    struct store_news *news;
    struct clerk_news *records;
    const struct record *record;
    const struct run_text *output;
    char run[RECORD_RUN_CAP]; /* whose output; which was accepted */
    char text[RUN_TEXT_CAP];  /* why it was refused; what is wrong with the ledger; the note */
    bool again;
};

struct engine {
    struct engine_ports ports;
    struct wake wake;
    struct queue *samples;
    struct queue *digests;
    struct queue *letters;
    pthread_t thread;
    struct clerk *clerk; /* NULL = there is no ledger */

    /* The thread's own. */
    struct world *world;
    const struct snapshot *published;
    int64_t judged_ms; /* by the system's clock, like the next: pacing is real even in tests */
    int64_t tick_ms;
    bool logs_begin; /* they may, but nobody heard it yet */
    bool logs_began;
    bool unstored; /* the store had no room for a digest: it gets no more, and is as of then */
    const struct digest *recalled; /* for who reads them */
    bool changed;                  /* something came since the last judgement */
    char broken[RUN_TEXT_CAP];     /* what the runner found wrong with the ledger; "" = nothing */
    int64_t config_ms; /* from when on a configuration may be given to the clerk again */
    /* The verdict that was given to the clerk last, and how many since when. */
    struct {
        enum verdict verdict;
        char target[VERSION_CAP];
        int64_t at_ms, since_ms;
        unsigned n;
    } book;
};

static void drop_sample(void *item) {
    sample_drop(item);
}

static void drop_digest(void *item) {
    digest_drop(item);
}

static void drop_letter(void *item) {
    struct letter *letter = item;
    store_news_free(letter->news);
    clerk_news_free(letter->records);
    record_drop(letter->record);
    run_text_drop(letter->output);
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

bool engine_send_digest(void *self, const struct digest *digest) {
    struct engine *engine = self;
    return queue_push(engine->digests, (void *)(uintptr_t)digest, DIGEST_WAIT_MS) == QUEUE_OK;
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
    letter->kind = LETTER_NEWS;
    letter->news = news;
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

static void deliver_records(void *self, struct clerk_news *news) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_RECORDS;
    letter->records = news;
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

/* So may the runner's: the engine never waits for it either. */
void engine_send_record(void *self, const struct record *r) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_RECORD;
    letter->record = record_keep(r);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

void engine_send_output(void *self, const char *run, const struct run_text *text) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_OUTPUT;
    letter->output = run_text_keep(text);
    snprintf(letter->run, sizeof letter->run, "%s", run);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

void engine_send_accept(void *self, const char *run) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_ACCEPT;
    snprintf(letter->run, sizeof letter->run, "%s", run);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

void engine_send_refusal(void *self, const char *why, bool again) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_REFUSAL;
    letter->again = again;
    snprintf(letter->text, sizeof letter->text, "%s", why);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

void engine_send_broken(void *self, const char *why) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_BROKEN;
    snprintf(letter->text, sizeof letter->text, "%s", why);
    if (queue_push(engine->letters, letter, -1) != QUEUE_OK)
        drop_letter(letter);
}

void engine_send_note(void *self, const char *line) {
    struct engine *engine = self;
    struct letter *letter = mem_zero(1, sizeof *letter);
    letter->kind = LETTER_NOTE;
    snprintf(letter->text, sizeof letter->text, "%s", line);
    if (queue_try_push(engine->letters, letter) != QUEUE_OK)
        drop_letter(letter);
}

/* The thread */

static int64_t real_ms(void) {
    return clock_mono_ms(clock_system());
}

static void judge(struct engine *engine, bool tick);

/* The clerk reads what is new; that something before it was changed, the runner has found. */
static void tell_ledger(struct engine *engine, enum ledger_state state, const char *note) {
    bool broken = engine->broken[0] != '\0';
    world_ledger(engine->world, broken ? LEDGER_TAMPERED : state, broken ? engine->broken : note);
}

static void take_records(struct engine *engine, const struct clerk_news *news) {
    if (news->n > 0)
        world_records(engine->world, news->records, news->n, news->fresh);
    if (news->gone[0])
        world_gone(engine->world, news->gone, news->holder);
    tell_ledger(engine, news->state, news->note);
    if (news->failed[0])
        world_note(engine->world, clock_wall_ms(engine->ports.clock), news->failed);
    engine->changed = true;
}

static void write_down(struct engine *engine, struct record *draft) {
    static const char busy[] = "not recorded, and so not done: too much is said at once";
    if (clerk_write(engine->clerk, draft))
        return;
    world_note(engine->world, clock_wall_ms(engine->ports.clock), busy);
    engine->changed = true;
}

/* What a person says is held against the world as it is now; it counts when the clerk brings it back.
 * A refusal is written down too. */
static void hear_person(struct engine *engine, const struct intent *intent) {
    struct err err = ERR_INIT;
    if (engine->changed)
        judge(engine, false);
    struct record *draft = speak_draft(engine->published, intent, &err);
    if (!draft)
        draft = speak_refusal(engine->published, intent, &err);
    if (engine->clerk) {
        write_down(engine, draft);
        return;
    }
    char line[EVENT_CAP];
    speak_line(draft, line, sizeof line);
    world_note(engine->world, clock_wall_ms(engine->ports.clock), line);
    engine->changed = true;
    record_drop(draft);
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

static void take_logs(struct engine *engine, const struct store_news *news) {
    if (news->logs)
        world_digest(engine->world, news->logs, clock_mono_ms(engine->ports.clock));
    if (news->state == STORE_OPENING || engine->logs_begin)
        return;
    engine->recalled = news->logs ? digest_keep(news->logs) : NULL;
    engine->logs_begin = true;
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

static void take_news(struct engine *engine, const struct store_news *news) {
    take_logs(engine, news);
    if (news->recall)
        world_recall(engine->world, news->recall, news->refresh);
    if (news->past)
        world_past(engine->world, news->past);
    world_store(engine->world, news->state, news->note);
    engine->changed = true;
}

/* The plan is made here and now, from what is known at this moment; the runner compares it with what the
 * person has seen. */
static void order(struct engine *engine, const struct intent *intent) {
    static const enum order_kind kinds[] = {
        [INTENT_RUN] = ORDER_RUN,   [INTENT_RESUME] = ORDER_RESUME,
        [INTENT_UNDO] = ORDER_UNDO, [INTENT_ABANDON] = ORDER_ABANDON,
        [INTENT_STOP] = ORDER_STOP, [INTENT_ANSWER] = ORDER_ANSWER,
    };
    if (!engine->ports.runner) {
        world_refused(engine->world, "nothing can be started here", false);
        engine->changed = true;
        return;
    }
    struct order *order = order_new(kinds[intent->kind]);
    order->seen = intent->seen;
    snprintf(order->who, sizeof order->who, "%s", intent->who);
    snprintf(order->user, sizeof order->user, "%s", intent->user);
    snprintf(order->role, sizeof order->role, "%s", intent->role);
    snprintf(order->word, sizeof order->word, "%s", intent->typed);
    snprintf(order->reason, sizeof order->reason, "%s", intent->text);
    if (intent->kind == INTENT_RUN)
        order->plan = plan_make(engine->published, intent->action);
    if (runner_order(engine->ports.runner, order))
        return;
    world_refused(engine->world, "nothing can be started here: there is no ledger to record it in",
                  false);
    engine->changed = true;
}

static void accept(struct engine *engine, const struct intent *intent) {
    switch (intent->kind) {
    case INTENT_POLL:
        if (engine->ports.poll_now)
            engine->ports.poll_now(engine->ports.poll_self);
        break;
    case INTENT_VOTE:
    case INTENT_TICK:
    case INTENT_WAIVE:
    case INTENT_APPROVE:
        hear_person(engine, intent);
        break;
    case INTENT_RUN:
        if (intent->action >= engine->published->policy->n_actions)
            break;
        order(engine, intent);
        break;
    case INTENT_RESUME:
    case INTENT_UNDO:
    case INTENT_ABANDON:
    case INTENT_STOP:
    case INTENT_ANSWER:
        order(engine, intent);
        break;
    }
}

static void open_letter(struct engine *engine, const struct letter *letter) {
    switch (letter->kind) {
    case LETTER_INTENT:
        accept(engine, &letter->intent);
        return;
    case LETTER_NEWS:
        take_news(engine, letter->news);
        return;
    case LETTER_RECORDS:
        take_records(engine, letter->records);
        return;
    case LETTER_RECORD:
        world_record(engine->world, letter->record);
        break;
    case LETTER_OUTPUT:
        world_output(engine->world, letter->run, letter->output);
        break;
    case LETTER_ACCEPT:
        world_accepted(engine->world, letter->run);
        break;
    case LETTER_REFUSAL:
        world_refused(engine->world, letter->text, letter->again);
        break;
    case LETTER_BROKEN:
        memcpy(engine->broken, letter->text, sizeof engine->broken);
        tell_ledger(engine, LEDGER_TAMPERED, letter->text);
        world_note(engine->world, clock_wall_ms(engine->ports.clock), letter->text);
        break;
    case LETTER_NOTE:
        world_note(engine->world, clock_wall_ms(engine->ports.clock), letter->text);
        break;
    }
    engine->changed = true;
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

/* Has everybody spoken once? Before that a verdict says nothing about the release. */
static bool all_have_spoken(const struct snapshot *s) {
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].state == SOURCE_PENDING)
            return false;
    return true;
}

static struct record *verdict_draft(const struct snapshot *s) {
    struct record *r = record_new(RECORD_VERDICT);
    const struct gate_view *gate = verdict_gate(s);
    char why[REASON_CAP + RECORD_THING_CAP + 4] = "";
    RECORD_PUT(r->target, s->target);
    RECORD_PUT(r->fingerprint, s->fingerprint);
    RECORD_PUT(r->word, verdict_name(s->verdict));
    if (s->ground[0] && s->verdict != VERDICT_NO_GO)
        snprintf(why, sizeof why, "%s", s->ground);
    else if (gate)
        snprintf(why, sizeof why, "%s: %s", s->policy->gates[gate - s->gates].name, gate->reason);
    RECORD_PUT(r->text, why);
    return r;
}

/* Is it not on its way already, and not one of too many? */
static bool may_write(struct engine *engine, const struct snapshot *s, int64_t now_ms) {
    bool on_its_way = engine->book.at_ms > 0 && now_ms < engine->book.at_ms + BOOK_GAP_MS &&
                      engine->book.verdict == s->verdict &&
                      strcmp(engine->book.target, s->target) == 0;
    if (now_ms >= engine->book.since_ms + BOOK_SPAN_MS) {
        engine->book.since_ms = now_ms;
        engine->book.n = 0;
    }
    if (on_its_way || engine->book.n >= BOOK_MOST)
        return false;
    engine->book.n++;
    engine->book.at_ms = now_ms;
    engine->book.verdict = s->verdict;
    memcpy(engine->book.target, s->target, sizeof engine->book.target);
    return true;
}

/* Verdicts and configurations are written down by one process, the one that keeps the store. */
static void keep_book(struct engine *engine, const struct snapshot *s) {
    const struct record *verdict = s->votes->verdict, *config = s->votes->config;
    int64_t now_ms = real_ms();
    if (!engine->clerk || s->store != STORE_KEEPING || s->votes->state != LEDGER_WELL)
        return;
    if (s->policy->digest[0] && now_ms >= engine->config_ms &&
        (!config || strcmp(config->digest, s->policy->digest) != 0)) {
        struct record *r = record_new(RECORD_CONFIG);
        RECORD_PUT(r->digest, s->policy->digest);
        RECORD_PUT(r->text, s->policy->path);
        engine->config_ms = now_ms + BOOK_GAP_MS;
        write_down(engine, r);
    }
    bool news = !verdict || strcmp(verdict->word, verdict_name(s->verdict)) != 0 ||
                strcmp(verdict->target, s->target) != 0;
    if (news && all_have_spoken(s) && may_write(engine, s, now_ms))
        write_down(engine, verdict_draft(s));
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
    /* Who verifies counts on every reading, also on one that says what the last one said. */
    if (engine->ports.runner && runner_watches(engine->ports.runner))
        runner_see(engine->ports.runner, s);
    if (!tick && !snapshot_differs(engine->published, s)) {
        snapshot_drop(s);
        return;
    }
    if (engine->ports.store)
        store_remember(engine->ports.store, s);
    keep_book(engine, s);
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
    while (!queue_closed(engine->samples) || !queue_closed(engine->letters) ||
           !queue_closed(engine->digests)) {
        if (!more)
            wait_for_news(engine);
        take_letters(engine);
        begin_logs(engine);
        take_digests(engine);
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
    engine->letters = queue_new(LETTERS_MAX, drop_letter, &engine->wake);
    engine->world = world_new(policy);
    world_store(engine->world, ports->store ? STORE_OPENING : STORE_NONE, NULL);
    world_ledger(engine->world, policy->ledger.file ? LEDGER_OPENING : LEDGER_NONE, NULL);
    if (policy->ledger.file) {
        engine->clerk = clerk_start(policy, ports->clock, deliver_records, engine, err);
        if (!engine->clerk)
            goto out;
    }
    if (thread_start(&engine->thread, THREAD_STACK_WORKER, "gonogo-engine", engine_run, engine,
                     err) != ERR_OK)
        goto out;
    if (ports->store)
        store_listen(ports->store, deliver_news, engine);
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
