/* Base64 as RFC 4648 has it, and nothing that only looks like it. */
#include "src/base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_vectors_of_the_rfc_hold(void **state) {
    (void)state;
    static const char *const vectors[][2] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xfb\xff\xbf"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        unsigned char out[8];
        size_t n = strlen(vectors[i][1]);
        assert_int_equal(base64_decode(vectors[i][0], out, sizeof out), n);
        assert_memory_equal(out, vectors[i][1], n);
        assert_int_equal(base64_decode(vectors[i][0], NULL, 0), n);
        char text[BASE64_CAP(sizeof out)];
        base64_encode((const unsigned char *)vectors[i][1], n, text);
        assert_string_equal(text, vectors[i][0]);
    }
}

static void anything_else_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "Z",    "Zg",   "Zg=",      "Zg== ", " Zg==", "Zm9v\n", "=",
        "====", "Z===", "Zg==Zg==", "Zm9-",  "Zm_v",  "Z=g=",   "Zm\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (base64_decode(bad[i], NULL, 0) != BASE64_BAD)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void no_more_is_written_than_fits(void **state) {
    (void)state;
    unsigned char out[3] = {0, 0, 0x55};
    assert_int_equal(base64_decode("Zm9vYmFy", out, 2), 6);
    assert_int_equal(out[1], 'o');
    assert_int_equal(out[2], 0x55);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(no_more_is_written_than_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
