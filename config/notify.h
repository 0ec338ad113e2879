/* The section `notify`. */
#ifndef GONOGO_CONFIG_NOTIFY_H
#define GONOGO_CONFIG_NOTIFY_H

#include <stdio.h>

#include "config/resolve.h"

enum err_code resolve_notify(struct resolve *r, struct err *err);
/* As `config show` writes it: webhooks as they were written, never as they are. */
void print_notify(FILE *out, const struct policy *policy);

#endif
