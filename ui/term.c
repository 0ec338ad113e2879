#include "ui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "ui/signals.h"
#include "ui/squeeze.h"

enum {
    ESC_DELAY_MS = 20,       /* a lone Esc; sequences arrive in one piece even over ssh */
    LEAVE_DEADLINE_MS = 300, /* how long a stuck terminal may hold up the end */
    FRAME_CAP = 16 << 20,    /* bytes of one frame; 4 MB is 1000×1000 cells */
};

struct terminal {
    int in_fd;
    int out_fd; /* an open file description of our own: O_NONBLOCK must not reach the shell */
    FILE *canvas;
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading keys from it refreshes nothing */
    struct termios before, during;
    bool ansi; /* speaks what squeeze.h understands */
    struct squeeze squeeze;
    struct buf pending;
    size_t sent;
    int rows, cols;
    bool inside;
    bool resized; /* since the last frame */
    bool shown;   /* a frame was painted since the screen was entered */
};

static int open_canvas(FILE **canvas) {
#ifdef __linux__
    int fd = memfd_create("gonogo-frame", MFD_CLOEXEC);
    *canvas = fd < 0 ? tmpfile() : fdopen(fd, "w+");
#else
    *canvas = tmpfile();
#endif
    if (!*canvas)
        return -1;
    /* Appending: after a truncation the next frame starts at zero by itself. */
    int flags = fcntl(fileno(*canvas), F_GETFL);
    return fcntl(fileno(*canvas), F_SETFL, flags | O_APPEND);
}

static int open_out(void) {
    char name[128];
    int fd = -1;
    if (ttyname_r(STDOUT_FILENO, name, sizeof name) == 0)
        fd = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    /* A terminal that may not be opened again (after su): writing may wait, all else is the same. */
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
}

/* In the background the terminal belongs to somebody else. */
static bool in_foreground(const struct terminal *t) {
    pid_t owner = tcgetpgrp(t->in_fd);
    return owner < 0 || owner == getpgrp();
}

/* Moves what ncurses painted behind what is still to be sent. */
static void collect(struct terminal *t) {
    fflush(t->canvas);
    int fd = fileno(t->canvas);
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > FRAME_CAP)
        return;
    char *frame = mem_alloc((size_t)st.st_size);
    ssize_t n = pread(fd, frame, (size_t)st.st_size, 0);
    if (ftruncate(fd, 0) == 0 && n > 0) { /* never a frame twice */
        if (t->ansi)
            squeeze_frame(&t->squeeze, frame, (size_t)n, &t->pending);
        else
            buf_add(&t->pending, frame, (size_t)n);
    }
    free(frame);
}

bool term_busy(const struct terminal *t) {
    return t->sent < t->pending.len;
}

bool term_flush(struct terminal *t) {
    while (term_busy(t)) {
        ssize_t n = write(t->out_fd, t->pending.data + t->sent, t->pending.len - t->sent);
        if (n > 0)
            t->sent += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        else
            return false;
    }
    buf_clear(&t->pending);
    t->sent = 0;
    return true;
}

/* The first frame of a size is painted whole, over margins that are open. ncurses sets them itself where it
 * enters the screen; before that nothing may, for it moves the cursor that the shell wants back. */
bool term_paint(struct terminal *t) {
    t->squeeze.whole = t->resized && t->ansi;
    if (t->squeeze.whole && t->shown)
        buf_add_text(&t->pending, "\033[r");
    doupdate();
    collect(t);
    t->squeeze.whole = t->resized = false;
    t->shown = true;
    return term_flush(t);
}

/* Sends the rest, waiting for a slow terminal, but not for ever. What a stuck one did not take is
 * cut; CAN ends the sequence that may be cut in the middle. */
static void drain(struct terminal *t) {
    for (int waited = 0; term_busy(t) && waited < LEAVE_DEADLINE_MS; waited += 20) {
        struct pollfd p = {.fd = t->out_fd, .events = POLLOUT};
        poll(&p, 1, 20);
        if (!term_flush(t))
            break;
    }
    buf_clear(&t->pending);
    t->sent = 0;
}

static void add_capability(struct buf *b, const char *name) {
    char capability[16];
    snprintf(capability, sizeof capability, "%s", name);
    const char *value = tigetstr(capability);
    if (value && value != (char *)-1)
        buf_add_text(b, value);
}

/* What puts this terminal back, said in one write: for the handlers of deadly signals. */
static void prepare_rescue(const struct terminal *t) {
    static const char *const capabilities[] = {"sgr0", "rmacs", "cnorm", "rmkx", "rmcup"};
    struct buf b;
    buf_init(&b, 0);
    buf_add_text(&b, "\030"); /* CAN: ends a sequence that was cut */
    if (tigetstr("kmous") && tigetstr("kmous") != (char *)-1)
        buf_add_text(&b, "\033[?1006l\033[?1000l");
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        add_capability(&b, capabilities[i]);
    signals_set_rescue(t->in_fd, t->out_fd, &t->before, b.data, b.len);
    buf_fini(&b);
}

static bool capability_is(const char *name, const char *form) {
    char capability[16];
    snprintf(capability, sizeof capability, "%s", name);
    const char *value = tigetstr(capability);
    return value && value != (char *)-1 && strstr(value, form);
}

static void prepare_squeeze(struct terminal *t) {
    t->ansi = capability_is("sgr0", "\033[") && capability_is("cup", "\033[") &&
              !capability_is("sgr0", "\017"); /* vt100: shift-in instead of a charset */
    squeeze_init(&t->squeeze, capability_is("rep", "%p1%c\033["));
}

static void set_modes(struct terminal *t) {
    t->during = t->before;
    t->during.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR);
    t->during.c_oflag &= ~(tcflag_t)ONLCR;
    t->during.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    t->during.c_lflag |= ISIG; /* Ctrl-C and Ctrl-Z are signals, as everywhere */
    t->during.c_cc[VMIN] = 1;
    t->during.c_cc[VTIME] = 0;
    /* In the background this stops the process (SIGTTOU) until somebody brings it forward. */
    while (tcsetattr(t->in_fd, TCSANOW, &t->during) != 0 && errno == EINTR) {
    }
}

static enum err_code not_a_terminal(struct err *err, const char *which) {
    return err_set(err, ERR_USAGE, which, "use `gonogo check`", "is no terminal");
}

bool term_can_paint(void) {
    const char *type = getenv("TERM");
    int found = 0;
    if (!type || setupterm(type, STDOUT_FILENO, &found) != OK)
        return false;
    const char *move = tigetstr("cup");
    bool can = move && move != (char *)-1;
    del_curterm(cur_term);
    return can;
}

static enum err_code start_curses(struct terminal *t, struct err *err) {
    if (open_canvas(&t->canvas) < 0) {
        return err_errno(err, ERR_IO, "terminal", "free some memory or space in /tmp",
                         "cannot make room for a frame");
    }
    t->screen = newterm(NULL, t->canvas, stdin);
    if (!t->screen) {
        return err_set(err, ERR_USAGE, "terminal", "set TERM to a type that terminfo knows",
                       "ncurses cannot drive it");
    }
    set_escdelay(ESC_DELAY_MS);
    cbreak(); /* sets what getch() believes; the modes themselves are ours */
    noecho();
    nonl();
    typeahead(-1); /* a frame is never left half painted */
    curs_set(0);
    t->keys = newpad(1, 1);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    mouseinterval(0); /* or getch() would wait to see whether a click becomes two */
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED |
                  BUTTON4_PRESSED | BUTTON5_PRESSED,
              NULL);
    return ERR_OK;
}

struct terminal *term_enter(struct err *err) {
    if (!isatty(STDOUT_FILENO)) {
        not_a_terminal(err, "stdout");
        return NULL;
    }
    if (!isatty(STDIN_FILENO)) {
        not_a_terminal(err, "stdin");
        return NULL;
    }
    struct terminal *t = mem_zero(1, sizeof *t);
    t->in_fd = STDIN_FILENO;
    t->out_fd = -1;
    buf_init(&t->pending, FRAME_CAP);
    if (tcgetattr(t->in_fd, &t->before) != 0) {
        err_errno(err, ERR_IO, "terminal", NULL, "cannot read its modes");
        goto out;
    }
    t->out_fd = open_out();
    /* Before newterm(): ncurses leaves signals alone that somebody already takes. */
    if (signals_catch(err) != ERR_OK || start_curses(t, err) != ERR_OK)
        goto out;
    prepare_rescue(t);
    prepare_squeeze(t);
    set_modes(t);
    t->inside = true;
    term_resize(t);
    return t;
out:
    term_leave(t);
    return NULL;
}

/* Out of the terminal's screen and modes; term_resume() is the way back. */
static void step_out(struct terminal *t) {
    if (!t->inside)
        return;
    t->inside = t->shown = false;
    if (term_busy(t))
        drain(t);
    endwin();
    collect(t);
    if (t->ansi)
        squeeze_end(&t->squeeze, &t->pending);
    if (in_foreground(t)) {
        drain(t);
        tcsetattr(t->in_fd, TCSANOW, &t->before);
    }
    buf_clear(&t->pending);
    t->sent = 0;
}

void term_leave(struct terminal *t) {
    if (!t)
        return;
    step_out(t);
    signals_restore();
    if (t->keys)
        delwin(t->keys);
    if (t->screen)
        delscreen(t->screen);
    if (t->canvas)
        fclose(t->canvas);
    if (t->out_fd >= 0)
        close(t->out_fd);
    buf_fini(&t->pending);
    free(t);
}

void term_size(const struct terminal *t, int *rows, int *cols) {
    *rows = t->rows;
    *cols = t->cols;
}

void term_resize(struct terminal *t) {
    struct winsize ws = {0};
    if (ioctl(t->in_fd, TIOCGWINSZ, &ws) != 0 || ws.ws_row == 0 || ws.ws_col == 0) {
        ws.ws_row = 24; /* a serial line does not know: what every terminal has */
        ws.ws_col = 80;
    }
    t->rows = ws.ws_row;
    t->cols = ws.ws_col;
    resizeterm(t->rows, t->cols);
    t->resized = true;
    term_repaint(t);
}

void term_repaint(struct terminal *t) {
    (void)t;
    clearok(curscr, TRUE);
}

void term_resume(struct terminal *t) {
    signals_arm_rescue(true);
    t->squeeze.known = false; /* who wrote in between, in which colours, nobody knows */
    set_modes(t);
    t->inside = true;
    term_resize(t);
    term_repaint(t);
}

void term_suspend(struct terminal *t) {
    step_out(t);
    signals_arm_rescue(false); /* the terminal is the shell's now */
    signals_stop_here();
}

int term_in_fd(const struct terminal *t) {
    return t->in_fd;
}

int term_out_fd(const struct terminal *t) {
    return t->out_fd;
}

enum term_key_kind term_key(struct terminal *t, uint32_t *key) {
    wint_t got = 0;
    int kind = wget_wch(t->keys, &got);
    *key = (uint32_t)got;
    return kind == OK ? TERM_KEY_TEXT : kind == KEY_CODE_YES ? TERM_KEY_CODE : TERM_KEY_NONE;
}

void term_discard_keys(struct terminal *t) {
    (void)t; /* ncurses has one, and we are in it */
    flushinp();
}
