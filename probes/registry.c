#include <string.h>

#include "probes/kinds.h"

static const struct probe_kind *const kinds[] = {
    &health_kind,    &feed_kind,    &http_kind,     &manifest_kind, &file_version_kind,
    &http_json_kind, &command_kind, &registry_kind, &edge_kind,     &artifact_kind,
};

const struct probe_kind *probe_kind_at(size_t i) {
    return i < sizeof(kinds) / sizeof(*kinds) ? kinds[i] : NULL;
}

const struct probe_kind *probe_kind_find(const char *name) {
    const struct probe_kind *kind = NULL;
    for (size_t i = 0; (kind = probe_kind_at(i)); i++)
        if (strcmp(kind->name, name) == 0)
            break;
    return kind;
}
