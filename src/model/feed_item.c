/* What the elements and attributes of an item say. What counts is copied into one arena that is reused for
 * every item: nothing is allocated per item. */
#include <string.h>

#include "src/model/feed_parts.h"

enum { ATTRIBUTE_SLOTS = 5 }; /* libxml2: name, prefix, URI, value, end */

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
        feed_fail_item_cap(p);
}

/* As one of the texts of the part that was added last. */
static void keep_in_part(struct feed_parser *p, enum draft_part_text text, const xmlChar *value,
                         const xmlChar *end) {
    draft_open(&p->draft, FIELD_PART);
    if (!add_attribute(p, value, end) || !draft_part_close(&p->draft, text, false))
        feed_fail_item_cap(p);
}

void feed_close_text(struct feed_parser *p) {
    if (p->draft.open == FIELD_NONE)
        return;
    if (p->draft.open == FIELD_PART ? !draft_part_close(&p->draft, PART_TEXT, true)
                                    : !draft_close(&p->draft, true))
        feed_fail_item_cap(p);
}

/* Something that Sparkle does not read. */
static void keep_odd(struct feed_parser *p, enum feed_part_kind kind, const xmlChar *name) {
    struct draft_part *part = draft_part(&p->draft, kind, feed_line_now(p));
    if (part != NULL)
        part->name = (const char *)name;
}

void feed_item_begin(struct feed_parser *p) {
    draft_clear(&p->draft);
    p->draft.item.line = feed_line_now(p);
    p->draft.item.index = p->items;
    p->in_item = true;
}

void feed_item_end(struct feed_parser *p) {
    const struct feed_item *item = draft_item(&p->draft);
    p->in_item = false;
    p->items++;
    struct err err = ERR_INIT;
    if (p->sink.item(p->sink.self, item, &err) == ERR_OK)
        return;
    char where[sizeof err.where];
    feed_error_place(p, item->line, 0, where, sizeof where);
    err_set(&p->err, err.code, err.where[0] != '\0' ? err.where : where, err.todo, "%s", err.what);
}

/* ---- its elements ---- */

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
    p->draft.line[FIELD_URL] = feed_line_now(p);
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS) {
        bool sparkle = feed_is_sparkle(p, attributes[1], attributes[2]);
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
    if (draft_part(&p->draft, FEED_DELTA, feed_line_now(p)) == NULL)
        return;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS) {
        bool sparkle = feed_is_sparkle(p, attributes[1], attributes[2]);
        for (size_t k = 0; k < FEED_DELTA_TEXTS; k++)
            if (attributes[0] == p->known.delta[k] && sparkle == feed_delta_texts[k].name.sparkle)
                keep_in_part(p, feed_delta_texts[k].text, attributes[3], attributes[4]);
    }
}

static void read_notes(struct feed_parser *p, int n, const xmlChar **attributes) {
    if (draft_part(&p->draft, FEED_NOTES, feed_line_now(p)) == NULL)
        return;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS)
        if (attributes[0] == p->known.lang && attributes[1] == p->known.xml_prefix)
            keep_in_part(p, PART_DETAIL, attributes[3], attributes[4]);
    draft_open(&p->draft, FIELD_PART);
}

static void read_critical(struct feed_parser *p, int n, const xmlChar **attributes) {
    p->draft.item.critical = true;
    for (int i = 0; i < n; i++, attributes += ATTRIBUTE_SLOTS)
        if (attributes[0] == p->known.version && feed_is_sparkle(p, attributes[1], attributes[2]) &&
            !draft_has(&p->draft, FIELD_CRITICAL_VERSION))
            keep_attribute(p, FIELD_CRITICAL_VERSION, attributes[3], attributes[4]);
}
static void begin_part(struct feed_parser *p, enum feed_part_kind kind) {
    if (draft_part(&p->draft, kind, feed_line_now(p)) != NULL)
        draft_open(&p->draft, FIELD_PART);
}

/* A child of an item that is no text, or nothing that Sparkle reads. */
static void begin_other(struct feed_parser *p, const xmlChar *name, bool sparkle) {
    if (sparkle)
        p->container = name;
    if (feed_is_element(p, ELEMENT_INFORMATIONAL, name, sparkle)) {
        p->draft.item.informational = true;
    } else if (feed_is_element(p, ELEMENT_DELTAS, name, sparkle) ||
               feed_is_element(p, ELEMENT_TAGS, name, sparkle)) {
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
void feed_begin_field(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                      const xmlChar **attributes) {
    if (feed_is_element(p, ELEMENT_ENCLOSURE, name, sparkle)) {
        read_enclosure(p, n, attributes);
        return;
    }
    for (size_t i = 0; i < FEED_TEXTS; i++) {
        if (name != p->known.text[i] || sparkle != feed_texts[i].sparkle)
            continue;
        if (!draft_has(&p->draft, (enum draft_field)i)) {
            draft_open(&p->draft, (enum draft_field)i);
            p->draft.line[i] = feed_line_now(p);
        }
        return;
    }
    if (feed_is_element(p, ELEMENT_NOTES, name, sparkle))
        read_notes(p, n, attributes);
    else if (feed_is_element(p, ELEMENT_CRITICAL, name, sparkle))
        read_critical(p, n, attributes);
    else
        begin_other(p, name, sparkle);
}

/* A child of a child of an item. */
void feed_begin_inner(struct feed_parser *p, const xmlChar *name, bool sparkle, int n,
                      const xmlChar **attributes) {
    bool informational = p->container == p->known.element[ELEMENT_INFORMATIONAL];
    if (p->container == p->known.element[ELEMENT_DELTAS] &&
        feed_is_element(p, ELEMENT_ENCLOSURE, name, sparkle))
        read_delta(p, n, attributes);
    else if (informational && feed_is_element(p, ELEMENT_VERSION, name, sparkle))
        begin_part(p, FEED_INFORMATIONAL_FOR);
    else if (informational && feed_is_element(p, ELEMENT_BELOW, name, sparkle))
        begin_part(p, FEED_INFORMATIONAL_BELOW);
    else if (p->container == p->known.element[ELEMENT_TAGS] &&
             feed_is_element(p, ELEMENT_CRITICAL, name, sparkle))
        p->draft.item.critical = true;
}
