/* Base64 (RFC 4648) as signatures and keys are written: the usual alphabet, padding, no blanks. */
#ifndef GONOGO_BASE_BASE64_H
#define GONOGO_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

enum { BASE64_BAD = -1 };

/* How many bytes `text` stands for, or BASE64_BAD. The first `cap` of them go to `dst`, which may be
 * NULL when cap is 0: a result above `cap` says that some did not fit. */
int64_t base64_decode(const char *text, unsigned char *dst, size_t cap);

/* The text of n bytes, padded, with the NUL; dst holds BASE64_CAP(n). */
#define BASE64_CAP(n) (((n) + 2) / 3 * 4 + 1)
void base64_encode(const unsigned char *bytes, size_t n, char *dst);

#endif
