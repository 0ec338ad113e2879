/* The gate tools: pollers that turn, clocks that agree, a store that keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/world_fixture.h"

static void start(struct fixture *f) {
    static char kind[] = "tools";
    fixture_start(f);
    f->gates[G_FRESH].kind = kind;
    f->gates[G_FRESH].max_skew_ms = 5000;
}

static void all_see(struct fixture *f, int64_t skew_ms) {
    for (unsigned i = 0; i < N_SOURCES; i++) {
        struct sample *sample = fixture_sample(f, i, "2.0.0.19");
        sample->has_skew = true;
        sample->skew_ms = skew_ms;
        fold(f, sample);
    }
}

static void says(struct fixture *f, enum gate_verdict verdict, const char *reason) {
    judge(f);
    assert_string_equal(f->s->gates[G_FRESH].reason, reason);
    assert_int_equal(f->s->gates[G_FRESH].verdict, verdict);
}

static void all_in_order_is_a_pass(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    says(&f, GATE_UNKNOWN, "production/stable feed has not been looked at yet (and 5 more)");
    all_see(&f, -400);
    says(&f, GATE_PASS, "5 sources are looked at, clocks agree within 400 ms, the store is kept");
    world_store(f.world, STORE_READING, NULL);
    says(
        &f, GATE_PASS,
        "5 sources are looked at, clocks agree within 400 ms, the store is kept by another gonogo");
    world_store(f.world, STORE_OPENING, NULL);
    says(&f, GATE_WAIT, "the store is being opened");
    fixture_fini(&f);
}

static void a_store_that_keeps_nothing_fails(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    all_see(&f, 0);
    world_store(f.world, STORE_LOST, "the disk is full: make room");
    says(&f, GATE_FAIL, "the store is lost: the disk is full: make room");
    world_store(f.world, STORE_NONE, NULL);
    says(&f, GATE_FAIL, "nothing is remembered: there is no store");
    fixture_fini(&f);
}

static void a_source_that_nobody_looks_at_fails_and_one_that_is_down_does_not(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    all_see(&f, 0);
    advance(&f, 3 * EVERY_MS + TIMEOUT_MS); /* the end of its patience */
    says(&f, GATE_PASS, "5 sources are looked at, clocks agree within 0 ms, the store is kept");
    advance(&f, 1);
    for (unsigned i = 0; i < N_SOURCES; i++)
        if (i != PROD_HEALTH)
            bad(&f, i); /* an error is a look, too: its own gates know what it means */
    judge(&f);
    assert_int_equal(f.s->gates[G_FRESH].verdict, GATE_FAIL);
    assert_string_equal(f.s->gates[G_FRESH].reason,
                        "nobody has looked at production/health for 19 s");
    fixture_fini(&f);
}

static void a_clock_that_is_off_fails(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    all_see(&f, 5000);
    says(&f, GATE_PASS, "5 sources are looked at, clocks agree within 5 s, the store is kept");
    advance(&f, 1000);
    struct sample *sample = fixture_sample(&f, HEALTH, "2.0.0.20");
    sample->has_skew = true;
    sample->skew_ms = -5001;
    fold(&f, sample);
    says(&f, GATE_FAIL, "the clock of staging/health is 5 s behind ours, more than 5 s");
    advance(&f, 1000);
    all_see(&f, 90000);
    says(&f, GATE_FAIL,
         "the clock of production/stable feed is 1 m 30 s ahead of ours, more than 5 s "
         "(and 4 more)");
    fixture_fini(&f);
}

static void without_a_time_to_compare_with_it_is_unknown(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    all_well(&f, "2.0.0.19", "2.0.0.20");
    says(&f, GATE_UNKNOWN, "no answer carries a time to compare our clock with");
    fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_in_order_is_a_pass),
        cmocka_unit_test(a_store_that_keeps_nothing_fails),
        cmocka_unit_test(a_source_that_nobody_looks_at_fails_and_one_that_is_down_does_not),
        cmocka_unit_test(a_clock_that_is_off_fails),
        cmocka_unit_test(without_a_time_to_compare_with_it_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
