/* The screen as a terminal sees it. This program starts itself again on a pseudo-terminal:
 * `test_screens --board SCENARIO` shows a board, and can be looked at by hand. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "tests/screens/board_fixture.h"
#include "tests/screens/screen.h"
#include "tests/screens/shim.h"

static const char *self;

static struct screen *board_with(int rows, int cols, const char *scenario, const char *const *env) {
    const char *argv[] = {self, "--board", scenario, NULL};
    return screen_start(rows, cols, argv, env);
}

static struct screen *board(int rows, int cols, const char *scenario) {
    return board_with(rows, cols, scenario, NULL);
}

static void quit(struct screen *s) {
    screen_send(s, "q");
    int status = screen_wait_end(s);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    screen_free(s);
}

/* ---- saved screens ---- */

static const struct { int rows, cols; } sizes[] = {{24, 80}, {36, 120}, {60, 200}};

static void expect_at_all_sizes(const char *scenario, const char *keys, const char *name,
                                const char *first, const char *then) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        struct screen *s = board(sizes[i].rows, sizes[i].cols, scenario);
        assert_true(screen_wait(s, first));
        screen_send(s, keys);
        assert_true(screen_wait(s, then));
        snprintf(file, sizeof file, "%s-%dx%d", name, sizes[i].cols, sizes[i].rows);
        screen_expect(s, file);
        quit(s);
    }
}

static void the_first_frame_needs_no_answer(void **state) {
    (void)state;
    expect_at_all_sizes("first-frame", "", "first-frame", "Asking 9 sources", "Asking");
}

static void hold_go_and_no_go_look_as_saved(void **state) {
    (void)state;
    expect_at_all_sizes("hold", "", "hold", "Promote", "soak");
    expect_at_all_sizes("go", "", "go", "Promote", "nothing stands against it");
    expect_at_all_sizes("no-go", "", "no-go", "Promote", "failing");
}

static void a_waived_gate_is_shown_as_waived(void **state) {
    (void)state;
    expect_at_all_sizes("waived", "", "waived", "Promote", "1 waived");
    struct screen *s = board(36, 120, "waived");
    assert_true(screen_wait(s, "1 waived"));
    screen_send(s, "m"); /* on the projector too */
    assert_true(screen_wait(s, "by ops-lead until"));
    quit(s);
}

static void a_lost_store_is_said(void **state) {
    (void)state;
    expect_at_all_sizes("lost-store", "", "lost-store", "nothing is remembered", "corrupt");
}

static void an_insecure_environment_is_said(void **state) {
    (void)state;
    expect_at_all_sizes("insecure", "", "insecure", "insecure: staging", "Promote");
}

static void sources_show_every_probe(void **state) {
    (void)state;
    expect_at_all_sizes("no-go", "2", "sources", "Promote", "last error");
}

static void a_source_opens_with_all_that_is_known(void **state) {
    (void)state;
    expect_at_all_sizes("no-go", "2jj\r", "source-detail", "Promote", "asked every");
}

static void a_gate_opens_with_its_reason(void **state) {
    (void)state;
    expect_at_all_sizes("no-go", "\r", "gate-detail", "Promote", "3 sources");
}

static void service_levels_stand_on_the_board_and_in_charts(void **state) {
    (void)state;
    expect_at_all_sizes("levels", "", "levels-board", "Promote", "soak");
    expect_at_all_sizes("levels", "3", "slos", "Promote", "1h ago");
    expect_at_all_sizes("levels", "3j\r", "slo-detail", "Promote", "at least 50 are needed");
    struct screen *s = board(36, 120, "hold");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "3");
    assert_true(screen_wait(s, "no service levels are configured"));
    screen_send(s, "5");
    assert_true(screen_wait(s, "no logs are configured"));
    quit(s);
}

static void logs_follow_stop_where_one_looks_and_show_violations(void **state) {
    (void)state;
    expect_at_all_sizes("levels", "5", "logs", "Promote", "following");
    expect_at_all_sizes("levels", "5n\r", "logs-detail", "Promote", "Esc closes");
    expect_at_all_sizes("levels", "5\t", "violations", "Promote", "TRAY_ATTEMPT4");
    struct screen *s = board(36, 120, "levels");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "5/abort\r");
    assert_true(screen_wait(s, "Logs /abort"));
    assert_false(screen_has(s, "tray.ready"));
    screen_send(s, "kk");
    assert_true(screen_wait(s, "held, End follows"));
    screen_send(s, "G");
    assert_true(screen_wait(s, "following"));
    quit(s);
}

static void help_is_made_from_the_key_table(void **state) {
    (void)state;
    expect_at_all_sizes("hold", "?", "help", "Promote", "Everywhere");
}

static void meeting_mode_fills_the_screen(void **state) {
    (void)state;
    expect_at_all_sizes("hold", "m", "meeting", "Promote", "1 waiting · 6 passing");
    struct screen *s = board(24, 80, "no-go");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "2m");
    assert_true(screen_wait(s, "failing · "));
    screen_send(s, "\033");
    assert_true(screen_wait(s, "last error")); /* back to where it was called from */
    screen_send(s, "mm");
    assert_true(screen_wait(s, "last error"));
    quit(s);
}

static void ten_thousand_sources_scroll_to_the_end(void **state) {
    (void)state;
    expect_at_all_sizes("many", "2G", "many", "Is everything at", "of 10000");
}

/* What a frame costs in which every cell is sent again; the least of three, as a tick of the clock may
 * come with one. */
static size_t repaint_bytes(struct screen *s, size_t cells) {
    size_t least = SIZE_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t end = clock_mono_ms(clock_system()) + SCREEN_DEADLINE_MS;
        size_t before, after;
        screen_settle(s, 150);
        screen_raw(s, &before);
        screen_send(s, "\014");
        do { /* its beginning; a tick alone is less */
            screen_pump(s, 100);
            screen_raw(s, &after);
        } while (after - before < cells / 4 && clock_mono_ms(clock_system()) < end);
        screen_settle(s, 150);
        screen_raw(s, &after);
        least = after - before < least ? after - before : least;
    }
    return least;
}

static void a_full_list_costs_at_most_1_2_bytes_a_cell(void **state) {
    (void)state;
    static const struct { int rows, cols; } of[] = {{24, 80}, {30, 100}, {36, 120}, {60, 200}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct screen *s = board(of[i].rows, of[i].cols, "many");
        assert_true(screen_wait(s, "Is everything at"));
        screen_send(s, "2");
        assert_true(screen_wait(s, "of 10000"));
        size_t cells = (size_t)of[i].rows * (size_t)of[i].cols, bytes = repaint_bytes(s, cells);
        assert_true(bytes > cells / 4); /* it was sent again */
        assert_in_range(bytes * 10, 0, cells * 12);
        quit(s);
    }
}

static void the_last_error_can_be_read_at_100_columns(void **state) {
    (void)state;
    struct screen *s = board(30, 100, "no-go");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "2");
    assert_true(screen_wait(s, "last error"));
    screen_expect(s, "sources-100x30");
    quit(s);
}

static void ascii_where_the_locale_is_not_utf8(void **state) {
    (void)state;
    /* not xterm: libvterm 0.1 wraps too early behind REP, which ncurses uses for ASCII lines */
    static const char *const env[] = {"LC_ALL=C", "TERM=screen", NULL};
    struct screen *s = board_with(36, 120, "no-go", env);
    assert_true(screen_wait(s, "Promote"));
    screen_expect(s, "ascii-120x36");
    size_t n;
    const char *raw = screen_raw(s, &n);
    for (size_t i = 0; i < n; i++)
        assert_true((unsigned char)raw[i] < 0x80);
    quit(s);
    s = board_with(36, 120, "levels", env);
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "3");
    assert_true(screen_wait(s, "1h ago"));
    screen_expect(s, "ascii-slos-120x36");
    quit(s);
}

/* Does any "CSI … m" ask for a colour? 39 and 49 only say "the terminal's own". */
static bool names_a_colour(const char *raw, size_t n) {
    for (size_t i = 0; i + 2 < n; i++) {
        if (raw[i] != '\033' || raw[i + 1] != '[')
            continue;
        size_t at = i + 2;
        while (at < n && strspn(raw + at, "0123456789;") > 0) {
            char *end;
            long number = strtol(raw + at, &end, 10);
            at = (size_t)(end - raw) + (*end == ';');
            bool colour = (number >= 30 && number <= 38) || (number >= 40 && number <= 48) ||
                          (number >= 90 && number <= 107);
            if (colour && raw[i + 2 + strspn(raw + i + 2, "0123456789;")] == 'm')
                return true;
        }
    }
    return false;
}

static void no_color_means_none(void **state) {
    (void)state;
    static const char *const env[] = {"NO_COLOR=1", NULL};
    struct screen *s = board_with(36, 120, "no-go", env);
    assert_true(screen_wait(s, "failing"));
    screen_expect(s, "no-go-120x36"); /* the very same words */
    size_t n;
    const char *raw = screen_raw(s, &n);
    assert_false(names_a_colour(raw, n));
    quit(s);
}

static void other_terminals_show_the_same_words(void **state) {
    (void)state;
    static const char *const types[] = {"TERM=vt100", "TERM=xterm", "TERM=rxvt",
                                        "TERM=vt220", "TERM=tmux",  "TERM=screen"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const char *const env[] = {types[i], NULL};
        struct screen *s = board_with(36, 120, "no-go", env);
        assert_true(screen_wait(s, "failing"));
        screen_expect(s, "no-go-120x36");
        quit(s);
    }
}

static void a_dumb_terminal_gets_lines(void **state) {
    (void)state;
    static const char *const env[] = {"TERM=dumb", NULL};
    struct screen *s = board_with(36, 120, "no-go", env);
    assert_true(screen_wait(s, "NO-GO"));
    assert_true(screen_wait(s, "versions agree: staging/updates"));
    size_t n;
    const char *raw = screen_raw(s, &n);
    assert_null(memchr(raw, '\033', n));
    screen_send(s, "q\n");
    assert_true(WIFEXITED(screen_wait_end(s)));
    screen_free(s);
}

/* ---- keys ---- */

static void the_filter_works_while_it_is_typed(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "no-go");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "2/stag");
    assert_true(screen_wait(s, "/stag: 3 of 9"));
    screen_send(s, " feed\r");
    assert_true(screen_wait(s, "1 of 9"));
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "1 of 9"));
    assert_true(screen_wait(s, "VERSION"));
    quit(s);
}

static void a_command_runs_by_its_name(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "hold");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, ":so");
    assert_true(screen_wait(s, "sources: every source and its answer"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "last error"));
    screen_send(s, ":so");
    assert_true(screen_wait(s, ":so▌  sources  sort"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "which one: sources or sort?"));
    screen_send(s, ":h\t");
    assert_true(screen_wait(s, ":help▌"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "Everywhere"));
    screen_send(s, "\033:bord\r");
    assert_true(screen_wait(s, "no command \"bord\": did you mean board?"));
    screen_send(s, ":theme\033");
    assert_true(screen_wait_gone(s, ":theme"));
    screen_send(s, ":\177");
    screen_send(s, ":board\r");
    assert_true(screen_wait(s, "Verdict"));
    screen_send(s, ":quit\r");
    assert_true(WIFEXITED(screen_wait_end(s)));
    screen_free(s);
}

static void make_folder(char *dst, size_t cap) {
    const char *base = getenv("TMPDIR");
    snprintf(dst, cap, "%s/gonogo-shots-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(dst));
}

static char *file_text(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there", path);
    char *text = mem_zero(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    unlink(path);
    return text;
}

static void the_screen_is_saved_and_nothing_written_over(void **state) {
    (void)state;
    static const char *const names[] = {"gonogo-board-20260226T140327Z",
                                        "gonogo-board-20260226T140327Z-2"};
    char folder[256], name[96], program[PATH_MAX];
    make_folder(folder, sizeof folder);
    assert_non_null(realpath(self, program));
    const char *argv[] = {"sh",    "-c",   "cd \"$1\" && exec \"$0\" --board no-go",
                          program, folder, NULL};
    struct screen *s = screen_start(24, 80, argv, NULL);
    assert_true(screen_wait(s, "Promote"));
    char *shown = screen_text(s);
    screen_send(s, "s");
    assert_true(screen_wait(s, "saved gonogo-board-20260226T140327Z.txt, .ansi and .svg in "));
    screen_send(s, "\014");
    assert_true(screen_wait_gone(s, "saved"));
    screen_send(s, "s");
    assert_true(screen_wait(s, "saved gonogo-board-20260226T140327Z-2.txt"));
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s.txt", names[i]);
        char *text = file_text(folder, name);
        assert_string_equal(text, shown);
        free(text);
        snprintf(name, sizeof name, "%s.ansi", names[i]);
        text = file_text(folder, name);
        assert_non_null(strstr(text, "\033[0;1;38;5;203m"));
        free(text);
        snprintf(name, sizeof name, "%s.svg", names[i]);
        text = file_text(folder, name);
        assert_non_null(strstr(text, "fill=\"#ff6b63\" font-weight=\"bold\">"));
        assert_non_null(strstr(text, "</svg>\n"));
        free(text);
    }
    free(shown);
    rmdir(folder);
    quit(s);
}

/* A folder that is gone cannot be written, not even by root. */
static void the_folder_of_the_store_is_the_second_choice(void **state) {
    (void)state;
    char folder[256], home[300], store[300];
    for (int there = 0; there < 2; there++) {
        make_folder(folder, sizeof folder);
        snprintf(home, sizeof home, "XDG_STATE_HOME=%s", folder);
        snprintf(store, sizeof store, "%s/gonogo", folder);
        if (there)
            assert_int_equal(mkdir(store, 0700), 0);
        char program[PATH_MAX];
        assert_non_null(realpath(self, program));
        const char *argv[] = {
            "sh",
            "-c",
            "mkdir \"$1/x\" && cd \"$1/x\" && rmdir \"$1/x\" && exec \"$0\" --board hold",
            program,
            folder,
            NULL};
        struct screen *s = screen_start(24, 80, argv, (const char *[]){home, NULL});
        assert_true(screen_wait(s, "Promote"));
        screen_send(s, "s");
        assert_true(screen_wait(s, there ? "saved gonogo-board" : "not saved: No such file"));
        quit(s);
        for (size_t i = 0; there && i < 3; i++) {
            static const char *const endings[] = {"txt", "ansi", "svg"};
            char name[96];
            snprintf(name, sizeof name, "gonogo-board-20260226T140327Z.%s", endings[i]);
            free(file_text(store, name));
        }
        rmdir(store);
        rmdir(folder);
    }
}

static void sources_sort_and_fold(void **state) {
    (void)state;
    struct screen *s = board(36, 120, "no-go");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "2>");
    assert_true(screen_wait(s, "state ▲"));
    screen_expect(s, "sources-sorted");
    screen_send(s, "I");
    assert_true(screen_wait(s, "state ▼"));
    screen_send(s, "<f");
    assert_true(screen_wait(s, "▸ staging"));
    screen_send(s, "jl");
    assert_true(screen_wait(s, "▾ staging"));
    screen_expect(s, "sources-folded");
    quit(s);
}

static void poll_now_says_what_came_of_it(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "hold");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "R");
    assert_true(screen_wait(s, "asked every source"));
    screen_send(s, "R");
    assert_true(screen_wait(s, "engine busy"));
    quit(s);
}

static void pause_freezes_and_goes_on(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "live");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, " ");
    assert_true(screen_wait(s, "⏸ paused"));
    screen_send(s, " ");
    assert_true(screen_wait(s, "● live"));
    quit(s);
}

static void a_dead_thread_is_said(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "dead");
    assert_true(screen_wait(s, "▲ 1 of 4 pollers dead: restart"));
    quit(s);
}

static void a_silent_engine_is_said(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "silent");
    assert_true(screen_wait(s, "● live"));
    assert_true(screen_wait(s, "▲ engine silent for 3 s"));
    assert_true(screen_wait(s, "▲ engine silent for 4 s"));
    quit(s);
}

static void the_mouse_selects_opens_and_scrolls(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "no-go");
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "\033[<0;10;11M\033[<0;10;11m\033[<0;10;11M\033[<0;10;11m");
    assert_true(screen_wait(s, "Esc closes"));
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "Esc closes"));
    screen_send(s, "2\033[<65;10;11M");
    assert_true(screen_wait(s, "last error"));
    quit(s);
}

static void a_small_terminal_says_what_it_needs_and_comes_back(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "hold");
    assert_true(screen_wait(s, "Promote"));
    screen_resize(s, 20, 60);
    assert_true(screen_wait(s, "gonogo needs 80×24, this is 60×20"));
    screen_resize(s, 24, 80);
    assert_true(screen_wait(s, "Promote"));
    screen_expect(s, "hold-80x24");
    quit(s);
}

static void five_hundred_resizes_to_1x1_and_back(void **state) {
    (void)state;
    struct screen *s = board(36, 120, "hold");
    assert_true(screen_wait(s, "Promote"));
    for (int i = 0; i < 500; i++) {
        screen_resize(s, i % 2 ? 36 : 1 + i % 7, i % 2 ? 120 : 1 + i % 5);
        screen_pump(s, i % 10 ? 0 : 20);
    }
    screen_resize(s, 1, 1);
    screen_pump(s, 50);
    screen_resize(s, 36, 120);
    screen_send(s, "\014");
    screen_expect(s, "hold-120x36");
    quit(s);
}

/* ---- the terminal is left as it was ---- */

static void pump_for_bytes(struct screen *s, size_t bytes) {
    size_t n;
    for (int i = 0; i < 200; i++) {
        screen_raw(s, &n);
        if (n >= bytes || !screen_pump(s, 20))
            return;
    }
}

static void every_deadly_moment_leaves_the_terminal_sane(void **state) {
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGUSR1, SIGALRM};
    /* moments: by how much was written; 0 is before the first byte */
    static const size_t moments[] = {1, 100, 1500, 4000};
    srandom(7);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        for (size_t k = 0; k < sizeof moments / sizeof *moments; k++) {
            struct termios before;
            struct screen *s = board(36, 120, "live");
            screen_modes(s, &before);
            pump_for_bytes(s, moments[k] + (size_t)random() % 200);
            screen_send(s, k % 2 ? "2jjjR?" : "jjj");
            int status = screen_end_by(s, numbers[i]);
            if (!WIFSIGNALED(status) || WTERMSIG(status) != numbers[i])
                fail_msg("signal %d at byte %zu: status %d", numbers[i], moments[k], status);
            screen_expect_sane(s, &before);
            screen_free(s);
        }
    }
}

static void quitting_leaves_the_terminal_sane(void **state) {
    (void)state;
    struct termios before;
    struct screen *s = board(36, 120, "hold");
    screen_modes(s, &before);
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "q");
    assert_true(WIFEXITED(screen_wait_end(s)));
    screen_expect_sane(s, &before);
    screen_free(s);
}

static void ctrl_c_quits_as_sigint(void **state) {
    (void)state;
    struct termios before;
    struct screen *s = board(36, 120, "hold");
    screen_modes(s, &before);
    assert_true(screen_wait(s, "Promote"));
    screen_send(s, "\003");
    int status = screen_wait_end(s);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    screen_expect_sane(s, &before);
    screen_free(s);
}

static void a_lost_terminal_ends_it(void **state) {
    (void)state;
    static const char *const env[] = {NULL};
    const char *argv[] = {"sh", "-c", "trap '' HUP; exec \"$0\" --board hold", self, NULL};
    struct screen *s = screen_start(24, 80, argv, env);
    assert_true(screen_wait(s, "Promote"));
    pid_t pid = screen_pid(s);
    int status = 0;
    screen_hang_up(s);
    for (int i = 0; i < 500 && waitpid(pid, &status, WNOHANG) == 0; i++)
        screen_pump(s, 20);
    assert_true(kill(pid, 0) != 0 && errno == ESRCH);
    screen_free(s);
}

static void a_stuck_terminal_does_not_hold_the_end_up(void **state) {
    (void)state;
    struct screen *s = board(60, 200, "many");
    assert_true(screen_wait(s, "Is everything at"));
    screen_stick(s, true);
    for (int i = 0; i < 60; i++) { /* far more frames than the pty holds */
        screen_send(s, i % 2 ? "1" : "2G");
        screen_pump(s, 10);
    }
    int status = screen_end_by(s, SIGTERM);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    screen_free(s);
}

static void frames_do_not_pile_up_on_a_slow_terminal(void **state) {
    (void)state;
    struct screen *s = board(60, 200, "many");
    size_t before, after;
    assert_true(screen_wait(s, "Is everything at"));
    screen_settle(s, 200);
    screen_raw(s, &before);
    screen_stick(s, true);
    for (int i = 0; i < 200; i++) {
        screen_send(s, i % 2 ? "1" : "2");
        screen_pump(s, 5);
    }
    screen_stick(s, false);
    screen_settle(s, 300);
    screen_raw(s, &after);
    assert_true(after - before < 120000); /* 200 frames would be two million */
    assert_true(screen_has(s, "Is everything at"));
    quit(s);
}

static void ctrl_z_suspends_and_fg_redraws(void **state) {
    (void)state;
    const char *argv[] = {self, "--shim", self, "--board", "hold", NULL};
    struct termios before;
    struct screen *s = screen_start(36, 120, argv, NULL);
    screen_modes(s, &before);
    for (int round = 0; round < 3; round++) {
        assert_true(screen_wait(s, "Promote"));
        screen_send(s, "\032");
        char stops[32];
        snprintf(stops, sizeof stops, "STOPPED %d", round + 1);
        assert_true(screen_wait(s, stops));
        screen_expect_sane(s, &before);
        if (round == 1)
            screen_resize(s, 24, 80);
        screen_send(s, "\n");
    }
    screen_expect(s, "hold-80x24");
    quit(s);
}

/* ---- bad input ---- */

static void hostile_text_never_reaches_the_terminal(void **state) {
    (void)state;
    static const char *const bad[] = {"\033[2J\033]", "owned\a",  "\x9b",
                                      "\xe2\x80\xae", "EVIL\xff", "EVIL\b"};
    struct screen *s = board(36, 120, "hostile");
    assert_true(screen_wait(s, "2.0␛[2J"));
    screen_send(s, "2/staging\rj\r");
    assert_true(screen_wait(s, "EVIL"));
    assert_true(screen_wait(s, "asked every"));
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "asked every"));
    screen_send(s, "1jj\r");
    assert_true(screen_wait(s, "Esc closes"));
    size_t n;
    const char *raw = screen_raw(s, &n);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        size_t len = strlen(bad[k]);
        bool utf8_c1 = bad[k][0] == '\x9b';
        for (size_t i = 1; i + len <= n; i++) {
            bool inside = utf8_c1 && (unsigned char)raw[i - 1] >= 0x80; /* part of a character */
            assert_true(inside || memcmp(raw + i, bad[k], len) != 0);
        }
    }
    quit(s);
}

static void no_terminal_is_a_clear_error(void **state) {
    (void)state;
    const char *argv[] = {"sh", "-c", "\"$0\" --board hold | cat; echo END", self, NULL};
    struct screen *s = screen_start(24, 80, argv, NULL);
    assert_true(screen_wait(s, "gonogo: stdout: is no terminal: use `gonogo check`"));
    screen_wait_end(s);
    screen_free(s);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "--board") == 0)
        return board_fixture_run(argv[2]);
    if (argc > 2 && strcmp(argv[1], "--shim") == 0)
        return shim_run(argv + 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_frame_needs_no_answer),
        cmocka_unit_test(hold_go_and_no_go_look_as_saved),
        cmocka_unit_test(a_waived_gate_is_shown_as_waived),
        cmocka_unit_test(a_lost_store_is_said),
        cmocka_unit_test(an_insecure_environment_is_said),
        cmocka_unit_test(sources_show_every_probe),
        cmocka_unit_test(a_source_opens_with_all_that_is_known),
        cmocka_unit_test(a_gate_opens_with_its_reason),
        cmocka_unit_test(service_levels_stand_on_the_board_and_in_charts),
        cmocka_unit_test(logs_follow_stop_where_one_looks_and_show_violations),
        cmocka_unit_test(help_is_made_from_the_key_table),
        cmocka_unit_test(meeting_mode_fills_the_screen),
        cmocka_unit_test(ten_thousand_sources_scroll_to_the_end),
        cmocka_unit_test(a_full_list_costs_at_most_1_2_bytes_a_cell),
        cmocka_unit_test(the_last_error_can_be_read_at_100_columns),
        cmocka_unit_test(ascii_where_the_locale_is_not_utf8),
        cmocka_unit_test(no_color_means_none),
        cmocka_unit_test(other_terminals_show_the_same_words),
        cmocka_unit_test(a_dumb_terminal_gets_lines),
        cmocka_unit_test(the_filter_works_while_it_is_typed),
        cmocka_unit_test(a_command_runs_by_its_name),
        cmocka_unit_test(the_screen_is_saved_and_nothing_written_over),
        cmocka_unit_test(the_folder_of_the_store_is_the_second_choice),
        cmocka_unit_test(sources_sort_and_fold),
        cmocka_unit_test(poll_now_says_what_came_of_it),
        cmocka_unit_test(pause_freezes_and_goes_on),
        cmocka_unit_test(a_dead_thread_is_said),
        cmocka_unit_test(a_silent_engine_is_said),
        cmocka_unit_test(the_mouse_selects_opens_and_scrolls),
        cmocka_unit_test(a_small_terminal_says_what_it_needs_and_comes_back),
        cmocka_unit_test(five_hundred_resizes_to_1x1_and_back),
        cmocka_unit_test(every_deadly_moment_leaves_the_terminal_sane),
        cmocka_unit_test(quitting_leaves_the_terminal_sane),
        cmocka_unit_test(ctrl_c_quits_as_sigint),
        cmocka_unit_test(a_lost_terminal_ends_it),
        cmocka_unit_test(a_stuck_terminal_does_not_hold_the_end_up),
        cmocka_unit_test(frames_do_not_pile_up_on_a_slow_terminal),
        cmocka_unit_test(ctrl_z_suspends_and_fg_redraws),
        cmocka_unit_test(hostile_text_never_reaches_the_terminal),
        cmocka_unit_test(no_terminal_is_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
