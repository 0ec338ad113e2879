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
    screen_send(s, "G\033OA\r"); /* docs updated, opened */
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
    screen_send(s, "k"); /* it shows everything: also what would be done */
    assert_true(screen_wait(s, "Only to be looked at: this screen is --read-only."));
    assert_true(screen_has(s, "killswitch set UPDATE_BETA_ENABLED"));
    assert_false(screen_has(s, "type to start"));
    screen_settle(s, 700);
    screen_send(s, "kill switch\r");
    assert_true(screen_wait_gone(s, "Only to be looked at"));
    assert_false(screen_has(s, "sent:"));
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

/* ---- plans and runs ---- */

static void expect_at_all_sizes(const char *scenario, const char *keys, const char *then,
                                const char *name) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        struct screen *s = board_with(sizes[i].rows, sizes[i].cols, scenario, NULL);
        assert_true(screen_wait(s, " sources")); /* of the header: the first snapshot is there */
        assert_true(screen_wait(s, "● live"));
        screen_send(s, keys);
        assert_true(screen_wait(s, then));
        screen_settle(s, 700);
        snprintf(file, sizeof file, "%s-%dx%d", name, sizes[i].cols, sizes[i].rows);
        screen_expect(s, file);
        screen_free(s);
    }
}

static void plans_and_runs_look_as_saved(void **state) {
    (void)state;
    expect_at_all_sizes("people", "p", "Refused: HOLD", "plan-refused");
    expect_at_all_sizes("people", "k", "type to start", "plan-kill");
    expect_at_all_sizes("running", "6", "Output of step 1", "runs-running");
    expect_at_all_sizes("interrupted", "", "promote 2.0.0.20 interrupted", "board-interrupted");
    expect_at_all_sizes("running", "7", "the chain holds", "ledger");
    expect_at_all_sizes("running", "7j\r", "Esc closes", "ledger-entry");
    expect_at_all_sizes("running", "4", "What guards it", "rollout");
    expect_at_all_sizes("phased", "4", "3 of 7 may take it: 43 %", "rollout-phased");
    expect_at_all_sizes("running", "6\t\t", "Feed diff", "runs-feeds");
    expect_at_all_sizes("people", "6", "Nothing was carried out yet", "runs-none");
}

/* Who wrote it from which machine is this machine's. */
static void mask_user(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        size_t blanks = strspn(from, " "), word = strcspn(from + blanks, " \n");
        bool user = word > 0 && memchr(from + blanks, '@', word);
        if (user)
            *to++ = '@';
        else
            memmove(to, from, blanks + word), to += blanks + word;
        from += blanks + word;
        if (*from == '\n')
            *to++ = *from++;
    }
    *to = '\0';
}

static void the_whole_ledger_is_there(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        struct screen *s = board(sizes[i].rows, sizes[i].cols, "long-ledger");
        screen_send(s, "7");
        assert_true(screen_wait(s, "3000  2026-02-26 13:01:"));
        assert_true(screen_wait(s, "of 3000 entries"));
        screen_send(s, "G"); /* to the oldest, which no snapshot carries */
        assert_true(screen_wait(s, "    1  2025-10-24 14:01:"));
        snprintf(file, sizeof file, "ledger-oldest-%dx%d", sizes[i].cols, sizes[i].rows);
        screen_expect_masked(s, file, mask_user);
        screen_send(s, "g/refused\r");
        assert_true(screen_wait(s, "12 of 3000 entries"));
        assert_true(screen_wait(s, "2758  2026-02-16 11:01:"));
        snprintf(file, sizeof file, "ledger-filter-%dx%d", sizes[i].cols, sizes[i].rows);
        screen_expect_masked(s, file, mask_user);
        screen_free(s);
    }
}

static void the_ledger_is_paged_through_and_opened(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "long-ledger");
    screen_send(s, "7");
    assert_true(screen_wait(s, "of 3000 entries"));
    for (int page = 0; page < 40; page++) /* twenty entries each */
        screen_send(s, "\033[6~");
    assert_true(screen_wait(s, "2240  2026-01-25"));
    assert_true(screen_wait_gone(s, "being read"));
    screen_send(s, "G\r");
    assert_true(screen_wait(s, "entry           1, verdict"));
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "Esc closes"));
    screen_send(s, "/no such thing\r");
    assert_true(screen_wait(s, "no entry passes the filter (Esc drops it)"));
    screen_send(s, "\033");
    assert_true(screen_wait(s, "3000  2026-02-26 13:01:"));
    screen_send(s, "/support-lead 2.0.0.17\r"); /* the version is no part of the row */
    assert_true(screen_wait(s, "7 of 3000 entries"));
    screen_send(s, "j\r");
    assert_true(screen_wait(s, "entry           600, vote"));
    screen_send(s, "\033");
    assert_true(screen_wait_gone(s, "Esc closes"));
    quit(s);
}

/* The gates of people are waived or said, so that all is GO. */
static void make_it_go(struct screen *s) {
    open_dialog(s, "v", "Vote");
    screen_send(s, "g\r\r");
    assert_true(screen_wait(s, "votes GO for ops"));
    open_dialog(s, "x", "Tick: docs updated");
    screen_send(s, "https://ci.example.net/7\r");
    assert_true(screen_wait(s, "ops-lead ticks docs updated"));
    static const char *const items[] = {"push-to-talk", "tray", "restart"};
    for (size_t i = 0; i < 3; i++) {
        char said[64];
        open_dialog(s, "x", "Tick: smoke");
        screen_send(s, "seen\r");
        snprintf(said, sizeof said, "ops-lead ticks smoke, %s", items[i]);
        assert_true(screen_wait(s, said));
    }
    assert_true(screen_wait(s, "nothing stands against it"));
}

static void only_the_target_typed_out_starts_a_promote(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "going");
    make_it_go(s);
    open_dialog(s, "p", "Plan: promote");
    assert_true(screen_has(s, "✓ GO: every gate that counts passes"));
    screen_send(s, "2.0.0.19\r");
    assert_true(screen_wait(s, "that is not 2.0.0.20"));
    screen_send(s, "\0252.0.0.20\r\r");
    assert_true(screen_wait(s, "why: may not be empty"));
    screen_send(s, "the meeting said so\r");
    assert_true(screen_wait(s, "promote 2.0.0.20 running"));
    assert_true(screen_wait(s, "because: the meeting said so"));
    screen_send(s, "q"); /* a plan is being carried out */
    assert_true(screen_wait(s, "A plan is being carried out"));
    screen_settle(s, 700);
    screen_send(s, "\r");
    assert_true(screen_wait(s, "cancelled: nothing was done"));
    open_dialog(s, "q", "A plan is being carried out");
    screen_send(s, "quit\r");
    int status = screen_wait_end(s);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    screen_free(s);
}

/* One person alone starts nothing that wants two; what is missing is said. */
static void a_plan_says_whose_approval_is_missing(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "alone");
    make_it_go(s);
    open_dialog(s, "p", "Plan: promote");
    assert_true(screen_has(s, "Before you may start it 1 other person must approve"));
    assert_true(screen_has(s, "support-lead."));
    assert_false(screen_has(s, "type to start"));
    screen_expect(s, "plan-approval-missing-80x24");
    screen_send(s, "\r"); /* untouched: cancels */
    assert_true(screen_wait(s, "cancelled: nothing was done"));
    open_dialog(s, "p", "Plan: promote");
    screen_send(s, "a\rfor the night shift\r");
    assert_true(screen_wait(s, "written down: ops-lead approves promote"));
    open_dialog(s, "p", "Plan: promote");
    assert_true(screen_has(s, "You approve it: somebody else may start it."));
    assert_true(screen_has(s, "( ) take back"));
    screen_send(s, "t\r\r");
    assert_true(screen_wait(s, "written down: ops-lead does not approve promote"));
    quit(s);
}

static void who_is_asked_approves_on_the_screen(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        struct screen *s = board(sizes[i].rows, sizes[i].cols, "second");
        open_dialog(s, "p", "Plan: promote");
        assert_true(screen_has(s, "( ) approve"));
        snprintf(file, sizeof file, "plan-approve-%dx%d", sizes[i].cols, sizes[i].rows);
        screen_expect(s, file);
        screen_send(s, "a\r\r");
        assert_true(screen_wait(s, "written down: support-lead approves promote"));
        quit(s);
    }
}

/* A terminal of more lines than its description has: the first frame's line feeds scroll nothing. */
static void a_tall_terminal_keeps_its_lines(void **state) {
    (void)state;
    static const char *const env[] = {"LC_ALL=C", NULL};
    struct screen *s = board_with(36, 120, "phased", env);
    assert_true(screen_wait(s, "* live"));
    screen_send(s, "4");
    assert_true(screen_wait(s, "3 of 7 may take it: 43 %"));
    screen_expect(s, "rollout-ascii-120x36");
    screen_resize(s, 60, 200);
    assert_true(screen_wait(s, ": command"));
    screen_send(s, "7");
    assert_true(screen_wait(s, "there is no ledger"));
    screen_expect(s, "ledger-ascii-200x60");
    quit(s);
}

/* Longer than the screen: the feed diff stands at its end. */
static void a_plan_is_scrolled_to_its_end(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    screen_send(s, "p");
    assert_true(screen_wait(s, "Esc closes · PgDn scrolls"));
    screen_settle(s, 700); /* longer than the guard */
    assert_false(screen_has(s, "changed 2.0.0.19"));
    screen_send(s, "G");
    assert_true(screen_wait(s, "changed 2.0.0.19 (line 1): url:"));
    assert_true(screen_has(s, "added 2.0.0.20 (line 1): length 275899820, signed"));
    screen_expect(s, "plan-feeds-80x24");
    screen_send(s, "gj");
    assert_true(screen_wait_gone(s, "Refused: HOLD"));
    screen_send(s, "k");
    assert_true(screen_wait(s, "Refused: HOLD"));
    screen_send(s, "\r");
    assert_true(screen_wait_gone(s, "Plan: promote"));
    quit(s);
}

/* Whoever is not among the people sees the plan, and why they cannot start it. */
static void a_stranger_may_look_at_a_plan(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "stranger");
    screen_send(s, "k");
    assert_true(screen_wait(s, "mallory is not among the people who may speak"));
    assert_true(screen_wait(s, "> [ Close ]"));
    screen_settle(s, 700);
    screen_send(s, "\r");
    assert_true(screen_wait_gone(s, "> [ Close ]"));
    quit(s);
}

static void what_was_approved_can_be_started(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "approved");
    make_it_go(s);
    open_dialog(s, "p", "Plan: promote");
    assert_true(screen_has(s, "Approved by support-lead: 1 of 1."));
    screen_send(s, "2.0.0.20\rboth of us looked\r");
    assert_true(screen_wait(s, "promote 2.0.0.20 running"));
    screen_free(s);
}

static void a_kill_switch_is_one_key_and_its_name(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "people");
    open_dialog(s, "k", "Plan: kill switch"); /* though the verdict is HOLD */
    assert_true(screen_has(s, "No gate holds it up. The verdict is HOLD."));
    screen_send(s, "kill\r");
    assert_true(screen_wait(s, "that is not kill switch"));
    screen_send(s, " switch\r");
    assert_true(screen_wait(s, "kill switch 2.0.0.20 running"));
    screen_free(s);
}

static void the_output_scrolls_and_follows(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "running");
    screen_send(s, "6");
    assert_true(screen_wait(s, "copied part 60 of 60 ␛[31m<- an escape, made visible"));
    screen_send(s, "\tg");
    assert_true(screen_wait(s, "copied part 1 of 60"));
    assert_true(screen_wait(s, "End follows again"));
    screen_send(s, "G");
    assert_true(screen_wait(s, "copied part 60 of 60"));
    assert_true(screen_wait(s, "follows"));
    open_dialog(s, "x", "Stop the run");
    assert_true(screen_has(s, "> [ Cancel ]"));
    screen_send(s, "\033OC\r");
    assert_true(screen_wait(s, "stopped by ops-lead"));
    quit(s);
}

static void a_question_is_answered(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "asks");
    assert_true(screen_wait(s, "asks (ops-lead): press 6, then Enter"));
    screen_send(s, "6");
    open_dialog(s, "\r", "The run asks");
    assert_true(screen_has(s, "Does the tray icon come up?"));
    screen_send(s, "y\rseen on two machines\r");
    assert_true(screen_wait(s, "✓  2  look at the tray"));
    screen_free(s);
}

static void an_interrupted_run_waits_for_a_decision(void **state) {
    (void)state;
    struct screen *s = board(24, 80, "interrupted");
    screen_send(s, "6");
    open_dialog(s, "\r", "A run that was not finished");
    screen_expect(s, "dialog-decision-80x24");
    screen_send(s, "a\rpromote\rby hand\r");
    assert_true(screen_wait(s, "promote 2.0.0.20 abandoned"));
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
        cmocka_unit_test(plans_and_runs_look_as_saved),
        cmocka_unit_test(the_whole_ledger_is_there),
        cmocka_unit_test(the_ledger_is_paged_through_and_opened),
        cmocka_unit_test(only_the_target_typed_out_starts_a_promote),
        cmocka_unit_test(a_plan_says_whose_approval_is_missing),
        cmocka_unit_test(who_is_asked_approves_on_the_screen),
        cmocka_unit_test(a_tall_terminal_keeps_its_lines),
        cmocka_unit_test(a_plan_is_scrolled_to_its_end),
        cmocka_unit_test(a_stranger_may_look_at_a_plan),
        cmocka_unit_test(what_was_approved_can_be_started),
        cmocka_unit_test(a_kill_switch_is_one_key_and_its_name),
        cmocka_unit_test(the_output_scrolls_and_follows),
        cmocka_unit_test(a_question_is_answered),
        cmocka_unit_test(an_interrupted_run_waits_for_a_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
