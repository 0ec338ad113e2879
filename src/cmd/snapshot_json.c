#include "src/cmd/snapshot_json.h"

#include "src/base/json.h"
#include "src/base/when.h"
#include "src/cmd/levels_json.h"
#include "src/model/phase.h"
#include "src/model/rollout.h"

static json_t *text_or_null(const char *text) {
    return text[0] ? json_text(text) : json_null();
}

static json_t *number_or_null(int64_t value, bool known) {
    return known ? json_integer(value) : json_null();
}

static json_t *time_text(int64_t wall_ms) {
    char text[32];
    when_rfc3339(wall_ms, text, sizeof text);
    return json_string(text);
}

/* JSON text as what it is; NULL gives null. */
static json_t *json_value(const char *text) {
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return value ? value : json_null();
}

static json_t *gate_json(const struct snapshot *s, size_t i) {
    const struct gate_spec *spec = &s->policy->gates[i];
    const struct gate_view *gate = &s->gates[i];
    json_t *out = json_object();
    json_object_set_new(out, "name", json_text(spec->name));
    json_object_set_new(out, "kind", json_text(spec->kind));
    json_object_set_new(out, "verdict", json_string(gate_verdict_name(gate->verdict)));
    json_object_set_new(out, "reason", json_text(gate->reason));
    json_object_set_new(out, "since", time_text(gate->since_ms));
    json_object_set_new(out, "counted", json_boolean(gate->counted));
    json_object_set_new(out, "waived", json_boolean(gate->waived));
    json_object_set_new(out, "waiver", text_or_null(gate->waiver));
    return out;
}

static json_t *source_json(const struct snapshot *s, size_t i) {
    const struct source_spec *spec = &s->policy->sources[i];
    const struct source_view *source = &s->sources[i];
    const struct sample *last = source->last;
    /* Before it is down, a source that fails stands with its last good values. */
    const struct sample *values = source->good ? source->good : last;
    json_t *out = json_object();
    json_object_set_new(out, "name", json_text(spec->name));
    json_object_set_new(out, "environment",
                        json_text(s->policy->environments[spec->environment].name));
    json_object_set_new(out, "of_gate", json_boolean(spec->of_gate));
    json_object_set_new(out, "kind", json_text(spec->kind));
    json_object_set_new(out, "state", json_string(source_state_name(source->state)));
    json_object_set_new(out, "version", values ? text_or_null(values->version) : json_null());
    json_object_set_new(out, "build", values ? text_or_null(values->build) : json_null());
    json_object_set_new(out, "http", number_or_null(last ? last->http : 0, last && last->http > 0));
    json_object_set_new(
        out, "latency_ms",
        number_or_null(last ? last->latency_ms : 0, last && last->latency_ms != SAMPLE_UNKNOWN));
    const int64_t age = source_age_ms(s, i);
    json_object_set_new(out, "age_ms", number_or_null(age, age >= 0));
    json_object_set_new(out, "error", last ? text_or_null(last->error) : json_null());
    json_object_set_new(out, "value", json_value(values ? values->value : NULL));
    json_object_set_new(
        out, "exit_code",
        number_or_null(last ? last->exit_code : 0, last && last->exit_code != SAMPLE_UNKNOWN));
    json_object_set_new(out, "output", last ? json_text(last->output) : json_null());
    return out;
}

static json_t *phase_json(const struct snapshot *s) {
    const struct phase_now now = phase_of(s);
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(phase_name(now.phase)));
    json_object_set_new(out, "since", now.since_ms ? time_text(now.since_ms) : json_null());
    json_object_set_new(out, "percent", number_or_null(now.percent, now.percent >= 0));
    json_object_set_new(out, "why", text_or_null(now.why));
    return out;
}

static json_t *store_json(const struct snapshot *s) {
    json_t *out = json_object();
    json_object_set_new(out, "state", json_string(store_state_name(s->store)));
    json_object_set_new(out, "note", text_or_null(s->store_note));
    return out;
}

static json_t *ledger_json(const struct votes *v) {
    json_t *out = json_object();
    json_object_set_new(out, "state", json_string(ledger_state_name(v->state)));
    json_object_set_new(out, "note", text_or_null(v->note));
    json_object_set_new(out, "entries", json_integer((json_int_t)v->last));
    return out;
}

/* How far the newest item of a feed has got; null when it is not known now, or there is no such feed. */
static json_t *rollout_json(const struct snapshot *s, int source) {
    struct rollout r;
    if (!rollout_of(s, source, &r))
        return json_null();
    json_t *out = json_object();
    json_object_set_new(out, "source", json_text(s->policy->sources[source].id));
    json_object_set_new(out, "version", json_text(r.version));
    json_object_set_new(out, "phased", json_boolean(r.now.phased));
    json_object_set_new(out, "paused", json_boolean(r.now.paused));
    json_object_set_new(out, "critical", json_boolean(r.item.critical));
    json_object_set_new(out, "published",
                        r.item.dated ? time_text(r.item.pub_date_ms) : json_null());
    json_object_set_new(out, "interval_ms", number_or_null(r.interval_ms, r.item.interval_s >= 0));
    json_object_set_new(out, "groups", json_integer(EXPOSURE_GROUPS));
    json_object_set_new(out, "groups_open", json_integer(r.now.groups_open));
    json_object_set_new(out, "next_group", r.now.has_next ? time_text(r.now.next_ms) : json_null());
    json_object_set_new(out, "complete", r.now.phased ? time_text(r.now.complete_ms) : json_null());
    json_object_set_new(out, "share_eligible", json_real(r.now.share_eligible));
    json_object_set_new(out, "share_reached", json_real(r.now.share_reached));
    json_object_set_new(out, "check_interval_ms", json_integer(s->policy->check_interval_ms));
    return out;
}

static json_t *exposure_json(const struct snapshot *s) {
    json_t *out = json_object();
    json_object_set_new(out, "stable", rollout_json(s, s->policy->stable_source));
    json_object_set_new(out, "candidate", rollout_json(s, s->policy->target_source));
    return out;
}

static json_t *step_json(const struct step_view *step) {
    json_t *out = json_object();
    json_object_set_new(out, "state", json_string(step_state_name(step->state)));
    json_object_set_new(out, "exit_code",
                        number_or_null(step->exit_code, step->exit_code != RECORD_EXIT_NONE));
    json_object_set_new(out, "output_sha256", text_or_null(step->digest));
    json_object_set_new(out, "text", json_text(step->text));
    return out;
}

static json_t *run_json(const struct snapshot *s, const struct run_view *run) {
    const int64_t took_ms = run_stopwatch_ms(run, s->wall_ms);
    json_t *out = json_object(), *steps = json_array();
    json_object_set_new(out, "id", json_text(run->id));
    json_object_set_new(out, "action", json_text(run->name));
    json_object_set_new(out, "target", text_or_null(run->target));
    json_object_set_new(out, "state", json_string(run_state_name(run->state)));
    json_object_set_new(out, "who", text_or_null(run->who));
    json_object_set_new(out, "reason", text_or_null(run->reason));
    json_object_set_new(out, "why", text_or_null(run->why));
    json_object_set_new(out, "drift", text_or_null(run->drift));
    json_object_set_new(out, "confirmed",
                        run->confirmed_ms > 0 ? time_text(run->confirmed_ms) : json_null());
    json_object_set_new(out, "took_ms", number_or_null(took_ms, took_ms >= 0));
    for (size_t i = 0; i < run->n_steps; i++)
        json_array_append_new(steps, step_json(&run->steps[i]));
    json_object_set_new(out, "steps", steps);
    return out;
}

static json_t *runs_json(const struct snapshot *s) {
    json_t *out = json_array();
    for (size_t i = 0; i < s->n_runs; i++)
        json_array_append_new(out, run_json(s, s->runs[i]));
    return out;
}

json_t *snapshot_json(const struct snapshot *s) {
    json_t *out = json_object();
    json_object_set_new(out, "product", json_text(s->policy->product));
    json_object_set_new(out, "target", text_or_null(s->target));
    json_object_set_new(out, "stable", text_or_null(s->stable));
    json_object_set_new(out, "stage", json_string(stage_name(s->stage)));
    json_object_set_new(out, "phase", phase_json(s));
    json_object_set_new(out, "question", json_text(s->question));
    json_object_set_new(out, "verdict", json_string(verdict_name(s->verdict)));
    json_object_set_new(out, "at", time_text(s->wall_ms));
    json_object_set_new(out, "fingerprint", text_or_null(s->fingerprint));
    json_object_set_new(out, "ledger", ledger_json(s->votes));
    json_object_set_new(out, "store", store_json(s));
    json_object_set_new(out, "exposure", exposure_json(s));
    json_object_set_new(out, "runs", runs_json(s));
    json_object_set_new(out, "slos", levels_json(s));
    json_object_set_new(out, "logs", logs_json(s));
    json_t *gates = json_array();
    for (size_t i = 0; i < s->n_gates; i++)
        json_array_append_new(gates, gate_json(s, i));
    json_object_set_new(out, "gates", gates);
    json_t *sources = json_array();
    for (size_t i = 0; i < s->n_sources; i++)
        json_array_append_new(sources, source_json(s, i));
    json_object_set_new(out, "sources", sources);
    return out;
}
