#include "src/cmd/stop.h"

#include <pthread.h>
#include <stddef.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

void stop_hold(struct stop *stop) {
    sigset_t held;
    sigemptyset(&stop->signals);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&stop->signals, signals[i]);
    }
    held = stop->signals;
    sigaddset(&held, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &held, &stop->before);
}

void stop_wait(const struct stop *stop) {
    int which;
    while (sigwait(&stop->signals, &which) != 0)
        ;
}

void stop_release(const struct stop *stop) {
    sigset_t waiting;
    int which;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigpending(&waiting) == 0 && sigismember(&waiting, signals[i]) == 1 &&
            sigismember(&stop->signals, signals[i]) == 1)
            sigwait(&stop->signals, &which);
    pthread_sigmask(SIG_SETMASK, &stop->before, NULL);
}
