/* What the store keeps of the logs: minutes of metrics with the cursors up to which they count. */
#include "src/engine/store_logs.h"

#include "src/base/mem.h"
#include "src/engine/db.h"
#include "tests/unit/store_fixture.h"

static char metric_names[2][16] = {"latency_ms", "success"};
static char log_name[] = "client";
static struct metric_spec metrics[2] = {{.name = metric_names[0]}, {.name = metric_names[1]}};
static struct log_spec logs[1] = {{.name = log_name}};
static const struct policy policy = {.metrics = metrics, .n_metrics = 2, .logs = logs, .n_logs = 1};

static const struct digest_bucket few[] = {{3, 1}, {7, 2}}, more[] = {{1, 4}, {7, 3}, {900, 1}};

static struct digest *make(int64_t minute, const struct digest_bucket *buckets, size_t n,
                           double least, double most) {
    struct digest *d = digest_new(&policy, WALL0);
    struct digest_delta delta = {.metric = 0,
                                 .cohort = COHORT_CANDIDATE,
                                 .version = digest_version(d, TARGET),
                                 .minute = minute,
                                 .part = 100,
                                 .min = least,
                                 .max = most};
    for (size_t i = 0; i < n; i++)
        delta.whole += buckets[i].count;
    digest_add(d, &delta, buckets, n);
    return d;
}

static void add_cursor(struct digest *d, uint64_t inode, int64_t offset, bool gone) {
    static char at[] = "/var/log/app.log";
    const struct digest_cursor cursor = {.path = at,
                                         .dev = 5,
                                         .inode = inode,
                                         .offset = offset,
                                         .line = 7,
                                         .head_bytes = 200,
                                         .head_hash = UINT64_MAX - 1,
                                         .gone = gone};
    digest_add_cursor(d, &cursor);
}

static struct store_db *open_file(bool keep) {
    struct trouble trouble;
    assert_true(db_make_folders(path, &trouble));
    struct store_db *db = store_db_open(path, keep, &trouble);
    if (!db)
        fail_msg("trouble %d: %s", (int)trouble.kind, trouble.detail);
    return db;
}

/* Adds and drops it, in a transaction of its own. */
static void keep(struct store_db *db, struct digest *d, bool commit) {
    assert_true(store_db_begin(db));
    assert_true(store_db_add_digest(db, &policy, d));
    if (commit)
        assert_true(store_db_commit(db));
    else
        store_db_rollback(db);
    digest_drop(d);
}

static struct digest *recall(struct store_db *db) {
    struct digest *d = digest_new(&policy, WALL0);
    struct recall *rest = recall_new(&policy);
    assert_true(store_db_recall(db, &policy, true, rest, d));
    recall_free(rest);
    return d;
}

static void what_was_counted_comes_back_added_up(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    keep(db, make(29453760, few, 2, 2, 9), true);
    struct digest *d = make(29453760, more, 3, 1, 8);
    add_cursor(d, 11, 1000, false);
    add_cursor(d, 12, 2000, false);
    keep(db, d, true);
    d = make(29453761, few, 2, 3, 3);
    add_cursor(d, 11, 3000, false);
    add_cursor(d, 12, 0, true);
    keep(db, d, true);
    store_db_close(db);

    db = open_file(false); /* who only reads sees the same */
    d = recall(db);
    assert_true(d->recalled);
    assert_int_equal(d->n_deltas, 2);
    const struct digest_delta *first = &d->deltas[0];
    assert_int_equal(first->minute, 29453760);
    assert_int_equal(first->cohort, COHORT_CANDIDATE);
    assert_string_equal(d->versions[first->version], TARGET);
    assert_true(first->part == 200 && first->whole == 11);
    assert_true(first->min == 1 && first->max == 9);
    static const struct digest_bucket both[] = {{1, 4}, {3, 1}, {7, 5}, {900, 1}};
    assert_int_equal(first->n_buckets, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(d->buckets[first->bucket + i].bucket, both[i].bucket);
        assert_int_equal(d->buckets[first->bucket + i].count, both[i].count);
    }
    assert_int_equal(d->n_cursors, 1);
    assert_int_equal(d->cursors[0].inode, 11);
    assert_int_equal(d->cursors[0].offset, 3000);
    assert_int_equal(d->cursors[0].head_bytes, 200);
    assert_true(d->cursors[0].head_hash == UINT64_MAX - 1);
    assert_string_equal(d->cursors[0].path, "/var/log/app.log");
    digest_drop(d);
    store_db_close(db);
}

static void counts_and_cursors_are_kept_together_or_not_at_all(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    struct digest *d = make(29453760, few, 2, 2, 9);
    add_cursor(d, 11, 1000, false);
    keep(db, d, false);
    d = recall(db);
    assert_int_equal(d->n_deltas, 0);
    assert_int_equal(d->n_cursors, 0);
    digest_drop(d);
    store_db_close(db);
}

static void violations_come_back(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    for (int i = 0; i < DIGEST_VIOLATIONS_MAX + 5; i++) {
        struct digest *d = digest_new(&policy, WALL0);
        d->violations = mem_zero(1, sizeof *d->violations);
        d->n_violations = 1;
        d->violations[0] = (struct digest_violation){
            .wall_ms = WALL0 + i, .rule = METRIC_JITTER, .line = (uint64_t)i};
        snprintf(d->violations[0].text, sizeof d->violations[0].text, "text %d", i);
        keep(db, d, true);
    }
    struct digest *d = recall(db);
    assert_int_equal(d->n_violations, DIGEST_VIOLATIONS_MAX); /* the newest, oldest first */
    assert_int_equal(d->violations[0].line, 5);
    assert_int_equal(d->violations[0].rule, METRIC_JITTER);
    assert_string_equal(d->violations[0].text, "text 5");
    digest_drop(d);
    store_db_close(db);
}

static void what_is_hours_old_is_kept_by_ten_minutes_and_what_is_a_month_old_is_not(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    const int64_t now = WALL0 / MINUTE;
    for (int64_t minute = now - 12 * 60; minute < now; minute += 1)
        keep(db, make(minute, few, 2, 2, 9), true);
    keep(db, make(now - 31 * 24 * 60, few, 2, 2, 9), true);
    assert_true(store_db_begin(db));
    assert_true(store_db_forget(db, WALL0 - 30 * 24 * HOUR, WALL0));
    assert_true(store_db_commit(db));
    struct digest *d = recall(db);
    double whole = 0;
    for (size_t i = 0; i < d->n_deltas; i++)
        whole += d->deltas[i].whole;
    assert_true(whole == 3.0 * 12 * 60); /* none is lost */
    assert_int_equal(d->n_deltas, 8 * 60 + 4 * 6);
    digest_drop(d);
    store_db_close(db);
}

static void a_store_of_schema_1_is_opened_and_goes_on(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    assert_true(store_db_begin(db));
    assert_true(store_db_put_release(db, TARGET, STABLE));
    assert_true(store_db_commit(db));
    store_db_close(db);
    tell("DROP TABLE log_minute; DROP TABLE log_violation; DROP TABLE log_cursor;"
         "PRAGMA user_version = 1");

    db = open_file(false); /* a reader leaves it as it is */
    struct digest *d = recall(db);
    assert_int_equal(d->n_deltas + d->n_cursors, 0);
    digest_drop(d);
    store_db_close(db);
    assert_int_equal(ask("PRAGMA user_version"), 1);

    db = open_file(true);
    keep(db, make(29453760, few, 2, 2, 9), true);
    store_db_close(db);
    assert_int_equal(ask("PRAGMA user_version"), STORE_DB_SCHEMA);
    assert_int_equal(ask("SELECT count(*) FROM release WHERE target = '" TARGET "'"), 1);
    assert_int_equal(ask("SELECT count(*) FROM log_minute"), 1);
}

static void nonsense_in_the_file_is_left_out(void **state) {
    (void)state;
    store_db_close(open_file(true));
    tell("INSERT INTO log_minute VALUES"
         " ('no such metric', 0, '', 29453760, 1, 1, 1, 1, x''),"
         " ('latency_ms', 77, '', 29453760, 1, 1, 1, 1, x''),"
         " ('latency_ms', 0, '', -5, 1, 1, 1, 1, x''),"
         " ('latency_ms', 1, '', 29453760, 1, 1, 1, 1, x'090001000000030001000000'),"
         " ('latency_ms', 2, '', 29453760, 1, -4, 1, 1, NULL);"
         "INSERT INTO log_minute VALUES ('success', 0, '', 29453760, 1, 2, 0, 0, NULL);"
         "INSERT INTO log_violation VALUES (1, 5, 'no such rule', 'client', 1, 'f', 't');"
         "INSERT INTO log_cursor VALUES ('gone log', 1, 1, 'x', 0, 0, 0, 0),"
         " ('client', 1, 2, 'x', -1, 0, 0, 0), ('client', 1, 3, 'x', 0, 0, 100000, 0)");
    struct store_db *db = open_file(true);
    struct digest *d = recall(db);
    assert_int_equal(d->n_violations, 0);
    assert_int_equal(d->n_cursors, 0);
    for (size_t i = 0; i < d->n_deltas; i++) {
        assert_true(d->deltas[i].cohort < COHORTS && d->deltas[i].whole >= 0);
        assert_true(d->deltas[i].minute > 0);
    }
    digest_drop(d);
    store_db_close(db);
}

static struct bench *keeper(void) {
    static struct bench b;
    bench_start(&b);
    b.f.policy.metrics = metrics;
    b.f.policy.n_metrics = 2;
    b.f.policy.logs = logs;
    b.f.policy.n_logs = 1;
    return &b;
}

static void a_keeper_writes_and_a_reader_does_not(void **state) {
    (void)state;
    static struct bench reader;
    struct bench *b = keeper();
    wait_state(b, STORE_KEEPING);
    struct digest *d = make(29453760, few, 2, 2, 9);
    assert_true(store_digest(b->store, d));
    bench_start(&reader);
    wait_state(&reader, STORE_READING);
    assert_true(store_digest(reader.store, d));
    digest_drop(d);
    bench_stop(&reader);
    bench_stop(b); /* writes what is pending */
    assert_int_equal(ask("SELECT whole FROM log_minute"), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_was_counted_comes_back_added_up),
        TEST(counts_and_cursors_are_kept_together_or_not_at_all),
        TEST(violations_come_back),
        TEST(what_is_hours_old_is_kept_by_ten_minutes_and_what_is_a_month_old_is_not),
        TEST(a_store_of_schema_1_is_opened_and_goes_on),
        TEST(nonsense_in_the_file_is_left_out),
        TEST(a_keeper_writes_and_a_reader_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
