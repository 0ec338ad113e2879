/* The reader of feeds, on libxml2's SAX2 push parser: bytes go in, feed_sax.c is called back. Names that
 * libxml2 hands out are interned in its dictionary, so a known name is a known pointer.
 *
 * Whatever must not be (entity declarations, depth, size) sets the error; the push that is under way
 * returns it. No tree is built, no entity is registered, so none can be expanded; no handler loads
 * anything. */
#include "src/model/feed.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "src/base/mem.h"
#include "src/model/feed_parts.h"

struct feed_parser *feed_parser_new(const char *where, struct feed_sink sink) {
    struct feed_parser *p = mem_zero(1, sizeof *p);
    p->sink = sink;
    p->where = mem_copy_text(where);
    draft_init(&p->draft);
    return p;
}

void feed_parser_free(struct feed_parser *p) {
    if (p == NULL)
        return;
    if (p->xml != NULL) {
        /* Only there when entities were declared: libxml2 keeps them aside, unused. */
        xmlFreeDoc(p->xml->myDoc);
        p->xml->myDoc = NULL;
        xmlFreeParserCtxt(p->xml);
    }
    draft_fini(&p->draft);
    free(p->title);
    free(p->where);
    free(p);
}

static void start(struct feed_parser *p) {
    xmlSAXHandler sax = feed_callbacks;
    p->xml = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
    if (p->xml == NULL) {
        err_set(&p->err, ERR_IO, p->where, "free some memory", "libxml2 found no memory");
        return;
    }
    xmlCtxtUseOptions(p->xml, XML_PARSE_NONET);
    feed_names_intern(&p->known, p->xml->dict);
}

/* libxml2 gives no other way to ask, and marks the member as its own since 2.14. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static bool in_cdata(const struct feed_parser *p) {
    return p->xml->instate == XML_PARSER_CDATA_SECTION;
}
static bool gave_up(const struct feed_parser *p) {
    return p->xml->disableSAX != 0;
}
#pragma GCC diagnostic pop

/* What libxml2 holds back because its end has not come yet: a tag, a comment, a CDATA section. */
static void check_pending(struct feed_parser *p) {
    const xmlParserInput *in = p->xml->input;
    if (in == NULL || in->end <= in->cur)
        return;
    size_t pending = (size_t)(in->end - in->cur);
    if (pending <= FEED_TAG_CAP)
        return;
    if (in_cdata(p)) {
        if (p->text_len + pending > FEED_TEXT_CAP)
            feed_fail_text_cap(p);
    } else if (in->cur[0] == '<' && in->cur[1] != '!' && in->cur[1] != '?') {
        feed_fail(p, ERR_LIMIT, "mend the feed", "one tag is longer than 64 KiB");
    } else if (pending > FEED_TEXT_CAP) {
        feed_fail(p, ERR_LIMIT, "mend the feed", "one comment or section is longer than 1 MiB");
    }
}

/* Some errors (of the encoding) are told to no parser's handler but to the thread's, which would print
 * them; and some are told to nobody: libxml2 just stops. */
static void parse(struct feed_parser *p, const char *bytes, size_t n, bool last) {
    xmlStructuredErrorFunc before = xmlStructuredError;
    void *before_self = xmlStructuredErrorContext;
    xmlSetStructuredErrorFunc(p, feed_on_error);
    xmlParseChunk(p->xml, bytes, (int)n, last);
    xmlSetStructuredErrorFunc(before_self, before);
    if (p->err.code == ERR_OK && gave_up(p))
        feed_fail(p, ERR_PARSE, "write the feed in UTF-8",
                  "holds bytes that are none in the encoding it says it has");
}

static void feed_xml(struct feed_parser *p, const char *bytes, size_t n) {
    while (n > 0 && p->err.code == ERR_OK) { /* so that p->xml is there */
        size_t chunk = n < FEED_CHUNK ? n : FEED_CHUNK;
        parse(p, bytes, chunk, false);
        bytes += chunk;
        n -= chunk;
        if (p->err.code == ERR_OK)
            check_pending(p);
    }
}

static enum err_code result(const struct feed_parser *p, struct err *err) {
    if (p->err.code != ERR_OK && err != NULL && err->code == ERR_OK)
        *err = p->err;
    return p->err.code;
}

/* The first bytes are held back, so that libxml2 can tell the encoding from them and an error can
 * quote them, in whatever pieces they came. */
static void release_head(struct feed_parser *p) {
    start(p);
    feed_xml(p, p->head, p->head_len);
}

enum err_code feed_parser_push(struct feed_parser *p, const char *bytes, size_t n,
                               struct err *err) {
    if (p->xml == NULL && p->err.code == ERR_OK) {
        size_t part = n < FEED_HEAD - p->head_len ? n : FEED_HEAD - p->head_len;
        if (part > 0)
            memcpy(p->head + p->head_len, bytes, part);
        p->head_len += part;
        bytes += part;
        n -= part;
        if (p->head_len == FEED_HEAD)
            release_head(p);
    }
    feed_xml(p, bytes, n);
    return result(p, err);
}

enum err_code feed_parser_finish(struct feed_parser *p, struct err *err) {
    if (p->err.code == ERR_OK && p->head_len == 0)
        err_set(&p->err, ERR_PARSE, p->where,
                "is this the URL or the file of an AppCast (RSS 2.0)?",
                "is empty where a feed was expected");
    if (p->err.code == ERR_OK && p->xml == NULL)
        release_head(p);
    p->finishing = true;
    if (p->err.code == ERR_OK)
        parse(p, NULL, 0, true);
    if (p->err.code == ERR_OK && p->depth > 0)
        feed_fail_cut_off(p);
    if (p->err.code == ERR_OK && !p->had_channel)
        feed_fail_foreign(p, feed_line_now(p), feed_column_now(p), "its <rss> has no <channel>");
    return result(p, err);
}

unsigned feed_parser_error_line(const struct feed_parser *p) {
    return p->error_line > 0 ? p->error_line : 1;
}

const char *feed_parser_title(const struct feed_parser *p) {
    return p->title;
}

size_t feed_parser_items(const struct feed_parser *p) {
    return p->items;
}
