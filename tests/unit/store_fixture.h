/* A world and a store, wired as the engine does it, for the tests of the store. */
#ifndef GONOGO_TESTS_STORE_FIXTURE_H
#define GONOGO_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/base/queue.h"
#include "src/engine/store.h"
#include "src/engine/store_db.h"
#include "tests/unit/world_fixture.h"

#define STABLE "2.0.0.19"
#define TARGET "2.0.0.20"

enum { DEADLINE_MS = 20000 };

static char folder[64];
static char path[128];

static inline int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static inline int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-store-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state/gonogo/gonogo.db", folder);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A world and a store, wired as the engine does it. Static in each test: one that fails jumps out and
 * leaves its threads behind, which must not read a dead stack. */
struct bench {
    struct fixture f;
    struct clock_fake clock;
    struct store *store;
    struct queue *news;
    enum store_state state;
    char note[320];
    unsigned n_news;
};

static inline void drop_news(void *item) {
    store_news_free(item);
}

static inline void deliver(void *self, struct store_news *news) {
    struct bench *b = self;
    if (queue_push(b->news, news, -1) != QUEUE_OK)
        store_news_free(news);
}

/* Nothing runs yet: the policy may still be changed. */
static inline void bench_make(struct bench *b) {
    memset(b, 0, sizeof *b);
    fixture_start(&b->f);
    b->f.policy.store_path = path;
}

static inline void bench_run(struct bench *b) {
    world_store(b->f.world, STORE_OPENING, NULL);
    b->state = STORE_OPENING;
    clock_fake_init(&b->clock, WALL0);
    b->news = queue_new(64, drop_news, NULL);
    b->store = store_start(&b->f.policy, &b->clock.clock, NULL);
    assert_non_null(b->store);
    store_listen(b->store, deliver, b);
}

static inline void bench_start(struct bench *b) {
    bench_make(b);
    bench_run(b);
}

static inline void bench_stop(struct bench *b) {
    queue_close(b->news);
    store_listen(b->store, NULL, NULL);
    store_stop(b->store);
    queue_free(b->news);
    fixture_fini(&b->f);
}

/* One piece of news, waited for, taken into the world. */
static inline void take_news(struct bench *b) {
    void *item = NULL;
    assert_int_equal(queue_take(b->news, &item, 1, DEADLINE_MS), 1);
    struct store_news *news = item;
    if (news->recall)
        world_recall(b->f.world, news->recall, news->refresh);
    world_store(b->f.world, news->state, news->note);
    b->state = news->state;
    snprintf(b->note, sizeof b->note, "%s", news->note);
    b->n_news++;
    store_news_free(news);
}

static inline void wait_state(struct bench *b, enum store_state state) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (b->state != state) {
        assert_true(clock_mono_ms(clock_system()) < until);
        take_news(b);
    }
}

static inline void remember(struct bench *b) {
    judge(&b->f);
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (!store_remember(b->store,
                           b->f.s)) { /* the inbox is short: in life the next one carries it */
        assert_true(clock_mono_ms(clock_system()) < until);
        poll(NULL, 0, 1);
    }
}

/* `ms` of a release that is well, remembered. */
static inline void live(struct bench *b, int64_t ms) {
    all_well(&b->f, STABLE, TARGET);
    judge(&b->f);
    run_well(&b->f, ms, STABLE, TARGET);
    remember(b);
}

/* One number from the file, by a reader of its own. */
static inline int64_t ask(const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t number = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 1000);
        if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
            sqlite3_step(stmt) == SQLITE_ROW)
            number = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

static inline void wait_for(const char *sql, int64_t want) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (ask(sql) != want) {
        assert_true(clock_mono_ms(clock_system()) < until);
        poll(NULL, 0, 10);
    }
}

static inline void tell(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
