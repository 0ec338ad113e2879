/* The store: what it remembers, who keeps it, and that trouble is said and nothing is overwritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-store-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state/gonogo/gonogo.db", folder);
    return 0;
}

static int tear_down(void **state) {
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

static void drop_news(void *item) {
    store_news_free(item);
}

static void deliver(void *self, struct store_news *news) {
    struct bench *b = self;
    if (queue_push(b->news, news, -1) != QUEUE_OK)
        store_news_free(news);
}

static void bench_start(struct bench *b) {
    memset(b, 0, sizeof *b);
    fixture_start(&b->f);
    b->f.policy.store_path = path;
    world_store(b->f.world, STORE_OPENING, NULL);
    b->state = STORE_OPENING;
    clock_fake_init(&b->clock, WALL0);
    b->news = queue_new(64, drop_news, NULL);
    b->store = store_start(&b->f.policy, &b->clock.clock, NULL);
    assert_non_null(b->store);
    store_listen(b->store, deliver, b);
}

static void bench_stop(struct bench *b) {
    queue_close(b->news);
    store_listen(b->store, NULL, NULL);
    store_stop(b->store);
    queue_free(b->news);
    fixture_fini(&b->f);
}

/* One piece of news, waited for, taken into the world. */
static void take_news(struct bench *b) {
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

static void wait_state(struct bench *b, enum store_state state) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (b->state != state) {
        assert_true(clock_mono_ms(clock_system()) < until);
        take_news(b);
    }
}

static void remember(struct bench *b) {
    judge(&b->f);
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (!store_remember(b->store,
                           b->f.s)) { /* the inbox is short: in life the next one carries it */
        assert_true(clock_mono_ms(clock_system()) < until);
        usleep(1000);
    }
}

/* `ms` of a release that is well, remembered. */
static void live(struct bench *b, int64_t ms) {
    all_well(&b->f, STABLE, TARGET);
    judge(&b->f);
    run_well(&b->f, ms, STABLE, TARGET);
    remember(b);
}

/* One number from the file, by a reader of its own. */
static int64_t ask(const char *sql) {
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

static void wait_for(const char *sql, int64_t want) {
    int64_t until = clock_mono_ms(clock_system()) + DEADLINE_MS;
    while (ask(sql) != want) {
        assert_true(clock_mono_ms(clock_system()) < until);
        usleep(10000);
    }
}

static void tell(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void make_folder(void) {
    char name[128];
    snprintf(name, sizeof name, "%s/state", folder);
    mkdir(name, 0700);
    snprintf(name, sizeof name, "%s/state/gonogo", folder);
    mkdir(name, 0700);
}

static void write_file(const char *bytes, size_t n) {
    make_folder();
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static size_t read_file(char *dst, size_t cap) {
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, dst, cap);
    close(fd);
    assert_true(n >= 0);
    return (size_t)n;
}

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

/* The file as it is now must be lost with `words`, and be the same bytes afterwards. */
static void assert_lost_untouched(const char *words) {
    static char before[1 << 16], after[1 << 16];
    struct bench b;
    size_t n = read_file(before, sizeof before);
    bench_start(&b);
    wait_state(&b, STORE_LOST);
    if (!strstr(b.note, words))
        fail_msg("\"%s\" lacks \"%s\"", b.note, words);
    assert_non_null(strstr(b.note, path)); /* where, what, what to do */
    live(&b, 25 * HOUR);
    assert_int_equal(b.f.s->gates[G_SOAK].verdict, GATE_UNKNOWN);
    assert_int_equal(b.f.s->verdict, VERDICT_HOLD);
    bench_stop(&b);
    assert_int_equal(read_file(after, sizeof after), n);
    assert_memory_equal(before, after, n);
}

static void a_file_that_is_no_database_is_left_alone(void **state) {
    (void)state;
    static const char text[] = "these are the notes of somebody who named the wrong file\n";
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = text[i % (sizeof text - 1)];
    write_file(bytes, sizeof bytes);
    assert_lost_untouched("is no store");
    write_file(text, sizeof text - 1);
    assert_lost_untouched("is no store");
}

static void a_damaged_store_is_left_alone(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    bench_stop(&b);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    for (off_t page = 1; page < 6; page++) /* the header stands, the pages behind it do not */
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), (ssize_t)sizeof junk);
    close(fd);
    assert_lost_untouched("is damaged");
}

static void a_truncated_store_is_left_alone(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    bench_stop(&b);
    assert_int_equal(truncate(path, 4096 + 100), 0);
    assert_lost_untouched("is damaged");
}

static void a_newer_store_is_left_alone(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    bench_stop(&b);
    tell("PRAGMA user_version = 2");
    assert_lost_untouched("newer gonogo (schema 2, this one knows 1)");
}

static void another_programs_database_is_left_alone(void **state) {
    (void)state;
    make_folder();
    tell("CREATE TABLE bookmarks (url TEXT)");
    assert_lost_untouched("another program's database");
}

static void a_folder_in_the_place_of_the_file_is_said(void **state) {
    (void)state;
    struct bench b;
    make_folder();
    assert_int_equal(mkdir(path, 0700), 0);
    bench_start(&b);
    wait_state(&b, STORE_LOST);
    assert_non_null(strstr(b.note, "is no store"));
    bench_stop(&b);
}

static void a_folder_that_cannot_be_made_is_said(void **state) {
    (void)state;
    struct bench b;
    char name[128];
    snprintf(name, sizeof name, "%s/state", folder);
    int fd = open(name, O_WRONLY | O_CREAT, 0600); /* a file where the folder should be */
    close(fd);
    bench_start(&b);
    wait_state(&b, STORE_LOST);
    assert_non_null(strstr(b.note, "folder cannot be made"));
    bench_stop(&b);
}

/* In a child without privileges: root may write everywhere. */
static void a_store_that_cannot_be_written_is_said(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    bench_stop(&b);
    chmod(path, 0444);
    char name[160];
    snprintf(name, sizeof name, "%s.lock", path);
    chmod(name, 0444);
    for (char *slash = strchr(path + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        chmod(path, 0555);
        *slash = '/';
    }
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(2);
        bench_start(&b);
        wait_state(&b, STORE_LOST);
        _exit(strstr(b.note, "cannot be written") ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    for (char *slash = strchr(path + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        chmod(path, 0755);
        *slash = '/';
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_locked_store_is_said_and_kept_when_it_is_free(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    bench_stop(&b);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other,
                                  "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;"
                                  "INSERT INTO soak VALUES ('other', '1', 0, 0)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    bench_start(&b);
    b.f.wall_ms = WALL0 + HOUR;
    wait_state(&b, STORE_LOST);
    assert_non_null(strstr(b.note, "is locked by another program"));
    live(&b, MINUTE); /* seen while nothing could be remembered */
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    wait_state(&b, STORE_KEEPING);
    judge(&b.f);
    assert_int_equal(b.f.s->soaks[G_SOAK].observed_ms, HOUR + MINUTE);
    remember(&b);
    bench_stop(&b);
    assert_int_equal(ask("SELECT observed_ms FROM soak WHERE gate = 'soak'"), HOUR + MINUTE);
}

/* Files may grow no further, as with a quota; then there is room again. */
static void a_write_that_fails_is_said_and_the_store_goes_on_when_it_can(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    wait_for("SELECT observed_ms FROM soak", HOUR);
    struct rlimit before, full;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 100;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    live(&b, HOUR);
    void *item = NULL;
    size_t told = queue_take(b.news, &item, 1, DEADLINE_MS);
    setrlimit(RLIMIT_FSIZE, &before); /* before any assertion can print */
    assert_int_equal(told, 1);
    assert_int_equal(queue_try_push(b.news, item), QUEUE_OK);
    wait_state(&b, STORE_LOST);
    judge(&b.f);
    assert_int_equal(b.f.s->gates[G_SOAK].verdict, GATE_UNKNOWN);
    wait_state(&b, STORE_KEEPING);
    remember(&b);
    wait_for("SELECT observed_ms FROM soak", 2 * HOUR);
    bench_stop(&b);
}

#ifdef __linux__
/* A disk of our own to fill: false where that is not allowed. */
static bool mount_small_disk(void) {
    make_folder();
    char name[128];
    snprintf(name, sizeof name, "%s/state/gonogo", folder);
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    return mount("tmpfs", name, "tmpfs", 0, "size=512k") == 0;
}

/* Fills the disk; the name of the filler is the caller's to unlink. */
static bool fill_disk(const char *name) {
    static const char bytes[4096];
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    if (fd < 0)
        return false;
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    int number = errno;
    close(fd);
    return number == ENOSPC;
}

enum { NOT_ALLOWED = 77 };

static void live_on_a_full_disk(void) {
    struct bench b;
    char filler[160];
    alarm(3 * DEADLINE_MS / 1000);
    if (!mount_small_disk())
        _exit(NOT_ALLOWED);
    snprintf(filler, sizeof filler, "%s.filler", path);
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    wait_for("SELECT observed_ms FROM soak", HOUR);
    assert_true(fill_disk(filler));
    while (b.state != STORE_LOST) { /* until the log wants to grow */
        for (int i = 0; i < 50; i++)
            live(&b, MINUTE);
        void *item = NULL;
        if (queue_take(b.news, &item, 1, 100) == 0)
            continue;
        queue_try_push(b.news, item);
        take_news(&b);
    }
    assert_non_null(strstr(b.note, "the disk is full: make room"));
    judge(&b.f);
    assert_int_equal(b.f.s->gates[G_SOAK].verdict, GATE_UNKNOWN);
    assert_int_equal(unlink(filler), 0);
    wait_state(&b, STORE_KEEPING);
    remember(&b);
    wait_for("SELECT observed_ms FROM soak", b.f.s->soaks[G_SOAK].observed_ms);
    bench_stop(&b);
    _exit(0);
}

static void a_full_disk_is_said_and_the_store_goes_on_when_there_is_room(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0)
        live_on_a_full_disk();
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_ALLOWED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}
#endif

static void a_failed_write_rolls_back_and_can_be_repeated(void **state) {
    (void)state;
    struct trouble trouble;
    make_folder();
    struct store_db *db = store_db_open(path, true, &trouble);
    assert_non_null(db);
    struct rlimit before, full;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 64 << 10;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &full);
    bool well = true;
    for (int i = 0; well && i < 10000; i++) {
        struct soak soak = {.target = TARGET, .observed_ms = i};
        char name[512];
        snprintf(name, sizeof name, "%0400d", i);
        well = store_db_begin(db) && store_db_put_soak(db, name, &soak) && store_db_commit(db);
    }
    store_db_trouble(db, &trouble);
    store_db_rollback(db);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(well);
    assert_true(trouble_may_pass(trouble.kind));
    struct soak soak = {.target = TARGET, .observed_ms = 7};
    assert_true(store_db_begin(db) && store_db_put_soak(db, "soak", &soak) && store_db_commit(db));
    store_db_close(db);
    assert_int_equal(ask("SELECT observed_ms FROM soak WHERE gate = 'soak'"), 7);
    assert_int_equal(ask("SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'"), 1);
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
                usleep(1000);
            }
        }
        usleep(1050000 +
               (useconds_t)round * 37000); /* around a write, not at a known point of it */
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

static void rows_that_somebody_edited_pass_nothing(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, MINUTE);
    bench_stop(&b);
    tell("UPDATE soak SET observed_ms = 'plenty', last_ms = x'ff'");
    tell("UPDATE source_spark SET points = x'0102';"
         "INSERT INTO gate_change (gate, at, verdict, reason) VALUES ('soak', -5, 'GO!', '')");
    bench_start(&b);
    b.f.wall_ms = WALL0 + HOUR;
    wait_state(&b, STORE_KEEPING);
    live(&b, MINUTE);
    assert_int_equal(b.f.s->gates[G_SOAK].verdict, GATE_WAIT);
    assert_true(b.f.s->soaks[G_SOAK].observed_ms <= 2 * MINUTE);
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
    usleep(1000); /* the news may come before or after there is somebody to hear them */
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

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_file_is_made_with_its_folders_and_is_private),
        STORE_TEST(a_restart_knows_soak_since_baseline_and_sparklines),
        STORE_TEST(soak_is_on_the_disk_within_a_second_or_so),
        STORE_TEST(history_is_one_row_a_minute),
        STORE_TEST(gate_changes_are_written_once_and_starts_are_none),
        STORE_TEST(history_older_than_a_month_is_forgotten),
        STORE_TEST(a_second_process_reads_and_takes_over),
        STORE_TEST(a_file_that_is_no_database_is_left_alone),
        STORE_TEST(a_damaged_store_is_left_alone),
        STORE_TEST(a_truncated_store_is_left_alone),
        STORE_TEST(a_newer_store_is_left_alone),
        STORE_TEST(another_programs_database_is_left_alone),
        STORE_TEST(a_folder_in_the_place_of_the_file_is_said),
        STORE_TEST(a_folder_that_cannot_be_made_is_said),
        STORE_TEST(a_store_that_cannot_be_written_is_said),
        STORE_TEST(a_locked_store_is_said_and_kept_when_it_is_free),
        STORE_TEST(a_write_that_fails_is_said_and_the_store_goes_on_when_it_can),
#ifdef __linux__
        STORE_TEST(a_full_disk_is_said_and_the_store_goes_on_when_there_is_room),
#endif
        STORE_TEST(a_failed_write_rolls_back_and_can_be_repeated),
        STORE_TEST(a_kill_at_any_time_leaves_a_usable_store),
        STORE_TEST(rows_that_somebody_edited_pass_nothing),
        STORE_TEST(no_store_is_said_as_such),
        STORE_TEST(an_end_is_quick_and_writes_what_was_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
