#include "tests/unit/runner_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "tests/unit/config_help.h"

enum { DEADLINE_MS = 30000, SHOW_MS = 10 };

static int64_t now(void) {
    return clock_mono_ms(clock_system());
}

static char *with_trace(const char *text, const char *trace) {
    struct buf out;
    buf_init(&out, 0);
    for (; *text; text++) {
        if (strncmp(text, "@T", 2) == 0) {
            buf_add_text(&out, trace);
            text++;
        } else {
            buf_add(&out, text, 1);
        }
    }
    return buf_steal(&out);
}

void stage_init(struct play *play, const char *steps) {
    const char *temporary = getenv("TMPDIR");
    memset(play, 0, sizeof *play);
    pthread_mutex_init(&play->lock, NULL);
    snprintf(play->folder, sizeof play->folder, "%.200s/gonogo-runner-XXXXXX",
             temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(play->folder));
    snprintf(play->ledger, sizeof play->ledger, "%s/a-ledger.db", play->folder);
    snprintf(play->trace, sizeof play->trace, "%s/trace", play->folder);
    char *filled = with_trace(steps, play->trace);
    char *text = mem_format("product: A\n" ENVIRONMENT GATE "actions:\n"
                            "  - name: promote\n    requires: go\n    steps:\n%s"
                            "  - name: kill\n    requires: any\n    steps:\n"
                            "      - {name: off, run: [sh, -c, \"echo kill >>%s\"]}\n",
                            filled, play->trace);
    char *file = mem_format("%s/gonogo.yaml", play->folder);
    struct err err = ERR_INIT;
    play->policy = config_parse(text, strlen(text), file, &help_kinds, &err);
    if (!play->policy)
        fail_msg("%s: %s", err.where, err.what);
    free(file);
    play->verdict = VERDICT_GO;
    free(text);
    free(filled);
}

/* --- the world --- */

static struct snapshot *make_world(struct play *play) {
    struct snapshot *s = snapshot_new(play->policy);
    s->number = ++play->worlds;
    s->wall_ms = clock_wall_ms(clock_system());
    s->mono_ms = now();
    snprintf(s->target, sizeof s->target, "2.0.0.20");
    snprintf(s->stable, sizeof s->stable, "2.0.0.19");
    s->verdict = play->verdict;
    s->gates[0].counted = true;
    s->gates[0].verdict = play->gate_fails ? GATE_FAIL : GATE_PASS;
    snprintf(s->gates[0].reason, REASON_CAP, "%s",
             play->gate_fails ? "one disagrees" : "all agree");
    for (size_t i = 0; i < s->n_sources && !play->silent; i++) {
        struct sample *sample = sample_new((unsigned)i);
        sample->reading = READING_OK;
        sample->mono_ms = s->mono_ms;
        s->sources[i].state = s->sources[i].raw = SOURCE_OK;
        s->sources[i].last = sample;
    }
    pthread_mutex_lock(&play->lock);
    for (size_t i = 0; i < RUNS_KEPT && run_book_at(play->book, i); i++)
        s->runs[s->n_runs++] = run_view_keep(run_book_at(play->book, i));
    pthread_mutex_unlock(&play->lock);
    return s;
}

void stage_show(struct play *play) {
    struct snapshot *s = make_world(play);
    if (runner_watches(play->runner))
        runner_see(play->runner, s);
    snapshot_drop(s);
    poll(NULL, 0, SHOW_MS);
}

/* --- ports --- */

static void record(void *self, const struct record *r) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    run_book_fold(play->book, r);
    play->records++;
    pthread_mutex_unlock(&play->lock);
}

static void output(void *self, const char *run, const struct run_text *text) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    run_book_output(play->book, run, text);
    pthread_mutex_unlock(&play->lock);
}

static void refuse(void *self, const char *why, bool again) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    snprintf(play->refused, sizeof play->refused, "%s", why);
    play->again = again;
    play->refusals++;
    pthread_mutex_unlock(&play->lock);
}

static void broken(void *self, const char *why) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    snprintf(play->broken, sizeof play->broken, "%s", why);
    pthread_mutex_unlock(&play->lock);
}

static void accept(void *self, const char *run) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    snprintf(play->accepted, sizeof play->accepted, "%s", run);
    pthread_mutex_unlock(&play->lock);
}

static void poll_now(void *self) {
    struct play *play = self;
    pthread_mutex_lock(&play->lock);
    play->polls++;
    pthread_mutex_unlock(&play->lock);
}

static void at(void *self, const char *point) {
    struct play *play = self;
    if (play->kill_at && strcmp(point, play->kill_at) == 0 && play->kill_after-- == 0)
        kill(getpid(), SIGKILL);
}

void stage_start(struct play *play) {
    struct err err = ERR_INIT;
    const struct runner_ports ports = {
        .policy = play->policy,
        .clock = clock_system(),
        .ledger = play->ledger,
        .record = record,
        .output = output,
        .accept = accept,
        .refuse = refuse,
        .broken = broken,
        .engine = play,
        .poll_now = poll_now,
        .probes = play,
        .request = play->request,
        .request_self = play,
        .at = at,
        .at_self = play,
    };
    play->book = run_book_new(play->policy);
    play->runner = runner_new();
    if (runner_start(play->runner, &ports, &err) != ERR_OK)
        fail_msg("%s: %s", err.where, err.what);
}

void stage_stop(struct play *play) {
    runner_free(play->runner);
    run_book_free(play->book);
    play->runner = NULL;
    play->book = NULL;
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

void stage_fini(struct play *play) {
    if (play->runner)
        stage_stop(play);
    policy_free(play->policy);
    pthread_mutex_destroy(&play->lock);
    nftw(play->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct order *stage_plan(struct play *play, const char *action) {
    struct snapshot *s = make_world(play);
    struct order *order = order_new(ORDER_RUN);
    order->plan = plan_make(s, (size_t)policy_find_action(play->policy, action));
    order->seen = order->plan->seen;
    snprintf(order->who, sizeof order->who, "ada");
    snprintf(order->word, sizeof order->word, "%s", action);
    snprintf(order->reason, sizeof order->reason, "because");
    snapshot_drop(s);
    return order;
}

void stage_run(struct play *play, const char *action) {
    assert_true(runner_order(play->runner, stage_plan(play, action)));
}

void stage_order(struct play *play, enum order_kind kind, const char *word) {
    struct order *order = order_new(kind);
    snprintf(order->who, sizeof order->who, "bob");
    snprintf(order->word, sizeof order->word, "%s", word);
    assert_true(runner_order(play->runner, order));
}

static enum run_state state_of(struct play *play, struct step_view *step, int which) {
    pthread_mutex_lock(&play->lock);
    const struct run_view *view = run_book_at(play->book, 0);
    enum run_state state = view ? view->state : RUN_NONE;
    if (step && view && (size_t)which < view->n_steps)
        *step = view->steps[which];
    pthread_mutex_unlock(&play->lock);
    return state;
}

const struct run_view *stage_wait(struct play *play, enum run_state state) {
    int64_t until = now() + DEADLINE_MS;
    while (state_of(play, NULL, 0) != state) {
        if (now() > until)
            fail_msg("it is %s, not %s: %s", run_state_name(state_of(play, NULL, 0)),
                     run_state_name(state), play->refused);
        stage_show(play);
    }
    return run_book_at(play->book, 0);
}

void stage_wait_step(struct play *play, int step, enum step_state state) {
    int64_t until = now() + DEADLINE_MS;
    struct step_view view = {.state = STEP_PENDING};
    while (state_of(play, &view, step) == RUN_NONE || view.state != state) {
        assert_true(now() < until);
        stage_show(play);
    }
}

void stage_wait_refusal(struct play *play, unsigned n) {
    int64_t until = now() + DEADLINE_MS;
    for (;;) {
        pthread_mutex_lock(&play->lock);
        bool there = play->refusals >= n;
        pthread_mutex_unlock(&play->lock);
        if (there)
            return;
        assert_true(now() < until);
        stage_show(play);
    }
}

char *stage_trace(struct play *play) {
    char bytes[4096] = "";
    FILE *file = fopen(play->trace, "r");
    size_t n = file ? fread(bytes, 1, sizeof bytes - 1, file) : 0;
    if (file)
        fclose(file);
    return mem_copy_bytes(bytes, n);
}

void stage_expect_trace(struct play *play, const char *wanted) {
    char *trace = stage_trace(play);
    assert_string_equal(trace, wanted);
    free(trace);
}
