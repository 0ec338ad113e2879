#include "src/base/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "src/base/mem.h"

struct hash {
    EVP_MD_CTX *context;
};

/* OpenSSL fails here only when it has no memory or no SHA-256; a digest that was not taken must never
 * look like one that was. */
static void require(int ok) {
    if (ok != 1)
        abort();
}

struct hash *hash_new(void) {
    struct hash *h = mem_zero(1, sizeof *h);
    h->context = EVP_MD_CTX_new();
    require(h->context != NULL);
    require(EVP_DigestInit_ex(h->context, EVP_sha256(), NULL));
    return h;
}

void hash_add(struct hash *h, const void *bytes, size_t n) {
    require(EVP_DigestUpdate(h->context, bytes, n));
}

void hash_hex(struct hash *h, char hex[HASH_HEX_CAP]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    require(EVP_DigestFinal_ex(h->context, raw, NULL));
    for (size_t i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[raw[i] >> 4];
        hex[2 * i + 1] = digits[raw[i] & 15];
    }
    hex[HASH_HEX_CAP - 1] = '\0';
    require(EVP_DigestInit_ex(h->context, EVP_sha256(), NULL));
}

void hash_free(struct hash *h) {
    if (!h)
        return;
    EVP_MD_CTX_free(h->context);
    free(h);
}

void hash_of(const void *bytes, size_t n, char hex[HASH_HEX_CAP]) {
    struct hash *h = hash_new();
    hash_add(h, bytes, n);
    hash_hex(h, hex);
    hash_free(h);
}
