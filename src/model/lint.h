/* What is wrong with a feed, and what it does to those who read it: the rules of `gonogo feed lint`.
 *
 * A rule is one row of the table in lint_table.c. Most look at one item (lint_rules.c); some at the order of
 * the items (lint_order.c), in memory that does not grow with the feed; the rest are reported by
 * whoever has the network or the bytes, through lint_say(). */
#ifndef GONOGO_MODEL_LINT_H
#define GONOGO_MODEL_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/model/feed.h"

enum lint_severity { LINT_INFO, LINT_WARNING, LINT_ERROR };
const char *lint_severity_name(enum lint_severity severity);

struct lint;

struct lint_rule {
    const char *id; /* kebab case, never changed once released */
    enum lint_severity severity;
    const char *why;  /* what it does to users: a clause */
    const char *mend; /* what to do: a clause */
    /* Looks at one item; NULL for rules that need more. */
    void (*item)(struct lint *lint, const struct lint_rule *rule, const struct feed_item *item);
};

const struct lint_rule *lint_rule_at(size_t i); /* NULL behind the last */
const struct lint_rule *lint_rule_find(const char *id);

struct lint_finding {
    const struct lint_rule *rule;
    unsigned line;       /* from 1 */
    const char *item;    /* its version, raw; NULL = none, or not about an item */
    const char *message; /* what, and why it hurts; safe text */
};

struct lint_options {
    const char *where; /* names the feed in errors */
    const char *url;   /* of the feed, for relative URLs; NULL = a file */
    int64_t now_ms;
    /* Both may end the reading like feed_sink.item. Items come after the rules looked at them. */
    enum err_code (*found)(void *self, const struct lint_finding *finding, struct err *err);
    enum err_code (*item)(void *self, const struct feed_item *item, struct err *err); /* or NULL */
    void *self;
};

/* The strings of the options are borrowed. */
struct lint *lint_new(const struct lint_options *options);
void lint_free(struct lint *lint); /* NULL is fine */

/* The feed's bytes. What is wrong with the XML is a finding and no error: it ends the reading, and
 * what comes behind it is ignored. An error is one of the receiver of findings or items. */
enum err_code lint_push(struct lint *lint, const char *bytes, size_t n, struct err *err);
enum err_code lint_finish(struct lint *lint, struct err *err);

/* Was the feed read to its end? False once its XML is broken. */
bool lint_whole(const struct lint *lint);

/* A finding from outside: `format` says what, the rule says why. `item` may be NULL. */
enum err_code lint_say(struct lint *lint, const char *id, unsigned line, const char *item,
                       struct err *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

struct lint_count {
    size_t by_severity[LINT_ERROR + 1];
    size_t items;
};
struct lint_count lint_count(const struct lint *lint);

#endif
