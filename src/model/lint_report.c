/* Findings on their way to whoever asked for them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/lint_parts.h"

const char *lint_severity_name(enum lint_severity severity) {
    static const char *const names[] = {
        [LINT_INFO] = "info", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};
    return names[severity];
}

void lint_report_args(struct lint *l, const struct lint_rule *rule, const char *version,
                      unsigned line, const char *format, va_list args) {
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
    lint_report_args(lint, rule, item->version, line > 0 ? line : item->line, format, args);
    va_end(args);
}

void lint_report_version(struct lint *lint, const struct lint_rule *rule, const char *version,
                         unsigned line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    lint_report_args(lint, rule, version, line, format, args);
    va_end(args);
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
