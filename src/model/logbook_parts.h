/* What the logbook's files share; nobody else includes it. */
#ifndef GONOGO_MODEL_LOGBOOK_PARTS_H
#define GONOGO_MODEL_LOGBOOK_PARTS_H

#include "src/base/pattern.h"
#include "src/base/slice.h"
#include "src/base/words.h"
#include "src/model/histogram.h"
#include "src/model/logbook.h"
#include "src/model/logline.h"
#include "src/model/slo.h"

/* ---- cells: metrics by minute, until they go into the digest ---- */

enum {
    CELL_SETS = 64, /* a power of two */
    CELL_WAYS = 4,
};

struct cell {
    bool used;
    unsigned metric;
    enum cohort cohort;
    unsigned version;
    int64_t minute;
    uint64_t touched;
    double part, whole;
    struct histogram *spread; /* of measures; kept when the cell is given to another */
};

struct cells {
    struct cell all[CELL_SETS][CELL_WAYS];
    uint64_t touches;
};

/* Measures: `part` is the value. */
void cells_add(struct cells *cells, struct digest *into, const struct cell *key, bool measure,
               double part, double whole);
void cells_flush(struct cells *cells, struct digest *into);
void cells_fini(struct cells *cells);

/* ---- logs and files ---- */

/* What a built-in input is for a metric. */
enum role_kind { AS_MEASURE, AS_RATE, AS_PART, AS_WHOLE };

struct role {
    unsigned metric;
    enum role_kind as;
};
enum { ROLES_MAX = 4 }; /* metrics that one input has a part in */

struct reader {
    const struct log_spec *spec;
    struct slo *slo; /* NULL: nobody judges its lines */
    const char **list;
    struct words words;
    bool every_line;
    int64_t since_ms;
    unsigned *own; /* user metrics that are looked for */
    size_t n_own;
    unsigned *counts; /* metrics whose whole is its lines */
    size_t n_counts;
    unsigned *gates; /* logs-clean gates that look at it */
    size_t n_gates;
    struct digest_log status; /* since the last digest, and as it is now */
    uint64_t damaged_before;  /* what slo had counted at the last digest */
};

struct finding {
    uint64_t matches, line;
    char text[DIGEST_TEXT_CAP]; /* raw bytes of the first, NUL-terminated */
};

struct logfile {
    bool used;
    unsigned log;
    char *path; /* raw */
    struct slo_stream *stream;
    bool timed;
    int64_t time_ms; /* of the last line that had one */
    char version[VERSION_CAP];
    struct finding *findings; /* as in reader.gates; NULL = it is clean */
};

/* A line of the ring; its text is made safe when a digest is made. */
struct mention {
    int64_t wall_ms;
    int file;
    unsigned log;
    uint64_t line;
    const char *kind;
    bool bad;
    size_t n;
    char text[DIGEST_TEXT_CAP];
};

struct logbook {
    const struct policy *policy;
    struct reader *readers; /* as in policy.logs */
    struct logfile *files;
    size_t n_files; /* places in use or free again */
    struct role roles[METRIC_INPUTS][ROLES_MAX];
    size_t n_roles[METRIC_INPUTS];
    struct slo_outlet outlet;
    struct pattern_match *match;
    struct cells cells;
    struct digest *next;
    struct mention mentions[DIGEST_EVENTS_MAX]; /* a ring */
    size_t n_mentions;                          /* since the last digest */

    /* The line at hand. */
    struct reader *reader;
    struct logfile *file;
    int64_t time_ms; /* its own, its neighbour's, or when it came */
    bool time_known;
    unsigned version; /* index in `next` */
    bool context;
    bool bad, told; /* a violation or an error; it says something */
    bool untimed;   /* had a value and no time */
};

/* logbook_lines.c */
struct hit {
    struct slice line; /* without its end */
    uint64_t number;
    const char *from; /* where the lines before it begin that nobody looked at */
    int64_t arrived_ms;
};
void logbook_hit(struct logbook *b, const struct hit *hit);
/* Behind the last line: what nobody looked at may tell the time of the bare lines that follow. */
void logbook_end(struct logbook *b, const struct hit *end);
/* A value of the line at hand. */
void logbook_count(struct logbook *b, unsigned metric, bool measure, double part, double whole);

#endif
