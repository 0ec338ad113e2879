/* Takes secrets out of a stream of bytes, also where a read cuts one in two. */
#ifndef GONOGO_BASE_MASK_H
#define GONOGO_BASE_MASK_H

#include <stddef.h>

enum { MASK_SECRET_MIN = 4 }; /* bytes; a shorter one would take ordinary words out */

struct mask;

/* Copies the NULL-terminated list (NULL = none); what is shorter than MASK_SECRET_MIN is passed over. */
struct mask *mask_new(const char *const *secrets);
void mask_free(struct mask *m); /* wipes; NULL is fine */

/* Hands on `n` bytes, each secret as "***", in pieces; the end is kept back as long as it may be the
 * beginning of a secret. mask_end() hands that on too. */
typedef void mask_sink(void *self, const char *bytes, size_t n);
void mask_add(struct mask *m, const char *bytes, size_t n, mask_sink *sink, void *self);
void mask_end(struct mask *m, mask_sink *sink, void *self);

/* A whole text, masked; heap. */
char *mask_text(struct mask *m, const char *text);

#endif
