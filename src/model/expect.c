#include "src/model/expect.h"

#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

enum { SLACK_MS = 1500 }; /* for the turn of a worker and the judgement after it */

bool expect_read(const struct snapshot *s, size_t source, int64_t since_ms) {
    const struct sample *last = s->sources[source].last;
    if (!last)
        return false;
    int64_t took_ms = last->latency_ms > 0 ? last->latency_ms : 0;
    return last->mono_ms - took_ms >= since_ms;
}

static void say(char *dst, size_t cap, const char *name, const char *text) {
    char line[1024];
    snprintf(line, sizeof line, "%s: %s", name, text);
    text_safe(dst, cap, line, strlen(line));
}

bool expect_holds(const struct snapshot *s, const unsigned *gates, size_t n, int64_t since_ms,
                  char *dst, size_t cap) {
    const struct policy *policy = s->policy;
    dst[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const struct gate_spec *spec = &policy->gates[gates[i]];
        const struct gate_view *view = &s->gates[gates[i]];
        for (size_t k = 0; k < spec->n_sources; k++) {
            if (expect_read(s, spec->sources[k], since_ms))
                continue;
            say(dst, cap, policy->sources[spec->sources[k]].id, "was not read again yet");
            return false;
        }
        if (view->verdict != GATE_PASS) {
            say(dst, cap, spec->name, view->reason);
            return false;
        }
    }
    return true;
}

/* Does a counted gate rest on this source? One that names none rests on all. */
static bool counts(const struct snapshot *s, size_t source) {
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_spec *spec = &s->policy->gates[i];
        if (!s->gates[i].counted || s->gates[i].waived)
            continue;
        for (size_t k = 0; k < spec->n_sources; k++)
            if (spec->sources[k] == source)
                return true;
    }
    return (int)source == s->policy->target_source || (int)source == s->policy->stable_source;
}

bool expect_fresh(const struct snapshot *s, int64_t since_ms, bool *all, char *dst, size_t cap) {
    bool well = true;
    *all = true;
    dst[0] = '\0';
    for (size_t i = 0; i < s->n_sources; i++) {
        if (s->policy->sources[i].of_gate)
            continue;
        bool read = expect_read(s, i, since_ms);
        const struct source_view *view = &s->sources[i];
        *all = *all && read;
        if (!well || !counts(s, i) || (read && view->raw != SOURCE_ERROR))
            continue;
        well = false;
        say(dst, cap, s->policy->sources[i].id,
            read ? view->last->error : "did not answer when it was asked again");
    }
    return well;
}

int64_t expect_patience_ms(const struct policy *policy) {
    int64_t longest_ms = 0;
    for (size_t i = 0; i < policy->n_sources; i++) {
        const struct source_spec *spec = &policy->sources[i];
        if (!spec->of_gate && spec->timeout_ms > longest_ms)
            longest_ms = spec->timeout_ms;
    }
    return longest_ms + SLACK_MS;
}
