/* For terminals that cannot move the cursor (TERM=dumb: an editor's shell, a serial logger): the
 * verdict and every gate that changed, a line each, as they change. */
#ifndef GONOGO_UI_PLAIN_H
#define GONOGO_UI_PLAIN_H

#include "ui/ui.h"

/* As ui_run(). */
enum err_code plain_run(const struct ui_ports *ports, int *signal, struct err *err);

#endif
