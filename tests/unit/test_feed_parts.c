/* What an item may have many of: deltas, release notes by language, hosts that are only informed; and
 * names that Sparkle does not read. */
#include "src/model/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/model/url.h"

#define BEGIN \
    "<rss xmlns:s=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel>\n<item>"
#define END "</item></channel></rss>"

static enum err_code see(void *self, const struct feed_item *i, struct err *err) {
    struct buf *b = self;
    (void)err;
    for (size_t k = 0; k < i->n_parts; k++) {
        const struct feed_part *p = &i->parts[k];
        buf_addf(b, "%d@%u %s|%s|%s|%s\n", p->kind, p->line, p->text ? p->text : "-",
                 p->detail ? p->detail : "-", p->length_text ? p->length_text : "-",
                 p->ed_signature ? p->ed_signature : "-");
    }
    buf_addf(b, "notes=%s full=%s hw=%s upd=%s deltas=%u lost=%zu %s%s lines=%u,%u,%u,%u,%u,%u",
             i->notes_url ? i->notes_url : "-", i->full_notes_url ? i->full_notes_url : "-",
             i->hardware ? i->hardware : "-",
             i->minimum_update_version ? i->minimum_update_version : "-", i->deltas, i->parts_lost,
             i->informational ? "informational " : "",
             i->minimum_system_misplaced ? "misplaced" : "", i->lines.version, i->lines.channel,
             i->lines.pub_date, i->lines.phased, i->lines.enclosure, i->lines.link);
    return ERR_OK;
}

static void expect(const char *item, const char *seen) {
    char *feed = mem_format(BEGIN "%s" END, item);
    for (size_t piece = 1; piece < 1000; piece += 333) {
        struct buf out;
        buf_init(&out, 0);
        struct feed_parser *p = feed_parser_new("feed", (struct feed_sink){see, &out});
        for (size_t at = 0; feed[at] != '\0'; at += strnlen(feed + at, piece))
            assert_int_equal(feed_parser_push(p, feed + at, strnlen(feed + at, piece), NULL),
                             ERR_OK);
        assert_int_equal(feed_parser_finish(p, NULL), ERR_OK);
        assert_string_equal(out.data, seen);
        feed_parser_free(p);
        buf_fini(&out);
    }
    free(feed);
}

static void deltas_are_read(void **state) {
    (void)state;
    expect("<s:deltas>\n<enclosure url=\"a?x=1&amp;y=2\" s:deltaFrom=\"1.9\" length=\"5\" "
           "s:edSignature=\"QQ==\" s:deltaFromSparkleLocales=\"de\"/><enclosure/></s:deltas>"
           "<enclosure url=\"b\"/>",
           "0@3 a?x=1&y=2|1.9|5|QQ==\n0@3 -|-|-|-\n"
           "notes=- full=- hw=- upd=- deltas=2 lost=0  lines=0,0,0,0,3,0");
}

static void notes_are_read_in_every_language(void **state) {
    (void)state;
    expect("<s:releaseNotesLink xml:lang=\"en\"> <![CDATA[https://a/en]]>\n</s:releaseNotesLink>"
           "<s:releaseNotesLink>https://a/</s:releaseNotesLink>"
           "<s:fullReleaseNotesLink>https://a/all</s:fullReleaseNotesLink>",
           "1@2 https://a/en|en|-|-\n1@3 https://a/|-|-|-\n"
           "notes=https://a/en full=https://a/all hw=- upd=- deltas=0 lost=0  lines=0,0,0,0,0,0");
}

static void hosts_that_are_only_informed_are_read(void **state) {
    (void)state;
    expect(
        "<s:informationalUpdate><s:version> 1.0 </s:version>\n<s:belowVersion>0.9</s:belowVersion>"
        "<version>x</version></s:informationalUpdate><s:version>2</s:version>"
        "<s:hardwareRequirements>arm64</s:hardwareRequirements>"
        "<s:minimumUpdateVersion>1.5</s:minimumUpdateVersion>",
        "2@2 1.0|-|-|-\n3@3 0.9|-|-|-\nnotes=- full=- hw=arm64 upd=1.5 deltas=0 lost=0 "
        "informational  lines=3,0,0,0,0,0");
}

static void names_that_nobody_reads_are_told(void **state) {
    (void)state;
    expect(
        "<s:colour><s:version>9</s:version></s:colour><channel>beta</channel><category>x</category>"
        "\n<enclosure url=\"u\" s:color=\"x\" edSignature=\"y\" foo=\"z\" s:installationType=\"p\" "
        "s:minimumSystemVersion=\"11\"/><description><b>channel</b></description>",
        "4@2 colour|-|-|-\n6@2 channel|-|-|-\n5@3 color|-|-|-\n7@3 edSignature|-|-|-\n"
        "notes=- full=- hw=- upd=- deltas=0 lost=0 misplaced lines=0,0,0,0,3,0");
}

static void lines_are_where_things_are(void **state) {
    (void)state;
    expect("\n<s:version>1</s:version>\n<s:channel>c</s:channel>\n<pubDate>d</pubDate>\n"
           "<s:phasedRolloutInterval>1</s:phasedRolloutInterval>\n<enclosure\nurl=\"u\"\n/>\n"
           "<link>l</link>",
           "notes=- full=- hw=- upd=- deltas=0 lost=0  lines=3,4,5,6,9,10");
}

static void a_relative_url_is_resolved_as_sparkle_does(void **state) {
    (void)state;
    static const char *const urls[][3] = {
        {"https://a.example/x/appcast.xml", "Nexy.dmg", "https://a.example/x/Nexy.dmg"},
        {"https://a.example/x/appcast.xml", "/Nexy 2.dmg", "https://a.example/Nexy%202.dmg"},
        {"https://a.example/x/appcast.xml", "../y/N.dmg?a=1", "https://a.example/y/N.dmg?a=1"},
        {"https://a.example/x/appcast.xml", "//b.example/N", "https://b.example/N"},
        {"https://a.example/x", "http://c.example/", "http://c.example/"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char *whole = url_resolve(urls[i][0], urls[i][1]);
        assert_string_equal(whole, urls[i][2]);
        free(whole);
    }
    char *none = url_resolve("https://a.example/", "http://[");
    free(none); /* whatever it is, it is no crash */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deltas_are_read),
        cmocka_unit_test(notes_are_read_in_every_language),
        cmocka_unit_test(hosts_that_are_only_informed_are_read),
        cmocka_unit_test(names_that_nobody_reads_are_told),
        cmocka_unit_test(lines_are_where_things_are),
        cmocka_unit_test(a_relative_url_is_resolved_as_sparkle_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
