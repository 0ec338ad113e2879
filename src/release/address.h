/* The URL under which a channel's artifact is served: …/TAG/NAME, where each channel has tags of its
 * own, or a stable address of the channel itself (…/downloads/NAME). */
#ifndef GONOGO_RELEASE_ADDRESS_H
#define GONOGO_RELEASE_ADDRESS_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/release/layout.h"

/* The tag that a version has to itself: "v2.0.0.20"; heap. */
char *address_version_tag(const char *version);

/* Is `url` of that form, under the tag of this version? */
bool address_is_versioned(const char *url, const char *version);

/* Is this a tag of any channel, or of any version? */
bool address_is_tag(const struct layout *layout, const char *tag);

/* Where `name` under `tag` is to be served, on the heap: by the layout's template; else as `existing`
 * (what the channel's manifest says now) has it, unless that is another tag's; else `existing` or
 * `other` (another channel's) with its tag replaced. Either may be NULL. NULL and `err` when none of
 * these says it. Never `other` itself. */
char *address_make(const struct layout *layout, const char *tag, const char *name,
                   const char *existing, const char *other, struct err *err);

#endif
