/* Ed25519 (RFC 8032) by OpenSSL: does a signature hold over these bytes? */
#ifndef GONOGO_BASE_ED25519_H
#define GONOGO_BASE_ED25519_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64 }; /* bytes */

bool ed25519_verify(const unsigned char key[ED25519_KEY],
                    const unsigned char signature[ED25519_SIGNATURE], const void *bytes, size_t n);

/* A public key as people have it: the base64 of its 32 bytes (SUPublicEDKey in an Info.plist), or
 * PEM as OpenSSL writes it. ERR_PARSE otherwise; `where` names it in the error. */
enum err_code ed25519_read_key(const char *text, const char *where, unsigned char key[ED25519_KEY],
                               struct err *err);

#endif
