#include "src/engine/thread.h"

#include <signal.h>
#include <string.h>

enum err_code thread_start(pthread_t *thread, void *(*run)(void *self), void *self,
                           const char *what, struct err *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits it */
    int failed = pthread_create(thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return ERR_OK;
    return err_set(err, ERR_IO, what, "allow more threads (ulimit -u)", "cannot start a thread: %s",
                   strerror(failed));
}
