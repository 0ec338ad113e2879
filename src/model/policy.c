#include "src/model/policy.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/base/pattern.h"
#include "src/base/zone.h"
#include "src/model/calendar.h"

static void free_words(char **words) {
    for (char **w = words; w && *w; w++)
        free(*w);
    free(words);
}

static void free_headers(struct header_spec *headers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (headers[i].value)
            mem_wipe(headers[i].value, strlen(headers[i].value));
        free(headers[i].value);
        free(headers[i].name);
    }
    free(headers);
}

static void free_environment(struct environment *e) {
    free(e->name);
    free(e->url);
    free(e->ca_file);
    free(e->pin_sha256);
}

static void free_source(struct source_spec *s) {
    free(s->id);
    free(s->name);
    free(s->kind);
    free(s->url);
    free(s->file);
    free_headers(s->headers, s->n_headers);
    free(s->version_pointer);
    free(s->build_pointer);
    free(s->status_pointer);
    free_words(s->ok);
    free_words(s->channels);
    free_headers(s->expect_headers, s->n_expect_headers);
    free(s->body_contains);
    free(s->body_lacks);
    free(s->key);
    free(s->value_pointer);
    free(s->claims);
    free_words(s->run);
    free_words(s->env);
    free(s->dir);
}

static void free_person(struct person *p) {
    free(p->name);
    free_words(p->roles);
    free(p->user);
}

static void free_gate(struct gate_spec *g) {
    free_words(g->people.roles);
    free_words(g->people.veto);
    free_words(g->people.items);
    free(g->name);
    free(g->kind);
    free(g->sources);
    free(g->of);
    free(g->slos);
    free(g->metrics);
    free(g->logs);
    free_words(g->patterns);
    free(g->value);
    free(g->ramp.share);
    free(g->ramp.since);
    free(g->ramp.version);
    calendar_free(g->calendar);
    free_words(g->names);
    free(g->stages);
    free(g->action);
}

static void free_log(struct log_spec *l) {
    free(l->name);
    free_words(l->paths);
    free_words(l->run);
    zone_free(l->zone);
    free(l->version_key);
}

static void free_metric(struct metric_spec *m) {
    free(m->name);
    free(m->unit);
    free(m->value);
    free(m->good);
    free(m->bad);
    free(m->match);
    pattern_free(m->regex);
}

static void free_release(struct release_spec *r) {
    free(r->disk_image);
    free(r->installer);
    free(r->notes);
    free(r->version_file);
    free(r->env_file);
    free(r->settings);
    free(r->flags);
    free(r->stable_manifest);
    free(r->beta_manifest);
    free(r->stable_inbox);
    free(r->beta_inbox);
    free(r->legacy_manifest);
    free(r->url);
    free(r->repository);
    free(r->api);
    if (r->token)
        mem_wipe(r->token, strlen(r->token));
    free(r->token);
    free(r->ca_file);
    free_words(r->stable_tags);
    free_words(r->beta_tags);
    free_words(r->deny);
}

static void free_ledger(struct ledger_spec *l) {
    if (l->key)
        mem_wipe(l->key, sizeof *l->trusted);
    free(l->key);
    free(l->trusted);
    free(l->file);
    free(l->key_from);
}

static void free_step(struct step_spec *s) {
    free(s->name);
    free_words(s->argv);
    free_words(s->env);
    free(s->cwd);
    free_words(s->undo);
    free(s->method);
    free(s->url);
    free_headers(s->headers, s->n_headers);
    free(s->body);
    free(s->expect);
    free(s->question);
}

static void free_action(struct action_spec *a) {
    for (size_t i = 0; i < a->n_steps; i++)
        free_step(&a->steps[i]);
    free(a->steps);
    free(a->name);
}

static void free_notify(struct notify_spec *n) {
    free(n->name);
    if (n->webhook)
        mem_wipe(n->webhook, strlen(n->webhook));
    free(n->webhook);
    free(n->webhook_from);
    free_words(n->command);
}

void policy_free(struct policy *policy) {
    if (!policy)
        return;
    free_release(&policy->release);
    free_ledger(&policy->ledger);
    free_words(policy->waivers.roles);
    for (size_t i = 0; i < policy->n_notify; i++)
        free_notify(&policy->notify[i]);
    free(policy->notify);
    for (size_t i = 0; i < policy->n_people; i++)
        free_person(&policy->people[i]);
    free(policy->people);
    for (size_t i = 0; i < policy->n_environments; i++)
        free_environment(&policy->environments[i]);
    for (size_t i = 0; i < policy->n_sources; i++)
        free_source(&policy->sources[i]);
    for (size_t i = 0; i < policy->n_gates; i++)
        free_gate(&policy->gates[i]);
    for (size_t i = 0; i < policy->n_actions; i++)
        free_action(&policy->actions[i]);
    free(policy->actions);
    free(policy->folder);
    free(policy->program);
    for (size_t i = 0; i < policy->n_logs; i++)
        free_log(&policy->logs[i]);
    for (size_t i = 0; i < policy->n_metrics; i++)
        free_metric(&policy->metrics[i]);
    for (size_t i = 0; i < policy->n_slos; i++)
        free(policy->slos[i].name);
    free(policy->logs);
    free(policy->metrics);
    free(policy->slos);
    free(policy->environments);
    free(policy->sources);
    free(policy->gates);
    free(policy->path);
    free(policy->product);
    free(policy->target);
    free(policy->store_path);
    free(policy);
}

bool policy_match(const char *pattern, const char *id) {
    const char *star = NULL, *resume = NULL;
    while (*id) {
        if (*pattern == '*') {
            star = pattern++;
            resume = id;
        } else if (*pattern == *id) {
            pattern++;
            id++;
        } else if (star) { /* the last star takes one character more */
            pattern = star + 1;
            id = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

int policy_find_source(const struct policy *policy, const char *id) {
    for (size_t i = 0; i < policy->n_sources; i++)
        if (strcmp(policy->sources[i].id, id) == 0)
            return (int)i;
    return SOURCE_NONE;
}

const struct environment *policy_trust(const struct policy *policy,
                                       const struct source_spec *spec) {
    return &policy->environments[spec->of_gate ? spec->trust : spec->environment];
}

int policy_find_action(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->n_actions; i++)
        if (strcmp(policy->actions[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool policy_protects(const struct policy *policy, const struct action_spec *action) {
    return action->environment >= 0 && policy->environments[action->environment].protected;
}
