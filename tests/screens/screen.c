#include "tests/screens/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

#include <cmocka.h>
#include <vterm.h>

#include "src/base/buf.h"
#include "src/base/clock.h"
#include "src/base/mem.h"

enum { QUIET_MS = 300 };

struct screen {
    int fd;
    pid_t pid;
    int status; /* of waitpid(); -1 = it runs */
    int rows, cols;
    bool open, stuck;
    bool alternate, cursor;
    VTerm *vt;
    VTermScreen *vs;
    struct buf raw;
    size_t shown; /* bytes of `raw` that the terminal saw */
};

static int on_prop(VTermProp prop, VTermValue *value, void *self) {
    struct screen *s = self;
    if (prop == VTERM_PROP_ALTSCREEN)
        s->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        s->cursor = value->boolean;
    return 1;
}

static void apply_env(const char *const *env) {
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("COLORFGBG");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (; env && *env; env++) {
        char *name = mem_copy_text(*env), *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        if (value)
            setenv(name, value, 1);
        else
            unsetenv(name);
        free(name);
    }
}

struct screen *screen_start(int rows, int cols, const char *const *argv, const char *const *env) {
    struct screen *s = mem_zero(1, sizeof *s);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    static const VTermScreenCallbacks callbacks = {.settermprop = on_prop};
    s->rows = rows;
    s->cols = cols;
    s->status = -1;
    s->cursor = true;
    buf_init(&s->raw, 0);
    s->vt = vterm_new(rows, cols);
    vterm_set_utf8(s->vt, 1);
    s->vs = vterm_obtain_screen(s->vt);
    vterm_screen_set_callbacks(s->vs, &callbacks, s);
    vterm_screen_enable_altscreen(s->vs, 1);
    vterm_screen_reset(s->vs, 1);
    s->pid = forkpty(&s->fd, NULL, NULL, &size);
    if (s->pid == 0) {
        apply_env(env);
        execvp(argv[0], (char *const *)argv);
        dprintf(STDERR_FILENO, "%s cannot be started: %s", argv[0], strerror(errno));
        _exit(127);
    }
    if (s->pid < 0)
        fail_msg("forkpty: %s", strerror(errno));
    fcntl(s->fd, F_SETFD, FD_CLOEXEC);
    s->open = true;
    return s;
}

void screen_free(struct screen *s) {
    if (!s)
        return;
    if (s->status == -1) {
        kill(s->pid, SIGKILL);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (s->fd >= 0)
        close(s->fd);
    vterm_free(s->vt);
    buf_fini(&s->raw);
    free(s);
}

pid_t screen_pid(const struct screen *s) {
    return s->pid;
}

void screen_stick(struct screen *s, bool stuck) {
    s->stuck = stuck;
}

/* `n` without the beginning of a UTF-8 character at the end. */
static size_t whole_characters(const char *bytes, size_t n) {
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)bytes[n - back];
        size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        if ((c & 0xC0) != 0x80)
            return length > back ? n - back : n;
    }
    return n;
}

bool screen_pump(struct screen *s, int timeout_ms) {
    char bytes[4096];
    struct pollfd p = {.fd = s->open && !s->stuck ? s->fd : -1, .events = POLLIN};
    if (poll(&p, 1, timeout_ms) <= 0)
        return s->open;
    ssize_t n = read(s->fd, bytes, sizeof bytes);
    if (n <= 0) {
        s->open = n < 0 && (errno == EINTR || errno == EAGAIN);
        return s->open;
    }
    buf_add(&s->raw, bytes, (size_t)n);
    /* libvterm 0.1 wants its characters whole. */
    size_t whole = whole_characters(s->raw.data + s->shown, s->raw.len - s->shown);
    vterm_input_write(s->vt, s->raw.data + s->shown, whole);
    s->shown += whole;
    return true;
}

void screen_hang_up(struct screen *s) {
    close(s->fd);
    s->fd = -1;
    s->open = false;
}

void screen_send(struct screen *s, const char *keys) {
    size_t left = strlen(keys);
    while (left > 0) {
        ssize_t n = write(s->fd, keys, left);
        if (n <= 0)
            return;
        keys += n;
        left -= (size_t)n;
    }
}

void screen_resize(struct screen *s, int rows, int cols) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    s->rows = rows;
    s->cols = cols;
    vterm_set_size(s->vt, rows, cols);
    ioctl(s->fd, TIOCSWINSZ, &size);
}

static void add_cell(struct buf *out, const struct screen *s, int row, int *col) {
    VTermScreenCell cell;
    VTermPos at = {row, *col};
    vterm_screen_get_cell(s->vs, at, &cell);
    *col += cell.width > 1 ? cell.width : 1;
    if (cell.chars[0] == 0 || cell.chars[0] == (uint32_t)-1) {
        buf_add(out, " ", 1);
        return;
    }
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
        uint32_t c = cell.chars[i];
        char utf8[4];
        size_t n = 0;
        if (c < 0x80) {
            utf8[n++] = (char)c;
        } else if (c < 0x800) {
            utf8[n++] = (char)(0xC0 | c >> 6);
        } else if (c < 0x10000) {
            utf8[n++] = (char)(0xE0 | c >> 12);
            utf8[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        } else {
            utf8[n++] = (char)(0xF0 | c >> 18);
            utf8[n++] = (char)(0x80 | (c >> 12 & 0x3F));
            utf8[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        }
        if (c >= 0x80)
            utf8[n++] = (char)(0x80 | (c & 0x3F));
        buf_add(out, utf8, n);
    }
}

char *screen_text(const struct screen *s) {
    struct buf out;
    buf_init(&out, 0);
    for (int row = 0; row < s->rows; row++) {
        for (int col = 0; col < s->cols;)
            add_cell(&out, s, row, &col);
        while (out.len > 0 && out.data[out.len - 1] == ' ')
            out.data[--out.len] = '\0';
        buf_add(&out, "\n", 1);
    }
    return buf_steal(&out);
}

bool screen_has(const struct screen *s, const char *text) {
    char *all = screen_text(s);
    bool found = strstr(all, text) != NULL;
    free(all);
    return found;
}

static int64_t now(void) {
    return clock_mono_ms(clock_system());
}

/* How the program ended whose side is closed, for who reads the log: a screen may be blank because a
 * signal, or somebody who built the program anew meanwhile, was faster. */
static void tell_end(struct screen *s) {
    int64_t end = now() + 1000;
    struct pollfd none = {.fd = -1};
    while (s->status == -1 && waitpid(s->pid, &s->status, WNOHANG) != s->pid) {
        if (s->open || now() > end)
            return;
        poll(&none, 1, 10);
    }
    fprintf(stderr, "(it has ended: wait status 0x%x)\n", (unsigned)s->status);
}

static bool wait_until(struct screen *s, const char *text, bool there) {
    int64_t end = now() + SCREEN_DEADLINE_MS;
    while (screen_has(s, text) != there) {
        if (now() > end || !screen_pump(s, 100)) {
            char *all = screen_text(s);
            fprintf(stderr, "waited in vain until \"%s\" was %s:\n%s", text,
                    there ? "there" : "gone", all);
            free(all);
            tell_end(s);
            return false;
        }
    }
    return true;
}

bool screen_wait(struct screen *s, const char *text) {
    return wait_until(s, text, true);
}

bool screen_wait_gone(struct screen *s, const char *text) {
    return wait_until(s, text, false);
}

void screen_settle(struct screen *s, int quiet_ms) {
    int64_t end = now() + SCREEN_DEADLINE_MS;
    for (size_t before = s->raw.len + 1; before != s->raw.len && now() < end;) {
        before = s->raw.len;
        screen_pump(s, quiet_ms);
    }
}

static int wait_end(struct screen *s, int64_t within_ms) {
    int64_t end = now() + within_ms;
    while (s->status == -1 && now() < end) {
        screen_pump(s, 10);
        if (!s->open) {
            struct pollfd none = {.fd = -1};
            poll(&none, 1, 5);
        }
        int status;
        if (waitpid(s->pid, &status, WNOHANG) == s->pid)
            s->status = status;
    }
    while (s->status != -1 && s->open && !s->stuck && screen_pump(s, 0)) { /* its last words */
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        if (poll(&p, 1, 0) <= 0)
            break;
    }
    return s->status;
}

int screen_wait_end(struct screen *s) {
    return wait_end(s, SCREEN_DEADLINE_MS);
}

int screen_end_by(struct screen *s, int number) {
    kill(s->pid, number);
#ifdef __SANITIZE_THREAD__
    /* gcc 12's ThreadSanitizer loses one signal in twenty that comes between two system calls; without
     * it none of thousands. The second one arrives. */
    enum { LOST_MS = 5000 };
    if (wait_end(s, LOST_MS) == -1)
        kill(s->pid, number);
#endif
    return screen_wait_end(s);
}

const char *screen_raw(const struct screen *s, size_t *n) {
    *n = s->raw.len;
    return s->raw.data ? s->raw.data : "";
}

bool screen_in_alternate(const struct screen *s) {
    return s->alternate;
}

bool screen_cursor_shown(const struct screen *s) {
    return s->cursor;
}

void screen_modes(const struct screen *s, struct termios *modes) {
    memset(modes, 0, sizeof *modes);
    if (tcgetattr(s->fd, modes) != 0)
        fail_msg("tcgetattr: %s", strerror(errno));
}

static bool modes_equal(const struct termios *a, const struct termios *b) {
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

void screen_expect_sane(struct screen *s, const struct termios *before) {
    struct termios after;
    screen_modes(s, &after);
    assert_true(modes_equal(before, &after));
    assert_false(screen_in_alternate(s));
    assert_true(screen_cursor_shown(s));
    size_t n;
    const char *raw = screen_raw(s, &n);
    bool on = false;
    for (size_t i = 0; i + 5 <= n; i++) {
        if (memcmp(raw + i, "1000h", 5) == 0)
            on = true;
        if (memcmp(raw + i, "1000l", 5) == 0)
            on = false;
    }
    assert_false(on); /* the mouse is the shell's again */
}

/* ---- saved screens ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Length of a time of day at p ("14:03:27"), or of digits and a unit (" ms", " s", " m"); 0 = none. */
static size_t volatile_length(const char *p, const char *text) {
    static const char *const units[] = {" ms", " s", " m"};
    if (p > text && is_digit(p[-1]))
        return 0;
    size_t n = strspn(p, "0123456789");
    if (n == 2 && p[2] == ':' && is_digit(p[3]) && is_digit(p[4]) && p[5] == ':')
        return 8;
    for (size_t i = 0; n > 0 && i < sizeof units / sizeof *units; i++) {
        size_t unit = strlen(units[i]);
        char after = strncmp(p + n, units[i], unit) == 0 ? p[n + unit] : 'x';
        if (!(after >= 'a' && after <= 'z'))
            return n;
    }
    return 0;
}

/* Digits of volatile fields become #, so that columns stay; a sparkline becomes ~ all over. */
static void mask(char *text) {
    char *out = text;
    for (char *p = text; *p;) {
        size_t n = volatile_length(p, text);
        bool spark = strncmp(p, "\xe2\x96", 2) == 0 && (unsigned char)p[2] >= 0x81 &&
                     (unsigned char)p[2] < 0x88;
        if (n > 0) {
            for (size_t i = 0; i < n; i++, p++)
                *out++ = is_digit(*p) ? '#' : *p;
        } else if (spark) {
            *out++ = '~';
            p += 3;
        } else {
            *out++ = *p++;
        }
    }
    *out = '\0';
}

static char *read_expected(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    struct buf b;
    char bytes[4096];
    size_t n;
    buf_init(&b, 0);
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_add(&b, bytes, n);
    fclose(f);
    return buf_steal(&b);
}

static char *masked_screen(const struct screen *s, void (*more)(char *text)) {
    char *text = screen_text(s);
    mask(text);
    if (more)
        more(text);
    return text;
}

static void write_expected(const char *path, struct screen *s, void (*more)(char *text)) {
    screen_settle(s, QUIET_MS);
    char *text = masked_screen(s, more);
    FILE *f = fopen(path, "wb");
    if (!f) {
        free(text);
        fail_msg("%s: %s", path, strerror(errno));
        return;
    }
    fputs(text, f);
    fclose(f);
    free(text);
}

void screen_expect_masked(struct screen *s, const char *name, void (*more)(char *text)) {
    char path[256];
    snprintf(path, sizeof path, "tests/screens/expected/%s.txt", name);
    const char *update = getenv("UPDATE");
    if (update && *update) {
        write_expected(path, s, more);
        return;
    }
    char *want = read_expected(path);
    if (!want) {
        fail_msg("%s is missing: UPDATE=1 writes it", path);
        return;
    }
    int64_t end = now() + SCREEN_DEADLINE_MS;
    char *got = masked_screen(s, more);
    while (strcmp(got, want) != 0 && now() < end && screen_pump(s, 100)) {
        free(got);
        got = masked_screen(s, more);
    }
    bool same = strcmp(got, want) == 0;
    if (!same)
        fprintf(stderr, "%s (UPDATE=1 takes it over)\nwanted:\n%s\ngot:\n%s", path, want, got);
    free(got);
    free(want);
    assert_true(same);
}

void screen_expect(struct screen *s, const char *name) {
    screen_expect_masked(s, name, NULL);
}
