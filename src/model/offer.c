#include "src/model/offer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/exposure.h"
#include "src/model/pub_date.h"

enum {
    QUOTE = 64, /* bytes of a feed's text that a reason quotes */
    QUOTE_CAP = 4 * QUOTE + 1,
};

/* One filter: does it drop the item? If so it says why. */
typedef bool drops(const struct offer_client *client, const struct feed_item *item,
                   char reason[OFFER_REASON_CAP]);

static bool given(const char *text) {
    return text != NULL && *text != '\0';
}

static bool because(char reason[OFFER_REASON_CAP], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool because(char reason[OFFER_REASON_CAP], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, OFFER_REASON_CAP, format, args);
    va_end(args);
    return true;
}

static const char *safe(char dst[QUOTE_CAP], const char *text) {
    size_t n = strlen(text);
    text_safe(dst, QUOTE_CAP, text, n < QUOTE ? n : text_cut(text, n, QUOTE));
    return dst;
}

/* ---- the filters ---- */

static bool has_no_version(const struct offer_client *client, const struct feed_item *item,
                           char reason[OFFER_REASON_CAP]) {
    (void)client;
    return !given(item->version) &&
           because(
               reason,
               "it has no sparkle:version: Sparkle guesses one from the file's name, or refuses "
               "the whole feed");
}

static bool is_for_another_os(const struct offer_client *client, const struct feed_item *item,
                              char reason[OFFER_REASON_CAP]) {
    char os[QUOTE_CAP];
    (void)client;
    return !feed_item_is_for_macos(item) &&
           because(reason, "it is for \"%s\", not for macos", safe(os, item->os));
}

static bool is_a_delta(const struct offer_client *client, const struct feed_item *item,
                       char reason[OFFER_REASON_CAP]) {
    char from[QUOTE_CAP];
    (void)client;
    return item->delta_from != NULL &&
           because(reason,
                   "it is a delta from %s outside of <sparkle:deltas>, where Sparkle drops it",
                   safe(from, item->delta_from));
}

static bool is_too_far_ahead(const struct offer_client *client, const struct feed_item *item,
                             char reason[OFFER_REASON_CAP]) {
    char least[QUOTE_CAP];
    const char *from = item->minimum_update_version;
    return given(from) && version_compare(client->host_version, from) < 0 &&
           because(reason, "it can be installed over %s and later, the client has %s",
                   safe(least, from), client->host_version);
}

static bool is_on_another_channel(const struct offer_client *client, const struct feed_item *item,
                                  char reason[OFFER_REASON_CAP]) {
    char channel[QUOTE_CAP];
    if (item->channel == NULL || !feed_is_channel_name(item->channel))
        return false;
    for (char *const *c = client->channels; c != NULL && *c != NULL; c++)
        if (strcmp(*c, item->channel) == 0)
            return false;
    return because(reason, "it is on channel %s, which the client does not ask for",
                   safe(channel, item->channel));
}

/* On the enclosure Sparkle does not see it. */
static const char *minimum_system(const struct feed_item *item) {
    return item->minimum_system_misplaced ? NULL : item->minimum_system_version;
}

static bool wants_newer_system(const struct offer_client *client, const struct feed_item *item,
                               char reason[OFFER_REASON_CAP]) {
    char system[QUOTE_CAP];
    const char *least = minimum_system(item);
    return given(least) && client->system_version != NULL &&
           version_compare(client->system_version, least) < 0 &&
           because(reason, "it wants macOS %s, the client has %s", safe(system, least),
                   client->system_version);
}

static bool wants_older_system(const struct offer_client *client, const struct feed_item *item,
                               char reason[OFFER_REASON_CAP]) {
    char system[QUOTE_CAP];
    const char *most = item->maximum_system_version;
    return given(most) && client->system_version != NULL &&
           version_compare(client->system_version, most) > 0 &&
           because(reason, "it goes up to macOS %s, the client has %s", safe(system, most),
                   client->system_version);
}

/* Is `word` one of the words of a text, with blanks or commas between them, in capitals or not? */
static bool has_word(const char *text, const char *word) {
    static const char between[] = ", \t\r\n";
    size_t len = strlen(word);
    while (text != NULL && *text != '\0') {
        text += strspn(text, between);
        size_t n = strcspn(text, between);
        if (n == len && strncasecmp(text, word, n) == 0)
            return true;
        text += n;
    }
    return false;
}

/* macOS 27 runs on Apple silicon only, and Sparkle knows that. */
static bool wants_other_hardware(const struct offer_client *client, const struct feed_item *item,
                                 char reason[OFFER_REASON_CAP]) {
    const char *least = minimum_system(item);
    if (client->hardware != OFFER_X86_64)
        return false;
    return (has_word(item->hardware, "arm64") ||
            (given(least) && version_compare(least, "27.0") >= 0)) &&
           because(reason, "it is for Apple silicon (arm64), the client runs on x86_64");
}

/* Sparkle calls it a major upgrade: it is never installed by itself. */
static bool is_major(const struct offer_client *client, const struct feed_item *item) {
    const char *from = item->minimum_autoupdate_version;
    return given(from) && version_compare(client->host_version, from) < 0;
}

static bool is_not_automatic(const struct offer_client *client, const struct feed_item *item,
                             char reason[OFFER_REASON_CAP]) {
    char least[QUOTE_CAP];
    return !client->manual && is_major(client, item) &&
           because(reason,
                   "it updates automatically from %s on: a major upgrade for this client, which an "
                   "automatic check at most shows, and only when nothing else is newer",
                   safe(least, item->minimum_autoupdate_version));
}

/* Critical at all, or for hosts below a version. */
static bool is_critical(const struct offer_client *client, const struct feed_item *item) {
    return item->critical && (item->critical_version == NULL ||
                              version_compare(client->host_version, item->critical_version) < 0);
}

static bool is_phased_out(const struct offer_client *client, const struct feed_item *item,
                          char reason[OFFER_REASON_CAP]) {
    struct exposure_item phased = {.interval_s = item->phased_interval_s};
    if (client->manual || phased.interval_s < 0 || is_critical(client, item))
        return false;
    phased.dated = item->pub_date != NULL && pub_date_parse(item->pub_date, &phased.pub_date_ms);
    if (exposure_group_is_in(&phased, client->group, client->now_ms))
        return false;
    char opens[32];
    when_rfc3339(exposure_opens_ms(&phased, client->group), opens, sizeof opens);
    return because(reason, "group %d comes in at %s", client->group, opens);
}

static bool is_skipped(const struct offer_client *client, const struct feed_item *item,
                       char reason[OFFER_REASON_CAP]) {
    return !client->manual && client->skipped != NULL &&
           version_compare(item->version, client->skipped) <= 0 &&
           because(reason, "the user skipped %s", client->skipped);
}

static bool is_not_newer(const struct offer_client *client, const struct feed_item *item,
                         char reason[OFFER_REASON_CAP]) {
    int order = version_compare(item->version, client->host_version);
    if (order == 0)
        return because(reason, "the client has it");
    return order < 0 &&
           because(reason, "the client has %s, and Sparkle never downgrades", client->host_version);
}

static const struct {
    enum offer_filter filter;
    const char *name;
    drops *drops;
} filters[] = {
    {OFFER_VERSION, "version", has_no_version},
    {OFFER_OS, "os", is_for_another_os},
    {OFFER_DELTA, "delta", is_a_delta},
    {OFFER_MINIMUM_UPDATE, "minimum-update", is_too_far_ahead},
    {OFFER_CHANNEL, "channel", is_on_another_channel},
    {OFFER_MINIMUM_SYSTEM, "minimum-system", wants_newer_system},
    {OFFER_MAXIMUM_SYSTEM, "maximum-system", wants_older_system},
    {OFFER_HARDWARE, "hardware", wants_other_hardware},
    {OFFER_MINIMUM_AUTOUPDATE, "minimum-autoupdate", is_not_automatic},
    {OFFER_PHASED, "phased", is_phased_out},
    {OFFER_SKIPPED, "skipped", is_skipped},
    {OFFER_NOT_NEWER, "not-newer", is_not_newer},
    {OFFER_NOT_HIGHEST, "not-highest", NULL},
};
enum { FILTERS = sizeof filters / sizeof filters[0] };

const char *offer_filter_name(enum offer_filter filter) {
    for (size_t i = 0; i < FILTERS; i++)
        if (filters[i].filter == filter)
            return filters[i].name;
    return NULL;
}

/* ---- the best ---- */

/* Does it install nothing, but lead to a page? */
static bool is_informational(const struct offer_client *client, const struct feed_item *item) {
    bool some = false;
    if (!item->informational)
        return !given(item->url) && given(item->link);
    for (size_t i = 0; i < item->n_parts; i++) {
        const struct feed_part *part = &item->parts[i];
        bool exact = part->kind == FEED_INFORMATIONAL_FOR;
        if (!given(part->text) || (!exact && part->kind != FEED_INFORMATIONAL_BELOW))
            continue;
        some = true;
        if (exact ? strcmp(client->host_version, part->text) == 0
                  : version_compare(client->host_version, part->text) < 0)
            return true;
    }
    return !some;
}

static void praise(const struct offer_client *client, const struct feed_item *item,
                   char reason[OFFER_REASON_CAP]) {
    because(
        reason, "the highest version that passes every filter%s%s",
        is_informational(client, item) ? "; it only informs: nothing is installed" : "",
        is_major(client, item)
            ? "; a major upgrade for this client: Sparkle shows it only when nothing else is newer"
            : "");
}

void offer_init(struct offer *offer, const struct offer_client *client) {
    *offer = (struct offer){.client = client};
}

static enum offer_filter filter_item(const struct offer_client *client,
                                     const struct feed_item *item, char reason[OFFER_REASON_CAP]) {
    for (size_t i = 0; i < FILTERS; i++)
        if (filters[i].drops != NULL && filters[i].drops(client, item, reason))
            return filters[i].filter;
    return OFFER_CANDIDATE;
}

enum err_code offer_fold(struct offer *offer, const struct feed_item *item,
                         struct offer_verdict *verdict, struct err *err) {
    verdict->leads = false;
    verdict->filter = filter_item(offer->client, item, verdict->reason);
    if (verdict->filter != OFFER_CANDIDATE)
        return ERR_OK;
    size_t len = strlen(item->version);
    if (len >= VERSION_CAP)
        return err_set(err, ERR_LIMIT, NULL, "shorten it in the feed",
                       "sparkle:version is %zu bytes long, %d at most", len, VERSION_CAP - 1);
    bool major = is_major(offer->client, item);
    if (!major && (!*offer->minor || version_compare(item->version, offer->minor) > 0)) {
        memcpy(offer->minor, item->version, len + 1);
        offer->minor_line = item->line;
    }
    int order = offer->found ? version_compare(item->version, offer->version) : 1;
    if (order <= 0) {
        char better[QUOTE_CAP];
        verdict->filter = OFFER_NOT_HIGHEST;
        because(verdict->reason,
                order == 0 ? "%s of line %u is the same version, and the first counts"
                           : "%s of line %u is higher",
                safe(better, offer->version), offer->line);
        return ERR_OK;
    }
    offer->found = verdict->leads = true;
    offer->major = major;
    memcpy(offer->version, item->version, len + 1);
    offer->line = item->line;
    offer->index = item->index;
    praise(offer->client, item, verdict->reason);
    return ERR_OK;
}

/* ---- the whole feed ---- */

/* Of http or https, or of what the feed itself is of. */
static bool is_web(const char *url) {
    size_t scheme = given(url) ? strcspn(url, ":/?#") : 0;
    if (!given(url) || url[scheme] != ':')
        return given(url);
    return (scheme == 4 && strncasecmp(url, "http", 4) == 0) ||
           (scheme == 5 && strncasecmp(url, "https", 5) == 0);
}

const char *offer_refusal(const struct feed_item *item) {
    if (item->version == NULL && (item->url == NULL || strchr(item->url, '_') == NULL))
        return "has no sparkle:version, nor one in its file's name";
    if (!given(item->url) && !is_web(item->link))
        return item->has_enclosure ? "has an enclosure without a url, and no link"
                                   : "has neither an enclosure nor a link";
    if (given(item->url) && !is_web(item->url))
        return "has an enclosure with a url of neither http nor https";
    return feed_item_is_installable(item) ? NULL
                                          : "has a sparkle:installationType that it does not know";
}
