#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/engine/runner_parts.h"

enum { PIECE = 5000 }; /* entries at one time: some 20 ms, then the step that runs has its turn */

void audit_stop(struct runner *r) {
    ledger_audit_free(r->audit);
    r->audit = NULL;
}

void audit_begin(struct runner *r) {
    audit_stop(r);
    r->broken[0] = '\0';
    r->audit = ledger_audit_new(r->ledger, r->head[0] ? r->seq : 0, r->head);
}

/* Is something under way that goes on whatever the ledger says? */
static bool insists(const struct runner *r) {
    return r->plan && runner_action(r)->requires == REQUIRES_ANY;
}

static void write_down(struct runner *r) {
    struct err ignored = ERR_INIT; /* it was said, and verifying says it again */
    struct record *note = record_new(RECORD_NOTE);
    RECORD_PUT(note->who, "gonogo");
    RECORD_PUT(note->word, "ledger");
    RECORD_PUT(note->run, r->id);
    RECORD_PUT(note->subject, runner_action(r)->name);
    RECORD_PUT(note->text, r->broken);
    if (ledger_append(r->ledger, note, &ignored) == ERR_OK)
        r->ports.record(r->ports.engine, note);
    record_drop(note);
}

bool audit_insist(struct runner *r, const struct err *why) {
    char line[1024], safe[RUN_TEXT_CAP];
    snprintf(line, sizeof line, "the ledger does not verify: %s", why->what);
    text_safe(safe, sizeof safe, line, strlen(line));
    bool news = strcmp(safe, r->broken) != 0;
    memcpy(r->broken, safe, sizeof safe);
    if (news && r->ports.broken)
        r->ports.broken(r->ports.engine, safe);
    return insists(r);
}

bool audit_over(struct runner *r) {
    struct err err = ERR_INIT;
    if (!r->audit)
        return true;
    enum audit_state state = ledger_audit_turn(r->audit, PIECE, &err);
    if (state == AUDIT_MORE)
        return false;
    audit_stop(r);
    if (state == AUDIT_BROKEN && audit_insist(r, &err))
        write_down(r);
    return true;
}

void audit_finish(struct runner *r) {
    while (!audit_over(r))
        continue;
}

bool audit_verifies(struct runner *r) {
    audit_begin(r);
    audit_finish(r);
    if (r->partial && !r->broken[0])
        snprintf(r->broken, sizeof r->broken,
                 "the ledger did not verify when it was read: start gonogo again");
    return !r->broken[0];
}
