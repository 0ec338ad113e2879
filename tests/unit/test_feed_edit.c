/* Editing a feed: the right bytes are found whatever stands around them, and no other one changes. */
#include "src/model/feed_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"

#define BEGIN                                                                                     \
    "<?xml version=\"1.0\"?><!-- <item> --><!DOCTYPE rss><rss a='>' b=\"</rss>\" "                \
    "xmlns:q=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel><pubDate>channel's" \
    "</pubDate><image><item/></image>"
#define END "</channel></rss>\n<!-- pubDate -->\n"

static void expect(const char *items, size_t index, const char *date, const char *interval,
                   const char *wanted) {
    char *feed = mem_format(BEGIN "%s" END, items);
    char *edited = mem_format(BEGIN "%s" END, wanted);
    struct feed_place place;
    struct err err = ERR_INIT;
    struct buf out;
    buf_init(&out, 0);
    if (feed_edit_find(feed, strlen(feed), index, &place, &err) != ERR_OK)
        fail_msg("%s: %s", items, err.what);
    feed_edit_write(feed, strlen(feed), &place, date, interval, &out);
    assert_string_equal(out.data, edited);
    buf_fini(&out);
    free(edited);
    free(feed);
}

static void only_the_texts_change(void **state) {
    (void)state;
    expect(
        "<item>\n <pubDate> old\n</pubDate>\r\n<q:phasedRolloutInterval>1</q:phasedRolloutInterval>"
        "</item>",
        0, "NEW", "222",
        "<item>\n <pubDate> NEW\n</pubDate>\r\n<q:phasedRolloutInterval>222"
        "</q:phasedRolloutInterval></item>");
    /* in the other order, one of them only, by CDATA */
    expect(
        "<item><q:phasedRolloutInterval x='/'>1</q:phasedRolloutInterval><pubDate ><![CDATA[ old "
        "]]>"
        " </pubDate></item>",
        0, "NEW", "222",
        "<item><q:phasedRolloutInterval x='/'>222</q:phasedRolloutInterval><pubDate ><![CDATA[ NEW "
        "]]> </pubDate></item>");
    expect(
        "<item><q:phasedRolloutInterval>1</q:phasedRolloutInterval><pubDate>old</pubDate></item>",
        0, "NEW", NULL,
        "<item><q:phasedRolloutInterval>1</q:phasedRolloutInterval><pubDate>NEW</pubDate></item>");
}

static void only_the_item_changes(void **state) {
    (void)state;
    expect(
        "<item><pubDate>a</pubDate></item><item/><item><x><pubDate>inner</pubDate></x>"
        "<description><![CDATA[</item><pubDate>no</pubDate>]]></description><enclosure url='a>b'/>"
        "<pubDate>b</pubDate><pubDate>second</pubDate></item><item><pubDate>c</pubDate></item>",
        2, "NEW", NULL,
        "<item><pubDate>a</pubDate></item><item/><item><x><pubDate>inner</pubDate></x>"
        "<description><![CDATA[</item><pubDate>no</pubDate>]]></description><enclosure url='a>b'/>"
        "<pubDate>NEW</pubDate><pubDate>second</pubDate></item><item><pubDate>c</pubDate></item>");
}

static void what_is_not_plain_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "<item><pubDate>a<b/>c</pubDate></item>", "<item><pubDate><b>a</b></pubDate></item>",
        "<item><pubDate>a<![CDATA[b]]></pubDate></item>", "<item><pubDate> </pubDate></item>",
        "<item><pubDate>a<!-- b --></pubDate></item>"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *feed = mem_format(BEGIN "%s" END, bad[i]);
        struct feed_place place;
        if (feed_edit_find(feed, strlen(feed), 0, &place, NULL) != ERR_REFUSED)
            fail_msg("%s was taken", bad[i]);
        free(feed);
    }
    struct feed_place place;
    assert_int_equal(feed_edit_find("\xff\xfe<\0r\0", 6, 0, &place, NULL), ERR_REFUSED);
}

static void any_bytes_are_walked_to_their_end(void **state) {
    (void)state;
    static const char feed[] = BEGIN "<item><pubDate>a</pubDate><q:phasedRolloutInterval>1"
                                     "</q:phasedRolloutInterval></item>" END;
    for (size_t n = 0; n < sizeof feed; n++) {
        char *cut = mem_copy_bytes(feed, n);
        char *exact = mem_alloc(n > 0 ? n : 1);
        memcpy(exact, cut, n);
        struct feed_place place;
        feed_edit_find(exact, n, 0, &place, NULL);
        assert_true(place.pub_date.at + place.pub_date.len <= n);
        assert_true(place.interval.at + place.interval.len <= n);
        free(exact);
        free(cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_texts_change),
        cmocka_unit_test(only_the_item_changes),
        cmocka_unit_test(what_is_not_plain_is_refused),
        cmocka_unit_test(any_bytes_are_walked_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
