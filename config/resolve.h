/* From what was written to what holds: defaults filled in, names turned into indices, files and URLs
 * made absolute, secrets fetched. The steps work on one policy, in this order. */
#ifndef GONOGO_CONFIG_RESOLVE_H
#define GONOGO_CONFIG_RESOLVE_H

#include "config/config.h"
#include "config/node.h"
#include "config/raw.h"
#include "src/base/buf.h"
#include "src/model/policy.h"

enum { RESOLVE_SOURCES_CAP = 100000 }; /* ten times what one machine is asked to watch */

/* How to look when a source says nothing itself. */
struct looks {
    int64_t every_ms, timeout_ms, connect_ms;
    unsigned fail_after, recover_after;
};

struct resolve {
    const struct raw_config *raw;
    const struct node *root; /* the same document, with places */
    const struct config_kinds *kinds;
    const char *folder; /* absolute; of the configuration file */
    struct policy *policy;
    struct buf *notes;  /* NULL = not asked for */
    struct looks looks; /* after resolve_environments() */
};

enum err_code resolve_environments(struct resolve *r, struct err *err);
enum err_code resolve_logs(struct resolve *r, struct err *err); /* metrics and slos too */
enum err_code resolve_gates(struct resolve *r, struct err *err);
enum err_code resolve_release(struct resolve *r, struct err *err);
/* Before the gates: people, waivers, and the ledger's keys. */
enum err_code resolve_people(struct resolve *r, struct err *err);
/* After the store: the ledger's file. */
void resolve_ledger(struct resolve *r);
/* What a gate asks of people. */
void resolve_gate_people(struct resolve *r, const struct node *gate, const struct raw_gate *raw,
                         struct gate_spec *g);
enum err_code resolve_actions(struct resolve *r, struct err *err);
/* Product, target, stable and store. */
enum err_code resolve_root(struct resolve *r, struct err *err);

/* A new source at the end of the policy's, all zero; pointers to the others are void after it. NULL and
 * `err`, at the place of `n`, when there are too many. */
struct source_spec *resolve_add_source(struct resolve *r, const struct node *n, struct err *err);
/* Fails when `url` is plain http:// to somewhere else and its environment does not allow that. */
enum err_code resolve_check_open(const struct node *n, const char *url, bool insecure,
                                 struct err *err);
/* The source that the gate looks at by itself (gate_kind.probe): made, and the gate's only one. */
enum err_code resolve_outside(struct resolve *r, const struct node *gate,
                              const struct raw_gate *raw, struct gate_spec *g, struct err *err);
/* What a gate names of logs, metrics and service levels. */
enum err_code resolve_gate_levels(struct resolve *r, const struct node *gate,
                                  const struct raw_gate *raw, struct gate_spec *g, struct err *err);
/* After the gates: nothing is measured in what one of them reads whole. */
enum err_code resolve_whole_logs(const struct resolve *r, struct err *err);
/* The index of a metric; `at` is where it is named. */
enum err_code resolve_metric_name(const struct resolve *r, const struct node *at, const char *name,
                                  unsigned *out, struct err *err);
/* The key `window` of a map: a length that windows have. */
enum err_code resolve_window(const struct node *map, const char *written, const char *fallback,
                             int64_t *out, struct err *err);

/* The stages of a phase gate. */
enum err_code resolve_stages(const struct node *gate, struct gate_spec *g, struct err *err);
/* Every gate kind's own word about its complete gates, at the end of all. */
enum err_code resolve_checks(struct resolve *r, struct err *err);
/* The spans and the zone of a window gate. */
enum err_code resolve_calendar(const struct node *gate, const struct raw_gate *raw,
                               struct gate_spec *g, struct err *err);

/* A line for `config check`: `WHERE: PATH: …`. */
void resolve_note(struct resolve *r, const struct node *n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* `name` in the configuration's folder unless it is absolute; heap. */
char *resolve_file(const struct resolve *r, const char *name);
/* A list of words for the policy: heap, NULL-terminated. */
char **resolve_words(const char **words, size_t n);
/* What is written, or `otherwise`. */
int64_t resolve_ms(const char *text, int64_t otherwise);
/* The ids of all sources, NULL-terminated, for "did you mean"; the caller frees the array only. */
const char **resolve_ids(const struct resolve *r);

#endif
