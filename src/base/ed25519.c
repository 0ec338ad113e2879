#include "src/base/ed25519.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "src/base/base64.h"
#include "src/base/mem.h"
enum {
    TEXT_CAP = 256, /* PEM of such a key is 113 bytes */
    POINT = 32,     /* bytes of a point, and of a scalar */
};

struct ed25519_check {
    unsigned char key[ED25519_KEY];
    unsigned char r[POINT], s[POINT]; /* the two halves of the signature */
    EVP_MD_CTX *sha512;
    bool sound; /* every step so far went well: what was not hashed is not verified */
};

struct ed25519_check *ed25519_check_new(const unsigned char key[ED25519_KEY],
                                        const unsigned char signature[ED25519_SIGNATURE]) {
    struct ed25519_check *check = mem_zero(1, sizeof *check);
    memcpy(check->key, key, sizeof check->key);
    memcpy(check->r, signature, sizeof check->r);
    memcpy(check->s, signature + sizeof check->r, sizeof check->s);
    check->sha512 = EVP_MD_CTX_new();
    check->sound = sodium_init() >= 0 && check->sha512 != NULL &&
                   EVP_DigestInit_ex(check->sha512, EVP_sha512(), NULL) == 1;
    ed25519_check_add(check, check->r, sizeof check->r);
    ed25519_check_add(check, check->key, sizeof check->key);
    return check;
}

void ed25519_check_free(struct ed25519_check *check) {
    if (check == NULL)
        return;
    EVP_MD_CTX_free(check->sha512);
    free(check);
}

void ed25519_check_add(struct ed25519_check *check, const void *bytes, size_t n) {
    check->sound = check->sound && EVP_DigestUpdate(check->sha512, bytes, n) == 1;
}

/* Is it below the order of the group? Else the same signature could be written in several ways. */
static bool is_reduced(const unsigned char scalar[POINT]) {
    unsigned char wide[crypto_core_ed25519_NONREDUCEDSCALARBYTES] = {0}, reduced[POINT];
    memcpy(wide, scalar, POINT);
    crypto_core_ed25519_scalar_reduce(reduced, wide);
    return memcmp(reduced, scalar, POINT) == 0;
}

/* RFC 8032, 5.1.7, without the cofactor, as OpenSSL does it: R = S·B − SHA-512(R, A, M)·A. Encodings
 * are compared, so that of R only the canonical one will do. */
bool ed25519_check_holds(struct ed25519_check *check) {
    unsigned char digest[crypto_core_ed25519_NONREDUCEDSCALARBYTES], h[POINT];
    unsigned char s_b[POINT], h_a[POINT], r[POINT];
    unsigned n = 0;
    if (!check->sound || EVP_DigestFinal_ex(check->sha512, digest, &n) != 1 || n != sizeof digest)
        return false;
    check->sound = false;
    crypto_core_ed25519_scalar_reduce(h, digest);
    return is_reduced(check->s) && crypto_scalarmult_ed25519_base_noclamp(s_b, check->s) == 0 &&
           crypto_scalarmult_ed25519_noclamp(h_a, h, check->key) == 0 &&
           crypto_core_ed25519_sub(r, s_b, h_a) == 0 && memcmp(r, check->r, sizeof r) == 0;
}

bool ed25519_verify(const unsigned char key[ED25519_KEY],
                    const unsigned char signature[ED25519_SIGNATURE], const void *bytes, size_t n) {
    struct ed25519_check *check = ed25519_check_new(key, signature);
    ed25519_check_add(check, bytes, n);
    bool holds = ed25519_check_holds(check);
    ed25519_check_free(check);
    return holds;
}

bool ed25519_sign(const unsigned char private_key[ED25519_KEY], const void *bytes, size_t n,
                  unsigned char signature[ED25519_SIGNATURE]) {
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, ED25519_KEY);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = ED25519_SIGNATURE;
    bool good = pkey != NULL && context != NULL &&
                EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestSign(context, signature, &len, bytes, n) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return good;
}

bool ed25519_public(const unsigned char private_key[ED25519_KEY], unsigned char key[ED25519_KEY]) {
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, ED25519_KEY);
    size_t len = ED25519_KEY;
    bool good = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1;
    EVP_PKEY_free(pkey);
    return good;
}

/* The text without blanks, and for PEM without its first and last line; "" when it is too long. */
static void squeeze(const char *text, const char *begin, char dst[TEXT_CAP], bool *pem) {
    size_t n = 0;
    const char *found = strstr(text, begin);
    *pem = found != NULL;
    if (*pem)
        text = found + strlen(begin);
    for (; *text != '\0' && !(*pem && *text == '-'); text++)
        if (strchr(" \t\r\n", *text) == NULL && ++n < TEXT_CAP)
            dst[n - 1] = *text;
    dst[n < TEXT_CAP ? n : 0] = '\0';
}

/* 32 bytes as base64, or behind `prefix` in PEM. */
static bool read_bytes(const char *text, const char *begin, const unsigned char *prefix,
                       size_t n_prefix, unsigned char key[ED25519_KEY]) {
    unsigned char bytes[64];
    char plain[TEXT_CAP];
    bool pem;
    squeeze(text, begin, plain, &pem);
    int64_t n = base64_decode(plain, bytes, sizeof bytes);
    size_t from = pem ? n_prefix : 0;
    bool good = n == (int64_t)(from + ED25519_KEY) && memcmp(bytes, prefix, from) == 0;
    if (good)
        memcpy(key, bytes + from, ED25519_KEY);
    mem_wipe(bytes, sizeof bytes);
    mem_wipe(plain, sizeof plain);
    return good;
}

enum err_code ed25519_read_key(const char *text, const char *where, unsigned char key[ED25519_KEY],
                               struct err *err) {
    /* SubjectPublicKeyInfo of RFC 8410: the algorithm, then the 32 bytes. */
    static const unsigned char prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                           0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    if (read_bytes(text, "-----BEGIN PUBLIC KEY-----", prefix, sizeof prefix, key))
        return ERR_OK;
    return err_set(err, ERR_PARSE, where,
                   "give the base64 of its 32 bytes (SUPublicEDKey), or a file with it or with PEM",
                   "is no Ed25519 public key");
}

enum err_code ed25519_read_private(const char *text, const char *where,
                                   unsigned char private_key[ED25519_KEY], struct err *err) {
    /* OneAsymmetricKey of RFC 8410: version, algorithm, then the 32 bytes. */
    static const unsigned char prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                           0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    if (read_bytes(text, "-----BEGIN PRIVATE KEY-----", prefix, sizeof prefix, private_key))
        return ERR_OK;
    return err_set(err, ERR_PARSE, where, "make one with gonogo ledger keygen",
                   "is no private Ed25519 key");
}

enum err_code ed25519_generate(unsigned char private_key[ED25519_KEY], struct err *err) {
    if (RAND_priv_bytes(private_key, ED25519_KEY) == 1)
        return ERR_OK;
    return err_set(err, ERR_IO, "ed25519", NULL, "the system gives no random bytes");
}
