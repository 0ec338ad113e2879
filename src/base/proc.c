#include "src/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"

enum {
    OPEN_WAIT_MS = 50,  /* between looks, while its output is still open: it tells by closing */
    SHUT_WAIT_MS = 5,   /* when it has shut its output it is about to end */
    DRAIN_MS = 500,     /* for a pipe that somebody outside the group still holds */
    REAP_TURNS = 1000,  /* of a millisecond: KILL cannot be refused, only be late */
    FIRST_FREE_FD = 10, /* our ends of pipes lie above what the child is given */
    FDS_MAX = 1 << 16,  /* closed one by one where the system cannot close a range */
    SIGNALS_MAX = 64,
    LOST_STATUS = 127, /* as shells say it: it could not be run */
};

#ifdef __APPLE__
extern char **environ; /* elsewhere <unistd.h> has it */
#endif

/* --- the child's side: only what may be called between fork() and exec() --- */

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
        return;
#endif
    struct rlimit limit;
    int last = FDS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FDS_MAX)
        last = (int)limit.rlim_cur;
    for (int fd = first; fd < last; fd++)
        close(fd);
}

struct birth {
    const char *program;
    char *const *argv;
    char *const *env;
    const char *cwd;
    int null, out, errors, tell; /* all ≥ FIRST_FREE_FD */
};

static void child(const struct birth *birth) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    int number;
    enum { TELL = 3 };
    setpgid(0, 0);
    for (int i = 1; i < SIGNALS_MAX; i++)
        sigaction(i, &usual, NULL);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    if (dup2(birth->null, 0) == 0 && dup2(birth->out, 1) == 1 && dup2(birth->errors, 2) == 2 &&
        dup2(birth->tell, TELL) == TELL && fcntl(TELL, F_SETFD, FD_CLOEXEC) == 0 &&
        (!birth->cwd || chdir(birth->cwd) == 0)) {
        close_from(TELL + 1);
        execve(birth->program, birth->argv, birth->env);
    }
    number = errno;
    while (write(fcntl(TELL, F_GETFD) >= 0 ? TELL : birth->tell, &number, sizeof number) < 0 &&
           errno == EINTR)
        ;
    _exit(LOST_STATUS);
}

/* --- starting --- */

static const char *env_value(char *const *env, const char *name) {
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

/* The file to run; heap, NULL when there is none. */
static char *find_program(const struct proc_spec *spec) {
    const char *name = spec->argv[0];
    if (strchr(name, '/'))
        return mem_copy_text(name);
    const char *path = env_value(spec->env, "PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        if (n > 0 && path[0] == '/') {
            char *file = mem_format("%.*s/%s", (int)n, path, name);
            if (access(file, X_OK) == 0)
                return file;
            free(file);
        }
        path += n + (path[n] == ':');
    }
    return NULL;
}

/* Moves a descriptor above those that the child is given, closed at exec. */
static int lift(int fd) {
    int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    int number = errno;
    if (fd >= 0)
        close(fd);
    errno = number;
    return lifted;
}

static bool open_pipe(int ends[2]) {
    ends[0] = ends[1] = -1;
    int raw[2];
    if (pipe(raw) != 0)
        return false;
    ends[0] = lift(raw[0]);
    ends[1] = lift(raw[1]);
    return ends[0] >= 0 && ends[1] >= 0;
}

static void shut(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* What the child could not do, or 0: the pipe is closed by exec. */
static int hear(int fd) {
    int number = 0;
    ssize_t got;
    do
        got = read(fd, &number, sizeof number);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof number ? number : 0;
}

static enum err_code fail_start(struct err *err, const struct proc_spec *spec, int number) {
    char name[128];
    bool folder = number == ENOENT && spec->cwd && access(spec->cwd, F_OK) != 0;
    const char *what = folder ? spec->cwd : spec->argv[0];
    text_safe(name, sizeof name, what, strlen(what));
    errno = number;
    if (folder)
        return err_errno(err, ERR_MISSING, name, "name a folder that is there",
                         "cannot be the folder that it runs in");
    return err_errno(err, number == ENOENT ? ERR_MISSING : ERR_IO, name,
                     number == ENOENT   ? "look at the name and the PATH"
                     : number == EACCES ? "make it executable"
                     : number == ENOEXEC
                         ? "give it a first line like #!/bin/sh, or name the program "
                           "that reads it"
                         : "try again when the machine has room",
                     "cannot be started");
}

static enum err_code give_birth(struct proc *p, struct birth *birth, const struct proc_spec *spec,
                                struct err *err) {
    int out[2] = {-1, -1}, errors[2] = {-1, -1}, tell[2] = {-1, -1}, number = 0;
    birth->null = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (birth->null < 0 || !open_pipe(out) || !open_pipe(tell) ||
        (spec->split && !open_pipe(errors)) || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0 ||
        (spec->split && fcntl(errors[0], F_SETFL, O_NONBLOCK) != 0)) {
        number = errno;
        goto out;
    }
    birth->out = out[1];
    birth->errors = spec->split ? errors[1] : out[1];
    birth->tell = tell[1];
    p->pid = fork();
    if (p->pid == 0)
        child(birth);
    if (p->pid < 0) {
        number = errno;
        goto out;
    }
    setpgid(p->pid,
            p->pid); /* both do: whoever comes first; it fails when the child has run exec */
    shut(&tell[1]);
    number = hear(tell[0]);
    if (number) {
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    } else {
        p->fd = out[0];
        p->err_fd = errors[0];
    }
out:
    shut(&birth->null);
    if (p->fd < 0) {
        shut(&out[0]);
        shut(&errors[0]);
    }
    shut(&out[1]);
    shut(&errors[1]);
    shut(&tell[0]);
    shut(&tell[1]);
    if (!number)
        return ERR_OK;
    p->pid = 0;
    return fail_start(err, spec, number);
}

enum err_code proc_start(struct proc *p, const struct proc_spec *spec, int64_t now_ms,
                         struct err *err) {
    static char *const nothing[] = {NULL};
    *p = (struct proc){.fd = -1, .err_fd = -1, .began_ms = now_ms};
    p->grace_ms = spec->grace_ms ? spec->grace_ms : PROC_GRACE_MS;
    if (spec->timeout_ms)
        p->term_ms = now_ms + spec->timeout_ms;
    char *program = find_program(spec);
    if (!program)
        return fail_start(err, spec, ENOENT);
    struct birth birth = {.program = program,
                          .argv = spec->argv,
                          .env = spec->env ? spec->env : nothing,
                          .cwd = spec->cwd};
    enum err_code code = give_birth(p, &birth, spec, err);
    free(program);
    return code;
}

/* --- running --- */

static size_t read_pipe(int *fd, void *bytes, size_t n) {
    ssize_t got = -1;
    while (*fd >= 0 && (got = read(*fd, bytes, n)) < 0 && errno == EINTR)
        ;
    if (got > 0)
        return (size_t)got;
    if (got == 0 || (*fd >= 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        shut(fd);
    return 0;
}

size_t proc_read(struct proc *p, void *bytes, size_t n) {
    return read_pipe(&p->fd, bytes, n);
}

size_t proc_read_errors(struct proc *p, void *bytes, size_t n) {
    return read_pipe(&p->err_fd, bytes, n);
}

/* The leader is looked at before it is reaped, so that its number cannot be somebody else's when the
 * rest of the group is killed. */
static void reap(struct proc *p, int64_t now_ms) {
    siginfo_t info = {.si_pid = 0};
    int status = 0;
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    p->how = WIFSIGNALED(status) ? PROC_SIGNALED : PROC_EXITED;
    p->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    p->pid = 0;
    p->ended_ms = now_ms;
}

bool proc_turn(struct proc *p, int64_t now_ms) {
    if (p->pid) {
        if (p->term_ms && now_ms >= p->term_ms) {
            p->timed_out = true;
            proc_stop(p, now_ms);
            p->stopped = false;
        }
        if (p->kill_ms && now_ms >= p->kill_ms) {
            p->kill_ms = 0;
            p->killed = true;
            kill(-p->pid, SIGKILL);
        }
        reap(p, now_ms);
    }
    if (p->pid)
        return false;
    if (now_ms >= p->ended_ms + DRAIN_MS) {
        shut(&p->fd);
        shut(&p->err_fd);
    }
    return p->fd < 0 && p->err_fd < 0;
}

int64_t proc_wait_ms(const struct proc *p, int64_t now_ms) {
    int64_t wait_ms = p->fd >= 0 ? OPEN_WAIT_MS : SHUT_WAIT_MS;
    const int64_t due[] = {p->term_ms, p->kill_ms};
    for (size_t i = 0; i < 2 && p->pid; i++)
        if (due[i] && due[i] - now_ms < wait_ms)
            wait_ms = due[i] > now_ms ? due[i] - now_ms : 0;
    return wait_ms;
}

void proc_stop(struct proc *p, int64_t now_ms) {
    p->term_ms = 0;
    if (!p->pid || p->kill_ms || p->killed)
        return;
    p->stopped = true;
    p->kill_ms = now_ms + p->grace_ms;
    kill(-p->pid, SIGTERM);
    kill(-p->pid, SIGCONT); /* one that was stopped cannot end */
}

void proc_fini(struct proc *p) {
    if (p->pid) {
        p->killed = true;
        kill(-p->pid, SIGKILL);
    }
    for (int i = 0; p->pid && i < REAP_TURNS; i++) {
        reap(p, p->began_ms);
        if (p->pid)
            poll(NULL, 0, 1);
    }
    shut(&p->fd);
    shut(&p->err_fd);
}

/* --- words --- */

void proc_signal_name(int number, char *dst, size_t cap) {
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},
                 {SIGABRT, "ABRT"}, {SIGBUS, "BUS"},   {SIGFPE, "FPE"},   {SIGKILL, "KILL"},
                 {SIGSEGV, "SEGV"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
                 {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) {
            snprintf(dst, cap, "%s", names[i].name);
            return;
        }
    snprintf(dst, cap, "%d", number);
}

void proc_end_text(const struct proc *p, char *dst, size_t cap) {
    char lasted[32], name[16];
    const char *why = "";
    duration_text(p->ended_ms - p->began_ms, lasted, sizeof lasted);
    if (p->timed_out)
        why = p->killed ? ": it took too long and did not end when asked" : ": it took too long";
    else if (p->stopped)
        why = p->killed ? ": it was stopped and did not end when asked" : ": it was stopped";
    if (p->how == PROC_SIGNALED) {
        proc_signal_name(p->code, name, sizeof name);
        snprintf(dst, cap, "died of signal %s after %s%s", name, lasted, why);
    } else {
        snprintf(dst, cap, "exit %d after %s%s", p->code, lasted, why);
    }
}

/* --- the environment --- */

/* Is it NAME=…, with NAME as the pattern says (a final star stands for any rest)? */
static bool is_called(const char *entry, const char *pattern) {
    size_t n = strcspn(entry, "="), len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '*')
        return n >= len - 1 && strncmp(entry, pattern, len - 1) == 0;
    return n == len && strncmp(entry, pattern, n) == 0;
}

char **proc_env(char *const *more) {
    static const char *const usual[] = {"PATH", "HOME", "USER", "LOGNAME",
                                        "LANG", "LC_*", "TZ",   "TMPDIR"};
    size_t n = 0, at = 0;
    while (environ && environ[n])
        n++;
    char **env = mem_zero(n + 1, sizeof *env);
    for (size_t i = 0; i < n; i++) {
        bool wanted = false;
        for (size_t k = 0; k < sizeof usual / sizeof *usual && !wanted; k++)
            wanted = is_called(environ[i], usual[k]);
        for (char *const *name = more; name && *name && !wanted; name++)
            wanted = is_called(environ[i], *name);
        if (wanted)
            env[at++] = mem_copy_text(environ[i]);
    }
    return env;
}

void proc_env_free(char **env) {
    for (char **entry = env; entry && *entry; entry++) {
        mem_wipe(*entry, strlen(*entry));
        free(*entry);
    }
    free(env);
}
