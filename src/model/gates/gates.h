/* The gate kinds that this version judges, one file each; the table is in gate.c. */
#ifndef GONOGO_MODEL_GATES_GATES_H
#define GONOGO_MODEL_GATES_GATES_H

#include "src/model/gate.h"

extern const struct gate_kind gate_versions_agree;
extern const struct gate_kind gate_feed_at_target;
extern const struct gate_kind gate_stable_untouched;
extern const struct gate_kind gate_closed;
extern const struct gate_kind gate_fresh;
extern const struct gate_kind gate_soak;
extern const struct gate_kind gate_artifact;
extern const struct gate_kind gate_edge;
extern const struct gate_kind gate_votes;
extern const struct gate_kind gate_checklist;
extern const struct gate_kind gate_http_json;
extern const struct gate_kind gate_command;
extern const struct gate_kind gate_window;
extern const struct gate_kind gate_registry;
extern const struct gate_kind gate_tools;
extern const struct gate_kind gate_phase;
extern const struct gate_kind gate_ramp;
extern const struct gate_kind gate_slo;
extern const struct gate_kind gate_burn;
extern const struct gate_kind gate_canary;
extern const struct gate_kind gate_no_violations;
extern const struct gate_kind gate_logs_clean;
extern const struct gate_kind gate_guardrails;
extern const struct gate_kind gate_rehearsed;

#endif
