/* A walk over tags and nothing else: whether the bytes are well-formed was judged by a real parser
 * before, and whoever edits reads the result with it again. */
#include "src/model/feed_edit.h"

#include <string.h>

enum { DEPTH_ITEM = 3, DEPTH_FIELD = 4 };

struct walk {
    const char *bytes;
    size_t n, at;
    unsigned depth; /* of the element we are in */
    bool in_channel, in_item;
    size_t items; /* begun so far */
};

static bool looking_at(const struct walk *w, const char *text) {
    size_t len = strlen(text);
    return w->n - w->at >= len && memcmp(w->bytes + w->at, text, len) == 0;
}

/* Behind the next `text`, or at the end. */
static void skip_past(struct walk *w, const char *text) {
    const char *found = memmem(w->bytes + w->at, w->n - w->at, text, strlen(text));
    w->at = found == NULL ? w->n : (size_t)(found - w->bytes) + strlen(text);
}

/* Behind the tag's `>`; true when it closes itself. */
static bool skip_tag(struct walk *w) {
    char quote = '\0', last = '\0';
    for (; w->at < w->n; w->at++) {
        char c = w->bytes[w->at];
        if (quote == '\0' && c == '>')
            break;
        if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = '\0';
        last = c;
    }
    w->at += w->at < w->n;
    return last == '/';
}

static size_t name_len(const struct walk *w) {
    size_t len = 0;
    while (w->at + len < w->n && strchr(" \t\r\n/>", w->bytes[w->at + len]) == NULL)
        len++;
    return len;
}

static bool is_name(const char *name, size_t len, const char *wanted) {
    return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

/* The local part with any prefix. */
static bool is_prefixed(const char *name, size_t len, const char *wanted) {
    const char *colon = memchr(name, ':', len);
    return colon != NULL && is_name(colon + 1, len - (size_t)(colon + 1 - name), wanted);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text that begins here and goes to the end of its element: plain, or one CDATA section. */
static bool take_text(const struct walk *w, struct feed_span *span) {
    struct walk end = *w;
    size_t from = w->at;
    while (end.at < end.n && is_blank(end.bytes[end.at]))
        end.at++;
    if (looking_at(&end, "<![CDATA[")) {
        from = end.at + strlen("<![CDATA[");
        end.at = from;
        skip_past(&end, "]]>");
        *span = (struct feed_span){from, end.at - strlen("]]>") - from};
    } else {
        const char *open = memchr(w->bytes + from, '<', w->n - from);
        end.at = open == NULL ? w->n : (size_t)(open - w->bytes);
        *span = (struct feed_span){from, end.at - from};
    }
    while (end.at < end.n && is_blank(end.bytes[end.at]))
        end.at++;
    for (; span->len > 0 && is_blank(w->bytes[span->at]); span->len--)
        span->at++;
    while (span->len > 0 && is_blank(w->bytes[span->at + span->len - 1]))
        span->len--;
    return looking_at(&end, "</") && span->len > 0;
}

/* A start tag whose name begins here. False when a text that was wanted is not plain. */
static bool open_element(struct walk *w, size_t index, struct feed_place *place) {
    const char *name = w->bytes + w->at;
    size_t len = name_len(w);
    bool closed = skip_tag(w);
    unsigned depth = ++w->depth;
    if (depth == DEPTH_ITEM - 1)
        w->in_channel = is_name(name, len, "channel");
    else if (depth == DEPTH_ITEM && w->in_channel && is_name(name, len, "item"))
        w->in_item = w->items++ == index;
    struct feed_span *span = NULL;
    if (depth == DEPTH_FIELD && w->in_item && is_name(name, len, "pubDate"))
        span = &place->pub_date;
    else if (depth == DEPTH_FIELD && w->in_item && is_prefixed(name, len, "phasedRolloutInterval"))
        span = &place->interval;
    if (closed)
        w->depth--;
    return closed || span == NULL || span->at != 0 || take_text(w, span);
}

static void close_element(struct walk *w) {
    skip_tag(w);
    if (w->depth == DEPTH_ITEM)
        w->in_item = false;
    if (w->depth > 0)
        w->depth--;
}

enum err_code feed_edit_find(const char *bytes, size_t n, size_t index, struct feed_place *place,
                             struct err *err) {
    struct walk w = {.bytes = bytes, .n = n};
    *place = (struct feed_place){{0, 0}, {0, 0}};
    if (memchr(bytes, '\0', n < 64 ? n : 64) != NULL)
        return err_set(err, ERR_REFUSED, NULL, "write the feed in UTF-8",
                       "the feed's encoding cannot be edited");
    while (w.at < n && !(w.in_item == false && w.items > index)) {
        const char *tag = memchr(bytes + w.at, '<', n - w.at);
        w.at = tag == NULL ? n : (size_t)(tag - bytes);
        if (looking_at(&w, "<!--")) {
            w.at += strlen("<!--");
            skip_past(&w, "-->");
        } else if (looking_at(&w, "<![CDATA[")) {
            skip_past(&w, "]]>");
        } else if (looking_at(&w, "<?")) {
            skip_past(&w, "?>");
        } else if (looking_at(&w, "<!")) {
            skip_tag(&w);
        } else if (looking_at(&w, "</")) {
            close_element(&w);
        } else if (w.at < n) {
            w.at++;
            if (!open_element(&w, index, place))
                return err_set(err, ERR_REFUSED, NULL, "write it as plain text",
                               "the item's pubDate or interval is empty or no plain text");
        }
    }
    return ERR_OK;
}

void feed_edit_write(const char *bytes, size_t n, const struct feed_place *place,
                     const char *pub_date, const char *interval, struct buf *out) {
    struct {
        struct feed_span span;
        const char *text;
    } edits[] = {{place->pub_date, pub_date}, {place->interval, interval}};
    size_t done = 0, first = edits[0].span.at < edits[1].span.at ? 0 : 1;
    for (size_t k = 0; k < 2; k++) {
        size_t i = k == 0 ? first : 1 - first;
        if (edits[i].text == NULL || edits[i].span.at == 0)
            continue;
        buf_add(out, bytes + done, edits[i].span.at - done);
        buf_add_text(out, edits[i].text);
        done = edits[i].span.at + edits[i].span.len;
    }
    buf_add(out, bytes + done, n - done);
}
