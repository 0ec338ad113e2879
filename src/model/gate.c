#include "src/model/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/gates/gates.h"
#include "src/model/waiver.h"

static const struct gate_kind *const kinds[] = {
    &gate_versions_agree, &gate_feed_at_target, &gate_stable_untouched,
    &gate_closed,         &gate_fresh,          &gate_soak,
    &gate_http_json,      &gate_command,        &gate_window,
    &gate_registry,       &gate_tools,          &gate_edge,
    &gate_artifact,       &gate_votes,          &gate_checklist,
    &gate_phase,          &gate_ramp,           &gate_slo,
    &gate_burn,           &gate_canary,         &gate_no_violations,
    &gate_logs_clean,     &gate_guardrails,     &gate_rehearsed,
};

const struct gate_kind *gate_kind_at(size_t i) {
    return i < sizeof kinds / sizeof *kinds ? kinds[i] : NULL;
}

const struct gate_kind *gate_kind_find(const char *name) {
    const struct gate_kind *kind;
    for (size_t i = 0; (kind = gate_kind_at(i)); i++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

void gate_say(struct gate_view *out, enum gate_verdict verdict, const char *format, ...) {
    char line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    out->verdict = verdict;
    text_safe(out->reason, sizeof out->reason, line, strlen(line));
}

const char *gate_target(const struct snapshot *s, struct gate_view *out) {
    const struct policy *policy = s->policy;
    char trouble[REASON_CAP];
    int source = policy->target_source;
    if (policy->target && s->target[0])
        return s->target;
    if (policy->target || source == SOURCE_NONE) {
        gate_say(out, GATE_UNKNOWN,
                 "there is no target: set target: in the configuration, or --target");
        return NULL;
    }
    if (source_trouble(s, (size_t)source, true, trouble, sizeof trouble)) {
        gate_say(out, GATE_UNKNOWN, "the target is not known: %s", trouble);
        return NULL;
    }
    const struct sample *good = s->sources[source].good;
    if (!s->target[0] || !good || version_compare(good->version, s->target) != 0) {
        gate_say(out, GATE_UNKNOWN, "the target is not known: %s names no usable version",
                 policy->sources[source].id);
        return NULL;
    }
    return s->target;
}

const char *gate_stable(const struct snapshot *s, struct gate_view *out) {
    int source = s->policy->stable_source;
    char trouble[REASON_CAP];
    if (source == SOURCE_NONE) {
        gate_say(out, GATE_UNKNOWN,
                 "there is no stable version: no feed in an environment of role stable");
        return NULL;
    }
    if (source_trouble(s, (size_t)source, true, trouble, sizeof trouble)) {
        gate_say(out, GATE_UNKNOWN, "the stable version is not known: %s", trouble);
        return NULL;
    }
    const struct sample *good = s->sources[source].good;
    if (!s->stable[0] || !good || version_compare(good->version, s->stable) != 0) {
        gate_say(out, GATE_UNKNOWN, "the stable version is not known: %s names no usable version",
                 s->policy->sources[source].id);
        return NULL;
    }
    return s->stable;
}

const struct sample *gate_reading(const struct gate_spec *spec, const struct snapshot *s,
                                  struct gate_view *out) {
    return gate_reading_at(spec, 0, s, out);
}

const struct sample *gate_reading_at(const struct gate_spec *spec, size_t which,
                                     const struct snapshot *s, struct gate_view *out) {
    if (which >= spec->n_sources) {
        gate_say(out, GATE_UNKNOWN, "has nothing to look at");
        return NULL;
    }
    const struct source_view *view = &s->sources[spec->sources[which]];
    char age[32];
    switch (view->state) {
    case SOURCE_OK:
        if (view->good)
            return view->good;
        break;
    case SOURCE_STALE:
        duration_text(source_age_ms(s, spec->sources[which]), age, sizeof age);
        gate_say(out, GATE_UNKNOWN, "no good look for %s", age);
        return NULL;
    case SOURCE_ERROR:
        if (view->last && view->raw == SOURCE_ERROR)
            gate_say(out, GATE_UNKNOWN, "%s", view->last->error);
        else
            gate_say(out, GATE_UNKNOWN, "failed and is coming back");
        return NULL;
    case SOURCE_PENDING:
        if (view->last && view->raw == SOURCE_ERROR) {
            gate_say(out, GATE_UNKNOWN, "%s", view->last->error);
            return NULL;
        }
        break;
    case SOURCE_CLOSED:
        break;
    }
    gate_say(out, GATE_UNKNOWN, "has not been looked at yet");
    return NULL;
}

void gate_stay(int64_t at_least_ms, int64_t at_most_ms, int64_t stay_ms, const char *where,
               struct gate_view *out) {
    char stay[32], least[32], most[32];
    duration_text(stay_ms, stay, sizeof stay);
    duration_text(at_least_ms, least, sizeof least);
    duration_text(at_most_ms, most, sizeof most);
    if (stay_ms < at_least_ms) {
        out->permille = (int)((double)stay_ms / (double)at_least_ms * 1000.0);
        gate_say(out, GATE_WAIT, "%s for %s of %s", where, stay, least);
    } else if (at_most_ms > 0 && stay_ms > at_most_ms) {
        gate_say(out, GATE_FAIL, "%s for %s, at most %s", where, stay, most);
    } else if (at_least_ms > 0) {
        gate_say(out, GATE_PASS, "%s for %s, at least %s", where, stay, least);
    } else {
        gate_say(out, GATE_PASS, "%s for %s", where, stay);
    }
}

bool gate_ledger(const struct snapshot *s, struct gate_view *out) {
    switch (s->votes->state) {
    case LEDGER_WELL:
        return true;
    case LEDGER_OPENING:
        gate_say(out, GATE_UNKNOWN, "the ledger is being read");
        break;
    case LEDGER_NONE:
        gate_say(out, GATE_UNKNOWN,
                 "there is no ledger: configure a store:, or ledger: {file: PATH}");
        break;
    case LEDGER_LOST:
    case LEDGER_TAMPERED:
        gate_say(out, GATE_UNKNOWN, "%s", s->votes->note);
        break;
    }
    return false;
}

static void tally_add(char *first, size_t cap, size_t *count, const char *format, va_list args) {
    if ((*count)++ == 0)
        vsnprintf(first, cap, format, args);
}

void gate_tally_fail(struct gate_tally *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    tally_add(t->failure, sizeof t->failure, &t->failures, format, args);
    va_end(args);
}

void gate_tally_doubt(struct gate_tally *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    tally_add(t->doubt, sizeof t->doubt, &t->doubts, format, args);
    va_end(args);
}

bool gate_tally_source(struct gate_tally *t, const struct snapshot *s, size_t source) {
    char trouble[REASON_CAP];
    if (!source_trouble(s, source, true, t->doubts ? NULL : trouble, sizeof trouble))
        return true;
    gate_tally_doubt(t, "%s", trouble);
    return false;
}

bool gate_tally_clean(const struct gate_tally *t, struct gate_view *out) {
    if (t->failures == 0 && t->doubts == 0)
        return true;
    size_t count = t->failures ? t->failures : t->doubts;
    char more[48] = "";
    /* The count comes behind a text that may be cut: it keeps its room by cutting the text first. */
    if (count > 1)
        snprintf(more, sizeof more, " (and %zu more)", count - 1);
    char line[REASON_CAP];
    const char *first = t->failures ? t->failure : t->doubt;
    text_safe(line, sizeof line - strlen(more), first, strlen(first));
    gate_say(out, t->failures ? GATE_FAIL : GATE_UNKNOWN, "%s%s", line, more);
    return false;
}

enum err_code gate_check_kind(const struct gate_spec *spec, const struct policy *policy,
                              const char *kind, const char *where, struct err *err) {
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct source_spec *source = &policy->sources[spec->sources[i]];
        if (strcmp(source->kind, kind) == 0)
            continue;
        char todo[256];
        snprintf(todo, sizeof todo, "name %s sources only", kind);
        return err_set(err, ERR_CONFIG, where, todo, "%s is of kind %s, and %s judges kind %s",
                       source->id, source->kind, spec->kind, kind);
    }
    return ERR_OK;
}

const char *gate_place(const struct gate_spec *spec, const struct policy *policy) {
    unsigned first = policy->sources[spec->sources[0]].environment;
    for (size_t i = 1; i < spec->n_sources; i++)
        if (policy->sources[spec->sources[i]].environment != first)
            return NULL;
    return policy->environments[first].name;
}

static bool pending(const struct snapshot *s, int source) {
    return source != SOURCE_NONE && s->sources[source].state == SOURCE_PENDING;
}

static bool is_for_people(const struct gate_spec *spec) {
    return strcmp(spec->kind, "votes") == 0 || strcmp(spec->kind, "checklist") == 0;
}

bool gate_pending(const struct snapshot *s, size_t i) {
    const struct policy *policy = s->policy;
    const struct gate_spec *spec = &policy->gates[i];
    if (s->store == STORE_OPENING && spec->n_of > 0)
        return true;
    if (s->votes->state == LEDGER_OPENING && is_for_people(spec))
        return true;
    if (!policy->target && pending(s, policy->target_source))
        return true;
    if (pending(s, policy->stable_source))
        return true;
    for (size_t k = 0; k < spec->n_sources; k++)
        if (pending(s, (int)spec->sources[k]))
            return true;
    for (size_t k = 0; k < spec->n_of; k++) {
        const struct gate_spec *of = &policy->gates[spec->of[k]];
        if (of->n_of == 0 && gate_pending(s, spec->of[k]))
            return true;
    }
    if (spec->n_sources > 0 || spec->n_of > 0)
        return false;
    if (spec->n_slos > 0 || spec->n_metrics > 0 || spec->n_logs > 0 || spec->guards)
        return log_view_pending(s->log);
    for (size_t k = 0; k < s->n_sources; k++) /* a gate without sources looks at all */
        if (!policy->sources[k].of_gate && pending(s, (int)k))
            return true;
    return false;
}

static bool counted(const struct gate_spec *spec, enum stage stage) {
    return spec->when == WHEN_ALWAYS ||
           spec->when == (stage == STAGE_BEFORE ? WHEN_BEFORE : WHEN_AFTER);
}

void gate_judge(const struct snapshot *s, size_t i, struct gate_view *out) {
    const struct gate_spec *spec = &s->policy->gates[i];
    const struct gate_kind *kind = gate_kind_find(spec->kind);
    out->verdict = GATE_UNKNOWN;
    out->reason[0] = '\0';
    out->permille = -1;
    out->counted = counted(spec, s->stage);
    out->waived = false;
    out->waiver[0] = '\0';
    if (kind && kind->judge)
        kind->judge(spec, s, out);
    else
        gate_say(out, GATE_UNKNOWN, "this version cannot judge %s gates: it holds", spec->kind);
    if (out->verdict == GATE_UNKNOWN && spec->on_unknown == UNKNOWN_FAILS && !gate_pending(s, i)) {
        static const char note[] = " (unknown counts as failure)";
        char reason[REASON_CAP];
        text_safe(reason, sizeof reason - (sizeof note - 1), out->reason, strlen(out->reason));
        gate_say(out, GATE_FAIL, "%s%s", reason, note);
    }
    if (out->verdict != GATE_PASS)
        waiver_judge(s, i, out);
}

void verdict_judge(struct snapshot *s) {
    unsigned counts[GATE_UNKNOWN + 1] = {0}, waived = 0;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        /* A verdict out of its range is a defect somewhere, and a defect is nothing known. */
        if (gate->counted && gate->waived)
            waived++;
        else if (gate->counted)
            counts[gate->verdict <= GATE_UNKNOWN ? gate->verdict : GATE_UNKNOWN]++;
    }
    s->passing = counts[GATE_PASS];
    s->failing = counts[GATE_FAIL];
    s->waiting = counts[GATE_WAIT];
    s->unknown = counts[GATE_UNKNOWN];
    s->waived = waived;
    if (s->failing > 0)
        s->verdict = VERDICT_NO_GO;
    else if (s->passing + s->waived > 0 && s->waiting == 0 && s->unknown == 0 && !s->ground[0])
        s->verdict = VERDICT_GO;
    else
        s->verdict = VERDICT_HOLD;
}

const struct gate_view *verdict_gate(const struct snapshot *s) {
    const struct gate_view *holds = NULL;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        if (!gate->counted || gate->waived || gate->verdict == GATE_PASS)
            continue;
        if (gate->verdict == GATE_FAIL)
            return gate;
        holds = holds ? holds : gate;
    }
    return holds;
}
