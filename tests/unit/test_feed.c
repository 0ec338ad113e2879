/* Feeds: what the wire's untidiness means, what is refused and in which words, and that the pieces a
 * feed arrives in make no difference. The corpus is tests/bad/feed/. */
#include "src/model/feed.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/buf.h"
#include "src/base/mem.h"

#define CORPUS  "tests/bad/feed/"
#define SPARKLE "xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\""
#define BEGIN   "<rss version=\"2.0\" " SPARKLE "><channel><title>Nexy</title>"
#define END     "</channel></rss>"

/* All that came out, as text: two readings are the same when their texts are. */
struct seen {
    struct buf out;
    struct feed_newest newest;
    size_t stop_at; /* the item that the sink refuses; SIZE_MAX = none */
};

static void add(struct seen *s, const char *name, const char *value) {
    if (value != NULL)
        buf_addf(&s->out, " %s=[%s]", name, value);
}

static enum err_code see(void *self, const struct feed_item *i, struct err *err) {
    struct seen *s = self;
    if (i->index == s->stop_at)
        return err_set(err, ERR_REFUSED, NULL, NULL, "enough");
    buf_addf(&s->out, "#%zu line=%u", i->index, i->line);
    add(s, "title", i->title);
    add(s, "version", i->version);
    add(s, "short", i->short_version);
    add(s, "channel", i->channel);
    add(s, "os", i->os);
    add(s, "url", i->url);
    add(s, "length", i->length_text);
    if (i->length >= 0)
        buf_addf(&s->out, " bytes=%lld", (long long)i->length);
    add(s, "type", i->type);
    add(s, "ed", i->ed_signature);
    add(s, "dsa", i->dsa_signature);
    add(s, "date", i->pub_date);
    add(s, "phased", i->phased_text);
    if (i->phased_interval_s >= 0)
        buf_addf(&s->out, " interval=%lld", (long long)i->phased_interval_s);
    add(s, "critical-below", i->critical_version);
    add(s, "min", i->minimum_system_version);
    add(s, "max", i->maximum_system_version);
    add(s, "autoupdate", i->minimum_autoupdate_version);
    add(s, "skip-below", i->ignore_skipped_below);
    add(s, "link", i->link);
    add(s, "notes", i->notes_url);
    buf_addf(&s->out, "%s%s%s deltas=%u\n", i->critical ? " critical" : "",
             i->informational ? " informational" : "", i->has_enclosure ? "" : " bare", i->deltas);
    return feed_newest_fold(&s->newest, i, err);
}

/* Reads `bytes` in pieces of `piece` bytes; everything that came out, and the error, as text. */
static char *read_in(const char *bytes, size_t n, size_t piece, struct err *err,
                     struct feed_newest *newest) {
    struct seen s = {.stop_at = SIZE_MAX};
    buf_init(&s.out, 0);
    feed_newest_init(&s.newest, NULL);
    struct feed_parser *p = feed_parser_new("feed", (struct feed_sink){see, &s});
    err_clear(err);
    for (size_t at = 0; at < n && err->code == ERR_OK; at += piece) {
        size_t len = n - at < piece ? n - at : piece;
        char *exact = mem_copy_bytes(bytes + at, len); /* a sanitizer sees a read too far */
        feed_parser_push(p, exact, len, err);
        free(exact);
    }
    feed_parser_finish(p, err);
    buf_addf(&s.out, "title=[%s] items=%zu error=%d %s: %s: %s\n",
             feed_parser_title(p) ? feed_parser_title(p) : "", feed_parser_items(p), err->code,
             err->where, err->what, err->todo);
    feed_parser_free(p);
    if (newest != NULL)
        *newest = s.newest;
    return buf_steal(&s.out);
}

static char *load(const char *name, size_t *n) {
    char path[256];
    snprintf(path, sizeof path, CORPUS "%s", name);
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s cannot be opened", path);
    char *bytes = mem_alloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

/* Every file of the corpus, and what must be said of it; NULL = it is a feed. */
static const struct {
    const char *file;
    const char *where;
    const char *says;
} corpus[] = {
    {"atom.xml", "feed:2:42", "its first element is <feed>, not <rss>"},
    {"bare-ampersand.xml", "feed:8:59", "no well-formed XML: EntityRef"},
    {"billion-laughs.xml", "feed:3:19", "declares entities"},
    {"billion-laughs-attribute.xml", "feed:3:19", "declares entities"},
    {"blank.xml", "feed:1:1", "ends before its first element"},
    {"blank-before-declaration.xml", "feed:2:6", "XML declaration allowed only at the start"},
    {"control-character.xml", "feed:6:8", "invalid Char value 27"},
    {"deep.xml", "feed:6:186", "nest too deep"},
    {"deep-endless.xml", "feed:1:392", "nest too deep"},
    {"default-attributes.xml", "feed:2:62", "declares entities or elements"},
    {"empty.xml", "feed", "is empty where a feed was expected"},
    {"external-entity.xml", "feed:2:56", "declares entities"},
    {"external-parameter-entity.xml", "feed:2:67", "declares entities"},
    {"gzip.xml", "feed:1:1", "no feed but a compressed file"},
    {"html.xml", "feed:2:6", "no feed but an HTML page: it begins with \"<!DOCTYPE html>"},
    {"html-well-formed.xml", "feed:1:6", "no feed but an HTML page: it begins with \"<html>"},
    {"invalid-utf8.xml", "feed:6:8", "not proper UTF-8"},
    {"json.xml", "feed:1:1", "no feed but JSON: it begins with \"{\"detail\":\"Not Found\"}"},
    {"lone-surrogate.xml", "feed:2:77", "Char 0xDC00 out of allowed range"},
    {"no-channel.xml", "feed:3:1", "has no <channel>"},
    {"one-byte.xml", "feed:1:1", "ends before its first element"},
    {"quadratic-blowup.xml", "feed:2:2029", "declares entities"},
    {"rss-in-a-namespace.xml", "feed:2:128", "in the namespace http://backend.userland.com/rss2"},
    {"text.xml", "feed:1:1", "no feed: it begins with \"Beta channel is disabled\""},
    {"truncated-item.xml", "feed:8:99", "it ends inside <item>"},
    {"truncated-root.xml", "feed:10:11", "it ends inside <rss>"},
    {"truncated-tag.xml", "feed:8:69", "it ends inside <item>"},
    {"twice-the-same-attribute.xml", "feed:8:108", "Attribute length redefined"},
    {"two-roots.xml", "feed:12:1", "Extra content at the end"},
    {"undefined-entity.xml", "feed:6:15", "Entity 'nbsp' not defined"},
    {"undefined-entity-external-dtd.xml", "feed:7:15", "the entity &nbsp; which gonogo"},
    {"unquoted-attribute.xml", "feed:8:62", "no well-formed XML: AttValue"},
    {"warning-behind.xml", "feed:12:1", "Extra content at the end"},
    {"wrong-encoding-name.xml", "feed:1:40", "Unsupported encoding utf-9000"},
    {"wrong-end-tag.xml", "feed:7:44", "tag mismatch: version line 7 and versoin"},
    {"untidy-attributes.xml", NULL, NULL},
    {"untidy-bom.xml", NULL, NULL},
    {"untidy-commented-out.xml", NULL, NULL},
    {"untidy-cp1251.xml", NULL, NULL},
    {"untidy-deltas.xml", NULL, NULL},
    {"untidy-doctype.xml", NULL, NULL},
    {"untidy-elsewhere.xml", NULL, NULL},
    {"untidy-filters.xml", NULL, NULL},
    {"untidy-generated.xml", NULL, NULL},
    {"untidy-latin1.xml", NULL, NULL},
    {"untidy-no-items.xml", NULL, NULL},
    {"untidy-rollout.xml", NULL, NULL},
    {"untidy-utf16.xml", NULL, NULL},
    {"untidy-utf16be.xml", NULL, NULL},
};
enum { CORPUS_FILES = sizeof corpus / sizeof corpus[0] };

static void each_bad_feed_is_refused_in_clear_words(void **state) {
    (void)state;
    for (size_t i = 0; i < CORPUS_FILES; i++) {
        size_t n;
        char *bytes = load(corpus[i].file, &n);
        struct err err;
        char *out = read_in(bytes, n, FEED_CHUNK, &err, NULL);
        bool refused = corpus[i].says != NULL;
        if (refused != (err.code != ERR_OK) ||
            (refused && (strstr(err.what, corpus[i].says) == NULL ||
                         strcmp(err.where, corpus[i].where) != 0 || err.todo[0] == '\0')))
            fail_msg("%s: %d %s: %s: %s", corpus[i].file, err.code, err.where, err.what, err.todo);
        free(out);
        free(bytes);
    }
}

static void no_file_of_the_corpus_is_forgotten(void **state) {
    (void)state;
    DIR *dir = opendir(CORPUS);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        bool known = e->d_name[0] == '.';
        for (size_t i = 0; i < CORPUS_FILES && !known; i++)
            known = strcmp(corpus[i].file, e->d_name) == 0;
        if (!known)
            fail_msg(CORPUS "%s is not in the table", e->d_name);
    }
    closedir(dir);
}

static void pieces_make_no_difference(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 7, 47, 48, 49, 100, 1000};
    for (size_t i = 0; i < CORPUS_FILES; i++) {
        size_t n;
        char *bytes = load(corpus[i].file, &n);
        struct err err;
        char *whole = read_in(bytes, n, n + 1, &err, NULL);
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            char *parts = read_in(bytes, n, pieces[k], &err, NULL);
            if (strcmp(whole, parts) != 0)
                fail_msg("%s in pieces of %zu:\n%s\nin one:\n%s", corpus[i].file, pieces[k], parts,
                         whole);
            free(parts);
        }
        free(whole);
        free(bytes);
    }
}

static void cut_at_any_byte_is_refused_alike(void **state) {
    (void)state;
    static const char *const files[] = {"untidy-attributes.xml", "untidy-deltas.xml",
                                        "untidy-utf16.xml"};
    for (size_t f = 0; f < 3; f++) {
        size_t n;
        char *bytes = load(files[f], &n);
        size_t end = n; /* of the root element: what follows is only a line break */
        while (end > 0 && bytes[end - 1] != '>')
            end--;
        for (size_t cut = 0; cut < end; cut++) {
            struct err err;
            char *whole = read_in(bytes, cut, cut + 1, &err, NULL);
            if (err.code != ERR_PARSE)
                fail_msg("%s cut at %zu is taken for a feed", files[f], cut);
            char *parts = read_in(bytes, cut, 1, &err, NULL);
            assert_string_equal(parts, whole);
            free(parts);
            free(whole);
        }
        free(bytes);
    }
}

static void expect(const char *file, const char *want, const char *newest) {
    size_t n;
    char *bytes = load(file, &n);
    struct err err;
    struct feed_newest nw;
    char *out = read_in(bytes, n, FEED_CHUNK, &err, &nw);
    if (strcmp(out, want) != 0)
        fail_msg("%s gives\n%s\nwanted\n%s", file, out, want);
    assert_string_equal(nw.version, newest);
    free(out);
    free(bytes);
}

#define DONE(title, items) "title=[" title "] items=" items " error=0 : : \n"
#define PLAIN_TITLED(line, title)                                                    \
    "#0 line=" line " title=[" title "] version=[2.0.0.20] "                         \
    "url=[https://updates.example.net/Nexy.dmg] length=[275899820] bytes=275899820 " \
    "type=[application/octet-stream] deltas=0\n"

static void untidy_feeds_are_understood(void **state) {
    (void)state;
    expect("untidy-attributes.xml",
           "#0 line=8 title=[Версия <2.0.0.20> & ещё] version=[2.0.0.20] short=[2.0] os=[macos] "
           "url=[https://updates.example.net/download?file=Nexy.dmg&v=2.0.0.20&#38;>] length=[0] "
           "bytes=0 "
           "type=[application/octet-stream] ed=[] dsa=[c2lnbmF0dXJl] "
           "date=[Thu, 26 Feb 2026 19:57:35 +0000] min=[11.0] deltas=0\n" DONE(
               "Nexy – голосовой помощник 🎙️", "1"),
           "2.0.0.20");
    expect(
        "untidy-deltas.xml",
        "#0 line=3 title=[2.0.0.21] version=[2.0.0.21] "
        "url=[https://updates.example.net/Nexy.dmg] length=[275899820] bytes=275899820 "
        "type=[application/octet-stream] ed=[c2lnbmF0dXJl] critical deltas=2\n" DONE("Nexy", "1"),
        "2.0.0.21");
    expect("untidy-elsewhere.xml",
           "#0 line=6 bare deltas=0\n"
           "#1 line=7 bare deltas=0\n"
           "#2 line=8 title=[no enclosure] version=[1.0] link=[https://updates.example.net/buy] "
           "informational bare deltas=0\n"
           "#3 line=9 title=[Nested markup counts] version=[1.1] "
           "url=[https://updates.example.net/Nexy.dmg] length=[12 MB] deltas=0\n"
           "#4 line=16 version=[1.0.5] bare deltas=0\n" DONE("Title behind the items", "5"),
           "1.1");
    expect("untidy-rollout.xml",
           "#0 line=5 version=[6] url=[https://e.net/a.dmg] length=[9223372036854775808] "
           "phased=[86400] interval=86400 critical-below=[5] min=[12.0] max=[15.9] autoupdate=[3] "
           "skip-below=[4] notes=[https://e.net/notes] critical deltas=0\n"
           "#1 line=6 version=[5] url=[https://e.net/a.dmg] length=[-1] phased=[1d] interval=1 "
           "deltas=0\n"
           "#2 line=7 version=[4] url=[https://e.net/a.dmg] length=[] phased=[daily] interval=0 "
           "deltas=0\n"
           "#3 line=8 version=[3] url=[https://e.net/a.dmg] length=[1e3] "
           "phased=[99999999999999999999] interval=9223372036854775807 deltas=0\n"
           "#4 line=9 version=[2] phased=[-60] interval=0 bare deltas=0\n" DONE("Nexy", "5"),
           "6");
}

static void encodings_are_understood(void **state) {
    (void)state;
    expect("untidy-utf16.xml", PLAIN_TITLED("5", "Версия 🎙️") DONE("Nexy", "1"),
           "2.0.0.20");
    expect("untidy-utf16be.xml", PLAIN_TITLED("5", "Версия 🎙️") DONE("Nexy", "1"),
           "2.0.0.20");
    expect("untidy-cp1251.xml", PLAIN_TITLED("5", "Версия") DONE("Nexy", "1"), "2.0.0.20");
    expect("untidy-latin1.xml", PLAIN_TITLED("5", "Überarbeitet") DONE("Nexy", "1"), "2.0.0.20");
    expect("untidy-bom.xml", PLAIN_TITLED("5", "2.0.0.20") DONE("Nexy", "1"), "2.0.0.20");
    expect("untidy-doctype.xml", PLAIN_TITLED("6", "<2\u00a00>") DONE("Nexy", "1"), "2.0.0.20");
    expect("untidy-commented-out.xml", PLAIN_TITLED("12", "2.0.0.20") DONE("Nexy", "1"),
           "2.0.0.20");
    expect("untidy-no-items.xml", DONE("Nexy", "0"), "");
}

static struct feed_newest newest_of(const char *file, char *const *channels) {
    size_t n;
    char *bytes = load(file, &n);
    struct seen s = {.stop_at = SIZE_MAX};
    buf_init(&s.out, 0);
    feed_newest_init(&s.newest, channels);
    struct feed_parser *p = feed_parser_new("feed", (struct feed_sink){see, &s});
    assert_int_equal(feed_parser_push(p, bytes, n, NULL), ERR_OK);
    assert_int_equal(feed_parser_finish(p, NULL), ERR_OK);
    feed_parser_free(p);
    buf_fini(&s.out);
    free(bytes);
    return s.newest;
}

static void newest_is_what_a_reader_of_the_channels_gets(void **state) {
    (void)state;
    struct feed_newest n = newest_of("untidy-filters.xml", NULL);
    assert_true(n.found);
    assert_string_equal(n.version, "2.0"); /* not 2.0.0, which is the same and comes later */
    assert_string_equal(n.short_version, "Two");
    assert_string_equal(n.url, "https://e.net/g.dmg");
    assert_int_equal(n.length, 5);
    assert_true(n.has_signature);
    assert_int_equal(n.candidates, 4);
    assert_int_equal(n.index, 7);
    char *beta[] = {"beta", NULL};
    assert_string_equal(newest_of("untidy-filters.xml", beta).version, "7.0");
    char *both[] = {"beta", "stable", NULL};
    assert_string_equal(newest_of("untidy-filters.xml", both).version, "8.0");
    assert_string_equal(newest_of("untidy-generated.xml", NULL).version, "2001");
    assert_false(newest_of("untidy-no-items.xml", NULL).found);
}

static struct feed_newest newest_item(const struct feed_item *item) {
    struct feed_newest n;
    feed_newest_init(&n, NULL);
    assert_int_equal(feed_newest_fold(&n, item, NULL), ERR_OK);
    return n;
}

static void the_newest_knows_when_it_was_published_and_for_whom(void **state) {
    (void)state;
    struct feed_item item = {.version = "1",
                             .pub_date = "Thu, 26 Feb 2026 12:00:00 +0000",
                             .phased_interval_s = 86400,
                             .ed_signature = "abc"};
    struct feed_newest n = newest_item(&item);
    assert_true(n.published.dated);
    assert_int_equal(n.published.pub_date_ms, INT64_C(1772107200000));
    assert_int_equal(n.published.interval_s, 86400);
    assert_false(n.published.critical);
    assert_string_equal(n.signature, "abc");
    item.critical = true;
    assert_true(newest_item(&item).published.critical);
    item.critical_version = "0.9"; /* others wait for their group */
    assert_false(newest_item(&item).published.critical);
    item.pub_date = "2026-02-26";
    char longer[200];
    memset(longer, 'A', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    item.ed_signature = longer;
    n = newest_item(&item);
    assert_false(n.published.dated);
    assert_true(n.has_signature);
    assert_int_equal(strlen(n.signature), FEED_SIGNATURE_CAP - 1);
}

static void channel_names_count_as_in_sparkle(void **state) {
    (void)state;
    struct feed_item item = {.version = "1"};
    assert_true(feed_item_is_candidate(&item, NULL));
    item.channel = "";
    assert_true(feed_item_is_candidate(&item, NULL));
    item.channel = "not a name"; /* a name with a blank is ignored: everybody gets the item */
    assert_true(feed_item_is_candidate(&item, NULL));
    item.channel = "beta-2.x_y";
    assert_false(feed_item_is_candidate(&item, NULL));
    item.channel = "бета";
    assert_false(feed_item_is_candidate(&item, NULL));
    item.channel = NULL;
    item.os = "macos";
    assert_true(feed_item_is_candidate(&item, NULL));
    item.os = "windows";
    assert_false(feed_item_is_candidate(&item, NULL));
    item.os = NULL;
    item.delta_from = "0.9"; /* a delta that no whole update holds */
    assert_false(feed_item_is_candidate(&item, NULL));
    item.delta_from = NULL;
    item.version = "";
    assert_false(feed_item_is_candidate(&item, NULL));
}

static void what_does_not_fit_is_refused_not_cut(void **state) {
    (void)state;
    char text[600];
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct feed_newest n;
    struct err err = ERR_INIT;
    feed_newest_init(&n, NULL);
    struct feed_item item = {.version = "1", .url = text};
    assert_int_equal(feed_newest_fold(&n, &item, &err), ERR_OK);
    assert_string_equal(n.url, "");
    assert_int_equal(feed_newest_finish(&n, "feed", &err), ERR_LIMIT);
    assert_non_null(strstr(err.what, "url"));
    item = (struct feed_item){.version = "2", .short_version = "two"};
    err_clear(&err);
    assert_int_equal(feed_newest_fold(&n, &item, &err), ERR_OK); /* a newer one that fits */
    assert_int_equal(feed_newest_finish(&n, "feed", &err), ERR_OK);
    item.version = text;
    assert_int_equal(feed_newest_fold(&n, &item, &err), ERR_LIMIT);
    assert_string_equal(n.version, "2");
    item.channel = "beta"; /* no candidate: its length is nobody's trouble */
    err_clear(&err);
    assert_int_equal(feed_newest_fold(&n, &item, &err), ERR_OK);
}

static void the_sink_can_end_the_reading(void **state) {
    (void)state;
    static const char feed[] = BEGIN "<item/>\n<item/>\n<item/>\n" END;
    struct seen s = {.stop_at = 1};
    buf_init(&s.out, 0);
    struct feed_parser *p = feed_parser_new("feed", (struct feed_sink){see, &s});
    struct err err = ERR_INIT;
    assert_int_equal(feed_parser_push(p, feed, sizeof feed - 1, &err), ERR_REFUSED);
    assert_string_equal(err.where, "feed:2");
    assert_string_equal(err.what, "enough");
    assert_int_equal(feed_parser_push(p, feed, sizeof feed - 1, NULL), ERR_REFUSED);
    assert_int_equal(feed_parser_finish(p, NULL), ERR_REFUSED);
    assert_int_equal(feed_parser_items(p), 2);
    feed_parser_free(p);
    buf_fini(&s.out);
}

/* ---- what is too big is generated ---- */

static enum err_code count(void *self, const struct feed_item *item, struct err *err) {
    (void)err;
    size_t *bytes = self;
    *bytes += item->title ? strlen(item->title) : 0;
    return ERR_OK;
}

/* `head`, then `n` bytes of repeated `body`, then `tail`. */
static enum err_code read_big(const char *head, const char *body, size_t n, const char *tail,
                              struct err *err, size_t *items) {
    char chunk[FEED_CHUNK];
    size_t len = strlen(body), title_bytes = 0;
    for (size_t i = 0; i < sizeof chunk; i++)
        chunk[i] = body[i % len];
    size_t useful = sizeof chunk - sizeof chunk % len;
    struct feed_parser *p = feed_parser_new("big", (struct feed_sink){count, &title_bytes});
    err_clear(err);
    feed_parser_push(p, head, strlen(head), err);
    for (size_t at = 0; at < n && err->code == ERR_OK; at += useful)
        feed_parser_push(p, chunk, n - at < useful ? n - at : useful, err);
    feed_parser_push(p, tail, strlen(tail), err);
    feed_parser_finish(p, err);
    if (items != NULL)
        *items = feed_parser_items(p);
    feed_parser_free(p);
    return err->code;
}

static void big_is_fine_and_too_big_is_refused(void **state) {
    (void)state;
    struct err err;
    size_t items;
    static const char item[] = "<item><title>T</title><sparkle:version>1</sparkle:version></item>";
    size_t len = sizeof item - 1;
    assert_int_equal(read_big(BEGIN, item, 10000 * len, END, &err, &items), ERR_OK);
    assert_int_equal(items, 10000);
    size_t many = (33u << 20) / len + 1; /* 33 MiB from a file given by hand: no network's cap */
    assert_int_equal(read_big(BEGIN, item, many * len, END, &err, &items), ERR_OK);
    assert_int_equal(items, many);

    static const struct {
        const char *head, *body;
        size_t fits, breaks; /* bytes of body */
        const char *tail, *says;
    } table[] = {
        {BEGIN "<item><title>", "t", 1 << 20, (1 << 20) + 1, "</title></item>" END,
         "one text is longer than 1 MiB"},
        {BEGIN "<item><description><![CDATA[", "<b>", 349525 * 3, 350000 * 3,
         "]]></description></item>" END, "one text is longer than 1 MiB"},
        {BEGIN "<item><description>", "<b>x</b>", 1 << 20, 9 << 20, "</description></item>" END,
         "one text is longer than 1 MiB"},
        {BEGIN "<item><enclosure url=\"", "u", 40000, 200000, "\"/></item>" END,
         "one tag is longer than 64 KiB"},
        {BEGIN "<!--", "c", 1000000, 2 << 20, "-->" END,
         "one comment or section is longer than 1 MiB"},
        {BEGIN "<item>", "<title>", 7, 70 * 7, "</title></item>" END, "nest too deep"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (read_big(table[i].head, table[i].body, table[i].fits, table[i].tail, &err, NULL) !=
            ERR_OK)
            fail_msg("row %zu: %s", i, err.what);
        if (read_big(table[i].head, table[i].body, table[i].breaks, table[i].tail, &err, NULL) !=
                ERR_LIMIT ||
            strstr(err.what, table[i].says) == NULL)
            fail_msg("row %zu: %d %s", i, err.code, err.what);
    }
}

static void an_item_may_not_hoard(void **state) {
    (void)state;
    struct buf b;
    struct err err = ERR_INIT;
    char *text = mem_alloc(1000001);
    memset(text, 'x', 1000000);
    text[1000000] = '\0';
    static const char *const names[] = {"title", "pubDate", "link", "sparkle:version",
                                        "sparkle:channel"};
    buf_init(&b, 0);
    buf_add_text(&b, BEGIN "<item>");
    for (size_t i = 0; i < 5; i++)
        buf_addf(&b, "<%s>%s</%s>", names[i], text, names[i]);
    buf_add_text(&b, "</item>" END);
    size_t n = 0;
    struct feed_parser *p = feed_parser_new("big", (struct feed_sink){count, &n});
    assert_int_equal(feed_parser_push(p, b.data, b.len, &err), ERR_LIMIT);
    assert_non_null(strstr(err.what, "more than 4 MiB"));
    feed_parser_free(p);
    buf_fini(&b);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_feed_is_refused_in_clear_words),
        cmocka_unit_test(no_file_of_the_corpus_is_forgotten),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(cut_at_any_byte_is_refused_alike),
        cmocka_unit_test(untidy_feeds_are_understood),
        cmocka_unit_test(encodings_are_understood),
        cmocka_unit_test(newest_is_what_a_reader_of_the_channels_gets),
        cmocka_unit_test(the_newest_knows_when_it_was_published_and_for_whom),
        cmocka_unit_test(channel_names_count_as_in_sparkle),
        cmocka_unit_test(what_does_not_fit_is_refused_not_cut),
        cmocka_unit_test(the_sink_can_end_the_reading),
        cmocka_unit_test(big_is_fine_and_too_big_is_refused),
        cmocka_unit_test(an_item_may_not_hoard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
