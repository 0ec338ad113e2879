#include "src/cmd/kinds.h"

#include "probes/probe.h"

static bool kind_at(size_t i, const char **name, const char **help, bool *takes_url,
                    bool *takes_file) {
    const struct probe_kind *kind = probe_kind_at(i);
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
