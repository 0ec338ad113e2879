/* What is wrong with a feed, in words, and where. The first error counts. */
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/model/feed_parts.h"

void feed_error_place(struct feed_parser *p, unsigned line, unsigned column, char *dst,
                      size_t cap) {
    if (p->error_line == 0)
        p->error_line = line;
    if (column > 0)
        snprintf(dst, cap, "%s:%u:%u", p->where, line, column);
    else
        snprintf(dst, cap, "%s:%u", p->where, line);
}

unsigned feed_line_now(const struct feed_parser *p) {
    return p->xml != NULL && p->xml->input != NULL ? (unsigned)p->xml->input->line : 1;
}

unsigned feed_column_now(const struct feed_parser *p) {
    return p->xml != NULL && p->xml->input != NULL ? (unsigned)p->xml->input->col : 1;
}

void feed_fail(struct feed_parser *p, enum err_code code, const char *todo, const char *what) {
    char where[sizeof p->err.where];
    feed_error_place(p, feed_line_now(p), feed_column_now(p), where, sizeof where);
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

void feed_fail_foreign(struct feed_parser *p, unsigned line, unsigned column, const char *why) {
    char where[sizeof p->err.where], head[4 * FEED_HEAD + 1];
    text_safe(head, sizeof head, p->head, p->head_len);
    const char *kind = guess(p->head);
    feed_error_place(p, line, column, where, sizeof where);
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
void feed_on_error(void *self, const xmlError *e) {
#else
void feed_on_error(void *self, xmlErrorPtr e) {
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
    feed_error_place(p, line, column, where, sizeof where);
    if (!p->in_rss && (!named || guess(p->head) != NULL))
        feed_fail_foreign(p, line, column, named ? message : NULL);
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

void feed_fail_text_cap(struct feed_parser *p) {
    feed_fail(p, ERR_LIMIT, "link to long release notes instead of including them",
              "one text is longer than 1 MiB");
}

void feed_fail_item_cap(struct feed_parser *p) {
    feed_fail(p, ERR_LIMIT, "shorten the item's texts", "one item holds more than 4 MiB of text");
}

void feed_fail_cut_off(struct feed_parser *p) {
    feed_fail(p, ERR_PARSE, cut_off, "the feed is cut off");
}
