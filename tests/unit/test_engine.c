/* The engine thread: it judges at every change, judges silence, and loses nothing in a flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "src/base/wake.h"
#include "src/engine/engine.h"
#include "tests/unit/world_fixture.h"

enum {
    DEADLINE_MS = 20000
}; /* sanitizers on a busy machine; nothing waits for it when all is well */

static void drop_snapshot(void *ref) {
    snapshot_drop(ref);
}

/* Static in each test: one that fails jumps out and leaves its threads behind. */
struct bench {
    struct fixture f;
    struct clock_fake clock;
    struct wake wake;
    struct mailbox mailbox;
    struct engine *engine;
    const struct snapshot *s; /* the newest seen */
    atomic_uint polls;
};

static void poll_now(void *self) {
    struct bench *b = self;
    atomic_fetch_add(&b->polls, 1);
}

static void bench_start(struct bench *b) {
    memset(b, 0, sizeof *b);
    fixture_init(&b->f);
    b->f.policy.n_gates = G_SOAK;
    clock_fake_init(&b->clock, WALL0);
    assert_int_equal(wake_init(&b->wake, NULL), ERR_OK);
    mailbox_init(&b->mailbox, drop_snapshot, &b->wake);
    struct engine_ports ports = {
        .clock = &b->clock.clock,
        .snapshots = &b->mailbox,
        .poll_now = poll_now,
        .poll_self = b,
    };
    b->engine = engine_start(&b->f.policy, &ports, NULL);
    assert_non_null(b->engine);
}

static void bench_stop(struct bench *b) {
    engine_stop(b->engine);
    mailbox_fini(&b->mailbox);
    wake_fini(&b->wake);
    snapshot_drop(b->s);
}

/* The next snapshot, waited for. */
static const struct snapshot *next(struct bench *b) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    for (;;) {
        const struct snapshot *s = mailbox_take(&b->mailbox);
        if (s) {
            assert_true(!b->s || s->number > b->s->number);
            snapshot_drop(b->s);
            return b->s = s;
        }
        int64_t left = until - clock_mono_ms(clock_system());
        assert_true(left > 0);
        struct pollfd fd = {.fd = b->wake.read_fd, .events = POLLIN};
        poll(&fd, 1, (int)left);
        wake_drain(&b->wake);
    }
}

static void wait_verdict(struct bench *b, enum verdict verdict) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (!b->s || b->s->verdict != verdict) {
        assert_true(clock_mono_ms(clock_system()) < until);
        next(b);
    }
}

static void send(struct bench *b, unsigned source, const char *version) {
    b->f.wall_ms = clock_wall_ms(&b->clock.clock);
    b->f.mono_ms = clock_mono_ms(&b->clock.clock);
    struct sample *sample = fixture_sample(&b->f, source, version);
    if (source == PROD_BETA)
        sample->reading = READING_CLOSED;
    assert_true(engine_send_sample(b->engine, sample));
}

static void send_all_well(struct bench *b) {
    send(b, STABLE_FEED, "2.0.0.19");
    send(b, PROD_BETA, "");
    send(b, PROD_HEALTH, "2.0.0.19");
    send(b, BETA_FEED, "2.0.0.20");
    send(b, HEALTH, "2.0.0.20");
}

static void the_first_snapshot_comes_before_any_answer_and_is_hold(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    next(&b);
    assert_int_equal(b.s->verdict, VERDICT_HOLD);
    assert_int_equal(b.s->store, STORE_NONE);
    assert_false(b.s->settled);
    bench_stop(&b);
}

static void answers_change_the_verdict_at_once(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    next(&b);
    send_all_well(&b);
    wait_verdict(&b, VERDICT_GO);
    int64_t from = clock_mono_ms(clock_system());
    send(&b, HEALTH, "2.0.0.18");
    wait_verdict(&b, VERDICT_NO_GO);
    assert_true(clock_mono_ms(clock_system()) - from < 5000);
    bench_stop(&b);
}

static void silence_takes_a_go_away(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    send_all_well(&b);
    wait_verdict(&b, VERDICT_GO);
    clock_fake_advance(&b.clock, 3 * EVERY_MS + TIMEOUT_MS + 1); /* and nobody says a word */
    wait_verdict(&b, VERDICT_HOLD);
    assert_int_equal(b.s->sources[HEALTH].state, SOURCE_STALE);
    assert_true(b.s->ground[0] != '\0');
    bench_stop(&b);
}

static void a_jump_of_the_wall_clock_changes_no_verdict(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    send_all_well(&b);
    wait_verdict(&b, VERDICT_GO);
    clock_fake_jump(&b.clock, 1000 * HOUR);
    int64_t jumped = clock_wall_ms(&b.clock.clock);
    while (next(&b)->wall_ms < jumped)
        ;
    assert_int_equal(b.s->verdict, VERDICT_GO);
    bench_stop(&b);
}

static void at_rest_one_snapshot_a_second(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    send_all_well(&b);
    wait_verdict(&b, VERDICT_GO);
    next(&b);
    uint64_t first = b.s->number;
    int64_t from = clock_mono_ms(clock_system());
    next(&b);
    next(&b);
    int64_t took = clock_mono_ms(clock_system()) - from;
    assert_true(took > 1000);
    assert_true(b.s->number - first <= 3);
    bench_stop(&b);
}

static void an_intent_is_carried_out(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    next(&b);
    assert_true(engine_send_intent(b.engine, (struct intent){.kind = INTENT_POLL}));
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (atomic_load(&b.polls) == 0) {
        assert_true(clock_mono_ms(clock_system()) < until);
        poll(NULL, 0, 1);
    }
    bench_stop(&b);
}

enum { FLOOD = 20000, SENDERS = 2 };

static void *flood(void *self) {
    struct bench *b = self;
    for (int i = 0; i < FLOOD / SENDERS; i++) {
        struct sample *sample = sample_new((unsigned)(i % N_SOURCES));
        sample->reading = i % 7 == 0 ? READING_ERROR : READING_OK;
        sample->wall_ms = clock_wall_ms(&b->clock.clock);
        sample->mono_ms = clock_mono_ms(&b->clock.clock);
        snprintf(sample->version, sizeof sample->version, "2.0.0.%d", i % 3);
        assert_true(engine_send_sample(b->engine, sample));
    }
    return NULL;
}

static void a_flood_is_folded_and_an_intent_gets_through(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    pthread_t threads[SENDERS];
    int64_t from = clock_mono_ms(clock_system());
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, flood, &b), 0);
    assert_true(engine_send_intent(b.engine, (struct intent){.kind = INTENT_POLL}));
    unsigned seen = 0;
    while (atomic_load(&b.polls) == 0) {
        next(&b);
        seen++;
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    int64_t took = clock_mono_ms(clock_system()) - from;
    send_all_well(&b);
    uint64_t before = b.s ? b.s->number : 0;
    while (next(&b)->number <= before)
        ;
    /* Judgements are paced: some twenty a second however many samples come. */
    assert_true(b.s->number <= (uint64_t)(took / 50 + 20 + seen));
    bench_stop(&b);
}

static void what_was_sent_before_the_end_is_in_the_last_snapshot(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct bench b;
        bench_start(&b);
        send_all_well(&b);
        engine_stop(b.engine);
        b.engine = NULL;
        next(&b);
        assert_int_equal(b.s->verdict, VERDICT_GO);
        bench_stop(&b);
    }
}

/* A command that ran for the target before says nothing of this one. */
static void a_new_target_has_everybody_asked_again(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    send_all_well(&b);
    wait_verdict(&b, VERDICT_GO);
    assert_int_equal(atomic_load(&b.polls), 0); /* the first target is not another one */
    clock_fake_advance(&b.clock, 1000);
    send(&b, HEALTH, "2.0.0.21");
    send(&b, BETA_FEED, "2.0.0.21");
    while (strcmp(b.s->target, "2.0.0.21") != 0)
        next(&b);
    assert_int_equal(atomic_load(&b.polls), 1);
    assert_true(b.s->candidate_moved_ms > 0);
    bench_stop(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_snapshot_comes_before_any_answer_and_is_hold),
        cmocka_unit_test(answers_change_the_verdict_at_once),
        cmocka_unit_test(silence_takes_a_go_away),
        cmocka_unit_test(a_jump_of_the_wall_clock_changes_no_verdict),
        cmocka_unit_test(at_rest_one_snapshot_a_second),
        cmocka_unit_test(an_intent_is_carried_out),
        cmocka_unit_test(a_flood_is_folded_and_an_intent_gets_through),
        cmocka_unit_test(what_was_sent_before_the_end_is_in_the_last_snapshot),
        cmocka_unit_test(a_new_target_has_everybody_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
