/* libxml2's callbacks: they keep a place in the document (depth, channel, item, field). Once the error is
 * set they do nothing more. */
#include <stdio.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/feed_parts.h"

enum {
    DEPTH_CHANNEL = 2, /* /rss/channel */
    DEPTH_ITEM = 3,
    DEPTH_FIELD = 4,
};

static void begin_root(struct feed_parser *p, const xmlChar *name, const xmlChar *prefix,
                       const xmlChar *uri) {
    if (feed_is_element(p, ELEMENT_RSS, name, false) && prefix == NULL && uri == NULL) {
        p->in_rss = true;
        return;
    }
    char why[256];
    if (feed_is_element(p, ELEMENT_RSS, name, false))
        snprintf(why, sizeof why,
                 "its <rss> is in the namespace %.100s, where Sparkle sees nothing",
                 uri ? (const char *)uri : "of an unknown prefix");
    else
        snprintf(why, sizeof why, "its first element is <%.100s>, not <rss>", (const char *)name);
    feed_fail_foreign(p, feed_line_now(p), feed_column_now(p), why);
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
        feed_fail(p, ERR_LIMIT, "mend the feed: an AppCast nests six deep",
                  "elements nest too deep");
        return;
    }
    if (p->depth <= DEPTH_FIELD)
        p->text_len = 0;
    bool sparkle = feed_is_sparkle(p, prefix, uri);
    /* A name of neither Sparkle's namespace nor none is somebody else's. */
    if (!sparkle && prefix != NULL && p->depth > 1)
        return;
    if (p->depth == 1)
        begin_root(p, name, prefix, uri);
    else if (p->depth == DEPTH_CHANNEL)
        p->in_channel = p->in_rss && feed_is_element(p, ELEMENT_CHANNEL, name, sparkle);
    else if (p->depth == DEPTH_ITEM && p->in_channel) {
        if (feed_is_element(p, ELEMENT_ITEM, name, sparkle))
            feed_item_begin(p);
        else if (name == p->known.text[FIELD_TITLE] && !sparkle && p->title == NULL) {
            draft_clear(&p->draft);
            draft_open(&p->draft, FIELD_CHANNEL_TITLE);
        }
    } else if (p->depth == DEPTH_FIELD && p->in_item)
        feed_begin_field(p, name, sparkle, n_attributes, attributes);
    else if (p->container != NULL && p->depth == DEPTH_FIELD + 1)
        feed_begin_inner(p, name, sparkle, n_attributes, attributes);
    p->had_channel = p->had_channel || p->in_channel;
}

static void on_end(void *self, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    struct feed_parser *p = self;
    (void)name, (void)prefix, (void)uri;
    unsigned depth = p->depth--;
    if (p->err.code == ERR_OK && depth == DEPTH_FIELD + 1 && p->container != NULL)
        feed_close_text(p);
    if (p->err.code != ERR_OK || depth > DEPTH_FIELD)
        return;
    if (depth == DEPTH_FIELD) {
        p->container = NULL;
        if (p->in_item)
            feed_close_text(p);
    } else if (depth == DEPTH_ITEM) {
        if (p->in_item) {
            feed_item_end(p);
        } else if (p->draft.open == FIELD_CHANNEL_TITLE) {
            feed_close_text(p);
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
        feed_fail_text_cap(p);
    else if (p->draft.open != FIELD_NONE && !draft_add(&p->draft, text, (size_t)n))
        feed_fail_item_cap(p);
}

/* An entity that is no character and none of XML's own five. */
static void on_reference(void *self, const xmlChar *name) {
    char what[160];
    snprintf(what, sizeof what, "uses the entity &%.64s; which gonogo does not expand",
             (const char *)name);
    feed_fail(self, ERR_PARSE, "write the character itself, or its number (&#160;)", what);
}

static void on_declaration(struct feed_parser *p) {
    feed_fail(p, ERR_PARSE, "take the DTD out: AppCasts need none",
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

const xmlSAXHandler feed_callbacks = {
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
    .serror = feed_on_error,
};
