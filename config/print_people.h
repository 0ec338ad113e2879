/* People, waivers, the ledger, and what gates ask of people, as `config show` writes them. */
#ifndef GONOGO_CONFIG_PRINT_PEOPLE_H
#define GONOGO_CONFIG_PRINT_PEOPLE_H

#include <stdio.h>

#include "src/model/policy.h"

void print_people(FILE *out, const struct policy *policy);
void print_gate_people(FILE *out, const struct gate_spec *gate);

#endif
