/* What can be proven of bytes that pass by once: how many they are, their SHA-256, and whether Ed25519
 * signatures hold over them. Memory does not grow with them.
 *
 * SHA-512, which signatures need, takes longer than anything else here, so it has a thread of its own
 * as soon as the bytes are many; whoever brings them goes on meanwhile. All calls from one thread. */
#ifndef GONOGO_BASE_PROOF_H
#define GONOGO_BASE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/ed25519.h"
#include "src/base/hash.h"

enum { PROOF_SIGNATURES = 4 }; /* of manifests and feeds, over the same artifact */

struct proof;

struct proof *proof_new(void);
/* What shall be proven, before the first bytes. */
void proof_want_sha256(struct proof *proof);
/* The place of its answer in `holds`; further ones than PROOF_SIGNATURES are no signature's: -1. */
int proof_want_signature(struct proof *proof, const unsigned char key[ED25519_KEY],
                         const unsigned char signature[ED25519_SIGNATURE]);

void proof_add(struct proof *proof, const void *bytes, size_t n);

struct proof_result {
    int64_t bytes;
    char sha256[HASH_HEX_CAP]; /* "" = nobody wanted it */
    int n_signatures;
    bool holds[PROOF_SIGNATURES];
};
/* The bytes are complete. To be asked once. */
struct proof_result proof_finish(struct proof *proof);
void proof_free(struct proof *proof); /* also in the middle; NULL is fine */

#endif
