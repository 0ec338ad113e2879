#include "src/cmd/kinds.h"

#include "probes/probe.h"

static bool kind_at(size_t i, const char **name, const char **help, bool *takes_url,
                    bool *takes_file) {
    const struct probe_kind *kind = NULL;
    for (size_t at = 0, n = 0; (kind = probe_kind_at(at)) != NULL; at++) {
        if (!kind->for_gates && n++ == i) { /* gates' own kinds are none that a probe can have */
            break;
        }
    }
    if (kind == NULL) {
        return false;
    }
    *name = kind->name;
    *help = kind->help;
    *takes_url = kind->takes_url;
    *takes_file = kind->takes_file;
    return true;
}

const struct config_kinds *cmd_kinds(void) {
    static const struct config_kinds kinds = {.probe_at = kind_at};
    return &kinds;
}
