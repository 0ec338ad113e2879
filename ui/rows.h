/* Which sources are shown, and in which order: filter, sort and fold. Worked out when a snapshot or a
 * wish changed, never per frame: ten thousand rows scroll as ten. */
#ifndef GONOGO_UI_ROWS_H
#define GONOGO_UI_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/model/filter.h"
#include "src/model/snapshot.h"

enum sort_by {
    SORT_NONE, /* as configured */
    SORT_STATE,
    SORT_ENVIRONMENT,
    SORT_NAME,
    SORT_KIND,
    SORT_VERSION,
    SORT_HTTP,
    SORT_LATENCY,
    SORT_AGE,
    SORT_TLS,
};

struct row {
    unsigned index; /* source, or environment */
    bool head;      /* an environment's line */
};

struct rows {
    const struct policy *policy;
    /* wishes; rows_wish() after a change */
    enum sort_by sort;
    bool turned;  /* descending */
    bool grouped; /* by environment */
    bool *shut;   /* per environment: its sources are folded away */
    char filter[FILTER_CAP];
    /* result */
    struct row *rows;
    size_t n;
    size_t n_sources; /* that passed the filter, folded ones included */

    void *keys;
    uint64_t made_for; /* the number of the snapshot */
    bool wish;
};

void rows_init(struct rows *r, const struct policy *policy);
void rows_fini(struct rows *r);
void rows_wish(struct rows *r);
/* Makes the rows anew if anything changed; true when they were. */
bool rows_make(struct rows *r, const struct snapshot *s);
/* The place of a row; 0 when it is not there. */
size_t rows_find(const struct rows *r, struct row row);

#endif
