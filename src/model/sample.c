#include "src/model/sample.h"

#include <stdint.h>
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/model/feed_list.h"

/* Nobody but the reference count writes to a sample that is shared. */
static _Atomic unsigned *refs_of(const struct sample *s) {
    return &((struct sample *)(uintptr_t)s)->refs;
}

struct sample *sample_new(unsigned source) {
    struct sample *s = mem_zero(1, sizeof *s);
    atomic_init(&s->refs, 1);
    s->source = source;
    s->reading = READING_ERROR; /* until a probe has seen better */
    s->latency_ms = SAMPLE_UNKNOWN;
    s->tls_days = SAMPLE_UNKNOWN;
    s->items = SAMPLE_UNKNOWN;
    s->size = SAMPLE_UNKNOWN;
    s->published.interval_s = -1;
    s->exit_code = SAMPLE_UNKNOWN;
    return s;
}

const struct sample *sample_keep(const struct sample *s) {
    atomic_fetch_add_explicit(refs_of(s), 1, memory_order_relaxed);
    return s;
}

void sample_drop(const struct sample *s) {
    if (!s || atomic_fetch_sub_explicit(refs_of(s), 1, memory_order_acq_rel) != 1)
        return;
    feed_list_drop(s->feed);
    free(s->signature);
    free(s->output);
    free(s->value);
    free((void *)(uintptr_t)s);
}
