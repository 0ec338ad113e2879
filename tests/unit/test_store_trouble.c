/* The store in trouble: it is said in words, nothing is overwritten, and what can pass does. */
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store_fixture.h"

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

/* A write beyond the limit then fails with an error, as it does without room. */
static void ignore_file_size_signal(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL);
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
    assert_lost_untouched("is no database");
    write_file(text, sizeof text - 1);
    assert_lost_untouched("is no database");
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

/* Noise breaks a file in many ways: a page that is none, and once in a thousand times a text that says
 * to be longer than the sky. SQLite then speaks of other things than damage. */
static void noise_in_a_store_is_damage_whatever_it_hits(void **state) {
    (void)state;
    enum { FROM = 2000, NOISE = 6000 };
    static const uint64_t seeds[] = {1, 1901, 3833, 3906};
    static char bytes[1 << 20];
    struct bench b;
    bench_start(&b);
    wait_state(&b, STORE_KEEPING);
    live(&b, HOUR);
    bench_stop(&b);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_in_range(n, FROM + NOISE, sizeof bytes - 1);
    for (size_t k = 0; k < sizeof seeds / sizeof *seeds; k++) {
        uint64_t random = UINT64_C(88172645463325252) + seeds[k] * 7919;
        for (size_t i = FROM; i < FROM + NOISE; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[i] = (char)random;
        }
        write_file(bytes, n);
        assert_lost_untouched("is damaged");
    }
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
    tell("PRAGMA user_version = 4");
    assert_lost_untouched("newer gonogo (schema 4, this one knows 3)");
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
    assert_non_null(strstr(b.note, "is no database"));
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
                                  "INSERT INTO soak VALUES ('other', '1', 0, 0, '')",
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
    ignore_file_size_signal();
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
    ignore_file_size_signal();
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

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_file_that_is_no_database_is_left_alone),
        STORE_TEST(a_damaged_store_is_left_alone),
        STORE_TEST(noise_in_a_store_is_damage_whatever_it_hits),
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
        STORE_TEST(rows_that_somebody_edited_pass_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
