/* A notice to a webhook, by libcurl. */
#ifndef GONOGO_CMD_WEBHOOK_H
#define GONOGO_CMD_WEBHOOK_H

#include "src/engine/notifier.h"

/* Fits notifier_ports.post; `self` is not used. Errors do not name the URL: it is a secret. */
enum err_code webhook_post(void *self, const struct notify_spec *to, const char *json,
                           bool (*go_on)(void *go_on_self), void *go_on_self, struct err *err);

#endif
