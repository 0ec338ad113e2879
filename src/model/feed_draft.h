/* A feed item while it is being read: texts in one arena that is reused from item to item. Only for
 * feed.c. */
#ifndef GONOGO_MODEL_FEED_DRAFT_H
#define GONOGO_MODEL_FEED_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "src/model/feed.h"

/* What is kept. Some have two places in the wire's untidiness. */
enum draft_field {
    /* elements of the item */
    FIELD_TITLE,
    FIELD_VERSION,
    FIELD_SHORT_VERSION,
    FIELD_CHANNEL,
    FIELD_PUB_DATE,
    FIELD_PHASED,
    FIELD_MINIMUM_SYSTEM,
    FIELD_MAXIMUM_SYSTEM,
    FIELD_MINIMUM_AUTOUPDATE,
    FIELD_IGNORE_SKIPPED,
    FIELD_LINK,
    FIELD_NOTES,
    /* attributes of its enclosure */
    FIELD_URL,
    FIELD_LENGTH,
    FIELD_TYPE,
    FIELD_ED_SIGNATURE,
    FIELD_DSA_SIGNATURE,
    FIELD_OS,
    FIELD_ENCLOSURE_VERSION,
    FIELD_ENCLOSURE_SHORT_VERSION,
    FIELD_ENCLOSURE_MINIMUM_SYSTEM,
    /* attribute of its criticalUpdate */
    FIELD_CRITICAL_VERSION,
    /* the channel's own title, outside of items */
    FIELD_CHANNEL_TITLE,
    FIELDS,
    FIELD_NONE = FIELDS,
};

struct draft {
    char *data;
    size_t len, size;
    size_t at[FIELDS]; /* offset in data, plus one; 0 = absent */
    /* A text that is coming in: of `open`, from data + start on. */
    enum draft_field open;
    size_t start;
    struct feed_item item; /* what is no text is set here directly */
};

void draft_init(struct draft *d);
void draft_fini(struct draft *d);
void draft_clear(struct draft *d); /* a new item; the memory is kept */

/* A text comes in, piece by piece. False, and the item is to be given up, when it would pass
 * FEED_ITEM_CAP. */
void draft_open(struct draft *d, enum draft_field field);
bool draft_add(struct draft *d, const void *bytes, size_t n);
bool draft_close(struct draft *d, bool trim); /* `trim`: without the blanks around it */

bool draft_has(const struct draft *d, enum draft_field field);
const char *draft_text(const struct draft *d, enum draft_field field); /* NULL = absent */

/* The texts as they stand, borrowed from the draft. */
const struct feed_item *draft_item(struct draft *d);

#endif
