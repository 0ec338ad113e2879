/* The follower of logs in stories that chance makes: lines that break off, rotations of every kind at any
 * moment, also between two looks and while nobody looks, packing, restarts, and ends without a word
 * (what was counted since the last digest is counted anew). Each line comes once. A story that goes
 * wrong is told again by its seed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "tests/unit/tail_fixture.h"

enum {
    RENAMES = 1,
    COPIES = 2, /* and cuts */
    PACKS = 4,
    RESTARTS = 8,
    KILLS = 16,
    AWAY = 32,   /* it goes on while nobody looks */
    BANNER = 64, /* each content begins alike */
    SEEDS = 25,  /* of each mixture */
    NUMBERS = 4096,
    TICK_MS = 4,      /* between two writes */
    SETTLE_MS = 8000, /* so long after a rotation nothing is packed: hunts are over */
};

/* What the store has. */
struct kept {
    uint8_t seen[NUMBERS];
    struct digest_cursor cursors[TAIL_PLACES];
    size_t n_cursors;
};

struct story {
    struct tail_rig rig;
    uint64_t chance;
    unsigned mixture;
    int fd;
    unsigned next;   /* the line's number */
    char rest[80];   /* of a line that broke off */
    unsigned copies; /* app.log.1 … */
    int64_t rotated_ms;
    struct kept kept;
};

static unsigned below(struct story *s, unsigned n) {
    s->chance = s->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(s->chance >> 33) % n;
}

/* ---- the writer ---- */

/* Files are as old as the story says, not as the test is. */
static void stamp(struct story *s, int fd) {
    s->rig.mono_ms += TICK_MS;
    int64_t now_ms = s->rig.wall_ms + s->rig.mono_ms;
    const struct timespec now = {.tv_sec = (time_t)(now_ms / 1000),
                                 .tv_nsec = (long)(now_ms % 1000 * 1000000)};
    const struct timespec times[2] = {now, now};
    assert_int_equal(futimens(fd, times), 0);
}

static void put(struct story *s, const char *text, size_t n) {
    assert_int_equal(write(s->fd, text, n), n);
    stamp(s, s->fd);
}

static void finish_line(struct story *s) {
    put(s, s->rest, strlen(s->rest));
    s->rest[0] = '\0';
}

static void write_lines(struct story *s) {
    unsigned n = 1 + below(s, below(s, 4) == 0 ? 60 : 4);
    finish_line(s);
    while (n-- > 0 && s->next < NUMBERS) {
        char line[80];
        int length = snprintf(line, sizeof line, "%u 2026-01-11 text of %.*s\n", s->next++,
                              (int)below(s, 40), "some length, and of another one the next time");
        size_t cut = n == 0 && below(s, 4) == 0 ? 1 + below(s, (unsigned)length - 1) : 0;
        put(s, line, cut ? cut : (size_t)length);
        snprintf(s->rest, sizeof s->rest, "%s", cut ? line + cut : "");
    }
}

static void open_log(struct story *s) {
    char banner[320];
    s->fd = open(tail_rig_path(&s->rig, "app.log"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    assert_true(s->fd >= 0);
    memset(banner, '=', sizeof banner);
    banner[sizeof banner - 1] = '\n';
    put(s, banner, s->mixture & BANNER ? sizeof banner : 0);
}

static const char *copy_name(struct story *s, unsigned number, const char *end) {
    char name[40];
    snprintf(name, sizeof name, "app.log.%u%s", number, end);
    return tail_rig_path(&s->rig, name);
}

static void shift_copies(struct story *s) {
    for (unsigned i = s->copies++; i >= 1; i--) { /* those that are not there stay away */
        (void)rename(copy_name(s, i, ""), copy_name(s, i + 1, ""));
        (void)rename(copy_name(s, i, ".gz"), copy_name(s, i + 1, ".gz"));
    }
    s->rotated_ms = s->rig.mono_ms;
}

/* The writer may notice late, and somebody may look in between. */
static void rename_log(struct story *s) {
    if (below(s, 2))
        finish_line(s);
    shift_copies(s);
    tail_rig_rename(&s->rig, "app.log", "app.log.1");
    finish_line(s);
    if (below(s, 2))
        write_lines(s);
    if (below(s, 4) == 0 && s->rig.tail)
        tail_rig_turn(&s->rig);
    finish_line(s);
    close(s->fd);
    open_log(s);
}

static void copy_log(struct story *s) {
    finish_line(s); /* what is written between the copy and the cut is lost to everybody */
    shift_copies(s);
    tail_rig_copy(&s->rig, "app.log", "app.log.1");
    int copy = open(copy_name(s, 1, ""), O_WRONLY);
    stamp(s, copy);
    close(copy);
    if (below(s, 3) == 0 && s->rig.tail)
        tail_rig_turn(&s->rig);
    tail_rig_cut(&s->rig, "app.log");
    stamp(s, s->fd);
}

static void pack_copy(struct story *s) {
    char bytes[4096];
    struct stat st;
    ssize_t n;
    unsigned number = 1 + below(s, s->copies + 1);
    if (s->rig.tail && s->rig.mono_ms - s->rotated_ms < SETTLE_MS)
        return;
    int in = open(copy_name(s, number, ""), O_RDONLY);
    if (in < 0)
        return;
    gzFile out = gzopen(copy_name(s, number, ".gz"), "wb");
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(gzwrite(out, bytes, (unsigned)n), n);
    gzclose(out);
    assert_int_equal(fstat(in, &st), 0);
    close(in);
#ifdef __APPLE__
    const struct timespec written = st.st_mtimespec;
#else
    const struct timespec written = st.st_mtim;
#endif
    const struct timespec times[2] = {written, written}; /* as gzip does */
    utimensat(AT_FDCWD, copy_name(s, number, ".gz"), times, 0);
    assert_int_equal(unlink(copy_name(s, number, "")), 0);
}

/* ---- the reader ---- */

static void copy_cursors(struct digest_cursor *into, size_t *n_into,
                         const struct digest_cursor *from, size_t n_from) {
    for (size_t i = 0; i < *n_into; i++)
        free(into[i].path);
    for (size_t i = 0; i < n_from; i++) {
        into[i] = from[i];
        into[i].path = mem_copy_text(from[i].path);
    }
    *n_into = n_from;
}

static void keep(struct story *s) {
    memcpy(s->kept.seen, s->rig.seen, NUMBERS);
    copy_cursors(s->kept.cursors, &s->kept.n_cursors, s->rig.cursors, s->rig.n_cursors);
}

static void forget(struct story *s) {
    memcpy(s->rig.seen, s->kept.seen, NUMBERS);
    copy_cursors(s->rig.cursors, &s->rig.n_cursors, s->kept.cursors, s->kept.n_cursors);
}

enum { ROTATIONS = 3 };

/* One of them, when it is in the mixture. */
static void rotate(struct story *s, unsigned which) {
    if (which == 0 && s->mixture & RENAMES)
        rename_log(s);
    if (which == 1 && s->mixture & COPIES)
        copy_log(s);
    if (which == 2 && s->mixture & PACKS)
        pack_copy(s);
}

static void happen_away(struct story *s) {
    s->rig.mono_ms += below(s, 2000);
    unsigned what = below(s, 5);
    if (what < ROTATIONS)
        rotate(s, what);
    else
        write_lines(s);
}

static void restart(struct story *s) {
    int64_t wall_ms = s->rig.wall_ms;
    bool killed = s->mixture & KILLS && below(s, 2);
    if (!killed)
        tail_rig_turn(&s->rig);
    tail_rig_end(&s->rig);
    if (killed)
        forget(s);
    else
        keep(s);
    s->rig.mono_ms += 1000 + below(s, 60000);
    for (unsigned n = s->mixture & AWAY ? below(s, 5) : 0; n > 0; n--)
        happen_away(s);
    tail_rig_start(&s->rig);
    s->rig.wall_ms = wall_ms; /* the story's time, not the test's */
}

static void happen(struct story *s) {
    unsigned what = below(s, 9);
    switch (what) {
    case 0:
    case 1:
    case 2:
        rotate(s, what);
        break;
    case 3:
        if (s->mixture & RESTARTS)
            restart(s);
        break;
    case 4:
        tail_rig_pass(&s->rig, below(s, 3) ? 1000 + below(s, 5000) : TAIL_LEAVE_MS + 5000);
        break;
    case 5:
        tail_rig_turn(&s->rig);
        if (below(s, 2))
            keep(s);
        break;
    default:
        write_lines(s);
    }
}

static void tell(const char *path, unsigned mixture, uint64_t seed) {
    struct story *s = mem_zero(1, sizeof *s);
    s->mixture = mixture;
    s->chance = seed * 7919 + mixture;
    tail_rig_init(&s->rig, path);
    s->rig.wall_ms = clock_wall_ms(clock_system()) - s->rig.mono_ms;
    s->next = 1;
    open_log(s);
    tail_rig_start(&s->rig);
    write_lines(s);
    finish_line(s);
    tail_rig_turn(&s->rig);
    keep(s);
    for (unsigned n = 10 + below(s, 40); n > 0; n--)
        happen(s);
    finish_line(s);
    tail_rig_pass(&s->rig, 2 * TAIL_LEAVE_MS);
    unsigned lost = 0, doubled = 0;
    for (unsigned i = 1; i < s->next; i++) {
        lost += s->rig.seen[i] == 0;
        doubled += s->rig.seen[i] > 1;
    }
    if (lost || doubled)
        fail_msg("path \"%s\", mixture %u, seed %u: of %u lines %u were lost and %u came twice",
                 path, mixture, (unsigned)seed, s->next - 1, lost, doubled);
    copy_cursors(s->kept.cursors, &s->kept.n_cursors, NULL, 0);
    close(s->fd);
    tail_rig_fini(&s->rig);
    free(s);
}

static void tell_all(const unsigned *mixtures, size_t n) {
    static const char *const paths[] = {"app.log", "", "app*.log", "app*"};
    for (size_t i = 0; i < n; i++)
        for (unsigned seed = 0; seed < SEEDS; seed++)
            tell(paths[seed % 4], mixtures[i], seed);
}

static void each_line_comes_once_whatever_is_renamed(void **state) {
    (void)state;
    tell_all(
        (const unsigned[]){RENAMES, RENAMES | RESTARTS | AWAY, RENAMES | RESTARTS | KILLS | AWAY},
        3);
}

static void each_line_comes_once_whatever_is_copied_and_cut_off(void **state) {
    (void)state;
    tell_all((const unsigned[]){COPIES, COPIES | RESTARTS | AWAY, COPIES | RESTARTS | KILLS | AWAY},
             3);
}

static void each_line_comes_once_whatever_is_packed(void **state) {
    (void)state;
    tell_all((const unsigned[]){RENAMES | PACKS | RESTARTS | KILLS | AWAY,
                                COPIES | RENAMES | PACKS | RESTARTS | KILLS | AWAY},
             2);
}

static void contents_that_begin_alike_are_told_apart(void **state) {
    (void)state;
    tell_all((const unsigned[]){RENAMES | BANNER}, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_comes_once_whatever_is_renamed),
        cmocka_unit_test(each_line_comes_once_whatever_is_copied_and_cut_off),
        cmocka_unit_test(each_line_comes_once_whatever_is_packed),
        cmocka_unit_test(contents_that_begin_alike_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
