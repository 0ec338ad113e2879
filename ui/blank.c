#include "ui/blank.h"

#include <stdio.h>

#include "src/model/snapshot.h"

const struct snapshot *blank_new(const struct policy *policy, int64_t wall_ms, int64_t mono_ms) {
    struct snapshot *s = snapshot_new(policy);
    s->wall_ms = wall_ms;
    s->mono_ms = mono_ms;
    s->verdict = VERDICT_HOLD;
    s->store = STORE_OPENING;
    snprintf(s->question, sizeof s->question, "Asking %zu source%s…", policy->n_sources,
             policy->n_sources == 1 ? "" : "s");
    if (policy->target)
        snprintf(s->target, sizeof s->target, "%s", policy->target);
    for (size_t i = 0; i < s->n_gates; i++) {
        /* What counts is not known before the stage is: always-gates do, the others follow. */
        s->gates[i].counted = true;
        snprintf(s->gates[i].reason, sizeof s->gates[i].reason, "nothing has answered yet");
    }
    s->unknown = (unsigned)s->n_gates;
    return s;
}
