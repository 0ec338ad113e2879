/* What people do on the screen, and what it keeps them from: dialogs, votes, ticks, waivers. Made by hand
 * as test_screens.c is: `test_acting --board SCENARIO` can be looked at. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/screens/board_fixture.h"
#include "tests/screens/screen.h"

static const char *self;

static struct screen *board_with(int rows, int cols, const char *scenario, const char *const *env) {
    const char *argv[] = {self, "--board", scenario, NULL};
    return screen_start(rows, cols, argv, env);
}

static struct screen *board(int rows, int cols, const char *scenario) {
    struct screen *s = board_with(rows, cols, scenario, NULL);
    assert_true(screen_wait(s, "Promote"));
    return s;
}

static void quit(struct screen *s) {
    screen_send(s, "q");
    int status = screen_wait_end(s);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    screen_free(s);
}

/* A dialog takes keys when its cursor is there. */
static void open_dialog(struct screen *s, const char *key, const char *title) {
    screen_send(s, key);
    assert_true(screen_wait(s, title));
    assert_true(screen_wait(s, "Esc cancels"));
    screen_settle(s, 700); /* longer than the guard */
}

static const struct { int rows, cols; } sizes[] = {{24, 80}, {36, 120}, {60, 200}};

static void dialogs_look_as_saved(void **state) {
    (void)state;
    static const struct {
        const char *keys, *title, *name;
    } dialogs[] = {
        {"v", "Vote", "vote"}, {"x", "Tick: docs updated", "tick"}, {"w", "Waive a gate", "waive"}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof dialogs / sizeof *dialogs; k++) {
            char file[96];
            struct screen *s = board(sizes[i].rows, sizes[i].cols, "people");
            open_dialog(s, dialogs[k].keys, dialogs[k].title);
            snprintf(file, sizeof file, "dialog-%s-%dx%d", dialogs[k].name, sizes[i].cols,
                     sizes[i].rows);
            screen_expect(s, file);
            screen_send(s, "\033");
            assert_true(screen_wait(s, "cancelled: nothing was done"));
            quit(s);
        }
    }
}

static void a_vote_is_said_and_comes_back(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    assert_true(screen_wait(s, "Ops — · Support GO"));
    open_dialog(s, "v", "Vote");
    screen_send(s, "g\rall quiet\r");
    assert_true(screen_wait(s, "written down: ops-lead votes GO for ops: all quiet"));
    assert_true(screen_wait(s, "✓ pass     roll call          Ops GO · Support GO"));
    screen_send(s, "m");
    assert_true(screen_wait(s, "ops-lead: all quiet"));
    screen_expect(s, "meeting-roll-80x24");
    quit(s);
}

static void a_no_go_needs_a_reason(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    open_dialog(s, "v", "Vote");
    screen_send(s, "n\r\r");
    assert_true(screen_wait(s, "a NO-GO needs a reason"));
    screen_send(s, "stream errors in Toronto\r");
    assert_true(screen_wait(s, "Ops NO-GO · Support GO"));
    assert_true(screen_wait(s, "1 failing"));
    quit(s);
}

static void what_is_typed_ahead_is_thrown_away(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    screen_send(s, "vgo\rfine\r\r\r"); /* somebody who knows the way by heart, or a paste */
    assert_true(screen_wait(s, "> vote          ( ) go  ( ) no-go  ( ) abstain"));
    screen_settle(s, 700);
    assert_true(screen_has(s, "( ) go"));
    screen_send(s, "\r"); /* untouched: the default is Cancel */
    assert_true(screen_wait(s, "cancelled: nothing was done"));
    assert_true(screen_has(s, "Ops — · Support GO"));
    quit(s);
}

static void cancel_is_the_default_and_ctrl_c_cancels(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    open_dialog(s, "v", "Vote");
    screen_send(s, "g\t\t"); /* to Cancel */
    assert_true(screen_wait(s, "> [ Cancel ]"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "cancelled"));
    open_dialog(s, "v", "Vote");
    screen_send(s, "g\003");
    assert_true(screen_wait_gone(s, "Esc cancels"));
    assert_true(screen_wait(s, "Ops — · Support GO"));
    open_dialog(s, "v", "Vote");
    screen_send(s, "\t\t\t");
    assert_true(screen_wait(s, "> [ Vote ]"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "vote: choose one"));
    screen_send(s, "\033");
    quit(s);
}

static void the_mouse_presses_its_buttons(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    open_dialog(s, "v", "Vote");
    screen_send(s, "a\033[<0;24;18M\033[<0;24;18m"); /* [ Vote ] */
    assert_true(screen_wait(s, "ops-lead abstains for ops"));
    open_dialog(s, "v", "Vote");
    screen_send(s, "\033[<0;10;18M\033[<0;10;18m"); /* [ Cancel ] */
    assert_true(screen_wait(s, "cancelled"));
    quit(s);
}

static void ticks_need_their_link(void **state) {
    (void)state;
    struct screen *s = board(36, 120, "people");
    open_dialog(s, "x", "Tick: docs updated");
    screen_send(s, "done\r");
    assert_true(screen_wait(s, "needs a link to the proof"));
    screen_send(s, "\025https://ci.example.net/7\r");
    assert_true(screen_wait(s, "ticked by ops-lead: https://ci.example.net/7"));
    open_dialog(s, "x", "Tick: smoke");
    screen_send(s, "seen\r");
    assert_true(screen_wait(s, "1 of 3 ticked; tray: not ticked yet"));
    quit(s);
}

static void a_waived_gate_is_told_everywhere(void **state) {
    (void)state;
    struct screen *s = board(36, 120, "people");
    screen_send(s, "Gk\r"); /* docs updated, opened */
    assert_true(screen_wait(s, "docs updated"));
    assert_true(screen_wait(s, "Esc closes"));
    screen_send(s, "w");
    open_dialog(s, "", "Waive a gate");
    screen_send(s, "the writer is ill\r\r");
    assert_true(screen_wait(s, "written down: ops-lead waives"));
    screen_send(s, "\033");
    assert_true(screen_wait(s, "⚑ waived"));
    assert_true(screen_wait(s, "3 waiting · 1 waived"));
    screen_expect(s, "dialog-waived-120x36");
    screen_send(s, "m");
    assert_true(screen_wait(s, "⚑  waived"));
    quit(s);
}

static void read_only_does_nothing(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "read-only");
    screen_send(s, "v");
    assert_true(screen_wait(s, "--read-only: this screen shows everything and does nothing"));
    screen_send(s, ":tick\r");
    assert_true(screen_wait(s, "does nothing"));
    screen_resize(s, 36, 120);
    assert_true(screen_wait(s, "read-only"));
    quit(s);
}

static void a_dialog_stands_through_any_size(void **state) {
    (void)state;
    struct screen *s = board(36, 120, "people");
    open_dialog(s, "v", "Vote");
    screen_send(s, "g\rstill here");
    for (int i = 0; i < 100; i++) {
        screen_resize(s, 1 + i % 40, 1 + (i * 7) % 130);
        screen_pump(s, i % 10 ? 0 : 20);
    }
    screen_resize(s, 24, 80);
    assert_true(screen_wait(s, "still here▌"));
    assert_true(screen_wait(s, "(*) go"));
    screen_send(s, "\r");
    assert_true(screen_wait(s, "Ops GO · Support GO"));
    quit(s);
}

static void a_dialog_speaks_ascii(void **state) {
    (void)state;
    static const char *const env[] = {"LC_ALL=C", "TERM=screen", "NO_COLOR=1", NULL};
    struct screen *s = board_with(24, 80, "people", env);
    assert_true(screen_wait(s, "Promote"));
    open_dialog(s, "v", "Vote");
    screen_expect(s, "dialog-vote-ascii-80x24");
    screen_send(s, "\033");
    size_t n;
    const char *raw = screen_raw(s, &n);
    for (size_t i = 0; i < n; i++)
        assert_true((unsigned char)raw[i] < 0x80);
    quit(s);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "--board") == 0)
        return board_fixture_run(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialogs_look_as_saved),
        cmocka_unit_test(a_vote_is_said_and_comes_back),
        cmocka_unit_test(a_no_go_needs_a_reason),
        cmocka_unit_test(what_is_typed_ahead_is_thrown_away),
        cmocka_unit_test(cancel_is_the_default_and_ctrl_c_cancels),
        cmocka_unit_test(the_mouse_presses_its_buttons),
        cmocka_unit_test(ticks_need_their_link),
        cmocka_unit_test(a_waived_gate_is_told_everywhere),
        cmocka_unit_test(read_only_does_nothing),
        cmocka_unit_test(a_dialog_stands_through_any_size),
        cmocka_unit_test(a_dialog_speaks_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
