/* A child process by its argument list: never a shell, in a process group of its own, with only the
 * environment that it is given, nothing open but /dev/null and one pipe for all that it says (or a
 * second one for its errors).
 *
 * Nobody waits in here. The caller polls `fd` for output, and calls proc_turn() when there is some and
 * at the latest after proc_wait_ms(). Times are milliseconds of one clock, the caller's.
 *
 * When the process that was started ends, what is left of its group is killed. One that makes a group
 * or a session of its own (setsid) leaves ours. */
#ifndef GONOGO_BASE_PROC_H
#define GONOGO_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/base/err.h"

enum {
    PROC_GRACE_MS = 5000, /* from TERM to KILL, when the specification does not say */
};

struct proc_spec {
    /* NULL-terminated. A name without a slash is looked for in the PATH of `env`, absolute folders
     * only; a relative one with a slash is relative to `cwd`. */
    char *const *argv;
    char *const *env;   /* "NAME=VALUE", NULL-terminated; NULL = none */
    const char *cwd;    /* NULL = ours */
    int64_t timeout_ms; /* until it is asked to end (TERM); 0 = never */
    int64_t grace_ms;   /* until it has to (KILL); 0 = PROC_GRACE_MS */
    bool split;         /* its errors come from `err_fd`, apart from its output */
};

enum proc_how {
    PROC_RUNS,
    PROC_EXITED,   /* `code` is its exit code */
    PROC_SIGNALED, /* `code` is the signal */
};

struct proc {
    pid_t pid;  /* and of its group; 0 = there is none (any more) */
    int fd;     /* its output, non-blocking; -1 = there is no more */
    int err_fd; /* the same for its errors, when they are split */
    enum proc_how how;
    int code;
    bool timed_out; /* it was asked to end because its time was over */
    bool stopped;   /* it was asked to end by proc_stop() */
    bool killed;    /* it did not go when asked */

    int64_t began_ms, ended_ms;
    int64_t term_ms, kill_ms; /* when; 0 = never */
    int64_t grace_ms;
};

/* ERR_MISSING when there is no such program, ERR_IO when it cannot be started. Returns when the
 * program itself runs. */
enum err_code proc_start(struct proc *p, const struct proc_spec *spec, int64_t now_ms,
                         struct err *err);
/* Moves `n` bytes of output at most; 0 = nothing now (or, with fd -1, any more). */
size_t proc_read(struct proc *p, void *bytes, size_t n);
size_t proc_read_errors(struct proc *p, void *bytes, size_t n);
/* Sends what is due, and looks whether it has ended. True once it has and all its output was read
 * (or nobody is left who may close the pipe). */
bool proc_turn(struct proc *p, int64_t now_ms);
/* The longest that the next proc_turn() may be away. */
int64_t proc_wait_ms(const struct proc *p, int64_t now_ms);
/* Asks it to end now, and kills it after the grace. */
void proc_stop(struct proc *p, int64_t now_ms);
/* Kills what still runs and waits for it: at most for a moment. */
void proc_fini(struct proc *p);

/* "exit 1", "killed by signal 9 (KILL) after 5 m: it took too long" …, for people. `cap` ≥ 96. */
void proc_end_text(const struct proc *p, char *dst, size_t cap);
/* Does anybody of this process group still run? Those who have ended and were not fetched by their parent
 * do not (on Linux; elsewhere they count). True when it cannot be told. */
bool proc_group_lives(pid_t group);
/* "TERM", or the number. */
void proc_signal_name(int number, char *dst, size_t cap);

/* What a child needs to work at all (PATH, HOME, USER, LOGNAME, LANG, LC_…, TZ, TMPDIR), as we have
 * it, and those of the NULL-terminated `more` (NULL = none) that we have. */
char **proc_env(char *const *more);
void proc_env_free(char **env); /* wipes; NULL is fine */

#endif
