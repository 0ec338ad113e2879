/* gonogo ledger verify: walks a chain, from the ledger itself or from a file of lines, and names what is
 * wrong with it. */
#ifndef GONOGO_CMD_LEDGER_VERIFY_H
#define GONOGO_CMD_LEDGER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/ed25519.h"
#include "src/engine/ledger.h"

enum { VERIFY_KEYS_MAX = 32 };

struct verify {
    unsigned char keys[VERIFY_KEYS_MAX][ED25519_KEY]; /* trusted */
    size_t n_keys;
    bool every_signature;
    const char *head; /* that must be in the chain; NULL = none was noted */
};

/* Print what is wrong, a line each, and a summary; return the exit code: 0 sound, 1 not. */
int verify_ledger(const struct verify *v, struct ledger *l);
int verify_lines(const struct verify *v, const char *path); /* "-" = standard input */

#endif
