#include "src/cmd/levels_json.h"

#include <math.h>

#include "src/base/json.h"

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(uint64_t n) {
    return json_integer((json_int_t)n);
}

static json_t *side_json(double value, uint64_t samples) {
    if (samples == 0)
        return json_null();
    json_t *out = json_object();
    json_object_set_new(out, "value", number(value));
    json_object_set_new(out, "samples", count(samples));
    return out;
}

static json_t *burn_json(const struct burn_view *burn) {
    static const char *const levels[] = {[BURN_UNKNOWN] = "unknown",
                                         [BURN_NONE] = "none",
                                         [BURN_TICKET] = "ticket",
                                         [BURN_PAGE] = "page"};
    json_t *out = json_object(), *rates = json_object();
    json_object_set_new(out, "level", json_string(levels[burn->level]));
    json_object_set_new(out, "budget_left",
                        number(burn->events[WINDOW_30D] > 0 ? burn->budget_left : NAN));
    for (int i = 0; i < WINDOW_SPANS; i++)
        json_object_set_new(rates, window_span_name((enum window_span)i),
                            number(burn->events[i] > 0 ? burn->rates[i] : NAN));
    json_object_set_new(out, "rates", rates);
    json_object_set_new(out, "reason", json_text(burn->reason));
    return out;
}

static json_t *level_json(const struct snapshot *s, size_t i) {
    const struct slo_spec *spec = &s->policy->slos[i];
    const struct metric_spec *metric = &s->policy->metrics[spec->metric];
    const struct slo_view *view = &s->slos[i];
    json_t *out = json_object();
    json_object_set_new(out, "name", json_text(spec->name));
    json_object_set_new(out, "metric", json_text(metric->name));
    json_object_set_new(out, "verdict", json_string(slo_verdict_name(view->verdict)));
    json_object_set_new(out, "counted", json_boolean(view->counted));
    json_object_set_new(out, "warned", json_boolean(view->warned));
    json_object_set_new(out, "value", number(view->samples > 0 ? view->value : NAN));
    json_object_set_new(out, "unit", json_text(metric->unit));
    json_object_set_new(out, "quantile", number(spec->quantile));
    json_object_set_new(out, "min", number(spec->min));
    json_object_set_new(out, "max", number(spec->max));
    json_object_set_new(out, "window_ms", json_integer(spec->window_ms));
    json_object_set_new(out, "samples", count(view->samples));
    json_object_set_new(out, "min_samples", count(spec->min_samples));
    json_object_set_new(out, "candidate", side_json(view->candidate, view->candidate_samples));
    json_object_set_new(out, "baseline", side_json(view->baseline, view->baseline_samples));
    json_object_set_new(out, "burn", spec->burn ? burn_json(&view->burn) : json_null());
    json_object_set_new(out, "reason", json_text(view->reason));
    return out;
}

json_t *levels_json(const struct snapshot *s) {
    json_t *out = json_array();
    for (size_t i = 0; i < s->n_slos; i++)
        json_array_append_new(out, level_json(s, i));
    return out;
}

json_t *logs_json(const struct snapshot *s) {
    static const struct log_state unread;
    json_t *out = json_array();
    for (size_t i = 0; i < s->policy->n_logs; i++) {
        const struct log_state *log = s->log ? &s->log->logs[i] : &unread;
        json_t *one = json_object();
        json_object_set_new(one, "name", json_text(s->policy->logs[i].name));
        json_object_set_new(one, "files", json_integer(log->files));
        json_object_set_new(one, "caught_up", json_boolean(log->caught_up));
        json_object_set_new(one, "lines", count(log->lines));
        json_object_set_new(one, "bytes", count(log->bytes));
        json_object_set_new(one, "damaged", count(log->damaged));
        json_object_set_new(one, "skipped", count(log->skipped));
        json_object_set_new(one, "untimed", count(log->untimed));
        json_object_set_new(one, "ahead", count(log->ahead));
        json_object_set_new(one, "violations", count(log->violations));
        json_object_set_new(one, "trouble",
                            log->trouble[0] ? json_text(log->trouble) : json_null());
        json_array_append_new(out, one);
    }
    return out;
}
