#include "probes/due.h"

#include <stdlib.h>

#include "src/base/mem.h"

void due_init(struct due_heap *heap) {
    *heap = (struct due_heap){0};
}

void due_fini(struct due_heap *heap) {
    free(heap->items);
    due_init(heap);
}

static void put_at(struct due_heap *heap, size_t place, struct due *due) {
    heap->items[place - 1] = due;
    due->place = place;
}

static void rise(struct due_heap *heap, struct due *due) {
    size_t place = due->place;
    while (place > 1 && heap->items[place / 2 - 1]->at_ms > due->at_ms) {
        put_at(heap, place, heap->items[place / 2 - 1]);
        place /= 2;
    }
    put_at(heap, place, due);
}

static void sink(struct due_heap *heap, struct due *due) {
    size_t place = due->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->n)
            break;
        if (child < heap->n && heap->items[child]->at_ms < heap->items[child - 1]->at_ms)
            child++;
        if (heap->items[child - 1]->at_ms >= due->at_ms)
            break;
        put_at(heap, place, heap->items[child - 1]);
        place = child;
    }
    put_at(heap, place, due);
}

void due_put(struct due_heap *heap, struct due *due, int64_t at_ms) {
    due->at_ms = at_ms;
    if (due->place == 0) {
        if (heap->n == heap->size) {
            heap->size = heap->size ? heap->size * 2 : 16;
            heap->items = mem_resize(heap->items, heap->size, sizeof(*heap->items));
        }
        put_at(heap, ++heap->n, due);
    }
    rise(heap, due);
    sink(heap, due);
}

void due_drop(struct due_heap *heap, struct due *due) {
    if (due->place == 0)
        return;
    struct due *last = heap->items[--heap->n];
    if (last != due) {
        put_at(heap, due->place, last);
        rise(heap, last);
        sink(heap, last);
    }
    due->place = 0;
}

struct due *due_first(const struct due_heap *heap) {
    return heap->n ? heap->items[0] : NULL;
}

int64_t due_jitter(const char *id, int64_t span_ms) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a, then a final mix for the high bits */
    for (const char *c = id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 29;
    return span_ms > 0 ? (int64_t)(hash % (uint64_t)span_ms) : 0;
}
