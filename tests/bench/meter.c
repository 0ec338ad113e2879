/* What tests/bench/core.sh needs beside bench_ui and bench_net.
 *
 *   meter run CMD…   wall_ms cpu_ms peak_rss_kb of a command, its output thrown away
 *   meter hang       prints a port of 127.0.0.1 that accepts and never answers */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what) {
    fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double span_ms(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int run(char **argv) {
    double begin = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
            die("/dev/null");
        execvp(argv[0], argv);
        die(argv[0]);
    }
    int status = 0;
    struct rusage use = {0};
    if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
        die("wait4");
    long rss_kb = use.ru_maxrss;
#ifdef __APPLE__
    rss_kb /= 1024; /* bytes there */
#endif
    printf("%.0f %.0f %ld\n", now_ms() - begin, span_ms(use.ru_utime) + span_ms(use.ru_stime),
           rss_kb);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The kernel takes connections into the backlog; nobody ever reads them. */
static int hang(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
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
    if (argc == 2 && strcmp(argv[1], "hang") == 0)
        return hang();
    fprintf(stderr, "usage: meter run CMD… | meter hang\n");
    return 2;
}
