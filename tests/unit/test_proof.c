/* What is proven of bytes that pass: the same whatever pieces they come in, with a thread and without. */
#include "src/base/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "src/base/mem.h"

enum { LARGE = 5 << 20 };

struct signer {
    EVP_PKEY *pkey;
    unsigned char key[ED25519_KEY];
};

static void signer_init(struct signer *s) {
    size_t n = sizeof s->key;
    s->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_int_equal(EVP_PKEY_get_raw_public_key(s->pkey, s->key, &n), 1);
}

static void sign(const struct signer *s, const unsigned char *bytes, size_t n,
                 unsigned char signature[ED25519_SIGNATURE]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = ED25519_SIGNATURE;
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, s->pkey), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &len, bytes, n), 1);
    EVP_MD_CTX_free(context);
}

static unsigned char *bytes_of(size_t n) {
    unsigned char *bytes = mem_alloc(n + 1);
    for (size_t i = 0; i <= n; i++)
        bytes[i] = (unsigned char)(i * 31 + (i >> 8) + (i >> 16));
    return bytes;
}

static void all_is_proven_in_one_pass(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 1000, 256 << 10, (256 << 10) + 1, LARGE};
    static const size_t pieces[] = {1 << 12, 100000, 512 << 10, LARGE};
    struct signer one, other;
    signer_init(&one);
    signer_init(&other);
    unsigned char *bytes = bytes_of(LARGE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char first[ED25519_SIGNATURE], second[ED25519_SIGNATURE];
        char hex[HASH_HEX_CAP];
        sign(&one, bytes, sizes[i], first);
        sign(&other, bytes, sizes[i], second);
        hash_of(bytes, sizes[i], hex);
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            struct proof *p = proof_new();
            proof_want_sha256(p);
            assert_int_equal(proof_want_signature(p, one.key, first), 0);
            assert_int_equal(proof_want_signature(p, k % 2 ? one.key : other.key, second), 1);
            for (size_t at = 0; at < sizes[i]; at += pieces[k])
                proof_add(p, bytes + at, sizes[i] - at < pieces[k] ? sizes[i] - at : pieces[k]);
            struct proof_result r = proof_finish(p);
            assert_int_equal(r.bytes, sizes[i]);
            assert_string_equal(r.sha256, hex);
            assert_int_equal(r.n_signatures, 2);
            assert_true(r.holds[0]);
            assert_int_equal(r.holds[1], k % 2 == 0);
            proof_free(p);
        }
    }
    free(bytes);
    EVP_PKEY_free(one.pkey);
    EVP_PKEY_free(other.pkey);
}

static void one_byte_is_enough(void **state) {
    (void)state;
    struct signer s;
    unsigned char signature[ED25519_SIGNATURE];
    unsigned char *bytes = bytes_of(LARGE);
    signer_init(&s);
    sign(&s, bytes, LARGE, signature);
    for (size_t at = 0; at < LARGE; at += LARGE / 5 - 1) {
        struct proof *p = proof_new();
        bytes[at] ^= 1;
        proof_want_signature(p, s.key, signature);
        proof_add(p, bytes, LARGE);
        assert_false(proof_finish(p).holds[0]);
        proof_free(p);
        bytes[at] ^= 1;
    }
    free(bytes);
    EVP_PKEY_free(s.pkey);
}

static void there_is_room_for_a_few_signatures(void **state) {
    (void)state;
    static const unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
    struct proof *p = proof_new();
    for (int i = 0; i < PROOF_SIGNATURES; i++)
        assert_int_equal(proof_want_signature(p, key, signature), i);
    assert_int_equal(proof_want_signature(p, key, signature), -1);
    proof_free(p);
}

static void nobody_has_to_want_anything(void **state) {
    (void)state;
    struct proof *p = proof_new();
    proof_add(p, "abc", 3);
    struct proof_result r = proof_finish(p);
    assert_int_equal(r.bytes, 3);
    assert_string_equal(r.sha256, "");
    assert_int_equal(r.n_signatures, 0);
    assert_false(r.holds[0]);
    proof_free(p);
    proof_free(NULL);
}

static void it_can_be_given_up_in_the_middle(void **state) {
    (void)state;
    static const unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
    unsigned char *bytes = bytes_of(LARGE);
    struct proof *p = proof_new();
    proof_want_sha256(p);
    proof_want_signature(p, key, signature);
    proof_add(p, bytes, LARGE);
    proof_free(p);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_proven_in_one_pass),
        cmocka_unit_test(one_byte_is_enough),
        cmocka_unit_test(there_is_room_for_a_few_signatures),
        cmocka_unit_test(nobody_has_to_want_anything),
        cmocka_unit_test(it_can_be_given_up_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
