/* The judge of logs: takes lines, follows each tray series by its id, finds violations, and says
 * which thresholds are kept (domain: logs and SLOs).
 *
 * Pure. Memory is bounded but for four bytes per measured duration. What is not known is never pass:
 * too few samples or none are unknown, unless a rule that holds for every single event was broken.
 *
 * Files are separate sources: what bears no series id (circuit, TAL, restart flag, Aux views) starts
 * anew with each. A series goes on where its id goes on, so that a rotated log may be given in
 * pieces, the oldest first. */
#ifndef GONOGO_MODEL_SLO_H
#define GONOGO_MODEL_SLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/slice.h"
#include "src/model/metric.h"
#include "src/model/samples.h"

enum {
    SLO_MIN_SAMPLES = 50,      /* what a verdict takes unless told otherwise */
    SLO_SERIES_MAX = 4096,     /* followed at once; the one silent for longest makes room */
    SLO_VIOLATIONS_MAX = 1000, /* kept; the others are counted */
    SLO_TEXT_MAX = 320,        /* bytes of a violation's line that are kept */
};

enum slo_verdict { SLO_PASS, SLO_FAIL, SLO_UNKNOWN };

/* Where who follows logs (logbook.h) is told at once, and nothing is kept. */
struct slo_outlet {
    void *self;
    void (*measured)(void *self, enum metric_input input, double value);
    void (*violated)(void *self, enum metric_rule rule, unsigned file, uint64_t line,
                     const char *safe_text);
};

struct slo_options {
    enum metric_profile profile;
    uint64_t min_samples;
    double retry_abort_baseline; /* NAN: not known, and that metric is not judged */
    /* By the line's own time; a bare line has that of the line before. Lines outside, and those before any time, are not judged. */
    bool windowed;
    const struct zone *zone;         /* of times that name none; NULL = UTC. Borrowed */
    int64_t since_ms, until_ms;      /* since ≤ t < until */
    const struct slo_outlet *outlet; /* NULL: for a report */
};

struct slo_violation {
    enum metric_rule rule;
    unsigned file; /* the how-manieth */
    uint64_t line;
    char *text; /* safe to show */
};

struct slo_metric {
    const struct metric *row;
    double value; /* NAN = none */
    double threshold;
    uint64_t samples;
    enum slo_verdict verdict;
    bool warned;
};

struct slo_report {
    uint64_t series, series_ok, attempts, attempts_ok, retries;
    uint64_t circuit_opens, circuit_closes, restart_flags;
    uint64_t damaged; /* lines of a known kind that were cut off or unreadable: not believed */
    const struct slo_violation *violations; /* by file and line */
    size_t n_violations;
    uint64_t more_violations; /* that were not kept */
    struct slo_metric metrics[METRIC_ROWS];
    size_t n_metrics;
    enum slo_verdict verdict;
};

struct slo *slo_new(const struct slo_options *options);
void slo_free(struct slo *s);

void slo_file(struct slo *s); /* the lines that follow are of the next file; first: file 0 */
void slo_line(struct slo *s, uint64_t number, const char *line, size_t n);

/* For who follows logs. Lines of several files come in turn, each file with a stream of its own
 * (free()d by who made it); `file` is what violations name. Context is understood, and not told. */
struct slo_stream;
struct logline;
struct slo_stream *slo_stream_new(void);
void slo_use(struct slo *s, struct slo_stream *stream, unsigned file, bool context);
void slo_now(struct slo *s, int64_t now_ms);
/* A line that was parsed; like slo_line(), whatever its time. */
void slo_take(struct slo *s, uint64_t number, struct slice line, const struct logline *l);
/* Is this line (the one taken last) the echo of a report before it? */
bool slo_echo(struct slo *s, const struct logline *l);
/* A circuit that was called for before `before_ms` and did not open will not open. */
void slo_overdue(struct slo *s, int64_t before_ms);
uint64_t slo_damaged(const struct slo *s);

/* Judges what came. Borrowed; no lines may follow. */
const struct slo_report *slo_finish(struct slo *s);
struct samples *slo_samples(struct slo *s, enum metric_input input); /* borrowed */

const char *slo_verdict_name(enum slo_verdict verdict);

#endif
