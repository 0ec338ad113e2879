/* Approvals of actions: by others, each once, for one candidate, for a day. */
#include "src/model/approval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/people_fixture.h"

static struct action_spec actions[2];

static void start(struct hall *h, unsigned approvals) {
    static char promote[] = "promote", kill[] = "kill";
    actions[0] = (struct action_spec){.name = promote, .approvals = approvals, .environment = -1};
    actions[1] = (struct action_spec){.name = kill, .environment = -1};
    hall_start(h);
    h->f.policy.actions = actions;
    h->f.policy.n_actions = 2;
}

static bool agree(struct hall *h, const char *who, size_t action, const char *word) {
    struct intent in = hall_intent(h, INTENT_AGREE, who, word);
    in.action = action;
    return hall_say(h, &in);
}

static unsigned missing(const struct hall *h, const char *who) {
    return approval_missing(h->f.s, 0, who);
}

static void it_takes_so_many_others(void **state) {
    (void)state;
    struct hall h;
    start(&h, 2);
    assert_int_equal(missing(&h, "ops-lead"), 2);
    assert_true(agree(&h, "ops-lead", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 2); /* never one's own */
    assert_int_equal(missing(&h, "pm"), 1);
    assert_true(agree(&h, "pm", 0, "yes"));
    assert_true(agree(&h, "pm", 0, "yes")); /* twice is once */
    assert_int_equal(missing(&h, "ops-lead"), 1);
    assert_true(agree(&h, "support-lead", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 0);
    assert_string_equal(approval_at(h.f.s, 0, "ops-lead", 0)->who, "pm");
    assert_string_equal(approval_at(h.f.s, 0, "ops-lead", 1)->who, "support-lead");
    assert_null(approval_at(h.f.s, 0, "ops-lead", 2));
    hall_fini(&h);
}

static void it_is_taken_back_and_given_again(void **state) {
    (void)state;
    struct hall h;
    start(&h, 1);
    assert_false(agree(&h, "pm", 0, "no"));
    assert_non_null(strstr(h.err.what, "pm has not approved promote"));
    assert_true(agree(&h, "pm", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 0);
    assert_true(agree(&h, "pm", 0, "no"));
    assert_int_equal(missing(&h, "ops-lead"), 1);
    assert_true(agree(&h, "pm", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 0);
    hall_fini(&h);
}

static void another_candidate_wants_it_anew(void **state) {
    (void)state;
    struct hall h;
    start(&h, 1);
    assert_true(agree(&h, "pm", 0, "yes"));
    struct intent late = hall_intent(&h, INTENT_AGREE, "support-lead", "yes");
    all_well(&h.f, "2.0.0.19", "2.0.0.21");
    judge(&h.f);
    assert_int_equal(missing(&h, "ops-lead"), 1);
    assert_false(hall_say(&h, &late)); /* it was about what had been seen */
    assert_non_null(strstr(h.err.what, "the candidate has changed"));
    assert_true(agree(&h, "pm", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 0);
    hall_fini(&h);
}

static void it_counts_for_a_day(void **state) {
    (void)state;
    struct hall h;
    start(&h, 1);
    assert_true(agree(&h, "pm", 0, "yes"));
    advance(&h.f, APPROVAL_MS);
    all_well(&h.f, "2.0.0.19", "2.0.0.20");
    judge(&h.f);
    assert_int_equal(missing(&h, "ops-lead"), 0);
    advance(&h.f, 1);
    judge(&h.f);
    assert_int_equal(missing(&h, "ops-lead"), 1);
    hall_fini(&h);
}

static void only_who_is_known_and_only_what_wants_it(void **state) {
    (void)state;
    struct hall h;
    start(&h, 1);
    assert_false(agree(&h, "mallory", 0, "yes"));
    assert_false(agree(&h, "pm", 1, "yes"));
    assert_non_null(strstr(h.err.what, "kill wants nobody's approval"));
    assert_false(agree(&h, "pm", 7, "yes"));
    assert_false(agree(&h, "pm", 0, "perhaps"));
    assert_int_equal(missing(&h, "ops-lead"), 1);
    hall_fini(&h);
}

static void without_a_candidate_a_kill_switch_can_be_approved(void **state) {
    (void)state;
    struct hall h;
    start(&h, 1);
    struct sample *sample = fixture_sample(&h.f, BETA_FEED, "");
    fold(&h.f, sample);
    judge(&h.f);
    assert_string_equal(h.f.s->fingerprint, "");
    assert_true(agree(&h, "pm", 0, "yes"));
    assert_int_equal(missing(&h, "ops-lead"), 0);
    hall_fini(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_so_many_others),
        cmocka_unit_test(it_is_taken_back_and_given_again),
        cmocka_unit_test(another_candidate_wants_it_anew),
        cmocka_unit_test(it_counts_for_a_day),
        cmocka_unit_test(only_who_is_known_and_only_what_wants_it),
        cmocka_unit_test(without_a_candidate_a_kill_switch_can_be_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
