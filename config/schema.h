/* The schema: one row for each option. From the same rows come libcyaml's tables (raw.c), the check
 * of a file's shape with its places (shape.c), "did you mean", and the reference that
 * `gonogo config options` prints (print.c). A new option is one row here and one member in raw.h. */
#ifndef GONOGO_CONFIG_SCHEMA_H
#define GONOGO_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_TEXT,     /* one line */
    OPTION_ARGUMENT, /* any text, also empty or of many lines */
    OPTION_NAME,     /* one line that patterns can match: no "/" and no star */
    OPTION_CHOICE,   /* one of `words`; loaded as its index */
    OPTION_SWITCH,   /* true or false */
    OPTION_COUNT,    /* a whole number, min to max */
    OPTION_NUMBER,   /* 0.95 */
    OPTION_DURATION, /* 500ms 5s 2m 1h 7d, min to max in ms */
    OPTION_VERSION,  /* "2.0.0.20" */
    OPTION_POINTER,  /* JSON pointer */
    OPTION_PATH,     /* of a URL */
    OPTION_URL,
    OPTION_FILE,
    OPTION_ADDRESS, /* ADDRESS:PORT */
    OPTION_PIN,     /* base64 of a SHA-256 */
    OPTION_LIST,    /* of texts of type `item` */
    OPTION_HEADERS, /* header names and values: free keys, read from the tree */
    OPTION_MAP,     /* one `section` */
    OPTION_MAPS,    /* a list of `section` */
};

enum option_flag {
    OPTION_REQUIRED = 1 << 0,
    OPTION_MAY_BE_EMPTY = 1 << 1,
    OPTION_UNREAD = 1 << 2, /* its shape is checked, nothing is loaded */
};

enum { SCHEMA_OPTIONS_CAP = 64 }; /* rows of one section: a bit each while a map is checked */

struct section;

struct option {
    const char *key;
    enum option_type type;
    unsigned flags;
    uint32_t offset;       /* in the section's raw struct */
    uint32_t count_offset; /* lists: of the uint32_t beside it */
    enum option_type item;
    const struct section *section;
    const char *const *words; /* NULL-terminated; the first is the default */
    int64_t min, max;         /* counts, durations; lists: number of items */
    const char *only;         /* the kinds it is for, blanks between; NULL = all */
    const char *fallback;     /* what holds without it, as it would be written */
    const char *help;         /* one line */
    const char *example;      /* a value, as it would be written */
    /* What `config check` says when it is there and this version does nothing with it. */
    const char *later;
};

struct section {
    const char *title; /* "environments[].probes[]" */
    const char *help;
    const struct option *options;
    size_t n_options;
    uint32_t size; /* of the raw struct; 0 = never loaded */
};

/* The document itself. */
const struct section *schema_root(void);
/* The section's row for a key, or NULL. */
const struct option *schema_option(const struct section *section, const char *key);
/* Is an option with this `only` for this kind? */
bool schema_is_for(const struct option *option, const char *kind);

/* What holds when nothing is written; the rows show the same. */
#define SCHEMA_EVERY           "5s"
#define SCHEMA_TIMEOUT         "4s"
#define SCHEMA_CONNECT_TIMEOUT "2s"
#define SCHEMA_FEED_EVERY      "15s"
#define SCHEMA_SOAK_FOR        "24h"
#define SCHEMA_SOAK_MAX_GAP    "10m"
#define SCHEMA_ARTIFACT_EVERY  "10m"
#define SCHEMA_EDGE_EVERY      "30s"
#define SCHEMA_HTTP_JSON_EVERY "1m"
#define SCHEMA_RAMP_SHARE      "/percent"
#define SCHEMA_RAMP_SINCE      "/since"
#define SCHEMA_STEP_TIMEOUT    "10m"
#define SCHEMA_OUTPUTS_AGE     "90d"
#define SCHEMA_REHEARSED       "24h"
#define SCHEMA_REGISTRY        "FEATURE_FLAGS.md"
#define SCHEMA_MAX_SKEW        "5s"
#define SCHEMA_COMMAND_EVERY   "1h"
#define SCHEMA_COMMAND_TIMEOUT "5m"
#define SCHEMA_CHECK_INTERVAL  "24h" /* Sparkle's own */
#define SCHEMA_VERSION         "/latest_version"
#define SCHEMA_BUILD           "/latest_build"
#define SCHEMA_STATUS          "/status"
#define SCHEMA_WINDOW          "1h"
#define SCHEMA_QUIET_WINDOW    "1d"
enum { SCHEMA_FAIL_AFTER = 3, SCHEMA_RECOVER_AFTER = 2 };
enum { SCHEMA_OUTPUTS_RUNS = 500, SCHEMA_OUTPUTS_MB = 1000 };

#endif
