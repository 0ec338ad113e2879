/* The signals of the program that owns the terminal. Handlers set flags and wake the loop; those of
 * deadly signals write the prepared rescue bytes and kill as the signal would have.
 *
 * Only the thread that called signals_catch() may take signals: the others are started with all of
 * them blocked. */
#ifndef GONOGO_UI_SIGNALS_H
#define GONOGO_UI_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "src/base/err.h"

struct signals {
    int end; /* SIGINT, SIGTERM or SIGHUP; 0 = none */
    bool suspend;
    bool resumed;
    bool resized;
};

/* Takes them, and lets those in that the caller held back. */
enum err_code signals_catch(struct err *err);
void signals_restore(void); /* dispositions and mask as they were; fine without signals_catch() */

int signals_fd(void); /* readable when one came */
struct signals signals_take(void);
/* Forgets an interrupt (Ctrl-C) that was for something smaller than the program. */
void signals_forgive_interrupt(void);

/* What puts the terminal back, and arms it: done by deadly signals, and when memory runs out. */
void signals_set_rescue(int in_fd, int out_fd, const struct termios *modes, const char *bytes,
                        size_t n);
void signals_arm_rescue(bool armed);

/* Stops the process as Ctrl-Z does; returns when it is continued. */
void signals_stop_here(void);

#endif
