#include "src/model/waiver.h"

#include <stdio.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/people.h"

bool waiver_bound(const struct snapshot *s, const struct record *r) {
    if (!s->target[0] || version_compare(r->target, s->target) != 0)
        return false;
    return strcmp(r->fingerprint, s->fingerprint) == 0 &&
           (s->fingerprint[0] || s->stage == STAGE_AFTER);
}

const struct record *waiver_asked(const struct snapshot *s, size_t gate) {
    const struct record *r = votes_waiver(s->votes, s->policy->gates[gate].name);
    bool now = r && r->until_ms > s->wall_ms && r->at_ms <= s->wall_ms + VOTES_SKEW_MS;
    return now && waiver_bound(s, r) && people_may(s->policy, r->who, s->policy->waivers.roles)
               ? r
               : NULL;
}

unsigned waiver_missing(const struct snapshot *s, size_t gate, const struct record *waiver) {
    unsigned needed = s->policy->gates[gate].people.approvals, given = 0;
    const struct record *r;
    for (size_t i = 0; (r = votes_approval(s->votes, waiver, i)); i++)
        given += people_may(s->policy, r->who, s->policy->waivers.roles);
    return given < needed ? needed - given : 0;
}

/* The role whose NO-GO stands and cannot be waived; NULL when there is none. */
static const char *vetoed(const struct snapshot *s, const struct gate_people *people) {
    for (char *const *role = people->veto; role && *role; role++) {
        const struct record *vote = votes_of_role(s->votes, *role);
        if (vote && strcmp(vote->word, "no-go") == 0 && waiver_bound(s, vote) &&
            people_may_role(s->policy, vote->who, *role))
            return *role;
    }
    return NULL;
}

bool waiver_allowed(const struct snapshot *s, size_t gate, char *dst, size_t cap) {
    const struct gate_people *people = &s->policy->gates[gate].people;
    const char *role = vetoed(s, people);
    if (dst && people->never_waive)
        snprintf(dst, cap, "it is never waived");
    else if (dst && role)
        snprintf(dst, cap, "the NO-GO of %s cannot be waived", role);
    return !people->never_waive && !role;
}

static void tell(const struct snapshot *s, const struct record *waiver, struct gate_view *out) {
    char until[32];
    struct buf line;
    const struct record *r;
    buf_init(&line, 0);
    when_rfc3339(waiver->until_ms, until, sizeof until);
    buf_addf(&line, "by %s until %.16sZ: %s", waiver->who, until, waiver->text);
    for (size_t i = 0; (r = votes_approval(s->votes, waiver, i)); i++)
        buf_addf(&line, "%s%s", i == 0 ? " (approved by " : ", ", r->who);
    if (votes_approval(s->votes, waiver, 0))
        buf_add_text(&line, ")");
    text_safe(out->waiver, sizeof out->waiver, line.data, line.len);
    buf_fini(&line);
}

void waiver_judge(const struct snapshot *s, size_t gate, struct gate_view *out) {
    const struct record *waiver = waiver_asked(s, gate);
    out->waived = false;
    out->waiver[0] = '\0';
    if (s->votes->state != LEDGER_WELL || !waiver || !waiver_allowed(s, gate, NULL, 0))
        return;
    unsigned missing = waiver_missing(s, gate, waiver);
    out->waived = missing == 0;
    if (out->waived) {
        tell(s, waiver, out);
        return;
    }
    char line[RECORD_NAME_CAP + 96];
    snprintf(line, sizeof line, "asked for by %s, waits for %u more %s", waiver->who, missing,
             missing == 1 ? "person" : "people");
    text_safe(out->waiver, sizeof out->waiver, line, strlen(line));
}
