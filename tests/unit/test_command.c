/* The gate command: what a way to end means. */
#include "tests/unit/reading_fixture.h"

static struct sample *ended(int exit_code, int lasted_ms, const char *line) {
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    sample->exit_code = exit_code;
    sample->latency_ms = lasted_ms;
    snprintf(sample->status, sizeof sample->status, "%s", line);
    return sample;
}

static void the_exit_status_is_the_answer(void **state) {
    (void)state;
    struct reading_fixture f;
    reading_init(&f, "command");
    reading_saw(&f, ended(0, 12000, ""));
    reading_judge(&f, GATE_PASS, "exit 0 after 12 s");
    reading_saw(&f, ended(0, 12000, "214 tests passed"));
    reading_judge(&f, GATE_PASS, "exit 0 after 12 s: 214 tests passed");
    reading_saw(&f, ended(1, 840, "3 of 214 failed"));
    reading_judge(&f, GATE_FAIL, "exit 1 after 840 ms: 3 of 214 failed");
    reading_saw(&f, ended(3, 90000, "the queue is not empty"));
    reading_judge(&f, GATE_WAIT, "exit 3 after 1 m 30 s: the queue is not empty");
    reading_fini(&f);
}

/* The worker makes errors of these; should one come through, it is not known all the same. */
static void any_other_status_is_unknown(void **state) {
    (void)state;
    static const int others[] = {2, 4, 126, 127, 255, SAMPLE_UNKNOWN};
    struct reading_fixture f;
    reading_init(&f, "command");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        reading_saw(&f, ended(others[i], 10, ""));
        gate_judge(f.s, 0, &f.view);
        assert_int_equal(f.view.verdict, GATE_UNKNOWN);
    }
    reading_fails_closed(&f);
    reading_fini(&f);
}

static void a_run_for_the_target_before_does_not_count(void **state) {
    (void)state;
    struct reading_fixture f;
    reading_init(&f, "command");
    snprintf(f.s->target, sizeof f.s->target, "2.0.0.21");
    reading_saw(&f, ended(0, 5000, "")); /* began at 995000 */
    f.s->candidate_moved_ms = 995000;
    reading_judge(&f, GATE_PASS, "exit 0 after 5 s");
    f.s->candidate_moved_ms = 995001;
    reading_judge(&f, GATE_WAIT,
                  "it ran before the candidate 2.0.0.21 was this one: it is run again");
    reading_saw(&f, ended(1, 5000, "")); /* its failure says as little */
    reading_judge(&f, GATE_WAIT,
                  "it ran before the candidate 2.0.0.21 was this one: it is run again");
    reading_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_is_the_answer),
        cmocka_unit_test(any_other_status_is_unknown),
        cmocka_unit_test(a_run_for_the_target_before_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
