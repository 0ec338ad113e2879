#include "src/model/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mask.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/plan_reach.h"
#include "src/model/url.h"

/* --- words --- */

static void say(char *dst, size_t cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(char *dst, size_t cap, const char *format, ...) {
    char line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_safe(dst, cap, line, strlen(line));
}

/* As a shell would have to be told: what is plain stands as it is. */
static void add_word(struct buf *out, const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-+=./:,@%";
    size_t n = strlen(word);
    if (n > 0 && strspn(word, plain) == n) {
        buf_add(out, word, n);
        return;
    }
    buf_add_text(out, "'");
    for (; *word; word++) {
        if (*word == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add(out, word, 1);
    }
    buf_add_text(out, "'");
}

static char *argv_line(char *const *argv) {
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; argv[i]; i++) {
        if (i > 0)
            buf_add_text(&out, " ");
        add_word(&out, argv[i]);
    }
    return buf_steal(&out);
}

static char *http_line(const struct run_step *step) {
    const struct step_spec *spec = step->spec;
    struct buf out;
    buf_init(&out, 0);
    buf_addf(&out, "%s %s", spec->method, step->url);
    for (size_t i = 0; i < spec->n_headers; i++)
        buf_addf(&out, "%s%s: %s", i == 0 ? " with " : ", ", spec->headers[i].name,
                 spec->headers[i].secret ? "***" : spec->headers[i].value);
    if (step->body)
        buf_addf(&out, ", body %s", step->body);
    if (spec->expect_status)
        buf_addf(&out, ": must answer %d", spec->expect_status);
    return buf_steal(&out);
}

static char *expect_line(const struct policy *policy, const struct step_spec *spec) {
    char within[32];
    struct buf out;
    buf_init(&out, 0);
    buf_add_text(&out, "read again until ");
    for (size_t i = 0; i < spec->n_expect; i++)
        buf_addf(&out, "%s%s", i == 0 ? "" : " and ", policy->gates[spec->expect[i]].name);
    duration_text(spec->timeout_ms, within, sizeof within);
    buf_addf(&out, " pass%s, within %s", spec->n_expect == 1 ? "es" : "", within);
    return buf_steal(&out);
}

static char *step_line(const struct policy *policy, const struct run_step *step) {
    char wait[32];
    switch (step->spec->kind) {
    case STEP_RUN:
        return argv_line(step->argv);
    case STEP_HTTP:
        return http_line(step);
    case STEP_EXPECT:
        return expect_line(policy, step->spec);
    case STEP_WAIT:
        duration_text(step->spec->timeout_ms, wait, sizeof wait);
        return mem_format("wait %s", wait);
    case STEP_ASK:
        return mem_format("ask: %s", step->spec->question);
    }
    return mem_copy_text("");
}

/* Takes `line`; masked and safe. */
static char *finish_line(struct mask *mask, char *line) {
    char *masked = mask_text(mask, line);
    char *safe = text_safe_copy(masked, strlen(masked));
    free(masked);
    free(line);
    return safe;
}

/* --- the steps --- */

/* NULL and the plan's fault when a value is missing. */
static char *fill(struct run_plan *plan, const struct step_spec *spec, const char *text) {
    char why[256] = "";
    char *filled = placeholder_fill(&plan->values, text, why, sizeof why);
    if (!filled && !plan->fault[0])
        say(plan->fault, sizeof plan->fault, "step \"%s\" needs %s", spec->name, why);
    return filled;
}

static char **fill_words(struct run_plan *plan, const struct step_spec *spec, char *const *words) {
    size_t n = 0;
    while (words[n])
        n++;
    char **filled = mem_zero(n + 1, sizeof *filled);
    for (size_t i = 0; i < n && !plan->fault[0]; i++)
        filled[i] = fill(plan, spec, words[i]);
    return filled;
}

static void fill_step(struct run_plan *plan, struct run_step *step) {
    const struct step_spec *spec = step->spec;
    if (spec->argv)
        step->argv = fill_words(plan, spec, spec->argv);
    if (spec->undo)
        step->undo = fill_words(plan, spec, spec->undo);
    if (spec->url)
        step->url = fill(plan, spec, spec->url);
    if (spec->body)
        step->body = fill(plan, spec, spec->body);
    if (!plan->fault[0] && step->url && url_safety(step->url) != URL_HTTPS &&
        url_safety(step->url) != URL_HTTP_LOOPBACK)
        say(plan->fault, sizeof plan->fault, "step \"%s\" would ask %.200s, which is not encrypted",
            spec->name, step->url);
}

static void describe(struct run_plan *plan) {
    const char **secrets = plan_secrets(plan->policy);
    struct mask *mask = mask_new(secrets);
    for (size_t i = 0; i < plan->n_steps && !plan->fault[0]; i++) {
        struct run_step *step = &plan->steps[i];
        step->line = finish_line(mask, step_line(plan->policy, step));
        if (step->undo)
            step->undo_line = finish_line(mask, argv_line(step->undo));
    }
    mask_free(mask);
    free(secrets);
}

static void digest_words(struct hash *h, char *const *words) {
    for (; words && *words; words++)
        hash_add(h, *words, strlen(*words) + 1);
    hash_add(h, "\n", 1);
}

static void digest_text(struct hash *h, const char *text) {
    if (text)
        hash_add(h, text, strlen(text));
    hash_add(h, "", 1);
}

/* Over what the steps do; not over their time limits, which may be corrected while a run waits. */
static void digest(struct run_plan *plan) {
    const struct policy *policy = plan->policy;
    struct hash *h = hash_new();
    digest_text(h, policy->actions[plan->action].name);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct run_step *step = &plan->steps[i];
        const struct step_spec *spec = step->spec;
        digest_text(h, spec->name);
        digest_words(h, step->argv);
        digest_words(h, step->undo);
        digest_words(h, spec->env);
        digest_text(h, spec->cwd);
        digest_text(h, spec->method);
        digest_text(h, step->url);
        digest_text(h, step->body);
        for (size_t k = 0; k < spec->n_headers; k++)
            digest_text(h, spec->headers[k].name);
        for (size_t k = 0; k < spec->n_expect; k++)
            digest_text(h, policy->gates[spec->expect[k]].name);
        digest_text(h, spec->question);
    }
    hash_hex(h, plan->digest);
    hash_free(h);
}

static struct run_plan *plan_new(const struct policy *policy, size_t action) {
    struct run_plan *plan = mem_zero(1, sizeof *plan);
    plan->policy = policy;
    plan->action = (unsigned)action;
    return plan;
}

static void make_steps(struct run_plan *plan) {
    const struct action_spec *action = &plan->policy->actions[plan->action];
    plan->steps = mem_zero(action->n_steps + 1, sizeof *plan->steps);
    plan->n_steps = action->n_steps;
    for (size_t i = 0; i < plan->n_steps; i++) {
        plan->steps[i].spec = &action->steps[i];
        fill_step(plan, &plan->steps[i]);
    }
    describe(plan);
    digest(plan);
}

/* --- what forbids it --- */

static void say_held(struct run_plan *plan, const struct snapshot *s) {
    size_t more = 0;
    const struct gate_view *first = NULL;
    if (s->verdict == VERDICT_GO)
        return;
    for (size_t i = 0; i < s->n_gates; i++) {
        const struct gate_view *gate = &s->gates[i];
        if (!gate->counted || gate->waived || gate->verdict == GATE_PASS)
            continue;
        if (!first || (gate->verdict == GATE_FAIL && first->verdict != GATE_FAIL))
            first = gate;
        more++;
    }
    char others[48] = "";
    if (more > 1)
        snprintf(others, sizeof others, " (and %zu more)", more - 1);
    if (s->ground[0] && (!first || first->verdict != GATE_FAIL))
        say(plan->held, sizeof plan->held, "%s: %s", verdict_name(s->verdict), s->ground);
    else
        say(plan->held, sizeof plan->held, "%s: %s%s%s%s", verdict_name(s->verdict),
            first ? s->policy->gates[first - s->gates].name : "no gate counts", first ? ": " : "",
            first ? first->reason : "", others);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return hash;
}

static uint64_t seen_of(const struct run_plan *plan, const struct snapshot *s) {
    uint64_t hash = mix(UINT64_C(14695981039346656037), plan->digest, strlen(plan->digest));
    if (plan->policy->actions[plan->action].requires == REQUIRES_ANY)
        return hash;
    hash = mix(hash, s->target, strlen(s->target) + 1);
    hash = mix(hash, s->stable, strlen(s->stable) + 1);
    hash = mix(hash, s->fingerprint, strlen(s->fingerprint) + 1);
    unsigned char flags[] = {(unsigned char)s->verdict, (unsigned char)s->stage};
    hash = mix(hash, flags, sizeof flags);
    for (size_t i = 0; i < s->n_gates; i++) {
        flags[0] = (unsigned char)s->gates[i].verdict;
        flags[1] = (unsigned char)(s->gates[i].counted | (s->gates[i].waived << 1));
        hash = mix(hash, flags, sizeof flags);
    }
    return hash;
}

struct run_plan *plan_make(const struct snapshot *s, size_t action) {
    struct run_plan *plan = plan_new(s->policy, action);
    const struct action_spec *spec = &s->policy->actions[action];
    place_values_init(&plan->values, s, spec->environment);
    make_steps(plan);
    if (spec->confirm == CONFIRM_VERSION) {
        if (plan->values.text[PLACE_TARGET])
            snprintf(plan->word, sizeof plan->word, "%s", plan->values.text[PLACE_TARGET]);
        else if (!plan->fault[0])
            say(plan->fault, sizeof plan->fault, "there is no version to confirm: %s",
                plan->values.why[PLACE_TARGET]);
    } else if (spec->confirm == CONFIRM_WORD) {
        snprintf(plan->word, sizeof plan->word, "%s", spec->name);
    }
    plan->reason_needed = spec->requires == REQUIRES_GO && policy_protects(s->policy, spec);
    if (spec->requires == REQUIRES_GO)
        say_held(plan, s);
    plan_say_reach(plan, s);
    for (size_t i = 0; i < plan->n_steps && i < RUN_STEPS_MAX; i++) {
        bool holds = spec->steps[i].kind == STEP_EXPECT;
        for (size_t k = 0; k < spec->steps[i].n_expect; k++)
            holds = holds && s->gates[spec->steps[i].expect[k]].verdict == GATE_PASS;
        plan->held_before[i] = holds;
    }
    snprintf(plan->fingerprint, sizeof plan->fingerprint, "%s", s->fingerprint);
    if (s->n_runs > 0)
        snprintf(plan->after, sizeof plan->after, "%s", s->runs[0]->id);
    plan->seen = seen_of(plan, s);
    return plan;
}

void plan_save(const struct run_plan *plan, struct buf *out) {
    const char *comma = "";
    buf_add_text(out, "{");
    place_values_write(&plan->values, out);
    buf_addf(out, "%s\"held\":[", out->data[out->len - 1] == '{' ? "" : ",");
    for (size_t i = 0; i < plan->n_steps && i < RUN_STEPS_MAX; i++) {
        if (!plan->held_before[i])
            continue;
        buf_addf(out, "%s%zu", comma, i);
        comma = ",";
    }
    buf_add_text(out, "]}");
}

static void read_held(struct run_plan *plan, const char *json) {
    json_t *root = json_read(json, strlen(json), "run", NULL), *one;
    size_t i;
    json_array_foreach(json_object_get(root, "held"), i, one) {
        json_int_t step = json_integer_value(one);
        if (step >= 0 && step < RUN_STEPS_MAX)
            plan->held_before[step] = true;
    }
    json_decref(root);
}

struct run_plan *plan_remake(const struct policy *policy, size_t action, const char *json) {
    struct run_plan *plan = plan_new(policy, action);
    if (!place_values_read(&plan->values, policy, policy->actions[action].environment, json))
        say(plan->fault, sizeof plan->fault, "what the run began with cannot be read");
    read_held(plan, json);
    make_steps(plan);
    return plan;
}

static void free_words(char **words) {
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

void plan_free(struct run_plan *plan) {
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_steps; i++) {
        struct run_step *step = &plan->steps[i];
        free_words(step->argv);
        free_words(step->undo);
        free(step->url);
        free(step->body);
        free(step->line);
        free(step->undo_line);
    }
    free(plan->steps);
    place_values_fini(&plan->values);
    free(plan);
}

bool plan_refuses(const struct run_plan *plan, const char *word, const char *reason, char *dst,
                  size_t cap) {
    const struct action_spec *action = &plan->policy->actions[plan->action];
    dst[0] = '\0';
    if (plan->fault[0])
        snprintf(dst, cap, "%s", plan->fault);
    else if (plan->word[0] && strcmp(word, plan->word) != 0)
        say(dst, cap, "it is confirmed with \"%s\", not with \"%.64s\"", plan->word, word);
    else if (plan->reason_needed && !reason[strspn(reason, " ")])
        say(dst, cap, "%s is protected: say why",
            plan->policy->environments[action->environment].name);
    return dst[0] != '\0';
}

const char **plan_secrets(const struct policy *policy) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < policy->n_sources; i++)
        n += policy->sources[i].n_headers;
    for (size_t i = 0; i < policy->n_actions; i++)
        for (size_t k = 0; k < policy->actions[i].n_steps; k++)
            n += policy->actions[i].steps[k].n_headers;
    const char **secrets = mem_zero(n + 1, sizeof *secrets);
    for (size_t i = 0; i < policy->n_sources; i++)
        for (size_t k = 0; k < policy->sources[i].n_headers; k++) {
            const struct header_spec *h = &policy->sources[i].headers[k];
            /* Sources of one host carry copies of the same header. */
            if (h->secret && (at == 0 || strcmp(secrets[at - 1], h->value) != 0))
                secrets[at++] = h->value;
        }
    for (size_t i = 0; i < policy->n_actions; i++)
        for (size_t k = 0; k < policy->actions[i].n_steps; k++)
            for (size_t m = 0; m < policy->actions[i].steps[k].n_headers; m++)
                if (policy->actions[i].steps[k].headers[m].secret)
                    secrets[at++] = policy->actions[i].steps[k].headers[m].value;
    return secrets;
}
