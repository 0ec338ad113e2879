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
    struct feed_place place, after;
    struct err err = ERR_INIT;
    struct buf out;
    buf_init(&out, 0);
    if (feed_edit_find(feed, strlen(feed), index, &place, &err) != ERR_OK)
        fail_msg("%s: %s", items, err.what);
    feed_edit_write(feed, strlen(feed), &place, date, interval, &out, &after);
    assert_string_equal(out.data, edited);
    /* What is there can be found again. */
    assert_int_equal(feed_edit_find(out.data, out.len, index, &place, &err), ERR_OK);
    assert_memory_equal(&place, &after, sizeof place);
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
}

/* The same text in another encoding: `units` bytes for each character, the last one first (`little`). */
static void widen(struct buf *out, const char *mark, size_t mark_len, const char *text,
                  size_t units, bool little) {
    buf_add(out, mark, mark_len);
    for (; *text != '\0'; text++)
        for (size_t i = 0; i < units; i++)
            buf_add(out, i == (little ? 0 : units - 1) ? text : "", 1);
}

static void wide_encodings_are_edited_in_place(void **state) {
    (void)state;
    static const struct {
        const char *mark;
        size_t len, units;
        bool little;
    } codings[] = {
        {"\xff\xfe", 2, 2, true}, {"\xfe\xff", 2, 2, false},  {"", 0, 2, true},
        {"", 0, 2, false},        {"\xff\xfe\0", 4, 4, true}, {"\0\0\xfe\xff", 4, 4, false},
    };
    static const char items[] = BEGIN "<item><pubDate>a</pubDate></item>\r\n<item>"
                                      "<pubDate> %s </pubDate>\r\n<q:phasedRolloutInterval>%s"
                                      "</q:phasedRolloutInterval></item>" END;
    char *text = mem_format(items, "old", "1"), *edited = mem_format(items, "a newer", "22");
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        struct buf feed, wanted, out, line;
        struct feed_place place, after;
        buf_init(&feed, 0), buf_init(&wanted, 0), buf_init(&out, 0), buf_init(&line, 0);
        widen(&feed, codings[i].mark, codings[i].len, text, codings[i].units, codings[i].little);
        widen(&wanted, codings[i].mark, codings[i].len, edited, codings[i].units,
              codings[i].little);
        assert_int_equal(feed_edit_find(feed.data, feed.len, 1, &place, NULL), ERR_OK);
        feed_edit_write(feed.data, feed.len, &place, "a newer", "22", &out, &after);
        assert_int_equal(out.len, wanted.len);
        assert_memory_equal(out.data, wanted.data, out.len);
        feed_edit_line(out.data, out.len, after.interval.at, &line);
        assert_string_equal(line.data,
                            "<q:phasedRolloutInterval>22</q:phasedRolloutInterval></item>"
                            "</channel></rss>");
        buf_fini(&feed), buf_fini(&wanted), buf_fini(&out), buf_fini(&line);
    }
    free(text);
    free(edited);
}

static void a_line_is_shown_as_people_read_it(void **state) {
    (void)state;
    static const char plain[] = "first\nsecond\r\nthird";
    /* "Ж🎙\n" with a half of a pair behind it */
    static const char wide[] = "<\0\x16\x04\x3c\xd8\x99\xdf\x00\xd8\n\0";
    struct buf line;
    buf_init(&line, 0);
    feed_edit_line(plain, strlen(plain), 8, &line);
    assert_string_equal(line.data, "second");
    buf_clear(&line);
    feed_edit_line(plain, strlen(plain), strlen(plain), &line);
    assert_string_equal(line.data, "third");
    buf_clear(&line);
    feed_edit_line(wide, sizeof wide - 1, 0, &line);
    assert_string_equal(line.data, "<\xd0\x96\xf0\x9f\x8e\x99\xef\xbf\xbd");
    /* a feed on one line: some of it, and no broken character */
    char *one = mem_alloc(4001);
    memset(one, 'x', 4000);
    one[4000] = '\0';
    for (size_t i = 0; i + 2 < 4000; i += 2)
        memcpy(one + i, "ё", 2);
    buf_clear(&line);
    feed_edit_line(one, 4000, 2001, &line);
    assert_true(line.len < 2 * FEED_EDIT_LINE + 8);
    assert_memory_equal(line.data, "…ё", 5);
    assert_memory_equal(line.data + line.len - 5, "ё…", 5);
    free(one);
    buf_fini(&line);
}

static void any_bytes_are_walked_to_their_end(void **state) {
    (void)state;
    static const char feed[] = BEGIN "<item><pubDate>a</pubDate><q:phasedRolloutInterval>1"
                                     "</q:phasedRolloutInterval></item><item><pubDate><![CDATA[b]]>"
                                     "</pubDate></item>" END;
    for (size_t n = 0; n < sizeof feed; n++) {
        char *cut = mem_copy_bytes(feed, n);
        char *exact = mem_alloc(n > 0 ? n : 1);
        memcpy(exact, cut, n);
        struct feed_place place;
        for (size_t index = 0; index < 2; index++) {
            feed_edit_find(exact, n, index, &place, NULL);
            assert_true(place.pub_date.at + place.pub_date.len <= n);
            assert_true(place.interval.at + place.interval.len <= n);
        }
        free(exact);
        free(cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_texts_change),
        cmocka_unit_test(only_the_item_changes),
        cmocka_unit_test(what_is_not_plain_is_refused),
        cmocka_unit_test(wide_encodings_are_edited_in_place),
        cmocka_unit_test(a_line_is_shown_as_people_read_it),
        cmocka_unit_test(any_bytes_are_walked_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
