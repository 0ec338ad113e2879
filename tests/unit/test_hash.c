#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "src/base/hash.h"

/* The vectors of FIPS 180-2, appendix B. */
static void the_published_vectors_hold(void **state) {
    (void)state;
    char hex[HASH_HEX_CAP];
    hash_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_of("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct hash *h = hash_new();
    char thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    for (int i = 0; i < 1000; i++)
        hash_add(h, thousand, sizeof thousand);
    hash_hex(h, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    /* And it starts anew. */
    hash_add(h, "abc", 3);
    hash_hex(h, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_published_vectors_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
