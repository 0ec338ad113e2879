/* The runner: what it records before it acts, how runs end, and what a kill at any moment leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/engine/lease.h"
#include "src/engine/ledger.h"
#include "src/engine/outputs.h"
#include "tests/unit/runner_stage.h"

#define ONE \
    "      - {name: one, run: [sh, -c, \"echo one >>@T\"], undo: [sh, -c, \"echo -one >>@T\"]}\n"
#define TWO \
    "      - {name: two, run: [sh, -c, \"echo two >>@T\"], undo: [sh, -c, \"echo -two >>@T\"]}\n"
#define AGREE "      - {name: agree, expect: [agree], within: 20s}\n"

static void a_run_is_carried_out_in_order_and_verified(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE TWO AGREE);
    stage_start(&play);
    stage_run(&play, "promote");
    const struct run_view *v = stage_wait(&play, RUN_DONE);
    stage_expect_trace(&play, "one\ntwo\n");
    assert_string_equal(v->who, "ada");
    assert_string_equal(play.accepted, v->id);
    assert_string_equal(v->reason, "because");
    assert_string_equal(v->why, "verified");
    assert_string_equal(v->stable, "2.0.0.19");
    assert_int_equal(v->steps[0].exit_code, 0);
    assert_int_equal(v->steps[2].state, STEP_OK);
    assert_true(play.polls >= 2); /* before it, and to verify */
    assert_true(run_stopwatch_ms(v, 0) >= 0);
    stage_stop(&play);
    /* Who comes later sees the same. */
    stage_start(&play);
    stage_wait(&play, RUN_DONE);
    stage_fini(&play);
}

static void what_a_step_says_is_shown_kept_and_masked(void **state) {
    (void)state;
    static struct play play;
    setenv("GONOGO_TEST_TOKEN", "correct-horse", 1);
    stage_init(&play,
               "      - {name: talk, env: [GONOGO_TEST_TOKEN], run: [sh, -c, "
               "\"echo to stderr >&2; echo got $GONOGO_TEST_TOKEN; printf '\\\\033[2J'\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    const struct run_view *v = stage_wait(&play, RUN_DONE);
    assert_string_equal(v->output->text, "to stderr\ngot ***\n\xE2\x90\x9B[2J");
    assert_int_equal(strlen(v->steps[0].digest), 64);
    char *path = outputs_path(play.ledger, v->id, 0, false), kept[128] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(kept, 1, sizeof kept - 1, file) > 0);
    fclose(file);
    assert_string_equal(kept, "to stderr\ngot ***\n\033[2J");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(path);
    stage_fini(&play);
}

static void older_outputs_go_behind_a_run(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, "      - {name: talk, run: [echo, hello]}\n");
    play.policy->outputs = (struct output_rules){.runs = 1};
    stage_start(&play);
    stage_run(&play, "promote");
    char *first = outputs_path(play.ledger, stage_wait(&play, RUN_DONE)->id, 0, false);
    assert_int_equal(access(first, F_OK), 0);
    stage_run(&play, "promote");
    int64_t until = clock_mono_ms(clock_system()) + 20000;
    while (access(first, F_OK) == 0) {
        assert_true(clock_mono_ms(clock_system()) < until);
        stage_show(&play);
    }
    const struct run_view *v = stage_wait(&play, RUN_DONE);
    char *second = outputs_path(play.ledger, v->id, 0, false);
    assert_string_not_equal(second, first);
    assert_int_equal(access(second, F_OK), 0);
    free(first);
    free(second);
    stage_fini(&play);
}

static void steps_that_fail_end_the_run(void **state) {
    (void)state;
    static const struct {
        const char *steps, *why;
        int exit_code;
    } rows[] = {
        {"      - {name: bad, run: [sh, -c, \"exit 7\"]}\n" ONE, "step 1, bad: exit 7 after", 7},
        {"      - {name: dies, run: [sh, -c, \"kill -SEGV $$\"]}\n" ONE,
         "step 1, dies: died of signal SEGV", -SIGSEGV},
        {"      - {name: slow, run: [sleep, \"100\"], timeout: 1s}\n" ONE,
         "step 1, slow: died of signal TERM after 1 s: it took too long", -SIGTERM},
        {"      - {name: none, run: [no-such-program]}\n" ONE,
         "step 1, none: no-such-program: cannot", RECORD_EXIT_NONE},
        {"      - {name: http, http: {url: \"https://a.example.net\"}}\n" ONE,
         "step 1, http: https://a.example.net: this program sends no requests", RECORD_EXIT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct play play;
        stage_init(&play, rows[i].steps);
        stage_start(&play);
        stage_run(&play, "promote");
        const struct run_view *v = stage_wait(&play, RUN_FAILED);
        if (!strstr(v->why, rows[i].why))
            fail_msg("\"%s\" is not in \"%s\"", rows[i].why, v->why);
        assert_int_equal(v->steps[0].state, STEP_FAILED);
        assert_int_equal(v->steps[0].exit_code, rows[i].exit_code);
        assert_int_equal(v->steps[1].state, STEP_PENDING);
        stage_expect_trace(&play, "");
        stage_fini(&play);
    }
}

static int64_t beat_of(const struct play *play) {
    struct err err = ERR_INIT;
    struct lease_sight sight = {.beat = -1};
    struct ledger *l = ledger_open(play->ledger, LEDGER_READ, NULL, clock_system(), &err);
    if (l)
        lease_look(l, play->ledger, &sight);
    ledger_close(l);
    return sight.beat;
}

/* Answers when the holder of the lease has beaten meanwhile. */
static enum err_code slow_answer(void *self, const struct request *request, int *status,
                                 struct err *err) {
    const struct play *play = self;
    int64_t until = clock_mono_ms(clock_system()) + 20000, first = beat_of(play);
    while (beat_of(play) == first) {
        if (clock_mono_ms(clock_system()) > until || !request->go_on(request->self))
            return err_set(err, ERR_CLOSED, request->url, NULL, "nobody beat");
        poll(NULL, 0, 10);
    }
    request->say(request->self, "token is correct-horse\n", 23);
    *status = 204;
    return ERR_OK;
}

static void a_request_that_lasts_does_not_look_dead(void **state) {
    (void)state;
    static struct play play;
    setenv("GONOGO_TEST_TOKEN", "correct-horse", 1);
    stage_init(&play, "      - {name: ask them, http: {url: \"https://a.example.net/x\", headers: "
                      "{Authorization: env:GONOGO_TEST_TOKEN}}}\n" ONE);
    play.request = slow_answer;
    stage_start(&play);
    stage_run(&play, "promote");
    const struct run_view *v = stage_wait(&play, RUN_DONE);
    assert_string_equal(v->steps[0].text, "answered 204");
    assert_int_equal(v->steps[0].exit_code, 204);
    assert_int_equal(strlen(v->steps[0].digest), 64);
    char *path = outputs_path(play.ledger, v->id, 0, false), kept[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(kept, 1, sizeof kept - 1, file) > 0);
    fclose(file);
    free(path);
    assert_string_equal(kept, "token is ***\n");
    stage_expect_trace(&play, "one\n");
    stage_fini(&play);
}

static void an_expectation_waits_and_then_fails(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE "      - {name: agree, expect: [agree], within: 1s}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait_step(&play, 0, STEP_OK);
    play.gate_fails = true;
    const struct run_view *v = stage_wait(&play, RUN_FAILED);
    assert_string_equal(v->why, "step 2, agree: agree: one disagrees");
    /* Mended: resumed, the first step is not done twice. */
    play.gate_fails = false;
    stage_order(&play, ORDER_RESUME, "promote");
    stage_wait(&play, RUN_DONE);
    stage_expect_trace(&play, "one\n");
    stage_fini(&play);
}

static void gates_are_judged_afresh(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE);
    stage_start(&play);
    /* The board said GO; the new reading does not. */
    stage_run(&play, "promote");
    play.gate_fails = true;
    play.verdict = VERDICT_NO_GO;
    const struct run_view *v = stage_wait(&play, RUN_REFUSED);
    assert_string_equal(v->why, "NO-GO: agree: one disagrees");
    stage_wait_refusal(&play, 1);
    assert_true(play.again);
    /* And it said NO-GO: it is not even prepared. */
    stage_run(&play, "promote");
    stage_wait_refusal(&play, 2);
    assert_string_equal(play.refused, "NO-GO: agree: one disagrees");
    /* A kill switch asks nobody. */
    stage_run(&play, "kill");
    stage_wait(&play, RUN_DONE);
    stage_expect_trace(&play, "kill\n");
    stage_fini(&play);
}

static void a_silent_world_starts_nothing(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE);
    stage_start(&play);
    play.silent = true;
    stage_run(&play, "promote");
    const struct run_view *v = stage_wait(&play, RUN_REFUSED);
    assert_non_null(strstr(v->why, "did not answer when it was asked again"));
    stage_run(&play, "kill");
    stage_wait(&play, RUN_DONE);
    stage_fini(&play);
}

static void a_plan_that_has_moved_is_shown_again(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE);
    stage_start(&play);
    struct snapshot *s = snapshot_new(play.policy);
    s->verdict = VERDICT_GO;
    s->gates[0] = (struct gate_view){.verdict = GATE_PASS, .counted = true, .permille = -1};
    struct order *order = order_new(ORDER_RUN);
    order->plan = plan_make(s, 0);
    order->seen = order->plan->seen + 1;
    snprintf(order->who, sizeof order->who, "ada");
    snprintf(order->word, sizeof order->word, "promote");
    assert_true(runner_order(play.runner, order));
    stage_wait_refusal(&play, 1);
    assert_true(play.again);
    order = order_new(ORDER_RUN);
    order->plan = plan_make(s, 0);
    order->seen = order->plan->seen;
    snprintf(order->who, sizeof order->who, "ada");
    snprintf(order->word, sizeof order->word, "Promote");
    assert_true(runner_order(play.runner, order));
    stage_wait_refusal(&play, 2);
    assert_string_equal(play.refused, "it is confirmed with \"promote\", not with \"Promote\"");
    snapshot_drop(s);
    stage_expect_trace(&play, "");
    stage_fini(&play);
}

static void steps_are_taken_back_in_reverse_order(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE TWO "      - {name: bad, run: [\"false\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait(&play, RUN_FAILED);
    stage_order(&play, ORDER_UNDO, "wrong word");
    stage_wait_refusal(&play, 1);
    stage_order(&play, ORDER_UNDO, "promote");
    const struct run_view *v = stage_wait(&play, RUN_UNDONE);
    stage_expect_trace(&play, "one\ntwo\n-two\n-one\n");
    assert_string_equal(v->why, "nothing takes back step 3, bad");
    assert_int_equal(v->steps[0].state, STEP_UNDONE);
    stage_fini(&play);
}

static void an_open_run_is_decided_before_another_begins(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, "      - {name: bad, run: [\"false\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait(&play, RUN_FAILED);
    stage_run(&play, "promote");
    stage_wait_refusal(&play, 1);
    assert_string_equal(play.refused,
                        "promote is failed at step 1: resume it, take it back or abandon it first");
    /* But a kill switch does not wait for that. */
    stage_run(&play, "kill");
    stage_wait(&play, RUN_DONE);
    assert_int_equal(run_book_at(play.book, 1)->state, RUN_ABANDONED);
    stage_run(&play, "promote");
    stage_wait(&play, RUN_FAILED);
    stage_order(&play, ORDER_ABANDON, "");
    stage_wait(&play, RUN_ABANDONED);
    stage_fini(&play);
}

static void a_kill_switch_stops_what_is_under_way(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, "      - {name: long, run: [sleep, \"100\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait_step(&play, 0, STEP_STARTED);
    stage_run(&play, "promote");
    stage_wait_refusal(&play, 1);
    assert_string_equal(play.refused, "promote is under way, step 1");
    stage_run(&play, "kill");
    stage_wait(&play, RUN_DONE);
    stage_expect_trace(&play, "kill\n");
    assert_int_equal(run_book_at(play.book, 1)->state, RUN_ABANDONED);
    stage_fini(&play);
}

static void a_person_answers_or_stops(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, "      - {name: ask, ask: \"Is it well?\"}\n" ONE);
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait_step(&play, 0, STEP_STARTED);
    const struct run_view *v = stage_wait(&play, RUN_RUNNING);
    int64_t until = clock_mono_ms(clock_system()) + 10000;
    while (!(v = stage_wait(&play, RUN_RUNNING))->asks)
        assert_true(clock_mono_ms(clock_system()) < until);
    stage_order(&play, ORDER_ANSWER, "no");
    v = stage_wait(&play, RUN_FAILED);
    assert_string_equal(v->why, "step 1, ask: bob says no");
    stage_order(&play, ORDER_RESUME, "promote");
    stage_wait_step(&play, 0, STEP_STARTED);
    stage_order(&play, ORDER_ANSWER, "yes");
    stage_wait(&play, RUN_DONE);
    stage_expect_trace(&play, "one\n");
    stage_run(&play, "promote");
    stage_wait_step(&play, 0, STEP_STARTED);
    stage_order(&play, ORDER_STOP, "");
    stage_wait(&play, RUN_INTERRUPTED);
    stage_fini(&play);
}

static void the_end_of_the_program_interrupts(void **state) {
    (void)state;
    static struct play play;
    stage_init(
        &play,
        "      - {name: long, run: [sh, -c, \"trap 'echo bye >>@T; exit 1' TERM; while :; do "
        "sleep 0.1; done\"]}\n");
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait_step(&play, 0, STEP_STARTED);
    poll(NULL, 0,
         300); /* lint: allow sleep, the shell sets its trap; without it TERM ends it too */
    stage_stop(&play);
    stage_start(&play);
    const struct run_view *v = stage_wait(&play, RUN_INTERRUPTED);
    assert_string_equal(v->why, "stopped at step 1: long");
    stage_fini(&play);
}

static void what_wants_two_people_gets_two(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE);
    play.policy->actions[0].approvals = 1;
    stage_start(&play);
    stage_run(&play, "promote");
    stage_wait_refusal(&play, 1);
    assert_string_equal(play.refused,
                        "it needs the approval of 1 other and has 0: gonogo run promote "
                        "--approve");
    struct err err = ERR_INIT;
    struct ledger *ledger = ledger_open(play.ledger, LEDGER_APPEND, NULL, clock_system(), &err);
    assert_non_null(ledger);
    static const struct {
        const char *who, *target, *word;
    } said[] = {{"ada", "2.0.0.20", "yes"}, /* the one who starts it */
                {"bob", "2.0.0.21", "yes"}, /* another candidate */
                {"eve", "2.0.0.20", "yes"},
                {"eve", "2.0.0.20", "no"}, /* and takes it back */
                {"bob", "2.0.0.20", "yes"}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct record *r = record_new(RECORD_APPROVAL);
        RECORD_PUT(r->who, said[i].who);
        RECORD_PUT(r->subject, "promote");
        RECORD_PUT(r->target, said[i].target);
        RECORD_PUT(r->word, said[i].word);
        if (i + 1 == sizeof said / sizeof *said) { /* until then nobody else has */
            stage_run(&play, "promote");
            stage_wait_refusal(&play, 2);
        }
        assert_int_equal(ledger_append(ledger, r, &err), ERR_OK);
        record_drop(r);
    }
    ledger_close(ledger);
    stage_run(&play, "promote");
    stage_wait(&play, RUN_DONE);
    stage_fini(&play);
}

/* --- killed --- */

/* Runs promote in a process of its own, which kills itself at the n-th time that `point` is reached. */
static void die_at(struct play *play, const char *point, unsigned n) {
    pid_t pid = fork();
    if (pid == 0) {
        play->kill_at = point;
        play->kill_after = n;
        stage_start(play);
        stage_run(play, "promote");
        stage_wait(play, RUN_DONE);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status))
        fail_msg("it did not die at %s", point);
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* Waits until no orphan of the dead process writes any more. */
static void resume(struct play *play) {
    int64_t until = clock_mono_ms(clock_system()) + 20000;
    unsigned refusals = play->refusals;
    for (;;) {
        stage_order(play, ORDER_RESUME, "promote");
        for (;;) {
            pthread_mutex_lock(&play->lock);
            const struct run_view *v = run_book_at(play->book, 0);
            enum run_state now = v->state;
            bool refused = play->refusals > refusals;
            pthread_mutex_unlock(&play->lock);
            if (now != RUN_INTERRUPTED)
                return;
            if (refused)
                break;
            poll(NULL, 0, 5);
        }
        refusals = play->refusals;
        assert_true(clock_mono_ms(clock_system()) < until);
    }
}

static void killed_at_any_moment_it_is_interrupted_and_resumed(void **state) {
    (void)state;
    static const struct {
        const char *point;
        unsigned n;
        enum run_state found;
        int step; /* where it stands */
        const char
            *trace; /* after it was resumed: a step of which nothing is known is done again */
    } rows[] = {
        {"prepared", 0, RUN_ABANDONED, -1, ""},
        {"started", 0, RUN_INTERRUPTED, 0, "one\ntwo\n"}, /* recorded, not yet started */
        {"spawned", 0, RUN_INTERRUPTED, 0,
         "one\none\ntwo\n"}, /* started, its result not recorded */
        {"started", 1, RUN_INTERRUPTED, 1, "one\ntwo\n"},
        {"spawned", 1, RUN_INTERRUPTED, 1, "one\ntwo\ntwo\n"},
        {"started", 2, RUN_INTERRUPTED, 2, "one\ntwo\n"}, /* verifying */
        {"done", 0, RUN_DONE, 2, "one\ntwo\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct play play;
        stage_init(&play, ONE TWO AGREE);
        die_at(&play, rows[i].point, rows[i].n);
        stage_start(&play);
        const struct run_view *v = stage_wait(&play, rows[i].found);
        assert_int_equal(v->step, rows[i].step);
        if (rows[i].found == RUN_INTERRUPTED) {
            assert_non_null(strstr(v->why, "is gone; its lease was taken over"));
            if (strcmp(rows[i].point, "spawned") == 0) { /* let what it left come to its end */
                int64_t until = clock_mono_ms(clock_system()) + 10000;
                char *trace = stage_trace(&play);
                while (strlen(trace) < (rows[i].n + 1) * 4) {
                    free(trace);
                    assert_true(clock_mono_ms(clock_system()) < until);
                    trace = stage_trace(&play);
                }
                free(trace);
            }
            resume(&play);
            stage_wait(&play, RUN_DONE);
        }
        stage_expect_trace(&play, rows[i].trace);
        stage_fini(&play);
    }
}

static void a_step_whose_effect_is_there_is_not_done_again(void **state) {
    (void)state;
    static struct play play;
    stage_init(&play, ONE AGREE);
    /* What it expects did not hold before the run began: it fails the first time that it is judged by
     * the plan, and the world shows it now. */
    play.gate_fails = true;
    die_at(&play, "spawned", 0);
    play.gate_fails = false;
    stage_start(&play);
    stage_wait(&play, RUN_INTERRUPTED);
    int64_t until = clock_mono_ms(clock_system()) + 10000;
    char *trace = stage_trace(&play);
    while (!*trace) {
        free(trace);
        assert_true(clock_mono_ms(clock_system()) < until);
        trace = stage_trace(&play);
    }
    free(trace);
    resume(&play);
    const struct run_view *v = stage_wait(&play, RUN_DONE);
    assert_int_equal(v->steps[0].state, STEP_SKIPPED);
    stage_expect_trace(&play, "one\n");
    stage_fini(&play);
}

static void what_a_dead_runner_left_running_is_waited_for(void **state) {
    (void)state;
    static struct play play;
    stage_init(
        &play,
        "      - {name: long, run: [sh, -c, \"echo $$ >>@T; exec sleep 100 >/dev/null\"]}\n");
    die_at(&play, "grouped", 0);
    int64_t until = clock_mono_ms(clock_system()) + 20000;
    char *trace = stage_trace(&play);
    while (!strchr(trace, '\n')) {
        free(trace);
        assert_true(clock_mono_ms(clock_system()) < until);
        trace = stage_trace(&play);
    }
    pid_t orphan = (pid_t)strtol(trace, NULL, 10);
    free(trace);
    stage_start(&play);
    stage_wait(&play, RUN_INTERRUPTED);
    stage_order(&play, ORDER_RESUME, "promote");
    stage_wait_refusal(&play, 1);
    assert_non_null(strstr(play.refused, "still runs (process group"));
    assert_int_equal(kill(-orphan, SIGKILL), 0);
    stage_order(&play, ORDER_ABANDON, "");
    stage_wait(&play, RUN_ABANDONED);
    stage_fini(&play);
}

/* --- two of them --- */

static void of_two_operators_one_runs(void **state) {
    (void)state;
    const char *variant = getenv("VARIANT");
    int rounds = variant && strcmp(variant, "release") == 0 ? 100 : 20;
    static struct play play;
    for (int i = 0; i < rounds; i++) {
        pid_t pids[2];
        stage_init(&play, ONE);
        int gate[2], ready[2];
        assert_int_equal(pipe(gate), 0);
        assert_int_equal(pipe(ready), 0);
        for (int k = 0; k < 2; k++) {
            pids[k] = fork();
            if (pids[k])
                continue;
            char byte;
            close(gate[1]);
            stage_start(&play);
            struct order *order = stage_plan(&play, "promote");
            (void)!write(ready[1], "r", 1);
            (void)!read(gate[0], &byte,
                        1); /* both have seen the same, and press at the same moment */
            runner_order(play.runner, order);
            int64_t until = clock_mono_ms(clock_system()) + 30000;
            for (;;) {
                struct pollfd none = {.fd = -1};
                pthread_mutex_lock(&play.lock);
                const struct run_view *v = run_book_at(play.book, 0);
                bool over =
                    play.refusals > 0 || (v && v->state == RUN_DONE && strcmp(v->who, "ada") == 0);
                pthread_mutex_unlock(&play.lock);
                if (over || clock_mono_ms(clock_system()) > until)
                    break;
                poll(&none, 1, 1);
                stage_show(&play);
            }
            stage_stop(&play);
            _exit(0);
        }
        char bytes[1];
        for (int k = 0; k < 2; k++)
            assert_int_equal(read(ready[0], bytes, 1), 1);
        close(gate[0]);
        close(gate[1]);
        close(ready[0]);
        close(ready[1]);
        for (int k = 0; k < 2; k++)
            waitpid(pids[k], NULL, 0);
        stage_expect_trace(&play, "one\n");
        stage_fini(&play);
    }
}

/* --- no room --- */

static void without_a_record_nothing_is_started(void **state) {
    (void)state;
    static struct play play;
    struct rlimit before, none;
    stage_init(&play, ONE);
    stage_start(&play);
    stage_run(&play, "kill");
    stage_wait(&play, RUN_DONE);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, usual;
    sigaction(SIGXFSZ, &ignore, &usual);
    getrlimit(RLIMIT_FSIZE, &before);
    none = before;
    none.rlim_cur = 1; /* every write fails as on a full disk */
    setrlimit(RLIMIT_FSIZE, &none);
    stage_run(&play, "kill");
    stage_wait_refusal(&play, 1);
    setrlimit(RLIMIT_FSIZE, &before);
    sigaction(SIGXFSZ, &usual, NULL);
    assert_non_null(strstr(play.refused, "-ledger.db"));
    stage_expect_trace(&play, "kill\n");
    /* There is room again. */
    stage_run(&play, "kill");
    int64_t until = clock_mono_ms(clock_system()) + 10000;
    char *trace = stage_trace(&play);
    while (strcmp(trace, "kill\nkill\n") != 0) {
        free(trace);
        assert_true(clock_mono_ms(clock_system()) < until);
        trace = stage_trace(&play);
    }
    free(trace);
    stage_fini(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_carried_out_in_order_and_verified),
        cmocka_unit_test(what_a_step_says_is_shown_kept_and_masked),
        cmocka_unit_test(older_outputs_go_behind_a_run),
        cmocka_unit_test(steps_that_fail_end_the_run),
        cmocka_unit_test(a_request_that_lasts_does_not_look_dead),
        cmocka_unit_test(an_expectation_waits_and_then_fails),
        cmocka_unit_test(gates_are_judged_afresh),
        cmocka_unit_test(a_silent_world_starts_nothing),
        cmocka_unit_test(a_plan_that_has_moved_is_shown_again),
        cmocka_unit_test(steps_are_taken_back_in_reverse_order),
        cmocka_unit_test(an_open_run_is_decided_before_another_begins),
        cmocka_unit_test(a_kill_switch_stops_what_is_under_way),
        cmocka_unit_test(a_person_answers_or_stops),
        cmocka_unit_test(the_end_of_the_program_interrupts),
        cmocka_unit_test(what_wants_two_people_gets_two),
        cmocka_unit_test(killed_at_any_moment_it_is_interrupted_and_resumed),
        cmocka_unit_test(a_step_whose_effect_is_there_is_not_done_again),
        cmocka_unit_test(what_a_dead_runner_left_running_is_waited_for),
        cmocka_unit_test(of_two_operators_one_runs),
        cmocka_unit_test(without_a_record_nothing_is_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
