#include "tests/unit/runner_rig.h"

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

void rig_init(struct rig *rig, const char *steps) {
    const char *temporary = getenv("TMPDIR");
    memset(rig, 0, sizeof *rig);
    pthread_mutex_init(&rig->lock, NULL);
    snprintf(rig->folder, sizeof rig->folder, "%.200s/gonogo-runner-XXXXXX",
             temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->ledger, sizeof rig->ledger, "%s/a-ledger.db", rig->folder);
    snprintf(rig->trace, sizeof rig->trace, "%s/trace", rig->folder);
    char *filled = with_trace(steps, rig->trace);
    char *text = mem_format("product: A\n" ENVIRONMENT GATE "actions:\n"
                            "  - name: promote\n    requires: go\n    steps:\n%s"
                            "  - name: kill\n    requires: any\n    steps:\n"
                            "      - {name: off, run: [sh, -c, \"echo kill >>%s\"]}\n",
                            filled, rig->trace);
    char *file = mem_format("%s/gonogo.yaml", rig->folder);
    struct err err = ERR_INIT;
    rig->policy = config_parse(text, strlen(text), file, &help_kinds, &err);
    if (!rig->policy)
        fail_msg("%s: %s", err.where, err.what);
    free(file);
    rig->verdict = VERDICT_GO;
    free(text);
    free(filled);
}

/* --- the world --- */

static struct snapshot *make_world(struct rig *rig) {
    struct snapshot *s = snapshot_new(rig->policy);
    s->number = ++rig->worlds;
    s->wall_ms = clock_wall_ms(clock_system());
    s->mono_ms = now();
    snprintf(s->target, sizeof s->target, "2.0.0.20");
    snprintf(s->stable, sizeof s->stable, "2.0.0.19");
    s->verdict = rig->verdict;
    s->gates[0].counted = true;
    s->gates[0].verdict = rig->gate_fails ? GATE_FAIL : GATE_PASS;
    snprintf(s->gates[0].reason, REASON_CAP, "%s", rig->gate_fails ? "one disagrees" : "all agree");
    for (size_t i = 0; i < s->n_sources && !rig->silent; i++) {
        struct sample *sample = sample_new((unsigned)i);
        sample->reading = READING_OK;
        sample->mono_ms = s->mono_ms;
        s->sources[i].state = s->sources[i].raw = SOURCE_OK;
        s->sources[i].last = sample;
    }
    pthread_mutex_lock(&rig->lock);
    for (size_t i = 0; i < RUNS_KEPT && run_book_at(rig->book, i); i++)
        s->runs[s->n_runs++] = run_view_keep(run_book_at(rig->book, i));
    pthread_mutex_unlock(&rig->lock);
    return s;
}

void rig_show(struct rig *rig) {
    struct snapshot *s = make_world(rig);
    if (runner_watches(rig->runner))
        runner_see(rig->runner, s);
    snapshot_drop(s);
    poll(NULL, 0, SHOW_MS);
}

/* --- ports --- */

static void record(void *self, const struct record *r) {
    struct rig *rig = self;
    pthread_mutex_lock(&rig->lock);
    run_book_fold(rig->book, r);
    rig->records++;
    pthread_mutex_unlock(&rig->lock);
}

static void output(void *self, const char *run, const struct run_text *text) {
    struct rig *rig = self;
    pthread_mutex_lock(&rig->lock);
    run_book_output(rig->book, run, text);
    pthread_mutex_unlock(&rig->lock);
}

static void refuse(void *self, const char *why, bool again) {
    struct rig *rig = self;
    pthread_mutex_lock(&rig->lock);
    snprintf(rig->refused, sizeof rig->refused, "%s", why);
    rig->again = again;
    rig->refusals++;
    pthread_mutex_unlock(&rig->lock);
}

static void poll_now(void *self) {
    struct rig *rig = self;
    pthread_mutex_lock(&rig->lock);
    rig->polls++;
    pthread_mutex_unlock(&rig->lock);
}

static void at(void *self, const char *point) {
    struct rig *rig = self;
    if (rig->kill_at && strcmp(point, rig->kill_at) == 0 && rig->kill_after-- == 0)
        kill(getpid(), SIGKILL);
}

void rig_start(struct rig *rig) {
    struct err err = ERR_INIT;
    const struct runner_ports ports = {
        .policy = rig->policy,
        .clock = clock_system(),
        .ledger = rig->ledger,
        .record = record,
        .output = output,
        .refuse = refuse,
        .engine = rig,
        .poll_now = poll_now,
        .probes = rig,
        .at = at,
        .at_self = rig,
    };
    rig->book = run_book_new(rig->policy);
    rig->runner = runner_new();
    if (runner_start(rig->runner, &ports, &err) != ERR_OK)
        fail_msg("%s: %s", err.where, err.what);
}

void rig_stop(struct rig *rig) {
    runner_free(rig->runner);
    run_book_free(rig->book);
    rig->runner = NULL;
    rig->book = NULL;
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

void rig_fini(struct rig *rig) {
    if (rig->runner)
        rig_stop(rig);
    policy_free(rig->policy);
    pthread_mutex_destroy(&rig->lock);
    nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct order *rig_plan(struct rig *rig, const char *action) {
    struct snapshot *s = make_world(rig);
    struct order *order = order_new(ORDER_RUN);
    order->plan = plan_make(s, (size_t)policy_find_action(rig->policy, action));
    order->seen = order->plan->seen;
    snprintf(order->who, sizeof order->who, "ada");
    snprintf(order->word, sizeof order->word, "%s", action);
    snprintf(order->reason, sizeof order->reason, "because");
    snapshot_drop(s);
    return order;
}

void rig_run(struct rig *rig, const char *action) {
    assert_true(runner_order(rig->runner, rig_plan(rig, action)));
}

void rig_order(struct rig *rig, enum order_kind kind, const char *word) {
    struct order *order = order_new(kind);
    snprintf(order->who, sizeof order->who, "bob");
    snprintf(order->word, sizeof order->word, "%s", word);
    assert_true(runner_order(rig->runner, order));
}

static enum run_state state_of(struct rig *rig, struct step_view *step, int which) {
    pthread_mutex_lock(&rig->lock);
    const struct run_view *view = run_book_at(rig->book, 0);
    enum run_state state = view ? view->state : RUN_NONE;
    if (step && view && (size_t)which < view->n_steps)
        *step = view->steps[which];
    pthread_mutex_unlock(&rig->lock);
    return state;
}

const struct run_view *rig_wait(struct rig *rig, enum run_state state) {
    int64_t until = now() + DEADLINE_MS;
    while (state_of(rig, NULL, 0) != state) {
        if (now() > until)
            fail_msg("it is %s, not %s: %s", run_state_name(state_of(rig, NULL, 0)),
                     run_state_name(state), rig->refused);
        rig_show(rig);
    }
    return run_book_at(rig->book, 0);
}

void rig_wait_step(struct rig *rig, int step, enum step_state state) {
    int64_t until = now() + DEADLINE_MS;
    struct step_view view = {.state = STEP_PENDING};
    while (state_of(rig, &view, step) == RUN_NONE || view.state != state) {
        assert_true(now() < until);
        rig_show(rig);
    }
}

void rig_wait_refusal(struct rig *rig, unsigned n) {
    int64_t until = now() + DEADLINE_MS;
    for (;;) {
        pthread_mutex_lock(&rig->lock);
        bool there = rig->refusals >= n;
        pthread_mutex_unlock(&rig->lock);
        if (there)
            return;
        assert_true(now() < until);
        rig_show(rig);
    }
}

char *rig_trace(struct rig *rig) {
    char bytes[4096] = "";
    FILE *file = fopen(rig->trace, "r");
    size_t n = file ? fread(bytes, 1, sizeof bytes - 1, file) : 0;
    if (file)
        fclose(file);
    return mem_copy_bytes(bytes, n);
}
