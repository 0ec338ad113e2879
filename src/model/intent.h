/* What people ask for. An intent carries what its maker saw: it is refused when the world has moved since.
 * Copied by value. */
#ifndef GONOGO_MODEL_INTENT_H
#define GONOGO_MODEL_INTENT_H

#include <stddef.h>
#include <stdint.h>

#include "src/base/hash.h"
#include "src/model/record.h"

enum intent_kind {
    INTENT_POLL,    /* look at every source now */
    INTENT_VOTE,    /* role; word "go", "no-go" or "abstain"; text: why, a NO-GO needs one */
    INTENT_TICK,    /* gate, item; word "done" or "undone"; text: the link, and why */
    INTENT_WAIVE,   /* gate; word "asked" or "withdrawn"; until_ms; text: why */
    INTENT_APPROVE, /* gate: its waiver; text: why */
    INTENT_AGREE,   /* action, that another one starts it; word "yes" or "no"; text: why */

    INTENT_RUN,     /* action, seen, typed; text: why */
    INTENT_RESUME,  /* the newest run; typed: its action's name; text: why */
    INTENT_UNDO,    /* the same */
    INTENT_ABANDON, /* text: why */
    INTENT_STOP,    /* the run that is under way here */
    INTENT_ANSWER,  /* to the step that asks: typed "yes", all else is no */
};

struct intent {
    enum intent_kind kind;
    uint64_t snapshot;              /* its number */
    char fingerprint[HASH_HEX_CAP]; /* of the candidate that was seen; "" as in the snapshot */

    /* What people say (speak.h). Texts that would be cut must not be sent. */
    size_t gate; /* index into policy.gates */
    int64_t until_ms;
    char who[RECORD_NAME_CAP];
    char user[RECORD_NAME_CAP]; /* the OS user that asks; without the machine */
    char role[RECORD_NAME_CAP];
    char item[RECORD_THING_CAP];
    char word[RECORD_WORD_CAP];
    char text[RECORD_TEXT_CAP];

    /* What they start. */
    size_t action;           /* index into policy.actions */
    uint64_t seen;           /* run_plan.seen of the plan that was shown */
    char typed[VERSION_CAP]; /* the confirmation */
};

#endif
