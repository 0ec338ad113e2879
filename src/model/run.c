#include "src/model/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

static const char *const state_names[RUN_STATES] = {
    [RUN_NONE] = "none",       [RUN_PREPARED] = "prepared",       [RUN_CONFIRMED] = "confirmed",
    [RUN_RUNNING] = "running", [RUN_VERIFYING] = "verifying",     [RUN_DONE] = "done",
    [RUN_FAILED] = "failed",   [RUN_INTERRUPTED] = "interrupted", [RUN_UNDOING] = "undoing",
    [RUN_UNDONE] = "undone",   [RUN_ABANDONED] = "abandoned",     [RUN_REFUSED] = "refused",
};
static const char *const step_names[STEP_STATES] = {
    [STEP_PENDING] = "pending", [STEP_STARTED] = "started",         [STEP_OK] = "ok",
    [STEP_FAILED] = "failed",   [STEP_SKIPPED] = "skipped",         [STEP_UNDOING] = "undoing",
    [STEP_UNDONE] = "undone",   [STEP_UNDO_FAILED] = "undo-failed",
};

#define TO(state) (1u << (state))

/* Every change of state that there is. */
static const unsigned moves[RUN_STATES] = {
    [RUN_NONE] = TO(RUN_PREPARED),
    [RUN_PREPARED] = TO(RUN_CONFIRMED) | TO(RUN_REFUSED) | TO(RUN_ABANDONED),
    [RUN_CONFIRMED] = TO(RUN_RUNNING) | TO(RUN_VERIFYING) | TO(RUN_FAILED) | TO(RUN_INTERRUPTED),
    [RUN_RUNNING] = TO(RUN_VERIFYING) | TO(RUN_DONE) | TO(RUN_FAILED) | TO(RUN_INTERRUPTED),
    [RUN_VERIFYING] = TO(RUN_DONE) | TO(RUN_FAILED) | TO(RUN_INTERRUPTED),
    [RUN_FAILED] = TO(RUN_RUNNING) | TO(RUN_VERIFYING) | TO(RUN_UNDOING) | TO(RUN_ABANDONED),
    [RUN_INTERRUPTED] = TO(RUN_RUNNING) | TO(RUN_VERIFYING) | TO(RUN_UNDOING) | TO(RUN_ABANDONED),
    [RUN_UNDOING] = TO(RUN_UNDONE) | TO(RUN_FAILED) | TO(RUN_INTERRUPTED),
};

const char *run_state_name(enum run_state state) {
    return state < RUN_STATES ? state_names[state] : "unknown";
}

const char *step_state_name(enum step_state state) {
    return state < STEP_STATES ? step_names[state] : "unknown";
}

enum run_state run_state_find(const char *word) {
    enum run_state state = RUN_NONE;
    while (state < RUN_STATES && strcmp(state_names[state], word) != 0)
        state++;
    return state;
}

bool run_is_active(enum run_state state) {
    const unsigned active = TO(RUN_PREPARED) | TO(RUN_CONFIRMED) | TO(RUN_RUNNING) |
                            TO(RUN_VERIFYING) | TO(RUN_UNDOING);
    return (active & TO(state)) != 0;
}

bool run_is_open(enum run_state state) {
    return state == RUN_FAILED || state == RUN_INTERRUPTED;
}

enum run_state run_state_left(enum run_state state) {
    return state == RUN_PREPARED ? RUN_ABANDONED : RUN_INTERRUPTED;
}

bool run_may_go(enum run_state from, enum run_state to) {
    return from < RUN_STATES && to < RUN_STATES && (moves[from] & TO(to)) != 0;
}

int64_t run_stopwatch_ms(const struct run_view *v, int64_t now_ms) {
    if (v->confirmed_ms == 0)
        return -1;
    int64_t until_ms = v->ended_ms ? v->ended_ms : now_ms;
    return until_ms > v->confirmed_ms ? until_ms - v->confirmed_ms : 0;
}

/* --- what is shared --- */

struct run_text *run_text_new(int step, uint64_t total, const char *safe, size_t n) {
    struct run_text *t = mem_alloc(sizeof *t + n + 1);
    atomic_init(&t->refs, 1);
    t->step = step;
    t->total = total;
    t->n = n;
    memcpy(t->text, safe, n);
    t->text[n] = '\0';
    return t;
}

const struct run_text *run_text_keep(const struct run_text *t) {
    struct run_text *counted = (struct run_text *)t; /* the count is no part of the value */
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return t;
}

void run_text_drop(const struct run_text *t) {
    struct run_text *dead = (struct run_text *)t;
    if (dead && atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) == 1)
        free(dead);
}

const struct run_view *run_view_keep(const struct run_view *v) {
    struct run_view *counted = (struct run_view *)v;
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return v;
}

void run_view_drop(const struct run_view *v) {
    struct run_view *dead = (struct run_view *)v;
    if (!dead || atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) != 1)
        return;
    run_text_drop(dead->output);
    free(dead->steps);
    free(dead);
}

/* --- the book --- */

struct run_book {
    const struct policy *policy;
    const struct run_view *runs[RUNS_KEPT]; /* newest first */
    size_t n_runs;
    uint64_t seq; /* the last of its kinds that was folded */
};

struct run_book *run_book_new(const struct policy *policy) {
    struct run_book *book = mem_zero(1, sizeof *book);
    book->policy = policy;
    return book;
}

void run_book_free(struct run_book *book) {
    if (!book)
        return;
    for (size_t i = 0; i < book->n_runs; i++)
        run_view_drop(book->runs[i]);
    free(book);
}

const struct run_view *run_book_at(const struct run_book *book, size_t i) {
    return i < book->n_runs ? book->runs[i] : NULL;
}

static void put(char *dst, size_t cap, const char *raw) {
    text_safe(dst, cap, raw, strlen(raw));
}

/* A copy that may be changed: snapshots hold the one before. */
static struct run_view *view_copy(const struct run_view *old) {
    enum { BEHIND_REFS = offsetof(struct run_view, state) }; /* others count references meanwhile */
    struct run_view *v = mem_zero(1, sizeof *v);
    memcpy((char *)v + BEHIND_REFS, (const char *)old + BEHIND_REFS, sizeof *v - BEHIND_REFS);
    atomic_init(&v->refs, 1);
    v->steps = mem_zero(RUN_STEPS_MAX, sizeof *v->steps);
    memcpy(v->steps, old->steps, old->n_steps * sizeof *v->steps);
    if (v->output)
        run_text_keep(v->output);
    return v;
}

static struct run_view *view_begin(const struct run_book *book, const struct record *r) {
    struct run_view *v = mem_zero(1, sizeof *v);
    atomic_init(&v->refs, 1);
    v->steps = mem_zero(RUN_STEPS_MAX, sizeof *v->steps);
    for (size_t i = 0; i < RUN_STEPS_MAX; i++)
        v->steps[i].exit_code = RECORD_EXIT_NONE;
    snprintf(v->id, sizeof v->id, "%s", r->run);
    v->action = policy_find_action(book->policy, r->subject);
    put(v->name, sizeof v->name, r->subject);
    v->step = -1;
    if (v->action >= 0) {
        v->n_steps = book->policy->actions[v->action].n_steps;
        v->goal_ms = book->policy->actions[v->action].goal_ms;
    }
    return v;
}

static size_t find(const struct run_book *book, const char *id) {
    size_t i = 0;
    while (i < book->n_runs && strcmp(book->runs[i]->id, id) != 0)
        i++;
    return i;
}

/* The run at `i` is this one from now on; takes the reference. */
static void replace(struct run_book *book, size_t i, const struct run_view *v) {
    run_view_drop(book->runs[i]);
    book->runs[i] = v;
}

static void add(struct run_book *book, const struct run_view *v) {
    if (book->n_runs == RUNS_KEPT)
        run_view_drop(book->runs[--book->n_runs]);
    memmove(book->runs + 1, book->runs, book->n_runs * sizeof *book->runs);
    book->runs[0] = v;
    book->n_runs++;
}

static void ends(struct run_view *v, int64_t at_ms) {
    v->ended_ms = at_ms;
    v->asks = false;
}

/* The one place where a run's state changes. */
static bool run_set_state(struct run_view *v, enum run_state to, const struct record *r) {
    if (!run_may_go(v->state, to))
        return false;
    v->state = to;
    put(v->why, sizeof v->why, to == RUN_PREPARED ? "" : r->text);
    switch (to) {
    case RUN_PREPARED:
        v->prepared_ms = r->at_ms;
        put(v->who, sizeof v->who, r->who);
        put(v->user, sizeof v->user, r->user);
        put(v->target, sizeof v->target, r->target);
        snprintf(v->digest, sizeof v->digest, "%s", r->digest);
        snprintf(v->values, sizeof v->values, "%s", r->text);
        break;
    case RUN_CONFIRMED:
        v->confirmed_ms = r->at_ms;
        put(v->reason, sizeof v->reason, r->text);
        v->why[0] = '\0';
        break;
    case RUN_RUNNING:
    case RUN_VERIFYING:
    case RUN_UNDOING:
        v->ended_ms = 0;
        break;
    case RUN_DONE:
        put(v->stable, sizeof v->stable, r->target);
        ends(v, r->at_ms);
        break;
    default:
        ends(v, r->at_ms);
        break;
    }
    return true;
}

static bool step_set_state(struct run_view *v, const struct record *r) {
    enum step_state to = STEP_PENDING;
    if (r->step < 0 || r->step >= RUN_STEPS_MAX)
        return false;
    while (to < STEP_STATES && strcmp(step_names[to], r->word) != 0)
        to++;
    struct step_view *step = &v->steps[r->step];
    bool asked = strcmp(r->word, "asked") == 0;
    if (to == STEP_STATES && !asked)
        return false;
    if ((size_t)r->step >= v->n_steps)
        v->n_steps = (size_t)r->step + 1;
    v->step = r->step;
    v->asks = asked;
    if (asked)
        return true;
    step->state = to;
    step->exit_code = r->exit_code;
    put(step->text, sizeof step->text, r->text);
    if (r->digest[0])
        snprintf(step->digest, sizeof step->digest, "%s", r->digest);
    if (to == STEP_STARTED || to == STEP_UNDOING) {
        step->began_ms = r->at_ms;
        step->ended_ms = 0;
    } else {
        step->ended_ms = r->at_ms;
        if (step->began_ms == 0)
            step->began_ms = r->at_ms;
    }
    return true;
}

bool run_book_fold(struct run_book *book, const struct record *r) {
    if ((r->kind != RECORD_RUN && r->kind != RECORD_STEP) || r->run[0] == '\0' ||
        r->seq <= book->seq)
        return false;
    book->seq = r->seq;
    size_t i = find(book, r->run);
    if (i == book->n_runs && (r->kind != RECORD_RUN || strcmp(r->word, "prepared") != 0))
        return false; /* begun before what is remembered */
    struct run_view *v = i < book->n_runs ? view_copy(book->runs[i]) : view_begin(book, r);
    if (v->unrecorded) {
        v->unrecorded = false;
        v->state = v->was;
        v->why[0] = '\0';
    }
    bool changed =
        r->kind == RECORD_RUN ? run_set_state(v, run_state_find(r->word), r) : step_set_state(v, r);
    if (!changed) {
        run_view_drop(v);
        return false;
    }
    if (i < book->n_runs)
        replace(book, i, v);
    else
        add(book, v);
    return true;
}

void run_book_output(struct run_book *book, const char *id, const struct run_text *output) {
    size_t i = find(book, id);
    if (i == book->n_runs)
        return;
    struct run_view *v = view_copy(book->runs[i]);
    run_text_drop(v->output);
    v->output = run_text_keep(output);
    replace(book, i, v);
}

bool run_book_gone(struct run_book *book, const char *id, const char *holder) {
    size_t i = find(book, id);
    if (i == book->n_runs || !run_is_active(book->runs[i]->state))
        return false;
    struct run_view *v = view_copy(book->runs[i]);
    v->unrecorded = true;
    v->was = v->state;
    v->state = run_state_left(v->state);
    v->asks = false;
    snprintf(v->why, sizeof v->why, "%s is gone, and nobody has taken its run over yet", holder);
    replace(book, i, v);
    return true;
}

bool run_book_watch(struct run_book *book, const char *stable, const char *broken) {
    const struct run_view *now = run_book_at(book, 0);
    char drift[RUN_TEXT_CAP] = "";
    if (!now || now->state != RUN_DONE)
        return false;
    if (now->stable[0] && stable[0] && version_compare(now->stable, stable) != 0)
        snprintf(drift, sizeof drift, "stable offers %s, and it was verified at %s", stable,
                 now->stable);
    else if (broken[0])
        snprintf(drift, sizeof drift, "what it verified holds no more: %s", broken);
    else if (!stable[0])
        return false; /* nothing new is known */
    if (strcmp(drift, now->drift) == 0)
        return false;
    struct run_view *v = view_copy(now);
    snprintf(v->drift, sizeof v->drift, "%s", drift);
    replace(book, 0, v);
    return true;
}
