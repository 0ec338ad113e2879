/* What one Sparkle client would be offered from a feed, and which filter dropped each of the others
 * (domain §7): the filters in Sparkle's order, then the highest version, the first on a tie.
 *
 * A major upgrade (the client is below sparkle:minimumAutoupdateVersion) is no offer of an automatic
 * check, as §7 has it. Sparkle 2 itself goes on from there: when nothing else is newer it shows the major
 * upgrade to its user even then, without ever installing it by itself; and a manual check prefers a newer
 * version that is no major upgrade. An offer here means "gets it", on which a rollout is counted, and not
 * "is shown it"; the reasons say the rest. */
#ifndef GONOGO_MODEL_OFFER_H
#define GONOGO_MODEL_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/model/feed.h"

/* In the order in which they are asked. */
enum offer_filter {
    OFFER_CANDIDATE, /* none: it may be offered */
    OFFER_VERSION,   /* it has none */
    OFFER_OS,
    OFFER_DELTA,          /* a delta that is no part of a whole update */
    OFFER_MINIMUM_UPDATE, /* the client is too old to take it directly; Sparkle 2.9 */
    OFFER_CHANNEL,
    OFFER_MINIMUM_SYSTEM,
    OFFER_MAXIMUM_SYSTEM,
    OFFER_HARDWARE,           /* Apple silicon only, on an Intel machine; Sparkle 2.9 */
    OFFER_MINIMUM_AUTOUPDATE, /* automatic checks only */
    OFFER_PHASED,             /* automatic checks only */
    OFFER_SKIPPED,            /* automatic checks only */
    OFFER_NOT_NEWER,          /* than what the client has */
    OFFER_NOT_HIGHEST,
};
const char *offer_filter_name(enum offer_filter filter); /* NULL for a candidate */

enum offer_hardware { OFFER_ANY_HARDWARE, OFFER_ARM64, OFFER_X86_64 }; /* any: drops nothing */

/* Strings are borrowed. */
struct offer_client {
    const char *host_version;
    char *const *channels; /* asked for besides the default one; NULL-terminated; NULL = none */
    const char *system_version; /* NULL = not known: system versions drop nothing */
    enum offer_hardware hardware;
    const char *skipped; /* the version its user chose to skip; NULL = none */
    int group;           /* 0 … 6 */
    bool manual;         /* the user asked; else an automatic check */
    int64_t now_ms;
};

enum { OFFER_REASON_CAP = 320 };

struct offer {
    const struct offer_client *client;
    bool found;
    char version[VERSION_CAP]; /* of the best so far */
    unsigned line;
    size_t index;
    bool major;              /* the best is a major upgrade for this client */
    char minor[VERSION_CAP]; /* the best that is none; "" = there is none */
    unsigned minor_line;
};

/* What became of one item. A candidate leads until a later item is called the leader. */
struct offer_verdict {
    enum offer_filter filter;
    bool leads;                    /* the best so far */
    char reason[OFFER_REASON_CAP]; /* of what dropped it, or why it is a candidate; safe text */
};

void offer_init(struct offer *offer, const struct offer_client *client);
/* ERR_LIMIT for a version that does not fit VERSION_CAP: it could not be told from another. */
enum err_code offer_fold(struct offer *offer, const struct feed_item *item,
                         struct offer_verdict *verdict, struct err *err);

/* Why Sparkle's reader gives up the whole feed for this item, as a clause; NULL = it does not. Offers say what
 * would be if it were mended. */
const char *offer_refusal(const struct feed_item *item);

/* Why a candidate that led before is not offered after all. */
#define OFFER_OUTDONE "a higher version comes further down in the feed"

#endif
