/* checklist: a named person ticked it, or each of its items, for this target. */
#include <stdio.h>
#include <string.h>

#include "src/model/gates/gates.h"
#include "src/model/people.h"

/* Does the tick count now? `why` tells why not. */
static bool counts(const struct gate_spec *spec, const struct snapshot *s,
                   const struct record *tick, char *why, size_t cap) {
    int64_t age_ms = tick ? s->wall_ms - tick->at_ms : 0;
    if (!tick || strcmp(tick->word, "done") != 0)
        snprintf(why, cap, "not ticked yet");
    else if (version_compare(tick->target, s->target) != 0)
        snprintf(why, cap, "ticked for %s only", tick->target);
    else if (!people_may(s->policy, tick->who, spec->people.roles))
        snprintf(why, cap, "ticked by %s, who may not", tick->who);
    else if (age_ms < -VOTES_SKEW_MS)
        snprintf(why, cap, "ticked in the future");
    else if (spec->people.expires_ms > 0 && age_ms >= spec->people.expires_ms)
        snprintf(why, cap, "ticked too long ago");
    else
        return true;
    return false;
}

static void judge_one(const struct gate_spec *spec, const struct snapshot *s,
                      struct gate_view *out) {
    char why[RECORD_NAME_CAP + 64];
    const struct record *tick = votes_of_item(s->votes, spec->name, "");
    if (!counts(spec, s, tick, why, sizeof why))
        gate_say(out, GATE_WAIT, "%s (x, gonogo tick)", why);
    else if (tick->text[0])
        gate_say(out, GATE_PASS, "ticked by %s: %s", tick->who, tick->text);
    else
        gate_say(out, GATE_PASS, "ticked by %s", tick->who);
}

static void judge_items(const struct gate_spec *spec, const struct snapshot *s,
                        struct gate_view *out) {
    char why[RECORD_NAME_CAP + 64], first_why[sizeof why] = "";
    const char *first = NULL;
    size_t n = 0, ticked = 0;
    for (char *const *item = spec->people.items; *item; item++, n++) {
        if (counts(spec, s, votes_of_item(s->votes, spec->name, *item), why, sizeof why)) {
            ticked++;
        } else if (!first) {
            first = *item;
            memcpy(first_why, why, sizeof first_why);
        }
    }
    if (first)
        gate_say(out, GATE_WAIT, "%zu of %zu ticked; %s: %s", ticked, n, first, first_why);
    else
        gate_say(out, GATE_PASS, "all %zu ticked", n);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    if (!gate_ledger(s, out) || !gate_target(s, out))
        return;
    if (spec->people.items)
        judge_items(spec, s, out);
    else
        judge_one(spec, s, out);
}

const struct gate_kind gate_checklist = {
    .name = "checklist",
    .help = "a person ticked it, or each of its items, for this target",
    .judge = judge,
};
