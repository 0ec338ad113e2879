/* The file worker when a read hangs: this program's pread() takes the place of the system's. */
#include "probes/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/rig.h"

static _Atomic bool hangs;
static _Atomic unsigned hanging;

static bool no_longer(const void *self) {
    (void)self;
    return !atomic_load(&hangs);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
ssize_t pread(int fd, void *bytes, size_t n, off_t at) {
    if (atomic_load(&hangs)) {
        atomic_fetch_add(&hanging, 1);
        rig_until(no_longer, NULL);
        atomic_fetch_sub(&hanging, 1);
    }
    if (lseek(fd, at, SEEK_SET) < 0)
        return -1;
    return read(fd, bytes, n);
}

static int64_t now_ms(void) {
    return clock_mono_ms(clock_system());
}

/* A file with this content; the path is good until the next call. */
static const char *make_file(const char *content) {
    static char path[32];
    snprintf(path, sizeof(path), "/tmp/gonogo-file-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    return path;
}

static void healthy(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self;
    (void)request;
    (void)number;
    hostile_ok(reply, "application/json",
               "{\"status\":\"OK\",\"latest_version\":\"1.0\",\"latest_build\":\"1.0\"}", NULL);
}

static void test_a_file_that_hangs_blocks_neither_the_network_nor_the_end(void **state) {
    (void)state;
    struct hostile *server = hostile_start(healthy, NULL, NULL);
    const char *path = make_file("1.0\n");
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "file-version", path);
    rig_add_at(&rig, "health", server, "/");
    atomic_store(&hangs, true);
    rig_start(&rig);
    assert_true(rig_counts(&hanging, 1));
    for (int i = 0; i < 3; i++) {
        const struct sample *sample = i ? rig_again(&rig) : rig_next(&rig);
        assert_int_equal(sample->source, 1);
        assert_int_equal(sample->reading, READING_OK);
        sample_drop(sample);
    }
    int64_t began = now_ms();
    rig_fini(&rig);
    assert_true(now_ms() - began < 1000);
    atomic_store(&hangs, false); /* the thread that was left behind comes back and ends */
    assert_true(rig_counts(&hanging, 0));
    hostile_stop(server);
    unlink(path);
}

static void test_a_changed_file_is_seen(void **state) {
    (void)state;
    const char *path = make_file("2.0.0.19\n");
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "file-version", path)->every_ms = 20;
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_string_equal(sample->version, "2.0.0.19");
    sample_drop(sample);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("2.0.0.20\n", f);
    fclose(f);
    for (int64_t end = now_ms() + RIG_DEADLINE_MS; now_ms() < end;) {
        sample = rig_next(&rig);
        bool seen = strcmp(sample->version, "2.0.0.20") == 0;
        sample_drop(sample);
        if (seen)
            end = 0;
    }
    sample = rig_next(&rig);
    assert_string_equal(sample->version, "2.0.0.20");
    sample_drop(sample);
    rig_fini(&rig);
    unlink(path);
}

static void test_a_fifo_is_no_file(void **state) {
    (void)state;
    char path[64];
    struct rig rig;
    snprintf(path, sizeof(path), "/tmp/gonogo-fifo-%d", (int)getpid());
    assert_int_equal(mkfifo(path, 0600), 0);
    rig_init(&rig);
    rig_add(&rig, "manifest", path);
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_non_null(strstr(sample->error, "is no file"));
    sample_drop(sample);
    rig_fini(&rig);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_that_hangs_blocks_neither_the_network_nor_the_end),
        cmocka_unit_test(test_a_changed_file_is_seen),
        cmocka_unit_test(test_a_fifo_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
