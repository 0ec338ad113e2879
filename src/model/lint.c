#include "src/model/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/lint_parts.h"
#include "src/model/pub_date.h"

/* The order here is that of the findings about one item, and of `gonogo feed rules`. */
static const struct lint_rule rules[] = {
    {"xml-error", LINT_ERROR, "clients read nothing of this feed",
     "mend the XML, or publish it again whole", NULL},
    {"feed-limit", LINT_ERROR, "a reader with limits gives up here",
     "shorten it: link to long texts", NULL},
    {"no-items", LINT_INFO, "nobody is offered anything", "put an item in, unless this is meant",
     NULL},
    {"version-missing", LINT_ERROR,
     "Sparkle refuses the whole feed, or guesses from the file's name",
     "add <sparkle:version> with the build", lint_rule_version_missing},
    {"version-format", LINT_WARNING, "Sparkle compares it in unexpected ways",
     "write numbers with periods: 2.0.0.20", lint_rule_version_format},
    {"short-version-missing", LINT_INFO, "people are shown the build number",
     "add <sparkle:shortVersionString>", lint_rule_short_version_missing},
    {"version-order", LINT_WARNING, "people and simple readers take the first item for the newest",
     "sort the items, the newest first", NULL},
    {"version-duplicate", LINT_WARNING, "Sparkle offers only the first of them",
     "remove one, or raise its version", NULL},
    {"version-lower", LINT_ERROR,
     "nobody who has the higher one is ever offered it: Sparkle never downgrades",
     "publish it again under a higher version", NULL},
    {"enclosure-missing", LINT_ERROR,
     "there is nothing to install, and without a link Sparkle refuses the whole feed",
     "add <enclosure> with the artifact's url", lint_rule_enclosure_missing},
    {"enclosure-is-feed", LINT_ERROR,
     "clients download a feed instead of the artifact, and the update fails",
     "give the artifact's own url", lint_rule_enclosure_is_feed},
    {"url-malformed", LINT_ERROR,
     "Sparkle finds nothing there, and refuses the whole feed for an enclosure",
     "write https://HOST/PATH, with %20 for blanks", lint_rule_url_malformed},
    {"url-not-https", LINT_ERROR,
     "anybody on the way can see and change the bytes, and macOS refuses plain http",
     "serve it by https and write https://", lint_rule_url_not_https},
    {"url-relative", LINT_INFO, "it means something else wherever the feed is copied to",
     "write the whole URL", lint_rule_url_relative},
    {"url-unreachable", LINT_ERROR, "the update cannot be downloaded",
     "upload the artifact, or correct the url", NULL},
    {"length-zero", LINT_WARNING,
     "clients cannot say how much is left, and nothing tells a cut-off upload",
     "write the artifact's size in bytes", lint_rule_length_zero},
    {"length-mismatch", LINT_ERROR, "these are not the bytes that were released",
     "upload the right artifact, or correct length and signature", NULL},
    {"signature-missing", LINT_ERROR, "clients with a public key refuse the update",
     "sign the artifact (sign_update) and add sparkle:edSignature", lint_rule_signature_missing},
    {"signature-misplaced", LINT_ERROR, "clients do not look for it there, and refuse the update",
     "move it to sparkle:edSignature of the enclosure", lint_rule_signature_misplaced},
    {"signature-malformed", LINT_ERROR, "clients refuse the update",
     "sign again and copy the whole value: 88 characters of base64", lint_rule_signature_malformed},
    {"signature-bad", LINT_ERROR,
     "clients refuse the update: key, signature or artifact are not of one release",
     "sign exactly these bytes with the key the app trusts", NULL},
    {"not-asked", LINT_INFO, "whether the rest can be downloaded is not known",
     "keep fewer items in the feed", NULL},
    {"pubdate-missing", LINT_WARNING,
     "a phased rollout has no beginning: everybody gets it at once", "add <pubDate>",
     lint_rule_pub_date_missing},
    {"pubdate-format", LINT_ERROR,
     "Sparkle reads no date, and a phased rollout goes to everybody at once",
     "write it in English: Thu, 26 Feb 2026 19:57:35 +0000", lint_rule_pub_date_format},
    {"pubdate-future", LINT_WARNING, "a phased rollout is paused until then",
     "correct the date, unless the pause is meant", lint_rule_pub_date_future},
    {"pubdate-unstable", LINT_ERROR,
     "it says nothing about age, and a phased rollout never gets beyond its first group",
     "write the date once, when the item is published", NULL},
    {"phased-interval-format", LINT_ERROR,
     "Sparkle reads the digits it begins with as seconds, and nothing as 0",
     "write whole seconds: 86400 is a day", lint_rule_phased_interval_format},
    {"no-fallback", LINT_WARNING, "clients whose group is not in yet are offered nothing at all",
     "keep the previous release in the feed", NULL},
    {"critical-phased", LINT_INFO,
     "phasing does not hold for a critical item: everybody gets it at once",
     "take one of the two out", lint_rule_critical_phased},
    {"channel-stable", LINT_ERROR,
     "only clients that ask for this channel see the item: nobody by default",
     "take <sparkle:channel> out: no channel is for everybody", lint_rule_channel_stable},
    {"channel-name", LINT_ERROR, "Sparkle ignores such a name, and everybody gets the item",
     "use letters, digits, '.', '_' and '-' only", lint_rule_channel_name},
    {"system-version-format", LINT_WARNING,
     "it is compared with the system's version in unexpected ways",
     "write numbers with periods: 11.0", lint_rule_system_version_format},
    {"system-version-misplaced", LINT_WARNING,
     "Sparkle does not read it on the enclosure, and offers the item to older systems",
     "write <sparkle:minimumSystemVersion> into the item", lint_rule_system_version_misplaced},
    {"informational-no-link", LINT_WARNING, "Sparkle takes the item for an ordinary update",
     "add <link> to the page that informs", lint_rule_informational_no_link},
    {"language-missing", LINT_WARNING,
     "which of several release notes is shown depends on Sparkle's version",
     "give each of them xml:lang", lint_rule_language_missing},
    {"unknown-element", LINT_WARNING, "Sparkle ignores it",
     "correct the name, its prefix or its place", lint_rule_unknown_element},
};
enum { RULES = sizeof rules / sizeof rules[0] };

const struct lint_rule *lint_rule_at(size_t i) {
    return i < RULES ? &rules[i] : NULL;
}

const struct lint_rule *lint_rule_find(const char *id) {
    for (size_t i = 0; i < RULES; i++)
        if (strcmp(rules[i].id, id) == 0)
            return &rules[i];
    return NULL;
}

const char *lint_severity_name(enum lint_severity severity) {
    static const char *const names[] = {
        [LINT_INFO] = "info", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};
    return names[severity];
}

/* ---- findings ---- */

static void report(struct lint *l, const struct lint_rule *rule, const char *version, unsigned line,
                   const char *format, va_list args) {
    char what[640], message[1024];
    if (l->ended)
        return;
    vsnprintf(what, sizeof what, format, args);
    snprintf(message, sizeof message, "%s: %s", what, rule->why);
    l->count.by_severity[rule->severity]++;
    struct lint_finding finding = {rule, line > 0 ? line : 1, version, message};
    if (l->options.found(l->options.self, &finding, &l->err) != ERR_OK)
        l->ended = true;
}

void lint_report(struct lint *lint, const struct lint_rule *rule, const struct feed_item *item,
                 unsigned line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(lint, rule, item->version, line > 0 ? line : item->line, format, args);
    va_end(args);
}

void lint_report_version(struct lint *lint, const struct lint_rule *rule, const char *version,
                         unsigned line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(lint, rule, version, line, format, args);
    va_end(args);
}

enum err_code lint_say(struct lint *lint, const char *id, unsigned line, const char *item,
                       struct err *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool ended = lint->ended; /* the XML may be broken: what else is known still counts */
    lint->ended = lint->err.code != ERR_OK;
    report(lint, lint_rule_find(id), item, line, format, args);
    lint->ended = lint->ended || ended;
    va_end(args);
    if (lint->err.code != ERR_OK && err != NULL && err->code == ERR_OK)
        *err = lint->err;
    return lint->err.code;
}

const char *lint_quote(char dst[LINT_QUOTE_CAP], const char *text) {
    enum { MOST = 72 };
    if (text == NULL)
        return "nothing";
    size_t n = strlen(text);
    char safe[LINT_QUOTE_CAP - 8];
    text_safe(safe, sizeof safe, text, n < MOST ? n : text_cut(text, n, MOST));
    snprintf(dst, LINT_QUOTE_CAP, "\"%s%s\"", safe, n > MOST ? "…" : "");
    return dst;
}

bool lint_for_macos(const struct feed_item *item) {
    return item->os == NULL || strcmp(item->os, "macos") == 0;
}

/* ---- reading ---- */

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct lint *l = self;
    l->count.items++;
    l->dated = item->pub_date != NULL && pub_date_parse(item->pub_date, &l->pub_date_ms);
    l->url_state = item->url == NULL ? LINT_URL_FINE : lint_judge_url(l, item->url);
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].item != NULL)
            rules[i].item(l, &rules[i], item);
    lint_order_item(l, item);
    if (l->err.code == ERR_OK && l->options.item != NULL)
        l->options.item(l->options.self, item, &l->err);
    if (l->err.code != ERR_OK)
        *err = l->err;
    return l->err.code;
}

struct lint *lint_new(const struct lint_options *options) {
    struct lint *l = mem_zero(1, sizeof *l);
    l->options = *options;
    l->parser = feed_parser_new(options->where, (struct feed_sink){on_item, l});
    return l;
}

void lint_free(struct lint *lint) {
    if (lint == NULL)
        return;
    feed_parser_free(lint->parser);
    lint_order_fini(&lint->order);
    free(lint);
}

/* What the parser says: the receiver's own error, or a finding. */
static enum err_code settle(struct lint *l, const struct err *from_parser, struct err *err) {
    if (l->err.code == ERR_OK && from_parser->code != ERR_OK && !l->ended) {
        const char *id = from_parser->code == ERR_LIMIT ? "feed-limit" : "xml-error";
        char what[4 * sizeof from_parser->what];
        text_safe(what, sizeof what, from_parser->what, strlen(from_parser->what));
        lint_report_version(l, lint_rule_find(id), NULL, feed_parser_error_line(l->parser),
                            "%.600s", what);
        l->ended = true;
    }
    if (l->err.code != ERR_OK && err != NULL && err->code == ERR_OK)
        *err = l->err;
    return l->err.code;
}

enum err_code lint_push(struct lint *lint, const char *bytes, size_t n, struct err *err) {
    struct err own = ERR_INIT;
    if (!lint->ended)
        feed_parser_push(lint->parser, bytes, n, &own);
    return settle(lint, &own, err);
}

enum err_code lint_finish(struct lint *lint, struct err *err) {
    struct err own = ERR_INIT;
    if (!lint->ended)
        feed_parser_finish(lint->parser, &own);
    if (settle(lint, &own, err) != ERR_OK)
        return lint->err.code;
    if (!lint->ended && lint->count.items == 0)
        lint_report_version(lint, lint_rule_find("no-items"), NULL, 1, "the feed has no item");
    lint_order_finish(lint);
    return settle(lint, &own, err);
}

bool lint_whole(const struct lint *lint) {
    return !lint->ended;
}

struct lint_count lint_count(const struct lint *lint) {
    return lint->count;
}
