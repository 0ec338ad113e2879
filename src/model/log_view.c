#include "src/model/log_view.h"

#include <stdlib.h>

const struct log_view *log_view_keep(const struct log_view *v) {
    struct log_view *counted = (struct log_view *)v; /* the count is no part of the value */
    if (counted)
        atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return v;
}

void log_view_drop(const struct log_view *v) {
    struct log_view *dead = (struct log_view *)v;
    if (!dead || atomic_fetch_sub_explicit(&dead->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(dead->logs);
    free(dead->events);
    free(dead->violations);
    free(dead->findings);
    free(dead);
}
