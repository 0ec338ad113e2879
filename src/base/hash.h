/* SHA-256 by OpenSSL, which uses the processor's instructions for it. */
#ifndef GONOGO_BASE_HASH_H
#define GONOGO_BASE_HASH_H

#include <stddef.h>

enum { HASH_BYTES = 32, HASH_HEX_CAP = 65 };

struct hash; /* a running digest */

struct hash *hash_new(void);
void hash_add(struct hash *h, const void *bytes, size_t n);
/* Lower-case hex with the NUL; the digest starts anew. */
void hash_hex(struct hash *h, char hex[HASH_HEX_CAP]);
void hash_free(struct hash *h); /* NULL is fine */

/* All at once. */
void hash_of(const void *bytes, size_t n, char hex[HASH_HEX_CAP]);

#endif
