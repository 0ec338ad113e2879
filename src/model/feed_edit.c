/* A walk over tags and nothing else: whether the bytes are well-formed was judged by a real parser
 * before, and whoever edits reads the result with it again. */
#include "src/model/feed_edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/text.h"

enum { DEPTH_ITEM = 3, DEPTH_FIELD = 4 };

/* ---- encodings ---- */

/* How ASCII is written: in how many bytes, of which the last (`big`) or the first is the character. */
struct coding {
    size_t unit;
    bool big;
};

static struct coding coding_of(const char *bytes, size_t n) {
    static const struct {
        const char *begin;
        size_t len;
        struct coding coding;
    } begins[] = {
        {"\xff\xfe\0\0", 4, {4, false}}, {"<\0\0\0", 4, {4, false}},
        {"\0\0\xfe\xff", 4, {4, true}},  {"\0\0\0<", 4, {4, true}},
        {"\xff\xfe", 2, {2, false}},     {"<\0", 2, {2, false}},
        {"\xfe\xff", 2, {2, true}},      {"\0<", 2, {2, true}},
    };
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (n >= begins[i].len && memcmp(bytes, begins[i].begin, begins[i].len) == 0)
            return begins[i].coding;
    return (struct coding){1, false};
}

static uint32_t unit_at(const char *at, struct coding c) {
    uint32_t value = 0;
    for (size_t i = 0; i < c.unit; i++)
        value = value << 8 | (unsigned char)at[c.big ? i : c.unit - 1 - i];
    return value;
}

/* One byte for each unit: ASCII as it is, and the rest as something that is none. On the heap. */
static char *narrow(const char *bytes, size_t n, struct coding c) {
    char *text = mem_alloc(n / c.unit + 1);
    for (size_t i = 0; i < n / c.unit; i++) {
        uint32_t unit = unit_at(bytes + i * c.unit, c);
        text[i] = unit < 0x80 ? (char)unit : '\x80';
    }
    return text;
}

static void add_wide(struct buf *out, const char *text, struct coding c) {
    for (; *text != '\0'; text++)
        for (size_t i = 0; i < c.unit; i++)
            buf_add(out, i == (c.big ? c.unit - 1 : 0) ? text : "", 1);
}

/* ---- the walk ---- */

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
        size_t until = end.at - from < strlen("]]>") ? from : end.at - strlen("]]>");
        *span = (struct feed_span){from, until - from};
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

static enum err_code find(const char *bytes, size_t n, size_t index, struct feed_place *place,
                          struct err *err) {
    struct walk w = {.bytes = bytes, .n = n};
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

enum err_code feed_edit_find(const char *bytes, size_t n, size_t index, struct feed_place *place,
                             struct err *err) {
    struct coding c = coding_of(bytes, n);
    *place = (struct feed_place){{0, 0}, {0, 0}};
    if (c.unit == 1)
        return find(bytes, n, index, place, err);
    char *text = narrow(bytes, n, c);
    enum err_code code = find(text, n / c.unit, index, place, err);
    struct feed_span *spans[] = {&place->pub_date, &place->interval};
    for (size_t i = 0; i < 2; i++)
        *spans[i] = (struct feed_span){spans[i]->at * c.unit, spans[i]->len * c.unit};
    free(text);
    return code;
}

void feed_edit_write(const char *bytes, size_t n, const struct feed_place *place,
                     const char *pub_date, const char *interval, struct buf *out,
                     struct feed_place *after) {
    struct coding c = coding_of(bytes, n);
    *after = *place;
    struct {
        struct feed_span span, *after;
        const char *text;
    } edits[] = {{place->pub_date, &after->pub_date, pub_date},
                 {place->interval, &after->interval, interval}};
    size_t done = 0, first = edits[0].span.at < edits[1].span.at ? 0 : 1;
    for (size_t k = 0; k < 2; k++) {
        size_t i = k == 0 ? first : 1 - first;
        if (edits[i].span.at == 0)
            continue;
        edits[i].after->at += out->len - done;
        if (edits[i].text == NULL)
            continue;
        buf_add(out, bytes + done, edits[i].span.at - done);
        add_wide(out, edits[i].text, c);
        edits[i].after->len = strlen(edits[i].text) * c.unit;
        done = edits[i].span.at + edits[i].span.len;
    }
    buf_add(out, bytes + done, n - done);
}

/* ---- for people ---- */

/* Units as UTF-8; halves of a pair that have lost each other are U+FFFD. */
static void add_text(struct buf *out, const char *at, size_t units, struct coding c) {
    char utf8[4];
    for (size_t i = 0; i < units; i++) {
        uint32_t code = unit_at(at + i * c.unit, c);
        uint32_t next = i + 1 < units ? unit_at(at + (i + 1) * c.unit, c) : 0;
        if (c.unit == 2 && code >> 10 == 0xd800 >> 10 && next >> 10 == 0xdc00 >> 10) {
            code = 0x10000 + ((code & 0x3ff) << 10 | (next & 0x3ff));
            i++;
        }
        bool none = code > 0x10ffff || code >> 11 == 0xd800 >> 11;
        buf_add(out, utf8, text_encode(none ? 0xfffd : code, utf8));
    }
}

void feed_edit_line(const char *bytes, size_t n, size_t at, struct buf *out) {
    struct coding c = coding_of(bytes, n);
    size_t from = at, until = at;
    while (from >= c.unit && at - from < FEED_EDIT_LINE &&
           unit_at(bytes + from - c.unit, c) != '\n')
        from -= c.unit;
    while (n - until >= c.unit && until - at < FEED_EDIT_LINE && unit_at(bytes + until, c) != '\n')
        until += c.unit;
    bool cut_from = at - from >= FEED_EDIT_LINE, cut_until = until - at >= FEED_EDIT_LINE;
    while (c.unit == 1 && cut_from && from < at && (bytes[from] & 0xc0) == 0x80)
        from++;
    while (c.unit == 1 && cut_until && until > at && (bytes[until] & 0xc0) == 0x80)
        until--;
    if (until > from && unit_at(bytes + until - c.unit, c) == '\r')
        until -= c.unit;
    buf_add_text(out, cut_from ? "…" : "");
    if (c.unit == 1)
        buf_add(out, bytes + from, until - from);
    else
        add_text(out, bytes + from, (until - from) / c.unit, c);
    buf_add_text(out, cut_until ? "…" : "");
}
