/* The rules that need one item and nothing else. Each stands in the table in lint_table.c, which says how bad
 * it is, why, and how to mend it; here is only when it holds, and what to point at. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/base64.h"
#include "src/base/text.h"
#include "src/model/lint_parts.h"
#include "src/model/url.h"

enum { SIGNATURE_BYTES = 64 };

static bool given(const char *text) {
    return text != NULL && *text != '\0';
}

/* ---- versions ---- */

LINT_ITEM_RULE(version_missing) {
    if (!given(item->version))
        lint_report(lint, rule, item, 0, "the item has no sparkle:version");
}

LINT_ITEM_RULE(version_format) {
    char quoted[LINT_QUOTE_CAP];
    if (given(item->version) && !version_plausible(item->version))
        lint_report(lint, rule, item, item->lines.version, "sparkle:version is %s",
                    lint_quote(quoted, item->version));
    else if (given(item->version) && strchr(item->version, '-') != NULL)
        lint_report(lint, rule, item, item->lines.version,
                    "of sparkle:version %s everything from the hyphen on is ignored",
                    lint_quote(quoted, item->version));
}

LINT_ITEM_RULE(short_version_missing) {
    if (given(item->version) && !given(item->short_version))
        lint_report(lint, rule, item, 0, "the item has no sparkle:shortVersionString");
}

/* ---- URLs ---- */

LINT_ITEM_RULE(enclosure_missing) {
    if (item->has_enclosure && !given(item->url))
        lint_report(lint, rule, item, item->lines.enclosure, "the enclosure has no url");
    else if (!item->has_enclosure && !(item->informational && given(item->link)))
        lint_report(lint, rule, item, 0, "the item has no enclosure");
}

LINT_ITEM_RULE(enclosure_is_feed) {
    char quoted[LINT_QUOTE_CAP];
    if (!given(item->url))
        return;
    bool same = lint->options.url != NULL && strcmp(item->url, lint->options.url) == 0;
    if (same || url_names_feed(item->url))
        lint_report(lint, rule, item, item->lines.enclosure, "the enclosure's url is %s",
                    lint_quote(quoted, item->url));
}

LINT_ITEM_RULE(enclosure_is_delta) {
    char quoted[LINT_QUOTE_CAP];
    if (item->delta_from != NULL)
        lint_report(lint, rule, item, item->lines.enclosure,
                    "the item's own enclosure is a delta from %s",
                    lint_quote(quoted, item->delta_from));
}

LINT_ITEM_RULE(installation_type) {
    char quoted[LINT_QUOTE_CAP];
    if (!feed_item_is_installable(item))
        lint_report(lint, rule, item, item->lines.enclosure, "sparkle:installationType is %s",
                    lint_quote(quoted, item->installation_type));
}

static enum lint_url judge_absolute(const char *url) {
    switch (url_safety(url)) {
    case URL_HTTPS:
        return LINT_URL_FINE;
    case URL_HTTP:
    case URL_HTTP_LOOPBACK:
        return LINT_URL_NOT_HTTPS;
    case URL_NONE:
        break;
    }
    return LINT_URL_MALFORMED;
}

enum lint_url lint_judge_url(const struct lint *lint, const char *url) {
    if (url_has_scheme(url))
        return judge_absolute(url);
    for (const char *c = url; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '<')
            return LINT_URL_MALFORMED;
    size_t scheme = strcspn(url, ":/?#");
    if (url[scheme] == ':')
        return LINT_URL_MALFORMED; /* mailto:, javascript:, C:\… */
    if (lint->options.url == NULL)
        return LINT_URL_RELATIVE;
    char *whole = url_resolve(lint->options.url, url);
    enum lint_url state = whole == NULL ? LINT_URL_MALFORMED : judge_absolute(whole);
    free(whole);
    return state == LINT_URL_FINE ? LINT_URL_RELATIVE : state;
}

static void check_url(struct lint *lint, const struct lint_rule *rule, const struct feed_item *item,
                      enum lint_url wanted, const char *name, const char *url, unsigned line) {
    char quoted[LINT_QUOTE_CAP];
    if (!given(url))
        return;
    enum lint_url state = url == item->url ? lint->url_state : lint_judge_url(lint, url);
    if (state == wanted)
        lint_report(lint, rule, item, line, "%s is %s", name, lint_quote(quoted, url));
}

/* Every URL of the item that ought not to be in this state. */
static void check_urls(struct lint *lint, const struct lint_rule *rule,
                       const struct feed_item *item, enum lint_url wanted) {
    check_url(lint, rule, item, wanted, "the enclosure's url", item->url, item->lines.enclosure);
    for (size_t i = 0; i < item->n_parts; i++) {
        const struct feed_part *part = &item->parts[i];
        if (part->kind == FEED_DELTA)
            check_url(lint, rule, item, wanted, "a delta's url", part->text, part->line);
        else if (part->kind == FEED_NOTES)
            check_url(lint, rule, item, wanted, "sparkle:releaseNotesLink", part->text, part->line);
    }
    check_url(lint, rule, item, wanted, "sparkle:fullReleaseNotesLink", item->full_notes_url, 0);
    if (wanted != LINT_URL_NOT_HTTPS) /* a page for the browser, which tells people itself */
        check_url(lint, rule, item, wanted, "link", item->link, item->lines.link);
}

LINT_ITEM_RULE(url_malformed) {
    check_urls(lint, rule, item, LINT_URL_MALFORMED);
}
LINT_ITEM_RULE(url_not_https) {
    check_urls(lint, rule, item, LINT_URL_NOT_HTTPS);
}
LINT_ITEM_RULE(url_relative) {
    check_urls(lint, rule, item, LINT_URL_RELATIVE);
}

LINT_ITEM_RULE(length_zero) {
    char quoted[LINT_QUOTE_CAP];
    if (given(item->url) && item->length <= 0)
        lint_report(lint, rule, item, item->lines.enclosure, "the enclosure's length is %s",
                    lint_quote(quoted, item->length_text));
    for (size_t i = 0; i < item->n_parts; i++)
        if (item->parts[i].kind == FEED_DELTA && feed_length(item->parts[i].length_text) <= 0)
            lint_report(lint, rule, item, item->parts[i].line, "a delta's length is %s",
                        lint_quote(quoted, item->parts[i].length_text));
}

/* ---- signatures ---- */

static bool is_signature(const char *text) {
    return given(text) && base64_decode(text, NULL, 0) == SIGNATURE_BYTES;
}

/* An element of that name in the item, where only an attribute is read. */
static const struct feed_part *signature_element(const struct feed_item *item) {
    for (size_t i = 0; i < item->n_parts; i++) {
        const struct feed_part *part = &item->parts[i];
        if ((part->kind == FEED_UNKNOWN_ELEMENT || part->kind == FEED_BARE_ATTRIBUTE) &&
            strcmp(part->text, "edSignature") == 0)
            return part;
    }
    return NULL;
}

static bool wants_signature(const struct feed_item *item) {
    return given(item->url) && feed_item_is_for_macos(item) && !given(item->ed_signature);
}

LINT_ITEM_RULE(signature_missing) {
    if (wants_signature(item) && !is_signature(item->dsa_signature) &&
        signature_element(item) == NULL)
        lint_report(
            lint, rule, item, item->lines.enclosure, "the enclosure has no EdDSA signature%s",
            given(item->dsa_signature) ? ", only one for DSA that current clients ignore" : "");
    for (size_t i = 0; i < item->n_parts; i++)
        if (item->parts[i].kind == FEED_DELTA && !given(item->parts[i].ed_signature))
            lint_report(lint, rule, item, item->parts[i].line, "a delta has no EdDSA signature");
}

LINT_ITEM_RULE(signature_misplaced) {
    const struct feed_part *element = signature_element(item);
    if (wants_signature(item) && is_signature(item->dsa_signature))
        lint_report(lint, rule, item, item->lines.enclosure,
                    "the EdDSA signature stands in sparkle:dsaSignature");
    else if (wants_signature(item) && element != NULL)
        lint_report(lint, rule, item, element->line, "the signature %s",
                    element->kind == FEED_BARE_ATTRIBUTE ? "lacks Sparkle's prefix"
                                                         : "is an element of the item");
}

static void check_signature(struct lint *lint, const struct lint_rule *rule,
                            const struct feed_item *item, const char *what, const char *text,
                            unsigned line) {
    if (!given(text))
        return;
    int64_t n = base64_decode(text, NULL, 0);
    if (n == BASE64_BAD)
        lint_report(lint, rule, item, line, "%s is no base64", what);
    else if (n != SIGNATURE_BYTES)
        lint_report(lint, rule, item, line, "%s is %lld bytes long, not %d", what, (long long)n,
                    SIGNATURE_BYTES);
}

LINT_ITEM_RULE(signature_malformed) {
    check_signature(lint, rule, item, "sparkle:edSignature", item->ed_signature,
                    item->lines.enclosure);
    for (size_t i = 0; i < item->n_parts; i++)
        if (item->parts[i].kind == FEED_DELTA)
            check_signature(lint, rule, item, "a delta's sparkle:edSignature",
                            item->parts[i].ed_signature, item->parts[i].line);
}

/* ---- dates and phases ---- */

LINT_ITEM_RULE(pub_date_missing) {
    if (!given(item->pub_date))
        lint_report(lint, rule, item, item->lines.pub_date, "the item has no pubDate");
}

LINT_ITEM_RULE(pub_date_format) {
    char quoted[LINT_QUOTE_CAP];
    if (given(item->pub_date) && !lint->dated)
        lint_report(lint, rule, item, item->lines.pub_date, "pubDate is %s",
                    lint_quote(quoted, item->pub_date));
}

LINT_ITEM_RULE(pub_date_future) {
    char quoted[LINT_QUOTE_CAP];
    if (lint->dated && lint->pub_date_ms > lint->options.now_ms)
        lint_report(lint, rule, item, item->lines.pub_date, "pubDate %s is still to come",
                    lint_quote(quoted, item->pub_date));
}

LINT_ITEM_RULE(phased_interval_format) {
    char quoted[LINT_QUOTE_CAP];
    if (item->phased_text == NULL)
        return;
    size_t digits = strspn(item->phased_text, "0123456789");
    if (digits == 0 || item->phased_text[digits] != '\0')
        lint_report(lint, rule, item, item->lines.phased,
                    "sparkle:phasedRolloutInterval is %s, which Sparkle reads as %lld s",
                    lint_quote(quoted, item->phased_text), (long long)item->phased_interval_s);
    else if (item->phased_interval_s == 0)
        lint_report(lint, rule, item, item->lines.phased,
                    "sparkle:phasedRolloutInterval is 0: everybody at once");
}

LINT_ITEM_RULE(critical_phased) {
    if (item->critical && item->critical_version == NULL && item->phased_interval_s > 0)
        lint_report(lint, rule, item, item->lines.phased, "the item is critical and phased");
}

/* ---- who gets it ---- */

LINT_ITEM_RULE(channel_stable) {
    static const char *const everybody[] = {"stable", "release", "production", "default"};
    char quoted[LINT_QUOTE_CAP];
    for (size_t i = 0; item->channel != NULL && i < sizeof everybody / sizeof everybody[0]; i++)
        if (strcasecmp(item->channel, everybody[i]) == 0)
            lint_report(lint, rule, item, item->lines.channel, "sparkle:channel is %s",
                        lint_quote(quoted, item->channel));
}

LINT_ITEM_RULE(channel_name) {
    char quoted[LINT_QUOTE_CAP];
    if (item->channel != NULL && !feed_is_channel_name(item->channel))
        lint_report(lint, rule, item, item->lines.channel, "sparkle:channel is %s",
                    lint_quote(quoted, item->channel));
}

static void check_system(struct lint *lint, const struct lint_rule *rule,
                         const struct feed_item *item, const char *name, const char *text) {
    char quoted[LINT_QUOTE_CAP];
    if (text != NULL && (*text < '0' || *text > '9' || text[strspn(text, "0123456789.")] != '\0'))
        lint_report(lint, rule, item, 0, "%s is %s", name, lint_quote(quoted, text));
}

LINT_ITEM_RULE(system_version_format) {
    check_system(lint, rule, item, "sparkle:minimumSystemVersion", item->minimum_system_version);
    check_system(lint, rule, item, "sparkle:maximumSystemVersion", item->maximum_system_version);
}

LINT_ITEM_RULE(system_version_misplaced) {
    if (item->minimum_system_misplaced)
        lint_report(lint, rule, item, item->lines.enclosure,
                    "sparkle:minimumSystemVersion is an attribute of the enclosure");
}

LINT_ITEM_RULE(informational_no_link) {
    if (item->informational && item->has_enclosure && !given(item->link))
        lint_report(lint, rule, item, 0, "the item is informational but has no link");
}

LINT_ITEM_RULE(language_missing) {
    size_t notes = 0;
    const struct feed_part *bare = NULL;
    for (size_t i = 0; i < item->n_parts; i++) {
        if (item->parts[i].kind != FEED_NOTES)
            continue;
        notes++;
        if (bare == NULL && !given(item->parts[i].detail))
            bare = &item->parts[i];
    }
    if (notes > 1 && bare != NULL)
        lint_report(lint, rule, item, bare->line,
                    "one of %zu sparkle:releaseNotesLink has no xml:lang", notes);
}

/* ---- names ---- */

static const char *const element_names[] = {
    "version",
    "shortVersionString",
    "channel",
    "phasedRolloutInterval",
    "criticalUpdate",
    "informationalUpdate",
    "minimumSystemVersion",
    "maximumSystemVersion",
    "minimumAutoupdateVersion",
    "ignoreSkippedUpgradesBelowVersion",
    "releaseNotesLink",
    "fullReleaseNotesLink",
    "deltas",
    "tags",
    "minimumUpdateVersion",
    "hardwareRequirements",
    NULL,
};
static const char *const attribute_names[] = {
    "edSignature",  "version",          "shortVersionString", "os",
    "dsaSignature", "installationType", "deltaFrom",          NULL,
};

static bool is_in(const char *const *list, const char *name) {
    while (*list != NULL && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* `<sparkle:shortVersion>` with what it should have been. */
static void report_unknown(struct lint *lint, const struct lint_rule *rule,
                           const struct feed_item *item, const struct feed_part *part) {
    bool element = part->kind == FEED_UNKNOWN_ELEMENT;
    const char *const *right = element ? element_names : attribute_names;
    const char *const *other = element ? attribute_names : element_names;
    char name[LINT_QUOTE_CAP];
    lint_quote(name, part->text);
    const char *nearest = text_nearest(part->text, right);
    const char *kind = element ? "element" : "attribute";
    if (is_in(other, part->text))
        lint_report(lint, rule, item, part->line, "Sparkle has no %s %s here; it reads %s", kind,
                    name,
                    element ? "an attribute of the enclosure with this name"
                            : "an element of the item with this name");
    else if (nearest != NULL)
        lint_report(lint, rule, item, part->line, "Sparkle has no %s %s; did you mean sparkle:%s?",
                    kind, name, nearest);
    else
        lint_report(lint, rule, item, part->line, "Sparkle has no %s %s", kind, name);
}

LINT_ITEM_RULE(unknown_element) {
    const struct feed_part *signature = signature_element(item);
    for (size_t i = 0; i < item->n_parts; i++) {
        const struct feed_part *part = &item->parts[i];
        char name[LINT_QUOTE_CAP];
        if (signature != NULL && part == signature && wants_signature(item))
            continue; /* signature-misplaced says it */
        if (part->kind == FEED_UNKNOWN_ELEMENT || part->kind == FEED_UNKNOWN_ATTRIBUTE)
            report_unknown(lint, rule, item, part);
        else if (part->kind == FEED_BARE_ELEMENT || part->kind == FEED_BARE_ATTRIBUTE)
            lint_report(lint, rule, item, part->line, "%s lacks Sparkle's prefix",
                        lint_quote(name, part->text));
    }
}
