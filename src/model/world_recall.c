/* What the store remembers of earlier runs, and how the world takes it over. */
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/world_parts.h"

/* Earlier points go in front of those that this process drew. */
static void recall_spark(struct world *w, size_t i, const uint16_t *spark) {
    size_t drawn = w->source_tracks[i].points, room = SPARK_POINTS - drawn;
    memcpy(w->sources[i].spark, spark + drawn, room * sizeof *spark);
}

static void recall_gate(struct gate_track *gate, enum gate_verdict verdict, int64_t since_ms) {
    if (!gate->settled) {
        gate->recalled = true;
        gate->recalled_verdict = verdict;
        gate->recalled_since_ms = since_ms;
    } else if (!gate->moved && gate->view.verdict == verdict && since_ms < gate->view.since_ms)
        gate->view.since_ms = since_ms;
}

void world_recall(struct world *w, const struct recall *recall, bool refresh) {
    bool first = !w->recalled && !refresh;
    for (size_t i = 0; i < w->policy->n_gates; i++) {
        if (recall->gates[i].known)
            recall_gate(&w->gates[i], recall->gates[i].verdict, recall->gates[i].since_ms);
        if ((first || refresh) && w->policy->gates[i].n_of > 0)
            soak_recall(&w->soaks[i], &w->soak_clocks[i], &w->policy->gates[i], &recall->soaks[i],
                        refresh);
    }
    if (!first)
        return;
    w->recalled = true;
    for (size_t i = 0; i < w->policy->n_sources; i++)
        recall_spark(w, i, recall->sparks[i]);
    if (!world_usable(recall->target))
        return;
    memcpy(w->recalled_target, recall->target, sizeof w->recalled_target);
    if (world_usable(recall->baseline))
        memcpy(w->recalled_baseline, recall->baseline, sizeof w->recalled_baseline);
    world_adopt_baseline(w);
}

struct recall *recall_new(const struct policy *policy) {
    struct recall *recall = mem_zero(1, sizeof *recall);
    recall->sparks = mem_zero(policy->n_sources + 1, sizeof *recall->sparks);
    for (size_t i = 0; i < policy->n_sources; i++)
        for (size_t k = 0; k < SPARK_POINTS; k++)
            recall->sparks[i][k] = SPARK_NONE;
    recall->gates = mem_zero(policy->n_gates + 1, sizeof *recall->gates);
    recall->soaks = mem_zero(policy->n_gates + 1, sizeof *recall->soaks);
    return recall;
}

void recall_free(struct recall *recall) {
    if (!recall)
        return;
    free(recall->sparks);
    free(recall->gates);
    free(recall->soaks);
    free(recall);
}
