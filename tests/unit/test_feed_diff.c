/* Two feeds in words: what is the same item, what changed of it, and how it is said. */
#include "src/model/feed_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/base/mem.h"

#define HEAD                                                                               \
    "<rss xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel>" \
    "<title>t</title>"
#define TAIL       "</channel></rss>"
#define VERSION(v) "<sparkle:version>" v "</sparkle:version>"

static struct feed_list *list_of(const char *items) {
    struct err err = ERR_INIT;
    char *feed = mem_format(HEAD "%s" TAIL, items);
    struct feed_list *list = feed_list_new("feed");
    if (feed_list_push(list, feed, strlen(feed), &err) != ERR_OK ||
        feed_list_finish(list, &err) != ERR_OK)
        fail_msg("%s", err.what);
    free(feed);
    return list;
}

static enum err_code take(void *self, const struct feed_change *change, struct err *err) {
    (void)err;
    feed_change_words(change, self);
    return ERR_OK;
}

static void expect(const char *before, const char *after, const char *words) {
    struct feed_list *a = list_of(before), *b = list_of(after);
    struct buf text;
    buf_init(&text, 0);
    buf_add_text(&text, "");
    assert_int_equal(feed_diff(a, b, (struct feed_change_sink){take, &text}, NULL), ERR_OK);
    assert_string_equal(text.data, words);
    buf_fini(&text);
    feed_list_free(a);
    feed_list_free(b);
}

static void the_same_feed_has_no_difference(void **state) {
    (void)state;
    static const char items[] =
        "<item>" VERSION("2.0") "<pubDate>soon</pubDate><link>https://l</link></item><item/>"
                                "<item>" VERSION("1.0") "</item><item>" VERSION("1.0") "</item>";
    expect(items, items, "");
    expect("", "", "");
    /* the order says nothing to Sparkle */
    expect("<item>" VERSION("1.0") "</item><item>" VERSION("2.0") "</item>",
           "<item>" VERSION("2.0") "</item><item>" VERSION("1.0") "</item>", "");
}

static void items_come_and_go(void **state) {
    (void)state;
    expect(
        "<item>" VERSION("1.0") "</item><item>" VERSION("0.9") "</item>",
        "<item>" VERSION(
            "2.0") "<sparkle:channel>beta</sparkle:channel>"
                   "<sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval>"
                   "<enclosure url=\"https://x/y\" length=\"9\" sparkle:edSignature=\"s\"/></item>"
                   "<item>" VERSION("1.0") "</item>",
        "added 2.0 (line 1): channel beta, length 9, phased rollout interval 86400, signed\n"
        "removed 0.9\n");
    expect("", "<item>" VERSION("1.0") "<sparkle:criticalUpdate/></item>",
           "added 1.0 (line 1): critical for everybody, not signed\n");
    expect(
        "<item>" VERSION("3") "</item><item>" VERSION("1") "</item><item>" VERSION("2") "</item>",
        "", "removed 3\nremoved 1\nremoved 2\n");
}

static void every_field_counts(void **state) {
    (void)state;
    static const char *const fields[][3] = {
        {"<title>a</title>", "<title>b</title>", "title: a -> b"},
        {"<sparkle:channel>beta</sparkle:channel>", "", "channel: beta -> none (everybody)"},
        {"<sparkle:shortVersionString>1</sparkle:shortVersionString>",
         "<sparkle:shortVersionString>2</sparkle:shortVersionString>", "short version: 1 -> 2"},
        {"<enclosure url=\"https://a\"/>", "<enclosure url=\"https://b\"/>",
         "url: https://a -> https://b"},
        {"<enclosure length=\"1\"/>", "<enclosure length=\"\"/>", "length: 1 -> \"\""},
        {"<enclosure type=\"a\"/>", "<enclosure type=\"b\"/>", "type: a -> b"},
        {"<enclosure sparkle:edSignature=\"abc\"/>", "<enclosure/>",
         "ed signature: abc -> none (unsigned)"},
        {"<enclosure/>", "<enclosure sparkle:dsaSignature=\"abc\"/>", "dsa signature: none -> abc"},
        {"<enclosure/>", "<enclosure sparkle:deltaFrom=\"0.9\"/>", "delta from: none -> 0.9"},
        {"<enclosure sparkle:installationType=\"package\"/>", "<enclosure/>",
         "installation type: package -> none"},
        {"<pubDate>a</pubDate>", "<pubDate>b</pubDate>", "pub date: a -> b"},
        {"", "<sparkle:phasedRolloutInterval>1d</sparkle:phasedRolloutInterval>",
         "phased rollout interval: none (everybody at once) -> 1d"},
        {"<sparkle:criticalUpdate sparkle:version=\"0.5\"/>", "<sparkle:criticalUpdate/>",
         "critical: below 0.5 -> for everybody"},
        {"<sparkle:informationalUpdate/>",
         "<sparkle:informationalUpdate><sparkle:version>0.4</sparkle:version>"
         "<sparkle:belowVersion>0.3</sparkle:belowVersion></sparkle:informationalUpdate>",
         "informational: for everybody -> for 0.4, below 0.3"},
        {"<sparkle:minimumSystemVersion>11</sparkle:minimumSystemVersion>",
         "<sparkle:minimumSystemVersion>12</sparkle:minimumSystemVersion>",
         "minimum system version: 11 -> 12"},
        {"<sparkle:maximumSystemVersion>11</sparkle:maximumSystemVersion>", "",
         "maximum system version: 11 -> none"},
        {"<sparkle:minimumAutoupdateVersion>1</sparkle:minimumAutoupdateVersion>", "",
         "minimum autoupdate version: 1 -> none"},
        {"<sparkle:minimumUpdateVersion>1</sparkle:minimumUpdateVersion>", "",
         "minimum update version: 1 -> none"},
        {"<sparkle:ignoreSkippedUpgradesBelowVersion>1</sparkle:ignoreSkippedUpgradesBelowVersion>",
         "", "ignore skipped upgrades below version: 1 -> none"},
        {"", "<sparkle:hardwareRequirements>arm64</sparkle:hardwareRequirements>",
         "hardware requirements: none -> arm64"},
        {"<link>https://a</link>", "<link>https://b</link>", "link: https://a -> https://b"},
        {"<sparkle:releaseNotesLink>https://a</sparkle:releaseNotesLink>",
         "<sparkle:releaseNotesLink xml:lang=\"de\">https://a</sparkle:releaseNotesLink>"
         "<sparkle:releaseNotesLink>https://b</sparkle:releaseNotesLink>",
         "release notes: https://a -> de https://a, https://b"},
        {"<sparkle:fullReleaseNotesLink>https://a</sparkle:fullReleaseNotesLink>", "",
         "full release notes: https://a -> none"},
        {"<sparkle:deltas><enclosure url=\"https://d\" sparkle:deltaFrom=\"0.9\" length=\"7\" "
         "sparkle:edSignature=\"x\"/></sparkle:deltas>",
         "<sparkle:deltas><enclosure url=\"https://d\" sparkle:deltaFrom=\"0.9\" length=\"8\" "
         "sparkle:edSignature=\"x\"/></sparkle:deltas>",
         "deltas: from 0.9 https://d 7 x -> from 0.9 https://d 8 x"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *before = mem_format("<item>" VERSION("1.0") "%s</item>", fields[i][0]);
        char *after = mem_format("\n<item>" VERSION("1.0") "%s</item>", fields[i][1]);
        char *words = mem_format("changed 1.0 (line 2): %s\n", fields[i][2]);
        expect(before, after, words);
        free(before);
        free(after);
        free(words);
    }
}

static void one_version_may_come_several_times(void **state) {
    (void)state;
    /* for two systems */
    expect("<item>" VERSION("1.0") "<enclosure url=\"https://w\" sparkle:os=\"windows\"/></item>"
                                   "<item>" VERSION(
                                       "1.0") "<enclosure url=\"https://m\" length=\"1\"/></item>",
           "<item>" VERSION(
               "1.0") "<enclosure url=\"https://m\" length=\"2\"/></item>"
                      "<item>" VERSION(
                          "1.0") "<enclosure url=\"https://w\" sparkle:os=\"windows\"/></item>",
           "changed 1.0 (line 1): length: 1 -> 2\n");
    /* the one with the same url, and then in turn */
    expect("<item>" VERSION("1.0") "<enclosure url=\"https://a\"/></item>"
                                   "<item>" VERSION("1.0") "<enclosure url=\"https://b\"/></item>",
           "<item>" VERSION("1.0") "<enclosure url=\"https://b\"/></item>"
                                   "<item>" VERSION("1.0") "<enclosure url=\"https://c\"/></item>",
           "changed 1.0 (line 1): url: https://a -> https://c\n");
    /* without a version: by url */
    expect("<item><enclosure url=\"https://a\"/></item>",
           "<item><enclosure url=\"https://a\" length=\"3\"/></item><item/>",
           "changed an item without a version (line 1): length: none -> 3\n"
           "added an item without a version (line 1): not signed\n");
}

static void words_are_safe_and_short(void **state) {
    (void)state;
    char *mischief = mem_format("<item>" VERSION("1.0") "<title>%0200d</title></item>", 7);
    expect("<item>" VERSION("1.0") "<title>\u202e</title></item>", mischief,
           "changed 1.0 (line 1): title: <U+202E> -> "
           "000000000000000000000000000000000000000000000000"
           "000000000000000000000000000000000000000000000000…\n");
    free(mischief);
}

static void what_is_no_feed_is_an_error(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct feed_list *list = feed_list_new("old.xml");
    feed_list_push(list, "<html>", 6, &err);
    assert_int_equal(feed_list_finish(list, &err), ERR_PARSE);
    assert_non_null(strstr(err.where, "old.xml"));
    feed_list_free(list);
    feed_list_free(NULL);
}

static enum err_code refuse(void *self, const struct feed_change *change, struct err *err) {
    (void)change;
    ++*(int *)self;
    return err_set(err, ERR_IO, "out", NULL, "is full");
}

static void an_error_of_the_receiver_ends_it(void **state) {
    (void)state;
    struct feed_list *a = list_of(""), *b = list_of("<item/><item/>");
    struct err err = ERR_INIT;
    int calls = 0;
    assert_int_equal(feed_diff(a, b, (struct feed_change_sink){refuse, &calls}, &err), ERR_IO);
    assert_int_equal(calls, 1);
    feed_list_free(a);
    feed_list_free(b);
}

static void many_of_one_version_take_no_day(void **state) {
    (void)state;
    struct buf items, words;
    buf_init(&items, 0);
    buf_init(&words, 0);
    for (int i = 0; i < 30000; i++)
        buf_addf(&items, "<item>" VERSION("1.0") "<link>%d</link></item>", i);
    struct feed_list *a = list_of(items.data), *b = list_of(items.data);
    int64_t began = clock_mono_ms(clock_system());
    assert_int_equal(feed_diff(a, b, (struct feed_change_sink){take, &words}, NULL), ERR_OK);
    assert_int_equal(words.len, 0);
    assert_true(clock_mono_ms(clock_system()) - began < 20000);
    feed_list_free(a);
    feed_list_free(b);
    buf_fini(&items);
    buf_fini(&words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_feed_has_no_difference),
        cmocka_unit_test(items_come_and_go),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(one_version_may_come_several_times),
        cmocka_unit_test(words_are_safe_and_short),
        cmocka_unit_test(what_is_no_feed_is_an_error),
        cmocka_unit_test(an_error_of_the_receiver_ends_it),
        cmocka_unit_test(many_of_one_version_take_no_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
