/* When what is due: a binary heap of moments. Embed a struct due as the first member of what waits. */
#ifndef GONOGO_PROBES_DUE_H
#define GONOGO_PROBES_DUE_H

#include <stddef.h>
#include <stdint.h>

struct due {
    int64_t at_ms;
    size_t place; /* in the heap, from 1; 0 = does not wait */
};

struct due_heap {
    struct due **items;
    size_t n;
    size_t size;
};

void due_init(struct due_heap *heap);
void due_fini(struct due_heap *heap); /* what still waits is not touched */

/* Makes `due` wait until at_ms; moves it when it waits already. */
void due_put(struct due_heap *heap, struct due *due, int64_t at_ms);
void due_drop(struct due_heap *heap, struct due *due); /* fine when it does not wait */
/* The one that is due first; NULL when none waits. It stays inside. */
struct due *due_first(const struct due_heap *heap);

/* Where in [0, span_ms) the source with this id has its place: the same in every run, and spread
 * evenly over many ids, so that sources do not fire together. */
int64_t due_jitter(const char *id, int64_t span_ms);

#endif
