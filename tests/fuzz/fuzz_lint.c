/* Any bytes through the linter: it never says nothing about what is no feed, what it says is safe to
 * show, and the pieces in which the bytes come make no difference. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static enum err_code found(void *self, const struct lint_finding *f, struct err *err) {
    struct buf *b = self;
    (void)err;
    size_t n = strlen(f->message);
    char *safe = text_safe_copy(f->message, n);
    MUST(strcmp(safe, f->message) == 0);
    free(safe);
    MUST(f->line > 0 && lint_rule_find(f->rule->id) == f->rule);
    buf_addf(b, "%s %u %s\n", f->rule->id, f->line, f->item != NULL ? f->item : "-");
    return ERR_OK;
}

static char *lint_in(const uint8_t *data, size_t size, size_t piece) {
    struct buf out;
    buf_init(&out, 0);
    buf_add_text(&out, "");
    struct lint *l = lint_new(&(struct lint_options){
        .where = "fuzz",
        .url = size % 2 == 0 ? "https://a.example/appcast.xml" : NULL,
        .now_ms = 1772135855000,
        .found = found,
        .self = &out,
    });
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        char *exact = mem_copy_bytes(data + at, n);
        MUST(lint_push(l, exact, n, NULL) == ERR_OK);
        free(exact);
    }
    MUST(lint_finish(l, NULL) == ERR_OK);
    struct lint_count count = lint_count(l);
    MUST(count.items > 0 || count.by_severity[LINT_ERROR] + count.by_severity[LINT_INFO] > 0);
    lint_free(l);
    return buf_steal(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *whole = lint_in(data, size, size + 1);
    char *parts = lint_in(data, size, size > 0 ? data[size - 1] % 61 + 1u : 1);
    /* What libxml2 sees of broken XML depends on how far it could look ahead. */
    if (strstr(whole, "xml-error") == NULL && strstr(parts, "xml-error") == NULL &&
        strstr(whole, "feed-limit") == NULL && memmem(data, size, "<!DOCTYPE", 9) == NULL)
        MUST(strcmp(whole, parts) == 0);
    free(parts);
    free(whole);
    return 0;
}
