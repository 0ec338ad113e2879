#include "ui/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/wake.h"

enum {
    RESCUE_CAP = 256,       /* bytes; the longest terminfo entries need about 80 */
    RESCUE_WAIT_MS = 100,   /* a stuck terminal must not keep a dying process */
    STACK_BYTES = 64 << 10, /* for SIGSEGV when the stack itself has ended */
};

/* Signal flags and what the handlers need: the mutable globals that the house allows.
 * lint: allow global in this file, a signal handler has no other way to find anything. */
static volatile sig_atomic_t got_end, got_suspend, got_resumed, got_resized;
static volatile sig_atomic_t rescue_armed;
/* lint: allow global, a handler gets no argument */
static struct {
    struct wake wake;
    int in_fd, out_fd;
    struct termios modes; /* before us */
    char rescue[RESCUE_CAP];
    size_t n;
} at = {.wake = {.read_fd = -1, .write_fd = -1}};

static void on_end(int number) {
    got_end = number;
    wake_signal(&at.wake);
}

static void on_suspend(int number) {
    (void)number;
    got_suspend = 1;
    wake_signal(&at.wake);
}

static void on_resumed(int number) {
    (void)number;
    got_resumed = 1;
    wake_signal(&at.wake);
}

static void on_resized(int number) {
    (void)number;
    got_resized = 1;
    wake_signal(&at.wake);
}

/* Async-signal-safe, every call of it. */
static void put_terminal_back(void) {
    if (!rescue_armed)
        return;
    rescue_armed = 0;
    const char *next = at.rescue;
    size_t left = at.n;
    while (left > 0) {
        ssize_t n = write(at.out_fd, next, left);
        if (n > 0) {
            next += n;
            left -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = at.out_fd, .events = POLLOUT};
            if (poll(&p, 1, RESCUE_WAIT_MS) <= 0)
                break;
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    tcsetattr(at.in_fd, TCSANOW, &at.modes);
}

/* Ends the process as it would have ended without us. All signals wait until this returns: a second
 * one must not kill before the terminal is back. */
static void on_deadly(int number) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    put_terminal_back();
    sigaction(number, &standard, NULL);
    raise(number);
}

enum catch_when { CATCH_ALWAYS, CATCH_IF_DEFAULT };

static const struct {
    int number;
    enum catch_when when;
    void (*handler)(int);
    int flags;
} table[] = {
    {SIGINT, CATCH_ALWAYS, on_end, 0},
    {SIGTERM, CATCH_ALWAYS, on_end, 0},
    {SIGHUP, CATCH_ALWAYS, on_end, 0},
    {SIGTSTP, CATCH_ALWAYS, on_suspend, 0},
    {SIGCONT, CATCH_ALWAYS, on_resumed, 0},
    {SIGWINCH, CATCH_ALWAYS, on_resized, 0},
#define DEADLY(number) \
    { number, CATCH_IF_DEFAULT, on_deadly, SA_ONSTACK }
    DEADLY(SIGSEGV),
    DEADLY(SIGABRT),
    DEADLY(SIGBUS),
    DEADLY(SIGFPE),
    DEADLY(SIGILL),
    DEADLY(SIGSYS),
    DEADLY(SIGTRAP),
    DEADLY(SIGQUIT),
    DEADLY(SIGALRM),
    DEADLY(SIGUSR1),
    DEADLY(SIGUSR2),
    DEADLY(SIGVTALRM),
    DEADLY(SIGPROF),
    DEADLY(SIGXCPU),
    DEADLY(SIGXFSZ),
#undef DEADLY
};

enum { TABLE_ROWS = sizeof table / sizeof *table };

/* lint: allow global, what sigaction() hands out belongs to the process */
static struct sigaction before[TABLE_ROWS];
static volatile sig_atomic_t taken[TABLE_ROWS];
/* lint: allow global, as above: what was held back before */
static sigset_t mask_before;
/* lint: allow global, SIGSEGV needs a stack that is there */
static _Alignas(16) unsigned char stack_bytes[STACK_BYTES];

enum err_code signals_catch(struct err *err) {
    if (wake_init(&at.wake, err) != ERR_OK)
        return err->code;
    got_end = got_suspend = got_resumed = got_resized = 0;
    stack_t stack = {.ss_sp = stack_bytes, .ss_size = sizeof stack_bytes};
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE))
        sigaltstack(&stack, NULL);
    sigset_t ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        struct sigaction now = {.sa_handler = table[i].handler, .sa_flags = table[i].flags};
        sigemptyset(&now.sa_mask);
        if (table[i].handler == on_deadly)
            sigfillset(&now.sa_mask);
        sigaction(table[i].number, NULL, &before[i]);
        /* nohup's SIGHUP stays ignored; a sanitizer's SIGSEGV stays its own. */
        bool free_to_take = before[i].sa_handler == SIG_DFL ||
                            (table[i].when == CATCH_ALWAYS && before[i].sa_handler != SIG_IGN);
        taken[i] = free_to_take && sigaction(table[i].number, &now, NULL) == 0;
        if (taken[i])
            sigaddset(&ours, table[i].number);
    }
    /* Whoever has something to clean up (the lab) held them back until handlers stood. */
    pthread_sigmask(SIG_UNBLOCK, &ours, &mask_before);
    mem_on_exhausted(put_terminal_back);
    return ERR_OK;
}

void signals_restore(void) {
    rescue_armed = 0;
    if (at.wake.read_fd >= 0)
        pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (taken[i]) {
            sigaction(table[i].number, &before[i], NULL);
            taken[i] = false;
        }
    }
    if (at.wake.read_fd >= 0) {
        mem_on_exhausted(NULL);
        wake_fini(&at.wake);
        at.wake.read_fd = at.wake.write_fd = -1;
    }
}

int signals_fd(void) {
    return at.wake.read_fd;
}

/* A flag that is down is left alone: a signal between the look and the reset would be lost. */
static bool take_flag(volatile sig_atomic_t *flag) {
    if (!*flag)
        return false;
    *flag = 0;
    return true;
}

void signals_forgive_interrupt(void) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old); /* a SIGTERM that comes just now is not lost */
    if (got_end == SIGINT)
        got_end = 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct signals signals_take(void) {
    wake_drain(&at.wake);
    return (struct signals){
        .end = got_end,
        .suspend = take_flag(&got_suspend),
        .resumed = take_flag(&got_resumed),
        .resized = take_flag(&got_resized),
    };
}

void signals_set_rescue(int in_fd, int out_fd, const struct termios *modes, const char *bytes,
                        size_t n) {
    rescue_armed = 0;
    at.in_fd = in_fd;
    at.out_fd = out_fd;
    at.modes = *modes;
    at.n = n < sizeof at.rescue ? n : sizeof at.rescue;
    memcpy(at.rescue, bytes, at.n);
    rescue_armed = 1;
}

void signals_arm_rescue(bool armed) {
    rescue_armed = armed;
}

void signals_stop_here(void) {
    struct sigaction ours, standard = {.sa_handler = SIG_DFL};
    sigset_t stop, old;
    sigemptyset(&standard.sa_mask);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &standard, &ours);
    pthread_sigmask(SIG_UNBLOCK, &stop, &old);
    raise(SIGTSTP); /* stops here, and goes on here */
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}
