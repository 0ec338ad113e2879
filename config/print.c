#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/notify.h"
#include "config/print_logs.h"
#include "config/print_people.h"
#include "config/put.h"
#include "config/schema.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/base/zone.h"
#include "src/model/calendar.h"
#include "src/model/gate.h"
#include "src/model/placeholder.h"

static void put_headers(FILE *out, const char *indent, const char *key,
                        const struct header_spec *headers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i == 0) {
            (void)fprintf(out, "%s%s:\n", indent, key);
        }
        (void)fprintf(out, "%s  ", indent);
        put(out, headers[i].name);
        (void)fputs(": ", out);
        put_quoted(out, headers[i].secret ? "***" : headers[i].value);
        (void)fputc('\n', out);
    }
}

/* --- the policy --- */

static const char *word(const char *section, const char *key, int value) {
    const struct section *s = schema_option(schema_root(), section)->section;
    return schema_option(s, key)->words[value];
}

static void print_source(FILE *out, const struct source_spec *s) {
    static const char in[] = "        ";
    (void)fputs("      - name: ", out);
    put(out, s->name);
    (void)fputc('\n', out);
    put_pair(out, in, "kind", s->kind);
    put_pair(out, in, "url", s->url);
    put_pair(out, in, "file", s->file);
    put_ms(out, in, "every", s->every_ms);
    put_ms(out, in, "timeout", s->timeout_ms);
    (void)fprintf(out, "%sfail_after: %u\n%srecover_after: %u\n", in, s->fail_after, in,
                  s->recover_after);
    put_pair(out, in, "version", s->version_pointer);
    put_pair(out, in, "build", s->build_pointer);
    put_pair(out, in, "status", s->status_pointer);
    put_words(out, in, "ok", s->ok);
    if (s->closed_on != 0) {
        (void)fprintf(out, "%sclosed_on: %d\n", in, s->closed_on);
    }
    put_words(out, in, "channels", s->channels);
    if (s->expect_status != 0) {
        (void)fprintf(out, "%sstatus: %d\n", in, s->expect_status);
    }
    put_headers(out, in, "headers_contain", s->expect_headers, s->n_expect_headers);
    put_pair(out, in, "body_contains", s->body_contains);
    put_pair(out, in, "body_lacks", s->body_lacks);
    put_pair(out, in, "key", s->key);
}

/* Headers belong to environments; each source of its own host carries a copy. */
static void print_headers(FILE *out, const struct policy *p, unsigned environment) {
    for (size_t i = 0; i < p->n_sources; i++) {
        const struct source_spec *s = &p->sources[i];
        if (s->environment == environment && s->n_headers > 0) {
            put_headers(out, "    ", "headers", s->headers, s->n_headers);
            return;
        }
    }
}

static void print_environment(FILE *out, const struct policy *p, unsigned index) {
    static const char in[] = "    ";
    const struct environment *e = &p->environments[index];
    (void)fputs("  - name: ", out);
    put(out, e->name);
    (void)fputc('\n', out);
    put_pair(out, in, "role", word("environments", "role", (int)e->role));
    put_pair(out, in, "url", e->url);
    (void)fprintf(out, "%sprotected: %s\n%sinsecure: %s\n", in, e->protected ? "true" : "false", in,
                  e->insecure ? "true" : "false");
    if (e->ca_file != NULL || e->pin_sha256 != NULL) {
        (void)fprintf(out, "%stls:\n", in);
        put_pair(out, "      ", "ca_file", e->ca_file);
        put_pair(out, "      ", "pin_sha256", e->pin_sha256);
    }
    print_headers(out, p, index);
    (void)fprintf(out, "%sprobes:\n", in);
    for (size_t i = 0; i < p->n_sources; i++) {
        if (p->sources[i].environment == index) {
            print_source(out, &p->sources[i]);
        }
    }
}

static void print_spans(FILE *out, const char *key, const struct calendar_span *spans, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i == 0) {
            (void)fprintf(out, "    %s:\n", key);
        }
        (void)fputs("      - ", out);
        put_quoted(out, spans[i].text);
        (void)fputc('\n', out);
    }
}

static void print_phase(FILE *out, const struct gate_spec *g) {
    put_pair(out, "    ", "phase", word("gates", "phase", (int)g->phase));
    if (g->at_least_ms > 0) {
        put_ms(out, "    ", "at_least", g->at_least_ms);
    }
    if (g->at_most_ms > 0) {
        put_ms(out, "    ", "at_most", g->at_most_ms);
    }
}

static void print_stages(FILE *out, const struct gate_spec *g) {
    for (size_t i = 0; i < g->n_stages; i++) {
        (void)fprintf(out, "%s      - ", i == 0 ? "    stages:\n" : "");
        put_quoted(out, g->stages[i].text);
        (void)fputc('\n', out);
    }
}

static void print_calendar(FILE *out, const struct calendar *c) {
    print_spans(out, "allow", c->allow, c->n_allow);
    print_spans(out, "deny", c->deny, c->n_deny);
    put_pair(out, "    ", "zone", c->zone != NULL ? zone_name(c->zone) : NULL);
}

/* Without what it has by itself: no-cache, and the edge's own headers when it is asked there. */
static void print_origin(FILE *out, const struct source_spec *edge,
                         const struct source_spec *origin) {
    static const char in[] = "    ";
    size_t own = 1 + (origin->unique_query ? edge->n_headers : 0);
    put_pair(out, in, "origin", origin->unique_query ? NULL : origin->url);
    put_headers(out, in, "origin_headers", origin->headers + own, origin->n_headers - own);
}

/* What the gate looks at by itself, as its own options. */
static void print_outside(FILE *out, const struct policy *p, const struct gate_spec *g) {
    static const char in[] = "    ";
    size_t own = 0; /* behind those that were written */
    while (own < g->n_sources && !p->sources[g->sources[own]].of_gate) {
        own++;
    }
    if (own == g->n_sources) {
        return;
    }
    const struct source_spec *s = &p->sources[g->sources[own]];
    put_words(out, in, "run", s->run);
    put_words(out, in, "env", s->env != NULL && s->env[0] != NULL ? s->env : NULL);
    put_pair(out, in, "url", s->url);
    put_pair(out, in, "file", s->file);
    put_words(out, in, "flags", g->names);
    put_headers(out, in, "headers", s->headers, s->n_headers);
    put_ms(out, in, "every", s->every_ms);
    put_ms(out, in, "timeout", s->timeout_ms);
    if (strcmp(s->kind, "edge") == 0) {
        print_origin(out, s, &p->sources[g->sources[1]]);
    }
    put_pair(out, in, "public_key", s->public_key[0] != '\0' ? s->public_key : NULL);
    if (s->rate > 0) {
        (void)fprintf(out, "%srate: %lld\n", in, (long long)s->rate);
    }
    if (g->ramp.share != NULL) {
        put_pair(out, in, "share", g->ramp.share);
        put_pair(out, in, "since", g->ramp.since);
        put_pair(out, in, "of_version", g->ramp.version);
    } else if (s->value_pointer != NULL) {
        put_pair(out, in, "pointer", s->value_pointer);
        put_pair(out, in, "op", word("gates", "op", (int)g->op));
    }
    if (g->value != NULL) { /* JSON is YAML */
        (void)fprintf(out, "%svalue: %s\n", in, g->value);
    }
}

static void print_gate(FILE *out, const struct policy *p, const struct gate_spec *g) {
    static const char in[] = "    ";
    (void)fputs("  - name: ", out);
    put(out, g->name);
    (void)fputc('\n', out);
    put_pair(out, in, "kind", g->kind);
    put_pair(out, in, "when", word("gates", "when", (int)g->when));
    put_pair(out, in, "on_unknown", word("gates", "on_unknown", (int)g->on_unknown));
    const struct option *want =
        schema_option(schema_option(schema_root(), "gates")->section, "want");
    if (schema_is_for(want, g->kind)) {
        put_pair(out, in, "want", want->words[g->want]);
    }
    for (size_t i = 0; i < g->n_sources && !p->sources[g->sources[i]].of_gate; i++) {
        (void)fprintf(out, "%s%s      - ", i == 0 ? in : "", i == 0 ? "sources:\n" : "");
        put(out, p->sources[g->sources[i]].id);
        (void)fputc('\n', out);
    }
    for (size_t i = 0; i < g->n_of; i++) {
        (void)fprintf(out, "%s%s      - ", i == 0 ? in : "", i == 0 ? "of:\n" : "");
        put(out, p->gates[g->of[i]].name);
        (void)fputc('\n', out);
    }
    print_outside(out, p, g);
    put_pair(out, in, "action", g->action);
    if (g->phase != PHASE_UNKNOWN) {
        print_phase(out, g);
    }
    print_stages(out, g);
    if (g->max_skew_ms > 0) {
        put_ms(out, in, "max_skew", g->max_skew_ms);
    }
    if (g->calendar != NULL) {
        print_calendar(out, g->calendar);
    }
    print_gate_levels(out, p, g);
    print_gate_people(out, g);
    if (g->within_ms > 0) {
        put_ms(out, in, "within", g->within_ms);
    }
    if (g->for_ms > 0) {
        put_ms(out, in, "for", g->for_ms);
        put_ms(out, in, "max_gap", g->max_gap_ms);
    }
}

static void print_release(FILE *out, const struct release_spec *r) {
    const struct {
        const char *key, *value;
    } texts[] = {
        {"disk_image", r->disk_image},
        {"installer", r->installer},
        {"notes", r->notes},
        {"version_file", r->version_file},
        {"env_file", r->env_file},
        {"settings", r->settings},
        {"flags", r->flags},
        {"stable_manifest", r->stable_manifest},
        {"beta_manifest", r->beta_manifest},
        {"stable_inbox", r->stable_inbox},
        {"beta_inbox", r->beta_inbox},
        {"legacy_manifest", r->legacy_manifest},
        {"url", r->url},
        {"assets", r->github ? word("release", "assets", 1) : NULL},
        {"repository", r->repository},
        {"api", r->api},
        {"token", r->token != NULL || r->token_trouble.code != ERR_OK ? "***" : NULL},
        {"ca_file", r->ca_file},
    };
    bool any = r->stable_tags != NULL || r->beta_tags != NULL || r->deny != NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        any = any || texts[i].value != NULL;
    }
    if (!any) {
        return;
    }
    (void)fputs("release:\n", out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put_pair(out, "  ", texts[i].key, texts[i].value);
    }
    put_words(out, "  ", "stable_tags", r->stable_tags);
    put_words(out, "  ", "beta_tags", r->beta_tags);
    put_words(out, "  ", "deny", r->deny);
}

static void print_request(FILE *out, const struct step_spec *s) {
    static const char in[] = "          ";
    (void)fputs("        http:\n", out);
    put_pair(out, in, "method", s->method);
    put_pair(out, in, "url", s->url);
    put_headers(out, in, "headers", s->headers, s->n_headers);
    put_pair(out, in, "body", s->body);
    if (s->expect_status != 0) {
        (void)fprintf(out, "%sstatus: %d\n", in, s->expect_status);
    }
}

static void print_step(FILE *out, const struct policy *p, const struct step_spec *s) {
    static const char in[] = "        ";
    static const char *const limits[] = {[STEP_RUN] = "timeout",
                                         [STEP_HTTP] = "timeout",
                                         [STEP_EXPECT] = "within",
                                         [STEP_WAIT] = "wait"};
    (void)fputs("      - name: ", out);
    put(out, s->name);
    (void)fputc('\n', out);
    put_words(out, in, "run", s->argv);
    if (s->kind == STEP_HTTP) {
        print_request(out, s);
    }
    for (size_t i = 0; i < s->n_expect; i++) {
        (void)fprintf(out, "%s%s", i == 0 ? in : "", i == 0 ? "expect: [" : ", ");
        put(out, p->gates[s->expect[i]].name);
        (void)fputs(i + 1 == s->n_expect ? "]\n" : "", out);
    }
    put_pair(out, in, "ask", s->question);
    if (s->kind != STEP_ASK) {
        put_ms(out, in, limits[s->kind], s->timeout_ms);
    }
    put_words(out, in, "env", s->env);
    put_pair(out, in, "cwd", s->cwd);
    put_words(out, in, "undo", s->undo);
}

static void print_action(FILE *out, const struct policy *p, const struct action_spec *a) {
    static const char in[] = "    ";
    char key[2] = {a->key, '\0'};
    (void)fputs("  - name: ", out);
    put(out, a->name);
    (void)fputc('\n', out);
    put_pair(out, in, "key", a->key != '\0' ? key : NULL);
    put_pair(out, in, "confirm", word("actions", "confirm", (int)a->confirm));
    put_pair(out, in, "requires", word("actions", "requires", (int)a->requires));
    (void)fprintf(out, "%sapprovals: %u\n", in, a->approvals);
    if (a->environment >= 0) {
        put_pair(out, in, "environment", p->environments[a->environment].name);
    }
    if (a->goal_ms > 0) {
        put_ms(out, in, "goal", a->goal_ms);
    }
    (void)fprintf(out, "%ssteps:\n", in);
    for (size_t i = 0; i < a->n_steps; i++) {
        print_step(out, p, &a->steps[i]);
    }
}

void config_print(FILE *out, const struct policy *p) {
    int64_t timeout_ms = 0, connect_ms = 0;
    put_pair(out, "", "product", p->product);
    put_pair(out, "", "target", p->target != NULL ? p->target : "auto");
    if (p->target_source != SOURCE_NONE) {
        put_pair(out, "", "target_from", p->sources[p->target_source].id);
    }
    if (p->stable_source != SOURCE_NONE) {
        put_pair(out, "", "stable_from", p->sources[p->stable_source].id);
    }
    put_ms(out, "", "check_interval", p->check_interval_ms);
    if (p->store_path != NULL) {
        (void)fputs("store: ", out);
        char *store = mem_format("sqlite:%s", p->store_path);
        put(out, store);
        free(store);
        (void)fputc('\n', out);
    } else {
        (void)fputs("store: none\n", out);
    }
    /* Connecting has no option of its own in a probe: the longest is right for all. */
    for (size_t i = 0; i < p->n_sources; i++) {
        const struct source_spec *s = &p->sources[i];
        if (s->of_gate) {
            continue;
        }
        timeout_ms = s->timeout_ms > timeout_ms ? s->timeout_ms : timeout_ms;
        connect_ms = s->connect_timeout_ms > connect_ms ? s->connect_timeout_ms : connect_ms;
    }
    (void)fputs("poll:\n", out);
    put_ms(out, "  ", "timeout", timeout_ms);
    put_ms(out, "  ", "connect_timeout", connect_ms);
    print_release(out, &p->release);
    (void)fputs("environments:\n", out);
    for (size_t i = 0; i < p->n_environments; i++) {
        if (!p->environments[i].of_gates) {
            print_environment(out, p, (unsigned)i);
        }
    }
    print_logs(out, p);
    print_people(out, p);
    print_notify(out, p);
    (void)fputs("gates:\n", out);
    for (size_t i = 0; i < p->n_gates; i++) {
        print_gate(out, p, &p->gates[i]);
    }
    (void)fputs("outputs:\n", out);
    put_count(out, "  ", "runs", p->outputs.runs);
    put_count(out, "  ", "megabytes", p->outputs.bytes / 1000000);
    put_ms(out, "  ", "age", p->outputs.age_ms);
    (void)fputs(p->n_actions > 0 ? "actions:\n" : "", out);
    for (size_t i = 0; i < p->n_actions; i++) {
        print_action(out, p, &p->actions[i]);
    }
}

/* --- the reference --- */

static const char *const type_names[] = {
    [OPTION_TEXT] = "text",
    [OPTION_ARGUMENT] = "text",
    [OPTION_NAME] = "name",
    [OPTION_SWITCH] = "true | false",
    [OPTION_COUNT] = "whole number",
    [OPTION_NUMBER] = "number",
    [OPTION_DURATION] = "duration",
    [OPTION_VERSION] = "version",
    [OPTION_POINTER] = "JSON pointer",
    [OPTION_PATH] = "path of a URL",
    [OPTION_URL] = "URL",
    [OPTION_FILE] = "file",
    [OPTION_ADDRESS] = "address:port",
    [OPTION_PIN] = "base64",
    [OPTION_LIST] = "list",
    [OPTION_HEADERS] = "mapping of headers",
    [OPTION_MAP] = "mapping",
    [OPTION_MAPS] = "list of mappings",
};

static void print_type(FILE *out, const struct option *o) {
    if (o->type == OPTION_CHOICE) {
        for (size_t i = 0; o->words[i] != NULL; i++) {
            (void)fprintf(out, "%s%s", i > 0 ? " | " : "", o->words[i]);
        }
    } else {
        (void)fputs(type_names[o->type], out);
    }
    if (o->type == OPTION_LIST) {
        (void)fprintf(out, " of %ss", o->item == OPTION_FILE ? "file" : "text");
    } else if (o->type == OPTION_COUNT) {
        (void)fprintf(out, ", %" PRId64 " to %" PRId64, o->min, o->max);
    } else if (o->type == OPTION_DURATION) {
        char low[24], high[24];
        duration_conf(o->min, low, sizeof low);
        duration_conf(o->max, high, sizeof high);
        (void)fprintf(out, ", %s to %s", low, high);
    }
}

static void print_option(FILE *out, const struct option *o) {
    const char *fallback = o->fallback;
    (void)fprintf(out, "  %-16s ", o->key);
    print_type(out, o);
    if ((o->flags & OPTION_REQUIRED) != 0) {
        (void)fputs("; required", out);
    } else if (fallback != NULL || o->type == OPTION_CHOICE) {
        (void)fprintf(out, "; default: %s", fallback != NULL ? fallback : o->words[0]);
    }
    if (o->only != NULL) {
        (void)fprintf(out, "; only kind %s", o->only);
    }
    if (o->later != NULL) {
        (void)fprintf(out, "; %s by this version", o->later);
    }
    (void)fprintf(out, "\n  %-16s %s\n  %-16s %s: %s\n", "", o->help, "", o->key, o->example);
}

static void print_section(FILE *out, const struct section *s) {
    (void)fprintf(out, "%s%s%s\n", s->title, s->title[0] != '\0' ? ": " : "", s->help);
    for (size_t i = 0; i < s->n_options; i++) {
        print_option(out, &s->options[i]);
    }
    (void)fputc('\n', out);
    for (size_t i = 0; i < s->n_options; i++) {
        if (s->options[i].section != NULL) {
            print_section(out, s->options[i].section);
        }
    }
}

void config_print_options(FILE *out, const struct config_kinds *kinds) {
    const char *name, *help;
    bool url, file;
    const struct gate_kind *gate;
    print_section(out, schema_root());
    (void)fputs("kinds of probes\n", out);
    for (size_t i = 0; kinds->probe_at(i, &name, &help, &url, &file); i++) {
        (void)fprintf(out, "  %-16s %s (%s)\n", name, help,
                      url && file ? "path, url or file"
                      : url       ? "path or url"
                                  : "file");
    }
    (void)fputs("\nkinds of gates\n", out);
    for (size_t i = 0; (gate = gate_kind_at(i)) != NULL; i++) {
        (void)fprintf(out, "  %-16s %s%s\n", gate->name, gate->help,
                      gate->needs_sources ? "; needs sources" : "");
    }
    (void)fputs("\nplaceholders in the words of steps ({{ is a brace)\n", out);
    for (size_t i = 0; placeholder_name(i) != NULL; i++) {
        (void)fprintf(out, "  {%s}%*s %s\n", placeholder_name(i),
                      15 - (int)strlen(placeholder_name(i)), "", placeholder_help(i));
    }
    print_metrics_help(out);
    (void)fputs("\ndurations: 500ms 5s 2m 1h 7d. Files are relative to the folder of the "
                "configuration.\nSecrets in headers: env:NAME or file:PATH (a file that only its "
                "owner can read).\n",
                out);
}
