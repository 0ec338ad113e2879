/* "Newest" as a Sparkle client finds it (domain §7). What Sparkle's reader does with a channel's name
 * counts here too: an empty one, or one with a character outside [A-Za-z0-9._-], is ignored, and the
 * item is for everybody. */
#include <string.h>

#include "src/model/feed.h"
#include "src/model/pub_date.h"

bool feed_is_channel_name(const char *name) {
    for (const char *c = name; *c != '\0'; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c & 0x80) != 0;
        if (!letter && !(*c >= '0' && *c <= '9') && strchr("._-", *c) == NULL)
            return false;
    }
    return *name != '\0';
}

bool feed_item_is_for_macos(const struct feed_item *item) {
    return item->os == NULL || strcmp(item->os, "macos") == 0;
}

bool feed_item_is_update(const struct feed_item *item) {
    return feed_item_is_for_macos(item) && item->delta_from == NULL;
}

bool feed_item_is_installable(const struct feed_item *item) {
    static const char *const types[] = {"application", "package", "interactive-package"};
    for (size_t i = 0; item->installation_type != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(item->installation_type, types[i]) == 0)
            return true;
    return item->installation_type == NULL;
}

bool feed_item_is_candidate(const struct feed_item *item, char *const *channels) {
    if (item->version == NULL || *item->version == '\0')
        return false;
    if (!feed_item_is_update(item))
        return false;
    if (item->channel == NULL || !feed_is_channel_name(item->channel))
        return true;
    for (; channels != NULL && *channels != NULL; channels++)
        if (strcmp(*channels, item->channel) == 0)
            return true;
    return false;
}

void feed_newest_init(struct feed_newest *n, char *const *channels) {
    *n = (struct feed_newest){.channels = channels, .length = -1};
}

/* NULL is "". False, and "" in dst, when it does not fit. */
static bool keep(char *dst, size_t cap, const char *text) {
    size_t len = text == NULL ? 0 : strlen(text);
    bool fits = len < cap;
    if (fits && len > 0)
        memcpy(dst, text, len);
    dst[fits ? len : 0] = '\0';
    return fits;
}

/* A version for which only hosts below another are in a hurry leaves the others phased. */
static struct exposure_item published(const struct feed_item *item) {
    struct exposure_item p = {.interval_s = item->phased_interval_s,
                              .critical = item->critical && item->critical_version == NULL};
    p.dated = item->pub_date != NULL && pub_date_parse(item->pub_date, &p.pub_date_ms);
    return p;
}

static void keep_signature(struct feed_newest *n, const char *signature) {
    size_t len = signature == NULL ? 0 : strnlen(signature, sizeof n->signature - 1);
    if (len > 0)
        memcpy(n->signature, signature, len);
    n->signature[len] = '\0';
    n->has_signature = len > 0;
}

enum err_code feed_newest_fold(struct feed_newest *n, const struct feed_item *item,
                               struct err *err) {
    if (!feed_item_is_candidate(item, n->channels))
        return ERR_OK;
    n->candidates++;
    size_t len = strlen(item->version);
    if (len >= VERSION_CAP)
        return err_set(err, ERR_LIMIT, NULL, "shorten it in the feed",
                       "sparkle:version is %zu bytes long, %d at most", len, VERSION_CAP - 1);
    if (n->found && version_compare(item->version, n->version) <= 0)
        return ERR_OK;
    n->found = true;
    n->too_long = NULL;
    n->line = item->line;
    n->index = item->index;
    n->length = item->length;
    keep_signature(n, item->ed_signature);
    n->published = published(item);
    keep(n->version, sizeof n->version, item->version);
    if (!keep(n->short_version, sizeof n->short_version, item->short_version))
        n->too_long = "sparkle:shortVersionString";
    if (!keep(n->url, sizeof n->url, item->url))
        n->too_long = "the enclosure's url";
    return ERR_OK;
}

enum err_code feed_newest_finish(const struct feed_newest *n, const char *where, struct err *err) {
    if (n->too_long == NULL)
        return ERR_OK;
    return err_set(err, ERR_LIMIT, where, "shorten it in the feed",
                   "line %u: %s of the newest item is longer than gonogo carries", n->line,
                   n->too_long);
}
