#include "src/model/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/fingerprint.h"
#include "src/model/gate.h"
#include "src/model/soak.h"
#include "src/model/speak.h"
#include "src/model/world_slo.h"

/* What a source's view does not say. */
struct source_track {
    unsigned successes; /* in a row */
    unsigned points;    /* of its sparkline that this process drew */
};

/* What a gate's view does not say. */
struct gate_track {
    struct gate_view view; /* as judged last; the reason is not kept */
    bool settled;          /* everybody it needs has spoken once */
    bool moved;            /* its verdict changed since it settled */
    bool recalled;         /* what earlier runs say, until it settles */
    enum gate_verdict recalled_verdict;
    int64_t recalled_since_ms;
};

struct world {
    const struct policy *policy;
    uint64_t judgements;

    struct source_view *sources;
    struct source_track *source_tracks;
    struct gate_track *gates;
    struct soak *soaks;
    struct soak_clock *soak_clocks;
    struct levels *levels; /* what the logs say */

    char target[VERSION_CAP];
    int64_t target_moved_ms;
    char stable[VERSION_CAP];
    char baseline[VERSION_CAP];
    bool recalled;
    char recalled_target[VERSION_CAP];
    char recalled_baseline[VERSION_CAP];

    const struct votes *votes;
    char fingerprint[HASH_HEX_CAP]; /* the last that was known */
    enum verdict verdict;
    enum store_state store, noted_store;
    char store_note[320];

    struct run_book *runs;
    int64_t began_ms; /* wall: the first judgement; what was done before is no news */
    char accepted[RECORD_RUN_CAP];
    uint64_t refusals;
    bool refused_again;
    char refused[RUN_TEXT_CAP];

    struct event events[EVENTS_KEPT]; /* a ring */
    size_t n_events;                  /* ever */
};

struct world *world_new(const struct policy *policy) {
    struct world *w = mem_zero(1, sizeof *w);
    w->policy = policy;
    w->votes = votes_new(LEDGER_NONE);
    w->sources = mem_zero(policy->n_sources + 1, sizeof *w->sources);
    w->source_tracks = mem_zero(policy->n_sources + 1, sizeof *w->source_tracks);
    for (size_t i = 0; i < policy->n_sources; i++)
        for (size_t k = 0; k < SPARK_POINTS; k++)
            w->sources[i].spark[k] = SPARK_NONE;
    w->runs = run_book_new(policy);
    w->gates = mem_zero(policy->n_gates + 1, sizeof *w->gates);
    w->soaks = mem_zero(policy->n_gates + 1, sizeof *w->soaks);
    w->soak_clocks = mem_zero(policy->n_gates + 1, sizeof *w->soak_clocks);
    w->levels = levels_new(policy);
    for (size_t i = 0; i < policy->n_gates; i++)
        w->gates[i].view.verdict = GATE_UNKNOWN;
    return w;
}

void world_free(struct world *w) {
    if (!w)
        return;
    for (size_t i = 0; i < w->policy->n_sources; i++) {
        sample_drop(w->sources[i].last);
        sample_drop(w->sources[i].good);
    }
    votes_drop(w->votes);
    run_book_free(w->runs);
    free(w->sources);
    free(w->source_tracks);
    free(w->gates);
    free(w->soaks);
    free(w->soak_clocks);
    levels_free(w->levels);
    free(w);
}

/* Latest */

void world_note(struct world *w, int64_t wall_ms, const char *safe_text) {
    struct event *event = &w->events[w->n_events++ % EVENTS_KEPT];
    memset(event, 0, sizeof *event);
    event->wall_ms = wall_ms;
    text_safe(event->text, sizeof event->text, safe_text, strlen(safe_text));
}

static void note(struct world *w, int64_t wall_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void note(struct world *w, int64_t wall_ms, const char *format, ...) {
    char line[2048]; /* cut to EVENT_CAP after it was made safe */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    world_note(w, wall_ms, line);
}

/* Sources */

#define TO(state) (1u << (state))

/* Down is left only for an answer: a source that is down does not become stale. */
static const unsigned source_moves[] = {
    [SOURCE_PENDING] = TO(SOURCE_OK) | TO(SOURCE_CLOSED) | TO(SOURCE_ERROR),
    [SOURCE_OK] = TO(SOURCE_CLOSED) | TO(SOURCE_ERROR) | TO(SOURCE_STALE),
    [SOURCE_CLOSED] = TO(SOURCE_OK) | TO(SOURCE_ERROR) | TO(SOURCE_STALE),
    [SOURCE_ERROR] = TO(SOURCE_OK) | TO(SOURCE_CLOSED),
    [SOURCE_STALE] = TO(SOURCE_OK) | TO(SOURCE_CLOSED) | TO(SOURCE_ERROR),
};

static void source_set_state(struct world *w, size_t i, enum source_state to, int64_t wall_ms) {
    struct source_view *view = &w->sources[i];
    enum source_state from = view->state;
    if (!(source_moves[from] & TO(to)))
        return;
    int64_t lasted_ms = wall_ms - view->since_ms;
    view->state = to;
    view->since_ms = wall_ms;
    const char *id = w->policy->sources[i].id;
    bool well = to == SOURCE_OK || to == SOURCE_CLOSED;
    if (from == SOURCE_PENDING && well)
        return; /* a first answer is no news */
    if (to == SOURCE_ERROR) {
        note(w, wall_ms, "%s %s → %s: %s", id, source_state_name(from), source_state_name(to),
             view->last->error);
    } else if (well && (from == SOURCE_ERROR || from == SOURCE_STALE) && lasted_ms > 0) {
        char lasted[32];
        duration_text(lasted_ms, lasted, sizeof lasted);
        note(w, wall_ms, "%s %s → %s after %s", id, source_state_name(from), source_state_name(to),
             lasted);
    } else {
        note(w, wall_ms, "%s %s → %s", id, source_state_name(from), source_state_name(to));
    }
}

static void spark_push(struct world *w, size_t i, const struct sample *sample) {
    struct source_view *view = &w->sources[i];
    memmove(view->spark, view->spark + 1, (SPARK_POINTS - 1) * sizeof *view->spark);
    int latency = sample->reading == READING_ERROR ? SAMPLE_UNKNOWN : sample->latency_ms;
    if (latency >= SPARK_NONE)
        latency = SPARK_NONE - 1;
    view->spark[SPARK_POINTS - 1] = latency < 0 ? SPARK_NONE : (uint16_t)latency;
    if (w->source_tracks[i].points < SPARK_POINTS)
        w->source_tracks[i].points++;
}

static enum source_state raw_state(const struct sample *sample) {
    static const enum source_state states[] = {
        [READING_OK] = SOURCE_OK,
        [READING_CLOSED] = SOURCE_CLOSED,
        [READING_ERROR] = SOURCE_ERROR,
    };
    return sample->reading <= READING_ERROR ? states[sample->reading] : SOURCE_ERROR;
}

static unsigned at_least_one(unsigned n) {
    return n > 0 ? n : 1;
}

static void fold_failure(struct world *w, const struct sample *sample) {
    struct source_view *view = &w->sources[sample->source];
    if (view->failures < UINT32_MAX)
        view->failures++;
    w->source_tracks[sample->source].successes = 0;
    if (view->failures >= at_least_one(w->policy->sources[sample->source].fail_after))
        source_set_state(w, sample->source, SOURCE_ERROR, sample->wall_ms);
}

static void fold_success(struct world *w, const struct sample *sample) {
    struct source_view *view = &w->sources[sample->source];
    struct source_track *track = &w->source_tracks[sample->source];
    const struct source_spec *spec = &w->policy->sources[sample->source];
    const struct sample *before = view->good;
    view->failures = 0;
    if (track->successes < UINT32_MAX)
        track->successes++;
    if (before && before->version[0] && sample->version[0] &&
        strcmp(before->version, sample->version) != 0)
        note(w, sample->wall_ms, "%s %s → %s", spec->id, before->version, sample->version);
    view->good = sample_keep(sample);
    sample_drop(before);
    if (view->state == SOURCE_ERROR && track->successes < at_least_one(spec->recover_after))
        return;
    source_set_state(w, sample->source, view->raw, sample->wall_ms);
}

void world_fold(struct world *w, const struct sample *sample) {
    if (sample->source >= w->policy->n_sources)
        return;
    struct source_view *view = &w->sources[sample->source];
    if (view->last && sample->mono_ms < view->last->mono_ms)
        return; /* overtaken on its way */
    const struct sample *before = view->last;
    view->last = sample_keep(sample);
    sample_drop(before);
    view->raw = raw_state(sample);
    spark_push(w, sample->source, sample);
    if (view->raw == SOURCE_ERROR)
        fold_failure(w, sample);
    else
        fold_success(w, sample);
}

void world_digest(struct world *w, const struct digest *digest, int64_t mono_ms) {
    levels_fold(w->levels, digest, mono_ms);
}

void world_past(struct world *w, const struct past *past) {
    levels_past(w->levels, past);
}

static void sources_age(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    for (size_t i = 0; i < w->policy->n_sources; i++) {
        struct source_view *view = &w->sources[i];
        if (view->since_ms == 0)
            view->since_ms = wall_ms; /* pending since the first judgement */
        if (view->good &&
            mono_ms - view->good->mono_ms > source_patience_ms(&w->policy->sources[i]))
            source_set_state(w, i, SOURCE_STALE, wall_ms);
    }
}

/* What is remembered */

void world_store(struct world *w, enum store_state state, const char *safe_note) {
    w->store = state;
    const char *text = safe_note ? safe_note : "";
    text_safe(w->store_note, sizeof w->store_note, text, strlen(text));
}

static void set_votes(struct world *w, const struct votes *votes) {
    votes_drop(w->votes);
    w->votes = votes;
}

void world_ledger(struct world *w, enum ledger_state state, const char *safe_note) {
    set_votes(w, votes_in_state(w->votes, state, safe_note));
}

void world_records(struct world *w, const struct record *const *records, size_t n, bool fresh) {
    set_votes(w, votes_with(w->votes, w->policy, records, n));
    for (size_t i = 0; i < n; i++)
        world_record(w, records[i]);
    for (size_t i = 0; fresh && i < n; i++) {
        char line[EVENT_CAP];
        /* Verdicts, gates and runs are noted as they change, whoever writes them down. */
        if (records[i]->kind == RECORD_VERDICT || records[i]->kind == RECORD_RUN ||
            records[i]->kind == RECORD_STEP)
            continue;
        speak_line(records[i], line, sizeof line);
        world_note(w, records[i]->at_ms, line);
    }
}

/* Earlier points go in front of those that this process drew. */
static void recall_spark(struct world *w, size_t i, const uint16_t *spark) {
    size_t drawn = w->source_tracks[i].points, room = SPARK_POINTS - drawn;
    memcpy(w->sources[i].spark, spark + drawn, room * sizeof *spark);
}

static void recall_gate(struct gate_track *gate, enum gate_verdict verdict, int64_t since_ms) {
    if (!gate->settled) {
        gate->recalled = true;
        gate->recalled_verdict = verdict;
        gate->recalled_since_ms = since_ms;
    } else if (!gate->moved && gate->view.verdict == verdict && since_ms < gate->view.since_ms)
        gate->view.since_ms = since_ms;
}

static void adopt_baseline(struct world *w) {
    if (w->recalled_baseline[0] && w->target[0] &&
        version_compare(w->recalled_target, w->target) == 0) {
        memcpy(w->baseline, w->recalled_baseline, sizeof w->baseline);
        w->recalled_baseline[0] = '\0';
    }
}

/* Is it a text that can be shown and compared as it is? */
static bool usable_version(const char *version) {
    char safe[VERSION_CAP];
    size_t n = strnlen(version, VERSION_CAP);
    if (n == 0 || n == VERSION_CAP)
        return false;
    text_safe(safe, sizeof safe, version, n);
    return strcmp(safe, version) == 0 && version[0] != ' ' && version[n - 1] != ' ';
}

void world_recall(struct world *w, const struct recall *recall, bool refresh) {
    bool first = !w->recalled && !refresh;
    for (size_t i = 0; i < w->policy->n_gates; i++) {
        if (recall->gates[i].known)
            recall_gate(&w->gates[i], recall->gates[i].verdict, recall->gates[i].since_ms);
        if ((first || refresh) && w->policy->gates[i].n_of > 0)
            soak_recall(&w->soaks[i], &w->soak_clocks[i], &w->policy->gates[i], &recall->soaks[i],
                        refresh);
    }
    if (!first)
        return;
    w->recalled = true;
    for (size_t i = 0; i < w->policy->n_sources; i++)
        recall_spark(w, i, recall->sparks[i]);
    if (!usable_version(recall->target))
        return;
    memcpy(w->recalled_target, recall->target, sizeof w->recalled_target);
    if (usable_version(recall->baseline))
        memcpy(w->recalled_baseline, recall->baseline, sizeof w->recalled_baseline);
    adopt_baseline(w);
}

struct recall *recall_new(const struct policy *policy) {
    struct recall *recall = mem_zero(1, sizeof *recall);
    recall->sparks = mem_zero(policy->n_sources + 1, sizeof *recall->sparks);
    for (size_t i = 0; i < policy->n_sources; i++)
        for (size_t k = 0; k < SPARK_POINTS; k++)
            recall->sparks[i][k] = SPARK_NONE;
    recall->gates = mem_zero(policy->n_gates + 1, sizeof *recall->gates);
    recall->soaks = mem_zero(policy->n_gates + 1, sizeof *recall->soaks);
    return recall;
}

void recall_free(struct recall *recall) {
    if (!recall)
        return;
    free(recall->sparks);
    free(recall->gates);
    free(recall->soaks);
    free(recall);
}

/* What was done */

void world_record(struct world *w, const struct record *r) {
    if (!run_book_fold(w->runs, r) || r->kind != RECORD_RUN || w->began_ms == 0 ||
        r->at_ms < w->began_ms)
        return;
    bool told = run_state_find(r->word) != RUN_PREPARED && r->text[0]; /* else it is for machines */
    note(w, r->at_ms, "%s %s by %s%s%s", r->subject, r->word, r->who, told ? ": " : "",
         told ? r->text : "");
}

void world_gone(struct world *w, const char *run, const char *holder) {
    run_book_gone(w->runs, run, holder);
}

void world_output(struct world *w, const char *run, const struct run_text *text) {
    run_book_output(w->runs, run, text);
}

void world_accepted(struct world *w, const char *run) {
    snprintf(w->accepted, sizeof w->accepted, "%s", run);
}

void world_refused(struct world *w, const char *why, bool again) {
    w->refusals++;
    w->refused_again = again;
    text_safe(w->refused, sizeof w->refused, why, strlen(why));
}

/* Did this source answer since then? Another process may have acted, and what was read before it had
 * ended says nothing of it. */
static bool answered_since(const struct snapshot *s, size_t source, int64_t wall_ms) {
    const struct sample *last = s->sources[source].last;
    return last && last->wall_ms > wall_ms;
}

static bool is_broken(const struct snapshot *s, unsigned gate, int64_t since_ms) {
    const struct gate_spec *spec = &s->policy->gates[gate];
    for (size_t i = 0; i < spec->n_sources; i++)
        if (!answered_since(s, spec->sources[i], since_ms))
            return false;
    return s->gates[gate].verdict == GATE_FAIL;
}

/* The first gate that the run's last steps expected, and that fails now; "" when there is none. */
static const char *broken_gate(const struct snapshot *s, const struct run_view *run) {
    const struct action_spec *action = &s->policy->actions[run->action];
    for (size_t i = action->n_steps; i > 0 && action->steps[i - 1].kind == STEP_EXPECT; i--)
        for (size_t k = 0; k < action->steps[i - 1].n_expect; k++)
            if (is_broken(s, action->steps[i - 1].expect[k], run->ended_ms))
                return s->policy->gates[action->steps[i - 1].expect[k]].name;
    return "";
}

static void copy_runs(const struct world *w, struct snapshot *s) {
    const struct run_view *run;
    while (s->n_runs < RUNS_KEPT && (run = run_book_at(w->runs, s->n_runs)))
        s->runs[s->n_runs++] = run_view_keep(run);
    memcpy(s->accepted, w->accepted, sizeof s->accepted);
    s->refusals = w->refusals;
    s->refused_again = w->refused_again;
    memcpy(s->refused, w->refused, sizeof s->refused);
}

/* Target and stable version */

/* The newest version of a feed that is well now; NULL when it has nothing to say. */
static const char *offered(const struct world *w, int source) {
    if (source == SOURCE_NONE)
        return NULL;
    const struct source_view *view = &w->sources[source];
    if (view->state != SOURCE_OK || !view->good || !usable_version(view->good->version))
        return NULL;
    return view->good->version;
}

static const char *target_now(const struct world *w) {
    const struct policy *policy = w->policy;
    if (policy->target)
        return usable_version(policy->target) ? policy->target : NULL;
    const char *version = offered(w, policy->target_source);
    if (version || w->target[0] || policy->target_source == SOURCE_NONE)
        return version;
    /* A candidate's feed that was shut after the promote: the target is the one that it had. */
    const struct source_view *feed = &w->sources[policy->target_source];
    bool empty = feed->state == SOURCE_OK && feed->good && feed->good->items == 0;
    bool withdrawn = feed->state == SOURCE_CLOSED || empty;
    return withdrawn && w->recalled_target[0] ? w->recalled_target : NULL;
}

static bool adopt(char *known, const char *now) {
    if (!now || (known[0] && version_compare(known, now) == 0))
        return false;
    snprintf(known, VERSION_CAP, "%s", now);
    return true;
}

static void versions_move(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    char before[VERSION_CAP];
    memcpy(before, w->target, sizeof before);
    adopt(w->stable, offered(w, w->policy->stable_source));
    if (adopt(w->target, target_now(w))) {
        w->baseline[0] = '\0';
        adopt_baseline(w);
        if (before[0]) {
            w->target_moved_ms = mono_ms;
            note(w, wall_ms, "target %s → %s", before, w->target);
        }
    }
    if (w->target[0] && !w->baseline[0])
        memcpy(w->baseline, w->stable, sizeof w->baseline);
}

/* Judging */

/* Does what the newest run has done still hold? */
static void watch_run(struct world *w, const struct snapshot *s) {
    const struct run_view *run = run_book_at(w->runs, 0);
    int source = w->policy->stable_source;
    const char *stable = offered(w, source);
    if (run && stable && !answered_since(s, (size_t)source, run->ended_ms))
        stable = NULL;
    if (!run || run->state != RUN_DONE || run->action < 0 ||
        !run_book_watch(w->runs, stable ? stable : "", broken_gate(s, run)))
        return;
    run = run_book_at(w->runs, 0);
    note(w, s->wall_ms, "%s %s: %s", run->name,
         run->drift[0] ? "was undone by another hand" : "holds again",
         run->drift[0] ? run->drift : "as it was verified");
}

static void copy_sources(const struct world *w, struct snapshot *s) {
    s->settled = true;
    memcpy(s->sources, w->sources, s->n_sources * sizeof *s->sources);
    for (size_t i = 0; i < s->n_sources; i++) {
        if (s->sources[i].last)
            sample_keep(s->sources[i].last);
        if (s->sources[i].good)
            sample_keep(s->sources[i].good);
        if (source_unsettled(&s->sources[i]))
            s->settled = false;
    }
}

static void copy_events(const struct world *w, struct snapshot *s) {
    s->n_events = w->n_events < EVENTS_KEPT ? w->n_events : EVENTS_KEPT;
    s->events = mem_zero(s->n_events + 1, sizeof *s->events);
    for (size_t i = 0; i < s->n_events; i++)
        s->events[i] = w->events[(w->n_events - 1 - i) % EVENTS_KEPT];
}

static void gate_set_verdict(struct world *w, size_t i, const struct snapshot *s) {
    struct gate_track *gate = &w->gates[i];
    struct gate_view *now = &s->gates[i];
    enum gate_verdict from = gate->view.verdict;
    bool settles = !gate->settled && !gate_pending(s, i);
    bool expected = settles && now->verdict != GATE_FAIL; /* only a first failure is news */
    if (gate->view.since_ms == 0 || now->verdict != from)
        gate->view.since_ms = s->wall_ms;
    if (settles && gate->recalled && gate->recalled_verdict == now->verdict)
        gate->view.since_ms = gate->recalled_since_ms;
    if (now->verdict != from) {
        if (gate->settled)
            gate->moved = true;
        if (!expected)
            note(w, s->wall_ms, "%s: %s → %s: %s", w->policy->gates[i].name,
                 gate_verdict_name(from), gate_verdict_name(now->verdict), now->reason);
    }
    if (settles)
        gate->settled = true;
    gate->view.verdict = now->verdict;
    now->since_ms = gate->view.since_ms;
}

static void judge_gates(struct world *w, struct snapshot *s, bool last) {
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_kind *kind = gate_kind_find(w->policy->gates[i].kind);
        if ((kind && kind->judged_last) != last)
            continue;
        if (last) {
            soak_advance(&w->soaks[i], &w->soak_clocks[i], s, i);
            s->soaks[i] = w->soaks[i];
        }
        gate_judge(s, i, &s->gates[i]);
        gate_set_verdict(w, i, s);
    }
}

static void note_store(struct world *w, int64_t wall_ms) {
    if (w->store == w->noted_store)
        return;
    enum store_state from = w->noted_store;
    w->noted_store = w->store;
    if (w->store == STORE_LOST)
        note(w, wall_ms, "the store is lost: %s", w->store_note);
    else if (w->store == STORE_READING)
        note(w, wall_ms, "the store is kept by another gonogo; this one reads it");
    else if (w->store == STORE_KEEPING && from != STORE_OPENING)
        note(w, wall_ms, "the store is kept by this gonogo now");
}

static void note_verdict(struct world *w, const struct snapshot *s) {
    if (s->verdict == w->verdict)
        return;
    const struct gate_view *gate = verdict_gate(s);
    bool ground = s->ground[0] && s->verdict != VERDICT_NO_GO; /* which is a gate's doing */
    bool named = gate && !ground;
    note(w, s->wall_ms, "verdict %s → %s%s%s%s%s", verdict_name(w->verdict),
         verdict_name(s->verdict), ground || named ? ": " : "",
         named ? w->policy->gates[gate - s->gates].name : "", named ? ": " : "",
         ground  ? s->ground
         : named ? gate->reason
                 : "");
    w->verdict = s->verdict;
}

static void note_candidate(struct world *w, const struct snapshot *s) {
    if (!s->fingerprint[0])
        return;
    if (w->fingerprint[0] && strcmp(w->fingerprint, s->fingerprint) != 0)
        note(w, s->wall_ms, "the candidate %s is another one now: what was said of it is void",
             s->target);
    memcpy(w->fingerprint, s->fingerprint, sizeof w->fingerprint);
}

const struct snapshot *world_judge(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    if (w->began_ms == 0)
        w->began_ms = wall_ms;
    sources_age(w, wall_ms, mono_ms);
    versions_move(w, wall_ms, mono_ms);
    note_store(w, wall_ms);
    struct snapshot *s = snapshot_new(w->policy);
    s->number = ++w->judgements;
    s->wall_ms = wall_ms;
    s->mono_ms = mono_ms;
    memcpy(s->target, w->target, sizeof s->target);
    s->target_moved_ms = w->target_moved_ms;
    memcpy(s->stable, w->stable, sizeof s->stable);
    memcpy(s->baseline, w->baseline, sizeof s->baseline);
    s->store = w->store;
    memcpy(s->store_note, w->store_note, sizeof s->store_note);
    copy_sources(w, s);
    votes_drop(s->votes);
    s->votes = votes_keep(w->votes);
    levels_judge(w->levels, s);
    question_judge(s);
    fingerprint_of(s, s->fingerprint);
    note_candidate(w, s);
    judge_gates(w, s, false);
    judge_gates(w, s, true);
    verdict_judge(s);
    note_verdict(w, s);
    watch_run(w, s);
    copy_runs(w, s);
    copy_events(w, s);
    return s;
}
