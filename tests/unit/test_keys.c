#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <curses.h>

#include "src/base/text.h"
#include "ui/keys.h"

static struct keys *keys;

static int start(void **state) {
    static struct action_spec actions[] = {
        {.name = "promote", .key = 'p'}, {.name = "kill", .key = 'k'}, {.name = "park"}};
    static const struct policy policy = {.actions = actions, .n_actions = 3};
    (void)state;
    keys = keys_new(&policy);
    return 0;
}

static int stop(void **state) {
    (void)state;
    keys_free(keys);
    return 0;
}

static void no_key_means_two_things_in_a_view(void **state) {
    (void)state;
    for (size_t i = 0; keys_at(keys, i); i++) {
        const struct key_row *row = keys_at(keys, i);
        for (unsigned view = IN_BOARD; view <= IN_HELP; view <<= 1) {
            if (!(row->views & view))
                continue;
            for (size_t k = 0; k < 3 && row->codes[k]; k++)
                if (row->codes[k] != 'k' || !(view & IN_ACTING)) /* the kill switch's there */
                    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, row->codes[k], view),
                                     row->request);
            for (size_t k = 0; k < 2 && row->functions[k]; k++)
                assert_int_equal(keys_find(keys, TERM_KEY_CODE, (uint32_t)row->functions[k], view),
                                 row->request);
        }
    }
}

static void every_row_can_be_read_in_the_help(void **state) {
    (void)state;
    for (size_t i = 0; keys_at(keys, i); i++) {
        const struct key_row *row = keys_at(keys, i);
        assert_true(row->name && *row->name && row->help && *row->help);
        for (const char *p = keys_name(row, true); *p; p++)
            assert_true((unsigned char)*p < 0x80);
        assert_true(text_width(row->help) <= 60); /* beside the key, on 80 columns */
    }
}

static void every_view_has_help_and_quit(void **state) {
    (void)state;
    for (unsigned view = IN_BOARD; view <= IN_HELP; view <<= 1) {
        assert_int_equal(keys_find(keys, TERM_KEY_TEXT, '?', view), REQ_HELP);
        assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'q', view), REQ_QUIT);
        assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 27, view), REQ_BACK);
    }
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, '/', IN_BOARD), REQ_NONE);
    assert_int_equal(keys_find(keys, TERM_KEY_CODE, KEY_MOUSE, IN_BOARD), REQ_MOUSE);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 0x1F600, IN_BOARD), REQ_NONE);
}

static void an_action_has_its_key_where_people_act(void **state) {
    (void)state;
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'p', IN_BOARD), REQ_ACTION);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'k', IN_BOARD), REQ_ACTION + 1);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'k', IN_ROLLOUT), REQ_ACTION + 1);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'p', IN_RUNS),
                     REQ_ACTION); /* which no other has */
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'k', IN_RUNS), REQ_UP);
    assert_int_equal(keys_find(keys, TERM_KEY_CODE, KEY_UP, IN_BOARD), REQ_UP);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'k', IN_SOURCES), REQ_UP);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 'p', IN_SOURCES), REQ_NONE);
    assert_int_equal(keys_find(keys, TERM_KEY_TEXT, 0, IN_BOARD), REQ_NONE);
    assert_string_equal(keys_at(keys, 1)->help, "open the plan: kill (elsewhere k: up)");
    assert_string_equal(keys_name(keys_at(keys, 2), false), ":park");
}

static void a_command_is_found_by_its_beginning(void **state) {
    (void)state;
    assert_int_equal(keys_named(keys, IN_BOARD, "th")->request, REQ_THEME);
    assert_int_equal(keys_named(keys, IN_SOURCES, "promote")->request, REQ_ACTION);
    assert_int_equal(keys_named(keys, IN_SOURCES, "par")->request, REQ_ACTION + 2);
    assert_int_equal(keys_named(keys, IN_SOURCES, "sort")->request, REQ_SORT_RIGHT);
    assert_null(keys_named(keys, IN_BOARD, "sort"));
    assert_null(keys_named(keys, IN_BOARD, "p"));
    assert_null(keys_named(keys, IN_BOARD, ""));
    assert_non_null(keys_command(keys, IN_BOARD, "p", 1));
    assert_null(keys_command(keys, IN_BOARD, "xyz", 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_means_two_things_in_a_view),
        cmocka_unit_test(every_row_can_be_read_in_the_help),
        cmocka_unit_test(every_view_has_help_and_quit),
        cmocka_unit_test(an_action_has_its_key_where_people_act),
        cmocka_unit_test(a_command_is_found_by_its_beginning),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
