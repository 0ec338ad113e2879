#include "src/model/approval.h"

#include <string.h>

bool approval_is_of(const struct record *r, const char *action, const char *target,
                    const char *fingerprint, int64_t now_ms) {
    return r->kind == RECORD_APPROVAL && strcmp(r->subject, action) == 0 &&
           strcmp(r->fingerprint, fingerprint) == 0 && strcmp(r->target, target) == 0 &&
           r->at_ms >= now_ms - APPROVAL_MS;
}

static bool is_about(const struct snapshot *s, size_t action, const struct record *r) {
    return approval_is_of(r, s->policy->actions[action].name, s->target, s->fingerprint,
                          s->wall_ms);
}

const struct record *approval_at(const struct snapshot *s, size_t action, const char *who,
                                 size_t i) {
    for (size_t k = 0; k < s->votes->n; k++) {
        const struct record *r = s->votes->said[k]; /* of each person the last word alone */
        if (is_about(s, action, r) && strcmp(r->word, "yes") == 0 && strcmp(r->who, who) != 0 &&
            i-- == 0)
            return r;
    }
    return NULL;
}

const struct record *approval_by(const struct snapshot *s, size_t action, const char *who) {
    for (size_t k = 0; k < s->votes->n; k++)
        if (is_about(s, action, s->votes->said[k]) && strcmp(s->votes->said[k]->who, who) == 0)
            return s->votes->said[k];
    return NULL;
}

unsigned approval_missing(const struct snapshot *s, size_t action, const char *who) {
    unsigned wanted = s->policy->actions[action].approvals, n = 0;
    while (n < wanted && approval_at(s, action, who, n))
        n++;
    return wanted - n;
}
