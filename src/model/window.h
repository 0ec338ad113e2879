/* Rolling windows at constant memory: a window is a ring of slots of whole minutes. What comes late
 * goes to the slot of its own minute; what is older than the window is dropped; a clock that jumps
 * ahead and back again leaves nothing behind.
 *
 * A window reaches from the newest slot (which may have just begun) back over all its slots, so that it
 * covers its span but for a part of one slot. */
#ifndef GONOGO_MODEL_WINDOW_H
#define GONOGO_MODEL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/digest.h"
#include "src/model/histogram.h"

enum window_span {
    WINDOW_5M,
    WINDOW_30M,
    WINDOW_1H,
    WINDOW_2H,
    WINDOW_6H,
    WINDOW_1D,
    WINDOW_3D,
    WINDOW_30D,
    WINDOW_SPANS,
};

enum { WINDOW_SLOTS = 60 };

int64_t window_span_ms(enum window_span span);
int64_t window_slot_ms(enum window_span span);
size_t window_slots(enum window_span span); /* ≤ WINDOW_SLOTS */
/* False when no window is that long. */
bool window_span_of(int64_t ms, enum window_span *span);
const char *window_span_name(enum window_span span); /* "5m" … "30d" */

/* What was added up, of rates and counts (part, whole) or of a measure (spread as well). */
struct window_sum {
    double part, whole;
    struct histogram *spread; /* the caller's, or NULL */
};

struct window;

struct window *window_new(enum window_span span);
void window_free(struct window *w); /* NULL is fine */

/* Adds a delta to the slot of its minute; a minute that is still to come is this one. */
void window_add(struct window *w, int64_t now_ms, const struct digest_delta *delta,
                const struct digest_bucket *buckets);
/* Adds all that is in the window now to `into`. */
void window_sum(const struct window *w, int64_t now_ms, struct window_sum *into);
/* The same for one slot: 0 is the oldest, window_slots() - 1 the newest. */
void window_slot_sum(const struct window *w, int64_t now_ms, size_t slot, struct window_sum *into);

#endif
