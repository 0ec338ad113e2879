#include "src/model/plan_reach.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/rollout.h"

static void add_line(struct run_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add_line(struct run_plan *plan, const char *format, ...) {
    char line[1024];
    size_t i = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    while (i < PLAN_LINES - 1 && plan->lines[i][0])
        i++;
    text_safe(plan->lines[i], sizeof plan->lines[i], line, strlen(line));
}

static const char *or_unknown(const char *text) {
    return text && text[0] ? text : "not known";
}

/* Does the plan bring the candidate to the stable channel? Then what moves is the candidate's item; else
 * it is about what stable offers already. */
static bool brings_candidate(const struct run_plan *plan, const struct snapshot *s) {
    return plan->policy->actions[plan->action].requires == REQUIRES_GO && s->stage == STAGE_BEFORE;
}

static void say_item(struct run_plan *plan, const struct snapshot *s) {
    const struct place_values *v = &plan->values;
    const char *sha256 = v->text[PLACE_ARTIFACT_SHA256];
    char digest[32] = "not known";
    if (!v->text[PLACE_ARTIFACT_URL])
        return;
    if (sha256 && sha256[0])
        snprintf(digest, sizeof digest, "%.16s…", sha256);
    add_line(plan, "Item %s: %s, %s bytes, sha256 %s", or_unknown(s->target),
             v->text[PLACE_ARTIFACT_URL], or_unknown(v->text[PLACE_ARTIFACT_SIZE]), digest);
}

/* Who may take the candidate once it is there. Its phasing comes with it. */
static void say_who_will(struct run_plan *plan, const struct snapshot *s) {
    struct rollout r;
    char step[32], all[32], every[32];
    int64_t check_ms = plan->policy->check_interval_ms;
    duration_text(check_ms > 0 ? check_ms : EXPOSURE_CHECK_S * INT64_C(1000), every, sizeof every);
    if (!rollout_of(s, plan->policy->target_source, &r)) {
        add_line(plan, "Clients: all of channel stable may take it; whether it is phased is not "
                       "known.");
        return;
    }
    if (!r.now.phased) {
        add_line(plan,
                 "Clients: all of channel stable may take it at once, and look every %s: it is %s. "
                 "How many they are is not known.",
                 every, r.item.critical ? "critical" : "not phased");
        return;
    }
    duration_text(r.interval_ms, step, sizeof step);
    duration_text(r.interval_ms * (EXPOSURE_GROUPS - 1), all, sizeof all);
    add_line(plan,
             "Clients: phased, 1 of %d groups of channel stable at first, one more every %s, all "
             "after %s; whoever looks by hand may take it at once. How many they are is not known.",
             EXPOSURE_GROUPS, step, all);
}

/* Who may take what stable offers now, and has perhaps taken it. */
static void say_who_may(struct run_plan *plan, const struct snapshot *s) {
    struct rollout r;
    char version[VERSION_CAP * 4];
    if (!rollout_of(s, plan->policy->stable_source, &r)) {
        add_line(plan, "Clients: which item stable offers, and to whom, is not known now.");
        return;
    }
    text_safe(version, sizeof version, r.version, strlen(r.version));
    int reached = (int)(r.now.share_reached * 100 + 0.5);
    if (!r.now.phased)
        add_line(plan,
                 "Clients: all of channel stable may take %s. How many they are is not known.",
                 version);
    else
        add_line(plan,
                 "Clients: %d of %d groups of channel stable may take %s%s; about %d %% of the "
                 "automatic updaters have heard of it.",
                 r.now.groups_open, EXPOSURE_GROUPS, version, r.now.paused ? " (paused)" : "",
                 reached);
    add_line(plan, "A client that has it keeps it until a higher version comes.");
}

void plan_say_reach(struct run_plan *plan, const struct snapshot *s) {
    const struct action_spec *action = &plan->policy->actions[plan->action];
    const struct environment *e =
        action->environment >= 0 ? &plan->policy->environments[action->environment] : NULL;
    const struct place_values *v = &plan->values;
    size_t undoable = 0;
    for (size_t i = 0; i < plan->n_steps; i++)
        undoable += plan->steps[i].undo != NULL;
    if (e)
        add_line(plan, "Acts on %s%s%s%s.", e->name, e->url ? ", " : "", e->url ? e->url : "",
                 e->protected ? " (protected)" : "");
    add_line(plan, "Channel stable offers %s; the target is %s.", or_unknown(s->stable),
             or_unknown(s->target));
    if (brings_candidate(plan, s))
        say_item(plan, s);
    if (e && e->role == ROLE_STABLE && brings_candidate(plan, s))
        say_who_will(plan, s);
    else if (e && e->role == ROLE_STABLE)
        say_who_may(plan, s);
    add_line(plan, "Good version before: %s.",
             or_unknown(brings_candidate(plan, s) ? s->stable : v->text[PLACE_PREVIOUS]));
    add_line(plan, "%zu step%s, %zu can be taken back.", plan->n_steps,
             plan->n_steps == 1 ? "" : "s", undoable);
}
