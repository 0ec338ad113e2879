#include "src/base/ed25519.h"

#include <string.h>

#include <openssl/evp.h>

#include "src/base/base64.h"

enum { TEXT_CAP = 256 }; /* PEM of such a key is 113 bytes */

bool ed25519_verify(const unsigned char key[ED25519_KEY],
                    const unsigned char signature[ED25519_SIGNATURE], const void *bytes, size_t n) {
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = pkey != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(context, signature, ED25519_SIGNATURE, bytes, n) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return good;
}

/* The text without blanks, and for PEM without its first and last line; "" when it is too long. */
static void squeeze(const char *text, char dst[TEXT_CAP], bool *pem) {
    static const char begin[] = "-----BEGIN PUBLIC KEY-----";
    size_t n = 0;
    const char *found = strstr(text, begin);
    *pem = found != NULL;
    if (*pem)
        text = found + sizeof begin - 1;
    for (; *text != '\0' && !(*pem && *text == '-'); text++)
        if (strchr(" \t\r\n", *text) == NULL && ++n < TEXT_CAP)
            dst[n - 1] = *text;
    dst[n < TEXT_CAP ? n : 0] = '\0';
}

enum err_code ed25519_read_key(const char *text, const char *where, unsigned char key[ED25519_KEY],
                               struct err *err) {
    /* SubjectPublicKeyInfo of RFC 8410: the algorithm, then the 32 bytes. */
    static const unsigned char prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                           0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    unsigned char bytes[sizeof prefix + ED25519_KEY];
    char plain[TEXT_CAP];
    bool pem;
    squeeze(text, plain, &pem);
    int64_t n = base64_decode(plain, bytes, sizeof bytes);
    if (!pem && n == ED25519_KEY) {
        memcpy(key, bytes, ED25519_KEY);
        return ERR_OK;
    }
    if (pem && n == sizeof bytes && memcmp(bytes, prefix, sizeof prefix) == 0) {
        memcpy(key, bytes + sizeof prefix, ED25519_KEY);
        return ERR_OK;
    }
    return err_set(err, ERR_PARSE, where,
                   "give the base64 of its 32 bytes (SUPublicEDKey), or a file with it or with PEM",
                   "is no Ed25519 public key");
}
