/* For commands that run until they are told to stop: SIGINT, SIGTERM and SIGHUP are held back from the
 * very start and waited for at the end, so that there is no moment at which one of them skips the
 * clean-up. What was ignored (nohup, a job in the background) stays ignored. SIGPIPE is held back too:
 * a reader of our output that goes away is an error, not an end. */
#ifndef GONOGO_CMD_STOP_H
#define GONOGO_CMD_STOP_H

#include <signal.h>

struct stop {
    sigset_t signals; /* that mean stop */
    sigset_t before;
};

void stop_hold(struct stop *stop);
void stop_wait(const struct stop *stop); /* until one comes */
/* Signals act again as they did before. Those that came meanwhile said no more than the first. */
void stop_release(const struct stop *stop);

#endif
