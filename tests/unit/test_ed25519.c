/* Ed25519: the vectors of RFC 8032, section 7.1; the answers of OpenSSL to the same questions; what must
 * never be accepted; and keys as people write them. */
#include "src/base/ed25519.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sodium.h>

enum { MESSAGE = 300 };

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
    /* the SHA-512 of "abc" */
    {"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0303dca179c138ac17ad9bef1177331a704"},
};
enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static void the_vectors_of_the_rfc_hold(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
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

/* ---- beside OpenSSL ---- */

static bool openssl_says(const unsigned char *key, const unsigned char *signature,
                         const unsigned char *message, size_t n) {
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_non_null(pkey);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey), 1);
    bool good = EVP_DigestVerify(context, signature, ED25519_SIGNATURE, message, n) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return good;
}

/* A new key, and OpenSSL's signature with it. */
static void sign(unsigned char *key, unsigned char *signature, const unsigned char *message,
                 size_t n) {
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t key_len = ED25519_KEY, signature_len = ED25519_SIGNATURE;
    assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, key, &key_len), 1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, pkey), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &signature_len, message, n), 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}

static void openssl_agrees_on_signatures_and_on_each_broken_bit(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE], message[MESSAGE];
    for (size_t round = 0; round < 40; round++) {
        size_t n = round * 7;
        randombytes_buf(message, sizeof message);
        sign(key, signature, message, n);
        assert_true(ed25519_verify(key, signature, message, n));
        assert_false(ed25519_verify(key, signature, message, n + 1));
        for (size_t k = 0; k < 24; k++) {
            unsigned char *places[] = {key, signature, message};
            size_t sizes[] = {sizeof key, sizeof signature, n};
            size_t which = k % 3, size = sizes[which];
            if (size == 0)
                continue;
            uint32_t bit = randombytes_uniform((uint32_t)size * 8);
            places[which][bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_int_equal(ed25519_verify(key, signature, message, n),
                             openssl_says(key, signature, message, n));
            places[which][bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}

static void bytes_may_come_in_any_pieces(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE], message[MESSAGE];
    randombytes_buf(message, sizeof message);
    sign(key, signature, message, sizeof message);
    for (size_t piece = 1; piece <= MESSAGE; piece += 13) {
        struct ed25519_check *check = ed25519_check_new(key, signature);
        for (size_t at = 0; at < MESSAGE; at += piece)
            ed25519_check_add(check, message + at, MESSAGE - at < piece ? MESSAGE - at : piece);
        assert_true(ed25519_check_holds(check));
        assert_false(ed25519_check_holds(check)); /* it can be asked once */
        ed25519_check_free(check);
    }
    ed25519_check_free(NULL);
}

/* ---- what must never hold ---- */

/* The order of the group, 2^252 + 27742317777372353535851937790883648493. */
static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                        0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};

static void a_signature_is_written_in_one_way_only(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE], message[] = "the same message";
    sign(key, signature, message, sizeof message);
    /* S + L, S + 2L … verify for whoever forgets to look */
    for (int times = 1; times <= 15; times++) {
        unsigned carry = 0;
        for (size_t i = 0; i < 32; i++) {
            carry += (unsigned)signature[32 + i] + order[i];
            signature[32 + i] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry > 0)
            break;
        assert_false(ed25519_verify(key, signature, message, sizeof message));
        assert_false(openssl_says(key, signature, message, sizeof message));
    }
    memcpy(signature + 32, order, sizeof order);
    assert_false(ed25519_verify(key, signature, message, sizeof message));
    memset(signature, 0, sizeof signature);
    assert_false(ed25519_verify(key, signature, message, sizeof message));
    memset(signature, 0xff, sizeof signature);
    assert_false(ed25519_verify(key, signature, message, sizeof message));
}

/* Points whose multiples are few: with such a key one signature can hold over any message. */
static const char *const small_order[] = {
    "0100000000000000000000000000000000000000000000000000000000000000", /* the neutral one */
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* of order 2 */
    "0000000000000000000000000000000000000000000000000000000000000000", /* of order 4 */
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* of order 8 */
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    /* the same, not reduced */
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void keys_that_fit_any_message_fit_none(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE], s[32] = {9};
    size_t forged = 0;
    for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        assert_int_equal(unhex(small_order[i], key), sizeof key);
        /* R = S·B: it holds for whoever takes h·A for nothing, one message in a few */
        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(signature, s), 0);
        memcpy(signature + 32, s, sizeof s);
        for (unsigned char message = 0; message < 64; message++) {
            forged += openssl_says(key, signature, &message, 1) ? 1 : 0;
            assert_false(ed25519_verify(key, signature, &message, 1));
        }
    }
    assert_true(forged > 0); /* so it is not for nothing that they are refused */
}

static void a_key_beside_the_main_subgroup_is_refused(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY], odd[ED25519_KEY], mixed[ED25519_KEY];
    unsigned char signature[ED25519_SIGNATURE];
    for (size_t i = 4; i < 8; i++) {
        unhex(small_order[i], odd);
        for (unsigned char message = 0; message < 32; message++) {
            sign(key, signature, &message, 1);
            assert_int_equal(crypto_core_ed25519_add(mixed, key, odd), 0);
            assert_false(ed25519_verify(mixed, signature, &message, 1));
            assert_true(ed25519_verify(key, signature, &message, 1));
        }
    }
}

static void what_is_no_point_is_no_key(void **state) {
    (void)state;
    unsigned char key[ED25519_KEY] = {2}, signature[ED25519_SIGNATURE];
    unhex(vectors[0].signature, signature);
    assert_false(ed25519_verify(key, signature, "", 0)); /* y = 2 is on no curve point */
    memset(key, 0xff, sizeof key);
    assert_false(ed25519_verify(key, signature, "", 0));
}

/* ---- keys ---- */

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

/* ---- signing ---- */

static void signatures_are_those_of_the_rfc(void **state) {
    (void)state;
    static const struct {
        const char *private_key, *key, *message, *signature;
    } rows[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "cf9"
         "b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0f1"
         "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char private_key[ED25519_KEY], key[ED25519_KEY], want_key[ED25519_KEY];
        unsigned char message[8], signature[ED25519_SIGNATURE], want[ED25519_SIGNATURE];
        assert_int_equal(unhex(rows[i].private_key, private_key), sizeof private_key);
        assert_int_equal(unhex(rows[i].key, want_key), sizeof want_key);
        assert_int_equal(unhex(rows[i].signature, want), sizeof want);
        size_t n = unhex(rows[i].message, message);
        assert_true(ed25519_public(private_key, key));
        assert_memory_equal(key, want_key, sizeof key);
        assert_true(ed25519_sign(private_key, message, n, signature));
        assert_memory_equal(signature, want, sizeof want);
    }
}

/* The example of RFC 8410, section 10.3, whose 32 bytes are those of its base64 below. */
static void private_keys_are_read_as_people_have_them(void **state) {
    (void)state;
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                              "-----END PRIVATE KEY-----\n";
    static const char plain[] = "1O5y2/kTWErVttjx92n4rTr+fCjL8dT74Jeoj0R1WEI=";
    unsigned char a[ED25519_KEY], b[ED25519_KEY];
    struct err err = ERR_INIT;
    assert_int_equal(ed25519_read_private(pem, "key", a, &err), ERR_OK);
    assert_int_equal(ed25519_read_private(plain, "key", b, &err), ERR_OK);
    assert_memory_equal(a, b, sizeof a);
    static const char public_key[] =
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n";
    static const char *const bad[] = {
        "",
        "aGVsbG8=",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        public_key,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (struct err)ERR_INIT;
        assert_int_equal(ed25519_read_private(bad[i], "key", a, &err), ERR_PARSE);
        assert_null(strstr(err.what, bad[i][0] ? bad[i] : "\n")); /* never shown */
    }
}

static void a_new_key_is_a_new_key(void **state) {
    (void)state;
    unsigned char a[ED25519_KEY], b[ED25519_KEY], key[ED25519_KEY], signature[ED25519_SIGNATURE];
    struct err err = ERR_INIT;
    assert_int_equal(ed25519_generate(a, &err), ERR_OK);
    assert_int_equal(ed25519_generate(b, &err), ERR_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(ed25519_public(a, key));
    assert_true(ed25519_sign(a, "go", 2, signature));
    assert_true(ed25519_verify(key, signature, "go", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(openssl_agrees_on_signatures_and_on_each_broken_bit),
        cmocka_unit_test(bytes_may_come_in_any_pieces),
        cmocka_unit_test(a_signature_is_written_in_one_way_only),
        cmocka_unit_test(keys_that_fit_any_message_fit_none),
        cmocka_unit_test(a_key_beside_the_main_subgroup_is_refused),
        cmocka_unit_test(what_is_no_point_is_no_key),
        cmocka_unit_test(keys_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(signatures_are_those_of_the_rfc),
        cmocka_unit_test(private_keys_are_read_as_people_have_them),
        cmocka_unit_test(a_new_key_is_a_new_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
