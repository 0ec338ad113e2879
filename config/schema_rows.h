/* What the schema's files share: how a row says where its value goes, and the caps. */
#ifndef GONOGO_CONFIG_SCHEMA_ROWS_H
#define GONOGO_CONFIG_SCHEMA_ROWS_H

#include "config/schema.h"

#define SECOND        INT64_C(1000)
#define MINUTE        (60 * SECOND)
#define HOUR          (60 * MINUTE)
#define DAY           (24 * HOUR)
#define AT(s, m)      .offset = offsetof(struct s, m)
#define LIST_AT(s, m) .offset = offsetof(struct s, m), .count_offset = offsetof(struct s, m##_count)
#define SECTION(t, rows, s, h) \
    { .title = t, .help = h, .options = rows, .n_options = sizeof rows / sizeof *rows, .size = s }

/* A source asked more often than ten times a second is an attack, not a look. */
enum { EVERY_MIN_MS = 100, TIMEOUT_MIN_MS = 10 };
enum { LIST_MAX = 10000 };  /* patterns, words and arguments: more is a mistake */
enum { ACTIONS_MAX = 32 };  /* one key each; nobody keeps more apart */
enum { STEPS_MAX = 64 };    /* of one action: more is a program of its own */
enum { SPANS_MAX = 100 };   /* freezes of many years; each is looked at with every judgement */
enum { PEOPLE_MAX = 1000 }; /* a roll call has a dozen */
enum { GATES_MAX = 1000 };  /* nobody reads more on a board */
enum { NOTIFY_MAX = 32 };   /* more would be spam */
enum { LOGS_MAX = 64, METRICS_MAX = 256, PATTERNS_MAX = 16 }; /* people write and read these */
enum { THINGS_MAX = 100000 }; /* environments, probes: as many as sources */

/* schema_later.c: sections whose shape is checked, and that this version does not read. */
extern const struct section schema_listen;

extern const struct section schema_gates;                                 /* schema_gates.c */
extern const struct section schema_notify;                                /* notify.c */
extern const struct section schema_people, schema_waivers, schema_ledger; /* people.c */
extern const struct section schema_release;                               /* release.c */
extern const struct section schema_actions, schema_outputs;               /* schema_actions.c */
extern const struct section schema_logs, schema_metrics, schema_slos;     /* schema_logs.c */

#endif
