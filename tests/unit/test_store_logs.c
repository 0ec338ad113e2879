/* What the store keeps of the logs: minutes of metrics with the cursors up to which they count. */
#include "src/engine/store_logs.h"

#include <math.h>

#include "src/base/mem.h"
#include "src/engine/db.h"
#include "src/model/histogram.h"
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
         "ALTER TABLE soak DROP COLUMN fingerprint; PRAGMA user_version = 1");

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

static void a_store_of_schema_2_keeps_its_logs_and_names_no_candidate(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    keep(db, make(29453760, few, 2, 2, 9), true);
    store_db_close(db);
    tell("ALTER TABLE soak DROP COLUMN fingerprint; PRAGMA user_version = 2;"
         "INSERT INTO soak VALUES ('soak', '" TARGET "', 3600000, 5)");
    store_db_close(open_file(false));
    assert_int_equal(ask("PRAGMA user_version"), 2);
    store_db_close(open_file(true));
    assert_int_equal(ask("PRAGMA user_version"), STORE_DB_SCHEMA);
    assert_int_equal(ask("SELECT count(*) FROM log_minute"), 1);
    assert_int_equal(
        ask("SELECT count(*) FROM soak WHERE observed_ms = 3600000 AND fingerprint = ''"), 1);
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
    bench_make(&b);
    b.f.policy.metrics = metrics;
    b.f.policy.n_metrics = 2;
    b.f.policy.logs = logs;
    b.f.policy.n_logs = 1;
    bench_run(&b);
    return &b;
}

/* ---- earlier curves ---- */

#define PAST_DAY0 (INT64_C(20500) * 1440)
#define PAST_NOW  (PAST_DAY0 + 10 * 1440 + 15 * 60)

static char past_unit[] = "ms";
static struct slo_spec past_slo = {
    .metric = 0, .quantile = 0.5, .min = NAN, .max = 600, .warn = NAN, .window_ms = 3600000};
static struct metric_spec past_metric[] = {
    {.name = metric_names[0], .unit = past_unit, .shape = SHAPE_MEASURE}};
static const struct policy past_policy = {
    .metrics = past_metric, .n_metrics = 1, .slos = &past_slo, .n_slos = 1};

static void keep_value(struct store_db *db, int64_t minute, const char *version, double value) {
    struct digest *d = digest_new(&past_policy, WALL0);
    struct digest_bucket bucket = {(uint16_t)histogram_bucket(value), 10};
    struct digest_delta delta = {.version = digest_version(d, version),
                                 .minute = minute,
                                 .part = 10 * value,
                                 .whole = 10,
                                 .min = value,
                                 .max = value};
    digest_add(d, &delta, &bucket, 1);
    assert_true(store_db_begin(db) && store_db_add_digest(db, &past_policy, d) &&
                store_db_commit(db));
    digest_drop(d);
}

static struct slo_past past_of(struct store_db *db, const char *target, const char *previous,
                               int64_t later) {
    struct past *past = NULL;
    assert_true(
        store_db_past(db, &past_policy, target, previous, (PAST_NOW + later) * 60000, &past));
    struct slo_past curve = past->curves[0];
    assert_int_equal(past->n, 1);
    past_free(past);
    return curve;
}

static void the_release_before_comes_back_at_the_same_hour_of_its_life(void **state) {
    (void)state;
    struct store_db *db = open_file(true);
    assert_int_equal(past_of(db, TARGET, STABLE, 0).kind, PAST_NONE); /* an empty file */
    keep_value(db, PAST_DAY0, "2.0.0.18", 100);
    keep_value(db, PAST_DAY0 + 3 * 1440, STABLE, 100); /* its first line */
    keep_value(db, PAST_DAY0 + 3 * 1440 + 170, STABLE, 320);
    keep_value(db, PAST_NOW - 1440 - 5, STABLE, 250);
    struct slo_past curve = past_of(db, TARGET, STABLE, 0);
    assert_int_equal(curve.kind, PAST_DAY); /* the target has said nothing yet */
    assert_true(fabsf(curve.points[55] - 250) < 2);
    keep_value(db, PAST_NOW - 180, TARGET, 100); /* three hours old */
    curve = past_of(db, TARGET, STABLE, 1);
    assert_int_equal(curve.kind, PAST_DAY); /* not all minutes are looked at each minute */
    curve = past_of(db, TARGET, STABLE, 11);
    assert_int_equal(curve.kind, PAST_RELEASE);
    assert_string_equal(curve.release, STABLE);
    assert_true(fabsf(curve.points[40] - 320) < 3 && isnan(curve.points[0]));
    /* By tens, as it is hours later, it is the same; and who only reads sees it. */
    assert_true(store_db_begin(db) &&
                store_db_forget(db, (PAST_DAY0 - 1) * 60000, PAST_NOW * 60000) &&
                store_db_commit(db));
    store_db_close(db);
    db = open_file(false);
    struct slo_past later = past_of(db, TARGET, STABLE, 11);
    assert_int_equal(later.kind, PAST_RELEASE);
    assert_true(later.shift_ms == curve.shift_ms);
    assert_true(fabsf(later.points[40] - 320) < 3 && isnan(later.points[0]));
    /* A release that nobody heard of. */
    assert_int_equal(past_of(db, TARGET, "2.0.0.17", 0).kind, PAST_DAY);
    store_db_close(db);
}

static void tell_past(struct bench *b, enum store_state state) {
    void *item = NULL;
    assert_int_equal(queue_take(b->news, &item, 1, DEADLINE_MS), 1);
    struct store_news *news = item;
    assert_int_equal(news->state, state);
    assert_non_null(news->past);
    assert_int_equal(news->past->curves[0].kind, PAST_DAY);
    assert_true(fabsf(news->past->curves[0].points[59] - 320) < 3);
    store_news_free(news);
}

static void the_first_news_bring_what_charts_are_laid_over(void **state) {
    (void)state;
    static struct bench benches[2]; /* who keeps, and who reads */
    struct store_db *db = open_file(true);
    keep_value(db, WALL0 / 60000 - 1440, "", 320);
    store_db_close(db);
    for (int i = 0; i < 2; i++) {
        bench_make(&benches[i]);
        benches[i].f.policy.metrics = past_metric;
        benches[i].f.policy.n_metrics = 1;
        benches[i].f.policy.slos = &past_slo;
        benches[i].f.policy.n_slos = 1;
        bench_run(&benches[i]);
        tell_past(&benches[i], i == 0 ? STORE_KEEPING : STORE_READING);
    }
    bench_stop(&benches[1]);
    bench_stop(&benches[0]);
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
        TEST(a_store_of_schema_2_keeps_its_logs_and_names_no_candidate),
        TEST(nonsense_in_the_file_is_left_out),
        TEST(the_release_before_comes_back_at_the_same_hour_of_its_life),
        TEST(the_first_news_bring_what_charts_are_laid_over),
        TEST(a_keeper_writes_and_a_reader_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
