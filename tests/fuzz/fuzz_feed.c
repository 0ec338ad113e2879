/* Any bytes as a feed: an error that says where, or a feed, and the pieces in which the bytes come make
 * no difference. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/model/feed.h"
#include "tests/fuzz/must.h"

struct seen {
    struct buf out;
    struct feed_newest newest;
};

static void add(struct buf *b, const char *text) {
    buf_add_text(b, text ? text : "-");
    buf_add(b, "|", 1);
}

static enum err_code see(void *self, const struct feed_item *i, struct err *err) {
    struct seen *s = self;
    const char *const texts[] = {i->title,
                                 i->version,
                                 i->short_version,
                                 i->channel,
                                 i->os,
                                 i->url,
                                 i->length_text,
                                 i->type,
                                 i->ed_signature,
                                 i->dsa_signature,
                                 i->pub_date,
                                 i->phased_text,
                                 i->link,
                                 i->critical_version,
                                 i->minimum_system_version,
                                 i->notes_url,
                                 i->maximum_system_version};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        add(&s->out, texts[k]);
    buf_addf(&s->out, "%u %u %zu %d %d\n", i->line, i->deltas, i->index, i->critical,
             i->has_enclosure);
    MUST(i->length >= -1 && i->phased_interval_s >= -1);
    return feed_newest_fold(&s->newest, i, err);
}

static char *read_in(const uint8_t *data, size_t size, size_t piece, struct err *err) {
    struct seen s = {0};
    buf_init(&s.out, 0);
    feed_newest_init(&s.newest, NULL);
    struct feed_parser *p = feed_parser_new("fuzz", (struct feed_sink){see, &s});
    enum err_code code = ERR_OK;
    for (size_t at = 0; at < size && code == ERR_OK; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        char *exact = mem_copy_bytes(data + at, n);
        code = feed_parser_push(p, exact, n, err);
        free(exact);
    }
    code = feed_parser_finish(p, err);
    MUST(code == err->code);
    MUST(code == ERR_OK || (err->what[0] != '\0' && strncmp(err->where, "fuzz", 4) == 0));
    MUST(s.newest.found == (s.newest.version[0] != '\0'));
    add(&s.out, feed_parser_title(p));
    buf_addf(&s.out, "%d %s %s", err->code, err->where, err->what);
    feed_parser_free(p);
    return buf_steal(&s.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err whole_err = ERR_INIT, parts_err = ERR_INIT;
    size_t piece = size > 0 ? data[size - 1] % 61 + 1u : 1;
    char *whole = read_in(data, size, size + 1, &whole_err);
    char *parts = read_in(data, size, piece, &parts_err);
    /* Where exactly, and in which words, may depend on how far libxml2 could look ahead; and it takes
     * a > inside the quotes of a DOCTYPE for its end when the rest has not come yet. */
    if (memmem(data, size, "<!DOCTYPE", 9) == NULL) {
        MUST((whole_err.code == ERR_OK) == (parts_err.code == ERR_OK));
        MUST(whole_err.code != ERR_OK || strcmp(whole, parts) == 0);
    }
    free(parts);
    free(whole);
    return 0;
}
