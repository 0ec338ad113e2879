#include "src/model/lint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/lint_parts.h"
#include "src/model/pub_date.h"

/* ---- reading ---- */

static enum err_code on_item(void *self, const struct feed_item *item, struct err *err) {
    struct lint *l = self;
    l->count.items++;
    l->dated = item->pub_date != NULL && pub_date_parse(item->pub_date, &l->pub_date_ms);
    l->url_state = item->url == NULL ? LINT_URL_FINE : lint_judge_url(l, item->url);
    lint_order_begin(l, item);
    const struct lint_rule *rule;
    for (size_t i = 0; (rule = lint_rule_at(i)) != NULL; i++)
        if (rule->item != NULL)
            rule->item(l, rule, item);
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

enum err_code lint_say(struct lint *lint, const char *id, unsigned line, const char *item,
                       struct err *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool ended = lint->ended; /* the XML may be broken: what else is known still counts */
    lint->ended = lint->err.code != ERR_OK;
    lint_report_args(lint, lint_rule_find(id), item, line, format, args);
    lint->ended = lint->ended || ended;
    va_end(args);
    if (lint->err.code != ERR_OK && err != NULL && err->code == ERR_OK)
        *err = lint->err;
    return lint->err.code;
}

bool lint_whole(const struct lint *lint) {
    return !lint->ended;
}

struct lint_count lint_count(const struct lint *lint) {
    return lint->count;
}
