#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/secret.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/model/placeholder.h"

enum { GOAL_ANY_MS = 30 * 60 * 1000 }; /* domain: rollback, decision to verified */

/* The keys that the screens themselves use. Not k: with it one moves up, which the arrow does too,
 * and a kill switch may want it. */
static const char taken[] = "0123456789/:<>,.?IRfgGhjlmnNqstvwx ";

/* One of what is written in a section by row. */
static const char *choice(const struct section *section, const char *key, int value) {
    return schema_option(section, key)->words[value];
}

static const struct section *part(const struct section *section, const char *key) {
    return schema_option(section, key)->section;
}

static enum err_code check_text(const struct node *n, const char *text, struct err *err) {
    char name[NODE_SHOWN_CAP], shown[NODE_SHOWN_CAP], todo[256];
    const char *names[PLACEHOLDERS + 1];
    if (!placeholder_unknown(text, name, sizeof name)) {
        return ERR_OK;
    }
    for (size_t i = 0; i <= PLACEHOLDERS; i++) {
        names[i] = placeholder_name(i);
    }
    node_shown(name, shown);
    shape_suggest(name, names, todo, sizeof todo);
    size_t len = strlen(todo);
    (void)snprintf(todo + len, sizeof todo - len, "%s",
                   len + 40 < sizeof todo ? "; {{ is a brace" : "");
    return node_fail(n, err, todo, "there is no placeholder %s", shown);
}

/* A list of words as the policy keeps it; its texts are checked for placeholders when `fills`. */
static enum err_code copy_words(const struct node *list, const char **words, uint32_t n, bool fills,
                                char ***out, struct err *err) {
    const struct node *item = list != NULL ? list->first : NULL;
    if (list == NULL) {
        return ERR_OK;
    }
    *out = mem_zero((size_t)n + 1, sizeof **out);
    for (uint32_t i = 0; i < n; i++, item = item->next) {
        if (fills && check_text(item, words[i], err) != ERR_OK) {
            return err->code;
        }
        (*out)[i] = mem_copy_text(words[i]);
    }
    return ERR_OK;
}

static enum err_code check_program(const struct node *list, char *const *argv, struct err *err) {
    if (argv != NULL && argv[0][0] == '\0') {
        return node_fail(list->first, err, "write the program first", "the program has no name");
    }
    return ERR_OK;
}

static enum err_code check_env(const struct node *list, char *const *names, struct err *err) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const struct node *item = list != NULL ? list->first : NULL;
    for (; item != NULL && names != NULL && *names != NULL; names++, item = item->next) {
        char shown[NODE_SHOWN_CAP];
        size_t n = strspn(*names, plain);
        node_shown(*names, shown);
        if (n == 0 || ((*names)[n] != '\0' && strcmp(*names + n, "*") != 0)) {
            return node_fail(item, err,
                             "write its name alone, like GITHUB_TOKEN: the value comes "
                             "from gonogo's own environment",
                             "%s is no name of an environment variable", shown);
        }
    }
    return ERR_OK;
}

static enum err_code resolve_run(const struct resolve *r, const struct node *n,
                                 const struct raw_step *raw, struct step_spec *s, struct err *err) {
    const struct node *run = node_get(n, "run");
    s->cwd = raw->cwd != NULL ? resolve_file(r, raw->cwd) : mem_copy_text(r->folder);
    if (copy_words(run, raw->run, raw->run_count, true, &s->argv, err) != ERR_OK ||
        check_program(run, s->argv, err) != ERR_OK) {
        return err->code;
    }
    return ERR_OK;
}

static enum err_code resolve_http(const struct resolve *r, const struct node *n,
                                  const struct raw_request *raw, struct step_spec *s,
                                  struct err *err) {
    const struct node *http = node_get(n, "http"), *headers = node_get(http, "headers");
    const struct node *url = node_get(http, "url");
    s->method = mem_copy_text(
        choice(part(part(part(schema_root(), "actions"), "steps"), "http"), "method", raw->method));
    s->url = mem_copy_text(raw->url);
    s->body = mem_copy_text(raw->body);
    s->expect_status = (int)raw->status;
    if (check_text(url, s->url, err) != ERR_OK) {
        return err->code;
    }
    if (strncmp(s->url, "https://", 8) != 0 && strncmp(s->url, "http://", 7) != 0 &&
        strncmp(s->url, "{environment.url}", 17) != 0) {
        return node_fail(url, err, "begin with https://, or with {environment.url}",
                         "is no URL of a server");
    }
    if (s->body != NULL && check_text(node_get(http, "body"), s->body, err) != ERR_OK) {
        return err->code;
    }
    s->headers = headers != NULL ? mem_zero(headers->count + 1, sizeof *s->headers) : NULL;
    for (const struct node *h = headers != NULL ? headers->first : NULL; h != NULL; h = h->next) {
        if (secret_header(h, r->folder, &s->headers[s->n_headers], err) != ERR_OK) {
            return err->code;
        }
        s->n_headers++;
    }
    return ERR_OK;
}

static enum err_code resolve_expect(const struct resolve *r, const struct node *n,
                                    const struct raw_step *raw, struct step_spec *s,
                                    struct err *err) {
    const struct policy *p = r->policy;
    const struct node *item = node_get(n, "expect")->first;
    s->expect = mem_zero(raw->expect_count, sizeof *s->expect);
    for (uint32_t i = 0; i < raw->expect_count; i++, item = item->next) {
        size_t k = 0;
        while (k < p->n_gates && strcmp(p->gates[k].name, raw->expect[i]) != 0) {
            k++;
        }
        if (k == p->n_gates) {
            char shown[NODE_SHOWN_CAP], todo[256];
            const char **names = mem_zero(p->n_gates + 1, sizeof *names);
            for (size_t g = 0; g < p->n_gates; g++) {
                names[g] = p->gates[g].name;
            }
            node_shown(raw->expect[i], shown);
            shape_suggest(raw->expect[i], names, todo, sizeof todo);
            free(names);
            return node_fail(item, err, todo, "%s names no gate", shown);
        }
        s->expect[s->n_expect++] = (unsigned)k;
    }
    return ERR_OK;
}

static const struct {
    const char *key;
    enum step_kind kind;
    const char *only; /* the keys besides name that it takes */
} kinds[] = {
    {"run", STEP_RUN, " run timeout env cwd undo "},
    {"http", STEP_HTTP, " http timeout env cwd undo "},
    {"expect", STEP_EXPECT, " expect within "},
    {"wait", STEP_WAIT, " wait "},
    {"ask", STEP_ASK, " ask "},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static enum err_code find_kind(const struct node *n, struct step_spec *s, struct err *err) {
    static const char todo[] = "write one of run, http, expect, wait and ask";
    size_t which = N_KINDS;
    for (size_t i = 0; i < N_KINDS; i++) {
        if (node_get(n, kinds[i].key) == NULL) {
            continue;
        }
        if (which < N_KINDS) {
            return node_fail(n, err, "make two steps of it", "%s and %s in one step",
                             kinds[which].key, kinds[i].key);
        }
        which = i;
    }
    if (which == N_KINDS) {
        return node_fail(n, err, todo, "the step does nothing");
    }
    s->kind = kinds[which].kind;
    for (const struct node *key = n->first; key != NULL; key = key->next) {
        char word[NODE_SHOWN_CAP];
        (void)snprintf(word, sizeof word, " %s ", key->key);
        if (strcmp(key->key, "name") != 0 && strstr(kinds[which].only, word) == NULL) {
            return node_fail(key, err, "take it out", "does nothing in a step with %s",
                             kinds[which].key);
        }
    }
    return ERR_OK;
}

static enum err_code resolve_step(const struct resolve *r, const struct node *n,
                                  const struct raw_step *raw, struct step_spec *s,
                                  struct err *err) {
    const struct node *undo = node_get(n, "undo"), *env = node_get(n, "env");
    s->name = mem_copy_text(raw->name);
    s->timeout_ms = resolve_ms(raw->wait != NULL     ? raw->wait
                               : raw->within != NULL ? raw->within
                                                     : raw->timeout,
                               resolve_ms(SCHEMA_STEP_TIMEOUT, 0));
    if (find_kind(n, s, err) != ERR_OK ||
        copy_words(undo, raw->undo, raw->undo_count, true, &s->undo, err) != ERR_OK ||
        check_program(undo, s->undo, err) != ERR_OK ||
        copy_words(env, raw->env, raw->env_count, false, &s->env, err) != ERR_OK ||
        check_env(env, s->env, err) != ERR_OK) {
        return err->code;
    }
    switch (s->kind) {
    case STEP_RUN:
        return resolve_run(r, n, raw, s, err);
    case STEP_HTTP:
        s->cwd = raw->cwd != NULL ? resolve_file(r, raw->cwd) : mem_copy_text(r->folder);
        return resolve_http(r, n, raw->http, s, err);
    case STEP_EXPECT:
        return resolve_expect(r, n, raw, s, err);
    case STEP_ASK:
        s->question = mem_copy_text(raw->ask);
        return check_text(node_get(n, "ask"), s->question, err);
    case STEP_WAIT:
        break;
    }
    return ERR_OK;
}

static enum err_code resolve_key(const struct resolve *r, const struct node *n, const char *key,
                                 struct action_spec *a, struct err *err) {
    const struct node *at = node_get(n, "key");
    char shown[NODE_SHOWN_CAP];
    if (key == NULL) {
        return ERR_OK;
    }
    node_shown(key, shown);
    if (key[0] <= ' ' || key[0] > '~' || key[1] != '\0') {
        return node_fail(at, err, "write one letter", "%s is no key", shown);
    }
    if (strchr(taken, key[0]) != NULL) {
        return node_fail(at, err, "choose another letter, for example p or k",
                         "%s is a key of the screens (see ? there)", shown);
    }
    for (size_t i = 0; i < r->policy->n_actions; i++) {
        if (r->policy->actions[i].key == key[0]) {
            return node_fail(at, err, "choose another letter", "%s opens the action %s already",
                             shown, r->policy->actions[i].name);
        }
    }
    a->key = key[0];
    return ERR_OK;
}

static enum err_code resolve_place(const struct resolve *r, const struct node *n, const char *name,
                                   struct action_spec *a, struct err *err) {
    const struct policy *p = r->policy;
    a->environment = -1;
    for (size_t i = 0; i < p->n_environments && a->environment < 0; i++) {
        const struct environment *e = &p->environments[i];
        if (name != NULL ? strcmp(e->name, name) == 0 : e->role == ROLE_STABLE) {
            a->environment = (int)i;
        }
    }
    if (name != NULL && a->environment < 0) {
        char shown[NODE_SHOWN_CAP], todo[256];
        const char **names = mem_zero(p->n_environments + 1, sizeof *names);
        for (size_t i = 0; i < p->n_environments; i++) {
            names[i] = p->environments[i].name;
        }
        node_shown(name, shown);
        shape_suggest(name, names, todo, sizeof todo);
        free(names);
        return node_fail(node_get(n, "environment"), err, todo, "%s names no environment", shown);
    }
    return ERR_OK;
}

/* A record of the ledger names its gate or its action and nothing else: who approves a waiver of the one
 * must not have approved the other. */
static enum err_code check_name(const struct resolve *r, const struct node *n, const char *name,
                                struct err *err) {
    for (size_t i = 0; i < r->policy->n_gates; i++)
        if (strcmp(r->policy->gates[i].name, name) == 0)
            return node_fail(node_get(n, "name"), err, "give one of them another name",
                             "a gate has this name too");
    return ERR_OK;
}

static enum err_code resolve_action(const struct resolve *r, const struct node *n,
                                    const struct raw_action *raw, struct action_spec *a,
                                    struct err *err) {
    const struct node *step = node_get(n, "steps")->first;
    if (check_name(r, n, raw->name, err) != ERR_OK ||
        resolve_key(r, n, raw->key, a, err) != ERR_OK ||
        resolve_place(r, n, raw->environment, a, err) != ERR_OK) {
        return err->code;
    }
    a->name = mem_copy_text(raw->name);
    a->confirm = (enum action_confirm)raw->confirm;
    a->requires = (enum action_requires)raw->requires;
    a->approvals = raw->approvals;
    a->goal_ms = resolve_ms(raw->goal, a->requires == REQUIRES_ANY ? GOAL_ANY_MS : 0);
    if (a->confirm == CONFIRM_NONE && policy_protects(r->policy, a)) {
        return node_fail(node_get(n, "confirm"), err, "write confirm: version or word",
                         "%s is protected: nothing is started there by one key",
                         r->policy->environments[a->environment].name);
    }
    a->steps = mem_zero(raw->steps_count, sizeof *a->steps);
    for (uint32_t i = 0; i < raw->steps_count; i++, step = step->next) {
        a->n_steps++;
        if (resolve_step(r, step, &raw->steps[i], &a->steps[i], err) != ERR_OK) {
            return err->code;
        }
    }
    return ERR_OK;
}

static void resolve_outputs(struct resolve *r) {
    const struct raw_outputs *raw = r->raw->outputs;
    const struct node *n = node_get(r->root, "outputs");
    uint32_t mb = node_get(n, "megabytes") != NULL ? raw->megabytes : SCHEMA_OUTPUTS_MB;
    r->policy->outputs = (struct output_rules){
        .runs = node_get(n, "runs") != NULL ? raw->runs : SCHEMA_OUTPUTS_RUNS,
        .bytes = (uint64_t)mb * 1000000,
        .age_ms = resolve_ms(raw != NULL ? raw->age : NULL, resolve_ms(SCHEMA_OUTPUTS_AGE, 0)),
    };
}

enum err_code resolve_actions(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    resolve_outputs(r);
    const struct node *list = node_get(r->root, "actions");
    if (list == NULL) {
        return ERR_OK;
    }
    const struct node *n = list->first;
    p->actions = mem_zero(r->raw->actions_count, sizeof *p->actions);
    for (uint32_t i = 0; i < r->raw->actions_count; i++, n = n->next) {
        if (resolve_action(r, n, &r->raw->actions[i], &p->actions[i], err) != ERR_OK) {
            p->n_actions = (size_t)i + 1; /* what it has so far is freed with it */
            return err->code;
        }
        p->n_actions = (size_t)i + 1;
    }
    return ERR_OK;
}
