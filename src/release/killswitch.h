/* Kill switches: flags that turn a behaviour off at once, in unified_config.yaml (`kill_switches.*`)
 * and in config.env (`NEXY_KS_*`, UPDATE_BETA_ENABLED), known by the registry in FEATURE_FLAGS.md.
 * `kill_switches.disable_x` and NEXY_KS_DISABLE_X are two places of one switch. */
#ifndef GONOGO_RELEASE_KILLSWITCH_H
#define GONOGO_RELEASE_KILLSWITCH_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/release/flow.h"

enum { KILLSWITCH_NAME_CAP = 96, KILLSWITCH_VALUE_CAP = 64, KILLSWITCH_MAX = 4096 };

struct killswitch_request {
    const char *name; /* "disable_x", "kill_switches.disable_x", "NEXY_KS_DISABLE_X", … */
    bool to;
};

/* The flow_work of `killswitch set`: changes the one place that is named, one scalar and not one other
 * byte. ERR_REFUSED for a name that is neither there nor in the registry. `asked` is a struct
 * killswitch_request. */
enum err_code killswitch_look(const struct flow *flow, void *asked, struct plan *plan,
                              struct err *err);

enum killswitch_place {
    KILLSWITCH_YAML,
    KILLSWITCH_ENV_FILE,
    KILLSWITCH_ENVIRONMENT,
    KILLSWITCH_PLACES,
};

struct killswitch {
    char name[KILLSWITCH_NAME_CAP];     /* as in the YAML: "disable_x"; or UPDATE_BETA_ENABLED */
    char env_name[KILLSWITCH_NAME_CAP]; /* "NEXY_KS_DISABLE_X" */
    char *flag;                         /* of the registry; NULL = not registered */
    char *owner;                        /* the same */
    char *values[KILLSWITCH_PLACES];    /* NULL = not there */
    char *disagrees;                    /* in words, or NULL */
};

struct killswitch_list {
    struct killswitch *items; /* in the order of the registry, then of the files */
    size_t n;
};

/* Registry, files and environment side by side. `environment` is getenv(), or a test's. */
enum err_code killswitch_list(const struct flow_options *options,
                              char *(*environment)(const char *name), struct killswitch_list *out,
                              struct err *err);
void killswitch_list_fini(struct killswitch_list *list);

#endif
