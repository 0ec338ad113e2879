/* Ed25519: the vectors of RFC 8032, section 7.1, and keys as people write them. */
#include "src/base/ed25519.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t unhex(const char *hex, unsigned char *dst) {
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        dst[i] = (unsigned char)value;
    }
    return n;
}

static const struct {
    const char *key, *message, *signature;
} vectors[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46bd"
     "25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c3"
     "87b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6594"
     "a7c15e9716ed28dc027beceea1ec40a"},
};

static void the_vectors_of_the_rfc_hold(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        unsigned char key[ED25519_KEY], message[64] = {0}, signature[ED25519_SIGNATURE];
        assert_int_equal(unhex(vectors[i].key, key), sizeof key);
        size_t n = unhex(vectors[i].message, message);
        assert_int_equal(unhex(vectors[i].signature, signature), sizeof signature);
        assert_true(ed25519_verify(key, signature, message, n));
        /* one bit of anything is enough */
        message[0] ^= 1;
        assert_false(ed25519_verify(key, signature, message, n > 0 ? n : 1));
        message[0] ^= 1;
        for (size_t at = 0; at < sizeof signature; at += 9) {
            signature[at] ^= 0x10;
            assert_false(ed25519_verify(key, signature, message, n));
            signature[at] ^= 0x10;
        }
        key[5] ^= 1;
        assert_false(ed25519_verify(key, signature, message, n));
    }
}

static void keys_are_read_as_people_write_them(void **state) {
    (void)state;
    static const char base64[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                              "-----END PUBLIC KEY-----\n";
    unsigned char want[ED25519_KEY], key[ED25519_KEY];
    unhex(vectors[0].key, want);
    assert_int_equal(ed25519_read_key(base64, "key", key, NULL), ERR_OK);
    assert_memory_equal(key, want, sizeof key);
    memset(key, 0, sizeof key);
    assert_int_equal(
        ed25519_read_key(" 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n", "key", key, NULL),
        ERR_OK);
    assert_memory_equal(key, want, sizeof key);
    memset(key, 0, sizeof key);
    assert_int_equal(ed25519_read_key(pem, "key", key, NULL), ERR_OK);
    assert_memory_equal(key, want, sizeof key);
}

static void what_is_no_key_is_refused(void **state) {
    (void)state;
    static const char x25519[] = /* another curve's */
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        "-----END PUBLIC KEY-----\n";
    static const char *const bad[] = {
        "",
        "no key",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", /* 31 bytes */
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        x25519,
    };
    unsigned char key[ED25519_KEY];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(ed25519_read_key(bad[i], "--public-key", key, &err), ERR_PARSE);
        assert_string_equal(err.where, "--public-key");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(keys_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
