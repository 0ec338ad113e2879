/* Measures any terminal program from outside, gonogo and its peers alike (Linux).
 *
 *   meter run CMD…                          wall_ms cpu_ms peak_rss_kb of a command, its output thrown away
 *   meter first COLSxROWS TEXT CMD…         ms from exec until TEXT is on the terminal, median of 15
 *   meter rest COLSxROWS WARM SECONDS CMD…  cpu_ms bytes rss_kb within SECONDS, after WARM seconds
 *   meter keys COLSxROWS KEYS COUNT CMD…    p50, p99 and worst ms from a key until its frame has come
 *   meter hang                              prints a port of 127.0.0.1 that accepts and never answers */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_RUNS = 15,
    QUIET_MS = 3,    /* a frame has ended when nothing came for so long */
    ANSWER_MS = 500, /* a key that shows nothing by then counts as this */
    BETWEEN_KEYS_MS = 20,
    START_MS = 1500, /* before the first key */
    KEYS_MAX = 10000,
    SEEN_CAP = 1 << 20, /* output kept while looking for a text */
};

struct child {
    pid_t pid;
    int fd;
    char *seen; /* what it has written, while somebody looks for a text in it */
    size_t n_seen;
    unsigned long long bytes;
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static _Noreturn void die(const char *what) {
    fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct child child_start(const char *size, char **argv) {
    struct child child = {.fd = -1};
    char *rest = NULL;
    struct winsize window = {.ws_col = (unsigned short)strtoul(size, &rest, 10)};
    if (*rest != 'x')
        die("the size is written like 120x40");
    window.ws_row = (unsigned short)strtoul(rest + 1, NULL, 10);
    child.pid = forkpty(&child.fd, NULL, NULL, &window);
    if (child.pid < 0)
        die("forkpty");
    if (child.pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LANG", "C.UTF-8", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(argv[0], argv);
        die(argv[0]);
    }
    if (fcntl(child.fd, F_SETFL, O_NONBLOCK) != 0)
        die("fcntl");
    return child;
}

static void child_end(struct child *child) {
    kill(child->pid, SIGTERM);
    double until = now_ms() + 2000;
    while (waitpid(child->pid, NULL, WNOHANG) == 0) {
        char drop[4096];
        if (now_ms() > until)
            kill(child->pid, SIGKILL);
        struct pollfd p = {.fd = child->fd, .events = POLLIN};
        if (poll(&p, 1, 10) > 0 && read(child->fd, drop, sizeof drop) <= 0)
            poll(NULL, 0, 10);
    }
    close(child->fd);
    free(child->seen);
}

/* Reads what comes within `ms`; true when something came. */
static bool child_read(struct child *child, int ms) {
    char bytes[65536];
    struct pollfd p = {.fd = child->fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0)
        return false;
    ssize_t n = read(child->fd, bytes, sizeof bytes);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return false;
        fprintf(stderr, "meter: the program has ended\n");
        exit(1);
    }
    child->bytes += (unsigned long long)n;
    if (child->seen && child->n_seen + (size_t)n < SEEN_CAP) {
        memcpy(child->seen + child->n_seen, bytes, (size_t)n);
        child->n_seen += (size_t)n;
    }
    return true;
}

static void child_watch(struct child *child, double ms) {
    double until = now_ms() + ms, left;
    while ((left = until - now_ms()) > 0)
        child_read(child, (int)left + 1);
}

static double child_cpu_ms(const struct child *child) {
    clockid_t cpu;
    struct timespec t;
    if (clock_getcpuclockid(child->pid, &cpu) != 0 || clock_gettime(cpu, &t) != 0)
        die("clock_getcpuclockid");
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long child_rss_kb(const struct child *child) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)child->pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int run(char **argv) {
    double begin = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        execvp(argv[0], argv);
        die(argv[0]);
    }
    int status = 0;
    struct rusage use;
    if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
        die("wait4");
    double cpu_ms = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
                    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
    printf("%.0f %.0f %ld\n", now_ms() - begin, cpu_ms, use.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int first(const char *size, const char *text, char **argv) {
    double took[FIRST_RUNS];
    for (int i = 0; i < FIRST_RUNS; i++) {
        double begin = now_ms();
        struct child child = child_start(size, argv);
        child.seen = calloc(1, SEEN_CAP);
        if (!child.seen)
            die("memory");
        while (!memmem(child.seen, child.n_seen, text, strlen(text))) {
            child_read(&child, 10);
            if (now_ms() - begin > 10000) {
                fprintf(stderr, "meter: \"%s\" does not come\n", text);
                child_end(&child);
                return 1;
            }
        }
        took[i] = now_ms() - begin;
        child_end(&child);
    }
    qsort(took, FIRST_RUNS, sizeof *took, by_size);
    printf("%.1f\n", took[FIRST_RUNS / 2]);
    return 0;
}

static int rest(const char *size, const char *warm, const char *seconds, char **argv) {
    struct child child = child_start(size, argv);
    child_watch(&child, strtod(warm, NULL) * 1e3);
    double cpu_ms = child_cpu_ms(&child);
    unsigned long long bytes = child.bytes;
    child_watch(&child, strtod(seconds, NULL) * 1e3);
    printf("%.1f %llu %ld\n", child_cpu_ms(&child) - cpu_ms, child.bytes - bytes,
           child_rss_kb(&child));
    child_end(&child);
    return 0;
}

/* From the key to the last byte of the frame that it caused. */
static double press(struct child *child, char key) {
    double begin = now_ms(), last = begin;
    if (write(child->fd, &key, 1) != 1)
        die("write");
    if (!child_read(child, ANSWER_MS))
        return ANSWER_MS;
    do
        last = now_ms();
    while (child_read(child, QUIET_MS));
    return last - begin;
}

static int keys(const char *size, const char *which, const char *count, char **argv) {
    static double took[KEYS_MAX];
    size_t n = strtoul(count, NULL, 10), n_keys = strlen(which);
    if (n == 0 || n > KEYS_MAX || n_keys == 0)
        die("KEYS or COUNT");
    struct child child = child_start(size, argv);
    child_watch(&child, START_MS);
    for (size_t i = 0; i < n; i++) {
        /* Not in step with anything that repeats. */
        child_watch(&child, BETWEEN_KEYS_MS + (double)(i * 7 % 13));
        took[i] = press(&child, which[i % n_keys]);
    }
    qsort(took, n, sizeof *took, by_size);
    printf("%.2f %.2f %.2f\n", took[n / 2], took[(n * 99 + 99) / 100 - 1], took[n - 1]);
    child_end(&child);
    return 0;
}

/* The kernel takes connections into the backlog; nobody ever reads them. */
static int hang(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        die("listen");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    if (argc > 4 && strcmp(argv[1], "first") == 0)
        return first(argv[2], argv[3], argv + 4);
    if (argc > 5 && strcmp(argv[1], "rest") == 0)
        return rest(argv[2], argv[3], argv[4], argv + 5);
    if (argc > 5 && strcmp(argv[1], "keys") == 0)
        return keys(argv[2], argv[3], argv[4], argv + 5);
    if (argc == 2 && strcmp(argv[1], "hang") == 0)
        return hang();
    fprintf(stderr, "usage: meter run|first|rest|keys|hang …\n");
    return 2;
}
