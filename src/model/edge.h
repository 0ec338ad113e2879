/* What one look at a document behind an edge (a CDN, a proxy's cache) saw, for comparing the edge with
 * its origin: the probe writes it, the gate reads it, `check --json` shows it. */
#ifndef GONOGO_MODEL_EDGE_H
#define GONOGO_MODEL_EDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/hash.h"
#include "src/model/feed_list.h"
#include "src/model/version.h"

enum {
    EDGE_UNKNOWN = -1,
    EDGE_CACHE_CAP = 96, /* bytes of a cache's own word; RFC 9211 allows long ones */
};

struct edge_reading {
    char sha256[HASH_HEX_CAP]; /* of the body as a client gets it, unpacked */
    int64_t bytes;
    int64_t age_s;              /* header Age; EDGE_UNKNOWN = not sent */
    char cache[EDGE_CACHE_CAP]; /* "HIT": raw; "" = no cache says anything */

    /* A feed: all that Sparkle reads of it but the dates, and the dates' range. Some servers write them
     * anew with each answer. */
    bool is_feed;
    char feed_sha256[HASH_HEX_CAP];
    char newest[VERSION_CAP]; /* raw; "" = nothing for everybody */
    bool dated;               /* every item has a date that Sparkle reads, and there is an item */
    int64_t first_ms, last_ms;
};

/* Fills the part of a feed. */
void edge_read_feed(struct edge_reading *reading, const struct feed_list *list);

/* As a JSON object, on the heap; and back: false when it is none of these. */
char *edge_reading_write(const struct edge_reading *reading);
bool edge_reading_read(const char *json, struct edge_reading *reading);

/* Are the dates those of the moment when the answer was made, `made_ms` (wall, the server's clock)? */
bool edge_dates_are_made(const struct edge_reading *reading, int64_t made_ms);

#endif
