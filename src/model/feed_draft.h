/* A feed item while it is being read: texts in one arena that is reused from item to item. Only for
 * the files of the feed parser. */
#ifndef GONOGO_MODEL_FEED_DRAFT_H
#define GONOGO_MODEL_FEED_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    FIELD_FULL_NOTES,
    FIELD_MINIMUM_UPDATE,
    FIELD_HARDWARE,
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
    FIELD_DELTA_FROM,
    FIELD_INSTALLATION_TYPE,
    /* attribute of its criticalUpdate */
    FIELD_CRITICAL_VERSION,
    FIELD_NOTES, /* the first of the parts that are notes */
    FIELD_PART,  /* whichever part is open: draft_part_close() moves it there */
    /* the channel's own title, outside of items */
    FIELD_CHANNEL_TITLE,
    FIELDS,
    FIELD_NONE = FIELDS,
};

enum draft_part_text { PART_TEXT, PART_DETAIL, PART_LENGTH, PART_ED_SIGNATURE, PART_TEXTS };

struct draft_part {
    enum feed_part_kind kind;
    unsigned line;
    const char *name;        /* of what is unknown: lives as long as the parser */
    uint32_t at[PART_TEXTS]; /* like draft.at */
};

struct draft {
    char *data;
    size_t len, size;
    uint32_t at[FIELDS]; /* offset in data, plus one; 0 = absent */
    /* A text that is coming in: of `open`, from data + start on. */
    enum draft_field open;
    size_t start;
    unsigned line[FIELDS]; /* where each began */
    struct draft_part parts[FEED_PARTS_CAP];
    struct feed_part handed_out[FEED_PARTS_CAP];
    struct feed_item item; /* what is no text is set here directly */
};

void draft_init(struct draft *d);
void draft_fini(struct draft *d);
void draft_clear(struct draft *d); /* a new item; the memory is kept */

bool draft_grow(struct draft *d, size_t n); /* the rare part of draft_add() */

/* A text comes in, piece by piece. False, and the item is to be given up, when it would pass
 * FEED_ITEM_CAP. */
static inline void draft_open(struct draft *d, enum draft_field field) {
    d->open = field;
    d->start = d->len;
}
static inline bool draft_add(struct draft *d, const void *bytes, size_t n) {
    if (n > d->size - d->len && !draft_grow(d, n))
        return false;
    memcpy(d->data + d->len, bytes, n);
    d->len += n;
    return true;
}
bool draft_close(struct draft *d, bool trim); /* `trim`: without the blanks around it */

static inline bool draft_has(const struct draft *d, enum draft_field field) {
    return d->at[field] != 0;
}
static inline const char *draft_text(const struct draft *d, enum draft_field field) {
    return d->at[field] == 0 ? NULL : d->data + d->at[field] - 1; /* NULL = absent */
}

/* A part more, counted as lost when there is no room (NULL). */
struct draft_part *draft_part(struct draft *d, enum feed_part_kind kind, unsigned line);
/* Closes the open text as one of the last part's. */
bool draft_part_close(struct draft *d, enum draft_part_text text, bool trim);

/* The texts as they stand, borrowed from the draft. */
const struct feed_item *draft_item(struct draft *d);

#endif
