#include "tests/unit/tail_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"

/* ---- the outlet ---- */

static int on_file(void *self, unsigned log, const char *path) {
    struct tail_rig *r = self;
    (void)log;
    for (unsigned i = 0; i < r->n_places; i++)
        if (strcmp(r->places[i], path) == 0)
            return (int)i;
    assert_true(r->n_places < TAIL_PLACES);
    snprintf(r->places[r->n_places], sizeof r->places[0], "%s", path);
    return (int)r->n_places++;
}

static void on_renewed(void *self, int file) {
    struct tail_rig *r = self;
    (void)file;
    r->renewed++;
}

static void on_gone(void *self, int file) {
    struct tail_rig *r = self;
    (void)file;
    r->gone++;
}

static void take_line(struct tail_rig *r, const char *line, size_t n) {
    char *end;
    char head[24];
    snprintf(head, sizeof head, "%.*s", (int)(n < 20 ? n : 20), line);
    unsigned long number = strtoul(head, &end, 10);
    if (end != head && number < TAIL_NUMBERS && r->seen[number] < 255)
        r->seen[number]++;
    if (r->keep)
        buf_add(&r->text, line, n);
    r->lines++;
}

static void on_take(void *self, int file, const struct logbook_lines *lines) {
    struct tail_rig *r = self;
    assert_true(file >= 0 && (unsigned)file < r->n_places);
    assert_true(lines->n > 0 && lines->first >= 1);
    const char *at = lines->bytes, *end = at + lines->n;
    uint64_t number = lines->first - 1;
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *next = lf ? lf + 1 : end;
        number++;
        if (lines->context)
            r->context_lines++;
        else
            take_line(r, at, (size_t)(next - at));
        at = next;
    }
    r->last_number = number;
}

static void on_skipped(void *self, int file, uint64_t lines, uint64_t bytes) {
    struct tail_rig *r = self;
    (void)file;
    (void)bytes;
    r->skipped += lines;
}

static void on_status(void *self, unsigned log, unsigned files, bool caught_up,
                      const char *trouble) {
    struct tail_rig *r = self;
    (void)log;
    r->files = files;
    r->caught_up = caught_up;
    snprintf(r->trouble, sizeof r->trouble, "%s", trouble ? trouble : "");
}

static bool on_due(void *self) {
    (void)self;
    return false;
}

static void on_cursors(void *self, const struct digest_cursor *cursors, size_t n) {
    struct tail_rig *r = self;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < r->n_cursors &&
               (r->cursors[at].inode != cursors[i].inode || r->cursors[at].dev != cursors[i].dev))
            at++;
        if (at < r->n_cursors)
            free(r->cursors[at].path);
        if (cursors[i].gone) {
            if (at < r->n_cursors)
                r->cursors[at] = r->cursors[--r->n_cursors];
            continue;
        }
        assert_true(at < TAIL_PLACES);
        r->n_cursors += at == r->n_cursors;
        r->cursors[at] = cursors[i];
        r->cursors[at].path = mem_copy_text(cursors[i].path);
    }
    r->turns++;
}

/* ---- the rig ---- */

void tail_rig_init(struct tail_rig *r, const char *path) {
    const char *tmp = getenv("TMPDIR");
    memset(r, 0, sizeof *r);
    snprintf(r->folder, sizeof r->folder, "%s/tail-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(r->folder));
    r->seen = mem_zero(TAIL_NUMBERS, 1);
    buf_init(&r->text, 0);
    r->paths[0] = *path ? mem_format("%s/%s", r->folder, path) : mem_copy_text(r->folder);
    r->log = (struct log_spec){.name = mem_copy_text("app"), .kind = LOG_FILE, .paths = r->paths};
    r->policy.logs = &r->log;
    r->policy.n_logs = 1;
    r->mono_ms = 1000;
}

void tail_rig_start(struct tail_rig *r) {
    const struct tail_outlet outlet = {.file = on_file,
                                       .renewed = on_renewed,
                                       .gone = on_gone,
                                       .take = on_take,
                                       .skipped = on_skipped,
                                       .status = on_status,
                                       .due = on_due,
                                       .cursors = on_cursors,
                                       .self = r};
    r->tail = tail_new(&r->policy, r->cursors, r->n_cursors, outlet, &r->stop);
    int64_t ahead_ms = clock_wall_ms(clock_system()) - r->mono_ms;
    r->wall_ms = ahead_ms > r->wall_ms ? ahead_ms : r->wall_ms;
    tail_rig_turn(r);
}

void tail_rig_end(struct tail_rig *r) {
    tail_free(r->tail);
    r->tail = NULL;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *where) {
    (void)st;
    (void)what;
    (void)where;
    return remove(path);
}

void tail_rig_fini(struct tail_rig *r) {
    tail_rig_end(r);
    for (size_t i = 0; i < r->n_cursors; i++)
        free(r->cursors[i].path);
    for (size_t i = 0; i < 4; i++)
        free(r->paths[i]);
    free(r->log.name);
    free(r->seen);
    buf_fini(&r->text);
    nftw(r->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void tail_rig_turn(struct tail_rig *r) {
    while (tail_turn(r->tail, r->wall_ms + r->mono_ms, r->mono_ms) == 0)
        ;
    r->mono_ms += TAIL_POLL_MS;
}

void tail_rig_pass(struct tail_rig *r, int64_t ms) {
    for (int64_t end = r->mono_ms + ms; r->mono_ms < end;)
        tail_rig_turn(r);
}

const char *tail_rig_path(struct tail_rig *r, const char *name) {
    static char paths[4][160];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", r->folder, name);
    return path;
}

void tail_rig_write(struct tail_rig *r, const char *name, const char *text) {
    int fd = open(tail_rig_path(r, name), O_WRONLY | O_CREAT | O_APPEND, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

void tail_rig_rename(struct tail_rig *r, const char *from, const char *to) {
    assert_int_equal(rename(tail_rig_path(r, from), tail_rig_path(r, to)), 0);
}

void tail_rig_copy(struct tail_rig *r, const char *from, const char *to) {
    char bytes[64 << 10];
    ssize_t n;
    int in = open(tail_rig_path(r, from), O_RDONLY);
    int out = open(tail_rig_path(r, to), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

void tail_rig_cut(struct tail_rig *r, const char *name) {
    assert_int_equal(truncate(tail_rig_path(r, name), 0), 0);
}

void tail_rig_remove(struct tail_rig *r, const char *name) {
    assert_int_equal(unlink(tail_rig_path(r, name)), 0);
}
