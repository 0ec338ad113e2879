/* The question that the board answers (design: before and after), and whether it has any ground. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/gate.h"

static void ask(struct snapshot *s) {
    const struct policy *policy = s->policy;
    bool staged = policy->stable_source != SOURCE_NONE;
    bool can_have_target = policy->target || policy->target_source != SOURCE_NONE;
    char line[512];
    if (!can_have_target && !staged)
        snprintf(line, sizeof line, "Do all sources agree?");
    else if (!can_have_target)
        snprintf(line, sizeof line,
                 "Which version is next? No target and no candidate's feed is set.");
    else if (!s->target[0])
        snprintf(line, sizeof line, "Which version is next? The candidate's feed has not said.");
    else if (!staged)
        snprintf(line, sizeof line, "Is everything at %s?", s->target);
    else if (s->stage == STAGE_BEFORE)
        snprintf(line, sizeof line, "Promote %s to stable?", s->target);
    else
        snprintf(line, sizeof line, "Keep %s rolling out?", s->stable);
    text_safe(s->question, sizeof s->question, line, strlen(line));
}

static bool target_needed(const struct policy *policy) {
    for (size_t i = 0; i < policy->n_gates; i++) {
        const struct gate_spec *spec = &policy->gates[i];
        bool wants = strcmp(spec->kind, "versions-agree") == 0 && spec->want == WANT_TARGET;
        if (wants || strcmp(spec->kind, "feed-at-target") == 0)
            return true;
    }
    return false;
}

/* After the promote the candidate's feed may be shut or emptied: the version in question is the stable
 * one. Silence is another thing, it may hide the next candidate. */
static bool candidate_withdrawn(const struct snapshot *s) {
    const struct source_view *feed = &s->sources[s->policy->target_source];
    return feed->state == SOURCE_CLOSED ||
           (feed->state == SOURCE_OK && feed->good && feed->good->items == 0);
}

static void judge_ground(struct snapshot *s) {
    const struct policy *policy = s->policy;
    bool staged = policy->stable_source != SOURCE_NONE;
    bool asks_target = policy->target || policy->target_source != SOURCE_NONE;
    struct gate_view note;
    s->ground[0] = '\0';
    if (staged && !gate_stable(s, &note)) {
        memcpy(s->ground, note.reason, sizeof s->ground);
        return;
    }
    if (!staged && !asks_target && !target_needed(policy))
        return;
    if (s->stage == STAGE_AFTER && (policy->target || candidate_withdrawn(s)))
        return;
    if (!gate_target(s, &note))
        memcpy(s->ground, note.reason, sizeof s->ground);
}

void question_judge(struct snapshot *s) {
    bool after = s->policy->stable_source != SOURCE_NONE && s->stable[0] && s->target[0] &&
                 version_compare(s->stable, s->target) >= 0;
    s->stage = after ? STAGE_AFTER : STAGE_BEFORE;
    ask(s);
    judge_ground(s);
}
