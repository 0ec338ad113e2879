#include "src/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

enum { FIRST_SIZE = 64 };

void buf_init(struct buf *b, size_t cap) {
    *b = (struct buf){.cap = cap};
}

void buf_fini(struct buf *b) {
    free(b->data);
    *b = (struct buf){.cap = b->cap};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

/* Makes room for `n` more bytes and the NUL. */
static bool reserve(struct buf *b, size_t n) {
    size_t most = b->cap ? b->cap : SIZE_MAX / 2;
    if (b->len > most || n > most - b->len)
        return false;
    size_t need = b->len + n + 1;
    if (need <= b->size)
        return true;
    size_t size = b->size ? b->size : FIRST_SIZE;
    while (size < need)
        size *= 2;
    if (b->cap && b->cap < SIZE_MAX / 2 && size > b->cap + 1)
        size = b->cap + 1;
    b->data = mem_resize(b->data, size, 1);
    b->size = size;
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n) {
    if (!reserve(b, n))
        return false;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

bool buf_add_text(struct buf *b, const char *text) {
    return buf_add(b, text, strlen(text));
}

bool buf_addf(struct buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    bool ok = n >= 0 && reserve(b, (size_t)n);
    if (ok) {
        vsnprintf(b->data + b->len, b->size - b->len, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return ok;
}

char *buf_room(struct buf *b, size_t n) {
    return reserve(b, n) ? b->data + b->len : NULL;
}

void buf_wrote(struct buf *b, size_t n) {
    b->len += n;
    b->data[b->len] = '\0';
}

char *buf_steal(struct buf *b) {
    char *text = b->data ? b->data : mem_copy_bytes("", 0);
    *b = (struct buf){.cap = b->cap};
    return text;
}
