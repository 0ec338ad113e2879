/* Runs in the world: they stand in the snapshot, and another hand is told from the run itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

static uint64_t tell(struct fixture *f, uint64_t seq, enum record_kind kind, const char *word,
                     int step) {
    struct record *r = record_new(kind);
    r->seq = seq;
    r->at_ms = f->wall_ms;
    r->step = step;
    RECORD_PUT(r->who, "ada");
    RECORD_PUT(r->run, "r1");
    RECORD_PUT(r->subject, "promote");
    RECORD_PUT(r->word, word);
    RECORD_PUT(r->target, "2.0.0.20");
    world_record(f->world, r);
    world_record(f->world, r); /* the clerk brings it too */
    record_drop(r);
    return seq + 1;
}

static bool says(const struct snapshot *s, const char *text) {
    for (size_t i = 0; i < s->n_events; i++)
        if (strstr(s->events[i].text, text))
            return true;
    return false;
}

static void another_hand_is_told_from_the_run_itself(void **state) {
    (void)state;
    static char promote[] = "promote", agree[] = "agree";
    unsigned gates[] = {G_PROD};
    struct step_spec step = {.name = agree, .kind = STEP_EXPECT, .expect = gates, .n_expect = 1};
    struct action_spec action = {.name = promote, .steps = &step, .n_steps = 1, .environment = -1};
    struct fixture f;
    fixture_start(&f);
    f.policy.actions = &action;
    f.policy.n_actions = 1;
    judge(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    assert_int_equal(judge(&f)->n_runs, 0);

    /* Another process promotes: what this one read before is no sign of anything. */
    advance(&f, 1000);
    uint64_t seq = tell(&f, 1, RECORD_RUN, "prepared", RECORD_STEP_NONE);
    seq = tell(&f, seq, RECORD_RUN, "confirmed", RECORD_STEP_NONE);
    seq = tell(&f, seq, RECORD_RUN, "verifying", RECORD_STEP_NONE);
    seq = tell(&f, seq, RECORD_STEP, "ok", 0);
    seq = tell(&f, seq, RECORD_RUN, "done", RECORD_STEP_NONE);
    const struct snapshot *s = judge(&f);
    assert_int_equal(s->n_runs, 1);
    assert_int_equal(s->runs[0]->state, RUN_DONE);
    assert_string_equal(s->runs[0]->drift, "");
    assert_true(says(s, "promote done by ada"));

    advance(&f, 1000);
    good(&f, STABLE_FEED, "2.0.0.20"); /* one source is read, the other not yet: no drift either */
    assert_string_equal(judge(&f)->runs[0]->drift, "");
    all_well(&f, "2.0.0.20", "2.0.0.20");
    assert_string_equal(judge(&f)->runs[0]->drift, "");

    advance(&f, 1000);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    s = judge(&f);
    assert_string_equal(s->runs[0]->drift,
                        "stable offers 2.0.0.19, and it was verified at 2.0.0.20");
    assert_true(says(s, "promote was undone by another hand"));
    fixture_fini(&f);
}

static void refusals_are_counted(void **state) {
    (void)state;
    struct fixture f;
    fixture_start(&f);
    const struct snapshot *before = snapshot_keep(judge(&f));
    world_refused(f.world, "the world has moved", true);
    world_accepted(f.world, "r1");
    const struct snapshot *s = judge(&f);
    assert_int_equal(s->refusals, 1);
    assert_true(s->refused_again);
    assert_string_equal(s->refused, "the world has moved");
    assert_string_equal(s->accepted, "r1");
    assert_true(snapshot_differs(before, s));
    snapshot_drop(before);
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_hand_is_told_from_the_run_itself),
        cmocka_unit_test(refusals_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
