#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/base/buf.h"

static void content_is_always_terminated(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_null(b.data);
    assert_true(buf_add(&b, "", 0));
    assert_string_equal(b.data, "");
    for (int i = 0; i < 1000; i++) {
        assert_true(buf_addf(&b, "%d,", i));
        assert_int_equal(strlen(b.data), b.len);
    }
    buf_clear(&b);
    assert_string_equal(b.data, "");
    assert_true(buf_add_text(&b, "again"));
    assert_string_equal(b.data, "again");
    buf_fini(&b);
    buf_fini(&b);
}

static void the_cap_is_reached_and_never_passed(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_true(buf_add_text(&b, "12345678"));
    assert_false(buf_add_text(&b, "9ab"));
    assert_false(buf_addf(&b, "%d", 999));
    assert_string_equal(b.data, "12345678"); /* nothing was added */
    assert_true(buf_addf(&b, "%d", 99));
    assert_int_equal(b.len, 10);
    assert_false(buf_add(&b, "x", 1));
    assert_false(buf_add(&b, "x", SIZE_MAX));
    assert_true(buf_add(&b, "x", 0));
    assert_true(b.size <= 11);
    buf_fini(&b);
}

static void stealing_leaves_an_empty_buf_with_its_cap(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    char *nothing = buf_steal(&b);
    assert_string_equal(nothing, "");
    assert_true(buf_add(&b, "a\0b", 3));
    char *bytes = buf_steal(&b);
    assert_memory_equal(bytes, "a\0b", 4);
    assert_int_equal(b.len, 0);
    assert_null(b.data);
    assert_false(buf_add_text(&b, "12345"));
    free(nothing);
    free(bytes);
    buf_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_always_terminated),
        cmocka_unit_test(the_cap_is_reached_and_never_passed),
        cmocka_unit_test(stealing_leaves_an_empty_buf_with_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
