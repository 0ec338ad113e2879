/* Actions in the configuration: what is taken over, and every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "tests/unit/config_help.h"
#include "ui/keys.h"

#define TOP      "product: A\n" ENVIRONMENT GATE
#define STEPS(x) TOP "actions:\n  - name: go\n    steps:\n      - {name: s, " x "}\n"

static void an_action_is_taken_over(void **state) {
    (void)state;
    setenv("GONOGO_TEST_TOKEN", "hush-hush", 1);
    struct policy *p = help_good(
        "product: A\nenvironments:\n"
        "  - {name: prod, role: stable, url: https://a.example.net, protected: true}\n" GATE
        "actions:\n"
        "  - name: promote\n    key: p\n    confirm: version\n    requires: go\n    approvals: 2\n"
        "    steps:\n"
        "      - {name: copy, run: [cp, \"{target}\", \"\"], timeout: 5m, env: [TOKEN, \"LC_*\"],\n"
        "         cwd: sub, undo: [rm, \"{target}\"]}\n"
        "      - name: tell\n"
        "        http: {url: \"{environment.url}/x\", headers: {Authorization: "
        "env:GONOGO_TEST_TOKEN},\n"
        "               body: '{\"v\": \"{target}\"}', status: 204}\n"
        "      - {name: agree, expect: [agree], within: 3m}\n"
        "      - {name: rest, wait: 30s}\n"
        "      - {name: look, ask: \"Is {target} well?\"}\n"
        "  - name: kill\n    key: k\n    requires: any\n    steps: [{name: s, run: [\"true\"]}]\n");
    assert_int_equal(p->n_actions, 2);
    const struct action_spec *a = &p->actions[0];
    assert_string_equal(a->name, "promote");
    assert_int_equal(a->key, 'p');
    assert_int_equal(a->confirm, CONFIRM_VERSION);
    assert_int_equal(a->requires, REQUIRES_GO);
    assert_int_equal(a->approvals, 2);
    assert_int_equal(a->environment, 0);
    assert_int_equal(a->goal_ms, 0);
    assert_true(policy_protects(p, a));
    assert_int_equal(a->n_steps, 5);
    const struct step_spec *s = a->steps;
    assert_int_equal(s[0].kind, STEP_RUN);
    assert_string_equal(s[0].argv[1], "{target}");
    assert_string_equal(s[0].argv[2], "");
    assert_null(s[0].argv[3]);
    assert_int_equal(s[0].timeout_ms, 300000);
    assert_string_equal(s[0].env[1], "LC_*");
    assert_non_null(strstr(s[0].cwd, "/sub"));
    assert_string_equal(s[0].undo[0], "rm");
    assert_int_equal(s[1].kind, STEP_HTTP);
    assert_string_equal(s[1].method, "POST");
    assert_true(s[1].headers[0].secret);
    assert_string_equal(s[1].headers[0].value, "hush-hush");
    assert_int_equal(s[1].expect_status, 204);
    assert_int_equal(s[2].kind, STEP_EXPECT);
    assert_int_equal(s[2].n_expect, 1);
    assert_int_equal(s[2].timeout_ms, 180000);
    assert_int_equal(s[3].kind, STEP_WAIT);
    assert_int_equal(s[3].timeout_ms, 30000);
    assert_int_equal(s[4].kind, STEP_ASK);
    assert_int_equal(p->actions[1].goal_ms, 30 * 60000);
    assert_int_equal(p->actions[1].confirm, CONFIRM_WORD);
    assert_int_equal(policy_find_action(p, "kill"), 1);
    assert_int_equal(policy_find_action(p, "Kill"), -1);

    char *printed = help_printed(p);
    assert_null(strstr(printed, "hush-hush"));
    assert_non_null(strstr(printed, "actions:"));
    assert_non_null(strstr(printed, "Authorization: \"***\""));
    /* What is in force reads back, but for what is masked. */
    memcpy(strstr(printed, "Authorization"), "X-Environment", 13);
    struct policy *again = help_good(printed);
    assert_int_equal(again->n_actions, 2);
    assert_string_equal(again->actions[0].steps[1].body, "{\"v\": \"{target}\"}");
    policy_free(again);
    free(printed);
    policy_free(p);
}

static void a_step_is_exactly_one_thing(void **state) {
    (void)state;
    help_bad(STEPS("timeout: 5s"),
             "9:9: actions[0].steps[0]: the step does nothing: write one of run, "
             "http, expect, wait and ask");
    help_bad(STEPS("run: [a], wait: 5s"),
             "9:9: actions[0].steps[0]: run and wait in one step: make two steps of it");
    help_bad(STEPS("wait: 5s, timeout: 5s"),
             "9:29: actions[0].steps[0].timeout: does nothing in a step with wait: take it out");
    help_bad(STEPS("expect: [agree], undo: [a]"),
             "9:36: actions[0].steps[0].undo: does nothing in a step with expect: take it out");
    help_bad(STEPS("expect: [agre]"),
             "9:28: actions[0].steps[0].expect[0]: \"agre\" names no gate: "
             "did you mean \"agree\"?");
    help_bad(STEPS("run: [\"\", a]"),
             "9:25: actions[0].steps[0].run[0]: the program has no name: write the program first");
    help_bad(
        STEPS("run: [a], env: [A=b]"),
        "9:35: actions[0].steps[0].env[0]: \"A=b\" is no name of an environment variable: write "
        "its name alone, like GITHUB_TOKEN: the value comes from gonogo's own environment");
    help_bad(
        STEPS("http: {url: \"ftp://a.example.net\"}"),
        "9:26: actions[0].steps[0].http.url: is no URL of a server: begin with https://, or with "
        "{environment.url}");
    help_bad(STEPS("http: {url: \"https://a.example.net\", headers: {Authorization: abc}}"),
             "9:66: actions[0].steps[0].http.headers.Authorization: a secret stands in the "
             "configuration: write env:NAME or file:PATH, and change the secret if it was shared");
}

static void placeholders_are_known_or_an_error(void **state) {
    (void)state;
    help_bad(STEPS("run: [a, \"x={targt}\"]"),
             "9:28: actions[0].steps[0].run[1]: there is no placeholder \"targt\": did you mean "
             "\"target\"?; {{ is a brace");
    help_bad(STEPS("run: [a], undo: [\"{artifact.md5}\"]"),
             "9:36: actions[0].steps[0].undo[0]: there is no placeholder \"artifact.md5\": did you "
             "mean \"artifact.url\"?; {{ is a brace");
    policy_free(
        help_good(STEPS("run: [a, \"{}\", \"${HOME}\", \"{{print}\", \"{\\\"a\\\": 1}\"]")));
}

static void keys_and_confirmations_are_checked(void **state) {
    (void)state;
    static const char steps[] = "    steps: [{name: s, run: [a]}]\n";
    char *text = mem_format(TOP "actions:\n  - name: a\n    key: q\n%s", steps);
    help_bad(text,
             "8:5: actions[0].key: \"q\" is a key of the screens (see ? there): choose another "
             "letter, for example p or k");
    free(text);
    text = mem_format(TOP "actions:\n  - name: a\n    key: pp\n%s", steps);
    help_bad(text, "8:5: actions[0].key: \"pp\" is no key: write one letter");
    free(text);
    text = mem_format(TOP "actions:\n  - name: a\n    key: p\n%s  - name: b\n    key: p\n%s", steps,
                      steps);
    help_bad(text, "11:5: actions[1].key: \"p\" opens the action a already: choose another letter");
    free(text);
    text = mem_format(TOP "actions:\n  - name: a\n    environment: b\n%s", steps);
    help_bad(text, "8:5: actions[0].environment: \"b\" names no environment: did you mean \"a\"?");
    free(text);
    text = mem_format("product: A\nenvironments:\n  - {name: a, role: stable, url: "
                      "https://a.example.net, protected: true}\n" GATE
                      "actions:\n  - name: a\n    confirm: none\n%s",
                      steps);
    help_bad(text, "8:5: actions[0].confirm: a is protected: nothing is started there by one key: "
                   "write confirm: version or word");
    free(text);
    text = mem_format(TOP "actions:\n  - name: a\n%s  - name: a\n%s", steps, steps);
    struct err err = ERR_INIT;
    assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
    free(text);
}

/* What the screens use themselves is refused, but for k, which the arrow does too. */
static void no_action_takes_a_key_of_the_screens(void **state) {
    (void)state;
    static const struct policy none;
    struct keys *keys = keys_new(&none);
    const struct key_row *row;
    for (size_t i = 0; (row = keys_at(keys, i)); i++)
        for (size_t k = 0; k < 3 && row->codes[k]; k++) {
            if (row->codes[k] <= ' ' || row->codes[k] > '~' || row->codes[k] == 'k')
                continue;
            char *text =
                mem_format(TOP "actions:\n  - name: a\n    key: \"%c\"\n    steps: [{name: s, "
                               "run: [a]}]\n",
                           (int)row->codes[k]);
            struct err err = ERR_INIT;
            struct policy *p = config_parse(text, strlen(text), "g.yaml", &help_kinds, &err);
            if (p)
                fail_msg("key %c is free", (int)row->codes[k]);
            free(text);
        }
    keys_free(keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_is_taken_over),
        cmocka_unit_test(a_step_is_exactly_one_thing),
        cmocka_unit_test(placeholders_are_known_or_an_error),
        cmocka_unit_test(keys_and_confirmations_are_checked),
        cmocka_unit_test(no_action_takes_a_key_of_the_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
