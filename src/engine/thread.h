/* A thread that takes no signals: those are the main thread's alone. */
#ifndef GONOGO_ENGINE_THREAD_H
#define GONOGO_ENGINE_THREAD_H

#include <pthread.h>

#include "src/base/err.h"

/* `what` names the thread in the error ("the engine"). */
enum err_code thread_start(pthread_t *thread, void *(*run)(void *self), void *self,
                           const char *what, struct err *err);

#endif
