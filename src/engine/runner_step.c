#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/engine/runner_parts.h"
#include "src/model/expect.h"

enum {
    READS_MAX = 64,        /* 4 MiB, then others have their turn */
    NUDGE_MS = 1000,       /* those under way when they were asked are asked once more */
    CHECK_WAIT_MS = 15000, /* for one fresh reading, when a run is resumed */
    WAKE_MS = 1000,
};

static const struct run_view *view_of(const struct runner *r) {
    return run_book_at(r->book, 0); /* while a run is under way here it is the newest */
}

static const struct step_view *step_of(const struct runner *r, int step) {
    const struct run_view *view = view_of(r);
    return view && (size_t)step < view->n_steps ? &view->steps[step] : NULL;
}

/* The ledger cannot be written: nothing may go on. What it says last is where the run was. */
static void lose(struct runner *r, const struct err *err) {
    char why[RUN_TEXT_CAP], line[1024];
    snprintf(line, sizeof line, RUN_LOST ": %s: %s", err->where, err->what);
    text_safe(why, sizeof why, line, strlen(line));
    proc_fini(&r->proc);
    r->proc_on = false;
    char ignored[HASH_HEX_CAP];
    output_end(r, ignored);
    lease_drop(r->lease);
    r->work = WORK_NONE;
    audit_stop(r);
    plan_free(r->plan);
    r->plan = NULL;
    r->ports.refuse(r->ports.engine, why, false);
}

static bool commit(struct runner *r, enum log_lease lease, const char *point) {
    struct err err = ERR_INIT;
    if (log_commit(r, lease, point, &err) == ERR_OK)
        return true;
    lose(r, &err);
    return false;
}

void run_end(struct runner *r, enum run_state state, const char *text) {
    char both[RUN_TEXT_CAP];
    if (runner_action(r)->requires == REQUIRES_ANY)
        audit_finish(r);
    audit_stop(r);
    if (r->broken[0] && runner_action(r)->requires == REQUIRES_ANY) {
        snprintf(both, sizeof both, "%.100s%s%.200s", text, text[0] ? "; but " : "", r->broken);
        text = both;
    }
    struct record *last = log_run(r, state, text);
    bool verified =
        r->plan->n_steps > 0 && r->plan->steps[r->plan->n_steps - 1].spec->kind == STEP_EXPECT;
    if (state == RUN_DONE)
        RECORD_PUT(last->target, verified && r->s ? r->s->stable : "");
    if (!commit(r, LEASE_GIVEN, run_state_name(state)))
        return;
    r->work = WORK_NONE;
    r->prune_ms = 0;
    plan_free(r->plan);
    r->plan = NULL;
}

static void end(struct runner *r, enum run_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void end(struct runner *r, enum run_state state, const char *format, ...) {
    char text[RUN_TEXT_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    run_end(r, state, text);
}

/* --- a step has ended --- */

/* What is written down with the next step's beginning, or with the end of the run. */
static void step_over(struct runner *r, bool well, int exit_code, const char *digest,
                      const char *text) {
    bool undo = r->work == WORK_UNDO;
    runner_at(r, "over");
    const char *word = undo ? well ? "undone" : "undo-failed" : well ? "ok" : "failed";
    struct record *over = log_step(r, r->step, word, text);
    over->exit_code = exit_code;
    RECORD_PUT(over->digest, digest);
    r->proc_on = false;
    if (r->stopping) {
        end(r, RUN_INTERRUPTED, "stopped at step %d: %s", r->step + 1,
            r->plan->steps[r->step].spec->name);
    } else if (!well) {
        end(r, RUN_FAILED, "%s %d, %s: %s", undo ? "taking back step" : "step", r->step + 1,
            r->plan->steps[r->step].spec->name, text);
    } else if (undo) {
        r->step--;
        undo_next(r);
    } else {
        r->step++;
        step_next(r);
    }
}

static void proc_over(struct runner *r) {
    char text[160], digest[HASH_HEX_CAP];
    const struct proc *p = &r->proc;
    proc_end_text(p, text, sizeof text);
    output_end(r, digest);
    bool well = p->how == PROC_EXITED && p->code == 0 && !p->timed_out && !p->stopped;
    step_over(r, well, p->how == PROC_SIGNALED ? -p->code : p->code, digest, text);
}

static void proc_step(struct runner *r) {
    size_t n = 1;
    for (int i = 0; i < READS_MAX && n > 0; i++) {
        n = proc_read(&r->proc, r->bytes, sizeof r->bytes);
        output_add(r, r->bytes, n);
    }
    output_tell(r, false);
    if (n == 0 && proc_turn(&r->proc, runner_mono(r)))
        proc_over(r);
    else if (n > 0)
        (void)proc_turn(&r->proc, runner_mono(r)); /* a flood does not stop its clock */
}

/* --- starting a step --- */

static void fault_text(const struct err *err, char text[RUN_TEXT_CAP]) {
    char line[1024];
    snprintf(line, sizeof line, "%s: %s", err->where, err->what);
    text_safe(text, RUN_TEXT_CAP, line, strlen(line));
}

static void start_process(struct runner *r, char *const *argv, bool undo) {
    const struct step_spec *spec = r->plan->steps[r->step].spec;
    struct err err = ERR_INIT, ignored = ERR_INIT;
    char digest[HASH_HEX_CAP], text[RUN_TEXT_CAP];
    char **env = proc_env(spec->env);
    const struct proc_spec what = {
        .argv = argv, .env = env, .cwd = spec->cwd, .timeout_ms = spec->timeout_ms};
    output_begin(r, r->step, undo);
    enum err_code code = proc_start(&r->proc, &what, runner_mono(r), &err);
    proc_env_free(env);
    if (code == ERR_OK) {
        r->proc_on = true;
        runner_at(r, "spawned");
        /* For whoever comes after us; who cannot write this will not write its result either. */
        (void)lease_group(r->lease, r->proc.pid, &ignored);
        runner_at(r, "grouped");
        return;
    }
    output_end(r, digest);
    fault_text(&err, text);
    step_over(r, false, RECORD_EXIT_NONE, "", text);
}

static bool http_go_on(void *self) {
    struct runner *r = self;
    runner_beat(r);
    output_tell(r, false);
    if (!runner_listen(r))
        r->stopping = true;
    return !r->stopping;
}

static void http_say(void *self, const char *bytes, size_t n) {
    output_add(self, bytes, n);
}

static void do_request(struct runner *r) {
    const struct run_step *step = &r->plan->steps[r->step];
    const struct action_spec *action = runner_action(r);
    struct err err = ERR_INIT;
    char digest[HASH_HEX_CAP], text[RUN_TEXT_CAP];
    int status = 0;
    const struct request request = {
        .spec = step->spec,
        .environment =
            action->environment >= 0 ? &r->ports.policy->environments[action->environment] : NULL,
        .url = step->url,
        .body = step->body,
        .go_on = http_go_on,
        .self = r,
        .say = http_say,
    };
    output_begin(r, r->step, false);
    if (r->ports.request)
        r->ports.request(r->ports.request_self, &request, &status, &err);
    else
        err_set(&err, ERR_REFUSED, step->url, NULL, "this program sends no requests");
    output_end(r, digest);
    if (err.code == ERR_OK)
        snprintf(text, sizeof text, "answered %d", status);
    else
        fault_text(&err, text);
    step_over(r, err.code == ERR_OK, status > 0 ? status : RECORD_EXIT_NONE, digest, text);
}

/* The world is to be read anew from here on. */
static void look_again(struct runner *r, int64_t patience_ms) {
    r->since_ms = runner_mono(r);
    r->deadline_ms = r->since_ms + patience_ms;
    r->nudge_ms = r->since_ms + NUDGE_MS;
    atomic_store(&r->watches, true);
    r->ports.poll_now(r->ports.probes);
}

static void start_step(struct runner *r) {
    const struct run_step *step = &r->plan->steps[r->step];
    r->work = WORK_STEP;
    switch (step->spec->kind) {
    case STEP_RUN:
        start_process(r, step->argv, false);
        break;
    case STEP_HTTP:
        do_request(r);
        break;
    case STEP_EXPECT:
        look_again(r, step->spec->timeout_ms);
        break;
    case STEP_WAIT:
        r->deadline_ms = runner_mono(r) + step->spec->timeout_ms;
        break;
    case STEP_ASK:
        break; /* the record says that it asks */
    }
}

/* The first of the steps at the end that only look: from there on the run is being verified. */
static size_t verifying_from(const struct runner *r) {
    size_t i = r->plan->n_steps;
    while (i > 0 && r->plan->steps[i - 1].spec->kind == STEP_EXPECT)
        i--;
    return i;
}

/* Drafts the change of state that the step brings, if any. */
static void log_progress(struct runner *r, const char *text) {
    const struct run_view *view = view_of(r);
    enum run_state to = (size_t)r->step >= verifying_from(r) ? RUN_VERIFYING : RUN_RUNNING;
    bool ours = view && strcmp(view->id, r->id) == 0;
    if (!ours || view->state != to)
        log_run(r, to, text);
}

void step_next(struct runner *r) {
    const struct step_view *view;
    while ((size_t)r->step < r->plan->n_steps && (view = step_of(r, r->step)) &&
           strcmp(view_of(r)->id, r->id) == 0 &&
           (view->state == STEP_OK || view->state == STEP_SKIPPED))
        r->step++;
    if ((size_t)r->step >= r->plan->n_steps) {
        bool looked = r->plan->steps[r->plan->n_steps - 1].spec->kind == STEP_EXPECT;
        run_end(r, RUN_DONE, looked ? "verified" : "no step reads the world again: not verified");
        return;
    }
    log_progress(r, "");
    log_step(r, r->step, "started", "");
    if (r->plan->steps[r->step].spec->kind == STEP_ASK)
        log_step(r, r->step, "asked", r->plan->steps[r->step].spec->question);
    enum log_lease lease = r->lease_wanted ? LEASE_TAKEN : LEASE_STAYS;
    r->lease_wanted = false;
    struct err err = ERR_INIT;
    if (log_commit(r, lease, "started", &err) == ERR_OK)
        start_step(r);
    else if (lease == LEASE_TAKEN)
        run_never_began(r, &err);
    else
        lose(r, &err);
}

/* --- resuming and taking back --- */

/* Was a step begun of which nothing is known, and would the next one show its effect? Only when the
 * world did not look like that before the run began. */
static bool can_be_checked(const struct runner *r) {
    const struct step_view *view = step_of(r, r->step);
    size_t next = (size_t)r->step + 1;
    return view && view->state == STEP_STARTED && next < r->plan->n_steps &&
           r->plan->steps[r->step].spec->kind != STEP_EXPECT &&
           r->plan->steps[next].spec->kind == STEP_EXPECT && next < sizeof r->plan->held_before &&
           !r->plan->held_before[next];
}

void step_resume(struct runner *r) {
    const struct step_view *view;
    r->step = 0;
    while ((size_t)r->step < r->plan->n_steps && (view = step_of(r, r->step)) &&
           (view->state == STEP_OK || view->state == STEP_SKIPPED))
        r->step++;
    if ((size_t)r->step < r->plan->n_steps && can_be_checked(r)) {
        r->work = WORK_CHECK;
        look_again(r, CHECK_WAIT_MS);
        return;
    }
    step_next(r);
}

static void check_turn(struct runner *r) {
    char why[RUN_TEXT_CAP], text[RUN_TEXT_CAP];
    const struct step_spec *next = r->plan->steps[r->step + 1].spec;
    bool holds =
        r->s && expect_holds(r->s, next->expect, next->n_expect, r->since_ms, why, sizeof why);
    if (!holds && runner_mono(r) < r->deadline_ms)
        return;
    if (holds) {
        snprintf(text, sizeof text, "its effect is there: %.200s", next->name);
        log_step(r, r->step, "skipped", text);
        r->step++;
    }
    step_next(r);
}

void undo_next(struct runner *r) {
    char left[RUN_TEXT_CAP] = "";
    size_t n_left = 0;
    for (; r->step >= 0; r->step--) {
        const struct step_view *view = step_of(r, r->step);
        const struct run_step *step = &r->plan->steps[r->step];
        bool touched = view && view->state != STEP_PENDING && view->state != STEP_SKIPPED &&
                       view->state != STEP_UNDONE;
        if (!touched || !step->undo)
            continue;
        r->work = WORK_UNDO;
        log_step(r, r->step, "undoing", "");
        if (commit(r, LEASE_STAYS, "undoing"))
            start_process(r, step->undo, true);
        return;
    }
    for (size_t i = 0; i < r->plan->n_steps; i++) {
        const struct step_view *view = step_of(r, (int)i);
        enum step_kind kind = r->plan->steps[i].spec->kind;
        bool acts = kind == STEP_RUN || kind == STEP_HTTP;
        if (acts && !r->plan->steps[i].undo && view && view->state != STEP_PENDING &&
            view->state != STEP_SKIPPED && n_left++ == 0)
            snprintf(left, sizeof left, "nothing takes back step %zu, %.200s", i + 1,
                     r->plan->steps[i].spec->name);
    }
    r->step = 0;
    run_end(r, RUN_UNDONE, left);
}

/* --- turns --- */

static void expect_turn(struct runner *r) {
    const struct step_spec *spec = r->plan->steps[r->step].spec;
    char why[RUN_TEXT_CAP] = "nothing was read";
    if (r->s && expect_holds(r->s, spec->expect, spec->n_expect, r->since_ms, why, sizeof why)) {
        atomic_store(&r->watches, false);
        step_over(r, true, RECORD_EXIT_NONE, "", "read again, and so it is");
    } else if (runner_mono(r) >= r->deadline_ms) {
        atomic_store(&r->watches, false);
        step_over(r, false, RECORD_EXIT_NONE, "", why);
    }
}

static void nudge(struct runner *r) {
    if (runner_mono(r) < r->nudge_ms)
        return;
    r->nudge_ms = runner_mono(r) + NUDGE_MS;
    r->ports.poll_now(r->ports.probes);
}

void step_turn(struct runner *r) {
    if (r->work == WORK_CHECK) {
        nudge(r);
        check_turn(r);
        return;
    }
    if (r->proc_on) {
        proc_step(r);
        return;
    }
    if (r->work != WORK_STEP)
        return;
    enum step_kind kind = r->plan->steps[r->step].spec->kind;
    if (kind == STEP_EXPECT) {
        nudge(r);
        expect_turn(r);
    } else if (kind == STEP_WAIT && runner_mono(r) >= r->deadline_ms) {
        step_over(r, true, RECORD_EXIT_NONE, "", "");
    }
}

int64_t step_wait_ms(const struct runner *r) {
    int64_t now_ms = runner_mono(r), wait_ms = WAKE_MS;
    if (r->proc_on)
        return proc_wait_ms(&r->proc, now_ms);
    if (r->work == WORK_STEP || r->work == WORK_CHECK || r->work == WORK_JUDGING) {
        enum step_kind kind =
            r->work == WORK_STEP ? r->plan->steps[r->step].spec->kind : STEP_EXPECT;
        if (kind != STEP_ASK && r->deadline_ms - now_ms < wait_ms)
            wait_ms = r->deadline_ms > now_ms ? r->deadline_ms - now_ms : 0;
    }
    return wait_ms;
}

void step_answer(struct runner *r, const char *who, bool yes) {
    char text[RUN_TEXT_CAP];
    snprintf(text, sizeof text, "%.90s says %s", who, yes ? "yes" : "no");
    step_over(r, yes, RECORD_EXIT_NONE, "", text);
}

void step_stop(struct runner *r) {
    r->stopping = true;
    if (r->proc_on) {
        proc_stop(&r->proc, runner_mono(r));
        return;
    }
    if (r->work == WORK_JUDGING) {
        run_end(r, RUN_REFUSED, "stopped before it began");
    } else if (r->work == WORK_STEP) {
        step_over(r, false, RECORD_EXIT_NONE, "", "stopped");
    } else if (r->work == WORK_CHECK) {
        end(r, RUN_INTERRUPTED, "stopped before step %d", r->step + 1);
    }
}
