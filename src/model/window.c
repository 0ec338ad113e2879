#include "src/model/window.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

#define MINUTE INT64_C(60000)

static const struct {
    const char *name;
    int64_t minutes;
    int64_t slot; /* minutes */
} spans[WINDOW_SPANS] = {
    [WINDOW_5M] = {"5m", 5, 1},     [WINDOW_30M] = {"30m", 30, 1},
    [WINDOW_1H] = {"1h", 60, 1},    [WINDOW_2H] = {"2h", 120, 2},
    [WINDOW_6H] = {"6h", 360, 6},   [WINDOW_1D] = {"1d", 1440, 24},
    [WINDOW_3D] = {"3d", 4320, 72}, [WINDOW_30D] = {"30d", 43200, 720},
};

struct slot {
    bool used;
    int64_t id; /* slots since 1970 */
    double part, whole, min, max;
    struct digest_bucket *buckets; /* ascending */
    size_t n, room;
};

struct window {
    enum window_span span;
    struct slot slots[WINDOW_SLOTS];
};

int64_t window_span_ms(enum window_span span) {
    return spans[span].minutes * MINUTE;
}

int64_t window_slot_ms(enum window_span span) {
    return spans[span].slot * MINUTE;
}

size_t window_slots(enum window_span span) {
    return (size_t)(spans[span].minutes / spans[span].slot);
}

bool window_span_of(int64_t ms, enum window_span *span) {
    for (int i = 0; i < WINDOW_SPANS; i++) {
        if (window_span_ms((enum window_span)i) == ms) {
            *span = (enum window_span)i;
            return true;
        }
    }
    return false;
}

const char *window_span_name(enum window_span span) {
    return spans[span].name;
}

struct window *window_new(enum window_span span) {
    struct window *w = mem_zero(1, sizeof *w);
    w->span = span;
    return w;
}

void window_free(struct window *w) {
    if (!w)
        return;
    for (size_t i = 0; i < WINDOW_SLOTS; i++)
        free(w->slots[i].buckets);
    free(w);
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static struct slot *slot_at(const struct window *w, int64_t id) {
    int64_t n = (int64_t)window_slots(w->span);
    int64_t place = id - floor_div(id, n) * n;
    return (struct slot *)&w->slots[place];
}

/* Merges two ascending lists, from the end, in the room of the first. */
static void add_buckets(struct slot *slot, const struct digest_bucket *more, size_t n) {
    if (n == 0)
        return;
    if (slot->n + n > slot->room) {
        slot->room = slot->n + n + (slot->n + n) / 4;
        slot->buckets = mem_resize(slot->buckets, slot->room, sizeof *slot->buckets);
    }
    size_t have = slot->n, left = n, to = have + n;
    struct digest_bucket *b = slot->buckets;
    while (left > 0) {
        if (have > 0 && b[have - 1].bucket > more[left - 1].bucket)
            b[--to] = b[--have];
        else
            b[--to] = more[--left];
    }
    /* The rest of `b` lies where it belongs; then those that are there twice become one. */
    size_t all = slot->n + n, kept = 0;
    for (size_t i = 0; i < all; i++) {
        if (kept > 0 && b[kept - 1].bucket == b[i].bucket) {
            uint32_t room = UINT32_MAX - b[kept - 1].count;
            b[kept - 1].count += b[i].count < room ? b[i].count : room;
        } else {
            b[kept++] = b[i];
        }
    }
    slot->n = kept;
}

void window_add(struct window *w, int64_t now_ms, const struct digest_delta *delta,
                const struct digest_bucket *buckets) {
    int64_t width = spans[w->span].slot, n = (int64_t)window_slots(w->span);
    int64_t now = floor_div(floor_div(now_ms, MINUTE), width);
    int64_t id = floor_div(delta->minute, width);
    id = id > now ? now : id;
    if (id <= now - n)
        return;
    struct slot *slot = slot_at(w, id);
    /* Another lap, or a clock that was ahead and is no more. */
    if (!slot->used || slot->id != id) {
        struct digest_bucket *room = slot->buckets;
        *slot = (struct slot){.used = true, .id = id, .buckets = room, .room = slot->room};
    }
    bool first = slot->whole <= 0;
    slot->min = first || delta->min < slot->min ? delta->min : slot->min;
    slot->max = first || delta->max > slot->max ? delta->max : slot->max;
    slot->part += delta->part;
    slot->whole += delta->whole;
    add_buckets(slot, buckets, delta->n_buckets);
}

static void add_slot(const struct slot *slot, struct window_sum *into) {
    into->part += slot->part;
    into->whole += slot->whole;
    struct histogram *h = into->spread;
    if (!h || slot->n == 0)
        return;
    h->min = h->n == 0 || slot->min < h->min ? slot->min : h->min;
    h->max = h->n == 0 || slot->max > h->max ? slot->max : h->max;
    h->sum += slot->part;
    histogram_add_buckets(h, slot->buckets, slot->n);
}

void window_slot_sum(const struct window *w, int64_t now_ms, size_t slot, struct window_sum *into) {
    int64_t now = floor_div(floor_div(now_ms, MINUTE), spans[w->span].slot);
    int64_t id = now - (int64_t)window_slots(w->span) + 1 + (int64_t)slot;
    const struct slot *at = slot_at(w, id);
    if (at->used && at->id == id)
        add_slot(at, into);
}

void window_sum(const struct window *w, int64_t now_ms, struct window_sum *into) {
    for (size_t i = 0; i < window_slots(w->span); i++)
        window_slot_sum(w, now_ms, i, into);
}
