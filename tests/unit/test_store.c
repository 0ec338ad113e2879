/* The store: what it remembers, and who keeps it. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store_fixture.h"

static void the_file_is_made_with_its_folders_and_is_private(void **state) {
    (void)state;
    struct bench b;
    struct stat st;
    umask(0);
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    umask(022);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char name[128];
    snprintf(name, sizeof name, "%s/state/gonogo", folder);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    bench_stop(&b);
    assert_int_equal(ask("PRAGMA user_version"), STORE_DB_SCHEMA);
    assert_int_equal(ask("PRAGMA application_id"), STORE_DB_APPLICATION);
}

static void a_restart_knows_soak_since_baseline_and_sparklines(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, 5 * HOUR);
    int64_t since = b.f.s->gates[G_AGREE].since_ms;
    assert_int_equal(b.f.s->soaks[G_SOAK].observed_ms, 5 * HOUR);
    bench_stop(&b);

    bench_start(&b);
    b.f.wall_ms = WALL0 + 5 * HOUR + MINUTE;
    judge(&b.f);
    wait_state(&b, STORE_KEEPING);
    all_well(&b.f, STABLE, TARGET);
    judge(&b.f);
    assert_int_equal(b.f.s->soaks[G_SOAK].observed_ms, 5 * HOUR + MINUTE);
    assert_int_equal(b.f.s->gates[G_AGREE].since_ms, since);
    assert_string_equal(b.f.s->baseline, STABLE);
    assert_int_equal(b.f.s->sources[HEALTH].spark[0], 40);
    bench_stop(&b);
}

static void soak_is_on_the_disk_within_a_second_or_so(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    wait_for("SELECT observed_ms FROM soak WHERE gate = 'soak'", HOUR);
    bench_stop(&b);
}

static void history_is_one_row_a_minute(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    for (int i = 0; i < 36;
         i++) { /* three minutes, five seconds apart, each snapshot handed over */
        all_well(&b.f, STABLE, TARGET);
        if (i % 12 == 0)
            bad(&b.f, HEALTH);
        remember(&b);
        advance(&b.f, EVERY_MS);
        all_well(&b.f, STABLE, TARGET);
        if (i % 12 == 11)
            wait_for("SELECT count(*) FROM source_minute WHERE 0", 0);
    }
    bench_stop(&b);
    assert_true(ask("SELECT count(*) FROM source_minute WHERE source = 'staging/health'") >= 2);
    assert_int_equal(ask("SELECT max(n - n_ok) FROM source_minute WHERE source = 'staging/health'"),
                     1);
    assert_int_equal(ask("SELECT latency_max FROM source_minute WHERE source = 'staging/health'"),
                     40);
}

static void gate_changes_are_written_once_and_starts_are_none(void **state) {
    (void)state;
    struct bench b;
    for (int start = 0; start < 3; start++) {
        bench_start(&b);
        wait_state(&b, STORE_KEEPING);
        remember(&b); /* all pending */
        live(&b, MINUTE);
        if (start == 2) {
            good(&b.f, HEALTH, STABLE);
            remember(&b);
        }
        bench_stop(&b);
    }
    assert_int_equal(ask("SELECT count(*) FROM gate_change WHERE gate = 'fresh'"), 1);
    assert_int_equal(ask("SELECT count(*) FROM gate_change WHERE gate = 'versions agree'"), 2);
    assert_int_equal(ask("SELECT count(*) FROM gate_change WHERE gate = 'versions agree' AND "
                         "verdict = 'fail' AND reason LIKE 'staging/health says%'"),
                     1);
}

static void history_older_than_a_month_is_forgotten(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    bench_stop(&b);
    char sql[512];
    long long old = WALL0 - 31 * 24 * HOUR, young = WALL0 - 29 * 24 * HOUR;
    snprintf(sql, sizeof sql,
             "INSERT INTO source_minute VALUES ('a/b', %lld, 1, 1, 0, 0, NULL, NULL, ''),"
             " ('a/b', %lld, 1, 1, 0, 0, NULL, NULL, '');"
             "INSERT INTO gate_change (gate, at, verdict, reason) VALUES"
             " ('x', %lld, 'fail', ''), ('x', %lld, 'pass', '');",
             old / 60000, young / 60000, old, old + 1);
    tell(sql);
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    wait_for("SELECT count(*) FROM source_minute", 1);
    wait_for("SELECT count(*) FROM gate_change", 1); /* the last word about a gate stays */
    assert_int_equal(ask("SELECT count(*) FROM gate_change WHERE verdict = 'pass'"), 1);
    bench_stop(&b);
}

static void a_second_process_reads_and_takes_over(void **state) {
    (void)state;
    struct bench keeper, reader;
    bench_start(&keeper);
    wait_state(&keeper, STORE_KEEPING);
    live(&keeper, HOUR);
    wait_for("SELECT observed_ms FROM soak", HOUR);
    bench_start(&reader);
    reader.f.wall_ms = keeper.f.wall_ms;
    wait_state(&reader, STORE_READING);
    all_well(&reader.f, STABLE, TARGET);
    judge(&reader.f);
    assert_int_equal(reader.f.s->soaks[G_SOAK].observed_ms, HOUR);
    live(&keeper, HOUR);
    wait_for("SELECT observed_ms FROM soak", 2 * HOUR);
    unsigned heard = reader.n_news;
    while (reader.n_news < heard + 2) /* one refresh may have been on its way already */
        take_news(&reader);
    judge(&reader.f);
    assert_int_equal(reader.f.s->soaks[G_SOAK].observed_ms, 2 * HOUR);
    assert_int_equal(reader.state, STORE_READING);
    bench_stop(&keeper);
    wait_state(&reader, STORE_KEEPING);
    judge(&reader.f);
    assert_true(reader.f.s->soaks[G_SOAK].observed_ms >= 2 * HOUR);
    bench_stop(&reader);
    assert_int_equal(ask("SELECT count(*) FROM soak"), 1);
}

static void a_kill_at_any_time_leaves_a_usable_store(void **state) {
    (void)state;
    int64_t observed = 0;
    for (int round = 0; round < 6; round++) {
        pid_t child = fork();
        if (child == 0) {
            struct bench b;
            alarm(DEADLINE_MS / 1000); /* nobody may be left to kill it */
            bench_start(&b);
            b.f.wall_ms = WALL0 + observed;
            wait_state(&b, STORE_KEEPING);
            all_well(&b.f, STABLE, TARGET);
            for (;;) {
                run_well(&b.f, MINUTE, STABLE, TARGET);
                store_remember(b.store, b.f.s);
                poll(NULL, 0, 1);
            }
        }
        poll(NULL, 0, 1050 + round * 37); /* around a write, not at a known point of it */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_int_equal(ask("SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'"),
                         1);
        int64_t now = ask("SELECT observed_ms FROM soak");
        assert_true(now >= observed || round == 0);
        if (now > 0)
            observed = now;
    }
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    bench_stop(&b);
}

static void no_store_is_said_as_such(void **state) {
    (void)state;
    struct bench b;
    memset(&b, 0, sizeof b);
    fixture_start(&b.f);
    clock_fake_init(&b.clock, WALL0);
    b.news = queue_new(64, drop_news, NULL);
    b.store = store_start(&b.f.policy, &b.clock.clock, NULL);
    poll(NULL, 0, 1); /* the news may come before or after there is somebody to hear them */
    store_listen(b.store, deliver, &b);
    wait_state(&b, STORE_NONE);
    bench_stop(&b);
}

static void an_end_is_quick_and_writes_what_was_handed_over(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    int64_t from = clock_mono_ms(clock_system());
    bench_stop(&b);
    assert_true(clock_mono_ms(clock_system()) - from < 5000);
    assert_int_equal(ask("SELECT observed_ms FROM soak"), HOUR);
    assert_int_equal(ask("SELECT count(*) FROM source_spark"), N_SOURCES);
    assert_int_equal(ask("SELECT count(*) FROM release WHERE baseline = '2.0.0.19'"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_file_is_made_with_its_folders_and_is_private),
        STORE_TEST(a_restart_knows_soak_since_baseline_and_sparklines),
        STORE_TEST(soak_is_on_the_disk_within_a_second_or_so),
        STORE_TEST(history_is_one_row_a_minute),
        STORE_TEST(gate_changes_are_written_once_and_starts_are_none),
        STORE_TEST(history_older_than_a_month_is_forgotten),
        STORE_TEST(a_second_process_reads_and_takes_over),
        STORE_TEST(a_kill_at_any_time_leaves_a_usable_store),
        STORE_TEST(no_store_is_said_as_such),
        STORE_TEST(an_end_is_quick_and_writes_what_was_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
