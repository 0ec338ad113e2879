/* A feed as a table for people. Feeds of a usual size are held back until the newest item is known and
 * the columns can be measured; longer ones stream, with the columns of their beginning, and the newest
 * is named in the last line only. */
#ifndef GONOGO_CMD_FEED_TABLE_H
#define GONOGO_CMD_FEED_TABLE_H

#include "src/cmd/out.h"
#include "src/model/feed.h"

struct feed_table;

struct feed_table *feed_table_new(struct out *out); /* borrows `out` */
void feed_table_free(struct feed_table *table);     /* NULL is fine */

enum err_code feed_table_add(struct feed_table *table, const struct feed_item *item,
                             struct err *err);
/* The rest, and the summary. `title` may be NULL. */
enum err_code feed_table_finish(struct feed_table *table, const char *title, size_t items,
                                const struct feed_newest *newest, struct err *err);

#endif
