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

static void no_key_means_two_things_in_a_view(void **state) {
    (void)state;
    for (size_t i = 0; keys_at(i); i++) {
        const struct key_row *row = keys_at(i);
        for (unsigned view = IN_BOARD; view <= IN_HELP; view <<= 1) {
            if (!(row->views & view))
                continue;
            for (size_t k = 0; k < 3 && row->codes[k]; k++)
                assert_int_equal(keys_find(TERM_KEY_TEXT, row->codes[k], view), row->request);
            for (size_t k = 0; k < 2 && row->functions[k]; k++)
                assert_int_equal(keys_find(TERM_KEY_CODE, (uint32_t)row->functions[k], view),
                                 row->request);
        }
    }
}

static void every_row_can_be_read_in_the_help(void **state) {
    (void)state;
    for (size_t i = 0; keys_at(i); i++) {
        const struct key_row *row = keys_at(i);
        assert_true(row->name && *row->name && row->help && *row->help);
        for (const char *p = keys_name(row, true); *p; p++)
            assert_true((unsigned char)*p < 0x80);
        assert_true(text_width(row->help) <= 60); /* beside the key, on 80 columns */
    }
}

static void every_view_has_help_and_quit(void **state) {
    (void)state;
    for (unsigned view = IN_BOARD; view <= IN_HELP; view <<= 1) {
        assert_int_equal(keys_find(TERM_KEY_TEXT, '?', view), REQ_HELP);
        assert_int_equal(keys_find(TERM_KEY_TEXT, 'q', view), REQ_QUIT);
        assert_int_equal(keys_find(TERM_KEY_TEXT, 27, view), REQ_BACK);
    }
    assert_int_equal(keys_find(TERM_KEY_TEXT, '/', IN_BOARD), REQ_NONE);
    assert_int_equal(keys_find(TERM_KEY_CODE, KEY_MOUSE, IN_BOARD), REQ_MOUSE);
    assert_int_equal(keys_find(TERM_KEY_TEXT, 0x1F600, IN_BOARD), REQ_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_means_two_things_in_a_view),
        cmocka_unit_test(every_row_can_be_read_in_the_help),
        cmocka_unit_test(every_view_has_help_and_quit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
