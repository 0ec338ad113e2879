/* What two feeds differ in, as snapshots carry it: made when a feed changes, never from what cannot be
 * used any more. */
#include "src/model/feed_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "tests/unit/world_fixture.h"

/* So many items, the newest first, of 2.0.0.(last). */
static const struct feed_list *list_of(int last, int n) {
    struct err err = ERR_INIT;
    struct buf xml;
    struct feed_list *list = feed_list_new("feed");
    buf_init(&xml, 0);
    buf_add_text(&xml, "<rss xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/"
                       "sparkle\"><channel>");
    for (int i = 0; i < n; i++)
        buf_addf(&xml, "<item><sparkle:version>2.0.0.%d</sparkle:version></item>", last - i);
    buf_add_text(&xml, "</channel></rss>");
    assert_int_equal(feed_list_push(list, xml.data, xml.len, &err), ERR_OK);
    assert_int_equal(feed_list_finish(list, &err), ERR_OK);
    buf_fini(&xml);
    return list;
}

static void say(struct fixture *f, unsigned source, const struct feed_list *list) {
    struct sample *sample =
        fixture_sample(f, source, source == BETA_FEED ? "2.0.0.20" : "2.0.0.19");
    sample->feed = list;
    fold(f, sample);
}

static void before_both_feeds_answered_nothing_is_known(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    const struct feed_words *w = judge(&f)->feeds;
    assert_false(w->known);
    assert_string_equal(w->lines[0], "production/stable feed has not answered yet");
    say(&f, STABLE_FEED, list_of(19, 2));
    assert_string_equal(judge(&f)->feeds->lines[0], "staging/beta feed has not answered yet");
    fixture_fini(&f);
}

static void what_was_added_is_said_and_made_once(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    say(&f, STABLE_FEED, list_of(19, 2));
    say(&f, BETA_FEED, list_of(20, 3));
    const struct feed_words *w = judge(&f)->feeds;
    assert_true(w->known);
    assert_int_equal(w->n, 1);
    assert_string_equal(w->heading, "from production/stable feed to staging/beta feed");
    assert_non_null(strstr(w->lines[0], "added 2.0.0.20"));
    const struct snapshot *last = snapshot_keep(f.s);
    assert_ptr_equal(judge(&f)->feeds, w); /* nothing changed: the same again */
    say(&f, STABLE_FEED, list_of(19, 2));  /* read anew, and the same */
    assert_ptr_not_equal(judge(&f)->feeds, w);
    assert_false(feed_words_differ(f.s->feeds, w));
    assert_false(snapshot_differs(last, f.s));
    say(&f, STABLE_FEED, list_of(20, 3));
    assert_int_equal(judge(&f)->feeds->n, 0); /* it was promoted */
    assert_true(f.s->feeds->known);
    assert_true(feed_words_differ(f.s->feeds, w));
    snapshot_drop(last);
    fixture_fini(&f);
}

static void a_feed_that_is_gone_is_no_ground_for_words(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    say(&f, STABLE_FEED, list_of(19, 2));
    say(&f, BETA_FEED, list_of(20, 3));
    judge(&f);
    down(&f, STABLE_FEED);
    const struct feed_words *w = judge(&f)->feeds;
    assert_false(w->known);
    assert_non_null(strstr(w->lines[0], "production/stable feed has not answered"));
    assert_non_null(strstr(w->lines[0], "connection refused"));
    say(&f, STABLE_FEED, list_of(19, 2));
    say(&f, STABLE_FEED, list_of(19, 2));
    shut(&f, BETA_FEED);
    assert_string_equal(judge(&f)->feeds->lines[0], "staging/beta feed is closed");
    fixture_fini(&f);
}

static void one_feed_is_compared_with_nothing(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    f.policy.target_source = SOURCE_NONE;
    assert_false(judge(&f)->feeds->known);
    assert_false(f.s->feeds->compared);
    assert_non_null(strstr(f.s->feeds->lines[0], "no two feeds to compare"));
    fixture_fini(&f);
}

static void long_differences_are_cut_and_counted(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    say(&f, STABLE_FEED, list_of(19, 1));
    say(&f, BETA_FEED, list_of(2000, FEED_WORDS_LINES + 7));
    const struct feed_words *w = judge(&f)->feeds;
    assert_int_equal(w->n, FEED_WORDS_LINES);
    assert_int_equal(w->left_out, 8); /* and the one that went */
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_both_feeds_answered_nothing_is_known),
        cmocka_unit_test(what_was_added_is_said_and_made_once),
        cmocka_unit_test(a_feed_that_is_gone_is_no_ground_for_words),
        cmocka_unit_test(one_feed_is_compared_with_nothing),
        cmocka_unit_test(long_differences_are_cut_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
