/* AppCast feeds (RSS 2.0 with Sparkle's namespace), read as the bytes come in: a push parser that
 * hands out one item after the other, and the fold that finds the newest by Sparkle's rule.
 *
 * The wire is untidy (domain §2): any prefix bound to Sparkle's namespace, elements or attributes
 * of the enclosure, CDATA, any encoding that libxml2 knows. Nothing outside the bytes is ever read:
 * no external entity, no DTD, no network. Memory is that of the largest single item. */
#ifndef GONOGO_MODEL_FEED_H
#define GONOGO_MODEL_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/model/exposure.h"
#include "src/model/version.h"

enum {
    FEED_TAG_CAP = 64 << 10, /* bytes of one tag: libxml2 compares each attribute with each */
    FEED_TEXT_CAP = 1 << 20, /* bytes of one text or attribute: release notes stay far below */
    FEED_ITEM_CAP = 4 << 20, /* bytes of all that is kept of one item */
    FEED_DEPTH_CAP = 64,     /* an AppCast nests six deep; XHTML inside a description a few more */
    FEED_CHUNK = 32 << 10,   /* bytes that feed_parser_push() likes best */
    FEED_URL_CAP = 512,      /* bytes with the NUL: as in struct sample */
    FEED_SIGNATURE_CAP = 96, /* bytes with the NUL: 64 bytes are 88 characters of base64 */
    FEED_PARTS_CAP = 64, /* of one item: deltas from so many versions, notes in so many languages */
};

/* What an item may have many of. */
enum feed_part_kind {
    FEED_DELTA,               /* an enclosure in sparkle:deltas */
    FEED_NOTES,               /* a sparkle:releaseNotesLink */
    FEED_INFORMATIONAL_FOR,   /* sparkle:version in sparkle:informationalUpdate */
    FEED_INFORMATIONAL_BELOW, /* sparkle:belowVersion there */
    FEED_UNKNOWN_ELEMENT,     /* in Sparkle's namespace, but nothing that Sparkle reads there */
    FEED_UNKNOWN_ATTRIBUTE,   /* the same on the enclosure */
    FEED_BARE_ELEMENT,        /* a name of Sparkle's without its namespace: not read */
    FEED_BARE_ATTRIBUTE,
};

/* Borrowed like the item. */
struct feed_part {
    enum feed_part_kind kind;
    unsigned line;
    const char *text; /* delta, notes: URL (NULL = absent); informational: version; else the name */
    const char *detail;      /* delta: sparkle:deltaFrom; notes: xml:lang; may be NULL */
    const char *length_text; /* of a delta, as written */
    const char *ed_signature;
};

/* Lines of what findings point at; 0 = absent. Of a tag over many lines it is the last one. */
struct feed_lines {
    unsigned version, channel, pub_date, phased, enclosure, link;
};

/* Everything is borrowed until the callback returns. Texts are UTF-8, NUL-terminated, and raw:
 * text_safe() before showing; elements come without surrounding blanks, attributes as they are. NULL
 * = absent, "" = there but empty. Of several elements of one name the first counts. */
struct feed_item {
    const char *title;
    const char *version;       /* sparkle:version: the enclosure's attribute, else the element */
    const char *short_version; /* sparkle:shortVersionString, for people; the same order */
    const char *channel;       /* NULL (or "", which Sparkle treats alike) = for everybody */
    const char *os;            /* sparkle:os of the enclosure; NULL = macOS */

    /* The item's own enclosure, never that of a delta. */
    bool has_enclosure;
    const char *url;
    const char *length_text; /* as written */
    int64_t length;          /* bytes; -1 = absent, or not a whole number ≥ 0 (see length_text) */
    const char *type;
    const char *ed_signature;
    const char *dsa_signature;
    const char
        *delta_from; /* sparkle:deltaFrom: a delta where none may be, Sparkle drops the item */

    const char *installation_type; /* sparkle:installationType of the enclosure */

    const char *pub_date;         /* as written */
    const char *phased_text;      /* sparkle:phasedRolloutInterval as written */
    int64_t phased_interval_s;    /* as Sparkle reads it: "1d" is 1, garbage is 0; -1 = absent */
    bool critical;                /* sparkle:criticalUpdate, or the same in sparkle:tags */
    const char *critical_version; /* its sparkle:version: critical only for hosts below it */
    bool informational;           /* sparkle:informationalUpdate */
    const char *minimum_system_version; /* element, or attribute of the enclosure */
    const char *maximum_system_version;
    const char *minimum_autoupdate_version;
    const char *ignore_skipped_below;   /* sparkle:ignoreSkippedUpgradesBelowVersion */
    const char *minimum_update_version; /* sparkle:minimumUpdateVersion (Sparkle 2.9) */
    const char *hardware;               /* sparkle:hardwareRequirements, as written (2.9) */
    const char *link;
    const char *notes_url;         /* the first sparkle:releaseNotesLink */
    const char *full_notes_url;    /* sparkle:fullReleaseNotesLink */
    bool minimum_system_misplaced; /* it is only the enclosure's attribute, which Sparkle ignores */

    const struct feed_part *parts; /* in the order of the file */
    size_t n_parts;
    size_t parts_lost; /* there were more than FEED_PARTS_CAP */
    struct feed_lines lines;

    unsigned deltas; /* enclosures in sparkle:deltas */
    unsigned line;   /* of <item>, from 1 */
    size_t index;    /* in the file, from 0 */
};

/* Where the items of /rss/channel go (Sparkle looks nowhere else). item() may end the reading by
 * filling `err` and returning its code; without a `where` in it, the item's line is filled in. */
struct feed_sink {
    enum err_code (*item)(void *self, const struct feed_item *item, struct err *err);
    void *self;
};

struct feed_parser;

/* `where` names the feed in errors (copied). */
struct feed_parser *feed_parser_new(const char *where, struct feed_sink sink);
void feed_parser_free(struct feed_parser *p); /* NULL is fine */

/* The next bytes, in pieces of any size. ERR_PARSE (with line and column) or ERR_LIMIT end the
 * reading: later calls return the same code. Items are handed out before this returns. */
enum err_code feed_parser_push(struct feed_parser *p, const char *bytes, size_t n, struct err *err);
/* The bytes are complete. ERR_PARSE when they are no whole feed (truncated, empty, HTML, JSON, …);
 * a channel without items is a feed. */
enum err_code feed_parser_finish(struct feed_parser *p, struct err *err);

/* The line of the error that ended the reading, from 1. */
unsigned feed_parser_error_line(const struct feed_parser *p);

/* The channel's title as far as read; NULL = none; borrowed until feed_parser_free(). */
const char *feed_parser_title(const struct feed_parser *p);
size_t feed_parser_items(const struct feed_parser *p); /* handed out so far */

/* Is it for macOS? Sparkle compares exactly. */
bool feed_item_is_for_macos(const struct feed_item *item);
/* Is it a whole update for macOS? Nobody is offered anything else. */
bool feed_item_is_update(const struct feed_item *item);

/* The newest item for a reader who asked for `channels` (domain §7): what is no whole update for macOS,
 * of a channel not asked for, or without a version is no candidate; the highest version wins, the
 * first in the file on a tie. Copies what it keeps. */
struct feed_newest {
    char *const *channels; /* borrowed, NULL-terminated; NULL = none asked for */
    bool found;
    char version[VERSION_CAP];
    char short_version[VERSION_CAP];    /* "" = absent */
    char url[FEED_URL_CAP];             /* "" = absent */
    int64_t length;                     /* as in struct feed_item */
    bool has_signature;                 /* a sparkle:edSignature that is not empty */
    char signature[FEED_SIGNATURE_CAP]; /* cut when it is longer: then it is none that could hold */
    struct exposure_item published;
    unsigned line;
    size_t index;
    size_t candidates;
    const char *too_long; /* the field of the winner that did not fit; NULL = all did */
};

void feed_newest_init(struct feed_newest *n, char *const *channels);
/* Fails closed: ERR_LIMIT for a candidate whose version does not fit VERSION_CAP (it could be the
 * newest, and could not be told from another). Shaped to be called from feed_sink.item. */
enum err_code feed_newest_fold(struct feed_newest *n, const struct feed_item *item,
                               struct err *err);
/* ERR_LIMIT when the winner's url or short version did not fit: a cut one must not be compared.
 * Nothing found is no error. */
enum err_code feed_newest_finish(const struct feed_newest *n, const char *where, struct err *err);

/* Is the item one that a reader of these channels may be offered? */
bool feed_item_is_candidate(const struct feed_item *item, char *const *channels);

/* Does Sparkle know how to install it? Of a word that it does not know it refuses the whole feed. */
bool feed_item_is_installable(const struct feed_item *item);

/* The length of an enclosure: a whole number ≥ 0 and nothing else, or -1. NULL is none. */
int64_t feed_length(const char *text);

/* Is it a channel's name to Sparkle (letters, digits and "._-")? If not the item is for everybody. */
bool feed_is_channel_name(const char *name);

#endif
