/* Threads as all rooms start them: every signal blocked (only the main thread takes them), a stack of a known
 * size. */
#ifndef GONOGO_BASE_THREAD_H
#define GONOGO_BASE_THREAD_H

#include <pthread.h>

#include "src/base/err.h"

enum {
    THREAD_STACK_WORKER = 1 << 20,   /* parsers and TLS handshakes run on it */
    THREAD_STACK_LOOKUP = 256 << 10, /* getaddrinfo() and the name service's modules */
};

enum err_code thread_start(pthread_t *thread, size_t stack_bytes, const char *name,
                           void *(*run)(void *), void *self, struct err *err);

#endif
