/* Ed25519 (RFC 8032): does a signature hold over these bytes, and making one.
 *
 * OpenSSL wants the whole message in memory, and an artifact is hundreds of megabytes; so the SHA-512
 * that verifying needs is OpenSSL's, taken as the bytes pass, and the curve is libsodium's. What this
 * accepts OpenSSL accepts; it refuses besides what no honest signer makes: a public key of small order
 * or outside the main subgroup, for which signatures can be made that hold over any message. */
#ifndef GONOGO_BASE_ED25519_H
#define GONOGO_BASE_ED25519_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64 }; /* bytes; a private key is as long */

struct ed25519_check; /* one signature, while the bytes come; of constant size */

struct ed25519_check *ed25519_check_new(const unsigned char key[ED25519_KEY],
                                        const unsigned char signature[ED25519_SIGNATURE]);
void ed25519_check_add(struct ed25519_check *check, const void *bytes, size_t n);
/* The bytes are complete. To be asked once. */
bool ed25519_check_holds(struct ed25519_check *check);
void ed25519_check_free(struct ed25519_check *check); /* NULL is fine */

/* All at once. */
bool ed25519_verify(const unsigned char key[ED25519_KEY],
                    const unsigned char signature[ED25519_SIGNATURE], const void *bytes, size_t n);

/* A public key as people have it: the base64 of its 32 bytes (SUPublicEDKey in an Info.plist), or
 * PEM as OpenSSL writes it. ERR_PARSE otherwise; `where` names it in the error. */
enum err_code ed25519_read_key(const char *text, const char *where, unsigned char key[ED25519_KEY],
                               struct err *err);

/* A private key: the base64 of its 32 bytes, or PEM (PKCS #8) as `openssl genpkey -algorithm ed25519`
 * writes it. */
enum err_code ed25519_read_private(const char *text, const char *where,
                                   unsigned char private_key[ED25519_KEY], struct err *err);
/* A new private key. ERR_IO when the system gives no random bytes. */
enum err_code ed25519_generate(unsigned char private_key[ED25519_KEY], struct err *err);

/* With a private key. False only when OpenSSL has no memory. */
bool ed25519_sign(const unsigned char private_key[ED25519_KEY], const void *bytes, size_t n,
                  unsigned char signature[ED25519_SIGNATURE]);
bool ed25519_public(const unsigned char private_key[ED25519_KEY], unsigned char key[ED25519_KEY]);

#endif
