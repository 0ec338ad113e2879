/* What is measured in logs, and the thresholds that it must keep: one row per metric, one row per
 * rule whose breach is a violation (domain: logs and SLOs). */
#ifndef GONOGO_MODEL_METRIC_H
#define GONOGO_MODEL_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/slice.h"

/* What a log is judged as. Whether starts were warm or cold is known only to who asks: `tray` asks
 * what holds for every start, which is what cold starts must keep. */
enum metric_profile {
    METRIC_TRAY = 1,
    METRIC_WARM = 2,
    METRIC_COLD = 4,
    METRIC_SERVER = 8,
    METRIC_ALL = 16,   /* tray, server, and every metric that clients report */
    METRIC_PROXY = 32, /* a proxy's access log; live only */
};

/* Where values come from. */
enum metric_input {
    METRIC_START_MS, /* ok durations of all attempts */
    METRIC_FIRST_MS, /* ok durations of first attempts */
    METRIC_FIRST_ERROR,
    METRIC_ATTEMPT,
    METRIC_RETRY,
    METRIC_HOLD_S,
    METRIC_STREAM_MS,
    METRIC_REQUEST,
    METRIC_ERROR,
    METRIC_GIVEN_UP, /* retry or abort */
    METRIC_ACQUIRED,
    METRIC_REJECTED,
    METRIC_LISTEN_MS, /* from here: reported by clients, by name */
    METRIC_DECISION_MS,
    METRIC_MODE_MS,
    METRIC_GRPC_MS,
    METRIC_PROMPT_MS,
    METRIC_RESTART_MS,
    METRIC_FLOW_OK,
    METRIC_OPEN_OK,
    METRIC_RESTART_OK,
    METRIC_ONLINE,
    METRIC_READY_MS,  /* of tray.ready */
    METRIC_PROXY_499, /* the client went away before the answer came */
    METRIC_PROXY_502, /* nothing sound came from behind the proxy */
    METRIC_INPUTS,
};

enum metric_shape {
    SHAPE_MEASURE, /* values ≥ 0: quantiles */
    SHAPE_RATE,    /* part of a whole: 0 to 1 */
    SHAPE_COUNT,   /* how many; the whole is how many lines were read */
};

struct metric;

/* What configurations may name, and live windows keep. */
struct metric_stream {
    const char *name, *unit;
    enum metric_shape shape;
    enum metric_input input;
    int over;           /* rates: what `input` is divided by; -1 = by its own number of values */
    bool less_is_worse; /* than before */
    unsigned profiles;  /* whose lines give it */
};
enum { METRIC_STREAMS = 22 };
extern const struct metric_stream metric_streams[METRIC_STREAMS];
/* What a row judges. */
const struct metric_stream *metric_stream_of(const struct metric *row);

enum metric_statistic {
    METRIC_P95,
    METRIC_P99,
    METRIC_MIN,
    METRIC_MAX,
    METRIC_MEAN,
    METRIC_COUNT, /* of `input`; samples are those of `over` */
    METRIC_RATIO, /* count of `input` ÷ count of `over` */
};

struct metric {
    const char *name, *unit;
    enum metric_input input, over;
    enum metric_statistic statistic;
    const char *op; /* "<=" or ">=" */
    double threshold;
    double warn;       /* 0 = none; beyond it the report warns */
    unsigned profiles; /* that judge it, whether the log has it or not: no data is unknown */
    unsigned if_seen;  /* profiles that judge it from its first sample on */
    bool every;        /* holds for every single one: a breach fails, however few samples */
    bool by_baseline;  /* the threshold is a factor; judged only when a baseline is given */
};

enum { METRIC_ROWS = 20 };
extern const struct metric metric_rows[METRIC_ROWS];

/* "tray", "warm", …; 0 when there is no such profile. */
enum metric_profile metric_profile_of(const char *name);
extern const char *const metric_profile_names[]; /* NULL-terminated */

/* A name that clients report. Measures: its value, in ms. Rates: its value, 0 to 1. Events: one that
 * went well or not, whatever the value (0: none happened). */
struct metric_name {
    struct slice name; /* without a final "_ms" */
    enum metric_input input;
    enum { METRIC_IS_MEASURE, METRIC_IS_RATE, METRIC_IS_GOOD, METRIC_IS_BAD } is;
};
const struct metric_name *metric_name_find(struct slice key);    /* of key=value, or NULL */
const struct metric_name *metric_name_event(struct slice words); /* of a message without '=' */

enum metric_rule {
    METRIC_TAL_BEFORE_READY,
    METRIC_SECOND_FLAG,
    METRIC_AUX_CASCADE,
    METRIC_NO_CIRCUIT,
    METRIC_WHILE_OPEN,
    METRIC_JITTER,
    METRIC_RULES,
};

enum {
    METRIC_AUX_RUN = 3,         /* Aux views one after the other that are a cascade */
    METRIC_ERRORS_RUN = 3,      /* errors in a row after which the circuit opens */
    METRIC_JITTER_PERCENT = 15, /* either way */
};

struct metric_breach {
    const char *rule; /* "tal-before-ready" */
    const char *what; /* one clause */
};
extern const struct metric_breach metric_breaches[METRIC_RULES];

/* The words one of which is in every line that can matter to these profiles; NULL-terminated. */
const char *const *metric_words(unsigned profiles);

#endif
