/* How fast one net worker asks many sources, and what each costs in memory, beside wrk against the
 * same server. `bench_net [SOURCES [SECONDS [hosts]]]`: with `hosts` every source has an address of
 * its own in 127.0.0.0/8. Without arguments: 1,000 sources, then 10,000 hosts.
 *
 * The server is this program's child: one thread, epoll, a constant answer of a health service. */
#ifndef __linux__
#include <stdio.h>

int main(void) {
    printf("bench_net: measured on Linux only (epoll, /proc)\n");
    return 0;
}
#else
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probes/net.h"
#include "src/base/mem.h"
#include "src/base/wake.h"

#define BODY "{\"status\":\"OK\",\"latest_version\":\"2.0.0.19\",\"latest_build\":\"2.0.0.19\"}"

static void need(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    exit(1);
}

/* ---- the server -------------------------------------------------------------------------------- */

static int listener(int *port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t n = sizeof(at);
    need(fd >= 0, "socket");
    /* All of 127.0.0.0/8, and nothing else: whoever else comes is sent away in take(). */
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    need(bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 4096) == 0 &&
             getsockname(fd, (struct sockaddr *)&at, &n) == 0,
         "listen");
    *port = ntohs(at.sin_port);
    return fd;
}

static void take(int queue, int listening) {
    struct sockaddr_in from = {0};
    socklen_t n = sizeof(from);
    int one = 1, fd;
    while ((fd = accept4(listening, (struct sockaddr *)&from, &n, SOCK_NONBLOCK)) >= 0) {
        if (ntohl(from.sin_addr.s_addr) >> 24 != 127) {
            close(fd);
            continue;
        }
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
    }
}

static void serve(int listening) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Cache-Control: public, max-age=30\r\nContent-Length: 69\r\n\r\n" BODY;
    struct epoll_event events[256], event = {.events = EPOLLIN, .data.fd = listening};
    int queue = epoll_create1(0);
    char request[4096];
    _Static_assert(sizeof(BODY) == 70, "Content-Length of the answer");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(queue, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int n = epoll_wait(queue, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listening) {
                take(queue, listening);
                continue;
            }
            ssize_t got = recv(fd, request, sizeof(request), 0); /* one GET fits, and comes whole */
            if (got <= 0 || send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
                close(fd);
        }
    }
}

/* ---- the worker -------------------------------------------------------------------------------- */

struct tally {
    _Atomic size_t good, bad;
    _Atomic size_t *seen; /* per source: answers */
};

static bool on_sample(void *self, struct sample *sample) {
    struct tally *tally = self;
    atomic_fetch_add_explicit(sample->reading == READING_OK ? &tally->good : &tally->bad, 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&tally->seen[sample->source], 1, memory_order_relaxed);
    if (sample->reading != READING_OK && atomic_load(&tally->bad) < 4)
        fprintf(stderr, "bench_net: source %u: %s\n", sample->source, sample->error);
    sample_drop(sample);
    return true;
}

static size_t resident_bytes(void) {
    unsigned long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    need(f && fscanf(f, "%lu %lu", &total, &resident) == 2, "/proc/self/statm");
    fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static int64_t cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(int ms) { /* a measurement has a length */
    poll(NULL, 0, ms);
}

static void fill(struct policy *policy, size_t n, int port, bool hosts) {
    static struct environment environment = {.name = (char *)(uintptr_t) "bench"};
    static char *ok[] = {(char *)(uintptr_t) "OK", NULL};
    policy->environments = &environment;
    policy->n_environments = 1;
    policy->sources = mem_zero(n, sizeof(*policy->sources));
    policy->n_sources = n;
    for (size_t i = 0; i < n; i++) {
        size_t host = hosts ? i + 256 : 1;
        policy->sources[i] = (struct source_spec){
            .id = mem_format("bench/%zu", i),
            .name = (char *)(uintptr_t) "bench",
            .kind = (char *)(uintptr_t) "health",
            .url = mem_format("http://127.%zu.%zu.%zu:%d/health", host >> 16 & 255, host >> 8 & 255,
                              host & 255, port),
            .every_ms = 1, /* always due */
            .timeout_ms = 10000,
            .connect_timeout_ms = 10000,
            .version_pointer = (char *)(uintptr_t) "/latest_version",
            .build_pointer = (char *)(uintptr_t) "/latest_build",
            .status_pointer = (char *)(uintptr_t) "/status",
            .ok = ok};
    }
}

static double measure(size_t n, int seconds, int port, bool hosts) {
    struct policy policy = {0};
    struct tally tally = {0};
    struct err err = ERR_INIT;
    fill(&policy, n, port, hosts);
    tally.seen = mem_zero(n, sizeof(*tally.seen));
    unsigned *sources = mem_zero(n, sizeof(unsigned));
    for (size_t i = 0; i < n; i++)
        sources[i] = (unsigned)i;
    size_t before = resident_bytes();
    struct net_share share = {.policy = &policy,
                              .sources = sources,
                              .n = n,
                              .connections = n + n / 16 + 8,
                              .clock = clock_system(),
                              .outlet = {.send = on_sample, .self = &tally}};
    struct net *net = net_start(&share, &err);
    if (!net) {
        err_print(stderr, &err);
        exit(1);
    }
    for (size_t seen = 0; seen < n;) { /* every connection stands */
        pause_ms(50);
        seen = 0;
        for (size_t i = 0; i < n; i++)
            seen += atomic_load(&tally.seen[i]) > 0;
    }
    size_t began = atomic_load(&tally.good);
    int64_t from_ms = clock_mono_ms(clock_system()), cpu_from_ms = cpu_ms();
    pause_ms(seconds * 1000);
    size_t asked = atomic_load(&tally.good) - began;
    int64_t took_ms = clock_mono_ms(clock_system()) - from_ms, cpu = cpu_ms() - cpu_from_ms;
    size_t grown = resident_bytes() - before;
    double rate = (double)asked * 1000 / (double)took_ms;
    printf("gonogo  %7zu sources%s  %9.0f requests/s  %6.2f KB of memory each  %5.1f us of CPU"
           " each  %zu errors\n",
           n, hosts ? ", a host each" : "", rate, (double)grown / 1024 / (double)n,
           (double)cpu * 1000 / (double)(asked ? asked : 1), atomic_load(&tally.bad));
    fflush(stdout);
    net_stop(net);
    for (size_t i = 0; i < n; i++) {
        free(policy.sources[i].id);
        free(policy.sources[i].url);
    }
    free(policy.sources);
    free(sources);
    free(tally.seen);
    return rate;
}

/* ---- the peer ---------------------------------------------------------------------------------- */

/* Requests per second as wrk tells them; 0 = there is no wrk. */
static double ask_wrk(size_t n, int seconds, int port, double *cpu_us) {
    char connections[32], span[32], url[64], line[256];
    int out[2];
    pid_t pid;
    double rate = 0;
    posix_spawn_file_actions_t actions;
    snprintf(connections, sizeof(connections), "-c%zu", n);
    snprintf(span, sizeof(span), "-d%ds", seconds);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/health", port);
    char *argv[] = {
        (char *)(uintptr_t) "wrk", (char *)(uintptr_t) "-t1", connections, span, url, NULL};
    need(pipe(out) == 0, "pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    int rc = posix_spawnp(&pid, "wrk", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    need(f != NULL, "wrk");
    while (rc == 0 && fgets(line, sizeof(line), f))
        sscanf(line, "Requests/sec: %lf", &rate);
    fclose(f);
    struct rusage used = {0};
    if (rc == 0)
        wait4(pid, NULL, 0, &used);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    *cpu_us = rate > 0 ? cpu_s * 1e6 / (rate * seconds) : 0;
    return rate;
}

static size_t number(const char *text, size_t otherwise) {
    return text ? (size_t)strtoul(text, NULL, 10) : otherwise;
}

static void run(size_t n, int seconds, bool hosts) {
    int port = 0, listening = listener(&port);
    pid_t server = fork();
    if (server == 0)
        serve(listening);
    close(listening);
    double ours = measure(n, seconds, port, hosts), cpu = 0;
    double theirs = ask_wrk(1000, seconds, port, &cpu);
    if (theirs > 0)
        printf("wrk -t1 -c1000 %*s %9.0f requests/s %*s %5.1f us of CPU each  gonogo/wrk %.2f\n",
               hosts ? 24 : 9, "", theirs, 23, "", cpu, ours / theirs);
    else
        printf("wrk is not installed\n");
    fflush(stdout);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* In a process of its own, so that memory is measured from nothing. False: it failed. */
static bool run_apart(size_t n, int seconds, bool hosts) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        run(n, seconds, hosts);
        exit(0);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv) {
    size_t n = number(argc > 1 ? argv[1] : NULL, 1000);
    int seconds = (int)number(argc > 2 ? argv[2] : NULL, 5);
    bool hosts = argc > 3 && strcmp(argv[3], "hosts") == 0;
    struct rlimit limit;
    if (n == 0 || n > 60000 || seconds <= 0) {
        fprintf(stderr, "usage: bench_net [SOURCES [SECONDS [hosts]]]\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (argc > 1)
        return run_apart(n, seconds, hosts) ? 0 : 1;
    bool good = run_apart(1000, seconds, false);
    if (limit.rlim_cur < 10000 + 200)
        printf("10,000 hosts: the limit of open files is too low here\n");
    else
        good = run_apart(10000, seconds, true) && good;
    return good ? 0 : 1;
}
#endif
