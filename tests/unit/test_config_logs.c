#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/pattern.h"
#include "src/base/zone.h"
#include "src/model/metric.h"
#include "src/model/window.h"
#include "tests/unit/config_help.h"

#define HEAD \
    "product: A\nenvironments: [{name: prod, role: stable, url: 'https://p.example.net'}]\n"

static const struct metric_spec *metric(const struct policy *p, const char *name) {
    for (size_t i = 0; i < p->n_metrics; i++)
        if (strcmp(p->metrics[i].name, name) == 0)
            return &p->metrics[i];
    return NULL;
}

static const struct slo_spec *slo(const struct policy *p, const char *name) {
    for (size_t i = 0; i < p->n_slos; i++)
        if (strcmp(p->slos[i].name, name) == 0)
            return &p->slos[i];
    return NULL;
}

static void a_log_is_what_is_written_and_the_rest_by_default(void **state) {
    (void)state;
    struct policy *p =
        help_good(HEAD GATE "logs:\n"
                            "  - {name: client, format: tray, paths: ['/var/log/*.log', b/], zone: "
                            "'+03:00', backfill: 24h, release: candidate, version: app_version}\n"
                            "  - {name: journal, kind: command, format: logfmt, run: [journalctl, "
                            "-f, '']}\n");
    assert_int_equal(p->n_logs, 2);
    const struct log_spec *l = &p->logs[0];
    assert_int_equal(l->kind, LOG_FILE);
    assert_int_equal(l->format, LOG_TRAY);
    assert_string_equal(l->paths[0], "/var/log/*.log");
    assert_true(l->paths[1][0] == '/' && strstr(l->paths[1], "etc/b/"));
    assert_null(l->paths[2]);
    assert_int_equal(zone_offset_s(l->zone, 0), 3 * 3600);
    assert_int_equal(l->backfill_ms, 24 * 3600 * 1000);
    assert_int_equal(l->cohort, COHORT_CANDIDATE);
    assert_string_equal(l->version_key, "app_version");
    assert_false(l->whole);
    l = &p->logs[1];
    assert_int_equal(l->kind, LOG_COMMAND);
    assert_string_equal(l->run[0], "journalctl");
    assert_string_equal(l->run[2], "");
    assert_null(l->run[3]);
    assert_null(l->zone);
    assert_int_equal(l->backfill_ms, 0);
    assert_int_equal(l->cohort, COHORT_NONE);
    policy_free(p);
}

static void files_alone_bring_the_metrics_and_levels_of_their_format(void **state) {
    (void)state;
    struct policy *p = help_good(HEAD GATE "logs: [{name: c, format: tray, paths: [a.log]}]\n");
    assert_non_null(metric(p, "tray_start_ms"));
    assert_non_null(metric(p, "start_listening_latency_ms"));
    assert_null(metric(p, "error_rate"));
    const struct slo_spec *s = slo(p, "cold_start_p95_ms");
    assert_non_null(s);
    assert_string_equal(p->metrics[s->metric].name, "tray_start_ms");
    assert_true(s->quantile == 0.95 && s->max == 30000 && isnan(s->min));
    assert_int_equal(s->window_ms, 3600 * 1000);
    assert_int_equal(s->min_samples, 50);
    assert_false(s->if_seen || s->every || s->burn);
    s = slo(p, "tal_hold_min_s");
    assert_true(s->every && s->quantile == 0 && s->min == 120 && isnan(s->max));
    assert_true(slo(p, "start_listening_latency_ms")->if_seen);
    assert_null(slo(p, "error_rate"));
    policy_free(p);

    p = help_good(HEAD GATE "logs: [{name: s, format: logfmt, paths: [a.log]}]\n");
    s = slo(p, "error_rate");
    assert_true(s && s->max == 0.10 && s->warn == 0.05 && isnan(s->quantile));
    assert_null(slo(p, "cold_start_p95_ms"));
    assert_null(slo(p, "retry_abort_ratio")); /* there is no baseline */
    policy_free(p);

    p = help_good(HEAD GATE "logs: [{name: s, format: access, paths: [a.log]}]\n");
    assert_int_equal(metric(p, "proxy_502")->shape, SHAPE_COUNT);
    assert_int_equal(p->n_metrics, 2);
    assert_int_equal(p->n_slos, 0);
    policy_free(p);
}

static void metrics_are_measured_in_the_way_that_is_written(void **state) {
    (void)state;
    struct policy *p = help_good(
        HEAD GATE
        "logs:\n  - {name: client, format: tray, paths: [a.log]}\n"
        "  - {name: proxy, format: access, paths: [b.log]}\n"
        "metrics:\n"
        "  - {name: start_listening_latency_ms, log: client, value: start_listening_latency_ms}\n"
        "  - {name: stream_open_success_rate, log: client, good: stream.open ok, bad: stream.open "
        "failed}\n"
        "  - {name: nginx_502, log: proxy, match: '\" 502 ', count: true}\n"
        "  - {name: custom, regex: 'took (?<value>\\d+) ms', worse: less}\n"
        "  - {name: lines, regex: 'x+', count: true, unit: lines}\n");
    const struct metric_spec *m = metric(p, "start_listening_latency_ms");
    assert_int_equal(m->input, -1); /* the user's stands for the built-in one */
    assert_int_equal(m->shape, SHAPE_MEASURE);
    assert_int_equal(m->log, 0);
    assert_string_equal(m->unit, "ms");
    m = metric(p, "stream_open_success_rate");
    assert_int_equal(m->shape, SHAPE_RATE);
    assert_true(m->less_is_worse);
    assert_string_equal(m->unit, "ratio");
    m = metric(p, "nginx_502");
    assert_int_equal(m->shape, SHAPE_COUNT);
    assert_int_equal(m->log, 1);
    assert_false(m->less_is_worse);
    m = metric(p, "custom");
    assert_int_equal(m->log, -1);
    assert_true(m->less_is_worse && m->shape == SHAPE_MEASURE);
    assert_string_equal(pattern_text(m->regex), "took (?<value>\\d+) ms");
    assert_int_equal(metric(p, "lines")->shape, SHAPE_COUNT);
    assert_true(metric(p, "tray_ready_ms")->input >= 0);
    policy_free(p);
}

static void levels_that_are_written_are_all_there_are(void **state) {
    (void)state;
    struct policy *p = help_good(
        HEAD GATE "logs: [{name: c, format: tray, paths: [a.log]}]\n"
                  "slos:\n  - {name: start, metric: tray_ready_ms, quantile: 0.99, max: 30000.5, "
                  "warn: 20, window: 24h, burn: true, min_events: 7, min_bad: 3, min_samples: 9, "
                  "release: baseline, every: true, if_seen: true}\n"
                  "  - {name: opens, metric: stream_open_success_rate, min: 0.98}\n");
    assert_int_equal(p->n_slos, 2);
    const struct slo_spec *s = slo(p, "start");
    assert_true(s->quantile == 0.99 && s->max == 30000.5 && isnan(s->min));
    assert_int_equal(s->window_ms, 24 * 3600 * 1000);
    assert_true(s->burn && s->every && s->if_seen);
    assert_int_equal(s->min_events, 7);
    assert_int_equal(s->min_bad, 3);
    assert_int_equal(s->min_samples, 9);
    assert_int_equal(s->cohort, COHORT_BASELINE);
    s = slo(p, "opens");
    assert_true(isnan(s->quantile) && isnan(s->warn) && s->min == 0.98);
    assert_int_equal(s->min_events, 50);
    assert_int_equal(s->min_bad, 5);
    policy_free(p);
}

static void gates_name_levels_logs_metrics_and_rules(void **state) {
    (void)state;
    struct policy *p = help_good(
        HEAD
        "logs:\n  - {name: client, format: tray, paths: [a.log], release: candidate}\n"
        "  - {name: everybody, format: tray, paths: [b.log], release: baseline}\n"
        "  - {name: build, format: text, paths: [log.md, rebuild_logs/]}\n"
        "slos:\n  - {name: start a, metric: tray_ready_ms, quantile: 0.9, max: 1, burn: true}\n"
        "  - {name: start b, metric: tray_ready_ms, max: 1}\n"
        "  - {name: opens, metric: stream_open_success_rate, min: 0.98}\n"
        "gates:\n"
        "  - {name: levels, kind: slo, slos: ['*', '!start b'], min_samples: 7}\n"
        "  - {name: burn, kind: burn, alert: ticket}\n"
        "  - {name: canary, kind: canary, metrics: [tray_ready_ms, stream_open_success_rate]}\n"
        "  - {name: quiet, kind: no-violations, rules: ['*', '!jitter'], window: 6h}\n"
        "  - {name: clean, kind: logs-clean, patterns: [oops, FATAL]}\n");
    const struct gate_spec *g = help_gate(p, "levels");
    assert_int_equal(g->n_slos, 2);
    assert_int_equal(g->slos[0], 0);
    assert_int_equal(g->slos[1], 2);
    assert_int_equal(g->min_samples, 7);
    g = help_gate(p, "burn");
    assert_int_equal(g->n_slos, 1);
    assert_int_equal(g->alert, ALERT_TICKET);
    g = help_gate(p, "canary");
    assert_int_equal(g->n_metrics, 2);
    assert_int_equal(g->window_ms, 3600 * 1000);
    g = help_gate(p, "quiet");
    assert_int_equal(g->n_logs, 2);
    assert_int_equal(g->rules, ((1U << METRIC_RULES) - 1) & ~(1U << METRIC_JITTER));
    assert_int_equal(g->window_ms, 6 * 3600 * 1000);
    g = help_gate(p, "clean");
    assert_int_equal(g->n_logs, 1);
    assert_int_equal(g->logs[0], 2);
    assert_true(p->logs[2].whole);
    assert_string_equal(g->patterns[0], "oops");
    assert_null(g->patterns[2]);

    char *shown = help_printed(p); /* and what is shown says the same again */
    struct policy *again = help_good(shown);
    char *twice = help_printed(again);
    assert_string_equal(shown, twice);
    free(twice);
    free(shown);
    policy_free(again);
    policy_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_what_is_written_and_the_rest_by_default),
        cmocka_unit_test(files_alone_bring_the_metrics_and_levels_of_their_format),
        cmocka_unit_test(metrics_are_measured_in_the_way_that_is_written),
        cmocka_unit_test(levels_that_are_written_are_all_there_are),
        cmocka_unit_test(gates_name_levels_logs_metrics_and_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
