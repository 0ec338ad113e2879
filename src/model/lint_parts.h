/* What the files of the linter share. Not for others. Each calls only those before it: lint_report.c,
 * lint_rules.c (one item at a time), lint_table.c (the rules), lint_order.c (all items), lint.c. */
#ifndef GONOGO_MODEL_LINT_PARTS_H
#define GONOGO_MODEL_LINT_PARTS_H

#include <stdarg.h>

#include "src/model/lint.h"

enum {
    LINT_TRACKS = 32,    /* os, channel and maximum system that are told apart by the order rules */
    LINT_SEEN = 1 << 17, /* slots for versions; a power of two */
    LINT_SEEN_MOST = 100000, /* versions remembered: later ones are not compared with others */
    LINT_QUOTE_CAP = 164,    /* bytes of a text that a message quotes */
};

/* Items that compete with each other: the same os, channel and maximum system version. */
struct lint_track {
    uint64_t key;
    char previous[VERSION_CAP], highest[VERSION_CAP], latest[VERSION_CAP];
    unsigned previous_line, highest_line, latest_line;
    int64_t highest_ms, latest_ms; /* pubDate; INT64_MIN = none */
};

/* A version that was there. */
struct lint_seen {
    uint64_t hash; /* 0 = the slot is free */
    unsigned line;
};

struct lint_order {
    /* Of the item at hand. */
    bool counts; /* it has a version, and is no stray delta */
    uint64_t track_key, hash;
    struct lint_track tracks[LINT_TRACKS];
    size_t n_tracks;
    struct lint_seen *seen; /* by hash */
    size_t n_seen;
    /* The newest for a reader on no extra channel, and is there an older one to fall back to. */
    char top[VERSION_CAP];
    unsigned top_line;
    bool has_top, top_held_back, has_fallback;
};

/* What a URL of an item is, once it is resolved. */
enum lint_url { LINT_URL_FINE, LINT_URL_MALFORMED, LINT_URL_NOT_HTTPS, LINT_URL_RELATIVE };

struct lint {
    struct lint_options options;
    struct feed_parser *parser;
    struct err err; /* of the receiver */
    bool ended;     /* the XML is broken, or the receiver has enough */
    struct lint_count count;
    struct lint_order order;
    /* Of the item at hand. */
    enum lint_url url_state;
    bool dated;
    int64_t pub_date_ms;
};

/* A finding of `rule` on a line of the item (0: the item's own). */
void lint_report(struct lint *lint, const struct lint_rule *rule, const struct feed_item *item,
                 unsigned line, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same where no item is at hand. */
void lint_report_version(struct lint *lint, const struct lint_rule *rule, const char *version,
                         unsigned line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void lint_report_args(struct lint *lint, const struct lint_rule *rule, const char *version,
                      unsigned line, const char *format, va_list args);

/* Raw text in quotes, made safe and cut to what a message can hold; NULL is "nothing". */
const char *lint_quote(char dst[LINT_QUOTE_CAP], const char *text);

enum lint_url lint_judge_url(const struct lint *lint, const char *url);

/* Before the other rules look at the item, and after. */
void lint_order_begin(struct lint *lint, const struct feed_item *item);
void lint_order_item(struct lint *lint, const struct feed_item *item);
void lint_order_finish(struct lint *lint);
void lint_order_fini(struct lint_order *order);

/* The rules that look at one item: rows of the table in lint_table.c. */
#define LINT_ITEM_RULE(name)                                               \
    void lint_rule_##name(struct lint *lint, const struct lint_rule *rule, \
                          const struct feed_item *item)
LINT_ITEM_RULE(version_missing);
LINT_ITEM_RULE(version_format);
LINT_ITEM_RULE(short_version_missing);
LINT_ITEM_RULE(enclosure_missing);
LINT_ITEM_RULE(enclosure_is_feed);
LINT_ITEM_RULE(enclosure_is_delta);
LINT_ITEM_RULE(installation_type);
LINT_ITEM_RULE(url_malformed);
LINT_ITEM_RULE(url_not_https);
LINT_ITEM_RULE(url_relative);
LINT_ITEM_RULE(length_zero);
LINT_ITEM_RULE(signature_missing);
LINT_ITEM_RULE(signature_misplaced);
LINT_ITEM_RULE(signature_malformed);
LINT_ITEM_RULE(pub_date_missing);
LINT_ITEM_RULE(pub_date_format);
LINT_ITEM_RULE(pub_date_future);
LINT_ITEM_RULE(phased_interval_format);
LINT_ITEM_RULE(critical_phased);
LINT_ITEM_RULE(channel_stable);
LINT_ITEM_RULE(channel_name);
LINT_ITEM_RULE(system_version_format);
LINT_ITEM_RULE(system_version_misplaced);
LINT_ITEM_RULE(informational_no_link);
LINT_ITEM_RULE(language_missing);
LINT_ITEM_RULE(unknown_element);

#endif
