/* Writes a feed: RSS 2.0 with Sparkle's namespace, from manifests that passed their rules. */
#ifndef GONOGO_RELEASE_APPCAST_H
#define GONOGO_RELEASE_APPCAST_H

#include <stddef.h>

#include "src/base/buf.h"
#include "src/base/err.h"
#include "src/model/manifest.h"

struct appcast {
    const char *title; /* of the channel */
    const char *link;  /* where people read about it */
    const char *description;
    const struct manifest *const *items; /* in this order */
    size_t n_items;
};

/* The whole document into `out`. The same manifests give the same bytes: nothing in it depends on
 * the time of the request. pubDate is left out when release_date is no date. ERR_PARSE when a text cannot stand in XML (control characters, no UTF-8). */
enum err_code appcast_write(const struct appcast *appcast, struct buf *out, struct err *err);

#endif
