/* What the configuration says, typed and resolved: made once by config/, never changed after,
 * outlives every thread and every snapshot, and so is shared without locks. */
#ifndef GONOGO_MODEL_POLICY_H
#define GONOGO_MODEL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/model/metric.h"
#include "src/model/phase.h"

struct calendar;

enum { PUBLIC_KEY_CAP = 48 }; /* base64 of 32 bytes, and the NUL */

enum env_role { ROLE_NONE, ROLE_STABLE, ROLE_CANDIDATE };

/* The header of a request. `value` is resolved; when `secret`, it is never shown. */
struct header_spec {
    char *name;
    char *value;
    bool secret;
};

struct environment {
    char *name;
    enum env_role role;
    char *url;        /* base, without a final slash; NULL when it has only files */
    bool protected;   /* actions on it ask for more (ui: acting) */
    bool insecure;    /* http:// beyond loopback was allowed; the board says so */
    bool of_gates;    /* nobody wrote it: it holds the sources of gates (of_gate) */
    char *ca_file;    /* PEM, for self-signed stacks; NULL = the system's */
    char *pin_sha256; /* base64 of the SHA-256 of the server's SubjectPublicKeyInfo; or NULL */
};

/* One source: one probe of one environment. A field that its kind does not use is zero. */
struct source_spec {
    char *id;             /* "environment/probe" or "gate/NAME", unique */
    char *name;           /* the probe's name */
    unsigned environment; /* index into policy.environments */
    char *kind;           /* "health", "feed", … as in the probe registry */
    char *url;            /* absolute; NULL when `file` is set */
    char *file;           /* absolute path; NULL when `url` or `run` is set */

    int64_t every_ms;
    int64_t timeout_ms;         /* the whole request */
    int64_t connect_timeout_ms; /* ≤ timeout_ms */
    unsigned fail_after;        /* failures in a row that make it down */
    unsigned recover_after;     /* good answers in a row that bring it back */

    struct header_spec *headers;
    size_t n_headers;

    /* health: JSON pointers; `ok` are the status words that mean well ("OK" "healthy" "running") */
    char *version_pointer;
    char *build_pointer; /* "" = there is none */
    char *status_pointer;
    char **ok; /* NULL-terminated */

    /* feed: the HTTP status that means "closed on purpose" (0 = none), and the channels that its
     * readers asked for, NULL-terminated */
    int closed_on;
    char **channels;
    bool compared; /* the stable feed or the candidate's: all its items are kept (feed_words.h) */

    /* http: conditions; 0 or NULL = not asked */
    int expect_status;
    struct header_spec *expect_headers; /* value must be contained, case-insensitively */
    size_t n_expect_headers;
    char *body_contains;
    char *body_lacks;

    /* file-version: the scalar's path in a YAML file ("update.default_version"); NULL = the file is
     * the version, one line */
    char *key;

    /* What a gate looks at by itself: a source that the configuration made for it, "gate/NAME". It is
     * looked at and shown like any other; patterns and `fresh` leave it out. */
    bool of_gate;
    unsigned trust; /* of_gate: the environment whose TLS and openness hold for the url */

    /* edge's origin: each request has a query of its own */
    bool unique_query;

    /* artifact: whose word is checked (indices into policy.sources), with which key (base64 of the 32
     * bytes of Ed25519; "" = signatures are not checked), and bytes a second at most (0 = no limit) */
    unsigned *claims;
    size_t n_claims;
    char public_key[PUBLIC_KEY_CAP];
    int64_t rate;

    /* http-json: JSON pointer to the value */
    char *value_pointer;

    /* command: argv; the names of what it gets of our environment besides the usual; where it runs.
     * Lists are NULL-terminated. */
    char **run, **env;
    char *dir;
};

/* Logs, metrics and service levels (config: `logs`, `metrics`, `slos`). */

enum log_kind { LOG_FILE, LOG_COMMAND };
enum log_format { LOG_TRAY, LOG_LOGFMT, LOG_ACCESS, LOG_JSON, LOG_TEXT };
/* Whose lines: of clients or servers that run the candidate, or what everybody runs. */
enum cohort { COHORT_NONE, COHORT_CANDIDATE, COHORT_BASELINE, COHORTS };

struct log_spec {
    char *name; /* unique */
    enum log_kind kind;
    enum log_format format;
    unsigned profiles;   /* enum metric_profile: the built-in metrics that its lines may give */
    char **paths;        /* LOG_FILE: absolute files, folders and globs, NULL-terminated */
    char **run;          /* LOG_COMMAND: argv, NULL-terminated; its standard output is the log */
    struct zone *zone;   /* of times that name none; NULL = UTC */
    int64_t backfill_ms; /* how far back, by event time, at the first start; 0 = from the end */
    /* A logs-clean gate looks at all of it: each file is read from its first byte at every start,
     * keeps no cursor, and gives no metrics. */
    bool whole;
    enum cohort cohort;
    char *version_key; /* the key whose value in a line names the version; NULL = none does */
};

struct metric_spec {
    char *name; /* unique */
    char *unit; /* "ms", "s", "ratio", "" */
    enum metric_shape shape;
    bool less_is_worse;    /* a rate of success, a time held */
    int input, over;       /* built in: enum metric_input, of `part` and of `whole`; -1 = none */
    int log;               /* the user's: index into policy.logs, -1 = every log */
    char *value;           /* key whose value is measured */
    char *good, *bad;      /* words that are counted: good ÷ both */
    char *match;           /* words that are counted */
    struct pattern *regex; /* its group `value` is measured, or its matches counted */
};

struct slo_spec {
    char *name; /* unique */
    unsigned metric;
    double quantile;      /* measures: 0 is the least, 1 the greatest; NAN = the mean */
    double min, max;      /* NAN = none; one of them is there */
    double warn;          /* beyond it people are warned; NAN = none */
    int64_t window_ms;    /* one of window.h's */
    uint64_t min_samples; /* fewer are unknown */
    bool every;           /* holds for every single one: a breach fails, however few samples */
    bool if_seen;         /* counts from its first sample on */
    enum cohort cohort;   /* whose lines are judged; COHORT_NONE = all */
    bool burn;            /* its error budget is watched too */
    uint64_t min_events, min_bad; /* burn: below either nothing is burning */
};

enum gate_alert { ALERT_PAGE, ALERT_TICKET };

enum gate_when { WHEN_ALWAYS, WHEN_BEFORE, WHEN_AFTER };
enum gate_want { WANT_TARGET, WANT_STABLE, WANT_SAME }; /* SAME: whatever it is, all the same */
enum gate_on_unknown { UNKNOWN_HOLDS, UNKNOWN_FAILS };

/* How the gate http-json compares. */
enum json_op {
    JSON_OP_EQUAL,
    JSON_OP_NOT_EQUAL,
    JSON_OP_LESS,
    JSON_OP_AT_MOST,
    JSON_OP_MORE,
    JSON_OP_AT_LEAST,
    JSON_OP_EXISTS,
    JSON_OP_ABSENT,
    JSON_OP_CONTAINS,
    JSON_OP_OLDER,
};

/* What a gate asks of people. Lists are NULL-terminated, NULL = none was written. */
struct gate_people {
    char *
        *roles; /* votes: who must say GO, in the order of the roll call; checklist: who may tick */
    char **veto;  /* votes: roles whose NO-GO cannot be waived */
    char **items; /* checklist: what is ticked one by one */
    int64_t
        expires_ms; /* how long a vote or a tick counts; 0 = as long as the candidate is the same */
    bool link;      /* checklist: a tick must name where the proof is */
    bool never_waive;
    unsigned approvals; /* of a waiver: so many people other than who asks for it */
};

struct gate_spec {
    char *name; /* unique */
    char *kind; /* as in the gate registry */
    enum gate_when when;
    enum gate_on_unknown on_unknown;
    unsigned *sources; /* indices into policy.sources, in configuration order, no doubles */
    size_t n_sources;
    enum gate_want want;
    int64_t
        within_ms; /* rehearsed; fresh: 0 = three times the source's own interval, and its timeout */
    unsigned *of;  /* soak: the gates (indices) that must hold all the time */
    size_t n_of;
    int64_t for_ms;     /* soak */
    int64_t max_gap_ms; /* soak: silence longer than this is not counted */
    unsigned *slos;     /* slo, burn: indices into policy.slos */
    size_t n_slos;
    unsigned *metrics; /* canary: indices into policy.metrics */
    size_t n_metrics;
    unsigned *logs; /* no-violations, logs-clean: indices into policy.logs */
    size_t n_logs;
    uint64_t min_samples;  /* slo: 0 = what each service level says */
    int64_t window_ms;     /* canary, no-violations */
    unsigned rules;        /* no-violations: a bit for each enum metric_rule */
    bool guards;           /* guardrails */
    double baseline;       /* guardrails: ratio of retries and aborts, NAN = from the logs */
    char **patterns;       /* logs-clean: words that must not be there, NULL-terminated */
    enum gate_alert alert; /* burn: the least alert that fails */

    struct gate_people people;

    struct calendar *calendar;       /* window; owned */
    char **names;                    /* registry: flags, NULL-terminated */
    int64_t max_skew_ms;             /* tools */
    enum release_phase phase;        /* phase: it, or a later one */
    int64_t at_least_ms, at_most_ms; /* phase: the stay in it; 0 = any */
    char *action;                    /* rehearsed: its name */
    struct phase_stage *stages;      /* phase rc, ramp: the ramp, in its order */
    size_t n_stages;
    /* ramp: JSON pointers to the share and its beginning; share NULL = no ramp; version NULL = whatever
     * it is about. */
    struct {
        char *share, *since, *version;
    } ramp;
    enum json_op op; /* http-json */
    char *value;     /* http-json: what the value is compared with, as JSON; NULL = with nothing */
};

enum { SOURCE_NONE = -1 };

/* What an action needs typed before it starts: the version that it is about, its own name, nothing. */
enum action_confirm { CONFIRM_WORD, CONFIRM_VERSION, CONFIRM_NONE };
/* The verdict that it needs. ANY is never held up by a gate: a kill switch, a rollback. */
enum action_requires { REQUIRES_GO, REQUIRES_ANY };
enum step_kind { STEP_RUN, STEP_HTTP, STEP_EXPECT, STEP_WAIT, STEP_ASK };

/* One step of an action. Texts hold placeholders (placeholder.h), whose names are known to be right.
 * A member that its kind does not use is zero. */
struct step_spec {
    char *name; /* unique in its action */
    enum step_kind kind;
    int64_t timeout_ms; /* run and its undo, http; expect: within; wait: how long */

    char **argv; /* run: NULL-terminated */
    char **env;  /* run and undo: names of variables handed on besides the usual ones; or NULL */
    char *cwd;   /* run and undo: absolute */
    char **undo; /* argv of what takes the step back; NULL = nothing can */

    char *method; /* http */
    char *url;
    struct header_spec *headers;
    size_t n_headers;
    char *body;        /* or NULL */
    int expect_status; /* 0 = any of 200 to 299 */

    unsigned *expect; /* expect: gates (indices) that must pass */
    size_t n_expect;
    char *question; /* ask */
};

/* What people can start (ui: acting). */
struct action_spec {
    char *name; /* unique */
    char key;   /* '\0' = none */
    enum action_confirm confirm;
    enum action_requires requires;
    unsigned approvals; /* different people besides the one who starts it */
    int environment;    /* index: what it acts on; -1 = not said and not known */
    int64_t goal_ms;    /* from confirmation to verified; 0 = none */
    struct step_spec *steps;
    size_t n_steps;
};

/* The names in a release tree (config: `release`); NULL = the usual one, for each. */
struct release_spec {
    char *disk_image;
    char *installer;
    char *notes;
    char *version_file;
    char *env_file;
    char *settings;
    char *flags;
    char *stable_manifest;
    char *beta_manifest;
    char *stable_inbox;
    char *beta_inbox;
    char *legacy_manifest;
    char *url;
    bool github;      /* the assets are releases of a repository; else the tree's folder assets/ */
    char *repository; /* "owner/name" */
    char *api;        /* NULL = GitHub's own */
    char *token;      /* wiped; NULL = none */
    struct err token_trouble;        /* why there is none, though the configuration names one */
    char *ca_file;                   /* absolute; NULL = the machine's */
    char **stable_tags, **beta_tags; /* two each, then NULL */
    char **deny;                     /* NULL-terminated */
};

/* The ledger's keys (config: `ledger`); all zero = entries are not signed. */
struct ledger_spec {
    char *key_from;     /* as it was written, "file:PATH"; no secret */
    char *file;         /* SQLite; NULL = nothing can be recorded, and so nothing done */
    unsigned char *key; /* private, 32 bytes of Ed25519; NULL = do not sign; wiped at the end */
    unsigned char (
        *trusted)[32]; /* public keys whose signatures count; with `key` its own is among them */
    size_t n_trusted;
};

/* What is kept of what steps said (config: `outputs`); 0 = as much as there is. The digests stay in the
 * ledger for ever. */
struct output_rules {
    uint32_t runs;
    uint64_t bytes; /* of all runs together */
    int64_t age_ms;
};

/* Somebody who may speak (config: `people`). */
struct person {
    char *name;
    char **roles; /* NULL-terminated */
    char
        *user; /* the OS user that alone may speak as this person; NULL = whoever says to be them */
};

/* What holds for every waiver (config: `waivers`). */
struct waiver_rules {
    int64_t longest_ms; /* that one may be asked for */
    char **roles; /* who may ask and approve, NULL-terminated; NULL = everybody who may speak */
};

/* Somebody who is told when something changed (config: `notify`). */
struct notify_spec {
    char *name;
    unsigned on;        /* enum notice_kind, of notice.h */
    char *webhook;      /* takes Slack's format; a secret; NULL = none */
    char *webhook_from; /* as it was written, "env:NAME"; no secret */
    char **command;     /* argv, NULL-terminated; NULL = none */
    bool bell;          /* of the dashboards' terminals */
};

struct policy {
    char *path; /* of the configuration file; for messages */
    char *product;
    char *target;      /* given version, or NULL = the newest item of target_source */
    int target_source; /* index: the candidate's feed, or SOURCE_NONE */
    int stable_source; /* index: the stable feed, or SOURCE_NONE (then there is no before/after) */
    /* How often the product's updater looks by itself (Sparkle: SUScheduledCheckInterval). */
    int64_t check_interval_ms;
    char *store_path; /* SQLite file; NULL = remember nothing */
    struct environment *environments;
    size_t n_environments;
    struct source_spec *sources;
    size_t n_sources;
    struct gate_spec *gates;
    size_t n_gates; /* ≥ 1: a policy without gates cannot be made */
    struct log_spec *logs;
    size_t n_logs;
    struct metric_spec *metrics; /* the built-in ones that the logs may give, then the user's */
    size_t n_metrics;
    struct slo_spec *slos;
    size_t n_slos;
    struct notify_spec *notify;
    size_t n_notify;
    struct release_spec release;
    struct person *people; /* none: everybody may speak for every role */
    size_t n_people;
    struct waiver_rules waivers;
    struct ledger_spec ledger;
    struct output_rules outputs;
    struct action_spec *actions;
    size_t n_actions;
    char *folder;    /* of the configuration file, absolute; where steps run when they do not say */
    char *program;   /* this gonogo's own path; NULL = not known */
    char digest[65]; /* hex SHA-256 of the configuration file; "" = it came from elsewhere */
};

void policy_free(struct policy *policy); /* NULL is fine; wipes secrets */

/* Does a source id match a pattern, in which a star stands for any run of characters? */
bool policy_match(const char *pattern, const char *id);

/* The index of the source with this id, or SOURCE_NONE. */
int policy_find_source(const struct policy *policy, const char *id);
/* The index of the action with this name, or -1. */
int policy_find_action(const struct policy *policy, const char *name);
/* Is it asked more of who acts here? (ui: protected) */
bool policy_protects(const struct policy *policy, const struct action_spec *action);

/* The environment whose TLS and openness hold when this source is asked. */
const struct environment *policy_trust(const struct policy *policy, const struct source_spec *spec);

#endif
