/* What a child says, in bounded memory: the beginning and the end are kept, all of it is counted and
 * digested, and secrets are masked before anything else sees them. */
#ifndef GONOGO_BASE_CAPTURE_H
#define GONOGO_BASE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/hash.h"

struct capture;

/* `head` and `tail` are bytes. With `file` ≥ 0 (not owned) the head is also written there as it comes,
 * and capture_end() adds the rest; what cannot be written is left out. */
struct capture *capture_new(size_t head, size_t tail, const char *const *secrets, int file);
void capture_free(struct capture *c); /* NULL is fine */

void capture_add(struct capture *c, const char *bytes, size_t n);
/* Nothing more comes. */
void capture_end(struct capture *c);

uint64_t capture_total(const struct capture *c); /* bytes, masked */
/* SHA-256 of all that came, masked; only after capture_end(). */
void capture_digest(struct capture *c, char hex[HASH_HEX_CAP]);
/* Do these, as they were written to the file, leave out what came between the beginning and the end? */
bool capture_is_cut(const char *bytes, size_t n);
/* The last bytes (at most `most`), from the beginning of a line, as safe text with its line breaks;
 * heap. Carriage returns and backspaces do not move anything. */
char *capture_text(const struct capture *c, size_t most);
/* The head, a line with how much was left out, and the tail: as they came; heap, *n bytes and a NUL. */
char *capture_bytes(const struct capture *c, size_t *n);

#endif
