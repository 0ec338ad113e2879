/* The kinds of this house, for the registry's table. Each lives in the file of its name. */
#ifndef GONOGO_PROBES_KINDS_H
#define GONOGO_PROBES_KINDS_H

#include "probes/probe.h"

extern const struct probe_kind health_kind;
extern const struct probe_kind feed_kind;
extern const struct probe_kind http_kind;
extern const struct probe_kind manifest_kind;
extern const struct probe_kind file_version_kind;
extern const struct probe_kind artifact_kind;
extern const struct probe_kind edge_kind;
extern const struct probe_kind http_json_kind;
extern const struct probe_kind command_kind;
extern const struct probe_kind registry_kind;

#endif
