/* Where in a feed's bytes the date and the interval of one item stand, and the feed with others there
 * and not one other byte changed. */
#ifndef GONOGO_MODEL_FEED_EDIT_H
#define GONOGO_MODEL_FEED_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"
#include "src/base/err.h"

struct feed_span {
    size_t at, len; /* in bytes, without the blanks around the text; at 0 = there is none */
};

struct feed_place {
    struct feed_span pub_date, interval;
};

/* Of the item with this index (struct feed_item). The bytes must be a feed that struct feed_parser has
 * read without an error, in any encoding that holds ASCII: also UTF-16 and UTF-32, of which spans are
 * in bytes as well. ERR_REFUSED when a text is not plain (it holds elements). */
enum err_code feed_edit_find(const char *bytes, size_t n, size_t index, struct feed_place *place,
                             struct err *err);

/* The feed with these texts instead; NULL = as it is. `out` is empty before. They are ASCII and need no
 * escaping. Where they stand in `out` is in `after`. */
void feed_edit_write(const char *bytes, size_t n, const struct feed_place *place,
                     const char *pub_date, const char *interval, struct buf *out,
                     struct feed_place *after);

enum { FEED_EDIT_LINE = 240 }; /* bytes to each side that feed_edit_line() shows at most */

/* The line around a place, for people: without its end, cut where a feed is one long line; raw, in UTF-8
 * when the feed is in UTF-8, UTF-16 or UTF-32. */
void feed_edit_line(const char *bytes, size_t n, size_t at, struct buf *out);

#endif
