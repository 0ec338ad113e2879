/* The configuration as libcyaml loads it: one struct for each mapping of the schema, values as they
 * were written. NULL and 0 mean "not written"; the first word of a choice is its default. */
#ifndef GONOGO_CONFIG_RAW_H
#define GONOGO_CONFIG_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "src/base/err.h"

struct raw_poll {
    const char *every, *timeout, *connect_timeout;
    uint32_t fail_after, recover_after;
};

struct raw_tls {
    const char *ca_file, *pin_sha256;
};

struct raw_probe {
    const char *name, *kind;
    const char *path, *url, *file;
    const char *every, *timeout;
    uint32_t fail_after, recover_after;
    const char *version, *build, *status;
    const char **ok;
    uint32_t ok_count;
    uint32_t closed_on;
    const char **channels;
    uint32_t channels_count;
    const char *body_contains, *body_lacks;
    const char *key;
};

struct raw_environment {
    const char *name;
    int role; /* enum env_role */
    const char *url;
    bool protected, insecure;
    struct raw_tls *tls;
    struct raw_probe *probes;
    uint32_t probes_count;
};

struct raw_gate {
    const char *name, *kind;
    const char **sources;
    uint32_t sources_count;
    int want;       /* enum gate_want */
    int when;       /* enum gate_when */
    int on_unknown; /* enum gate_on_unknown */
    const char *within;
    const char **of;
    uint32_t of_count;
    const char *for_, *max_gap;
    const char *every, *timeout;
    const char *url, *pointer, *value;
    const char *share, *since, *of_version;
    const char **allow, **deny, *zone;
    uint32_t allow_count, deny_count;
    const char **flags, *file, *max_skew;
    int phase; /* enum release_phase */
    const char *at_least, *at_most;
    const char *action;
    const char **stages;
    uint32_t stages_count;
    uint32_t flags_count;
    const char *origin;
    const char *public_key;
    uint32_t rate;
    const char **run, **env;
    uint32_t run_count, env_count;
    int op; /* enum json_op */
    const char *baseline;
    const char **slos, **metrics, **logs, **rules, **patterns;
    uint32_t slos_count, metrics_count, logs_count, rules_count, patterns_count;
    uint32_t min_samples;
    int alert; /* enum gate_alert */
    const char *window;
    const char **roles, **veto, **items;
    uint32_t roles_count, veto_count, items_count;
    const char *expires;
    bool link, never_waive;
    uint32_t approvals;
};

struct raw_person {
    const char *name, *user;
    const char **roles;
    uint32_t roles_count;
};

struct raw_waivers {
    uint32_t approvals;
    const char *longest;
    const char **roles;
    uint32_t roles_count;
};

struct raw_outputs {
    uint32_t runs, megabytes;
    const char *age;
};

struct raw_ledger {
    const char *file, *key;
    const char **trust;
    uint32_t trust_count;
};

struct raw_log {
    const char *name;
    int kind;   /* enum log_kind */
    int format; /* enum log_format */
    const char **paths, **run;
    uint32_t paths_count, run_count;
    const char *zone, *backfill;
    int release; /* enum cohort */
    const char *version;
};

struct raw_metric {
    const char *name, *log, *unit;
    const char *value, *good, *bad, *match, *regex;
    bool count;
    int worse; /* 0 = more, 1 = less */
};

struct raw_slo {
    const char *name, *metric;
    const char *quantile, *max, *min, *warn;
    const char *window;
    uint32_t min_samples, min_events, min_bad;
    int release; /* enum cohort */
    bool burn, every, if_seen;
};

struct raw_release {
    const char *disk_image;
    const char *installer;
    const char *notes;
    const char *version_file;
    const char *env_file;
    const char *settings;
    const char *flags;
    const char *stable_manifest;
    const char *beta_manifest;
    const char *stable_inbox;
    const char *beta_inbox;
    const char *legacy_manifest;
    const char *url;
    int assets;
    const char *repository, *api, *token, *ca_file;
    const char **stable_tags, **beta_tags, **deny;
    uint32_t stable_tags_count, beta_tags_count, deny_count;
};

struct raw_request {
    int method; /* words of the row */
    const char *url, *body;
    uint32_t status;
};

struct raw_step {
    const char *name;
    const char **run, **env, **undo, **expect;
    uint32_t run_count, env_count, undo_count, expect_count;
    const char *cwd, *timeout, *within, *wait, *ask;
    struct raw_request *http;
};

struct raw_action {
    const char *name, *key, *environment, *goal;
    int confirm;  /* enum action_confirm */
    int requires; /* enum action_requires */
    uint32_t approvals;
    struct raw_step *steps;
    uint32_t steps_count;
};

struct raw_notify {
    const char *name, *webhook;
    const char **on, **command;
    uint32_t on_count, command_count;
    bool bell;
};

struct raw_config {
    const char *product, *target, *target_from, *stable_from, *check_interval, *store;
    struct raw_poll *poll;
    struct raw_environment *environments;
    uint32_t environments_count;
    struct raw_gate *gates;
    uint32_t gates_count;
    struct raw_release *release;
    struct raw_person *people;
    uint32_t people_count;
    struct raw_waivers *waivers;
    struct raw_ledger *ledger;
    struct raw_outputs *outputs;
    struct raw_action *actions;
    uint32_t actions_count;
    struct raw_notify *notify;
    uint32_t notify_count;
    struct raw_log *logs;
    struct raw_metric *metrics;
    struct raw_slo *slos;
    uint32_t logs_count, metrics_count, slos_count;
};

struct raw;

/* Loads bytes that fit the schema (shape.h) into structs. NULL and `err` when libcyaml sees it
 * otherwise; `file` is for messages. */
struct raw *raw_load(const char *bytes, size_t n, const char *file, struct err *err);
const struct raw_config *raw_config(const struct raw *raw);
void raw_free(struct raw *raw); /* NULL is fine */

#endif
