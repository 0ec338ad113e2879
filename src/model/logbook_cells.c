/* Metrics by minute. Most values go to few places: the minute that is running, of the metrics that are
 * busy. Others make room for them, least recently used first, by going into the digest early. */
#include <stdlib.h>

#include "src/base/mem.h"
#include "src/model/logbook_parts.h"

static void flush_cell(struct cell *cell, struct digest *into) {
    struct digest_bucket buckets[HISTOGRAM_BUCKETS];
    struct digest_delta delta = {.metric = cell->metric,
                                 .cohort = cell->cohort,
                                 .version = cell->version,
                                 .minute = cell->minute,
                                 .part = cell->part,
                                 .whole = cell->whole};
    size_t n = 0;
    if (cell->spread && cell->spread->n > 0) {
        delta.part = cell->spread->sum;
        delta.whole = (double)cell->spread->n;
        delta.min = cell->spread->min;
        delta.max = cell->spread->max;
        n = histogram_pack(cell->spread, buckets);
        histogram_clear(cell->spread);
    }
    digest_add(into, &delta, buckets, n);
    cell->used = false;
}

static bool same(const struct cell *a, const struct cell *b) {
    return a->used && a->minute == b->minute && a->metric == b->metric && a->cohort == b->cohort &&
           a->version == b->version;
}

static struct cell *place_of(struct cells *cells, struct digest *into, const struct cell *key) {
    uint64_t hash =
        ((uint64_t)key->minute * 31 + key->metric) * 31 + key->version * 3U + key->cohort;
    struct cell *set = cells->all[(hash * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
    struct cell *oldest = set;
    for (size_t i = 0; i < CELL_WAYS; i++) {
        if (same(&set[i], key))
            return &set[i];
        if (oldest->used && (!set[i].used || set[i].touched < oldest->touched))
            oldest = &set[i];
    }
    if (oldest->used)
        flush_cell(oldest, into);
    struct histogram *spread = oldest->spread;
    *oldest = *key;
    oldest->used = true;
    oldest->spread = spread;
    oldest->part = oldest->whole = 0;
    return oldest;
}

void cells_add(struct cells *cells, struct digest *into, const struct cell *key, bool measure,
               double part, double whole) {
    struct cell *cell = place_of(cells, into, key);
    cell->touched = ++cells->touches;
    if (!measure) {
        cell->part += part;
        cell->whole += whole;
        return;
    }
    if (!cell->spread)
        cell->spread = mem_zero(1, sizeof *cell->spread);
    histogram_add(cell->spread, part);
}

void cells_flush(struct cells *cells, struct digest *into) {
    for (size_t i = 0; i < CELL_SETS; i++)
        for (size_t k = 0; k < CELL_WAYS; k++)
            if (cells->all[i][k].used)
                flush_cell(&cells->all[i][k], into);
}

void cells_fini(struct cells *cells) {
    for (size_t i = 0; i < CELL_SETS; i++)
        for (size_t k = 0; k < CELL_WAYS; k++)
            free(cells->all[i][k].spread);
}
