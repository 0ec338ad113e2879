#include "src/model/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/fingerprint.h"
#include "src/model/gate.h"
#include "src/model/speak.h"
#include "src/model/world_parts.h"

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
    feed_words_drop(w->feeds);
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

void world_notef(struct world *w, int64_t wall_ms, const char *format, ...) {
    char line[2048]; /* cut to EVENT_CAP after it was made safe */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    world_note(w, wall_ms, line);
}

/* What others tell */

void world_digest(struct world *w, const struct digest *digest, int64_t mono_ms) {
    levels_fold(w->levels, digest, mono_ms);
}

void world_past(struct world *w, const struct past *past) {
    levels_past(w->levels, past);
}

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

/* Judging */

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
        if (!expected && now->counted) /* what does not count yet says nothing of now */
            world_notef(w, s->wall_ms, "%s: %s → %s: %s", w->policy->gates[i].name,
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
        world_notef(w, wall_ms, "the store is lost: %s", w->store_note);
    else if (w->store == STORE_READING)
        world_notef(w, wall_ms, "the store is kept by another gonogo; this one reads it");
    else if (w->store == STORE_KEEPING && from != STORE_OPENING)
        world_notef(w, wall_ms, "the store is kept by this gonogo now");
}

static void note_verdict(struct world *w, const struct snapshot *s) {
    if (s->verdict == w->verdict)
        return;
    const struct gate_view *gate = verdict_gate(s);
    bool ground = s->ground[0] && s->verdict != VERDICT_NO_GO; /* which is a gate's doing */
    bool named = gate && !ground;
    world_notef(w, s->wall_ms, "verdict %s → %s%s%s%s%s", verdict_name(w->verdict),
                verdict_name(s->verdict), ground || named ? ": " : "",
                named ? w->policy->gates[gate - s->gates].name : "", named ? ": " : "",
                ground  ? s->ground
                : named ? gate->reason
                        : "");
    w->verdict = s->verdict;
}

static void note_candidate(struct world *w, struct snapshot *s) {
    if (!s->fingerprint[0])
        return;
    if (w->fingerprint[0] && strcmp(w->fingerprint, s->fingerprint) != 0) {
        world_notef(w, s->wall_ms,
                    "the candidate %s is another one now: what was said and seen of it is void",
                    s->target);
        w->candidate_moved_ms = s->candidate_moved_ms = s->mono_ms;
    }
    memcpy(w->fingerprint, s->fingerprint, sizeof w->fingerprint);
}

const struct snapshot *world_judge(struct world *w, int64_t wall_ms, int64_t mono_ms) {
    if (w->began_ms == 0)
        w->began_ms = wall_ms;
    world_sources_age(w, wall_ms, mono_ms);
    world_versions_move(w, wall_ms, mono_ms);
    note_store(w, wall_ms);
    struct snapshot *s = snapshot_new(w->policy);
    s->number = ++w->judgements;
    s->wall_ms = wall_ms;
    s->mono_ms = mono_ms;
    memcpy(s->target, w->target, sizeof s->target);
    s->candidate_moved_ms = w->candidate_moved_ms;
    memcpy(s->stable, w->stable, sizeof s->stable);
    memcpy(s->baseline, w->baseline, sizeof s->baseline);
    s->store = w->store;
    memcpy(s->store_note, w->store_note, sizeof s->store_note);
    copy_sources(w, s);
    s->feeds = feed_words_of(s, w->feeds);
    feed_words_drop(w->feeds);
    w->feeds = feed_words_keep(s->feeds);
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
    world_watch_run(w, s);
    world_copy_runs(w, s);
    copy_events(w, s);
    return s;
}
