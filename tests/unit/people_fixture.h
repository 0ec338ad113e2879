/* A release with people: a roll call (ops with a veto, support), a checklist, and a ledger in memory. */
#ifndef GONOGO_TESTS_PEOPLE_FIXTURE_H
#define GONOGO_TESTS_PEOPLE_FIXTURE_H

#include "src/base/err.h"
#include "src/model/speak.h"
#include "src/model/waiver.h"
#include "tests/unit/world_fixture.h"

/* In the places of gates that these tests do not need. */
enum { G_CALL = G_SHUT, G_DOCS = G_FRESH };

struct hall {
    struct fixture f;
    struct person people[4];
    uint64_t seq;
    struct err err; /* of the last refusal */
};

static inline void hall_start(struct hall *h) {
    static char ops[] = "ops", support[] = "support", votes[] = "votes", list[] = "checklist",
                call[] = "roll call", docs[] = "docs updated", lead[] = "ops-lead",
                second[] = "ops-second", help[] = "support-lead", pm[] = "pm", ada[] = "ada";
    static char *both[] = {ops, support, NULL}, *only_ops[] = {ops, NULL},
                *only_support[] = {support, NULL}, *only_pm[] = {pm, NULL};
    memset(h, 0, sizeof *h);
    fixture_init(&h->f);
    h->people[0] = (struct person){.name = lead, .roles = only_ops, .user = ada};
    h->people[1] = (struct person){.name = second, .roles = only_ops};
    h->people[2] = (struct person){.name = help, .roles = only_support};
    h->people[3] = (struct person){.name = pm, .roles = only_pm};
    h->f.policy.people = h->people;
    h->f.policy.n_people = 4;
    h->f.policy.waivers.longest_ms = 24 * HOUR;
    h->f.gates[G_CALL] = (struct gate_spec){
        .name = call,
        .kind = votes,
        .when = WHEN_BEFORE,
        .people = {.roles = both, .veto = only_ops, .expires_ms = 12 * HOUR, .approvals = 1}};
    h->f.gates[G_DOCS] =
        (struct gate_spec){.name = docs, .kind = list, .people = {.approvals = 1, .link = true}};
    for (size_t i = 0; i < N_GATES; i++)
        h->f.gates[i].people.approvals = 1;
    h->f.world = world_new(&h->f.policy);
    world_store(h->f.world, STORE_KEEPING, NULL);
    world_ledger(h->f.world, LEDGER_WELL, NULL);
    all_well(&h->f, "2.0.0.19", "2.0.0.20");
    judge(&h->f);
}

static inline void hall_fini(struct hall *h) {
    fixture_fini(&h->f);
}

static inline struct intent hall_intent(const struct hall *h, enum intent_kind kind,
                                        const char *who, const char *word) {
    struct intent in = {.kind = kind, .snapshot = h->f.s->number};
    memcpy(in.fingerprint, h->f.s->fingerprint, sizeof in.fingerprint);
    RECORD_PUT(in.who, who);
    RECORD_PUT(in.user, strcmp(who, "ops-lead") == 0 ? "ada" : "somebody");
    RECORD_PUT(in.word, word);
    return in;
}

/* As the clerk does: what is accepted comes back as an entry. */
static inline void hall_record(struct hall *h, struct record *r) {
    const struct record *one = r;
    r->seq = ++h->seq;
    if (r->at_ms == 0)
        r->at_ms = h->f.wall_ms;
    world_records(h->f.world, &one, 1, true);
    record_drop(r);
    judge(&h->f);
}

static inline bool hall_say(struct hall *h, const struct intent *in) {
    h->err = (struct err)ERR_INIT;
    struct record *r = speak_draft(h->f.s, in, &h->err);
    if (!r)
        return false;
    hall_record(h, r);
    return true;
}

static inline bool vote(struct hall *h, const char *who, const char *role, const char *word,
                        const char *why) {
    struct intent in = hall_intent(h, INTENT_VOTE, who, word);
    RECORD_PUT(in.role, role);
    RECORD_PUT(in.text, why);
    return hall_say(h, &in);
}

static inline bool tick(struct hall *h, const char *who, const char *item, const char *text) {
    struct intent in = hall_intent(h, INTENT_TICK, who, "done");
    in.gate = G_DOCS;
    RECORD_PUT(in.item, item);
    RECORD_PUT(in.text, text);
    return hall_say(h, &in);
}

static inline bool waive(struct hall *h, const char *who, size_t gate, int64_t for_ms,
                         const char *why) {
    struct intent in = hall_intent(h, INTENT_WAIVE, who, "asked");
    in.gate = gate;
    in.until_ms = h->f.wall_ms + for_ms;
    RECORD_PUT(in.text, why);
    return hall_say(h, &in);
}

static inline bool approve(struct hall *h, const char *who, size_t gate) {
    struct intent in = hall_intent(h, INTENT_APPROVE, who, "yes");
    in.gate = gate;
    return hall_say(h, &in);
}

#endif
