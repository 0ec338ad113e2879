/* What people said, as the ledger's records tell it: the last vote of each role, the last tick of each
 * item, the last waiver of each gate with its approvals. Immutable and shared by reference: every
 * snapshot holds the one of its moment. */
#ifndef GONOGO_MODEL_VOTES_H
#define GONOGO_MODEL_VOTES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/policy.h"
#include "src/model/record.h"

enum ledger_state {
    LEDGER_OPENING, /* not read to its end yet */
    LEDGER_WELL,
    LEDGER_LOST,     /* it cannot be read or written: nothing that people say counts */
    LEDGER_TAMPERED, /* the chain is broken: nothing counts until somebody looked (ledger verify) */
    LEDGER_NONE,     /* nothing is kept: nothing can be said */
};

enum {
    VOTES_RECENT = 64,        /* entries for screens, of any kind */
    VOTES_SKEW_MS = 60 * 1000 /* another machine's clock may be ahead by so much */
};

struct votes {
    _Atomic unsigned refs;
    enum ledger_state state;
    char note[320]; /* safe: why it is lost or tampered with */
    uint64_t last;  /* the newest entry's number */

    /* Owned references, in the order in which they were said. */
    size_t n;
    const struct record **said;
    /* The newest first, of any kind. */
    size_t n_recent;
    const struct record *recent[VOTES_RECENT];
    const struct record *verdict, *config; /* the last of their kinds; NULL = none */
};

struct votes *votes_new(enum ledger_state state); /* one reference; nothing was said */
const struct votes *votes_keep(const struct votes *v);
void votes_drop(const struct votes *v); /* NULL is fine */

/* A new one: `before`, and then these. What the policy does not ask for is only among the recent. */
const struct votes *votes_with(const struct votes *before, const struct policy *policy,
                               const struct record *const *records, size_t n);
/* A new one in another state. `safe_note` may be NULL. */
const struct votes *votes_in_state(const struct votes *before, enum ledger_state state,
                                   const char *safe_note);

/* Borrowed; NULL = none. */
const struct record *votes_of_role(const struct votes *v, const char *role);
const struct record *votes_of_item(const struct votes *v, const char *gate, const char *item);
const struct record *votes_waiver(const struct votes *v, const char *gate);
/* The i-th person who approved the waiver, each once and never who asked for it; NULL behind the last. */
const struct record *votes_approval(const struct votes *v, const struct record *waiver, size_t i);

const char *
ledger_state_name(enum ledger_state state); /* "opening" "well" "lost" "tampered" "none" */

#endif
