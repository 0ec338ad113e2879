/* The reader of feeds, on libxml2's SAX2 push parser.
 *
 * Its callbacks keep a place in the document (depth, channel, item, field) and copy what counts into
 * one arena that is reused for every item: nothing is allocated per item. Names that libxml2 hands
 * out are interned in its dictionary, so a known name is a known pointer.
 *
 * Whatever must not be (entity declarations, depth, size) sets the error; the callbacks then do
 * nothing more, and the push that is under way returns it. No tree is built, no entity is
 * registered, so none can be expanded; no handler loads anything. */
#include "src/model/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/feed_draft.h"
#include "src/model/feed_names.h"

enum {
    HEAD = 48,         /* first bytes, to say what the thing looks like when it is no feed */
    DEPTH_CHANNEL = 2, /* /rss/channel */
    DEPTH_ITEM = 3,
    DEPTH_FIELD = 4,
    ATTRIBUTE_SLOTS = 5, /* libxml2: name, prefix, URI, value, end */
};

struct feed_parser {
    struct feed_sink sink;
    char *where;
    xmlParserCtxt *xml; /* NULL until the first bytes are there */
    struct feed_names known;
    struct err err; /* the first error; code ERR_OK while all is well */
    unsigned error_line;
    bool finishing;

    char head[HEAD + 1]; /* NUL-terminated */
    size_t head_len;

    unsigned depth;
    bool in_rss, in_channel, in_item; /* we are below /rss, /rss/channel, /rss/channel/item */
    bool had_channel;
    const xmlChar *container; /* the open child of an item whose own children count, or NULL */
    size_t text_len;          /* of the field that is open, whether it is kept or not */

    struct draft draft;
    char *title;
    size_t items;
};

/* ---- errors ---- */

static void place(struct feed_parser *p, unsigned line, unsigned column, char *dst, size_t cap) {
    if (p->error_line == 0)
        p->error_line = line;
    if (column > 0)
        snprintf(dst, cap, "%s:%u:%u", p->where, line, column);
    else
        snprintf(dst, cap, "%s:%u", p->where, line);
}

static unsigned line_now(const struct feed_parser *p) {
    return p->xml != NULL && p->xml->input != NULL ? (unsigned)p->xml->input->line : 1;
}

static unsigned column_now(const struct feed_parser *p) {
    return p->xml != NULL && p->xml->input != NULL ? (unsigned)p->xml->input->col : 1;
}

static void fail(struct feed_parser *p, enum err_code code, const char *todo, const char *what) {
    char where[sizeof p->err.where];
    place(p, line_now(p), column_now(p), where, sizeof where);
    err_set(&p->err, code, where, todo, "%s", what);
}

static bool begins(const char *head, const char *with) {
    while (*with != '\0' && (*head | 0x20) == (*with | 0x20))
        head++, with++;
    return *with == '\0';
}

/* What the first bytes are, in a word, or NULL. */
static const char *guess(const char *head) {
    if (begins(head, "\xef\xbb\xbf"))
        head += 3;
    head += strspn(head, " \t\r\n");
    if (begins(head, "<!doctype html") || begins(head, "<html"))
        return "an HTML page";
    if (*head == '{' || *head == '[')
        return "JSON";
    if (begins(head, "\x1f\x8b") || begins(head, "PK\x03\x04"))
        return "a compressed file";
    return NULL;
}

/* It is no feed at all: says what it looks like. `why` may be NULL. */
static void fail_foreign(struct feed_parser *p, unsigned line, unsigned column, const char *why) {
    char where[sizeof p->err.where], head[4 * HEAD + 1];
    text_safe(head, sizeof head, p->head, p->head_len);
    const char *kind = guess(p->head);
    place(p, line, column, where, sizeof where);
    err_set(&p->err, ERR_PARSE, where, "is this the URL or the file of an AppCast (RSS 2.0)?",
            "is no feed%s%s: it begins with \"%s\"%s%s", kind ? " but " : "", kind ? kind : "",
            head, why ? "; " : "", why ? why : "");
}

/* Of a small feed libxml2 reads most only at its end: what is wrong in the middle is no cut. */
static bool at_end_of_input(const struct feed_parser *p) {
    const xmlParserInput *in = p->xml->input;
    return in == NULL || in->cur >= in->end;
}

static const char cut_off[] = "fetch it again; if it stays so, publish it again whole";

/* libxml2's word on what is wrong. Only what makes XML ill-formed counts; a prefix that nobody
 * bound, for one, is the untidy wire. */
#if LIBXML_VERSION >= 21200
static void on_error(void *self, const xmlError *e) {
#else
static void on_error(void *self, xmlErrorPtr e) {
#endif
    struct feed_parser *p = self;
    if (p == NULL || e->level != XML_ERR_FATAL || p->err.code != ERR_OK)
        return;
    char message[sizeof p->err.what / 2];
    snprintf(message, sizeof message, "%s", e->message ? e->message : "not well-formed");
    message[strcspn(message, "\n")] = '\0';
    unsigned line = e->line > 0 ? (unsigned)e->line : 1;
    unsigned column = e->int2 > 0 ? (unsigned)e->int2 : 1;
    bool named = e->code != XML_ERR_DOCUMENT_EMPTY; /* its words for "does not begin with <" */
    char where[sizeof p->err.where];
    place(p, line, column, where, sizeof where);
    if (!p->in_rss && (!named || guess(p->head) != NULL))
        fail_foreign(p, line, column, named ? message : NULL);
    else if (p->finishing && p->depth > 0 &&
             (at_end_of_input(p) || e->code == XML_ERR_DOCUMENT_END))
        err_set(&p->err, ERR_PARSE, where, cut_off, "the feed is cut off: it ends inside <%.64s>",
                (const char *)p->xml->name);
    else if (p->finishing && !p->in_rss)
        err_set(&p->err, ERR_PARSE, where, cut_off,
                "the feed is cut off: it ends before its first element");
    else
        err_set(&p->err, ERR_PARSE, where, "mend the XML", "is no well-formed XML: %s", message);
}

/* ---- items ---- */

static void fail_text_cap(struct feed_parser *p) {
    fail(p, ERR_LIMIT, "link to long release notes instead of including them",
         "one text is longer than 1 MiB");
}

static void fail_item_cap(struct feed_parser *p) {
    fail(p, ERR_LIMIT, "shorten the item's texts", "one item holds more than 4 MiB of text");
}

/* Adds an attribute's value to the open text. libxml2 hands out every & of it as "&#38;" unless it is
 * told to replace entities, which it never is here. */
static bool add_attribute(struct feed_parser *p, const xmlChar *value, const xmlChar *end) {
    static const char coded[] = "&#38;";
    size_t n = (size_t)(end - value), len = sizeof coded - 1;
    bool kept = true;
    for (const xmlChar *amp; kept && (amp = memchr(value, '&', n)) != NULL;) {
        size_t upto = (size_t)(amp - value) + 1;
        kept = draft_add(&p->draft, value, upto);
        if (n - upto >= len - 1 && memcmp(amp, coded, len) == 0)
            upto += len - 1;
        value += upto;
        n -= upto;
    }
    return kept && draft_add(&p->draft, value, n);
}

static void keep_attribute(struct feed_parser *p, enum draft_field field, const xmlChar *value,
                           const xmlChar *end) {
    draft_open(&p->draft, field);
    if (!add_attribute(p, value, end) || !draft_close(&p->draft, false))
        fail_item_cap(p);
}

/* As one of the texts of the part that was added last. */
static void keep_in_part(struct feed_parser *p, enum draft_part_text text, const xmlChar *value,
                         const xmlChar *end) {
    draft_open(&p->draft, FIELD_PART);
    if (!add_attribute(p, value, end) || !draft_part_close(&p->draft, text, false))
        fail_item_cap(p);
}

static void close_text(struct feed_parser *p) {
    if (p->draft.open == FIELD_NONE)
        return;
    if (p->draft.open == FIELD_PART ? !draft_part_close(&p->draft, PART_TEXT, true)
                                    : !draft_close(&p->draft, true))
        fail_item_cap(p);
}

/* Something that Sparkle does not read. */
static void keep_odd(struct feed_parser *p, enum feed_part_kind kind, const xmlChar *name) {
    struct draft_part *part = draft_part(&p->draft, kind, line_now(p));
    if (part != NULL)
        part->name = (const char *)name;
}

static void item_begin(struct feed_parser *p) {
    draft_clear(&p->draft);
    p->draft.item.line = line_now(p);
    p->draft.item.index = p->items;
    p->in_item = true;
}

static void item_end(struct feed_parser *p) {
    const struct feed_item *item = draft_item(&p->draft);
    p->in_item = false;
    p->items++;
    struct err err = ERR_INIT;
    if (p->sink.item(p->sink.self, item, &err) == ERR_OK)
        return;
    char where[sizeof err.where];
    place(p, item->line, 0, where, sizeof where);
    err_set(&p->err, err.code, err.where[0] != '\0' ? err.where : where, err.todo, "%s", err.what);
}

/* ---- libxml2's callbacks ---- */

/* Is it a name of Sparkle's? By namespace, and like Sparkle itself also by the prefix `sparkle`,
 * whatever that is bound to. */
static bool is_sparkle(const struct feed_parser *p, const xmlChar *prefix, const xmlChar *uri) {
    return uri == p->known.sparkle_uri || (prefix != NULL && prefix == p->known.sparkle_prefix);
}

/* An attribute of an enclosure that is not kept: is its name one of Sparkle's, or meant to be? */
static void judge_attribute(struct feed_parser *p, const xmlChar *name, bool sparkle) {
    for (size_t k = 0; k < FEED_QUIET_TEXTS; k++)
        if (name == p->known.quiet[k])
            return;
    if (sparkle) {
        keep_odd(p, FEED_UNKNOWN_ATTRIBUTE, name);
        return;
    }
    for (size_t k = 0; k < FEED_ENCLOSURE_TEXTS; k++)
        if (name == p->known.enclosure[k] && feed_enclosure_texts[k].sparkle)
            keep_odd(p, FEED_BARE_ATTRIBUTE, name);
}

static void read_enclosure(struct feed_parser *p, int n, const xmlChar **attributes) {
    if (p->draft.item.has_enclosure)
        return;
    p->draft.item.has_enclosure = true;
    p->draft.line[FIELD_URL] = line_now(p);
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS) {
        bool sparkle = is_sparkle(p, attributes[1], attributes[2]);
        if (!sparkle && attributes[1] != NULL)
            continue;
        size_t k = 0;
        while (k < FEED_ENCLOSURE_TEXTS && (attributes[0] != p->known.enclosure[k] ||
                                            sparkle != feed_enclosure_texts[k].sparkle))
            k++;
        if (k < FEED_ENCLOSURE_TEXTS)
            keep_attribute(p, (enum draft_field)(FIELD_URL + k), attributes[3], attributes[4]);
        else
            judge_attribute(p, attributes[0], sparkle);
    }
}

static void read_delta(struct feed_parser *p, int n, const xmlChar **attributes) {
    p->draft.item.deltas++;
    if (draft_part(&p->draft, FEED_DELTA, line_now(p)) == NULL)
        return;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS) {
        bool sparkle = is_sparkle(p, attributes[1], attributes[2]);
        for (size_t k = 0; k < FEED_DELTA_TEXTS; k++)
            if (attributes[0] == p->known.delta[k] && sparkle == feed_delta_texts[k].name.sparkle)
                keep_in_part(p, feed_delta_texts[k].text, attributes[3], attributes[4]);
    }
}

static void read_notes(struct feed_parser *p, int n, const xmlChar **attributes) {
    if (draft_part(&p->draft, FEED_NOTES, line_now(p)) == NULL)
        return;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS)
        if (attributes[0] == p->known.lang && attributes[1] == p->known.xml_prefix)
            keep_in_part(p, PART_DETAIL, attributes[3], attributes[4]);
    draft_open(&p->draft, FIELD_PART);
}

static void read_critical(struct feed_parser *p, int n, const xmlChar **attributes) {
    p->draft.item.critical = true;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS)
        if (attributes[0] == p->known.version && is_sparkle(p, attributes[1], attributes[2]) &&
            !draft_has(&p->draft, FIELD_CRITICAL_VERSION))
            keep_attribute(p, FIELD_CRITICAL_VERSION, attributes[3], attributes[4]);
}

static bool is_element(const struct feed_parser *p, enum feed_element element, const xmlChar *name,
                       bool sparkle) {
    return name == p->known.element[element] && sparkle == feed_elements[element].sparkle;
}

static void begin_part(struct feed_parser *p, enum feed_part_kind kind) {
    if (draft_part(&p->draft, kind, line_now(p)) != NULL)
        draft_open(&p->draft, FIELD_PART);
}

/* A child of an item that is no text, or nothing that Sparkle reads. */
static void begin_other(struct feed_parser *p, const xmlChar *name, bool sparkle) {
    if (sparkle)
        p->container = name;
    if (is_element(p, ELEMENT_INFORMATIONAL, name, sparkle)) {
        p->draft.item.informational = true;
    } else if (is_element(p, ELEMENT_DELTAS, name, sparkle) ||
               is_element(p, ELEMENT_TAGS, name, sparkle)) {
        return;
    } else if (sparkle) {
        keep_odd(p, FEED_UNKNOWN_ELEMENT, name);
    } else {
        for (size_t i = 0; i < FEED_TEXTS; i++)
            if (name == p->known.text[i] && feed_texts[i].sparkle)
                keep_odd(p, FEED_BARE_ELEMENT, name);
    }
}

/* A child of an item. */
static void begin_field(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                        const xmlChar **attributes) {
    if (is_element(p, ELEMENT_ENCLOSURE, name, sparkle)) {
        read_enclosure(p, n, attributes);
        return;
    }
    for (size_t i = 0; i < FEED_TEXTS; i++) {
        if (name != p->known.text[i] || sparkle != feed_texts[i].sparkle)
            continue;
        if (!draft_has(&p->draft, (enum draft_field)i)) {
            draft_open(&p->draft, (enum draft_field)i);
            p->draft.line[i] = line_now(p);
        }
        return;
    }
    if (is_element(p, ELEMENT_NOTES, name, sparkle))
        read_notes(p, n, attributes);
    else if (is_element(p, ELEMENT_CRITICAL, name, sparkle))
        read_critical(p, n, attributes);
    else
        begin_other(p, name, sparkle);
}

/* A child of a child of an item. */
static void begin_inner(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                        const xmlChar **attributes) {
    bool informational = p->container == p->known.element[ELEMENT_INFORMATIONAL];
    if (p->container == p->known.element[ELEMENT_DELTAS] &&
        is_element(p, ELEMENT_ENCLOSURE, name, sparkle))
        read_delta(p, n, attributes);
    else if (informational && is_element(p, ELEMENT_VERSION, name, sparkle))
        begin_part(p, FEED_INFORMATIONAL_FOR);
    else if (informational && is_element(p, ELEMENT_BELOW, name, sparkle))
        begin_part(p, FEED_INFORMATIONAL_BELOW);
    else if (p->container == p->known.element[ELEMENT_TAGS] &&
             is_element(p, ELEMENT_CRITICAL, name, sparkle))
        p->draft.item.critical = true;
}

static void begin_root(struct feed_parser *p, const xmlChar *name, const xmlChar *prefix,
                       const xmlChar *uri) {
    if (is_element(p, ELEMENT_RSS, name, false) && prefix == NULL && uri == NULL) {
        p->in_rss = true;
        return;
    }
    char why[256];
    if (is_element(p, ELEMENT_RSS, name, false))
        snprintf(why, sizeof why,
                 "its <rss> is in the namespace %.100s, where Sparkle sees nothing",
                 uri ? (const char *)uri : "of an unknown prefix");
    else
        snprintf(why, sizeof why, "its first element is <%.100s>, not <rss>", (const char *)name);
    fail_foreign(p, line_now(p), column_now(p), why);
}

static void on_start(void *self, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes,
                     int n_defaulted, const xmlChar **attributes) {
    struct feed_parser *p = self;
    (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    p->depth++;
    if (p->err.code != ERR_OK)
        return;
    if (p->depth > FEED_DEPTH_CAP) {
        fail(p, ERR_LIMIT, "mend the feed: an AppCast nests six deep", "elements nest too deep");
        return;
    }
    if (p->depth <= DEPTH_FIELD)
        p->text_len = 0;
    bool sparkle = is_sparkle(p, prefix, uri);
    /* A name of neither Sparkle's namespace nor none is somebody else's. */
    if (!sparkle && prefix != NULL && p->depth > 1)
        return;
    if (p->depth == 1)
        begin_root(p, name, prefix, uri);
    else if (p->depth == DEPTH_CHANNEL)
        p->in_channel = p->in_rss && is_element(p, ELEMENT_CHANNEL, name, sparkle);
    else if (p->depth == DEPTH_ITEM && p->in_channel) {
        if (is_element(p, ELEMENT_ITEM, name, sparkle))
            item_begin(p);
        else if (name == p->known.text[FIELD_TITLE] && !sparkle && p->title == NULL) {
            draft_clear(&p->draft);
            draft_open(&p->draft, FIELD_CHANNEL_TITLE);
        }
    } else if (p->depth == DEPTH_FIELD && p->in_item)
        begin_field(p, name, sparkle, n_attributes, attributes);
    else if (p->container != NULL && p->depth == DEPTH_FIELD + 1)
        begin_inner(p, name, sparkle, n_attributes, attributes);
    p->had_channel = p->had_channel || p->in_channel;
}

static void on_end(void *self, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    struct feed_parser *p = self;
    (void)name, (void)prefix, (void)uri;
    unsigned depth = p->depth--;
    if (p->err.code == ERR_OK && depth == DEPTH_FIELD + 1 && p->container != NULL)
        close_text(p);
    if (p->err.code != ERR_OK || depth > DEPTH_FIELD)
        return;
    if (depth == DEPTH_FIELD) {
        p->container = NULL;
        if (p->in_item)
            close_text(p);
    } else if (depth == DEPTH_ITEM) {
        if (p->in_item) {
            item_end(p);
        } else if (p->draft.open == FIELD_CHANNEL_TITLE) {
            close_text(p);
            p->title = mem_copy_text(draft_text(&p->draft, FIELD_CHANNEL_TITLE));
        }
    } else if (depth == DEPTH_CHANNEL) {
        p->in_channel = false;
    }
}

static void on_text(void *self, const xmlChar *text, int n) {
    struct feed_parser *p = self;
    if (p->err.code != ERR_OK)
        return;
    p->text_len += (size_t)n;
    if (p->text_len > FEED_TEXT_CAP)
        fail_text_cap(p);
    else if (p->draft.open != FIELD_NONE && !draft_add(&p->draft, text, (size_t)n))
        fail_item_cap(p);
}

/* An entity that is no character and none of XML's own five. */
static void on_reference(void *self, const xmlChar *name) {
    char what[160];
    snprintf(what, sizeof what, "uses the entity &%.64s; which gonogo does not expand",
             (const char *)name);
    fail(self, ERR_PARSE, "write the character itself, or its number (&#160;)", what);
}

static void on_declaration(struct feed_parser *p) {
    fail(p, ERR_PARSE, "take the DTD out: AppCasts need none",
         "declares entities or elements of its own, which is refused: nothing is expanded or "
         "loaded");
}
static void on_entity(void *self, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content) {
    (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
    on_declaration(self);
}
static void on_attribute_declaration(void *self, const xmlChar *element, const xmlChar *name,
                                     int type, int def, const xmlChar *value,
                                     xmlEnumeration *tree) {
    (void)element, (void)name, (void)type, (void)def, (void)value;
    xmlFreeEnumeration(tree);
    on_declaration(self);
}
static void on_element_declaration(void *self, const xmlChar *name, int type,
                                   xmlElementContent *content) {
    (void)name, (void)type, (void)content;
    on_declaration(self);
}

static const xmlSAXHandler callbacks = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .ignorableWhitespace = on_text, /* the same function: libxml2 then skips looking for blanks */
    .cdataBlock = on_text,
    .reference = on_reference,
    .entityDecl = on_entity,
    .attributeDecl = on_attribute_declaration,
    .elementDecl = on_element_declaration,
    .serror = on_error,
};

/* ---- the parser ---- */

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
    xmlSAXHandler sax = callbacks;
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
            fail_text_cap(p);
    } else if (in->cur[0] == '<' && in->cur[1] != '!' && in->cur[1] != '?') {
        fail(p, ERR_LIMIT, "mend the feed", "one tag is longer than 64 KiB");
    } else if (pending > FEED_TEXT_CAP) {
        fail(p, ERR_LIMIT, "mend the feed", "one comment or section is longer than 1 MiB");
    }
}

/* Some errors (of the encoding) are told to no parser's handler but to the thread's, which would print
 * them; and some are told to nobody: libxml2 just stops. */
static void parse(struct feed_parser *p, const char *bytes, size_t n, bool last) {
    xmlStructuredErrorFunc before = xmlStructuredError;
    void *before_self = xmlStructuredErrorContext;
    xmlSetStructuredErrorFunc(p, on_error);
    xmlParseChunk(p->xml, bytes, (int)n, last);
    xmlSetStructuredErrorFunc(before_self, before);
    if (p->err.code == ERR_OK && gave_up(p))
        fail(p, ERR_PARSE, "write the feed in UTF-8",
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
        size_t part = n < HEAD - p->head_len ? n : HEAD - p->head_len;
        if (part > 0)
            memcpy(p->head + p->head_len, bytes, part);
        p->head_len += part;
        bytes += part;
        n -= part;
        if (p->head_len == HEAD)
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
        fail(p, ERR_PARSE, cut_off, "the feed is cut off");
    if (p->err.code == ERR_OK && !p->had_channel)
        fail_foreign(p, line_now(p), column_now(p), "its <rss> has no <channel>");
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
