/* The offer, rule by rule: which filter drops what, in which order, and who wins. */
#include "src/model/offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/when.h"

#define PUBLISHED "Thu, 26 Feb 2026 12:00:00 +0000"

static char *const beta[] = {"alpha", "beta", NULL};

static struct offer_client client(void) {
    struct offer_client c = {.host_version = "1.0", .group = 3, .system_version = "14.2"};
    assert_true(when_parse_rfc3339("2026-03-01T12:00:00Z", &c.now_ms)); /* three days later */
    return c;
}

static struct feed_item item(const char *version) {
    return (struct feed_item){.version = version, .phased_interval_s = -1, .length = -1, .line = 7};
}

/* What becomes of one item alone: the filter's name, or NULL. */
static const char *dropped(const struct offer_client *c, const struct feed_item *i,
                           const char *says) {
    struct offer offer;
    struct offer_verdict verdict;
    offer_init(&offer, c);
    assert_int_equal(offer_fold(&offer, i, &verdict, NULL), ERR_OK);
    assert_true(offer.found == (verdict.filter == OFFER_CANDIDATE));
    if (says != NULL && strstr(verdict.reason, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", verdict.reason, says);
    return offer_filter_name(verdict.filter);
}

static void what_nothing_drops_is_offered(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("1.1");
    assert_null(dropped(&c, &i, "highest"));
    i.os = "macos";
    i.channel = ""; /* Sparkle ignores it, and a name that is none */
    assert_null(dropped(&c, &i, NULL));
    i.channel = "be ta";
    assert_null(dropped(&c, &i, NULL));
}

static void an_item_without_a_version_is_none(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item(NULL);
    assert_string_equal(dropped(&c, &i, "no sparkle:version"), "version");
    i.version = "";
    assert_string_equal(dropped(&c, &i, NULL), "version");
}

static void another_os_drops(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.os = "windows";
    assert_string_equal(dropped(&c, &i, "windows"), "os");
    i.os = "macOS"; /* Sparkle compares exactly */
    assert_string_equal(dropped(&c, &i, NULL), "os");
}

static void a_delta_outside_of_its_update_drops(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.delta_from = "1.0";
    i.channel = "beta";
    assert_string_equal(dropped(&c, &i, "a delta from 1.0 outside"), "delta");
    c.manual = true; /* no matter who asks */
    assert_string_equal(dropped(&c, &i, NULL), "delta");
    i.delta_from = ""; /* to Sparkle it is there */
    assert_string_equal(dropped(&c, &i, NULL), "delta");
    i.os = "windows";
    assert_string_equal(dropped(&c, &i, NULL), "os");
}

static void a_channel_not_asked_for_drops(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.channel = "beta";
    assert_string_equal(dropped(&c, &i, "channel beta"), "channel");
    c.channels = beta;
    assert_null(dropped(&c, &i, NULL));
    i.channel = "stable"; /* nobody asks for it */
    assert_string_equal(dropped(&c, &i, NULL), "channel");
}

static void system_versions_drop(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.minimum_system_version = "14.2.1";
    assert_string_equal(dropped(&c, &i, "14.2.1"), "minimum-system");
    i.minimum_system_version = "14.2.0";
    assert_null(dropped(&c, &i, NULL));
    i.maximum_system_version = "13.9";
    assert_string_equal(dropped(&c, &i, "13.9"), "maximum-system");
    c.manual = true; /* no matter who asks */
    assert_string_equal(dropped(&c, &i, NULL), "maximum-system");
    i.maximum_system_version = "14.2";
    assert_null(dropped(&c, &i, NULL));
    i.minimum_system_version = "99";
    i.minimum_system_misplaced = true; /* on the enclosure: Sparkle does not read it */
    assert_null(dropped(&c, &i, NULL));
    i.minimum_system_misplaced = false;
    c.system_version = NULL; /* not known */
    assert_null(dropped(&c, &i, NULL));
}

static void a_client_too_old_for_the_step_is_not_offered_it(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.minimum_update_version = "1.0.1";
    assert_string_equal(dropped(&c, &i, "over 1.0.1 and later"), "minimum-update");
    c.manual = true; /* no matter who asks */
    i.channel = "beta";
    assert_string_equal(dropped(&c, &i, NULL), "minimum-update"); /* Sparkle asks for it first */
    c.host_version = "1.0.1";
    assert_string_equal(dropped(&c, &i, NULL), "channel");
    i.channel = NULL;
    assert_null(dropped(&c, &i, NULL));
    c.host_version = "1.0";
    i.minimum_update_version = "";
    assert_null(dropped(&c, &i, NULL));
}

static void hardware_drops(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.hardware = "arm64";
    assert_null(dropped(&c, &i, NULL)); /* not known */
    c.hardware = OFFER_ARM64;
    assert_null(dropped(&c, &i, NULL));
    c.hardware = OFFER_X86_64;
    assert_string_equal(dropped(&c, &i, "Apple silicon"), "hardware");
    i.hardware = "future, ARM64";
    assert_string_equal(dropped(&c, &i, NULL), "hardware");
    i.hardware = "arm64e other";
    assert_null(dropped(&c, &i, NULL));
    i.hardware = NULL;
    c.system_version = "27.1";
    i.minimum_system_version = "27.0"; /* says the same */
    assert_string_equal(dropped(&c, &i, NULL), "hardware");
    i.minimum_system_version = "26.9";
    assert_null(dropped(&c, &i, NULL));
}

static void what_only_informs_says_so(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_part parts[] = {{.kind = FEED_INFORMATIONAL_FOR, .text = "0.9"},
                                {.kind = FEED_INFORMATIONAL_BELOW, .text = "0.8"}};
    struct feed_item i = item("2.0");
    i.informational = true;
    assert_null(dropped(&c, &i, "it only informs"));
    i.parts = parts;
    i.n_parts = 2;
    struct offer offer;
    struct offer_verdict verdict;
    offer_init(&offer, &c);
    assert_int_equal(offer_fold(&offer, &i, &verdict, NULL), ERR_OK);
    assert_null(strstr(verdict.reason, "informs")); /* for others than 1.0 */
    parts[0].text = "1.0";
    assert_null(dropped(&c, &i, "it only informs"));
    parts[0].text = "0.9";
    parts[1].text = "1.1";
    assert_null(dropped(&c, &i, "it only informs"));
}

static void a_major_upgrade_is_not_automatic(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.minimum_autoupdate_version = "1.0.1";
    assert_string_equal(dropped(&c, &i, "1.0.1"), "minimum-autoupdate");
    assert_string_equal(dropped(&c, &i, "only when nothing else is newer"), "minimum-autoupdate");
    c.manual = true;
    assert_null(dropped(&c, &i, "a major upgrade for this client: Sparkle shows it only when "));
    c.manual = false;
    c.host_version = "1.0.1";
    assert_null(dropped(&c, &i, NULL));
    c.host_version = "1.0";
    i.minimum_autoupdate_version = "";
    assert_null(dropped(&c, &i, NULL));
}

static void of_a_major_upgrade_the_other_newer_one_is_known(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item major = item("3.0"), minor = item("1.1"), older = item("1.0.5");
    major.minimum_autoupdate_version = "2.0";
    minor.line = 9;
    const struct feed_item *const orders[2][3] = {{&older, &major, &minor},
                                                  {&minor, &older, &major}};
    c.manual = true;
    for (size_t k = 0; k < 2; k++) {
        struct offer offer;
        struct offer_verdict verdict;
        offer_init(&offer, &c);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(offer_fold(&offer, orders[k][i], &verdict, NULL), ERR_OK);
        assert_string_equal(offer.version, "3.0");
        assert_true(offer.major);
        assert_string_equal(offer.minor, "1.1");
        assert_int_equal(offer.minor_line, 9);
    }
}

static void a_group_waits_for_its_turn(void **state) {
    (void)state;
    struct offer_client c = client(); /* group 3, three days after */
    struct feed_item i = item("2.0");
    i.pub_date = PUBLISHED;
    i.phased_interval_s = 86400;
    assert_null(dropped(&c, &i, NULL));
    c.now_ms--;
    assert_string_equal(dropped(&c, &i, "group 3 comes in at 2026-03-01T12:00:00"), "phased");
    c.manual = true;
    assert_null(dropped(&c, &i, NULL));
    c.manual = false;
    i.critical = true;
    assert_null(dropped(&c, &i, NULL));
    i.critical_version = "1.0"; /* only for hosts below it */
    assert_string_equal(dropped(&c, &i, NULL), "phased");
    i.critical_version = "1.0.1";
    assert_null(dropped(&c, &i, NULL));
}

static void phasing_needs_a_date_that_sparkle_reads(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    i.phased_interval_s = 86400000;
    c.group = 6;
    i.pub_date = PUBLISHED;
    assert_string_equal(dropped(&c, &i, NULL), "phased");
    i.pub_date = NULL;
    assert_null(dropped(&c, &i, NULL));
    i.pub_date = "2026-02-26T12:00:00Z";
    assert_null(dropped(&c, &i, NULL));
    i.pub_date = "Thu, 26 Feb 2099 12:00:00 +0000"; /* paused, for every group */
    c.group = 0;
    assert_string_equal(dropped(&c, &i, "2099"), "phased");
    i.phased_interval_s = 0;
    assert_string_equal(dropped(&c, &i, NULL), "phased");
    i.phased_interval_s = -1; /* no interval: no phasing, whatever the date */
    assert_null(dropped(&c, &i, NULL));
}

static void what_was_skipped_is_not_offered_again(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("2.0");
    c.skipped = "2.0.0";
    assert_string_equal(dropped(&c, &i, "skipped 2.0.0"), "skipped");
    i.version = "1.9";
    assert_string_equal(dropped(&c, &i, NULL), "skipped");
    i.version = "2.0.1";
    assert_null(dropped(&c, &i, NULL));
    i.version = "2.0";
    c.manual = true;
    assert_null(dropped(&c, &i, NULL));
}

static void sparkle_never_downgrades(void **state) {
    (void)state;
    struct offer_client c = client();
    struct feed_item i = item("1.0.0");
    assert_string_equal(dropped(&c, &i, "has it"), "not-newer");
    i.version = "1.0b1";
    assert_string_equal(dropped(&c, &i, "never downgrades"), "not-newer");
}

static void the_filters_come_in_sparkles_order(void **state) {
    (void)state;
    struct offer_client c = client();
    c.system_version = "12";
    c.skipped = "9";
    /* Everything is against it; one after the other is taken away. */
    struct feed_item i = {.os = "windows",
                          .channel = "beta",
                          .minimum_system_version = "13",
                          .maximum_system_version = "11",
                          .minimum_autoupdate_version = "5",
                          .phased_interval_s = 86400,
                          .pub_date = "Thu, 26 Feb 2099 12:00:00 +0000"};
    assert_string_equal(dropped(&c, &i, NULL), "version");
    i.version = "0.9";
    assert_string_equal(dropped(&c, &i, NULL), "os");
    i.os = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "channel");
    i.channel = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "minimum-system");
    i.minimum_system_version = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "maximum-system");
    i.maximum_system_version = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "minimum-autoupdate");
    i.minimum_autoupdate_version = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "phased");
    i.pub_date = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "skipped");
    c.skipped = NULL;
    assert_string_equal(dropped(&c, &i, NULL), "not-newer");
    i.version = "1.1";
    assert_null(dropped(&c, &i, NULL));
}

static void the_highest_wins_and_the_first_on_a_tie(void **state) {
    (void)state;
    static const struct {
        const char *version;
        bool leads;
        enum offer_filter filter;
    } items[] = {
        {"1.5", true, OFFER_CANDIDATE},      {"2.0b1", true, OFFER_CANDIDATE},
        {"1.9", false, OFFER_NOT_HIGHEST},   {"2.0", true, OFFER_CANDIDATE},
        {"2.0.0", false, OFFER_NOT_HIGHEST}, {"0.9", false, OFFER_NOT_NEWER},
    };
    struct offer_client c = client();
    struct offer offer;
    offer_init(&offer, &c);
    for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
        struct feed_item i = item(items[k].version);
        struct offer_verdict verdict;
        i.index = k;
        i.line = (unsigned)(10 + k);
        assert_int_equal(offer_fold(&offer, &i, &verdict, NULL), ERR_OK);
        assert_int_equal(verdict.leads, items[k].leads);
        assert_int_equal(verdict.filter, items[k].filter);
    }
    assert_true(offer.found);
    assert_string_equal(offer.version, "2.0");
    assert_int_equal(offer.index, 3);
    assert_int_equal(offer.line, 13);
}

static void what_makes_sparkle_refuse_the_whole_feed_is_told(void **state) {
    (void)state;
    static const struct {
        const char *version, *url, *link, *why; /* a url of "-": an enclosure without one */
    } items[] = {
        {"2", "https://a.example/N.dmg", NULL, NULL},
        {"2", "HTTP://a.example/N.dmg", NULL, NULL},
        {"2", "files/N 2:1.dmg", NULL, NULL}, /* of the feed's own scheme */
        {"2", NULL, "https://a.example/", NULL},
        {"2", "-", "https://a.example/", NULL},
        {NULL, "https://a.example/N_2.dmg", NULL, NULL}, /* guessed from the name */
        {NULL, "https://a.example/N-2.dmg", NULL, "no sparkle:version"},
        {NULL, NULL, "https://a.example/", "no sparkle:version"},
        {"2", NULL, NULL, "neither an enclosure nor a link"},
        {"2", NULL, "mailto:x@a.example", "neither an enclosure nor a link"},
        {"2", "-", NULL, "without a url"},
        {"2", "ftp://a.example/N.dmg", NULL, "neither http nor https"},
        {"2", "httpx://a.example/N.dmg", "https://a.example/", "neither http nor https"},
    };
    for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
        struct feed_item i = item(items[k].version);
        i.has_enclosure = items[k].url != NULL;
        i.url = i.has_enclosure && *items[k].url != '-' ? items[k].url : NULL;
        i.link = items[k].link;
        const char *why = offer_refusal(&i);
        if ((why == NULL) != (items[k].why == NULL) ||
            (why != NULL && strstr(why, items[k].why) == NULL))
            fail_msg("%zu: %s", k, why ? why : "no refusal");
    }
    struct feed_item i = item("2");
    i.has_enclosure = true;
    i.url = "https://a.example/N.pkg";
    i.installation_type = "interactive-package";
    assert_null(offer_refusal(&i));
    i.installation_type = "pkg";
    assert_non_null(strstr(offer_refusal(&i), "installationType"));
}

static void a_version_that_is_too_long_is_refused_not_cut(void **state) {
    (void)state;
    char version[200];
    memset(version, '9', sizeof version);
    version[199] = '\0';
    struct offer_client c = client();
    struct offer offer;
    struct offer_verdict verdict;
    struct err err = ERR_INIT;
    struct feed_item i = item(version);
    offer_init(&offer, &c);
    assert_int_equal(offer_fold(&offer, &i, &verdict, &err), ERR_LIMIT);
    i.os = "windows"; /* dropped before it is looked at */
    assert_int_equal(offer_fold(&offer, &i, &verdict, NULL), ERR_OK);
}

static void reasons_are_safe_and_bounded(void **state) {
    (void)state;
    char os[5000];
    memset(os, '\x1b', sizeof os);
    os[4999] = '\0';
    struct offer_client c = client();
    struct feed_item i = item("2");
    i.os = os;
    assert_string_equal(dropped(&c, &i, "\xe2\x90\x9b"), "os");
    i.os = "\xe2\x80\xaegnp";
    assert_string_equal(dropped(&c, &i, "<U+202E>"), "os");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nothing_drops_is_offered),
        cmocka_unit_test(an_item_without_a_version_is_none),
        cmocka_unit_test(another_os_drops),
        cmocka_unit_test(a_delta_outside_of_its_update_drops),
        cmocka_unit_test(a_channel_not_asked_for_drops),
        cmocka_unit_test(system_versions_drop),
        cmocka_unit_test(a_client_too_old_for_the_step_is_not_offered_it),
        cmocka_unit_test(hardware_drops),
        cmocka_unit_test(what_only_informs_says_so),
        cmocka_unit_test(a_major_upgrade_is_not_automatic),
        cmocka_unit_test(of_a_major_upgrade_the_other_newer_one_is_known),
        cmocka_unit_test(a_group_waits_for_its_turn),
        cmocka_unit_test(phasing_needs_a_date_that_sparkle_reads),
        cmocka_unit_test(what_was_skipped_is_not_offered_again),
        cmocka_unit_test(sparkle_never_downgrades),
        cmocka_unit_test(the_filters_come_in_sparkles_order),
        cmocka_unit_test(the_highest_wins_and_the_first_on_a_tie),
        cmocka_unit_test(what_makes_sparkle_refuse_the_whole_feed_is_told),
        cmocka_unit_test(a_version_that_is_too_long_is_refused_not_cut),
        cmocka_unit_test(reasons_are_safe_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
