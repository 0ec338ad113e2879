/* Configuration: YAML by schema into a policy. Every mistake is one error with file, line, column,
 * path, what is wrong and what to write instead. */
#ifndef GONOGO_CONFIG_CONFIG_H
#define GONOGO_CONFIG_CONFIG_H

#include <stdio.h>

#include "src/base/buf.h"
#include "src/base/err.h"
#include "src/model/policy.h"

/* The kinds of probes that exist: config/ does not see probes/, so its callers hand in the names. */
struct config_kinds {
    /* The i-th probe kind's name and help; false behind the last. */
    bool (*probe_at)(size_t i, const char **name, const char **help, bool *takes_url,
                     bool *takes_file);
};

/* The file to use: `given` (may be NULL), else $GONOGO_CONFIG, ./gonogo.yaml,
 * $XDG_CONFIG_HOME/gonogo/gonogo.yaml, /etc/gonogo/gonogo.yaml. Heap string, NULL and `err` when there
 * is none. */
char *config_find(const char *given, struct err *err);

/* NULL and `err` (ERR_CONFIG, or ERR_IO) when it cannot be used. */
struct policy *config_load(const char *path, const struct config_kinds *kinds, struct err *err);
/* The same, and what its writer should know of a good file (sections and gates that are accepted and
 * not used, …): a safe line each into `notes`. */
struct policy *config_check(const char *path, const struct config_kinds *kinds, struct buf *notes,
                            struct err *err);
/* The same from bytes; `path` is for messages and for resolving relative file names. */
struct policy *config_parse(const char *bytes, size_t n, const char *path,
                            const struct config_kinds *kinds, struct err *err);

/* The whole reference, from the schema. */
void config_print_options(FILE *out, const struct config_kinds *kinds);
/* The policy as it is in force, defaults filled in, secrets masked, as YAML. */
void config_print(FILE *out, const struct policy *policy);

#endif
