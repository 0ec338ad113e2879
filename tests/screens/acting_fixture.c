#include "tests/screens/acting_fixture.h"

#include <stdio.h>
#include <string.h>

#include "src/model/speak.h"

const char acting_fixture_yaml[] =
    "  - {name: roll call, kind: votes, roles: [ops, support], veto: [ops], expires: 12h,"
    " when: before}\n"
    "  - {name: docs updated, kind: checklist, link: true, when: before, approvals: 0}\n"
    "  - {name: smoke, kind: checklist, items: [push-to-talk, tray, restart], when: before}\n"
    "people:\n"
    "  - {name: ops-lead, roles: [ops], user: ada}\n"
    "  - {name: support-lead, roles: [support]}\n";

static int64_t wall(void *self) {
    return ((struct acting_clock *)self)->wall_ms;
}

static int64_t mono(void *self) {
    const struct acting_clock *c = self;
    return c->mono_ms + clock_mono_ms(clock_system()) - c->began_ms;
}

void acting_clock_init(struct acting_clock *c, int64_t wall_ms, int64_t mono_ms) {
    *c = (struct acting_clock){.clock = {wall, mono, c}, .wall_ms = wall_ms, .mono_ms = mono_ms};
    c->began_ms = clock_mono_ms(clock_system());
}

static void write_down(struct world *w, const struct snapshot *s, struct record *r,
                       int64_t ago_ms) {
    r->seq = s->votes->last + 1;
    r->at_ms = s->wall_ms - ago_ms;
    RECORD_PUT(r->user, "ada@console");
    snprintf(r->hash, sizeof r->hash, "%064llx", (unsigned long long)r->seq);
    world_records(w, (const struct record *const *)&r, 1, true);
    record_drop(r);
}

void acting_fixture_hear(struct world *w, const struct snapshot *s, const struct intent *intent) {
    struct err err = ERR_INIT;
    struct record *r = speak_draft(s, intent, &err);
    write_down(w, s, r ? r : speak_refusal(s, intent, &err), 0);
}

void acting_fixture_past(struct world *w, const struct snapshot *s) {
    struct intent vote = {.kind = INTENT_VOTE};
    memcpy(vote.fingerprint, s->fingerprint, sizeof vote.fingerprint);
    RECORD_PUT(vote.who, "support-lead");
    RECORD_PUT(vote.role, "support");
    RECORD_PUT(vote.word, "go");
    RECORD_PUT(vote.text, "four quiet days on staging");
    struct err err = ERR_INIT;
    struct record *r = speak_draft(s, &vote, &err);
    if (r)
        write_down(w, s, r, 40 * 60000);
    else
        err_print(stderr, &err);
}
