/* Two feeds, item by item: which were added, which removed, and which fields of the others changed. What
 * `gonogo feed diff` prints; the plan and the report say the same words about what an action did to a
 * feed.
 *
 * An item is the same in both when it has the same version for the same system (without a version: the
 * same url); of several such the one with the same url, else the first. Its place is no change: to
 * Sparkle only versions order items. */
#ifndef GONOGO_MODEL_FEED_DIFF_H
#define GONOGO_MODEL_FEED_DIFF_H

#include <stddef.h>

#include "src/base/buf.h"
#include "src/base/err.h"
#include "src/model/feed_list.h"

enum feed_change_kind { FEED_ADDED, FEED_REMOVED, FEED_CHANGED };
const char *feed_change_name(enum feed_change_kind kind); /* "added", "removed", "changed" */

struct feed_field_change {
    enum feed_list_field field;
    const char *before, *after; /* raw; NULL = absent */
};

/* Borrowed until the callback returns; texts are raw. */
struct feed_change {
    enum feed_change_kind kind;
    const char *version;         /* NULL = it has none */
    unsigned old_line, new_line; /* 0 = it is not there */
    /* What changed; of an item that was added or removed all that it has. */
    const struct feed_field_change *fields;
    size_t n_fields;
};

/* First what is in the new feed, in its order, then what is only in the old one. Ends with the first
 * error of `change`. */
struct feed_change_sink {
    enum err_code (*change)(void *self, const struct feed_change *change, struct err *err);
    void *self;
};
enum err_code feed_diff(const struct feed_list *before, const struct feed_list *after,
                        struct feed_change_sink sink, struct err *err);

/* One change in words, safe: a line for each field that changed, one for an item that came or went.
 *   added 2.0.0.20 (line 5): channel beta, length 275899820, signed
 *   changed 2.0.0.19 (line 9): length: 275899820 -> 275899821
 *   removed 2.0.0.18 */
void feed_change_words(const struct feed_change *change, struct buf *out);

#endif
