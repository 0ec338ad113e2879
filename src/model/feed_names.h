/* The names that Sparkle reads in a feed, and the same as pointers: libxml2 hands out interned names, so
 * that a known one is a known pointer. Only for the files of the feed parser (feed_parts.h). */
#ifndef GONOGO_MODEL_FEED_NAMES_H
#define GONOGO_MODEL_FEED_NAMES_H

#include <stdbool.h>

#include <libxml/xmlstring.h>

#include <libxml/dict.h> /* needs it, and does not say so */

#include "src/model/feed_draft.h"

/* Elements of an item that are no texts. */
enum feed_element {
    ELEMENT_ENCLOSURE,
    ELEMENT_CRITICAL,
    ELEMENT_INFORMATIONAL,
    ELEMENT_DELTAS,
    ELEMENT_TAGS,
    ELEMENT_RSS,
    ELEMENT_CHANNEL,
    ELEMENT_ITEM,
    ELEMENT_NOTES,
    ELEMENT_VERSION,
    ELEMENT_BELOW,
    ELEMENTS,
};

struct feed_name {
    const char *text;
    bool sparkle;
};

enum {
    FEED_TEXTS = FIELD_HARDWARE + 1,
    FEED_ENCLOSURE_TEXTS = FIELD_INSTALLATION_TYPE - FIELD_URL + 1,
    FEED_QUIET_TEXTS = 2,
    FEED_DELTA_TEXTS = 4,
};

/* Elements of an item that are texts, by enum draft_field. */
extern const struct feed_name feed_texts[FEED_TEXTS];
/* By enum feed_element. */
extern const struct feed_name feed_elements[ELEMENTS];
/* Attributes of the enclosure: the one at i is field FIELD_URL + i. */
extern const struct feed_name feed_enclosure_texts[FEED_ENCLOSURE_TEXTS];
/* Of the enclosure of a delta. */
extern const struct feed_delta_text {
    struct feed_name name;
    enum draft_part_text text;
} feed_delta_texts[FEED_DELTA_TEXTS];

/* The same names as pointers into the parser's dictionary. */
struct feed_names {
    const xmlChar *text[FEED_TEXTS];
    const xmlChar *enclosure[FEED_ENCLOSURE_TEXTS];
    const xmlChar *element[ELEMENTS];
    /* Attributes of the enclosure that Sparkle reads and gonogo does not keep. */
    const xmlChar *quiet[FEED_QUIET_TEXTS];
    const xmlChar *delta[FEED_DELTA_TEXTS];
    const xmlChar *version;
    const xmlChar *lang, *xml_prefix;
    const xmlChar *sparkle_prefix;
    const xmlChar *sparkle_uri;
};

void feed_names_intern(struct feed_names *names, xmlDict *dict);

#endif
