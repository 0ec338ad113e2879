/* The chain that makes a ledger tell when it was tampered with. An entry's hash is the SHA-256 of its
 * canonical JSON (record_write(): it holds the hash of the entry before it) and of its signature behind
 * that. A signature is Ed25519 over the canonical JSON alone. So the hash of the last entry stands for
 * the whole ledger, and the last signature vouches for every entry and signature before it.
 *
 * What a chain alone cannot show: that its end was cut off, or that somebody who may write the file made
 * all of it anew. A head noted elsewhere shows both; a key that they do not have shows the second. */
#ifndef GONOGO_MODEL_CHAIN_H
#define GONOGO_MODEL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/buf.h"
#include "src/base/ed25519.h"
#include "src/base/hash.h"

/* The `prev` of the first entry. */
#define CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

enum { CHAIN_FAULT_CAP = 256 };

/* An entry as it is kept. Borrowed. */
struct chain_entry {
    uint64_t place;   /* the number that it is kept under; 0 = under none, as in a file */
    const char *body; /* canonical JSON */
    size_t n;
    const char *hash;               /* hex as kept; need not be terminated behind 64 characters */
    const unsigned char *signature; /* ED25519_SIGNATURE bytes, NULL = none */
};

struct chain;

/* `keys` (borrowed): the public keys that are trusted, one behind the other; with n_keys = 0 a signature only has to fit the
 * key that its entry names. `each`: check every signature, not only the last of each key, which vouches
 * for those before it. */
struct chain *chain_new(const unsigned char *keys, size_t n_keys, bool each);
void chain_free(struct chain *c); /* NULL is fine */
/* Before the first: the walk begins behind entry `seq`, whose hash is `head`. */
void chain_resume(struct chain *c, uint64_t seq, const char *head, bool is_signed);

/* Goes on with the next entry. False: `fault` (safe, "entry 17 was changed: …") says what is wrong with
 * it; the walk may go on behind it. */
bool chain_add(struct chain *c, const struct chain_entry *entry, char fault[CHAIN_FAULT_CAP]);
/* After the last one for now: the signatures that were left. */
bool chain_end(struct chain *c, char fault[CHAIN_FAULT_CAP]);

/* False: the file remembers that it held entries up to `highest`, and they are not there. */
bool chain_reaches(const struct chain *c, uint64_t highest, char fault[CHAIN_FAULT_CAP]);

uint64_t chain_length(const struct chain *c);  /* the last entry's number */
const char *chain_head(const struct chain *c); /* its hash in hex; CHAIN_START before the first */
uint64_t chain_signed(const struct chain *c);  /* how many had a signature */

/* An entry as a line of a file, for verifying elsewhere:
 * {"entry":BODY,"hash":"HEX"} or {"entry":BODY,"hash":"HEX","signature":"BASE64"}, appended with its LF. */
void chain_write(const struct chain_entry *entry, struct buf *out);
/* Reads one (without its LF) as it was written, not a byte otherwise; `entry` borrows from it and from
 * `signature`. False when it is none. */
bool chain_read(const char *line, size_t n, struct chain_entry *entry,
                unsigned char signature[ED25519_SIGNATURE]);

/* The hash of an entry. `signature` may be NULL. */
void chain_hash(struct hash *h, const char *body, size_t n, const unsigned char *signature,
                char hex[HASH_HEX_CAP]);

#endif
