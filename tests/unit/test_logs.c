/* The tail thread: nothing before it may begin, digests with their cursors, the last of them at the end. */
#include "probes/logs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/queue.h"

enum { DEADLINE_MS = 20000, FULL_MAX = 5 };

static char path[64];
static char log_name[] = "server";
static char metric_name[] = "stream_audio_ms";
static char *paths[] = {path, NULL};

struct heard {
    struct queue *digests;
    _Atomic int full; /* so often there is no room */
};

static void drop(void *item) {
    digest_drop(item);
}

static bool hear(void *self, const struct digest *digest) {
    struct heard *heard = self;
    if (atomic_load(&heard->full) > 0) {
        atomic_fetch_sub(&heard->full, 1);
        return false;
    }
    return queue_push(heard->digests, (void *)(uintptr_t)digest, DEADLINE_MS) == QUEUE_OK;
}

static void add_lines(unsigned n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    assert_true(fd >= 0);
    for (unsigned i = 0; i < n; i++) {
        static const char line[] =
            "ts=2026-01-20T01:43:29.354974 level=INFO scope=grpc method=StreamAudio "
            "decision=complete ctx={} dur_ms=123 msg=ok\n";
        assert_int_equal(write(fd, line, sizeof line - 1), sizeof line - 1);
    }
    close(fd);
}

/* Samples in what was heard, until there are `wanted` or, at 0, until nothing more waits. */
static double count(struct heard *heard, double wanted, struct digest_cursor *cursor) {
    double all = 0;
    void *item;
    while (queue_take(heard->digests, &item, 1, wanted > 0 ? DEADLINE_MS : 0) == 1) {
        const struct digest *d = item;
        for (size_t i = 0; i < d->n_deltas; i++)
            all += d->deltas[i].whole;
        if (d->n_cursors > 0) {
            *cursor = d->cursors[d->n_cursors - 1];
            cursor->path = path;
        }
        digest_drop(d);
        if (wanted > 0 && all >= wanted)
            break;
    }
    return all;
}

static void test_counts_every_line_once_over_a_restart(void **state) {
    (void)state;
    static struct metric_spec metric = {.name = metric_name,
                                        .unit = metric_name + 13,
                                        .input = METRIC_STREAM_MS,
                                        .over = -1,
                                        .log = -1};
    static struct log_spec log = {
        .name = log_name, .format = LOG_LOGFMT, .profiles = METRIC_SERVER, .paths = paths};
    static struct policy policy = {.logs = &log, .n_logs = 1, .metrics = &metric, .n_metrics = 1};
    struct heard heard = {.digests = queue_new(64, drop, NULL)};
    struct digest_cursor cursor = {0};
    snprintf(path, sizeof path, "/tmp/gonogo-logs-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    add_lines(10); /* before our time */

    const struct logs_outlet outlet = {.send = hear, .self = &heard};
    struct logs *logs = logs_start(&policy, clock_system(), outlet, NULL);
    assert_non_null(logs);
    logs_begin(logs, NULL);
    assert_true(count(&heard, 0, &cursor) == 0);
    while (cursor.offset == 0) /* it has begun */
        count(&heard, 0, &cursor);
    add_lines(20);
    assert_true(count(&heard, 20, &cursor) == 20);
    atomic_store(&heard.full, FULL_MAX); /* a digest that finds no room is not lost */
    add_lines(30);
    assert_true(count(&heard, 30, &cursor) == 30);
    add_lines(7); /* and what comes last is read */
    logs_stop(logs);
    assert_true(count(&heard, 0, &cursor) == 7);
    assert_int_equal(cursor.line, 67);

    add_lines(5);
    struct digest *recalled = digest_new(&policy, 0);
    digest_add_cursor(recalled, &cursor);
    logs = logs_start(&policy, clock_system(), outlet, NULL);
    logs_begin(logs, recalled);
    digest_drop(recalled);
    assert_true(count(&heard, 5, &cursor) == 5);
    logs_stop(logs);
    assert_true(count(&heard, 0, &cursor) == 0);
    queue_free(heard.digests);
    unlink(path);
}

static void test_ends_at_once_when_it_never_began(void **state) {
    (void)state;
    static struct policy policy = {0};
    struct heard heard = {.digests = queue_new(4, drop, NULL)};
    const struct logs_outlet outlet = {.send = hear, .self = &heard};
    struct logs *logs = logs_start(&policy, clock_system(), outlet, NULL);
    assert_true(logs_alive(logs, clock_mono_ms(clock_system())));
    logs_stop(logs);
    assert_int_equal(queue_len(heard.digests), 0);
    logs_stop(NULL);
    queue_free(heard.digests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_every_line_once_over_a_restart),
        cmocka_unit_test(test_ends_at_once_when_it_never_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
