/* A growing run of bytes with a cap: what comes from outside never takes more than the
 * owner said it may. */
#ifndef GONOGO_BASE_BUF_H
#define GONOGO_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* always NUL-terminated once something was added; NULL before */
    size_t len;
    size_t size;
    size_t cap; /* bytes of content at most; 0 = no cap */
};

void buf_init(struct buf *b, size_t cap);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */

/* False, and nothing added, when the cap would be passed. */
bool buf_add(struct buf *b, const void *bytes, size_t n);
bool buf_add_text(struct buf *b, const char *text);
bool buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `n` more bytes behind the content, for writers that fill it themselves and then count what
 * they wrote with buf_wrote(); NULL when the cap would be passed. Valid until the next call. */
char *buf_room(struct buf *b, size_t n);
void buf_wrote(struct buf *b, size_t n); /* ≤ the room asked for */

/* The content as a heap string that the caller frees; the buf is empty afterwards. */
char *buf_steal(struct buf *b);

#endif
