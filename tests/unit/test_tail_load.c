/* The follower of logs beside a writer that does not wait for it: 50,000 lines a second, 60 rotations of
 * each kind, a restart in the middle. What was there to read came, each line once. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "tests/unit/tail_fixture.h"

enum {
    ROTATIONS = 60,
    LINES = 2000, /* from one rotation to the next: 40 ms */
    BATCH = 100,  /* lines written at one time */
    BATCH_MS = 2,
    DEADLINE_MS = 60000, /* under sanitizers, on a busy machine */
};

enum kind { RENAME, RENAME_LATE, COPY };

struct writer {
    struct tail_rig *rig;
    enum kind kind;
    pthread_t thread;
    int fd;
    unsigned next; /* the line's number */
    _Atomic bool done;
    _Atomic unsigned rotations;
};

static int open_log(struct writer *w) {
    char path[128];
    snprintf(path, sizeof path, "%s/app.log", w->rig->folder);
    return open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
}

/* Pieces end within lines, as a buffered writer's do. */
static void write_batch(struct writer *w) {
    char bytes[BATCH * 80];
    size_t n = 0;
    for (int i = 0; i < BATCH; i++)
        n += (size_t)snprintf(bytes + n, sizeof bytes - n,
                              "%07u 2026-01-11 11:19:45,389 - a.logger - INFO - message\n",
                              w->next++);
    size_t half = n / 2 + w->next % 40;
    if (write(w->fd, bytes, half) < 0 || write(w->fd, bytes + half, n - half) < 0)
        abort();
}

static void name_of(const struct writer *w, char path[128], unsigned number) {
    snprintf(path, 128, number ? "%s/app.log.%u" : "%s/app.log", w->rig->folder, number);
}

static void copy_file(const char *from, const char *to) {
    char bytes[64 << 10];
    ssize_t n;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)n) != n)
            abort();
    close(in);
    close(out);
}

static void rotate(struct writer *w, unsigned count) {
    char from[128], to[128];
    for (unsigned i = count; i >= 1; i--) { /* app.log.1 becomes app.log.2, … */
        name_of(w, from, i);
        name_of(w, to, i + 1);
        rename(from, to);
    }
    name_of(w, from, 0);
    name_of(w, to, 1);
    if (w->kind == COPY) {
        copy_file(from, to);
        if (ftruncate(w->fd, 0) != 0)
            abort();
        return;
    }
    rename(from, to);
    if (w->kind == RENAME_LATE) /* it notices late that its file has another name now */
        write_batch(w);
    close(w->fd);
    w->fd = open_log(w);
}

static void *write_all(void *self) {
    struct writer *w = self;
    for (unsigned r = 0; r <= ROTATIONS; r++) {
        for (int i = 0; i < LINES / BATCH; i++) {
            write_batch(w);
            poll(NULL, 0, BATCH_MS);
        }
        if (r < ROTATIONS)
            rotate(w, r);
        atomic_fetch_add(&w->rotations, 1);
    }
    atomic_store(&w->done, true);
    return NULL;
}

static void turn(struct tail_rig *r) {
    const struct clock *clock = clock_system();
    int64_t wait = tail_turn(r->tail, clock_wall_ms(clock), clock_mono_ms(clock));
    poll(NULL, 0, wait > 50 ? 50 : (int)wait);
}

static void run(struct tail_rig *r, enum kind kind, const char *path, bool restart) {
    struct writer w = {.rig = r, .kind = kind};
    tail_rig_init(r, path);
    w.fd = open_log(&w);
    tail_rig_start(r);
    int64_t end_ms = clock_mono_ms(clock_system()) + DEADLINE_MS;
    assert_int_equal(pthread_create(&w.thread, NULL, write_all, &w), 0);
    unsigned restarts = 0;
    while (!atomic_load(&w.done)) {
        turn(r);
        if (!restart || atomic_load(&w.rotations) < 10 * (restarts + 1))
            continue;
        tail_rig_end(r);
        poll(NULL, 0, 100); /* some rotations long nobody looks */
        tail_rig_start(r);
        restarts++;
    }
    pthread_join(w.thread, NULL);
    while (r->lines < w.next && clock_mono_ms(clock_system()) < end_ms)
        turn(r);
    for (int i = 0; i < 30; i++) /* would anything come twice? */
        turn(r);
    assert_int_equal(r->skipped, 0);
    unsigned lost = 0, doubled = 0;
    for (unsigned i = 0; i < w.next; i++) {
        lost += r->seen[i] == 0;
        doubled += r->seen[i] > 1;
    }
    if (lost || doubled || r->lines != w.next)
        fail_msg("of %u lines %u were lost and %u came more than once", w.next, lost, doubled);
    assert_int_equal(restarts, restart ? 6 : 0);
    close(w.fd);
    tail_rig_fini(r);
}

static void test_60_renames_under_load(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, RENAME, "app.log", false);
}

static void test_60_renames_that_the_writer_notices_late(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, RENAME_LATE, "app*.log", false);
}

static void test_60_renames_in_a_folder(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, RENAME, "", false);
}

static void test_60_copies_and_cuts_under_load(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, COPY, "app.log", false);
}

static void test_60_copies_and_cuts_in_a_folder(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, COPY, "", false);
}

static void test_restarts_in_the_middle_of_renames(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, RENAME, "app.log", true);
}

static void test_restarts_in_the_middle_of_copies(void **state) {
    struct tail_rig r;
    (void)state;
    run(&r, COPY, "app.log", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_60_renames_under_load),
        cmocka_unit_test(test_60_renames_that_the_writer_notices_late),
        cmocka_unit_test(test_60_renames_in_a_folder),
        cmocka_unit_test(test_60_copies_and_cuts_under_load),
        cmocka_unit_test(test_60_copies_and_cuts_in_a_folder),
        cmocka_unit_test(test_restarts_in_the_middle_of_renames),
        cmocka_unit_test(test_restarts_in_the_middle_of_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
