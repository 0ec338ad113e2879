/* The http steps of a plan, by libcurl: one request, no redirects, no proxy, verified TLS. */
#ifndef GONOGO_CMD_REQUEST_H
#define GONOGO_CMD_REQUEST_H

#include "src/engine/runner.h"

/* Fits runner_ports.request. ERR_OK when the answer was the one that the step wants; ERR_REFUSED when
 * another came; ERR_NET when none did. */
enum err_code request_send(void *self, const struct request *request, int *status, struct err *err);

#endif
