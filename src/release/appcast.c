#include "src/release/appcast.h"

#include <libxml/xmlwriter.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"
#include "src/release/http.h"

#define SPARKLE_NS "http://www.andymatuschak.org/xml-namespaces/sparkle"

enum { APPCAST_BYTES_MAX = 4 * 1024 * 1024 }; /* two items of capped manifests fit by far */

/* May this stand in an XML 1.0 document? */
static bool xml_text_ok(const char *text) {
    for (size_t n = strlen(text); n > 0;) {
        uint32_t code;
        bool valid;
        size_t step = text_decode(text, n, &code, &valid);
        if (!valid || (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
            code == 0xfffe || code == 0xffff)
            return false;
        text += step;
        n -= step;
    }
    return true;
}

/* An xmlTextWriter that remembers the first failure. */
struct writer {
    xmlTextWriterPtr xml;
    bool failed;     /* out of memory, as far as libxml2 tells */
    const char *bad; /* the first text that cannot stand in XML */
};

static void open_tag(struct writer *w, const char *name) {
    w->failed |= xmlTextWriterStartElement(w->xml, BAD_CAST name) < 0;
}

static void close_tag(struct writer *w) {
    w->failed |= xmlTextWriterEndElement(w->xml) < 0;
}

/* Texts that are NULL or empty are left out: an empty signature is no signature. */
static bool is_there(struct writer *w, const char *name, const char *text) {
    if (!text || !*text)
        return false;
    if (!xml_text_ok(text)) {
        if (!w->bad)
            w->bad = name;
        return false;
    }
    return true;
}

static void attribute(struct writer *w, const char *name, const char *text) {
    if (is_there(w, name, text))
        w->failed |= xmlTextWriterWriteAttribute(w->xml, BAD_CAST name, BAD_CAST text) < 0;
}

static void element(struct writer *w, const char *name, const char *text) {
    if (is_there(w, name, text))
        w->failed |= xmlTextWriterWriteElement(w->xml, BAD_CAST name, BAD_CAST text) < 0;
}

static void write_item(struct writer *w, const struct manifest *m) {
    char date[64] = "", size[32], title[256];
    int64_t released_ms;
    if (m->release_date && when_parse_rfc3339(m->release_date, &released_ms))
        http_date(released_ms, "+0000", date, sizeof date);
    snprintf(size, sizeof size, "%lld", (long long)m->artifact.size);
    snprintf(title, sizeof title, "Version %s", m->version);

    open_tag(w, "item");
    element(w, "title", title);
    element(w, "pubDate", date);
    element(w, "sparkle:version", m->build);
    element(w, "sparkle:shortVersionString", m->version);
    element(w, "sparkle:minimumSystemVersion", m->artifact.min_os);
    element(w, "sparkle:releaseNotesLink", m->notes_url);
    if (m->critical) {
        open_tag(w, "sparkle:criticalUpdate");
        close_tag(w);
    }
    open_tag(w, "enclosure");
    attribute(w, "url", m->artifact.url);
    attribute(w, "length", size);
    attribute(w, "type", "application/octet-stream");
    attribute(w, "sparkle:version", m->build);
    attribute(w, "sparkle:shortVersionString", m->version);
    attribute(w, "sparkle:edSignature", m->artifact.ed25519);
    close_tag(w);
    close_tag(w);
}

static void write_channel(struct writer *w, const struct appcast *appcast) {
    w->failed |= xmlTextWriterSetIndent(w->xml, 1) < 0;
    w->failed |= xmlTextWriterSetIndentString(w->xml, BAD_CAST "  ") < 0;
    w->failed |= xmlTextWriterStartDocument(w->xml, "1.0", "utf-8", NULL) < 0;
    open_tag(w, "rss");
    attribute(w, "version", "2.0");
    attribute(w, "xmlns:sparkle", SPARKLE_NS);
    open_tag(w, "channel");
    element(w, "title", appcast->title);
    element(w, "link", appcast->link);
    element(w, "description", appcast->description);
    element(w, "language", "en");
    for (size_t i = 0; i < appcast->n_items; i++)
        write_item(w, appcast->items[i]);
    w->failed |= xmlTextWriterEndDocument(w->xml) < 0; /* closes channel and rss */
    w->failed |= xmlTextWriterFlush(w->xml) < 0;
}

enum err_code appcast_write(const struct appcast *appcast, struct buf *out, struct err *err) {
    enum err_code code = ERR_OK;
    buf_init(out, APPCAST_BYTES_MAX);
    xmlBufferPtr bytes = xmlBufferCreate();
    struct writer w = {.xml = bytes ? xmlNewTextWriterMemory(bytes, 0) : NULL};
    if (!w.xml) {
        code = err_set(err, ERR_IO, "feed", NULL, "no memory to write it");
        goto out;
    }
    write_channel(&w, appcast);
    if (w.bad)
        code = err_set(err, ERR_PARSE, "feed", "correct the manifest",
                       "%s holds a character that XML cannot carry", w.bad);
    else if (w.failed || !buf_add(out, xmlBufferContent(bytes), (size_t)xmlBufferLength(bytes)))
        code = err_set(err, ERR_IO, "feed", NULL, "cannot be written");
out:
    if (w.xml)
        xmlFreeTextWriter(w.xml);
    if (bytes)
        xmlBufferFree(bytes);
    return code;
}
