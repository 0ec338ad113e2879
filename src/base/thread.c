#include "src/base/thread.h"

#include <errno.h>
#include <signal.h>

enum err_code thread_start(pthread_t *thread, size_t stack_bytes, const char *name,
                           void *(*run)(void *), void *self, struct err *err) {
    sigset_t all, before;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack_bytes);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(thread, &attr, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (rc == 0) {
#ifdef __linux__
        pthread_setname_np(*thread, name);
#endif
        return ERR_OK;
    }
    errno = rc;
    return err_errno(err, ERR_IO, name, "raise the limit of processes", "cannot start a thread");
}
