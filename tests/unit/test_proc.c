/* Children: what they are given, how they end, and that nothing of them is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/capture.h"
#include "src/base/clock.h"
#include "src/base/proc.h"

enum { DEADLINE_MS = 60000, READ = 1 << 16 };

static int64_t now(void) {
    return clock_mono_ms(clock_system());
}

/* Runs it to its end; what it said goes into `c` (may be NULL). */
static void run(struct proc *p, const struct proc_spec *spec, struct capture *c) {
    static char bytes[READ];
    struct err err = ERR_INIT;
    if (proc_start(p, spec, now(), &err) != ERR_OK)
        fail_msg("%s: %s", err.where, err.what);
    int64_t until = now() + DEADLINE_MS;
    while (!proc_turn(p, now())) {
        assert_true(now() < until);
        struct pollfd fd = {.fd = p->fd, .events = POLLIN};
        poll(&fd, 1, (int)proc_wait_ms(p, now()));
        size_t n = proc_read(p, bytes, sizeof bytes);
        if (c && n > 0)
            capture_add(c, bytes, n);
    }
    if (c)
        capture_end(c);
}

/* A shell script, its words behind it. */
#define SCRIPT(...) ((char *[]){"/bin/sh", "-c", __VA_ARGS__, NULL})

static char *said(char *const *argv, struct proc *p, char *const *env) {
    struct capture *c = capture_new(1 << 16, 1 << 12, NULL, -1);
    const struct proc_spec spec = {.argv = argv, .env = env, .timeout_ms = DEADLINE_MS / 2};
    run(p, &spec, c);
    char *text = capture_text(c, SIZE_MAX);
    capture_free(c);
    return text;
}

static void arguments_arrive_as_they_are(void **state) {
    (void)state;
    struct proc p;
    char *text = said(SCRIPT("printf '%s|' \"$@\"", "x", "a b", "$(id)", "", "*; rm", "\"'"), &p,
                      (char *[]){"PATH=/usr/bin:/bin", NULL});
    assert_string_equal(text, "a b|$(id)||*; rm|\"'|");
    assert_int_equal(p.how, PROC_EXITED);
    assert_int_equal(p.code, 0);
    free(text);
}

static void a_child_gets_its_environment_and_no_other(void **state) {
    (void)state;
    struct proc p;
    setenv("GONOGO_TEST_SECRET", "do not hand on", 1);
    setenv("GONOGO_TEST_WANTED", "yes", 1);
    char **env = proc_env((char *[]){"GONOGO_TEST_W*", "GONOGO_TEST_ABSENT", NULL});
    char *text =
        said(SCRIPT("echo ${GONOGO_TEST_SECRET-none} $GONOGO_TEST_WANTED ${PATH:+path}"), &p, env);
    assert_string_equal(text, "none yes path\n");
    proc_env_free(env);
    free(text);
}

static void a_child_has_three_descriptors_and_a_group_of_its_own(void **state) {
    (void)state;
    struct proc p;
    int open_here = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
    assert_true(open_here >= 0);
    char *text =
        said(SCRIPT("for i in 0 1 2 3 4 5 6 7 8 9; do [ -e /dev/fd/$i ] && echo -n \"$i \"; "
                    "done; read x || echo eof"),
             &p, NULL);
    assert_string_equal(text, "0 1 2 eof\n");
    close(open_here);
    free(text);

    char own[32];
    snprintf(own, sizeof own, "%d", (int)getpgrp());
    text = said(SCRIPT("ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat"), &p,
                (char *[]){"PATH=/usr/bin:/bin", NULL});
    assert_int_not_equal(strtol(text, NULL, 10), strtol(own, NULL, 10));
    free(text);
}

static void a_program_that_is_not_there_is_said_at_once(void **state) {
    (void)state;
    struct proc p;
    struct err err = ERR_INIT;
    const struct proc_spec missing = {.argv = (char *[]){"no-such-program", NULL},
                                      .env = (char *[]){"PATH=/usr/bin:relative", NULL}};
    assert_int_equal(proc_start(&p, &missing, 0, &err), ERR_MISSING);
    proc_fini(&p);
    err_clear(&err);
    const struct proc_spec folder = {.argv = (char *[]){"/bin/true", NULL}, .cwd = "/no/such"};
    assert_int_equal(proc_start(&p, &folder, 0, &err), ERR_MISSING);
    err_clear(&err);
    const struct proc_spec denied = {.argv = (char *[]){"/dev/null", NULL}};
    assert_int_equal(proc_start(&p, &denied, 0, &err), ERR_IO);
    assert_int_equal(p.pid, 0);
}

static void how_it_ended_is_told_apart(void **state) {
    (void)state;
    struct proc p;
    char text[128];
    free(said(SCRIPT("exit 7"), &p, NULL));
    assert_int_equal(p.how, PROC_EXITED);
    assert_int_equal(p.code, 7);
    free(said(SCRIPT("kill -SEGV $$"), &p, NULL));
    assert_int_equal(p.how, PROC_SIGNALED);
    assert_int_equal(p.code, SIGSEGV);
    proc_end_text(&p, text, sizeof text);
    assert_non_null(strstr(text, "died of signal SEGV"));
    assert_false(p.timed_out);
}

static void one_that_hangs_is_ended(void **state) {
    (void)state;
    struct proc p;
    const struct proc_spec spec = {.argv = SCRIPT("sleep 1000"),
                                   .timeout_ms = 100,
                                   .env = (char *[]){"PATH=/usr/bin:/bin", NULL}};
    int64_t began = now();
    run(&p, &spec, NULL);
    assert_true(p.timed_out);
    assert_int_equal(p.how, PROC_SIGNALED);
    assert_int_equal(p.code, SIGTERM);
    assert_false(p.killed);
    assert_true(now() - began < 5000);
}

static void one_that_ignores_term_is_killed(void **state) {
    (void)state;
    struct proc p;
    char text[128];
    const struct proc_spec spec = {.argv = SCRIPT("trap '' TERM; while :; do sleep 1; done"),
                                   .env = (char *[]){"PATH=/usr/bin:/bin", NULL},
                                   .timeout_ms = 100,
                                   .grace_ms = 200};
    run(&p, &spec, NULL);
    assert_true(p.timed_out);
    assert_true(p.killed);
    assert_int_equal(p.code, SIGKILL);
    proc_end_text(&p, text, sizeof text);
    assert_non_null(strstr(text, "did not end when asked"));
}

/* Is the group gone, soon? Somebody has to reap its orphans. */
static void wait_for_end_of(pid_t pid) {
    int64_t until = now() + DEADLINE_MS;
    while (kill(pid, 0) == 0) {
        char path[64], line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        int fd = open(path, O_RDONLY);
        ssize_t got = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
        if (fd >= 0)
            close(fd);
        const char *state = got > 0 ? strrchr(line, ')') : NULL;
        if (state && state[1] && state[2] == 'Z')
            return; /* dead; its new parent is slow */
        assert_true(now() < until);
        poll(NULL, 0, 5);
    }
}

static void what_it_forked_dies_with_it(void **state) {
    (void)state;
    struct proc p;
    /* Two generations, of which the younger holds the pipe open. */
    char *text =
        said(SCRIPT("(sleep 1000 & echo $!) ; exit 3"), &p, (char *[]){"PATH=/usr/bin:/bin", NULL});
    assert_int_equal(p.code, 3);
    pid_t orphan = (pid_t)strtol(text, NULL, 10);
    assert_true(orphan > 1);
    wait_for_end_of(orphan);
    free(text);
}

static void one_that_left_the_group_holds_nobody_up(void **state) {
    (void)state;
    if (access("/usr/bin/setsid", X_OK) != 0)
        skip();
    struct proc p;
    char *text = said(SCRIPT("setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.3; exit 0"), &p,
                      (char *[]){"PATH=/usr/bin:/bin", NULL});
    pid_t escaped = (pid_t)strtol(text, NULL, 10);
    assert_int_equal(p.code, 0);
    assert_int_equal(p.fd, -1);
    if (escaped > 1)
        kill(escaped, SIGKILL);
    free(text);
}

static void fini_leaves_nothing(void **state) {
    (void)state;
    struct proc p;
    const struct proc_spec spec = {.argv = SCRIPT("trap '' TERM; sleep 1000"),
                                   .env = (char *[]){"PATH=/usr/bin:/bin", NULL}};
    assert_int_equal(proc_start(&p, &spec, now(), NULL), ERR_OK);
    pid_t pid = p.pid;
    proc_fini(&p);
    assert_int_equal(p.pid, 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void a_flood_costs_no_memory(void **state) {
    (void)state;
    struct proc p;
    struct rusage before, after;
    /* The sanitizers are ten times slower; the whole gigabyte is the plain build's. */
    const char *variant = getenv("VARIANT");
    long mib = variant && strcmp(variant, "release") == 0 ? 1024 : 64;
    char script[128];
    snprintf(script, sizeof script, "echo begin; head -c %ldM /dev/zero; echo; echo end", mib);
    struct capture *c =
        capture_new(4096, 4096, (const char *[]){"secret" /* never there */, NULL}, -1);
    const struct proc_spec spec = {.argv = SCRIPT(script),
                                   .env = (char *[]){"PATH=/usr/bin:/bin", NULL}};
    getrusage(RUSAGE_SELF, &before);
    run(&p, &spec, c);
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(p.code, 0);
    assert_int_equal(capture_total(c), (uint64_t)mib * 1024 * 1024 + 6 + 1 + 4);
    char *text = capture_text(c, SIZE_MAX);
    assert_int_equal(strncmp(text, "begin\n", 6), 0);
    assert_string_equal(text + strlen(text) - 4, "end\n");
    assert_non_null(strstr(text, "bytes are left out here"));
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024); /* KiB on Linux, bytes on macOS */
    free(text);
    capture_free(c);
}

static void an_end_that_nobody_fetched_is_no_life(void **state) {
    (void)state;
    int gate[2];
    char byte;
    assert_int_equal(pipe(gate), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setpgid(0, 0);
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) < 0);
    }
    close(gate[0]);
    for (int i = 0; i < 10000 && getpgid(child) != child; i++)
        poll(NULL, 0, 1);
    assert_true(proc_group_lives(child));
    close(gate[1]); /* it ends, and its parent does not look */
    siginfo_t how;
    assert_int_equal(waitid(P_PID, (id_t)child, &how, WEXITED | WNOWAIT), 0);
#ifdef __linux__
    assert_false(proc_group_lives(child));
#endif
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(proc_group_lives(child));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_that_nobody_fetched_is_no_life),
        cmocka_unit_test(arguments_arrive_as_they_are),
        cmocka_unit_test(a_child_gets_its_environment_and_no_other),
        cmocka_unit_test(a_child_has_three_descriptors_and_a_group_of_its_own),
        cmocka_unit_test(a_program_that_is_not_there_is_said_at_once),
        cmocka_unit_test(how_it_ended_is_told_apart),
        cmocka_unit_test(one_that_hangs_is_ended),
        cmocka_unit_test(one_that_ignores_term_is_killed),
        cmocka_unit_test(what_it_forked_dies_with_it),
        cmocka_unit_test(one_that_left_the_group_holds_nobody_up),
        cmocka_unit_test(fini_leaves_nothing),
        cmocka_unit_test(a_flood_costs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
