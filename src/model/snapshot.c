#include "src/model/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"

enum { PATIENCE_INTERVALS = 3 }; /* silence for this many intervals (and a timeout) is staleness */

struct snapshot *snapshot_new(const struct policy *policy) {
    struct snapshot *s = mem_zero(1, sizeof *s);
    atomic_init(&s->refs, 1);
    s->policy = policy;
    s->n_sources = policy->n_sources;
    s->sources = mem_zero(s->n_sources + 1, sizeof *s->sources);
    for (size_t i = 0; i < s->n_sources; i++)
        for (size_t k = 0; k < SPARK_POINTS; k++)
            s->sources[i].spark[k] = SPARK_NONE;
    s->votes = votes_new(LEDGER_NONE);
    s->n_gates = policy->n_gates;
    s->gates = mem_zero(s->n_gates + 1, sizeof *s->gates);
    s->soaks = mem_zero(s->n_gates + 1, sizeof *s->soaks);
    for (size_t i = 0; i < s->n_gates; i++) {
        s->gates[i].verdict = GATE_UNKNOWN;
        s->gates[i].permille = -1;
    }
    s->n_slos = policy->n_slos;
    s->slos = mem_zero(s->n_slos + 1, sizeof *s->slos);
    for (size_t i = 0; i < s->n_slos; i++)
        s->slos[i].verdict = SLO_UNKNOWN;
    return s;
}

const struct snapshot *snapshot_keep(const struct snapshot *s) {
    struct snapshot *counted = (struct snapshot *)s; /* the count is no part of the value */
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return s;
}

void snapshot_drop(const struct snapshot *s) {
    if (!s)
        return;
    struct snapshot *dead = (struct snapshot *)s;
    if (atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < dead->n_sources; i++) {
        sample_drop(dead->sources[i].last);
        sample_drop(dead->sources[i].good);
    }
    votes_drop(dead->votes);
    for (size_t i = 0; i < dead->n_runs; i++)
        run_view_drop(dead->runs[i]);
    free(dead->sources);
    free(dead->gates);
    free(dead->soaks);
    free(dead->events);
    free(dead->slos);
    free(dead->canaries);
    free(dead->ramps);
    log_view_drop(dead->log);
    feed_words_drop(dead->feeds);
    free(dead);
}

static const char *const source_states[] = {
    [SOURCE_PENDING] = "pending", [SOURCE_OK] = "ok",       [SOURCE_CLOSED] = "closed",
    [SOURCE_ERROR] = "error",     [SOURCE_STALE] = "stale",
};
static const char *const gate_verdicts[] = {
    [GATE_PASS] = "pass",
    [GATE_FAIL] = "fail",
    [GATE_WAIT] = "wait",
    [GATE_UNKNOWN] = "unknown",
};
static const char *const verdicts[] = {
    [VERDICT_HOLD] = "HOLD",
    [VERDICT_GO] = "GO",
    [VERDICT_NO_GO] = "NO-GO",
};
static const char *const store_states[] = {[STORE_OPENING] = "opening",
                                           [STORE_KEEPING] = "keeping",
                                           [STORE_READING] = "reading",
                                           [STORE_LOST] = "lost",
                                           [STORE_NONE] = "none"};
static const char *const stages[] = {[STAGE_BEFORE] = "before", [STAGE_AFTER] = "after"};

const char *source_state_name(enum source_state state) {
    return source_states[state];
}

const char *gate_verdict_name(enum gate_verdict verdict) {
    return gate_verdicts[verdict];
}

const char *gate_view_name(const struct gate_view *gate) {
    return gate->waived ? "waived" : gate_verdict_name(gate->verdict);
}

const char *verdict_name(enum verdict verdict) {
    return verdicts[verdict];
}

const char *stage_name(enum stage stage) {
    return stages[stage];
}

const char *store_state_name(enum store_state state) {
    return store_states[state];
}

int64_t source_age_ms(const struct snapshot *s, size_t source) {
    const struct sample *good = source < s->n_sources ? s->sources[source].good : NULL;
    if (!good)
        return -1;
    return s->mono_ms > good->mono_ms ? s->mono_ms - good->mono_ms : 0;
}

int64_t source_patience_ms(const struct source_spec *spec) {
    return PATIENCE_INTERVALS * spec->every_ms + spec->timeout_ms;
}

bool source_unsettled(const struct source_view *view) {
    if (view->state == SOURCE_PENDING || (view->last && view->last->unfinished))
        return true;
    return (view->state == SOURCE_ERROR) != (view->raw == SOURCE_ERROR);
}

bool source_trouble(const struct snapshot *s, size_t source, bool closed_too, char *dst,
                    size_t cap) {
    const struct source_view *view = &s->sources[source];
    if (view->state == SOURCE_OK || (view->state == SOURCE_CLOSED && !closed_too))
        return false;
    if (!dst)
        return true;
    const char *id = s->policy->sources[source].id;
    const char *error = view->last && view->raw == SOURCE_ERROR ? view->last->error : "";
    const char *how = error[0] && view->last->http ? " well" : "";
    char line[1024], age[32] = "";
    int64_t age_ms = source_age_ms(s, source);
    if (age_ms >= 0)
        duration_text(age_ms, age, sizeof age);
    if (view->state == SOURCE_CLOSED)
        snprintf(line, sizeof line, "%s is closed", id);
    else if (view->state == SOURCE_ERROR && view->raw != SOURCE_ERROR)
        snprintf(line, sizeof line, "%s was down and is coming back", id);
    else if (age[0])
        snprintf(line, sizeof line, "%s has not answered%s for %s%s%s", id, how, age,
                 error[0] ? ": " : "", error);
    else
        snprintf(line, sizeof line, "%s has not answered%s yet%s%s", id, how, error[0] ? ": " : "",
                 error);
    text_safe(dst, cap, line, strlen(line));
    return true;
}

/* Are two lines the same but for their numbers? Ages count on every second, and a number that means
 * more (a version, a count) never changes without its source, which is compared by itself. */
static bool same_but_numbers(const char *a, const char *b) {
    for (;;) {
        bool number_a = *a >= '0' && *a <= '9', number_b = *b >= '0' && *b <= '9';
        if (number_a != number_b)
            return false;
        if (number_a) {
            a += strspn(a, "0123456789");
            b += strspn(b, "0123456789");
            continue;
        }
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

static bool texts_differ(const char *a, const char *b) {
    return a != b && (!a || !b || strcmp(a, b) != 0);
}

/* Latency, age and sparkline move with every answer: they wait for the second's own publication. */
static bool sample_differs(const struct sample *a, const struct sample *b) {
    if (a == b)
        return false;
    if (!a || !b)
        return true;
    return a->reading != b->reading || a->http != b->http || a->tls_days != b->tls_days ||
           a->items != b->items || a->size != b->size || strcmp(a->version, b->version) != 0 ||
           strcmp(a->build, b->build) != 0 || strcmp(a->short_version, b->short_version) != 0 ||
           strcmp(a->status, b->status) != 0 || strcmp(a->error, b->error) != 0 ||
           strcmp(a->url, b->url) != 0 || strcmp(a->sha256, b->sha256) != 0 ||
           texts_differ(a->signature, b->signature) ||
           exposure_item_differs(&a->published, &b->published) || a->exit_code != b->exit_code ||
           a->absent != b->absent || texts_differ(a->value, b->value) ||
           texts_differ(a->output, b->output);
}

static bool sources_differ(const struct snapshot *a, const struct snapshot *b) {
    if (a->n_sources != b->n_sources)
        return true;
    for (size_t i = 0; i < a->n_sources; i++) {
        const struct source_view *va = &a->sources[i], *vb = &b->sources[i];
        if (va->state != vb->state || va->raw != vb->raw || va->failures != vb->failures ||
            sample_differs(va->last, vb->last) || sample_differs(va->good, vb->good))
            return true;
    }
    return false;
}

/* The words of a pass tell what its sources say, which is compared by itself, and which of them is the
 * oldest, which changes with every answer. */
static bool gates_differ(const struct snapshot *a, const struct snapshot *b) {
    if (a->n_gates != b->n_gates)
        return true;
    for (size_t i = 0; i < a->n_gates; i++) {
        const struct gate_view *ga = &a->gates[i], *gb = &b->gates[i];
        if (ga->verdict != gb->verdict || ga->counted != gb->counted || ga->waived != gb->waived ||
            strcmp(ga->waiver, gb->waiver) != 0 || ga->permille != gb->permille ||
            ga->since_ms != gb->since_ms ||
            (gb->verdict != GATE_PASS && !same_but_numbers(ga->reason, gb->reason)))
            return true;
    }
    return false;
}

/* Values move with every digest: they wait for the second's own publication. */
static bool levels_differ(const struct snapshot *a, const struct snapshot *b) {
    if (a->n_slos != b->n_slos || a->n_canaries != b->n_canaries || !a->log != !b->log)
        return true;
    for (size_t i = 0; i < a->n_slos; i++)
        if (a->slos[i].verdict != b->slos[i].verdict || a->slos[i].warned != b->slos[i].warned ||
            a->slos[i].counted != b->slos[i].counted ||
            a->slos[i].burn.level != b->slos[i].burn.level)
            return true;
    for (size_t i = 0; i < a->n_canaries; i++)
        if (a->canaries[i].verdict != b->canaries[i].verdict)
            return true;
    if (a->n_ramps != b->n_ramps)
        return true;
    for (size_t i = 0; i < a->n_ramps; i++)
        if (a->ramps[i].verdict != b->ramps[i].verdict || a->ramps[i].warned != b->ramps[i].warned)
            return true;
    return false;
}

static bool events_differ(const struct snapshot *a, const struct snapshot *b) {
    if (a->n_events != b->n_events)
        return true;
    return a->n_events > 0 && memcmp(a->events, b->events, a->n_events * sizeof *a->events) != 0;
}

/* Runs are immutable: one that changed is another. */
static bool runs_differ(const struct snapshot *a, const struct snapshot *b) {
    return a->n_runs != b->n_runs || a->refusals != b->refusals ||
           strcmp(a->accepted, b->accepted) != 0 ||
           memcmp(a->runs, b->runs, a->n_runs * sizeof *a->runs) != 0;
}

bool snapshot_differs(const struct snapshot *a, const struct snapshot *b) {
    if (!a)
        return true;
    return a->verdict != b->verdict || a->stage != b->stage || a->settled != b->settled ||
           a->store != b->store || strcmp(a->target, b->target) != 0 ||
           strcmp(a->stable, b->stable) != 0 || strcmp(a->baseline, b->baseline) != 0 ||
           strcmp(a->question, b->question) != 0 || !same_but_numbers(a->ground, b->ground) ||
           strcmp(a->store_note, b->store_note) != 0 || events_differ(a, b) || runs_differ(a, b) ||
           gates_differ(a, b) || levels_differ(a, b) || sources_differ(a, b) ||
           feed_words_differ(a->feeds, b->feeds);
}
