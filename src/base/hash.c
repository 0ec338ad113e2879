#include "src/base/hash.h"

/* Not by EVP: the same instructions, but a digest of the configuration must not cost half a megabyte
 * and the time of a frame for providers that nobody asks for anything else. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdlib.h>

#include "src/base/mem.h"

struct hash {
    SHA256_CTX context;
};

/* OpenSSL says that these can fail; a digest that was not taken must never look like one that was. */
static void require(int ok) {
    if (ok != 1)
        abort();
}

struct hash *hash_new(void) {
    struct hash *h = mem_zero(1, sizeof *h);
    require(SHA256_Init(&h->context));
    return h;
}

void hash_add(struct hash *h, const void *bytes, size_t n) {
    require(SHA256_Update(&h->context, bytes, n));
}

void hash_hex(struct hash *h, char hex[HASH_HEX_CAP]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[HASH_BYTES];
    require(SHA256_Final(raw, &h->context));
    for (size_t i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[raw[i] >> 4];
        hex[2 * i + 1] = digits[raw[i] & 15];
    }
    hex[HASH_HEX_CAP - 1] = '\0';
    require(SHA256_Init(&h->context));
}

void hash_free(struct hash *h) {
    free(h);
}

void hash_of(const void *bytes, size_t n, char hex[HASH_HEX_CAP]) {
    struct hash *h = hash_new();
    hash_add(h, bytes, n);
    hash_hex(h, hex);
    hash_free(h);
}
