/* The model of logs, in CPU seconds: a histogram's sample, its quantile, a canary, and the logbook on a
 * log as `make_log` writes it, in blocks as who follows a log gives them. `bench_logbook FILE` */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/base/mem.h"
#include "src/model/canary.h"
#include "src/model/logbook.h"

static double cpu(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

enum { ROUNDS = 2000, VALUES = 1 << 16 };

static void bench_histogram(void) {
    static double values[VALUES];
    static struct histogram h;
    static struct digest_bucket buckets[HISTOGRAM_BUCKETS];
    enum { QUANTILES = 20000 };
    uint32_t seed = 1;
    for (size_t i = 0; i < VALUES; i++) {
        seed = seed * 1664525U + 1013904223U;
        values[i] = 50 + (double)(seed >> 8) / 4096;
    }
    double before = cpu();
    for (int r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < VALUES; i++)
            histogram_add(&h, values[i]);
    double took = cpu() - before;
    printf("%-32s %8.2f ns each, %zu bytes\n", "a sample into a histogram",
           took * 1e9 / ROUNDS / VALUES, sizeof h);
    double sum = 0;
    before = cpu();
    for (int i = 0; i < QUANTILES; i++)
        sum += histogram_quantile(&h, 0.5 + (double)i / (2.0 * QUANTILES));
    printf("%-32s %8.2f us each (%.0f)\n", "a quantile", (cpu() - before) * 1e6 / QUANTILES,
           sum / QUANTILES);
    size_t n = histogram_pack(&h, buckets);
    static struct canary_point points[HISTOGRAM_BUCKETS];
    struct canary_side side = {points, canary_points(&h, points)};
    struct canary_result result;
    before = cpu();
    canary_test(side, side, &result);
    printf("%-32s %8.2f ms, %zu buckets a side\n", "a canary", (cpu() - before) * 1e3, n);
}

static char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return NULL;
    }
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *bytes = mem_alloc(*n + 1);
    *n = fread(bytes, 1, *n, f);
    fclose(f);
    return bytes;
}

/* A few lines a block is what ten busy files give to who looks ten times a second; a block of 256 KiB is
 * history. */
static void bench_logbook(const char *bytes, size_t n, size_t block) {
    static char name[] = "client";
    struct log_spec log = {.name = name, .format = LOG_TRAY, .profiles = METRIC_TRAY};
    struct metric_spec metrics[METRIC_STREAMS];
    for (size_t i = 0; i < METRIC_STREAMS; i++)
        metrics[i] = (struct metric_spec){.name = name,
                                          .shape = metric_streams[i].shape,
                                          .input = (int)metric_streams[i].input,
                                          .over = metric_streams[i].over,
                                          .log = -1};
    struct policy policy = {
        .logs = &log, .n_logs = 1, .metrics = metrics, .n_metrics = METRIC_STREAMS};
    struct logbook *b = logbook_new(&policy);
    int file = logbook_file(b, 0, "client.log");
    uint64_t line = 1, lines = 0;
    double before = cpu();
    for (size_t at = 0; at < n;) {
        size_t end = at + block < n ? at + block : n;
        while (end < n && bytes[end - 1] != '\n')
            end++;
        logbook_take(b, file,
                     &(struct logbook_lines){.bytes = bytes + at, .n = end - at, .first = line});
        at = end;
        if (logbook_due(b) || at == n) {
            struct digest *d = logbook_digest(b, 0);
            lines += d->logs[0].lines;
            line = lines + 1;
            digest_drop(d);
        }
    }
    double took = cpu() - before;
    printf("logbook, blocks of %-13zu %8.2f GB/s, %.0f ns a line: 50,000 lines/s are %.2f %% of a "
           "core\n",
           block, (double)n / took / 1e9, took * 1e9 / (double)lines,
           took / (double)lines * 50000 * 100);
    logbook_free(b);
}

int main(int argc, char **argv) {
    size_t n;
    if (argc != 2) {
        fputs("usage: bench_logbook FILE\n", stderr);
        return 2;
    }
    bench_histogram();
    char *bytes = read_all(argv[1], &n);
    if (!bytes)
        return 1;
    bench_logbook(bytes, n, 1000);
    bench_logbook(bytes, n, 256 << 10);
    free(bytes);
    return 0;
}
