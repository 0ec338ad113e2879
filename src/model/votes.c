#include "src/model/votes.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/people.h"

enum { APPROVALS_MAX = 32 }; /* kept of one waiver, or one action */

static const char *const states[] = {
    [LEDGER_OPENING] = "opening",   [LEDGER_WELL] = "well", [LEDGER_LOST] = "lost",
    [LEDGER_TAMPERED] = "tampered", [LEDGER_NONE] = "none",
};

const char *ledger_state_name(enum ledger_state state) {
    return states[state];
}

static _Atomic unsigned *refs_of(const struct votes *v) {
    return &((struct votes *)(uintptr_t)v)->refs;
}

struct votes *votes_new(enum ledger_state state) {
    struct votes *v = mem_zero(1, sizeof *v);
    atomic_init(&v->refs, 1);
    v->state = state;
    return v;
}

const struct votes *votes_keep(const struct votes *v) {
    atomic_fetch_add_explicit(refs_of(v), 1, memory_order_relaxed);
    return v;
}

void votes_drop(const struct votes *v) {
    if (!v || atomic_fetch_sub_explicit(refs_of(v), 1, memory_order_acq_rel) != 1)
        return;
    struct votes *dead = (struct votes *)(uintptr_t)v;
    for (size_t i = 0; i < dead->n; i++)
        record_drop(dead->said[i]);
    for (size_t i = 0; i < dead->n_recent; i++)
        record_drop(dead->recent[i]);
    record_drop(dead->verdict);
    record_drop(dead->config);
    free(dead->said);
    free(dead);
}

/* Folding */

static const struct gate_spec *gate_named(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->n_gates; i++)
        if (strcmp(policy->gates[i].name, name) == 0)
            return &policy->gates[i];
    return NULL;
}

static bool wants_approvals(const struct policy *policy, const char *action) {
    for (size_t i = 0; i < policy->n_actions; i++)
        if (policy->actions[i].approvals > 0 && strcmp(policy->actions[i].name, action) == 0)
            return true;
    return false;
}

/* Does the policy have a use for it? This bounds what is kept, whatever a ledger holds. */
static bool asked_for(const struct policy *policy, const struct record *r) {
    const struct gate_spec *gate = gate_named(policy, r->subject);
    switch (r->kind) {
    case RECORD_VOTE:
        return people_role_known(policy, r->role);
    case RECORD_TICK:
        return gate && (r->item[0] ? people_in_list(gate->people.items, r->item)
                                   : gate->people.items == NULL);
    case RECORD_WAIVER:
        return gate != NULL;
    case RECORD_APPROVAL:
        return (gate && !r->run[0]) || wants_approvals(policy, r->subject);
    default:
        return false;
    }
}

/* Does `r` stand in the place of `old`? */
static bool replaces(const struct record *r, const struct record *old) {
    switch (r->kind) {
    case RECORD_VOTE:
        return old->kind == RECORD_VOTE && strcmp(old->role, r->role) == 0;
    case RECORD_TICK:
        return old->kind == RECORD_TICK && strcmp(old->subject, r->subject) == 0 &&
               strcmp(old->item, r->item) == 0;
    case RECORD_WAIVER: /* a new one wants new approvals */
        return (old->kind == RECORD_WAIVER || old->kind == RECORD_APPROVAL) &&
               strcmp(old->subject, r->subject) == 0;
    case RECORD_APPROVAL:
        return old->kind == RECORD_APPROVAL && strcmp(old->subject, r->subject) == 0 &&
               strcmp(old->who, r->who) == 0;
    default:
        return false;
    }
}

static bool too_many_approvals(const struct votes *v, const struct record *r) {
    size_t n = 0;
    for (size_t i = 0; r->kind == RECORD_APPROVAL && i < v->n; i++)
        n += v->said[i]->kind == RECORD_APPROVAL && strcmp(v->said[i]->subject, r->subject) == 0;
    return n >= APPROVALS_MAX;
}

/* `v` has room. */
static void say(struct votes *v, const struct record *r) {
    size_t kept = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (replaces(r, v->said[i]))
            record_drop(v->said[i]);
        else
            v->said[kept++] = v->said[i];
    }
    v->n = kept;
    if (!too_many_approvals(v, r))
        v->said[v->n++] = record_keep(r);
}

static void remember(struct votes *v, const struct record *r) {
    if (v->n_recent == VOTES_RECENT)
        record_drop(v->recent[--v->n_recent]);
    memmove(v->recent + 1, v->recent, v->n_recent * sizeof *v->recent);
    v->recent[0] = record_keep(r);
    v->n_recent++;
    const struct record **last = r->kind == RECORD_VERDICT  ? &v->verdict
                                 : r->kind == RECORD_CONFIG ? &v->config
                                                            : NULL;
    if (last) {
        record_drop(*last);
        *last = record_keep(r);
    }
    v->last = r->seq;
}

static struct votes *copy(const struct votes *before, size_t room) {
    struct votes *v = votes_new(before->state);
    memcpy(v->note, before->note, sizeof v->note);
    v->last = before->last;
    v->said = mem_zero(before->n + room + 1, sizeof *v->said);
    for (; v->n < before->n; v->n++)
        v->said[v->n] = record_keep(before->said[v->n]);
    for (; v->n_recent < before->n_recent; v->n_recent++)
        v->recent[v->n_recent] = record_keep(before->recent[v->n_recent]);
    v->verdict = before->verdict ? record_keep(before->verdict) : NULL;
    v->config = before->config ? record_keep(before->config) : NULL;
    return v;
}

const struct votes *votes_with(const struct votes *before, const struct policy *policy,
                               const struct record *const *records, size_t n) {
    struct votes *v = copy(before, n);
    for (size_t i = 0; i < n; i++) {
        remember(v, records[i]);
        if (asked_for(policy, records[i]))
            say(v, records[i]);
    }
    return v;
}

const struct votes *votes_in_state(const struct votes *before, enum ledger_state state,
                                   const char *safe_note) {
    struct votes *v = copy(before, 0);
    const char *note = safe_note ? safe_note : "";
    v->state = state;
    text_safe(v->note, sizeof v->note, note, strlen(note));
    return v;
}

/* Asking */

const struct record *votes_of_role(const struct votes *v, const char *role) {
    for (size_t i = 0; i < v->n; i++)
        if (v->said[i]->kind == RECORD_VOTE && strcmp(v->said[i]->role, role) == 0)
            return v->said[i];
    return NULL;
}

const struct record *votes_of_item(const struct votes *v, const char *gate, const char *item) {
    for (size_t i = 0; i < v->n; i++)
        if (v->said[i]->kind == RECORD_TICK && strcmp(v->said[i]->subject, gate) == 0 &&
            strcmp(v->said[i]->item, item) == 0)
            return v->said[i];
    return NULL;
}

const struct record *votes_waiver(const struct votes *v, const char *gate) {
    for (size_t i = 0; i < v->n; i++)
        if (v->said[i]->kind == RECORD_WAIVER && strcmp(v->said[i]->subject, gate) == 0 &&
            strcmp(v->said[i]->word, "asked") == 0)
            return v->said[i];
    return NULL;
}

const struct record *votes_approval(const struct votes *v, const struct record *waiver, size_t i) {
    for (size_t k = 0; k < v->n; k++) {
        const struct record *r = v->said[k];
        if (r->kind == RECORD_APPROVAL && r->seq > waiver->seq && strcmp(r->word, "yes") == 0 &&
            strcmp(r->subject, waiver->subject) == 0 && strcmp(r->who, waiver->who) != 0 &&
            strcmp(r->fingerprint, waiver->fingerprint) == 0 && i-- == 0)
            return r;
    }
    return NULL;
}
