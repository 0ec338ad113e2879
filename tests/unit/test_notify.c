/* The section `notify`: what is taken over, what is refused, and what is never shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/model/notice.h"
#include "tests/unit/config_help.h"

#define TOP "product: A\n" ENVIRONMENT GATE

static void targets_are_taken_over_and_webhooks_stay_secret(void **state) {
    (void)state;
    setenv("GONOGO_TEST_HOOK", "https://hooks.example.net/services/hush", 1);
    struct policy *p = help_good(TOP "notify:\n"
                                     "  - {name: channel, webhook: env:GONOGO_TEST_HOOK}\n"
                                     "  - {name: desk, on: [run, burn], command: [notify-send,"
                                     " \"{title}\"], bell: true}\n");
    assert_int_equal(p->n_notify, 2);
    assert_string_equal(p->notify[0].webhook, "https://hooks.example.net/services/hush");
    assert_int_equal(p->notify[0].on, NOTICE_ALL);
    assert_false(p->notify[0].bell);
    assert_null(p->notify[0].command);
    assert_int_equal(p->notify[1].on, NOTICE_RUN | NOTICE_BURN);
    assert_string_equal(p->notify[1].command[1], "{title}");
    assert_null(p->notify[1].command[2]);
    assert_true(p->notify[1].bell);
    char *shown = help_printed(p);
    assert_null(strstr(shown, "hush"));
    assert_non_null(strstr(shown, "env:GONOGO_TEST_HOOK"));
    struct policy *again = help_good(shown);
    assert_int_equal(again->n_notify, 2);
    assert_int_equal(again->notify[1].on, NOTICE_RUN | NOTICE_BURN);
    policy_free(again);
    free(shown);
    policy_free(p);
}

static void what_tells_nobody_or_of_nothing_is_refused(void **state) {
    (void)state;
    help_bad(TOP "notify:\n  - {name: x}\n",
             "7:5: notify[0]: tells nobody: add webhook:, command: or bell: true");
    help_bad(TOP "notify:\n  - {name: x, bell: true, on: [verdicts]}\n",
             "7:32: notify[0].on[0]: nobody is told of \"verdicts\": did you mean \"verdict\"?");
    setenv("GONOGO_TEST_HOOK", "http://hooks.example.net/x", 1);
    help_bad(TOP "notify:\n  - {name: x, webhook: env:GONOGO_TEST_HOOK}\n",
             "7:15: notify[0].webhook: holds no https URL: give one that begins with https://");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_taken_over_and_webhooks_stay_secret),
        cmocka_unit_test(what_tells_nobody_or_of_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
