/* The follower of logs, one situation at a time: time is moved by hand, files are real. */
#include "probes/tail.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "tests/unit/tail_fixture.h"

enum { HOUR_MS = 3600 * 1000, SHORT_MS = 1000 };

/* The lines that came since the last time. */
static void expect(struct tail_rig *r, const char *text) {
    tail_rig_turn(r);
    assert_string_equal(r->text.len ? r->text.data : "", text);
    buf_clear(&r->text);
}

static void follow(struct tail_rig *r, const char *path) {
    tail_rig_init(r, path);
    r->keep = true;
}

/* Longer than what tells one content from another. */
static void write_many(struct tail_rig *r, const char *name, unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++) {
        char line[80];
        snprintf(line, sizeof line, "%u line of a log that is followed\n", i);
        tail_rig_write(r, name, line);
    }
}

static void expect_each_once(const struct tail_rig *r, unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++)
        if (r->seen[i] != 1)
            fail_msg("line %u came %d times", i, r->seen[i]);
}

static void test_begins_at_the_end_and_says_the_right_line_number(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_write(&r, "app.log", "1 old\n2 old\n3 begun");
    tail_rig_start(&r);
    assert_true(r.caught_up);
    assert_int_equal(r.files, 1);
    assert_int_equal(r.context_lines, 2);
    expect(&r, "");
    tail_rig_write(&r, "app.log", " before\n4 new\n");
    expect(&r, "3 begun before\n4 new\n");
    assert_int_equal(r.last_number, 4);
    tail_rig_fini(&r);
}

static void test_a_partial_line_waits_for_its_end(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    assert_non_null(strstr(r.trouble, "there is no"));
    tail_rig_write(&r, "app.log", "1 be");
    expect(&r, "");
    assert_string_equal(r.trouble, "");
    tail_rig_write(&r, "app.log", "gin");
    expect(&r, "");
    tail_rig_write(&r, "app.log", "ning\n2");
    expect(&r, "1 beginning\n");
    tail_rig_write(&r, "app.log", "\r\n");
    expect(&r, "2\r\n");
    assert_int_equal(r.last_number, 2);
    tail_rig_fini(&r);
}

static void test_any_bytes_may_be_in_a_line(void **state) {
    (void)state;
    struct tail_rig r;
    static const char bytes[] = "1 a\0b\xff\xfe\x80\n\0\0\n2 ok\n";
    follow(&r, "app.log");
    tail_rig_start(&r);
    int fd = open(tail_rig_path(&r, "app.log"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    assert_int_equal(write(fd, bytes, sizeof bytes - 1), sizeof bytes - 1);
    close(fd);
    tail_rig_turn(&r);
    assert_int_equal(r.text.len, sizeof bytes - 1);
    assert_memory_equal(r.text.data, bytes, sizeof bytes - 1);
    assert_int_equal(r.last_number, 3);
    tail_rig_fini(&r);
}

static char *long_line(size_t n) {
    char *line = mem_alloc(n + 2);
    memset(line, 'x', n);
    line[n] = '\n';
    line[n + 1] = '\0';
    return line;
}

static void test_a_line_of_1_mib_is_read_and_one_byte_more_is_skipped(void **state) {
    (void)state;
    struct tail_rig r;
    char *most = long_line(TAIL_LINE), *more = long_line(TAIL_LINE + 1);
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n");
    tail_rig_write(&r, "app.log", most);
    tail_rig_write(&r, "app.log", "2 b\n");
    tail_rig_turn(&r);
    assert_int_equal(r.text.len, 4 + TAIL_LINE + 1 + 4);
    assert_int_equal(r.skipped, 0);
    buf_clear(&r.text);
    tail_rig_write(&r, "app.log", more);
    tail_rig_write(&r, "app.log", "3 c\n");
    expect(&r, "3 c\n");
    assert_int_equal(r.skipped, 1);
    assert_int_equal(r.last_number, 5);
    free(most);
    free(more);
    tail_rig_fini(&r);
}

static void test_a_line_that_is_too_long_is_skipped_in_pieces_too(void **state) {
    (void)state;
    struct tail_rig r;
    char *piece = long_line(300000);
    piece[300000] = '\0';
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n");
    for (int i = 0; i < 9; i++) {
        tail_rig_write(&r, "app.log", piece);
        tail_rig_turn(&r);
        assert_int_equal(r.lines, 1);
    }
    tail_rig_end(&r); /* in the middle of it */
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", piece);
    tail_rig_write(&r, "app.log", "\n2 b\n");
    expect(&r, "1 a\n2 b\n");
    assert_int_equal(r.skipped, 1);
    assert_int_equal(r.last_number, 3);
    free(piece);
    tail_rig_fini(&r);
}

static void test_what_was_renamed_is_read_to_its_end_before_what_came_after(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n");
    expect(&r, "1 a\n");
    tail_rig_write(&r, "app.log", "2 b\n");
    tail_rig_rename(&r, "app.log", "app.log.1");
    tail_rig_write(&r, "app.log", "4 d\n");
    tail_rig_write(&r, "app.log.1", "3 c\n"); /* its writer has not noticed yet */
    expect(&r, "2 b\n3 c\n4 d\n");
    assert_int_equal(r.last_number, 1);
    assert_int_equal(r.renewed, 1);
    tail_rig_write(&r, "app.log.1", "5 late\n");
    expect(&r, "5 late\n");
    tail_rig_write(&r, "app.log.1", "6 last words");
    tail_rig_pass(&r, TAIL_LEAVE_MS + SHORT_MS);
    expect(&r, "6 last words");
    assert_int_equal(r.n_places, 1);
    assert_int_equal(r.n_cursors, 1);
    tail_rig_fini(&r);
}

static void test_several_rotations_between_two_looks(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    write_many(&r, "app.log.3", 500, 510); /* history, before our time */
    tail_rig_write(&r, "app.log", "1 a\n");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "2 b\n");
    for (int i = 2; i < 6; i++) {
        char line[16];
        tail_rig_rename(&r, "app.log.3", "app.log.4");
        if (i > 3)
            tail_rig_rename(&r, "app.log.2", "app.log.3");
        if (i > 2)
            tail_rig_rename(&r, "app.log.1", "app.log.2");
        tail_rig_rename(&r, "app.log", "app.log.1");
        if (i == 2)
            tail_rig_rename(&r, "app.log.4", "app.log.3");
        snprintf(line, sizeof line, "%d\n", i + 1);
        tail_rig_write(&r, "app.log", line);
        poll(NULL, 0, 10); /* the file system's clock is a coarse one */
        if (i == 3)
            break;
    }
    expect(&r, "2 b\n3\n4\n");
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    expect(&r, "");
    tail_rig_fini(&r);
}

static void test_a_log_that_is_copied_and_cut_off(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    write_many(&r, "app.log", 1, 40);
    tail_rig_turn(&r);
    write_many(&r, "app.log", 40, 80); /* stands only in the copy, when we look again */
    tail_rig_copy(&r, "app.log", "app.log.1");
    tail_rig_cut(&r, "app.log");
    write_many(&r, "app.log", 80, 90);
    tail_rig_turn(&r);
    expect_each_once(&r, 1, 90);
    assert_int_equal(r.last_number, 10);
    /* The same copy is written over. */
    write_many(&r, "app.log", 90, 120);
    tail_rig_copy(&r, "app.log", "app.log.1");
    tail_rig_cut(&r, "app.log");
    write_many(&r, "app.log", 120, 300); /* longer than it was: no size gives it away */
    tail_rig_turn(&r);
    expect_each_once(&r, 1, 300);
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    assert_int_equal(r.lines, 299);
    tail_rig_fini(&r);
}

static void test_a_log_that_is_cut_off_without_a_copy(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n2 b\n");
    expect(&r, "1 a\n2 b\n");
    tail_rig_cut(&r, "app.log");
    expect(&r, "");
    tail_rig_write(&r, "app.log", "3 c\n");
    expect(&r, "3 c\n");
    tail_rig_cut(&r, "app.log");
    tail_rig_write(&r, "app.log", "4 d\n"); /* as long as before */
    expect(&r, "4 d\n");
    assert_int_equal(r.last_number, 1);
    tail_rig_fini(&r);
}

static void test_a_hole_where_a_log_was_cut_off_under_its_writer(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    int fd = open(tail_rig_path(&r, "app.log"), O_WRONLY | O_CREAT, 0644); /* not O_APPEND */
    char *many = long_line(500000);
    assert_int_equal(write(fd, many, 500001), 500001);
    tail_rig_turn(&r);
    buf_clear(&r.text);
    tail_rig_cut(&r, "app.log");
    assert_int_equal(write(fd, "2 b\n", 4), 4); /* goes on behind 500,001 zeros */
    expect(&r, "2 b\n");
    assert_int_equal(r.skipped, 0);
    close(fd);
    free(many);
    tail_rig_fini(&r);
}

static void test_a_file_that_is_deleted_and_made_again(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n");
    expect(&r, "1 a\n");
    tail_rig_write(&r, "app.log", "2 b\n");
    tail_rig_remove(&r, "app.log"); /* while it is open: nothing is lost */
    expect(&r, "2 b\n");
    assert_non_null(strstr(r.trouble, "there is no"));
    tail_rig_write(&r, "app.log", "3 c\n");
    expect(&r, "3 c\n");
    assert_string_equal(r.trouble, "");
    tail_rig_remove(&r, "app.log");
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    assert_int_equal(r.gone, 1);
    assert_int_equal(r.n_cursors, 0);
    tail_rig_write(&r, "app.log", "4 d\n");
    expect(&r, "4 d\n");
    tail_rig_fini(&r);
}

static void test_a_file_gives_way_to_something_else(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.log", "1 a\n");
    tail_rig_turn(&r);
    tail_rig_remove(&r, "app.log");
    assert_int_equal(mkfifo(tail_rig_path(&r, "app.log"), 0644), 0);
    expect(&r, "1 a\n");
    assert_non_null(strstr(r.trouble, "is no file"));
    tail_rig_remove(&r, "app.log");
    assert_int_equal(mkdir(tail_rig_path(&r, "app.log"), 0755), 0);
    tail_rig_pass(&r, 2 * TAIL_SLOW_MS);
    rmdir(tail_rig_path(&r, "app.log"));
    tail_rig_write(&r, "app.log", "2 b\n");
    tail_rig_pass(&r, 2 * TAIL_SLOW_MS);
    expect(&r, "2 b\n");
    assert_string_equal(r.trouble, "");
    tail_rig_fini(&r);
}

static void test_a_file_that_may_not_be_read_is_trouble_until_it_may(void **state) {
    (void)state;
    struct tail_rig r;
    if (geteuid() == 0)
        skip(); /* nothing is forbidden */
    follow(&r, "app.log");
    tail_rig_write(&r, "app.log", "1 a\n2 b");
    chmod(tail_rig_path(&r, "app.log"), 0);
    tail_rig_start(&r);
    assert_non_null(strstr(r.trouble, "allow gonogo to read it"));
    assert_false(r.caught_up);
    tail_rig_turn(&r);
    chmod(tail_rig_path(&r, "app.log"), 0644);
    tail_rig_write(&r, "app.log", "b\n3 c\n");
    expect(&r, "2 bb\n3 c\n");
    assert_string_equal(r.trouble, "");
    assert_true(r.caught_up);
    tail_rig_fini(&r);
}

static void test_a_pattern_finds_files_that_appear_later(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "client-*.log");
    tail_rig_write(&r, "client-1.log", "1 old\n");
    tail_rig_start(&r);
    tail_rig_write(&r, "client-2.log", "2 new\n");
    tail_rig_write(&r, "server.log", "3 other\n");
    tail_rig_pass(&r, 2 * TAIL_SLOW_MS);
    expect(&r, "2 new\n");
    tail_rig_write(&r, "client-1.log", "4 more\n");
    expect(&r, "4 more\n");
    assert_int_equal(r.files, 2);
    tail_rig_fini(&r);
}

static void test_rotations_in_a_folder_are_not_read_again(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "");
    tail_rig_write(&r, "app.log", "1 old\n");
    tail_rig_write(&r, "app.log.1", "0 older\n");
    tail_rig_start(&r);
    assert_int_equal(r.n_places, 1);
    write_many(&r, "app.log", 2, 40);
    tail_rig_turn(&r);
    for (unsigned n = 40; n < 400; n += 40) {
        write_many(&r, "app.log", n, n + 20);
        rename(tail_rig_path(&r, "app.log.2"), tail_rig_path(&r, "app.log.3"));
        tail_rig_rename(&r, "app.log.1", "app.log.2");
        if (n % 80 == 0) {
            tail_rig_rename(&r, "app.log", "app.log.1");
        } else {
            tail_rig_copy(&r, "app.log", "app.log.1");
            tail_rig_pass(&r, n % 120 == 0 ? 2 * TAIL_SLOW_MS : 0); /* seen before the cut */
            tail_rig_cut(&r, "app.log");
        }
        write_many(&r, "app.log", n + 20, n + 40);
        tail_rig_pass(&r, 2 * TAIL_SLOW_MS);
        expect_each_once(&r, 2, n + 40);
    }
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    expect_each_once(&r, 2, 400);
    assert_int_equal(r.seen[0], 0);
    assert_int_equal(r.seen[1], 0);
    assert_int_equal(r.n_places, 1);
    tail_rig_fini(&r);
}

/* Also after a restart, and when there are many. */
static void test_copies_in_a_folder_are_never_read_again(void **state) {
    (void)state;
    enum { COPIES = 100 };
    struct tail_rig r;
    follow(&r, "");
    write_many(&r, "app.log", 0, 1);
    tail_rig_start(&r);
    for (unsigned i = 1; i <= COPIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "app.log-%08u", 20260000 + i);
        write_many(&r, "app.log", i, i + 1);
        tail_rig_turn(&r);
        tail_rig_copy(&r, "app.log", name);
        tail_rig_cut(&r, "app.log");
        tail_rig_turn(&r);
    }
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    tail_rig_end(&r);
    tail_rig_start(&r);
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    expect_each_once(&r, 1, COPIES + 1);
    assert_int_equal(r.lines, COPIES);
    tail_rig_fini(&r);
}

static void test_a_new_file_whose_name_looks_rotated_is_followed(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "");
    tail_rig_write(&r, "app", "1 old\n");
    tail_rig_start(&r);
    tail_rig_write(&r, "app.2", "2 its own\n");
    tail_rig_pass(&r, 10 * TAIL_SLOW_MS);
    expect(&r, "2 its own\n");
    tail_rig_fini(&r);
}

static void test_goes_on_where_the_run_before_ended(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    write_many(&r, "app.log", 1, 50);
    tail_rig_start(&r);
    write_many(&r, "app.log", 50, 60);
    tail_rig_write(&r, "app.log", "60 be");
    tail_rig_turn(&r);
    tail_rig_end(&r);
    tail_rig_write(&r, "app.log", "gun\n61 while away\n");
    r.context_lines = 0;
    tail_rig_start(&r);
    expect_each_once(&r, 50, 62);
    assert_int_equal(r.lines, 12);
    assert_int_equal(r.last_number, 61);
    assert_true(r.context_lines > 50);
    tail_rig_fini(&r);
}

static void test_rotations_while_we_were_away_lose_nothing(void **state) {
    (void)state;
    static const enum how {
        RENAMED,
        COPIED,
        PACKED,
        TWICE,
        PACKED_TWICE,
        HOWS
    } hows[] = {RENAMED, COPIED, PACKED, TWICE, PACKED_TWICE};
    for (int i = 0; i < HOWS; i++) {
        struct tail_rig r;
        follow(&r, "app.log");
        write_many(&r, "app.log.9", 900, 920); /* history, before our time */
        tail_rig_start(&r);
        write_many(&r, "app.log", 1, 50);
        tail_rig_turn(&r);
        tail_rig_end(&r);
        write_many(&r, "app.log", 50, 70);
        if (hows[i] == COPIED) {
            tail_rig_copy(&r, "app.log", "app.log.1");
            tail_rig_cut(&r, "app.log");
        } else {
            tail_rig_rename(&r, "app.log", "app.log.1");
        }
        poll(NULL, 0, 20);
        write_many(&r, "app.log", 70, 80);
        if (hows[i] == TWICE || hows[i] == PACKED_TWICE) {
            tail_rig_rename(&r, "app.log.1", "app.log.2");
            tail_rig_rename(&r, "app.log", "app.log.1");
            poll(NULL, 0, 20);
            write_many(&r, "app.log", 80, 90);
        }
        if (hows[i] == PACKED || hows[i] == PACKED_TWICE) {
            char *command[] = {"gzip", NULL, NULL, NULL};
            command[1] = mem_copy_text(tail_rig_path(&r, "app.log.1"));
            command[2] =
                hows[i] == PACKED_TWICE ? mem_copy_text(tail_rig_path(&r, "app.log.2")) : NULL;
            pid_t pid = fork();
            if (pid == 0) {
                execvp("gzip", command);
                _exit(127);
            }
            int status = -1;
            waitpid(pid, &status, 0);
            assert_int_equal(status, 0);
            free(command[1]);
            free(command[2]);
        }
        tail_rig_start(&r);
        unsigned last = hows[i] == TWICE || hows[i] == PACKED_TWICE ? 90 : 80;
        expect_each_once(&r, 1, last);
        write_many(&r, "app.log", last, last + 5);
        tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
        expect_each_once(&r, 1, last + 5);
        assert_int_equal(r.lines, last + 4);
        assert_int_equal(r.n_cursors, 1);
        tail_rig_fini(&r);
    }
}

static void test_a_new_file_with_the_old_ones_inode_is_another(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    tail_rig_start(&r);
    write_many(&r, "app.log", 1, 50);
    tail_rig_turn(&r);
    tail_rig_end(&r);
    tail_rig_cut(&r, "app.log"); /* the same inode, and more in it than was read before */
    write_many(&r, "app.log", 50, 200);
    tail_rig_start(&r);
    expect_each_once(&r, 1, 200);
    tail_rig_fini(&r);
}

static void write_gzip(struct tail_rig *r, const char *name, const char *text) {
    gzFile file = gzopen(tail_rig_path(r, name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    gzclose(file);
}

static void make_old(struct tail_rig *r, const char *name, int64_t by_ms) {
    int64_t then_ms = clock_wall_ms(clock_system()) - by_ms;
    const struct timespec times[2] = {{.tv_sec = (time_t)(then_ms / 1000)},
                                      {.tv_sec = (time_t)(then_ms / 1000)}};
    assert_int_equal(utimensat(AT_FDCWD, tail_rig_path(r, name), times, 0), 0);
}

static void test_history_is_read_first_the_oldest_first(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    r.log.backfill_ms = 24 * HOUR_MS;
    write_gzip(&r, "app.log.3.gz", "1 too old\n");
    make_old(&r, "app.log.3.gz", 30 * (int64_t)HOUR_MS);
    write_gzip(&r, "app.log.2.gz", "2 packed\n3 packed, no end");
    make_old(&r, "app.log.2.gz", 9 * HOUR_MS);
    tail_rig_write(&r, "app.log.1", "4 rotated\n");
    make_old(&r, "app.log.1", 3 * HOUR_MS);
    tail_rig_write(&r, "app.log", "5 live\n");
    tail_rig_start(&r);
    expect(&r, "2 packed\n3 packed, no end4 rotated\n5 live\n");
    assert_true(r.caught_up);
    tail_rig_end(&r);
    tail_rig_write(&r, "app.log", "6 more\n");
    tail_rig_start(&r);
    tail_rig_pass(&r, 2 * TAIL_LEAVE_MS);
    expect(&r, "6 more\n");
    tail_rig_fini(&r);
}

static void test_a_damaged_gzip_is_counted_as_skipped(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "app.log");
    r.log.backfill_ms = 24 * HOUR_MS;
    write_gzip(&r, "app.log.1.gz", "1 packed\n2 packed\n");
    assert_int_equal(truncate(tail_rig_path(&r, "app.log.1.gz"), 24), 0);
    tail_rig_write(&r, "app.log", "3 live\n");
    tail_rig_start(&r);
    assert_int_equal(r.seen[3], 1);
    assert_int_equal(r.skipped, 1);
    tail_rig_fini(&r);
}

static void test_logs_that_are_looked_at_whole_keep_no_cursor(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "");
    r.log.whole = true;
    tail_rig_write(&r, "aa.txt", "1 a\n");
    write_gzip(&r, "bbb.gz", "2 b\n");
    tail_rig_start(&r);
    assert_int_equal(r.n_cursors, 0);
    expect(&r, "1 a\n2 b\n");
    tail_rig_cut(&r, "aa.txt");
    tail_rig_write(&r, "aa.txt", "3 c\n");
    expect(&r, "3 c\n");
    assert_int_equal(r.renewed, 1);
    tail_rig_end(&r);
    tail_rig_start(&r);
    assert_int_equal(r.seen[2], 2);
    assert_int_equal(r.seen[3], 2);
    tail_rig_fini(&r);
}

static bool came(const struct tail_rig *r, unsigned number) {
    return r->seen[number] > 0;
}

static void turn_until(struct tail_rig *r, unsigned number) {
    const struct clock *clock = clock_system();
    for (int i = 0; i < 2000 && !came(r, number); i++) {
        tail_turn(r->tail, clock_wall_ms(clock), clock_mono_ms(clock));
        poll(NULL, 0, 10);
    }
    assert_true(came(r, number));
}

static void test_a_command_is_a_log_and_is_started_again(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "none");
    char script[256];
    snprintf(script, sizeof script,
             "cd '%s'; echo x >>n; n=$(wc -l <n); echo $((n)) said; echo trouble $n >&2; printf "
             "'%%d0 tail' $((n)); [ $n -lt 2 ] || exec tail -f /dev/null",
             r.folder);
    char *const run[] = {"sh", "-c", script, NULL};
    r.log.kind = LOG_COMMAND;
    r.log.run = (char **)(uintptr_t)run;
    tail_rig_start(&r);
    turn_until(&r, 10);
    assert_non_null(strstr(r.trouble, "exit 0"));
    assert_non_null(strstr(r.trouble, "trouble 1"));
    turn_until(&r, 2);
    assert_int_equal(r.seen[1], 1);
    assert_int_equal(r.files, 1);
    int64_t began_ms = clock_mono_ms(clock_system());
    tail_rig_end(&r); /* it is ended and reaped */
    assert_true(clock_mono_ms(clock_system()) - began_ms < 5000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    tail_rig_fini(&r);
}

static void test_a_command_that_does_not_exist_is_trouble(void **state) {
    (void)state;
    struct tail_rig r;
    follow(&r, "none");
    char *const run[] = {"no-such-program-here", NULL};
    r.log.kind = LOG_COMMAND;
    r.log.run = (char **)(uintptr_t)run;
    tail_rig_start(&r);
    assert_non_null(strstr(r.trouble, "cannot be started"));
    assert_int_equal(r.files, 0);
    tail_rig_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_at_the_end_and_says_the_right_line_number),
        cmocka_unit_test(test_a_partial_line_waits_for_its_end),
        cmocka_unit_test(test_any_bytes_may_be_in_a_line),
        cmocka_unit_test(test_a_line_of_1_mib_is_read_and_one_byte_more_is_skipped),
        cmocka_unit_test(test_a_line_that_is_too_long_is_skipped_in_pieces_too),
        cmocka_unit_test(test_what_was_renamed_is_read_to_its_end_before_what_came_after),
        cmocka_unit_test(test_several_rotations_between_two_looks),
        cmocka_unit_test(test_a_log_that_is_copied_and_cut_off),
        cmocka_unit_test(test_a_log_that_is_cut_off_without_a_copy),
        cmocka_unit_test(test_a_hole_where_a_log_was_cut_off_under_its_writer),
        cmocka_unit_test(test_a_file_that_is_deleted_and_made_again),
        cmocka_unit_test(test_a_file_gives_way_to_something_else),
        cmocka_unit_test(test_a_file_that_may_not_be_read_is_trouble_until_it_may),
        cmocka_unit_test(test_a_pattern_finds_files_that_appear_later),
        cmocka_unit_test(test_rotations_in_a_folder_are_not_read_again),
        cmocka_unit_test(test_copies_in_a_folder_are_never_read_again),
        cmocka_unit_test(test_a_new_file_whose_name_looks_rotated_is_followed),
        cmocka_unit_test(test_goes_on_where_the_run_before_ended),
        cmocka_unit_test(test_rotations_while_we_were_away_lose_nothing),
        cmocka_unit_test(test_a_new_file_with_the_old_ones_inode_is_another),
        cmocka_unit_test(test_history_is_read_first_the_oldest_first),
        cmocka_unit_test(test_a_damaged_gzip_is_counted_as_skipped),
        cmocka_unit_test(test_logs_that_are_looked_at_whole_keep_no_cursor),
        cmocka_unit_test(test_a_command_is_a_log_and_is_started_again),
        cmocka_unit_test(test_a_command_that_does_not_exist_is_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
