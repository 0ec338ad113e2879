/* The release lab: a release tree, two services and clients that write logs, in a temporary folder,
 * so that everything gonogo does can be tried on real files and real HTTP. */
#ifndef GONOGO_LAB_LAB_H
#define GONOGO_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"

struct lab;

struct lab_scenario {
    const char *name;
    const char *help;
};
const struct lab_scenario *lab_scenario_at(size_t i); /* NULL behind the last */

struct lab_options {
    const char *scenario;  /* NULL = "happy" */
    const char *keep;      /* folder to make and leave behind; NULL = temporary, removed at stop */
    int64_t down_after_ms; /* staging-down: how long staging lives; 0 = a quarter of a minute */
};

/* NULL and `err` (an unknown scenario names the nearest). */
struct lab *lab_start(const struct lab_options *options, struct err *err);
const char *lab_folder(const struct lab *lab);
const char *lab_config_path(const struct lab *lab);
const char *lab_production_url(const struct lab *lab);
const char *lab_staging_url(const struct lab *lab);
void lab_stop(struct lab *lab); /* stops everything, removes the folder unless kept; NULL is fine */

#endif
