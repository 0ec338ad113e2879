#include "src/model/ramp_stage.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/member.h"

static bool lacks(const char *pointer, const char *what, const json_t *value, char *why,
                  size_t cap) {
    char kind[96] = "", line[256];
    if (value)
        member_kind(value, kind, sizeof kind);
    snprintf(line, sizeof line, "the answer%s %s%s%s%s%s", value ? "'s" : " has no", pointer,
             value ? " is no " : ", a ", what, value ? ": " : "", kind);
    text_safe(why, cap, line, strlen(line));
    return false;
}

static bool read_all(const struct gate_spec *spec, const json_t *root, struct ramp_now *out,
                     char *why, size_t cap) {
    const json_t *share = json_at(root, spec->ramp.share), *since = json_at(root, spec->ramp.since);
    const json_t *version = spec->ramp.version ? json_at(root, spec->ramp.version) : NULL;
    if (!json_is_number(share) || json_number_value(share) < 0 || json_number_value(share) > 100)
        return lacks(spec->ramp.share, "share from 0 to 100", share, why, cap);
    if (!json_is_string(since) || !when_parse_zoned(json_string_value(since), &out->since_ms))
        return lacks(spec->ramp.since, "time with its zone", since, why, cap);
    const char *text = json_is_string(version) ? json_string_value(version) : "";
    if (spec->ramp.version && (!*text || strlen(text) >= sizeof out->version))
        return lacks(spec->ramp.version, "version", version, why, cap);
    out->percent = json_number_value(share);
    snprintf(out->version, sizeof out->version, "%s", text);
    return true;
}

bool ramp_read(const struct gate_spec *spec, const char *answer, struct ramp_now *out, char *why,
               size_t cap) {
    *out = (struct ramp_now){.percent = 0};
    json_t *root = answer ? json_loads(answer, JSON_DECODE_ANY, NULL) : NULL;
    bool good = root && read_all(spec, root, out, why, cap);
    if (!root)
        snprintf(why, cap, "the answer does not tell where the ramp stands");
    json_decref(root);
    return good;
}

int64_t ramp_since_ms(const struct snapshot *s) {
    char ignored[256];
    struct ramp_now now;
    for (size_t i = 0; i < s->policy->n_gates; i++) {
        const struct gate_spec *spec = &s->policy->gates[i];
        if (!spec->ramp.share || spec->n_sources == 0)
            continue;
        const struct source_view *view = &s->sources[spec->sources[0]];
        if (view->state == SOURCE_OK && view->good &&
            ramp_read(spec, view->good->value, &now, ignored, sizeof ignored) &&
            now.since_ms <= s->wall_ms &&
            (!now.version[0] || version_compare(now.version, s->target) == 0))
            return now.since_ms;
    }
    return 0;
}
