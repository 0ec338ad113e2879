/* Any bytes through the linter and the offer: the linter never says nothing about what is no feed, what
 * either says is safe to show, and the pieces in which the bytes come make no difference. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/lint.h"
#include "src/model/offer.h"
#include "tests/fuzz/must.h"

struct seen {
    struct buf out;
    struct offer offer;
};

static void must_be_safe(const char *text) {
    char *safe = text_safe_copy(text, strlen(text));
    MUST(strcmp(safe, text) == 0);
    free(safe);
}

static enum err_code offered(void *self, const struct feed_item *item, struct err *err) {
    struct seen *s = self;
    struct offer_verdict verdict;
    struct err too_long = ERR_INIT;
    (void)err;
    if (offer_fold(&s->offer, item, &verdict, &too_long) != ERR_OK) {
        MUST(too_long.code == ERR_LIMIT);
        return ERR_OK;
    }
    must_be_safe(verdict.reason);
    MUST(verdict.leads == (verdict.filter == OFFER_CANDIDATE));
    buf_addf(&s->out, "%zu %d %s\n", item->index, verdict.filter, verdict.reason);
    return ERR_OK;
}

static enum err_code found(void *self, const struct lint_finding *f, struct err *err) {
    struct buf *b = &((struct seen *)self)->out;
    (void)err;
    must_be_safe(f->message);
    MUST(f->line > 0 && lint_rule_find(f->rule->id) == f->rule);
    buf_addf(b, "%s %u %s\n", f->rule->id, f->line, f->item != NULL ? f->item : "-");
    return ERR_OK;
}

static char *lint_in(const uint8_t *data, size_t size, size_t piece) {
    static char *const channels[] = {"beta", NULL};
    const struct offer_client client = {.host_version = "1.0",
                                        .channels = channels,
                                        .system_version = "12.1",
                                        .skipped = "1.1",
                                        .group = (int)(size % 7),
                                        .now_ms = 1772135855000};
    struct seen seen = {0};
    buf_init(&seen.out, 0);
    buf_add_text(&seen.out, "");
    offer_init(&seen.offer, &client);
    struct lint *l = lint_new(&(struct lint_options){
        .where = "fuzz",
        .url = size % 2 == 0 ? "https://a.example/appcast.xml" : NULL,
        .now_ms = 1772135855000,
        .found = found,
        .item = offered,
        .self = &seen,
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
    return buf_steal(&seen.out);
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
