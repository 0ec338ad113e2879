#include "config/print_logs.h"

#include <string.h>

#include "config/put.h"
#include "config/schema.h"
#include "src/base/pattern.h"
#include "src/base/zone.h"
#include "src/model/metric.h"

static const char in[] = "    ";

static const char *word(const char *section, const char *key, int value) {
    const struct section *s = schema_option(schema_root(), section)->section;
    return schema_option(s, key)->words[value];
}

static void begin(FILE *out, const char *name) {
    (void)fputs("  - name: ", out);
    put(out, name);
    (void)fputc('\n', out);
}

static void print_log(FILE *out, const struct log_spec *log) {
    begin(out, log->name);
    put_pair(out, in, "kind", word("logs", "kind", (int)log->kind));
    put_pair(out, in, "format", word("logs", "format", (int)log->format));
    if (log->kind == LOG_FILE) {
        put_words(out, in, "paths", log->paths);
    } else {
        put_words(out, in, "run", log->run);
    }
    put_pair(out, in, "zone", log->zone != NULL ? zone_name(log->zone) : "UTC");
    if (log->backfill_ms > 0) {
        put_ms(out, in, "backfill", log->backfill_ms);
    }
    put_pair(out, in, "release", word("logs", "release", (int)log->cohort));
    put_pair(out, in, "version", log->version_key);
}

static void print_metric(FILE *out, const struct policy *p, const struct metric_spec *m) {
    begin(out, m->name);
    put_pair(out, in, "log", m->log >= 0 ? p->logs[m->log].name : NULL);
    put_pair(out, in, "value", m->value);
    put_pair(out, in, "good", m->good);
    put_pair(out, in, "bad", m->bad);
    put_pair(out, in, "match", m->match);
    put_pair(out, in, "regex", m->regex != NULL ? pattern_text(m->regex) : NULL);
    if (m->shape == SHAPE_COUNT) {
        (void)fprintf(out, "%scount: true\n", in);
    }
    put_pair(out, in, "unit", m->unit[0] != '\0' ? m->unit : NULL);
    put_pair(out, in, "worse", word("metrics", "worse", m->less_is_worse));
}

static void print_slo(FILE *out, const struct policy *p, const struct slo_spec *slo) {
    begin(out, slo->name);
    put_pair(out, in, "metric", p->metrics[slo->metric].name);
    put_number(out, in, "quantile", slo->quantile);
    put_number(out, in, "max", slo->max);
    put_number(out, in, "min", slo->min);
    put_number(out, in, "warn", slo->warn);
    put_ms(out, in, "window", slo->window_ms);
    put_count(out, in, "min_samples", slo->min_samples);
    put_pair(out, in, "release", word("slos", "release", (int)slo->cohort));
    (void)fprintf(out, "%sburn: %s\n", in, slo->burn ? "true" : "false");
    put_count(out, in, "min_events", slo->min_events);
    put_count(out, in, "min_bad", slo->min_bad);
    (void)fprintf(out, "%severy: %s\n", in, slo->every ? "true" : "false");
    (void)fprintf(out, "%sif_seen: %s\n", in, slo->if_seen ? "true" : "false");
}

void print_logs(FILE *out, const struct policy *p) {
    (void)fputs(p->n_logs > 0 ? "logs:\n" : "", out);
    for (size_t i = 0; i < p->n_logs; i++) {
        print_log(out, &p->logs[i]);
    }
    bool headed = false;
    for (size_t i = 0; i < p->n_metrics; i++) {
        if (p->metrics[i].input >= 0) { /* built in */
            continue;
        }
        (void)fputs(headed ? "" : "metrics:\n", out);
        headed = true;
        print_metric(out, p, &p->metrics[i]);
    }
    (void)fputs(p->n_slos > 0 ? "slos:\n" : "", out);
    for (size_t i = 0; i < p->n_slos; i++) {
        print_slo(out, p, &p->slos[i]);
    }
}

static void begin_list(FILE *out, const char *key, size_t i) {
    if (i == 0) {
        (void)fprintf(out, "%s%s:\n", in, key);
    }
    (void)fprintf(out, "%s  - ", in);
}

static void put_item(FILE *out, const char *key, size_t i, const char *name) {
    begin_list(out, key, i);
    put(out, name);
    (void)fputc('\n', out);
}

void print_gate_levels(FILE *out, const struct policy *p, const struct gate_spec *g) {
    for (size_t i = 0; i < g->n_slos; i++) {
        put_item(out, "slos", i, p->slos[g->slos[i]].name);
    }
    put_count(out, in, "min_samples", g->min_samples);
    if (strcmp(g->kind, "burn") == 0) {
        put_pair(out, in, "alert", word("gates", "alert", (int)g->alert));
    }
    for (size_t i = 0; i < g->n_metrics; i++) {
        put_item(out, "metrics", i, p->metrics[g->metrics[i]].name);
    }
    for (size_t i = 0; i < g->n_logs; i++) {
        put_item(out, "logs", i, p->logs[g->logs[i]].name);
    }
    for (size_t i = 0, n = 0; i < METRIC_RULES; i++) {
        if ((g->rules & 1U << i) != 0) {
            put_item(out, "rules", n++, metric_breaches[i].rule);
        }
    }
    put_words(out, in, "patterns", g->patterns);
    if (g->guards) {
        put_number(out, in, "baseline", g->baseline);
    }
    if (g->window_ms > 0) {
        put_ms(out, in, "window", g->window_ms);
    }
}

void print_metrics_help(FILE *out) {
    (void)fputs("\nmetrics that logs of these formats give\n", out);
    for (size_t i = 0; i < METRIC_STREAMS; i++) {
        const struct metric_stream *m = &metric_streams[i];
        (void)fprintf(out, "  %-32s %-6s%s%s%s\n", m->name, m->unit[0] != '\0' ? m->unit : "count",
                      (m->profiles & METRIC_TRAY) != 0 ? " tray" : "",
                      (m->profiles & METRIC_SERVER) != 0 ? " logfmt" : "",
                      (m->profiles & METRIC_PROXY) != 0 ? " access" : "");
    }
    (void)fputs("\nrules of the tray\n", out);
    for (size_t i = 0; i < METRIC_RULES; i++) {
        (void)fprintf(out, "  %-32s %s\n", metric_breaches[i].rule, metric_breaches[i].what);
    }
}
