/* The rules of the linter: a correct feed has nothing against it, and each mistake is found by exactly
 * the rule that is made for it, on its line. */
#include "src/model/lint.h"

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
#include "src/base/when.h"

#define SPARKLE "xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\""
#define SIGNATURE \
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbvioUUUGjnYdsAg=="
#define NAMED(v, date)                                                    \
    "<pubDate>" date "</pubDate><sparkle:version>" v "</sparkle:version>" \
    "<sparkle:shortVersionString>2.0</sparkle:shortVersionString>"
#define FILE_AT(url, more) \
    "<enclosure url=\"" url "\" length=\"275899820\" type=\"application/octet-stream\" " more "/>"
#define SIGNED    "sparkle:edSignature=\"" SIGNATURE "\""
#define URL       "https://a.example/Nexy.dmg"
#define ENCLOSURE FILE_AT(URL, SIGNED)
#define NEW       "Thu, 26 Feb 2026 19:57:35 +0000"
#define OLD       "Tue, 20 Jan 2026 09:00:00 +0300"
/* One item, with something added; its <item> stands on line 2. */
#define ITEM(more)  "<item>" NAMED("2.0.0.20", NEW) more ENCLOSURE "</item>\n"
#define OLDER(more) "<item>" NAMED("2.0.0.19", OLD) more ENCLOSURE "</item>\n"

struct seen {
    struct buf rules, lines;
    char message[1024];
    size_t stop_at;
};

static enum err_code found(void *self, const struct lint_finding *f, struct err *err) {
    struct seen *s = self;
    buf_addf(&s->rules, "%s%s", s->rules.len > 0 ? " " : "", f->rule->id);
    buf_addf(&s->lines, "%s%u", s->lines.len > 0 ? " " : "", f->line);
    snprintf(s->message, sizeof s->message, "%s", f->message);
    return s->stop_at > 0 && --s->stop_at == 0 ? err_set(err, ERR_IO, "out", NULL, "full") : ERR_OK;
}

static struct lint *start(struct seen *s, const char *url) {
    int64_t now;
    assert_true(when_parse_rfc3339("2026-03-01T12:00:00Z", &now));
    *s = (struct seen){0};
    buf_init(&s->rules, 0);
    buf_init(&s->lines, 0);
    buf_add_text(&s->rules, "");
    buf_add_text(&s->lines, "");
    return lint_new(&(struct lint_options){
        .where = "feed", .url = url, .now_ms = now, .found = found, .self = s});
}

static void stop(struct lint *l, struct seen *s) {
    lint_free(l);
    buf_fini(&s->rules);
    buf_fini(&s->lines);
}

/* Lints a channel with these items; the ids of what was found, in order, are in `s`. */
static struct lint *lint_items(struct seen *s, const char *url, const char *items) {
    struct lint *l = start(s, url);
    char *feed = mem_format("<rss version=\"2.0\" " SPARKLE "><channel><title>Nexy</title>\n%s"
                            "</channel></rss>",
                            items);
    assert_int_equal(lint_push(l, feed, strlen(feed), NULL), ERR_OK);
    assert_int_equal(lint_finish(l, NULL), ERR_OK);
    free(feed);
    return l;
}

static void expect(const char *url, const char *items, const char *rules, const char *lines,
                   const char *message) {
    struct seen s;
    struct lint *l = lint_items(&s, url, items);
    if (strcmp(s.rules.data, rules) != 0)
        fail_msg("found [%s], not [%s], in:\n%s\n%s", s.rules.data, rules, items, s.message);
    if (lines != NULL && strcmp(s.lines.data, lines) != 0)
        fail_msg("[%s] on lines [%s], not [%s], in:\n%s", rules, s.lines.data, lines, items);
    if (message != NULL && strstr(s.message, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", s.message, message);
    stop(l, &s);
}

static void a_correct_feed_has_no_finding(void **state) {
    (void)state;
    static const char *const correct[] = {
        ITEM("") OLDER(""),
        ITEM("<sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval>") OLDER(""),
        ITEM("<sparkle:channel>beta</sparkle:channel>") OLDER(""),
        /* a beta may stand anywhere between releases, and a release may be what a beta was */
        OLDER("") ITEM("<sparkle:channel>beta</sparkle:channel>"),
        ITEM("") ITEM("<sparkle:channel>beta</sparkle:channel>"),
        /* one build for old systems, one for new ones */
        ITEM("") "<item>" NAMED("2.0.0.20", NEW) "<sparkle:maximumSystemVersion>12.9"
                                                 "</sparkle:maximumSystemVersion>" ENCLOSURE
                                                 "</item>",
        ITEM("<sparkle:criticalUpdate sparkle:version=\"1.5\"/>"),
        ITEM("<sparkle:minimumSystemVersion>11.0</sparkle:minimumSystemVersion>"
             "<sparkle:releaseNotesLink "
             "xml:lang=\"en\">https://a.example/en</sparkle:releaseNotesLink>"
             "<sparkle:releaseNotesLink "
             "xml:lang=\"ru\">https://a.example/ru</sparkle:releaseNotesLink>"
             "<sparkle:fullReleaseNotesLink>https://a.example/all</sparkle:fullReleaseNotesLink>"
             "<sparkle:hardwareRequirements>arm64</sparkle:hardwareRequirements>"
             "<link>http://a.example/</link><category>x</category>"),
        ITEM("<sparkle:deltas>" FILE_AT("https://a.example/d",
                                        SIGNED " sparkle:deltaFrom=\"1\"") "</sparkle:deltas>"),
        "<item>" NAMED("2.0.0.20",
                       NEW) "<link>https://a.example/</link><sparkle:informationalUpdate>"
                            "<sparkle:version>1.0</sparkle:version><sparkle:belowVersion>0.9</"
                            "sparkle:belowVersion>"
                            "</sparkle:informationalUpdate></item>",
        /* for another system, whose readers have rules of their own */
        "<item>" NAMED("2.0.0.20", NEW) FILE_AT(URL, "sparkle:os=\"windows\"") "</item>",
    };
    for (size_t i = 0; i < sizeof correct / sizeof correct[0]; i++)
        expect(NULL, correct[i], "", NULL, NULL);
}

/* The rule, the items that break it and nothing else, the line, and what the message says. */
static const struct {
    const char *rule, *items, *line, *says;
} mistakes[] = {
    {"no-items", "", "1", NULL},
    {"version-missing",
     "<item><pubDate>" NEW "</pubDate><title>2.0</title>" ENCLOSURE "</item>" OLDER(""), "2", NULL},
    {"version-format", "<item>" NAMED("v2.0", NEW) ENCLOSURE "</item>", "2", "\"v2.0\""},
    {"version-format", "<item>" NAMED("2.0-rc1", NEW) ENCLOSURE "</item>", "2", "hyphen"},
    {"short-version-missing",
     "<item><pubDate>" NEW "</pubDate>\n<sparkle:version>2</sparkle:version>" ENCLOSURE "</item>",
     "2", NULL},
    {"version-order", OLDER("") ITEM(""), "3", "\"2.0.0.19\" above it (line 2)"},
    {"version-duplicate", ITEM("") ITEM(""), "3", "line 2"},
    {"version-duplicate", ITEM("") "<item>" NAMED("2.00.0.20.0", OLD) ENCLOSURE "</item>", "3",
     NULL},
    {"version-lower",
     "<item>" NAMED("2.0.0.20", OLD) ENCLOSURE "</item>\n<item>" NAMED("2.0.0.19", NEW) ENCLOSURE
     "</item>",
     "3", "\"2.0.0.20\" (line 2) is higher"},
    {"enclosure-missing", "<item>" NAMED("2", NEW) "<link>https://a.example/</link></item>", "2",
     NULL},
    {"enclosure-missing", "<item>" NAMED("2", NEW) "\n<enclosure length=\"5\" " SIGNED "/></item>",
     "3", "no url"},
    {"enclosure-is-feed",
     "<item>" NAMED("2", NEW) FILE_AT("https://a.example/appcast.xml?x", SIGNED) "</item>", "2",
     NULL},
    {"enclosure-is-delta",
     OLDER("") "<item>" NAMED("2.0.0.20", NEW)
         FILE_AT(URL, SIGNED " sparkle:deltaFrom=\"2.0.0.19\"") "</item>", /* and it has no order */
     "3", "a delta from \"2.0.0.19\""},
    {"installation-type",
     "<item>" NAMED("2", NEW) FILE_AT(URL, SIGNED " sparkle:installationType=\"pkg\"") "</item>",
     "2", "installationType is \"pkg\""},
    {"url-malformed", "<item>" NAMED("2", NEW) FILE_AT("ftp://a.example/x", SIGNED) "</item>", "2",
     NULL},
    {"url-malformed", "<item>" NAMED("2", NEW) FILE_AT("see our site", SIGNED) "</item>", "2",
     NULL},
    {"url-malformed", ITEM("\n<sparkle:releaseNotesLink>What is new</sparkle:releaseNotesLink>"),
     "3", "releaseNotesLink is \"What is new\""},
    {"url-malformed", ITEM("<link>mailto:x@a.example</link>"), "2", NULL},
    {"url-not-https", "<item>" NAMED("2", NEW) FILE_AT("http://a.example/x", SIGNED) "</item>", "2",
     NULL},
    {"url-not-https", "<item>" NAMED("2", NEW) FILE_AT("http://127.0.0.1/x", SIGNED) "</item>", "2",
     NULL},
    {"url-not-https",
     ITEM("<sparkle:deltas>\n" FILE_AT("http://a.example/d", SIGNED) "</sparkle:deltas>"), "3",
     "a delta"},
    {"url-relative", "<item>" NAMED("2", NEW) FILE_AT("Nexy.dmg", SIGNED) "</item>", "2", NULL},
    {"length-zero",
     "<item>" NAMED("2", NEW) "<enclosure url=\"" URL "\" length=\"0\" " SIGNED "/></item>", "2",
     "\"0\""},
    {"length-zero", "<item>" NAMED("2", NEW) "<enclosure url=\"" URL "\" " SIGNED "/></item>", "2",
     "is nothing"},
    {"length-zero",
     "<item>" NAMED("2", NEW) "<enclosure url=\"" URL "\" length=\"263 MB\" " SIGNED "/></item>",
     "2", "263 MB"},
    {"length-zero",
     ITEM("<sparkle:deltas>\n<enclosure url=\"https://a.example/d\" length=\"1,235\" " SIGNED
          " sparkle:deltaFrom=\"1\"/></sparkle:deltas>"),
     "3", "a delta's length is \"1,235\""},
    {"signature-missing", "<item>" NAMED("2", NEW) FILE_AT(URL, "") "</item>", "2", NULL},
    {"signature-missing",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "sparkle:edSignature=\"\"") "</item>", "2", NULL},
    {"signature-missing",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "sparkle:dsaSignature=\"MC0CFQCQ\"") "</item>", "2",
     "only one for DSA"},
    {"signature-missing",
     ITEM("<sparkle:deltas>\n" FILE_AT("https://a.example/d", "") "</sparkle:deltas>"), "3",
     "a delta"},
    {"signature-misplaced",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "sparkle:dsaSignature=\"" SIGNATURE "\"") "</item>", "2",
     "dsaSignature"},
    {"signature-misplaced",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "") "\n<sparkle:edSignature>" SIGNATURE
                                               "</sparkle:edSignature></item>",
     "3", "an element"},
    {"signature-misplaced",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "edSignature=\"" SIGNATURE "\"") "</item>", "2",
     "prefix"},
    {"signature-malformed",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "sparkle:edSignature=\"?\"") "</item>", "2",
     "no base64"},
    {"signature-malformed",
     "<item>" NAMED("2", NEW) FILE_AT(URL, "sparkle:edSignature=\"MC0CFQCQ\"") "</item>", "2",
     "6 bytes long, not 64"},
    {"pubdate-missing",
     "<item><sparkle:version>2</sparkle:version><sparkle:shortVersionString>2"
     "</sparkle:shortVersionString>" ENCLOSURE "</item>",
     "2", NULL},
    {"pubdate-format", "<item>\n" NAMED("2", "2026-02-26T19:57:35Z") ENCLOSURE "</item>", "3",
     NULL},
    {"pubdate-format", "<item>" NAMED("2", "Чт, 26 фев 2026 19:57:35 +0000") ENCLOSURE "</item>",
     "2", "Чт"},
    {"pubdate-future", "<item>" NAMED("2", "Sun, 01 Mar 2026 12:00:01 +0000") ENCLOSURE "</item>",
     "2", NULL},
    {"phased-interval-format",
     ITEM("\n<sparkle:phasedRolloutInterval>1d</sparkle:phasedRolloutInterval>") OLDER(""), "3",
     "reads as 1 s"},
    {"phased-interval-format",
     ITEM("<sparkle:phasedRolloutInterval>daily</sparkle:phasedRolloutInterval>") OLDER(""), "2",
     "reads as 0 s"},
    {"phased-interval-format",
     ITEM("<sparkle:phasedRolloutInterval>0</sparkle:phasedRolloutInterval>") OLDER(""), "2",
     "everybody"},
    {"no-fallback", ITEM("<sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval>"),
     "2", NULL},
    {"no-fallback",
     ITEM("<sparkle:phasedRolloutInterval>86400</sparkle:phasedRolloutInterval>")
         OLDER("<sparkle:channel>beta</sparkle:channel>"),
     "2", NULL},
    {"critical-phased",
     ITEM("<sparkle:criticalUpdate/><sparkle:phasedRolloutInterval>86400"
          "</sparkle:phasedRolloutInterval>") OLDER(""),
     "2", NULL},
    {"channel-stable", ITEM("\n<sparkle:channel>stable</sparkle:channel>"), "3", NULL},
    {"channel-name", ITEM("<sparkle:channel>beta ring</sparkle:channel>"), "2", NULL},
    {"system-version-format",
     ITEM("<sparkle:minimumSystemVersion>macOS 11</sparkle:minimumSystemVersion>"), "2", NULL},
    {"system-version-misplaced",
     "<item>" NAMED("2", NEW)
         FILE_AT(URL, SIGNED " sparkle:minimumSystemVersion=\"11.0\"") "</item>",
     "2", NULL},
    {"informational-no-link", ITEM("<sparkle:informationalUpdate/>"), "2", NULL},
    {"language-missing",
     ITEM("<sparkle:releaseNotesLink>https://a.example/en</sparkle:releaseNotesLink>"
          "<sparkle:releaseNotesLink "
          "xml:lang=\"ru\">https://a.example/ru</sparkle:releaseNotesLink>"),
     "2", NULL},
    {"unknown-element", ITEM("\n<sparkle:minSystemVersion>11</sparkle:minSystemVersion>"), "3",
     "did you mean sparkle:minimumSystemVersion?"},
    {"unknown-element", ITEM("<sparkle:colour>red</sparkle:colour>"), "2", "no element \"colour\""},
    {"unknown-element", ITEM("<phasedRolloutInterval>60</phasedRolloutInterval>"), "2", "prefix"},
    {"unknown-element", ITEM("<sparkle:os>macos</sparkle:os>"), "2",
     "an attribute of the enclosure"},
    {"unknown-element",
     "<item>" NAMED("2", NEW) FILE_AT(URL, SIGNED " sparkle:channel=\"beta\"") "</item>", "2",
     "an element of the item"},
    {"xml-error", ITEM("<title>Push & talk</title>"), "2", "EntityRef"},
};

static void each_mistake_is_found_by_its_rule_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        expect(NULL, mistakes[i].items, mistakes[i].rule, mistakes[i].line, mistakes[i].says);
}

static void of_two_of_one_moment_the_upper_is_the_later(void **state) {
    (void)state;
    expect(NULL,
           "<item>" NAMED("2.0.0.19", NEW) ENCLOSURE "</item>\n"
                                                     "<item>" NAMED("2.0.0.20", NEW) ENCLOSURE
           "</item>",
           "version-order version-lower", "3 2",
           "it stands above one of the same date, but \"2.0.0.20\" (line 3) is higher");
}

/* Rules that need the network or the artifact are said by whoever has them. */
static void every_rule_has_an_item_that_breaks_it(void **state) {
    (void)state;
    static const char *const elsewhere[] = {"feed-limit",    "url-unreachable", "length-mismatch",
                                            "signature-bad", "not-asked",       "pubdate-unstable"};
    for (size_t r = 0; lint_rule_at(r) != NULL; r++) {
        bool tested = false;
        for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
            tested = tested || strcmp(mistakes[i].rule, lint_rule_at(r)->id) == 0;
        for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
            tested = tested || strcmp(elsewhere[i], lint_rule_at(r)->id) == 0;
        if (!tested)
            fail_msg("no feed of this test breaks %s", lint_rule_at(r)->id);
        assert_ptr_equal(lint_rule_find(lint_rule_at(r)->id), lint_rule_at(r));
    }
    assert_null(lint_rule_find("no-such-rule"));
}

static void a_url_is_judged_as_a_reader_of_the_feed_sees_it(void **state) {
    (void)state;
    expect("https://a.example/appcast.xml",
           "<item>" NAMED("2", NEW) FILE_AT("Nexy.dmg", SIGNED) "</item>", "url-relative", NULL,
           NULL);
    expect("http://a.example/appcast.xml",
           "<item>" NAMED("2", NEW) FILE_AT("Nexy.dmg", SIGNED) "</item>", "url-not-https", NULL,
           NULL);
    expect("https://a.example/feed",
           "<item>" NAMED("2", NEW) FILE_AT("https://a.example/feed", SIGNED) "</item>",
           "enclosure-is-feed", NULL, NULL);
}

static void a_feed_that_is_none_is_one_finding(void **state) {
    (void)state;
    static const char *const none[] = {"", "{}", "<html>", "<rss><channel><item>", "\x1f\x8b"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct seen s;
        struct lint *l = start(&s, NULL);
        assert_int_equal(lint_push(l, none[i], strlen(none[i]), NULL), ERR_OK);
        assert_int_equal(lint_finish(l, NULL), ERR_OK);
        assert_string_equal(s.rules.data, "xml-error");
        assert_int_equal(lint_count(l).by_severity[LINT_ERROR], 1);
        stop(l, &s);
    }
}

static void the_malformed_corpus_is_refused_in_one_finding(void **state) {
    (void)state;
    DIR *dir = opendir("tests/bad/feed");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.' || strncmp(e->d_name, "untidy-", 7) == 0 ||
            strncmp(e->d_name, "warning-", 8) == 0)
            continue;
        char path[300];
        snprintf(path, sizeof path, "tests/bad/feed/%s", e->d_name);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        char *bytes = mem_alloc(1 << 20);
        size_t n = fread(bytes, 1, 1 << 20, f);
        fclose(f);
        struct seen s;
        struct lint *l = start(&s, NULL);
        for (size_t at = 0; at < n; at++) /* byte by byte */
            lint_push(l, bytes + at, 1, NULL);
        assert_int_equal(lint_finish(l, NULL), ERR_OK);
        const char *last = strrchr(s.rules.data, ' ');
        last = last != NULL ? last + 1 : s.rules.data;
        if (strcmp(last, "xml-error") != 0 && strcmp(last, "feed-limit") != 0)
            fail_msg("%s: found [%s]", e->d_name, s.rules.data);
        stop(l, &s);
        free(bytes);
    }
    closedir(dir);
}

static void what_a_feed_quotes_is_made_safe_and_short(void **state) {
    (void)state;
    struct seen s;
    struct buf item;
    buf_init(&item, 0);
    buf_add_text(&item, "<item>" NAMED("2", "&#x202e;&#x85;"));
    buf_add_text(&item, ENCLOSURE "</item>");
    struct lint *l = lint_items(&s, NULL, item.data);
    assert_string_equal(s.rules.data, "pubdate-format");
    assert_non_null(strstr(s.message, "<U+202E>"));
    stop(l, &s);
    buf_clear(&item);
    buf_add_text(&item, "<item><sparkle:channel>");
    for (int i = 0; i < 5000; i++)
        buf_add_text(&item, "é ");
    buf_add_text(&item, "</sparkle:channel>" NAMED("2", NEW) ENCLOSURE "</item>");
    l = lint_items(&s, NULL, item.data);
    assert_string_equal(s.rules.data, "channel-name");
    assert_true(strlen(s.message) < 300);
    stop(l, &s);
    buf_fini(&item);
}

static void many_parts_are_cut_and_not_too_much(void **state) {
    (void)state;
    struct seen s;
    struct buf items;
    buf_init(&items, 0);
    buf_add_text(&items, "<item>" NAMED("2", NEW) "<sparkle:deltas>");
    for (int i = 0; i < 500; i++)
        buf_add_text(&items, FILE_AT("http://a.example/d", SIGNED));
    buf_add_text(&items, "</sparkle:deltas>" ENCLOSURE "</item>");
    struct lint *l = lint_items(&s, NULL, items.data);
    assert_int_equal(lint_count(l).by_severity[LINT_ERROR], FEED_PARTS_CAP);
    stop(l, &s);
    buf_fini(&items);
}

static void a_receiver_that_has_enough_ends_it(void **state) {
    (void)state;
    struct seen s;
    struct err err = ERR_INIT;
    struct lint *l = start(&s, NULL);
    s.stop_at = 1;
    static const char feed[] = "<rss " SPARKLE "><channel>" ITEM("") ITEM("") ITEM("");
    assert_int_equal(lint_push(l, feed, sizeof feed - 1, &err), ERR_IO);
    assert_string_equal(err.what, "full");
    assert_int_equal(lint_finish(l, NULL), ERR_IO);
    assert_string_equal(s.rules.data, "version-duplicate");
    assert_int_equal(lint_say(l, "signature-bad", 1, "2", NULL, "no"), ERR_IO);
    stop(l, &s);
}

static void what_others_find_is_told_with_the_rules_reason(void **state) {
    (void)state;
    struct seen s;
    struct lint *l = lint_items(&s, NULL, ITEM("") OLDER(""));
    assert_int_equal(lint_say(l, "length-mismatch", 7, "2.0.0.20", NULL, "%d bytes", 12), ERR_OK);
    assert_string_equal(s.rules.data, "length-mismatch");
    assert_string_equal(s.lines.data, "7");
    assert_string_equal(s.message, "12 bytes: these are not the bytes that were released");
    stop(l, &s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correct_feed_has_no_finding),
        cmocka_unit_test(each_mistake_is_found_by_its_rule_and_no_other),
        cmocka_unit_test(of_two_of_one_moment_the_upper_is_the_later),
        cmocka_unit_test(every_rule_has_an_item_that_breaks_it),
        cmocka_unit_test(a_url_is_judged_as_a_reader_of_the_feed_sees_it),
        cmocka_unit_test(a_feed_that_is_none_is_one_finding),
        cmocka_unit_test(the_malformed_corpus_is_refused_in_one_finding),
        cmocka_unit_test(what_a_feed_quotes_is_made_safe_and_short),
        cmocka_unit_test(many_parts_are_cut_and_not_too_much),
        cmocka_unit_test(a_receiver_that_has_enough_ends_it),
        cmocka_unit_test(what_others_find_is_told_with_the_rules_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
