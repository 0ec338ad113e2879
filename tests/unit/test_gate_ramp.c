/* The gate ramp: where the servers' ramp stands, by the word of whoever turns it. */
#include "src/model/ramp_stage.h"

#include <stdlib.h>

#include "tests/unit/config_help.h"
#include "tests/unit/reading_fixture.h"

#define NOW "2026-01-01T00:00:00Z"

static struct phase_stage stages[4];

static void init(struct reading_fixture *f) {
    static char share[] = "/percent", since[] = "/since";
    static const char *const texts[] = {"1% 30m..1h", "25% 2h..4h", "50% 12h", "100% 1d"};
    const char *fault;
    reading_init(f, "ramp");
    for (size_t i = 0; i < 4; i++)
        assert_true(phase_stage_parse(texts[i], &stages[i], &fault));
    f->gate.stages = stages;
    f->gate.n_stages = 4;
    f->gate.ramp.share = share;
    f->gate.ramp.since = since;
}

static void saw(struct reading_fixture *f, const char *answer) {
    struct sample *sample = sample_new(0);
    sample->reading = READING_OK;
    sample->value = mem_copy_text(answer);
    reading_saw(f, sample);
}

static void each_stage_has_its_time(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        enum gate_verdict verdict;
        const char *reason;
    } rows[] = {
        {"{\"percent\":0,\"since\":\"2025-12-31T23:00:00Z\"}", GATE_WAIT,
         "0 %, the ramp begins at 1 %"},
        {"{\"percent\":0.5,\"since\":\"2025-12-31T23:00:00Z\"}", GATE_WAIT,
         "0.5 %, the ramp begins at 1 %"},
        {"{\"percent\":1,\"since\":\"2025-12-31T23:50:00Z\"}", GATE_WAIT,
         "1 % of the servers for 10 m of 30 m"},
        {"{\"percent\":1,\"since\":\"2025-12-31T23:30:00Z\"}", GATE_PASS,
         "1 % of the servers for 30 m, at least 30 m"},
        {"{\"percent\":1,\"since\":\"2025-12-31T22:59:00Z\"}", GATE_FAIL,
         "1 % of the servers for 1 h 1 m, at most 1 h"},
        {"{\"percent\":30,\"since\":\"2025-12-31T20:00:00+00:00\"}", GATE_PASS,
         "30 % of the servers for 4 h, at least 2 h"}, /* between two stages */
        {"{\"percent\":50,\"since\":\"2025-12-31T23:00:00-05:00\"}", GATE_UNKNOWN,
         "50 %, since a time that is still to come"},
        {"{\"percent\":50,\"since\":\"2026-01-01T00:00:59Z\"}", GATE_WAIT,
         "50 % of the servers for 0 ms of 12 h"}, /* a clock that is a little ahead */
        {"{\"percent\":100,\"since\":\"2025-12-30T00:00:00Z\"}", GATE_PASS,
         "100 % of the servers for 2 d, at least 1 d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading_fixture f;
        init(&f);
        saw(&f, rows[i].answer);
        reading_judge(&f, rows[i].verdict, rows[i].reason);
        reading_fini(&f);
    }
}

static void what_makes_no_sense_is_unknown(void **state) {
    (void)state;
    static const struct {
        const char *answer, *reason;
    } rows[] = {
        {"[]", "the answer has no /percent, a share from 0 to 100"},
        {"{}", "the answer has no /percent, a share from 0 to 100"},
        {"{\"percent\":\"25\",\"since\":\"" NOW "\"}",
         "the answer's /percent is no share from 0 to 100: a string"},
        {"{\"percent\":101,\"since\":\"" NOW "\"}",
         "the answer's /percent is no share from 0 to 100: the JSON number 101"},
        {"{\"percent\":-1,\"since\":\"" NOW "\"}",
         "the answer's /percent is no share from 0 to 100: the JSON number -1"},
        {"{\"percent\":25}", "the answer has no /since, a time with its zone"},
        {"{\"percent\":25,\"since\":1767225600}",
         "the answer's /since is no time with its zone: the JSON number 1767225600"},
        {"{\"percent\":25,\"since\":\"2026-01-01T00:00:00\"}",
         "the answer's /since is no time with its zone: a string"},
        {"", "the answer does not tell where the ramp stands"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading_fixture f;
        init(&f);
        saw(&f, rows[i].answer);
        reading_judge(&f, GATE_UNKNOWN, rows[i].reason);
        reading_fini(&f);
    }
    struct reading_fixture f;
    init(&f);
    saw(&f, "{\"percent\":100,\"since\":\"2025-12-30T00:00:00Z\"}");
    reading_fails_closed(&f);
    reading_fini(&f);
}

static void a_ramp_of_another_version_is_waited_for(void **state) {
    (void)state;
    static char version[] = "/version", target[] = "2.0.0.20";
    struct reading_fixture f;
    init(&f);
    f.gate.ramp.version = version;
    saw(&f, "{\"percent\":25,\"since\":\"2025-12-31T21:00:00Z\",\"version\":\"2.0.0.19\"}");
    gate_judge(f.s, 0, &f.view); /* of no target there is nothing to say */
    assert_int_equal(f.view.verdict, GATE_UNKNOWN);
    assert_int_equal(ramp_since_ms(f.s), 0);
    f.policy.target = target;
    snprintf(f.s->target, sizeof f.s->target, "%s", target);
    reading_judge(&f, GATE_WAIT, "the ramp is of 2.0.0.19, not of 2.0.0.20 yet");
    assert_int_equal(ramp_since_ms(f.s), 0);
    saw(&f, "{\"percent\":25,\"since\":\"2025-12-31T21:00:00Z\",\"version\":\"2.0.0.20\"}");
    reading_judge(&f, GATE_PASS, "25 % of the servers for 3 h, at least 2 h");
    assert_true(ramp_since_ms(f.s) == READING_NOW - 3 * 3600 * 1000); /* for guardrails */
    saw(&f, "{\"percent\":25,\"since\":\"2025-12-31T21:00:00Z\",\"version\":20}");
    reading_judge(&f, GATE_UNKNOWN, "the answer's /version is no version: the JSON number 20");
    reading_fini(&f);
}

static void it_is_configured_like_what_it_looks_at(void **state) {
    (void)state;
    static const char text[] =
        "product: A\nenvironments:\n  - {name: production, role: stable, url: "
        "\"https://a.example.net\"}\ngates:\n  - {name: servers, kind: ramp, url: "
        "\"https://a.example.net/rollout\", share: /weight, of_version: /v, stages: [\"1% 30m\", "
        "\"100% 1d\"], when: after}\n";
    struct policy *p = help_good(text);
    const struct gate_spec *g = &p->gates[0];
    assert_string_equal(g->ramp.share, "/weight");
    assert_string_equal(g->ramp.since, "/since");
    assert_string_equal(g->ramp.version, "/v");
    assert_int_equal(g->n_stages, 2);
    assert_string_equal(p->sources[g->sources[0]].kind, "http-json");
    assert_string_equal(p->sources[g->sources[0]].value_pointer, "");
    char *shown = help_printed(p), *twice;
    struct policy *again = help_good(shown);
    twice = help_printed(again);
    assert_string_equal(shown, twice);
    assert_non_null(strstr(shown, "of_version: /v"));
    free(shown);
    free(twice);
    policy_free(again);
    policy_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stage_has_its_time),
        cmocka_unit_test(what_makes_no_sense_is_unknown),
        cmocka_unit_test(a_ramp_of_another_version_is_waited_for),
        cmocka_unit_test(it_is_configured_like_what_it_looks_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
