/* What the engine has the clerk write down: each verdict as it changes, the configuration that gave it. */
#include <stdio.h>
#include <string.h>

#include "src/engine/engine_parts.h"
#include "src/model/gate.h"

enum {
    BOOK_GAP_MS = 10000,  /* by then what was given to the clerk has come back */
    BOOK_SPAN_MS = 60000, /* in so long */
    BOOK_MOST = 10,       /* so many verdicts are written down: one that flickers is no news */
};

void engine_write_down(struct engine *engine, struct record *draft) {
    static const char busy[] = "not recorded, and so not done: too much is said at once";
    if (clerk_write(engine->clerk, draft))
        return;
    world_note(engine->world, clock_wall_ms(engine->ports.clock), busy);
    engine->changed = true;
}

/* Has everybody spoken once? Before that a verdict says nothing about the release. */
static bool all_have_spoken(const struct snapshot *s) {
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].state == SOURCE_PENDING)
            return false;
    return true;
}

static struct record *verdict_draft(const struct snapshot *s) {
    struct record *r = record_new(RECORD_VERDICT);
    const struct gate_view *gate = verdict_gate(s);
    char why[REASON_CAP + RECORD_THING_CAP + 4] = "";
    RECORD_PUT(r->target, s->target);
    RECORD_PUT(r->fingerprint, s->fingerprint);
    RECORD_PUT(r->word, verdict_name(s->verdict));
    if (s->ground[0] && s->verdict != VERDICT_NO_GO)
        snprintf(why, sizeof why, "%s", s->ground);
    else if (gate)
        snprintf(why, sizeof why, "%s: %s", s->policy->gates[gate - s->gates].name, gate->reason);
    RECORD_PUT(r->text, why);
    return r;
}

/* Is it not on its way already, and not one of too many? */
static bool may_write(struct engine *engine, const struct snapshot *s, int64_t now_ms) {
    bool on_its_way = engine->book.at_ms > 0 && now_ms < engine->book.at_ms + BOOK_GAP_MS &&
                      engine->book.verdict == s->verdict &&
                      strcmp(engine->book.target, s->target) == 0;
    if (now_ms >= engine->book.since_ms + BOOK_SPAN_MS) {
        engine->book.since_ms = now_ms;
        engine->book.n = 0;
    }
    if (on_its_way || engine->book.n >= BOOK_MOST)
        return false;
    engine->book.n++;
    engine->book.at_ms = now_ms;
    engine->book.verdict = s->verdict;
    memcpy(engine->book.target, s->target, sizeof engine->book.target);
    return true;
}

void engine_keep_book(struct engine *engine, const struct snapshot *s) {
    const struct record *verdict = s->votes->verdict, *config = s->votes->config;
    int64_t now_ms = engine_real_ms();
    if (!engine->clerk || s->store != STORE_KEEPING || s->votes->state != LEDGER_WELL)
        return;
    if (s->policy->digest[0] && now_ms >= engine->config_ms &&
        (!config || strcmp(config->digest, s->policy->digest) != 0)) {
        struct record *r = record_new(RECORD_CONFIG);
        RECORD_PUT(r->digest, s->policy->digest);
        RECORD_PUT(r->text, s->policy->path);
        engine->config_ms = now_ms + BOOK_GAP_MS;
        engine_write_down(engine, r);
    }
    bool news = !verdict || strcmp(verdict->word, verdict_name(s->verdict)) != 0 ||
                strcmp(verdict->target, s->target) != 0;
    if (news && all_have_spoken(s) && may_write(engine, s, now_ms))
        engine_write_down(engine, verdict_draft(s));
}
