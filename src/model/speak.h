/* What people say becomes a draft for the ledger, or is refused: one place for the rules of votes, ticks,
 * waivers and approvals, whether they come from the screen or from a command. */
#ifndef GONOGO_MODEL_SPEAK_H
#define GONOGO_MODEL_SPEAK_H

#include "src/base/err.h"
#include "src/model/intent.h"
#include "src/model/snapshot.h"

/* Is the intent one of those? */
bool speak_is(enum intent_kind kind);

/* A draft (one reference) of what the intent says about the candidate in `s`; NULL and ERR_REFUSED with
 * the reason: who may not, a world that has moved, nothing known to vote on, a waiver of what is never
 * waived, … ERR_USAGE when it makes no sense at all. */
struct record *speak_draft(const struct snapshot *s, const struct intent *intent, struct err *err);

/* The draft that tells of the refusal. */
struct record *speak_refusal(const struct snapshot *s, const struct intent *intent,
                             const struct err *why);

/* One safe line for people: "ops-lead votes GO for ops: all quiet". Of any record. */
void speak_line(const struct record *r, char *dst, size_t cap);

#endif
