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
 * read without an error. ERR_REFUSED when a text is not plain (it holds elements), or the encoding is
 * one of more than a byte for ASCII. */
enum err_code feed_edit_find(const char *bytes, size_t n, size_t index, struct feed_place *place,
                             struct err *err);

/* The feed with these texts instead; NULL = as it is. `out` is empty before. They need no escaping. */
void feed_edit_write(const char *bytes, size_t n, const struct feed_place *place,
                     const char *pub_date, const char *interval, struct buf *out);

#endif
