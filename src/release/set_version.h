/* One version in every file that the running services take it from: VERSION, unified_config.yaml
 * (update.default_version and default_build), manifest.json and its pair. */
#ifndef GONOGO_RELEASE_SET_VERSION_H
#define GONOGO_RELEASE_SET_VERSION_H

#include "src/base/err.h"
#include "src/release/flow.h"

/* The flow_work; `request` is the version (const char *). A plan without steps is skipped: all agree. */
enum err_code set_version_look(const struct flow *flow, void *request, struct plan *plan,
                               struct err *err);

#endif
