/* What a full-screen program costs its terminal: start, keys, repaint, rest. Runs any command on a
 * pseudo-terminal, so that peers (htop, btop) are measured in the same way.
 *
 *   bench_ui --head
 *   bench_ui [--rest SECONDS] [--keys N] [--size COLSxROWS] [--press KEYS] NAME COMMAND [ARG...]
 *
 * prints one row of the table, with KEYS pressed behind the first frame:
 *   first    exec to a frame with text on it
 *   key      Down and Up in turn: key to the first byte of the answer, median and 99th percentile
 *   repaint  bytes per cell for Ctrl-L (every cell is sent again)
 *   rest     bytes per second, CPU and memory while nobody touches it */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "tests/screens/screen.h"

enum { KEYS_MAX = 2000, FRAME_TEXT_MIN = 200, QUIET_MS = 120, WAIT_MS = 2000, KEY_WAIT_MS = 500 };

struct figures {
    double first_ms, key_p50_ms, key_p99_ms, repaint, rest_bytes, rest_cpu, rss_mib;
    int unanswered;
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* finer than clock.h, for figures only */
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t written(const struct screen *s) {
    size_t n;
    screen_raw(s, &n);
    return n;
}

/* Characters on the screen that are no blanks. */
static size_t visible(const struct screen *s) {
    char *text = screen_text(s);
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += *p != ' ' && *p != '\n' && ((unsigned char)*p & 0xC0) != 0x80;
    free(text);
    return n;
}

static double first_frame(struct screen *s, double started) {
    while (now_ms() - started < WAIT_MS) {
        if (!screen_pump(s, 50))
            break;
        if (visible(s) >= FRAME_TEXT_MIN)
            return now_ms() - started;
    }
    return -1;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_keys(struct screen *s, int n, struct figures *f) {
    static double took[KEYS_MAX];
    int answered = 0;
    screen_send(s, "\033OB\033OB\033OB");
    screen_settle(s, QUIET_MS);
    for (int i = 0; i < n; i++) {
        size_t before = written(s);
        double sent = now_ms();
        screen_send(s, i % 2 ? "\033OA" : "\033OB");
        while (written(s) == before && now_ms() - sent < KEY_WAIT_MS && screen_pump(s, 50)) {
        }
        if (written(s) > before)
            took[answered++] = now_ms() - sent;
        else
            f->unanswered++;
        screen_settle(s, 3 + i % 7);
    }
    qsort(took, (size_t)answered, sizeof *took, by_value);
    f->key_p50_ms = answered ? took[answered / 2] : -1;
    f->key_p99_ms = answered ? took[answered * 99 / 100] : -1;
}

static double measure_repaint(struct screen *s, int cells) {
    size_t best = 0;
    for (int i = 0; i < 5; i++) { /* the least: the others may hold a tick of the clock */
        screen_settle(s, QUIET_MS);
        size_t before = written(s);
        screen_send(s, "\014");
        screen_settle(s, QUIET_MS);
        size_t took = written(s) - before;
        best = i == 0 || took < best ? took : best;
    }
    return (double)best / cells;
}

static double cpu_ms(pid_t pid) {
#ifdef __linux__
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
#else
    (void)pid;
#endif
    return -1;
}

static double rss_mib(pid_t pid) {
    char path[64];
    long pages = 0, resident = -1;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    if (fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = -1;
    fclose(f);
    return resident < 0 ? -1 : (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void measure_rest(struct screen *s, int seconds, struct figures *f) {
    screen_settle(s, QUIET_MS);
    size_t before = written(s);
    double began = now_ms(), cpu = cpu_ms(screen_pid(s));
    while (now_ms() - began < seconds * 1000.0 && screen_pump(s, 100)) {
    }
    double took = now_ms() - began;
    f->rest_bytes = (double)(written(s) - before) / took * 1000;
    f->rest_cpu = cpu < 0 ? -1 : (cpu_ms(screen_pid(s)) - cpu) / took * 100;
    f->rss_mib = rss_mib(screen_pid(s));
}

struct job {
    const char *name, *press;
    const char *const *argv;
    int rows, cols, keys, rest;
};

static int bench(const struct job *job) {
    struct figures f = {0};
    f.first_ms = -1;
    double starts[5];
    for (int i = 0; i < 5; i++) { /* the median of five starts; the last one stays */
        double started = now_ms();
        struct screen *s = screen_start(job->rows, job->cols, job->argv, NULL);
        starts[i] = first_frame(s, started);
        if (i < 4 || starts[i] < 0) {
            kill(screen_pid(s), SIGTERM);
            screen_wait_end(s);
            screen_free(s);
            if (starts[i] < 0) {
                fprintf(stderr, "bench_ui: %s: no frame within %d ms\n", job->name, WAIT_MS);
                return 1;
            }
            continue;
        }
        screen_settle(s, QUIET_MS);
        screen_send(s, job->press);
        measure_keys(s, job->keys, &f);
        f.repaint = measure_repaint(s, job->rows * job->cols);
        measure_rest(s, job->rest, &f);
        kill(screen_pid(s), SIGTERM);
        screen_wait_end(s);
        screen_free(s);
    }
    qsort(starts, 5, sizeof *starts, by_value);
    printf("%-16s %7.1f ms  %6.2f ms %6.2f ms  %8.2f B  %8.1f B/s  %6.2f %%  %6.1f MiB%s\n",
           job->name, starts[2], f.key_p50_ms, f.key_p99_ms, f.repaint, f.rest_bytes, f.rest_cpu,
           f.rss_mib, f.unanswered ? "  (some keys were not answered)" : "");
    return 0;
}

static int usage(void) {
    fputs("usage: bench_ui --head | [--rest SECONDS] [--keys N] [--size COLSxROWS] [--press KEYS] "
          "NAME COMMAND [ARG...]\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    struct job job = {.press = "", .rows = 40, .cols = 120, .keys = 300, .rest = 30};
    int i = 1;
    if (argc == 2 && strcmp(argv[1], "--head") == 0) {
        printf("%-16s %10s  %9s %9s  %10s  %12s  %8s  %10s\n", "program", "first", "key p50",
               "key p99", "repaint/cell", "at rest", "CPU", "memory");
        return 0;
    }
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        char *end = argv[i + 1];
        if (strcmp(argv[i], "--rest") == 0)
            job.rest = (int)strtol(argv[i + 1], &end, 10);
        else if (strcmp(argv[i], "--keys") == 0)
            job.keys = (int)strtol(argv[i + 1], &end, 10);
        else if (strcmp(argv[i], "--size") == 0 &&
                 sscanf(argv[i + 1], "%dx%d", &job.cols, &job.rows) == 2)
            end = strchr(argv[i + 1], '\0');
        else if (strcmp(argv[i], "--press") == 0) {
            job.press = argv[i + 1];
            end = strchr(argv[i + 1], '\0');
        }
        if (*end || end == argv[i + 1])
            return usage();
    }
    if (argc - i < 2 || job.keys < 1 || job.keys > KEYS_MAX || job.rest < 1 || job.rows < 1 ||
        job.cols < 1)
        return usage();
    job.name = argv[i];
    job.argv = (const char *const *)argv + i + 1;
    return bench(&job);
}
