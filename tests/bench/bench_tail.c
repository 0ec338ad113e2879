/* How much of a core following costs: ten files, 50,000 lines a second, for SECONDS (10). The writer is a
 * process of its own and plays the lines of LOG over and over, at the present time. What is counted must
 * be what was written. bench_tail LOG [SECONDS] */
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config.h"
#include "probes/logs.h"
#include "src/base/mem.h"
#include "src/cmd/kinds.h"
#include "src/model/policy.h"

enum { FILES = 10, LINES_S = 50000, TURN_MS = 20, PIECE = 4 << 20, WARM_MS = 1500 };

static _Atomic uint64_t lines, digests;

static bool hear(void *self, const struct digest *digest) {
    (void)self;
    for (size_t i = 0; i < digest->n_logs; i++)
        atomic_fetch_add(&lines, digest->logs[i].lines);
    atomic_fetch_add(&digests, 1);
    digest_drop(digest);
    return true;
}

static int64_t now_ms(void) {
    return clock_mono_ms(clock_system());
}

/* Where line `n` more ends. */
static const char *skip_lines(const char *at, const char *end, int n) {
    while (n-- > 0 && at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        at = lf ? lf + 1 : end;
    }
    return at;
}

static uint64_t write_lines(const char *folder, const char *bytes, size_t n, int64_t for_ms) {
    const char *at = bytes, *end = bytes + n;
    int fds[FILES];
    uint64_t written = 0;
    for (int i = 0; i < FILES; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/client-%d.log", folder, i);
        fds[i] = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    }
    int64_t began = now_ms(), turn = 0;
    while (now_ms() - began < for_ms) {
        for (int i = 0; i < FILES; i++) {
            const char *next = skip_lines(at, end, LINES_S / FILES * TURN_MS / 1000);
            if (write(fds[i], at, (size_t)(next - at)) != next - at)
                _exit(4);
            written += (uint64_t)LINES_S / FILES * TURN_MS / 1000;
            at = end - next < PIECE / 4 ? bytes : next;
        }
        int64_t wait = began + ++turn * TURN_MS - now_ms();
        poll(NULL, 0, wait > 0 ? (int)wait : 0);
    }
    return written;
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void make_config(const char *folder, char *path, size_t cap) {
    snprintf(path, cap, "%s/gonogo.yaml", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        exit(4);
    fprintf(f,
            "product: bench\nstore: none\nenvironments:\n  - name: tree\n    probes:\n"
            "      - {name: VERSION, kind: file-version, file: VERSION}\n"
            "logs:\n  - {name: client, format: tray, paths: [\"%s/client-*.log\"]}\n"
            "gates:\n  - {name: SLOs, kind: slo}\n",
            folder);
    fclose(f);
}

static void measure(const struct policy *policy, const char *folder, const char *bytes, size_t n,
                    int seconds) {
    const struct logs_outlet outlet = {.send = hear};
    int report[2];
    uint64_t written = 0;
    if (pipe(report) != 0)
        exit(4);
    pid_t pid = fork();
    if (pid == 0) {
        poll(NULL, 0, WARM_MS);
        written = write_lines(folder, bytes, n, seconds * 1000);
        _exit(write(report[1], &written, sizeof written) == sizeof written ? 0 : 4);
    }
    struct logs *logs = logs_start(policy, clock_system(), outlet, NULL);
    logs_begin(logs, NULL);
    poll(NULL, 0, WARM_MS);
    double before = cpu_s();
    int64_t began = now_ms();
    waitpid(pid, NULL, 0);
    if (read(report[0], &written, sizeof written) != sizeof written)
        exit(4);
    while (atomic_load(&lines) < written && now_ms() - began < (seconds + 5) * 1000)
        poll(NULL, 0, 10);
    double used = cpu_s() - before, took = (double)(now_ms() - began) / 1000;
    logs_stop(logs);
    struct rusage most;
    getrusage(RUSAGE_SELF, &most);
    printf(
        "follow %d files                  %6.1f %% of a core at %.0f lines/s; %llu written, %llu "
        "counted, %ld KB\n",
        FILES, 100 * used / took, (double)written / took, (unsigned long long)written,
        (unsigned long long)atomic_load(&lines), most.ru_maxrss);
}

int main(int argc, char **argv) {
    struct err err = ERR_INIT;
    char folder[] = "/tmp/gonogo-bench-XXXXXX", path[300];
    if (argc < 2 || !mkdtemp(folder))
        return 2;
    char *bytes = mem_alloc(PIECE);
    int fd = open(argv[1], O_RDONLY);
    ssize_t n = read(fd, bytes, PIECE);
    if (n <= 0)
        return 4;
    make_config(folder, path, sizeof path);
    struct policy *policy = config_load(path, cmd_kinds(), &err);
    if (!policy) {
        err_print(stderr, &err);
        return 2;
    }
    measure(policy, folder, bytes, (size_t)n, argc > 2 ? (int)strtol(argv[2], NULL, 10) : 10);
    policy_free(policy);
    free(bytes);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/client-%d.log", folder, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/gonogo.yaml", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}
