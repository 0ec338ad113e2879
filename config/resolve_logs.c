/* Logs, metrics and service levels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/base/pattern.h"
#include "src/base/slice.h"
#include "src/base/zone.h"
#include "src/model/metric.h"
#include "src/model/slo.h"
#include "src/model/window.h"

enum { MIN_EVENTS = 50, MIN_BAD = 5 };

char **resolve_words(const char **words, size_t n) {
    char **copy = mem_zero(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        copy[i] = mem_copy_text(words[i]);
    }
    return copy;
}

static double number(const char *text) {
    return text != NULL ? slice_number((struct slice){text, strlen(text)}) : NAN;
}

/* The own error of something below, at its place in the file. */
static enum err_code fail_as(const struct node *n, const struct err *own, struct err *err) {
    return node_fail(n, err, own->todo, "%s", own->what);
}

enum err_code resolve_window(const struct node *map, const char *written, const char *fallback,
                             int64_t *out, struct err *err) {
    enum window_span span;
    *out = resolve_ms(written, resolve_ms(fallback, 0));
    if (window_span_of(*out, &span)) {
        return ERR_OK;
    }
    return node_fail(node_get(map, "window"), err, "write 5m, 30m, 1h, 2h, 6h, 1d, 3d or 30d",
                     "no window is %s long", written);
}

/* --- logs --- */

static enum err_code resolve_log(const struct resolve *r, const struct node *node,
                                 const struct raw_log *raw, struct log_spec *log, struct err *err) {
    static const char *const kinds[] = {[LOG_FILE] = "file", [LOG_COMMAND] = "command"};
    static const unsigned profiles[] = {[LOG_TRAY] = METRIC_TRAY,
                                        [LOG_LOGFMT] = METRIC_SERVER,
                                        [LOG_ACCESS] = METRIC_PROXY,
                                        [LOG_JSON] = 0,
                                        [LOG_TEXT] = 0};
    const struct section *section = schema_option(schema_root(), "logs")->section;
    log->kind = (enum log_kind)raw->kind;
    log->format = (enum log_format)raw->format;
    log->cohort = (enum cohort)raw->release;
    log->profiles = profiles[log->format];
    log->backfill_ms = resolve_ms(raw->backfill, 0);
    log->version_key = mem_copy_text(raw->version);
    if (shape_check_kind(node, section, kinds[log->kind], err) != ERR_OK) {
        return err->code;
    }
    if (log->kind == LOG_FILE && raw->paths_count == 0) {
        return node_fail(node, err, "add paths: [\"/var/log/nexy/*.log\"]", "paths is missing");
    }
    if (log->kind == LOG_COMMAND && raw->run_count == 0) {
        return node_fail(node, err, "add run: [journalctl, -f]", "run is missing");
    }
    log->paths = mem_zero(raw->paths_count + 1, sizeof *log->paths);
    for (size_t i = 0; i < raw->paths_count; i++) {
        log->paths[i] = resolve_file(r, raw->paths[i]);
    }
    log->run = resolve_words(raw->run, raw->run_count);
    if (raw->zone != NULL) {
        struct err own = ERR_INIT;
        log->zone = zone_load(raw->zone, &own);
        if (log->zone == NULL) {
            return fail_as(node_get(node, "zone"), &own, err);
        }
    }
    return ERR_OK;
}

static enum err_code resolve_all_logs(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct node *list = node_get(r->root, "logs"), *node = list != NULL ? list->first : NULL;
    p->logs = mem_zero(r->raw->logs_count + 1, sizeof *p->logs);
    for (size_t i = 0; i < r->raw->logs_count && node != NULL; i++, node = node->next) {
        const struct raw_log *raw = &r->raw->logs[i];
        struct log_spec *log = &p->logs[p->n_logs++];
        log->name = mem_copy_text(raw->name);
        if (resolve_log(r, node, raw, log, err) != ERR_OK) {
            return err->code;
        }
    }
    return ERR_OK;
}

/* --- metrics --- */

static enum err_code find_log(const struct policy *p, const struct node *node, const char *name,
                              int *out, struct err *err) {
    const char *names[64 + 1];
    char shown[NODE_SHOWN_CAP], todo[256];
    size_t n = 0;
    *out = -1;
    if (name == NULL) {
        return ERR_OK;
    }
    for (size_t i = 0; i < p->n_logs; i++) {
        if (strcmp(p->logs[i].name, name) == 0) {
            *out = (int)i;
            return ERR_OK;
        }
        if (n < sizeof names / sizeof *names - 1) {
            names[n++] = p->logs[i].name;
        }
    }
    names[n] = NULL;
    node_shown(name, shown);
    shape_suggest(name, names, todo, sizeof todo);
    return node_fail(node_get(node, "log"), err, n > 0 ? todo : "add it to logs", "%s names no log",
                     shown);
}

/* What is measured: exactly one way. */
static enum err_code check_way(const struct node *node, const struct raw_metric *raw,
                               struct err *err) {
    static const char todo[] =
        "write value: KEY, good: and bad:, match: with count: true, or regex:";
    bool pair = raw->good != NULL || raw->bad != NULL;
    int ways = (raw->value != NULL) + pair + (raw->match != NULL) + (raw->regex != NULL);
    if (ways != 1) {
        return node_fail(node, err, todo,
                         ways == 0 ? "nothing says what is measured"
                                   : "more than one way to measure");
    }
    if (pair && (raw->good == NULL || raw->bad == NULL)) {
        return node_fail(node, err, "write both", "good and bad belong together");
    }
    if (raw->match != NULL && !raw->count) {
        return node_fail(node, err, "add count: true", "a match has no value");
    }
    if (raw->count && raw->match == NULL && raw->regex == NULL) {
        return node_fail(node_get(node, "count"), err, "take it out",
                         "only what match or regex find is counted");
    }
    return ERR_OK;
}

static enum err_code resolve_regex(const struct node *node, const struct raw_metric *raw,
                                   struct metric_spec *m, struct err *err) {
    struct err own = ERR_INIT;
    m->regex = pattern_new(raw->regex, "regex", &own);
    if (m->regex == NULL) {
        return fail_as(node_get(node, "regex"), &own, err);
    }
    if (!raw->count && !pattern_has(m->regex, "value")) {
        return node_fail(node_get(node, "regex"), err,
                         "write (?<value>\\d+) around the number, or add count: true",
                         "the pattern has no group named value");
    }
    return ERR_OK;
}

static enum err_code resolve_metric(const struct policy *p, const struct node *node,
                                    const struct raw_metric *raw, struct metric_spec *m,
                                    struct err *err) {
    size_t length = strlen(raw->name);
    bool ms = length > 3 && strcmp(raw->name + length - 3, "_ms") == 0;
    if (check_way(node, raw, err) != ERR_OK ||
        find_log(p, node, raw->log, &m->log, err) != ERR_OK) {
        return err->code;
    }
    m->shape = raw->good != NULL ? SHAPE_RATE : raw->count ? SHAPE_COUNT : SHAPE_MEASURE;
    m->unit = mem_copy_text(raw->unit != NULL         ? raw->unit
                            : m->shape == SHAPE_RATE  ? "ratio"
                            : m->shape == SHAPE_COUNT ? ""
                            : ms                      ? "ms"
                                                      : "");
    m->less_is_worse = node_get(node, "worse") != NULL ? raw->worse == 1 : m->shape == SHAPE_RATE;
    m->input = m->over = -1;
    m->value = mem_copy_text(raw->value);
    m->good = mem_copy_text(raw->good);
    m->bad = mem_copy_text(raw->bad);
    m->match = mem_copy_text(raw->match);
    return raw->regex != NULL ? resolve_regex(node, raw, m, err) : ERR_OK;
}

static int find_metric(const struct policy *p, const char *name) {
    for (size_t i = 0; i < p->n_metrics; i++) {
        if (strcmp(p->metrics[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The built-in metrics that the logs may give; one of the user's with the same name stands for it. */
static void add_built_in(struct policy *p) {
    unsigned profiles = 0;
    for (size_t i = 0; i < p->n_logs; i++) {
        profiles |= p->logs[i].profiles;
    }
    for (size_t i = 0; i < METRIC_STREAMS; i++) {
        const struct metric_stream *stream = &metric_streams[i];
        if ((stream->profiles & profiles) == 0 || find_metric(p, stream->name) >= 0) {
            continue;
        }
        p->metrics[p->n_metrics++] = (struct metric_spec){.name = mem_copy_text(stream->name),
                                                          .unit = mem_copy_text(stream->unit),
                                                          .shape = stream->shape,
                                                          .less_is_worse = stream->less_is_worse,
                                                          .input = (int)stream->input,
                                                          .over = stream->over,
                                                          .log = -1};
    }
}

static enum err_code resolve_metrics(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct node *list = node_get(r->root, "metrics");
    const struct node *node = list != NULL ? list->first : NULL;
    p->metrics = mem_zero(r->raw->metrics_count + METRIC_STREAMS, sizeof *p->metrics);
    for (size_t i = 0; i < r->raw->metrics_count && node != NULL; i++, node = node->next) {
        const struct raw_metric *raw = &r->raw->metrics[i];
        struct metric_spec *m = &p->metrics[p->n_metrics++];
        m->name = mem_copy_text(raw->name);
        if (resolve_metric(p, node, raw, m, err) != ERR_OK) {
            return err->code;
        }
    }
    if (list != NULL && p->n_logs == 0) {
        return node_fail(list, err, "add logs: [{name: client, format: tray, paths: […]}]",
                         "there is no log to measure in");
    }
    add_built_in(p);
    return ERR_OK;
}

enum err_code resolve_metric_name(const struct resolve *r, const struct node *at, const char *name,
                                  unsigned *out, struct err *err) {
    const struct policy *p = r->policy;
    char shown[NODE_SHOWN_CAP], todo[256];
    int found = find_metric(p, name);
    if (found >= 0) {
        *out = (unsigned)found;
        return ERR_OK;
    }
    const char **names = mem_zero(p->n_metrics + 1, sizeof *names);
    for (size_t i = 0; i < p->n_metrics; i++) {
        names[i] = p->metrics[i].name;
    }
    node_shown(name, shown);
    shape_suggest(name, names, todo, sizeof todo);
    free(names);
    return node_fail(at, err, p->n_metrics > 0 ? todo : "add the log that gives it to logs",
                     "%s names no metric that the logs give", shown);
}

/* --- service levels --- */

/* What there is no error budget for: nothing says which single event is bad. */
static bool has_budget(const struct slo_spec *slo, enum metric_shape shape) {
    bool one_side = isnan(slo->min) != isnan(slo->max);
    bool quantile = slo->quantile > 0 && slo->quantile < 1;
    if (shape == SHAPE_MEASURE) {
        return one_side && quantile;
    }
    return shape == SHAPE_RATE && one_side && (isnan(slo->min) || slo->min < 1) &&
           (isnan(slo->max) || slo->max > 0);
}

static enum err_code check_slo(const struct node *node, const struct slo_spec *slo,
                               const struct metric_spec *m, struct err *err) {
    if (isnan(slo->min) && isnan(slo->max)) {
        return node_fail(node, err, "write max: the most, or min: the least that it may be",
                         "there is no threshold");
    }
    if (slo->min > slo->max) {
        return node_fail(node_get(node, "min"), err, "write the smaller one as min",
                         "min is more than max");
    }
    if (!isnan(slo->quantile) && (slo->quantile < 0 || slo->quantile > 1)) {
        return node_fail(node_get(node, "quantile"), err, "write 0.95 for p95",
                         "a quantile is from 0 to 1");
    }
    if (!isnan(slo->quantile) && m->shape != SHAPE_MEASURE) {
        return node_fail(node_get(node, "quantile"), err, "take it out",
                         "%s is no measure: it has no quantiles", m->name);
    }
    if (slo->burn && !has_budget(slo, m->shape)) {
        return node_fail(node_get(node, "burn"), err,
                         "give it a quantile and max, or a rate with min or max",
                         "this service level has no error budget");
    }
    return ERR_OK;
}

static enum err_code resolve_slo(const struct resolve *r, const struct node *node,
                                 const struct raw_slo *raw, struct slo_spec *slo, struct err *err) {
    if (resolve_metric_name(r, node_get(node, "metric"), raw->metric, &slo->metric, err) !=
            ERR_OK ||
        resolve_window(node, raw->window, SCHEMA_WINDOW, &slo->window_ms, err) != ERR_OK) {
        return err->code;
    }
    slo->quantile = number(raw->quantile);
    slo->min = number(raw->min);
    slo->max = number(raw->max);
    slo->warn = number(raw->warn);
    slo->min_samples = raw->min_samples > 0 ? raw->min_samples : SLO_MIN_SAMPLES;
    slo->cohort = (enum cohort)raw->release;
    slo->burn = raw->burn;
    slo->every = raw->every;
    slo->if_seen = raw->if_seen;
    slo->min_events = raw->min_events > 0 ? raw->min_events : MIN_EVENTS;
    slo->min_bad = raw->min_bad > 0 ? raw->min_bad : MIN_BAD;
    return check_slo(node, slo, &r->policy->metrics[slo->metric], err);
}

/* What the rows of metric.c judge, when the configuration names files only. */
static void add_usual(struct policy *p) {
    unsigned profiles = 0;
    for (size_t i = 0; i < p->n_logs; i++) {
        profiles |= p->logs[i].profiles;
    }
    p->slos = mem_zero(METRIC_ROWS + 1, sizeof *p->slos);
    for (size_t i = 0; i < METRIC_ROWS; i++) {
        static const double quantiles[] = {
            [METRIC_P95] = 0.95, [METRIC_P99] = 0.99,  [METRIC_MIN] = 0,    [METRIC_MAX] = 1,
            [METRIC_MEAN] = NAN, [METRIC_COUNT] = NAN, [METRIC_RATIO] = NAN};
        const struct metric *row = &metric_rows[i];
        const struct metric_stream *stream = metric_stream_of(row);
        int metric = stream != NULL ? find_metric(p, stream->name) : -1;
        bool judged = (row->profiles & profiles) != 0;
        bool reported = (row->profiles & METRIC_ALL) != 0 && row->if_seen != 0;
        if (metric < 0 || row->by_baseline || (!judged && !reported)) {
            continue;
        }
        bool most = row->op[0] == '<';
        p->slos[p->n_slos++] = (struct slo_spec){.name = mem_copy_text(row->name),
                                                 .metric = (unsigned)metric,
                                                 .quantile = quantiles[row->statistic],
                                                 .min = most ? NAN : row->threshold,
                                                 .max = most ? row->threshold : NAN,
                                                 .warn = row->warn > 0 ? row->warn : NAN,
                                                 .window_ms = resolve_ms(SCHEMA_WINDOW, 0),
                                                 .min_samples = SLO_MIN_SAMPLES,
                                                 .every = row->every,
                                                 .if_seen = !judged,
                                                 .min_events = MIN_EVENTS,
                                                 .min_bad = MIN_BAD};
    }
}

static enum err_code resolve_slos(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    const struct node *list = node_get(r->root, "slos"), *node = list != NULL ? list->first : NULL;
    if (list == NULL) {
        add_usual(p);
        return ERR_OK;
    }
    p->slos = mem_zero(r->raw->slos_count + 1, sizeof *p->slos);
    for (size_t i = 0; i < r->raw->slos_count && node != NULL; i++, node = node->next) {
        const struct raw_slo *raw = &r->raw->slos[i];
        struct slo_spec *slo = &p->slos[p->n_slos++];
        slo->name = mem_copy_text(raw->name);
        if (resolve_slo(r, node, raw, slo, err) != ERR_OK) {
            return err->code;
        }
    }
    return ERR_OK;
}

enum err_code resolve_logs(struct resolve *r, struct err *err) {
    if (resolve_all_logs(r, err) == ERR_OK && resolve_metrics(r, err) == ERR_OK) {
        (void)resolve_slos(r, err);
    }
    return err->code;
}
