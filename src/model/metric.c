#include "src/model/metric.h"

#include <string.h>

enum { TRAY = METRIC_TRAY, WARM = METRIC_WARM, COLD = METRIC_COLD, ALL = METRIC_ALL };
enum { SERVER = METRIC_SERVER };

/* clang-format off */
const struct metric metric_rows[METRIC_ROWS] = {
    {.name = "warm_start_max_ms", .unit = "ms", .input = METRIC_FIRST_MS, .statistic = METRIC_MAX,
     .op = "<=", .threshold = 5000, .profiles = WARM, .every = true},
    {.name = "warm_start_errors", .unit = "", .input = METRIC_FIRST_ERROR, .over = METRIC_ATTEMPT,
     .statistic = METRIC_COUNT, .op = "<=", .threshold = 0, .profiles = WARM, .every = true},
    {.name = "warm_start_retries", .unit = "", .input = METRIC_RETRY, .over = METRIC_ATTEMPT,
     .statistic = METRIC_COUNT, .op = "<=", .threshold = 0, .profiles = WARM, .every = true},
    {.name = "cold_start_p95_ms", .unit = "ms", .input = METRIC_START_MS, .statistic = METRIC_P95,
     .op = "<=", .threshold = 30000, .profiles = TRAY | COLD | ALL},
    {.name = "cold_start_p99_ms", .unit = "ms", .input = METRIC_START_MS, .statistic = METRIC_P99,
     .op = "<=", .threshold = 60000, .profiles = TRAY | COLD | ALL},
    {.name = "tal_hold_min_s", .unit = "s", .input = METRIC_HOLD_S, .statistic = METRIC_MIN,
     .op = ">=", .threshold = 120, .profiles = TRAY | ALL, .if_seen = WARM | COLD, .every = true},

    {.name = "stream_audio_p95_ms", .unit = "ms", .input = METRIC_STREAM_MS, .statistic = METRIC_P95,
     .op = "<=", .threshold = 1500, .warn = 1000, .profiles = SERVER | ALL},
    {.name = "error_rate", .unit = "ratio", .input = METRIC_ERROR, .over = METRIC_REQUEST,
     .statistic = METRIC_RATIO, .op = "<=", .threshold = 0.10, .warn = 0.05,
     .profiles = SERVER | ALL},
    {.name = "retry_abort_ratio", .unit = "ratio", .input = METRIC_GIVEN_UP, .over = METRIC_REQUEST,
     .statistic = METRIC_RATIO, .op = "<=", .threshold = 1.5, .profiles = SERVER | ALL,
     .by_baseline = true},
    {.name = "backpressure_ratio", .unit = "ratio", .input = METRIC_REJECTED,
     .over = METRIC_ACQUIRED, .statistic = METRIC_RATIO, .op = "<=", .threshold = 0.01,
     .profiles = SERVER | ALL},

    {.name = "permission_flow_success", .unit = "ratio", .input = METRIC_FLOW_OK,
     .statistic = METRIC_MEAN, .op = ">=", .threshold = 0.99, .profiles = ALL, .if_seen = SERVER},
    {.name = "start_listening_latency_ms", .unit = "ms", .input = METRIC_LISTEN_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 600, .profiles = ALL, .if_seen = SERVER},
    {.name = "stream_open_success_rate", .unit = "ratio", .input = METRIC_OPEN_OK,
     .statistic = METRIC_MEAN, .op = ">=", .threshold = 0.98, .profiles = ALL, .if_seen = SERVER},
    {.name = "permission_restart_success_rate", .unit = "ratio", .input = METRIC_RESTART_OK,
     .statistic = METRIC_MEAN, .op = ">=", .threshold = 0.98, .profiles = ALL, .if_seen = SERVER},
    {.name = "permission_restart_latency_ms", .unit = "ms", .input = METRIC_RESTART_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 15000, .profiles = ALL, .if_seen = SERVER},
    {.name = "decision_latency_ms", .unit = "ms", .input = METRIC_DECISION_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 10, .profiles = ALL, .if_seen = SERVER},
    {.name = "mode_transition_latency_ms", .unit = "ms", .input = METRIC_MODE_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 100, .profiles = ALL, .if_seen = SERVER},
    {.name = "grpc_request_latency_ms", .unit = "ms", .input = METRIC_GRPC_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 1000, .profiles = ALL, .if_seen = SERVER},
    {.name = "tcc_prompt_duration_ms", .unit = "ms", .input = METRIC_PROMPT_MS,
     .statistic = METRIC_P95, .op = "<=", .threshold = 5000, .profiles = ALL, .if_seen = SERVER},
    {.name = "network_online_ratio", .unit = "ratio", .input = METRIC_ONLINE,
     .statistic = METRIC_MEAN, .op = ">=", .threshold = 0.95, .profiles = ALL, .if_seen = SERVER},
};
/* clang-format on */

/* clang-format off */
const struct metric_stream metric_streams[METRIC_STREAMS] = {
    {"tray_start_ms", "ms", SHAPE_MEASURE, METRIC_START_MS, -1, false, TRAY},
    {"tray_first_start_ms", "ms", SHAPE_MEASURE, METRIC_FIRST_MS, -1, false, TRAY},
    {"tray_ready_ms", "ms", SHAPE_MEASURE, METRIC_READY_MS, -1, false, TRAY},
    {"tray_first_error_ratio", "ratio", SHAPE_RATE, METRIC_FIRST_ERROR, METRIC_ATTEMPT, false, TRAY},
    {"tray_retry_ratio", "ratio", SHAPE_RATE, METRIC_RETRY, METRIC_ATTEMPT, false, TRAY},
    {"tal_hold_s", "s", SHAPE_MEASURE, METRIC_HOLD_S, -1, true, TRAY},
    {"stream_audio_ms", "ms", SHAPE_MEASURE, METRIC_STREAM_MS, -1, false, SERVER},
    {"error_rate", "ratio", SHAPE_RATE, METRIC_ERROR, METRIC_REQUEST, false, SERVER},
    {"retry_abort_ratio", "ratio", SHAPE_RATE, METRIC_GIVEN_UP, METRIC_REQUEST, false, SERVER},
    {"backpressure_ratio", "ratio", SHAPE_RATE, METRIC_REJECTED, METRIC_ACQUIRED, false, SERVER},
    {"permission_flow_success", "ratio", SHAPE_RATE, METRIC_FLOW_OK, -1, true, TRAY | SERVER},
    {"start_listening_latency_ms", "ms", SHAPE_MEASURE, METRIC_LISTEN_MS, -1, false, TRAY | SERVER},
    {"stream_open_success_rate", "ratio", SHAPE_RATE, METRIC_OPEN_OK, -1, true, TRAY | SERVER},
    {"permission_restart_success_rate", "ratio", SHAPE_RATE, METRIC_RESTART_OK, -1, true,
     TRAY | SERVER},
    {"permission_restart_latency_ms", "ms", SHAPE_MEASURE, METRIC_RESTART_MS, -1, false,
     TRAY | SERVER},
    {"decision_latency_ms", "ms", SHAPE_MEASURE, METRIC_DECISION_MS, -1, false, TRAY | SERVER},
    {"mode_transition_latency_ms", "ms", SHAPE_MEASURE, METRIC_MODE_MS, -1, false, TRAY | SERVER},
    {"grpc_request_latency_ms", "ms", SHAPE_MEASURE, METRIC_GRPC_MS, -1, false, TRAY | SERVER},
    {"tcc_prompt_duration_ms", "ms", SHAPE_MEASURE, METRIC_PROMPT_MS, -1, false, TRAY | SERVER},
    {"network_online_ratio", "ratio", SHAPE_RATE, METRIC_ONLINE, -1, true, TRAY | SERVER},
    {"proxy_499", "", SHAPE_COUNT, METRIC_PROXY_499, -1, false, METRIC_PROXY},
    {"proxy_502", "", SHAPE_COUNT, METRIC_PROXY_502, -1, false, METRIC_PROXY},
};
/* clang-format on */

const struct metric_stream *metric_stream_of(const struct metric *row) {
    bool over = row->statistic == METRIC_RATIO || row->statistic == METRIC_COUNT;
    for (size_t i = 0; i < METRIC_STREAMS; i++) {
        const struct metric_stream *stream = &metric_streams[i];
        if (stream->input == row->input && stream->over == (over ? (int)row->over : -1))
            return stream;
    }
    return NULL;
}

static const struct metric_name names[] = {
    {SLICE("start_listening_latency"), METRIC_LISTEN_MS, METRIC_IS_MEASURE},
    {SLICE("decision_latency"), METRIC_DECISION_MS, METRIC_IS_MEASURE},
    {SLICE("mode_transition_latency"), METRIC_MODE_MS, METRIC_IS_MEASURE},
    {SLICE("grpc_request_latency"), METRIC_GRPC_MS, METRIC_IS_MEASURE},
    {SLICE("tcc_prompt_duration"), METRIC_PROMPT_MS, METRIC_IS_MEASURE},
    {SLICE("permission_restart_latency"), METRIC_RESTART_MS, METRIC_IS_MEASURE},
    {SLICE("permission_flow_success"), METRIC_FLOW_OK, METRIC_IS_RATE},
    {SLICE("permissions.first_run_completed"), METRIC_FLOW_OK, METRIC_IS_GOOD},
    {SLICE("permissions.first_run_failed"), METRIC_FLOW_OK, METRIC_IS_BAD},
    {SLICE("stream_open_success_rate"), METRIC_OPEN_OK, METRIC_IS_RATE},
    {SLICE("stream.open ok"), METRIC_OPEN_OK, METRIC_IS_GOOD},
    {SLICE("stream.open failed"), METRIC_OPEN_OK, METRIC_IS_BAD},
    {SLICE("permission_restart_success_rate"), METRIC_RESTART_OK, METRIC_IS_RATE},
    {SLICE("network_online_ratio"), METRIC_ONLINE, METRIC_IS_RATE},
};

const struct metric_breach metric_breaches[METRIC_RULES] = {
    [METRIC_TAL_BEFORE_READY] = {"tal-before-ready", "TAL was released before the tray was ready"},
    [METRIC_SECOND_FLAG] = {"second-restart-flag", "a second restart flag for one restart"},
    [METRIC_AUX_CASCADE] = {"aux-cascade", "a cascade of auxiliary views"},
    [METRIC_NO_CIRCUIT] = {"circuit-not-opened", "three errors in a row and no CIRCUIT_OPEN"},
    [METRIC_WHILE_OPEN] = {"attempt-while-open", "an attempt while the circuit was open"},
    [METRIC_JITTER] = {"jitter", "a jitter outside ±15 %"},
};

const char *const metric_profile_names[] = {"tray", "warm", "cold", "server", "all", NULL};

enum metric_profile metric_profile_of(const char *name) {
    for (unsigned i = 0; metric_profile_names[i]; i++)
        if (strcmp(name, metric_profile_names[i]) == 0)
            return (enum metric_profile)(1u << i);
    return 0;
}

const struct metric_name *metric_name_find(struct slice key) {
    if (key.n > 3 && memcmp(key.at + key.n - 3, "_ms", 3) == 0)
        key.n -= 3;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_same(key, names[i].name))
            return &names[i];
    return NULL;
}

const struct metric_name *metric_name_event(struct slice words) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice rest = words;
        if (names[i].is < METRIC_IS_GOOD || !slice_eat_slice(&rest, names[i].name))
            continue;
        if (rest.n == 0 || strchr(" \t,(:;", rest.at[0]))
            return &names[i];
    }
    return NULL;
}

const char *const *metric_words(unsigned profiles) {
#define TRAY_WORDS "TRAY_", "CIRCUIT_", "TAL=", "RESTART_FLAG", "tray.ready", "-Aux[", "CC_READY"
    static const char *const tray[] = {TRAY_WORDS, NULL};
    /* The names above by what few of them share. */
    static const char *const all[] = {TRAY_WORDS,
                                      "decision=",
                                      "_latency",
                                      "tcc_prompt_",
                                      "network_online_",
                                      "stream_open",
                                      "stream.open",
                                      "permission_flo",
                                      "permission_restart_succ",
                                      "permissions.first_run_",
                                      NULL};
    static const char *const proxy[] = {"\" 499 ", "\" 502 ", NULL};
    if (profiles == METRIC_PROXY)
        return proxy;
    return profiles & (METRIC_SERVER | METRIC_ALL) ? all : tray;
}
