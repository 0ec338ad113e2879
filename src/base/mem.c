#include "src/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set once, before there is a second thread. lint: allow global, there is one heap. */
static void (*on_exhausted)(void);

void mem_on_exhausted(void (*handler)(void)) {
    on_exhausted = handler;
}

void mem_give_up(const char *message) {
    if (on_exhausted)
        on_exhausted();
    /* write() and _exit(): stdio and atexit handlers may themselves want memory. */
    ssize_t done = write(STDERR_FILENO, message, strlen(message));
    (void)done;
    _exit(4);
}

_Noreturn static void exhausted(void) {
    mem_give_up("gonogo: memory: none is left: close something and try again\n");
}

void *mem_alloc(size_t size) {
    void *p = malloc(size ? size : 1);
    if (!p)
        exhausted();
    return p;
}

void *mem_zero(size_t count, size_t size) {
    /* calloc() checks the product; of nothing it may give NULL. */
    void *p = count && size ? calloc(count, size) : calloc(1, 1);
    if (!p)
        exhausted();
    return p;
}

void *mem_resize(void *old, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        exhausted();
    size_t total = count * size;
    void *p = realloc(old, total ? total : 1);
    if (!p)
        exhausted();
    return p;
}

char *mem_copy_text(const char *text) {
    return text ? mem_copy_bytes(text, strlen(text)) : NULL;
}

char *mem_copy_bytes(const void *bytes, size_t n) {
    if (n == SIZE_MAX)
        exhausted();
    char *copy = mem_alloc(n + 1);
    if (n)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

char *mem_format(const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* Only a wide character that the locale lacks, or a result beyond INT_MAX, can fail. */
    size_t size = n < 0 ? 1 : (size_t)n + 1;
    char *text = mem_alloc(size);
    text[0] = '\0';
    if (n > 0)
        vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

void mem_wipe(void *p, size_t n) {
    /* A call through a volatile pointer has effects as far as the compiler can tell. */
    static void *(*const volatile fill)(void *, int, size_t) = memset;
    if (p)
        fill(p, 0, n);
}
