/* The part of `config show` that tells of logs, metrics and service levels. */
#ifndef GONOGO_CONFIG_PRINT_LOGS_H
#define GONOGO_CONFIG_PRINT_LOGS_H

#include <stdio.h>

#include "src/model/policy.h"

void print_logs(FILE *out, const struct policy *p);
/* What a gate names of them. */
void print_gate_levels(FILE *out, const struct policy *p, const struct gate_spec *g);

/* For the reference: the metrics that are built in, and the rules. */
void print_metrics_help(FILE *out);

#endif
