/* versions-agree: every source names the wanted version (domain: sources of truth for a version). */
#include <string.h>

#include "src/model/gates/gates.h"

/* Kinds that look at a page and never carry a version. */
static enum err_code check(const struct gate_spec *spec, const struct policy *policy,
                           const char *where, struct err *err) {
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct source_spec *source = &policy->sources[spec->sources[i]];
        if (strcmp(source->kind, "http") == 0)
            return err_set(err, ERR_CONFIG, where, "leave it out with \"!environment/probe\"",
                           "%s is of kind http and carries no version", source->id);
    }
    if (spec->want == WANT_STABLE && policy->stable_source == SOURCE_NONE)
        return err_set(err, ERR_CONFIG, where,
                       "give one environment role: stable and a feed, or write want: same",
                       "want: stable, and there is no stable feed");
    return ERR_OK;
}

/* The first version that any of the sources names, for WANT_SAME; NULL when none does. */
static const char *first_version(const struct gate_spec *spec, const struct snapshot *s,
                                 size_t *from) {
    for (size_t i = 0; i < spec->n_sources; i++) {
        *from = spec->sources[i];
        if (source_trouble(s, *from, true, NULL, 0))
            continue;
        const struct sample *good = s->sources[*from].good;
        if (good->version[0])
            return good->version;
    }
    return NULL;
}

/* One text of one source against the wanted version; `what` is "" or "build " or "short version ". */
static void compare(struct gate_tally *t, const char *id, const char *what, const char *says,
                    const char *want, const char *whose) {
    if (strcmp(says, want) == 0 || version_compare(says, want) == 0) /* most are spelled alike */
        return;
    if (whose)
        gate_tally_fail(t, "%s says %s%s, %s says %s", id, what, says, whose, want);
    else
        gate_tally_fail(t, "%s says %s%s, want %s", id, what, says, want);
}

static void judge_source(struct gate_tally *t, const struct source_spec *source,
                         const struct sample *good, const char *want, const char *whose) {
    size_t failures = t->failures;
    if (!good->version[0]) {
        gate_tally_doubt(t, "%s names no version", source->id);
        return;
    }
    compare(t, source->id, "", good->version, want, whose);
    if (t->failures > failures)
        return; /* one source is one offender */
    if (good->build[0])
        compare(t, source->id, "build ", good->build, want, whose);
    else if (source->build_pointer && source->build_pointer[0])
        gate_tally_doubt(t, "%s names no build at %s (build: \"\" when it has none)", source->id,
                         source->build_pointer);
    if (t->failures == failures && good->short_version[0])
        compare(t, source->id, "short version ", good->short_version, want, whose);
}

static void judge(const struct gate_spec *spec, const struct snapshot *s, struct gate_view *out) {
    struct gate_tally tally = {0};
    const char *want = NULL, *whose = NULL;
    size_t from = 0;
    if (spec->n_sources == 0) {
        gate_say(out, GATE_UNKNOWN, "names no source");
        return;
    }
    if (spec->want == WANT_SAME) {
        want = first_version(spec, s, &from);
        whose = s->policy->sources[from].id;
    } else {
        want = spec->want == WANT_STABLE ? gate_stable(s, out) : gate_target(s, out);
        if (!want)
            return;
    }
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct source_spec *source = &s->policy->sources[spec->sources[i]];
        if (!gate_tally_source(&tally, s, spec->sources[i]))
            continue;
        const struct sample *good = s->sources[spec->sources[i]].good;
        if (want)
            judge_source(&tally, source, good, want, whose);
        else
            gate_tally_doubt(&tally, "%s names no version", source->id);
    }
    if (!gate_tally_clean(&tally, out))
        return;
    const char *place = gate_place(spec, s->policy);
    gate_say(out, GATE_PASS, "%s%s%zu source%s at %s", place ? place : "", place ? ": " : "",
             spec->n_sources, spec->n_sources == 1 ? "" : "s", want);
}

const struct gate_kind gate_versions_agree = {
    .name = "versions-agree",
    .help = "every source names the wanted version and build (want: target, stable or same)",
    .needs_sources = true,
    .check = check,
    .judge = judge,
};
