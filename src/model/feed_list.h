/* A whole feed in memory, its items as texts side by side: for comparing one with another. */
#ifndef GONOGO_MODEL_FEED_LIST_H
#define GONOGO_MODEL_FEED_LIST_H

#include <stddef.h>

#include "src/base/err.h"

enum {
    FEED_LIST_BYTES = 64 << 20, /* of all its texts: twice what is taken from the network */
    FEED_LIST_ITEMS = 1 << 18,  /* such a feed is 60 MB, and no client would load it */
};

/* What of an item is compared. */
enum feed_list_field {
    LIST_VERSION,
    LIST_SHORT_VERSION,
    LIST_TITLE,
    LIST_CHANNEL,
    LIST_OS,
    LIST_URL,
    LIST_LENGTH,
    LIST_TYPE,
    LIST_ED_SIGNATURE,
    LIST_DSA_SIGNATURE,
    LIST_DELTA_FROM,
    LIST_INSTALLATION_TYPE,
    LIST_PUB_DATE,
    LIST_PHASED,
    LIST_CRITICAL,      /* "for everybody", "below VERSION" */
    LIST_INFORMATIONAL, /* the same, or "for VERSION", several after commas */
    LIST_MINIMUM_SYSTEM,
    LIST_MAXIMUM_SYSTEM,
    LIST_MINIMUM_AUTOUPDATE,
    LIST_MINIMUM_UPDATE,
    LIST_IGNORE_SKIPPED,
    LIST_HARDWARE,
    LIST_LINK,
    LIST_NOTES, /* "LANGUAGE URL", several after commas */
    LIST_FULL_NOTES,
    LIST_DELTAS, /* "from VERSION URL LENGTH SIGNATURE", several after commas */
    LIST_FIELDS,
};

/* Snake case, as `feed show --json` names them: "ed_signature". */
const char *feed_list_field_name(enum feed_list_field field);

struct feed_item;
struct feed_list;

struct feed_list *feed_list_new(const char *where); /* `where` names it in errors (copied) */
/* One that is given its items by whoever reads the feed (feed_list_add() is for struct feed_sink, with the
 * list as self), with texts of so many bytes at most. */
struct feed_list *feed_list_of_items(size_t bytes);
enum err_code feed_list_add(void *list, const struct feed_item *item, struct err *err);
void feed_list_free(struct feed_list *list); /* NULL is fine */
/* A list that changes no more can be shared: another reference, and one less. */
const struct feed_list *feed_list_keep(const struct feed_list *list);
void feed_list_drop(const struct feed_list *list); /* NULL is fine */

/* The feed's bytes, as for struct feed_parser, with its errors; ERR_LIMIT besides for one that is too
 * large to be kept. */
enum err_code feed_list_push(struct feed_list *list, const char *bytes, size_t n, struct err *err);
enum err_code feed_list_finish(struct feed_list *list, struct err *err);

/* What is below is for a list that was finished. Borrowed; raw; NULL = absent. */
size_t feed_list_items(const struct feed_list *list);
unsigned feed_list_line(const struct feed_list *list, size_t item);
const char *feed_list_text(const struct feed_list *list, size_t item, enum feed_list_field field);
/* What a reader on no extra channel is offered; NULL = nothing. */
const char *feed_list_newest(const struct feed_list *list);

#endif
