/* Two feeds in one input, a NUL between them: a feed never differs from itself, what is added one way is
 * removed the other, and the words are safe. What is read back of proven artifacts and of edges is as it
 * was written. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/artifact_facts.h"
#include "src/model/edge.h"
#include "src/model/feed_diff.h"
#include "tests/fuzz/must.h"

/* NULL when the bytes are no feed. */
static struct feed_list *list_of(const uint8_t *data, size_t size) {
    struct feed_list *list = feed_list_new("feed");
    if (feed_list_push(list, (const char *)data, size, NULL) == ERR_OK &&
        feed_list_finish(list, NULL) == ERR_OK)
        return list;
    feed_list_free(list);
    return NULL;
}

struct counts {
    size_t kinds[FEED_CHANGED + 1];
};

static enum err_code count(void *self, const struct feed_change *change, struct err *err) {
    struct counts *c = self;
    struct buf words;
    (void)err;
    c->kinds[change->kind]++;
    MUST(change->kind != FEED_CHANGED || change->n_fields > 0);
    buf_init(&words, 0);
    feed_change_words(change, &words);
    for (char *line = words.data, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        MUST(end != NULL);
        char *safe = text_safe_copy(line, (size_t)(end - line));
        MUST(strlen(safe) == (size_t)(end - line) && memcmp(safe, line, strlen(safe)) == 0);
        free(safe);
    }
    buf_fini(&words);
    return ERR_OK;
}

static struct counts diff(const struct feed_list *a, const struct feed_list *b) {
    struct counts c = {{0}};
    MUST(feed_diff(a, b, (struct feed_change_sink){count, &c}, NULL) == ERR_OK);
    return c;
}

static void edge_of(const struct feed_list *list) {
    struct edge_reading r = {.bytes = 1, .age_s = EDGE_UNKNOWN}, back;
    hash_of("", 0, r.sha256);
    edge_read_feed(&r, list);
    char *text = edge_reading_write(&r);
    MUST(text != NULL && edge_reading_read(text, &back));
    MUST(strcmp(back.feed_sha256, r.feed_sha256) == 0 && back.dated == r.dated);
    free(text);
}

static void facts_of(const char *text) {
    struct artifact_facts facts, back;
    struct edge_reading reading;
    edge_reading_read(text, &reading);
    if (!facts_read(text, &facts))
        return;
    char *again = facts_write(&facts);
    MUST(again != NULL && facts_read(again, &back));
    MUST(back.n == facts.n);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t first = nul != NULL ? (size_t)(nul - data) : size;
    struct feed_list *a = list_of(data, first);
    struct feed_list *b = nul != NULL ? list_of(nul + 1, size - first - 1) : NULL;
    char *text = mem_copy_bytes(data, size);
    facts_of(text);
    free(text);
    if (a != NULL) {
        struct counts same = diff(a, a);
        MUST(same.kinds[FEED_ADDED] + same.kinds[FEED_REMOVED] + same.kinds[FEED_CHANGED] == 0);
        edge_of(a);
    }
    if (a != NULL && b != NULL) {
        struct counts there = diff(a, b), back = diff(b, a);
        MUST(there.kinds[FEED_ADDED] == back.kinds[FEED_REMOVED]);
        MUST(there.kinds[FEED_REMOVED] == back.kinds[FEED_ADDED]);
    }
    feed_list_free(a);
    feed_list_free(b);
    return 0;
}
