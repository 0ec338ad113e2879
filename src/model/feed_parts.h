/* What the files of the feed parser share. Not for others. Each calls only those before it: feed_error.c
 * (what is wrong, in words), feed_item.c (what an item's elements and attributes say), feed_sax.c
 * (where in the document we are), feed.c (the bytes). */
#ifndef GONOGO_MODEL_FEED_PARTS_H
#define GONOGO_MODEL_FEED_PARTS_H

#include <libxml/parser.h>

#include "src/model/feed.h"
#include "src/model/feed_draft.h"
#include "src/model/feed_names.h"

enum { FEED_HEAD = 48 }; /* first bytes, to say what the thing looks like when it is no feed */

struct feed_parser {
    struct feed_sink sink;
    char *where;
    xmlParserCtxt *xml; /* NULL until the first bytes are there */
    struct feed_names known;
    struct err err; /* the first error; code ERR_OK while all is well */
    unsigned error_line;
    bool finishing;

    char head[FEED_HEAD + 1]; /* NUL-terminated */
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

/* ---- feed_error.c ---- */

unsigned feed_line_now(const struct feed_parser *p); /* of the parser, from 1 */
unsigned feed_column_now(const struct feed_parser *p);

/* "WHERE:LINE" or, unless `column` is 0, "WHERE:LINE:COLUMN"; the first such line is that of the error. */
void feed_error_place(struct feed_parser *p, unsigned line, unsigned column, char *dst, size_t cap);

/* These end the reading, at the place where the parser is. */
void feed_fail(struct feed_parser *p, enum err_code code, const char *todo, const char *what);
void feed_fail_text_cap(struct feed_parser *p);
void feed_fail_item_cap(struct feed_parser *p);
/* It is no feed at all: says what it looks like. `why` may be NULL. */
void feed_fail_foreign(struct feed_parser *p, unsigned line, unsigned column, const char *why);
void feed_fail_cut_off(struct feed_parser *p);

/* For libxml2. */
#if LIBXML_VERSION >= 21200
void feed_on_error(void *self, const xmlError *e);
#else
void feed_on_error(void *self, xmlErrorPtr e);
#endif

/* ---- feed_item.c ---- */

/* Is it a name of Sparkle's? By namespace, and like Sparkle itself also by the prefix `sparkle`,
 * whatever that is bound to. */
static inline bool feed_is_sparkle(const struct feed_parser *p, const xmlChar *prefix,
                                   const xmlChar *uri) {
    return uri == p->known.sparkle_uri || (prefix != NULL && prefix == p->known.sparkle_prefix);
}

static inline bool feed_is_element(const struct feed_parser *p, enum feed_element element,
                                   const xmlChar *name, bool sparkle) {
    return name == p->known.element[element] && sparkle == feed_elements[element].sparkle;
}

void feed_item_begin(struct feed_parser *p);
void feed_item_end(struct feed_parser *p); /* hands it out */
/* A child of an item, and a child of such a child; `attributes` as libxml2 has them. */
void feed_begin_field(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                      const xmlChar **attributes);
void feed_begin_inner(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                      const xmlChar **attributes);
void feed_close_text(struct feed_parser *p); /* the open one, if any */

/* ---- feed_sax.c ---- */

extern const xmlSAXHandler feed_callbacks;

#endif
