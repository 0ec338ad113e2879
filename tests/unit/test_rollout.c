/* How far a feed's newest item has got: known only from a feed that can be used now. */
#include "src/model/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

static void phased(struct fixture *f, int64_t since_ms, int64_t interval_s) {
    struct sample *sample = fixture_sample(f, STABLE_FEED, "2.0.0.20");
    sample->published = (struct exposure_item){
        .dated = true, .pub_date_ms = f->wall_ms - since_ms, .interval_s = interval_s};
    fold(f, sample);
    judge(f);
}

static void groups_open_with_time(void **state) {
    (void)state;
    struct fixture f;
    struct rollout r;
    fixture_start(&f);
    f.policy.check_interval_ms = 12 * HOUR;
    phased(&f, 30 * HOUR, 24 * 3600);
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    assert_string_equal(r.version, "2.0.0.20");
    assert_int_equal(r.interval_ms, 24 * HOUR);
    assert_true(r.now.phased);
    assert_int_equal(r.now.groups_open, 2);
    assert_int_equal(r.now.next_ms, f.wall_ms + 18 * HOUR);
    /* all of the first group have looked since, and half of the second */
    assert_true(r.now.share_reached > 1.5 / 7 - 1e-9 && r.now.share_reached < 1.5 / 7 + 1e-9);
    advance(&f, 18 * HOUR);
    phased(&f, 48 * HOUR, 24 * 3600);
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    assert_int_equal(r.now.groups_open, 3);
    fixture_fini(&f);
}

static void a_change_of_the_date_is_a_change(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    phased(&f, HOUR, 86400);
    const struct snapshot *before = snapshot_keep(f.s);
    phased(&f, HOUR, 86400);
    assert_false(snapshot_differs(before, f.s));
    phased(&f, -HOUR, 86400); /* paused */
    assert_true(snapshot_differs(before, f.s));
    struct rollout r;
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    assert_true(r.now.paused);
    assert_int_equal(r.now.groups_open, 0);
    snapshot_drop(before);
    fixture_fini(&f);
}

static void what_is_not_phased_is_for_everybody(void **state) {
    (void)state;
    struct fixture f;
    struct rollout r;
    fixture_start(&f);
    good(&f, STABLE_FEED, "1.0");
    judge(&f);
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    assert_false(r.now.phased);
    assert_int_equal(r.interval_ms, 0);
    assert_int_equal(r.now.groups_open, EXPOSURE_GROUPS);
    phased(&f, HOUR, INT64_MAX); /* "99999999999999999999" */
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    assert_int_equal(r.interval_ms, INT64_MAX);
    assert_int_equal(r.now.groups_open, 1);
    fixture_fini(&f);
}

static void what_is_not_known_now_is_not_told(void **state) {
    (void)state;
    struct fixture f;
    struct rollout r;
    fixture_start(&f);
    judge(&f);
    assert_false(rollout_of(f.s, SOURCE_NONE, &r));
    assert_false(rollout_of(f.s, STABLE_FEED, &r)); /* pending */
    good(&f, STABLE_FEED, "");                      /* a feed without an item */
    judge(&f);
    assert_false(rollout_of(f.s, STABLE_FEED, &r));
    phased(&f, HOUR, 86400);
    assert_true(rollout_of(f.s, STABLE_FEED, &r));
    good(&f, HEALTH, "1.0");
    judge(&f);
    assert_false(rollout_of(f.s, HEALTH, &r)); /* no feed */
    shut(&f, PROD_BETA);
    judge(&f);
    assert_false(rollout_of(f.s, PROD_BETA, &r));
    down(&f, STABLE_FEED);
    judge(&f);
    assert_false(rollout_of(f.s, STABLE_FEED, &r));
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_open_with_time),
        cmocka_unit_test(a_change_of_the_date_is_a_change),
        cmocka_unit_test(what_is_not_phased_is_for_everybody),
        cmocka_unit_test(what_is_not_known_now_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
