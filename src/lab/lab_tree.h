/* The lab's release tree: a stable and a beta version with real bytes, their manifests, and the
 * settings beside them, as a tree on the VM has them. */
#ifndef GONOGO_LAB_LAB_TREE_H
#define GONOGO_LAB_LAB_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/lab/folder.h"

#define LAB_TREE        "tree"
#define LAB_STABLE      "2.0.0.19"
#define LAB_BETA        "2.0.0.20"
#define LAB_STAGING_ENV "staging.env"

struct lab_tree_options {
    const char *production_url; /* artifact addresses begin with these */
    const char *staging_url;
    const char *runtime_version; /* in unified_config.yaml */
    bool staging_beta_open;
    int64_t wall_ms; /* now */
};

enum err_code lab_tree_write(const struct folder *folder, const struct lab_tree_options *options,
                             struct err *err);

#endif
