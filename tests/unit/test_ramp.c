#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "src/model/ramp.h"

static struct ramp_view out[RAMP_GUARDS];

static struct ramp_input good(void) {
    return (struct ramp_input){
        .value = {[RAMP_P95] = 900,
                  [RAMP_ERRORS] = 0.01,
                  [RAMP_GIVEN_UP] = 0.03,
                  [RAMP_BACKPRESSURE] = 0.01},
        .samples = {100, 100, 100, 100},
        .baseline = 0.02,
        .baseline_samples = 100,
        .min_samples = 50,
    };
}

static void judge(struct ramp_input in, enum slo_verdict p95, enum slo_verdict errors,
                  enum slo_verdict given_up, enum slo_verdict pressure) {
    ramp_judge(&in, out);
    assert_int_equal(out[RAMP_P95].verdict, p95);
    assert_int_equal(out[RAMP_ERRORS].verdict, errors);
    assert_int_equal(out[RAMP_GIVEN_UP].verdict, given_up);
    assert_int_equal(out[RAMP_BACKPRESSURE].verdict, pressure);
}

static void each_guard_holds_up_to_its_limit(void **state) {
    struct ramp_input in = good();
    (void)state;
    judge(in, SLO_PASS, SLO_PASS, SLO_PASS, SLO_PASS);
    assert_true(fabs(out[RAMP_GIVEN_UP].limit - 0.03) < 1e-12);
    assert_string_equal(out[RAMP_GIVEN_UP].reason,
                        "retries and aborts: 3 % ≤ 3 % (1.5 × the baseline's), 100 samples");
    in.value[RAMP_P95] = 1501;
    judge(in, SLO_FAIL, SLO_PASS, SLO_PASS, SLO_PASS);
    in = good();
    in.value[RAMP_ERRORS] = 0.101;
    judge(in, SLO_PASS, SLO_FAIL, SLO_PASS, SLO_PASS);
    in = good();
    in.value[RAMP_GIVEN_UP] = 0.031;
    judge(in, SLO_PASS, SLO_PASS, SLO_FAIL, SLO_PASS);
    in = good();
    in.value[RAMP_BACKPRESSURE] = 0.011;
    judge(in, SLO_PASS, SLO_PASS, SLO_PASS, SLO_FAIL);
}

static void what_is_near_its_limit_is_warned_of(void **state) {
    struct ramp_input in = good();
    (void)state;
    in.value[RAMP_P95] = 1001;
    in.value[RAMP_ERRORS] = 0.051;
    judge(in, SLO_PASS, SLO_PASS, SLO_PASS, SLO_PASS);
    assert_true(out[RAMP_P95].warned && out[RAMP_ERRORS].warned);
    assert_false(out[RAMP_GIVEN_UP].warned || out[RAMP_BACKPRESSURE].warned);
}

static void too_little_is_unknown_on_either_side(void **state) {
    struct ramp_input in = good();
    (void)state;
    for (int i = 0; i < RAMP_GUARDS; i++)
        in.samples[i] = 49;
    judge(in, SLO_UNKNOWN, SLO_UNKNOWN, SLO_UNKNOWN, SLO_UNKNOWN);
    in = good();
    in.baseline_samples = 49;
    judge(in, SLO_PASS, SLO_PASS, SLO_UNKNOWN, SLO_PASS);
    assert_non_null(strstr(out[RAMP_GIVEN_UP].reason, "no baseline is known"));
    in = good();
    in.value[RAMP_P95] = NAN;
    in.samples[RAMP_P95] = 0;
    judge(in, SLO_UNKNOWN, SLO_PASS, SLO_PASS, SLO_PASS);
    assert_non_null(strstr(out[RAMP_P95].reason, "no data at this stage"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guard_holds_up_to_its_limit),
        cmocka_unit_test(what_is_near_its_limit_is_warned_of),
        cmocka_unit_test(too_little_is_unknown_on_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
