/* registry: the flags are in the registry of feature flags, each with its kill switch (domain: Go/No-Go
 * checkpoints). */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "src/model/gates/gates.h"

static void judge_flag(struct gate_tally *t, const char *name, const json_t *switches) {
    if (!json_is_array(switches))
        gate_tally_fail(t, "%s is not registered", name);
    else if (json_array_size(switches) == 0)
        gate_tally_fail(t, "%s has no kill switch", name);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    const struct sample *seen = gate_reading(spec, s, out);
    struct gate_tally tally = {0};
    if (!seen)
        return;
    json_t *flags = seen->value ? json_loads(seen->value, 0, NULL) : NULL;
    size_t n = 0;
    if (!json_is_object(flags) || json_object_size(flags) == 0) {
        gate_say(out, GATE_UNKNOWN, "the registry names no flag");
        goto out;
    }
    if (spec->names && spec->names[0]) {
        for (; spec->names[n]; n++)
            judge_flag(&tally, spec->names[n], json_object_get(flags, spec->names[n]));
    } else {
        n = json_object_size(flags);
        for (void *at = json_object_iter(flags); at; at = json_object_iter_next(flags, at))
            judge_flag(&tally, json_object_iter_key(at), json_object_iter_value(at));
    }
    if (!gate_tally_clean(&tally, out))
        goto out;
    if (n == 1 && spec->names && spec->names[0])
        gate_say(out, GATE_PASS, "%s has %s", spec->names[0],
                 json_string_value(json_array_get(json_object_get(flags, spec->names[0]), 0)));
    else
        gate_say(out, GATE_PASS, "%zu flag%s, each with a kill switch", n, n == 1 ? "" : "s");
out:
    json_decref(flags);
}

const struct gate_kind gate_registry = {
    .name = "registry",
    .help = "the feature flags are registered, each with its kill switch",
    .probe = "registry",
    .judge = judge,
};
