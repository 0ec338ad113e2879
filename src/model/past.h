/* What a service level's chart is laid over: the same reading at an earlier time.
 *
 * Who releases asks: was the release before as good at this age? So where lines tell versions, and the
 * store knows the first line of the target and of the release before it, the chart is moved back by the
 * time between the two first lines: each point stands for the same hour of the other one's life, when as
 * large a part of all clients had it. What is read there is what the level reads now: all lines, or for
 * a level of the candidate those of the release that was the candidate then.
 *
 * A release is as old as its first line. Where that is not known (lines tell no version, or the release
 * is older than the store's memory) the same hours a day earlier are shown instead, of windows longer
 * than a day those a week earlier; past_say() says which. A level of the baseline has them always: who
 * was the baseline of the release before is not kept.
 *
 * The store keeps what is hours old by ten minutes: an earlier curve is read by ten minutes, or by the
 * chart's own slots where they are wider. Pure. */
#ifndef GONOGO_MODEL_PAST_H
#define GONOGO_MODEL_PAST_H

#include "src/model/digest.h"
#include "src/model/policy.h"
#include "src/model/slo_view.h"

enum { PAST_CELL_MINUTES = 10, PAST_TEXT_CAP = VERSION_CAP + 64 };

/* What is asked at one moment. */
struct past_question {
    const struct policy *policy;
    int64_t now_ms;                /* wall */
    const char *target, *previous; /* "" = not known */
    int64_t first, previous_first; /* minutes since 1970: their first lines; 0 = none */
    int64_t oldest;                /* the first line of all; 0 = none */
};

struct past_plan {
    enum past_kind kind;
    int64_t shift;     /* minutes */
    int64_t from, end; /* minutes: what is read is from ≤ minute < end */
};

/* How a level's chart is moved. The second choice (`again`) is for when the first has no data. */
struct past_plan past_plan_of(const struct past_question *q, size_t slo, bool again);

/* Draws it from all that is kept of the level's metric in the plan's minutes, in any order. False: there
 * is no point. */
bool past_draw(const struct past_question *q, size_t slo, const struct past_plan *plan,
               const struct digest *kept, struct slo_past *out);

/* The curves of all service levels, as drawn at one moment. */
struct past {
    int64_t wall_ms;
    char target[VERSION_CAP], previous[VERSION_CAP];
    size_t n;
    struct slo_past *curves; /* as policy.slos */
};
struct past *past_new(const struct past_question *q);
void past_free(struct past *past); /* NULL is fine */
/* Is it still what the chart of this moment and release may be laid over? */
bool past_stands(const struct past *past, int64_t now_ms, const char *target, const char *previous);

/* "2.0.0.19 at the same age", "a day earlier"; "" for PAST_NONE. */
void past_say(const struct slo_past *curve, char *dst, size_t cap);

#endif
