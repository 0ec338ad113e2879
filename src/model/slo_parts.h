/* What slo.c and slo_tray.c share; nobody else includes it. */
#ifndef GONOGO_MODEL_SLO_PARTS_H
#define GONOGO_MODEL_SLO_PARTS_H

#include "src/model/logline.h"
#include "src/model/slo.h"

struct series {
    uint64_t id;          /* hash of what the log calls it; 0 = this place is free */
    struct series *chain; /* same bucket */
    struct series *older, *newer;
    uint64_t last_event; /* hash: the next one like it is its echo */
    int64_t running;     /* attempt that was started and has no result; LOGLINE_NONE */
    unsigned errors;     /* in a row */
    bool ok, ready;
    bool owes_circuit; /* three errors in a row, and no CIRCUIT_OPEN yet; the third was here: */
    unsigned owes_file;
    uint64_t owes_line;
    int64_t owes_since_ms;
    char *owes_text;
};

enum { SERIES_BUCKETS = 8192 };

struct series_table {
    struct series all[SLO_SERIES_MAX];
    struct series *buckets[SERIES_BUCKETS];
    struct series *oldest, *newest;
    size_t used;
    size_t owing;
};

/* What a file's lines without a series id speak of. */
struct slo_stream {
    uint64_t current; /* series last named; 0 = none */
    uint64_t last_ok; /* series that last succeeded */
    uint64_t last_error;
    uint64_t tal; /* series that TAL is held for; 0 = not known yet */
    bool held, held_ready;
    bool launched; /* a CC_READY was seen */
    bool flagged;  /* a RESTART_FLAG since the launch */
    bool open;     /* the circuit */
    bool attempted;
    unsigned aux_run;
    uint64_t last_tray; /* hashes of messages */
    uint64_t last_metric;
    bool last_metric_bare, last_metric_paired;
    int64_t time_ms;
    bool timed;
};

struct slo {
    struct slo_options options;
    struct series_table table;
    struct slo_stream own, *stream; /* in use */
    unsigned file, files;           /* at hand; begun */
    uint64_t number;                /* of the line at hand */
    struct slice line;
    bool echo_asked;
    bool muted;     /* lines are context only */
    int64_t now_ms; /* what who follows logs says */
    struct samples samples[METRIC_INPUTS];
    struct slo_violation *violations;
    struct slo_report report;
};

/* An event of the tray; sound. */
void slo_tray(struct slo *s, const struct logline *l);
/* What can only be said when no more lines come. */
void slo_tray_finish(struct slo *s);

uint64_t slo_hash(struct slice bytes, uint64_t seed);   /* never 0 */
void slo_violate(struct slo *s, enum metric_rule rule); /* the line at hand */
/* Takes `text`. */
void slo_violate_at(struct slo *s, enum metric_rule rule, unsigned file, uint64_t line, char *text);
/* A value of `input`: kept whole for quantiles, or counted; or handed on. */
void slo_add(struct slo *s, enum metric_input input, double value);
void slo_count(struct slo *s, enum metric_input input, double value);
char *slo_safe_line(const struct slo *s);

#endif
