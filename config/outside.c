/* The sources that gates look at by themselves. They live in an environment that nobody wrote, "gate",
 * and are made when every pattern has found its sources, so that no star takes them in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/resolve.h"
#include "config/schema.h"
#include "config/secret.h"
#include "src/base/base64.h"
#include "src/base/ed25519.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/gate.h"

enum { LOOK_MAX_MS = 5 * 60 * 1000 }; /* as for any probe */

enum { KEY_FILE_CAP = 1024 }; /* bytes: PEM of such a key is 113 */

static const char place_name[] = "gate";

struct outside {
    struct resolve *r;
    const struct node *gate;
    const struct raw_gate *raw;
    struct gate_spec *g;
    struct source_spec *s;
};

/* The index of the environment of gates' sources, made when the first needs it. */
static enum err_code find_place(struct resolve *r, const struct node *gate, unsigned *out,
                                struct err *err) {
    struct policy *p = r->policy;
    size_t n = p->n_environments;
    if (n > 0 && p->environments[n - 1].of_gates) {
        *out = (unsigned)n - 1;
        return ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(p->environments[i].name, place_name) == 0) {
            return node_fail(gate, err, "give that environment another name",
                             "this gate looks by itself, and sources of gates are called gate/NAME "
                             "like those of the environment \"%s\"",
                             place_name);
        }
    }
    p->environments = mem_resize(p->environments, n + 1, sizeof *p->environments);
    p->environments[n] = (struct environment){.name = mem_copy_text(place_name), .of_gates = true};
    *out = (unsigned)n;
    p->n_environments++;
    return ERR_OK;
}

/* A source more for the gate, behind those that it has. NULL and `err`. */
static struct source_spec *add_source(const struct outside *o, const char *name, struct err *err) {
    struct resolve *r = o->r;
    struct gate_spec *g = o->g;
    unsigned place = 0;
    if (find_place(r, o->gate, &place, err) != ERR_OK) {
        return NULL;
    }
    char *id = mem_format("%s/%s", place_name, name);
    bool taken = policy_find_source(r->policy, id) != SOURCE_NONE;
    struct source_spec *s = taken ? NULL : resolve_add_source(r, o->gate, err);
    if (taken) {
        (void)node_fail(o->gate, err, "give one of the two another name",
                        "this gate and another look at the same source, \"%s\"", id);
    }
    if (s == NULL) {
        free(id);
        return NULL;
    }
    *s = (struct source_spec){
        .id = id,
        .name = mem_copy_text(name),
        .kind = mem_copy_text(gate_kind_find(g->kind)->probe),
        .environment = place,
        .trust = place,
        .of_gate = true,
        .timeout_ms = resolve_ms(o->raw->timeout, r->looks.timeout_ms),
        .fail_after = r->looks.fail_after,
        .recover_after = r->looks.recover_after,
    };
    s->connect_timeout_ms =
        r->looks.connect_ms < s->timeout_ms ? r->looks.connect_ms : s->timeout_ms;
    g->sources = mem_resize(g->sources, g->n_sources + 1, sizeof *g->sources);
    g->sources[g->n_sources++] = (unsigned)r->policy->n_sources - 1;
    return s;
}

/* --- what is asked over the network --- */

/* The environment at whose own address `url` is, or `otherwise`. */
static unsigned find_trust(const struct policy *p, const char *url, unsigned otherwise) {
    for (size_t i = 0; i < p->n_environments; i++) {
        const char *own = p->environments[i].url;
        if (own != NULL && address_same_origin(url, own)) {
            return (unsigned)i;
        }
    }
    return otherwise;
}

static void copy_header(struct source_spec *s, const struct header_spec *h) {
    s->headers[s->n_headers++] = (struct header_spec){
        .name = mem_copy_text(h->name), .value = mem_copy_text(h->value), .secret = h->secret};
}

/* Those that are written under `key`, behind what the source has. */
static enum err_code add_headers(const struct outside *o, const char *key, struct source_spec *s,
                                 struct err *err) {
    const struct node *headers = node_get(o->gate, key);
    size_t more = headers != NULL ? headers->count : 0;
    s->headers = mem_resize(s->headers, s->n_headers + more + 1, sizeof *s->headers);
    for (const struct node *n = headers != NULL ? headers->first : NULL; n != NULL; n = n->next) {
        if (secret_header(n, o->r->folder, &s->headers[s->n_headers], err) != ERR_OK) {
            return err->code;
        }
        s->n_headers++;
    }
    return ERR_OK;
}

static void copy_headers(struct source_spec *s, const struct source_spec *from) {
    s->headers = mem_resize(s->headers, s->n_headers + from->n_headers + 1, sizeof *s->headers);
    for (size_t i = 0; i < from->n_headers; i++) {
        copy_header(s, &from->headers[i]);
    }
}

/* Its own headers, or those that the sources of its address carry. */
static enum err_code set_headers(const struct outside *o, struct err *err) {
    const struct policy *p = o->r->policy;
    struct source_spec *s = o->s;
    if (node_get(o->gate, "headers") != NULL) {
        return add_headers(o, "headers", s, err);
    }
    for (size_t i = 0; s->trust != s->environment && i < p->n_sources; i++) {
        const struct source_spec *from = &p->sources[i];
        if (from->environment == s->trust && from->n_headers > 0 && from->url != NULL &&
            address_same_origin(from->url, s->url)) {
            copy_headers(s, from);
            break;
        }
    }
    return ERR_OK;
}

/* `key` is where the url stands. */
static enum err_code set_address(const struct outside *o, const char *key, const char *url,
                                 struct err *err) {
    const struct policy *p = o->r->policy;
    struct source_spec *s = o->s;
    s->url = mem_copy_text(url);
    s->trust = find_trust(p, s->url, s->environment);
    return resolve_check_open(node_get(o->gate, key), s->url, p->environments[s->trust].insecure,
                              err);
}

static enum err_code set_url(const struct outside *o, int64_t every_ms, struct err *err) {
    struct source_spec *s = o->s;
    if (o->raw->url == NULL) {
        return node_fail(o->gate, err, "add url: https://HOST/PATH", "url is missing");
    }
    if (s->timeout_ms > LOOK_MAX_MS) {
        return node_fail(node_get(o->gate, "timeout"), err, "write 5m or less",
                         "nobody waits so long for an answer");
    }
    s->every_ms = resolve_ms(o->raw->every, every_ms);
    if (set_address(o, "url", o->raw->url, err) != ERR_OK) {
        return err->code;
    }
    return set_headers(o, err);
}

/* --- http-json --- */

/* As it was written in YAML: plain numbers, booleans and null are what they are in JSON; all else, and
 * what stands in quotes, is a text. Heap. */
static char *json_of(const struct node *n) {
    json_t *value = n->quoted ? NULL : json_loads(n->text, JSON_DECODE_ANY, NULL);
    if (value != NULL && (json_is_object(value) || json_is_array(value))) {
        json_decref(value);
        value = NULL;
    }
    if (value == NULL) {
        value = json_text(n->text);
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(value);
    return text;
}

static enum err_code set_http_json(const struct outside *o, struct err *err) {
    const struct node *value = node_get(o->gate, "value");
    if (o->raw->pointer == NULL) {
        return node_fail(o->gate, err, "add pointer: /total", "pointer is missing");
    }
    o->s->value_pointer = mem_copy_text(o->raw->pointer);
    o->g->op = (enum json_op)o->raw->op;
    o->g->value = value != NULL ? json_of(value) : NULL;
    return set_url(o, resolve_ms(SCHEMA_HTTP_JSON_EVERY, 0), err);
}

/* --- ramp --- */

/* The whole answer is the value: its parts are found by the gate. */
static enum err_code set_ramp(const struct outside *o, struct err *err) {
    const struct raw_gate *raw = o->raw;
    o->s->value_pointer = mem_copy_text("");
    o->g->ramp.share = mem_copy_text(raw->share != NULL ? raw->share : SCHEMA_RAMP_SHARE);
    o->g->ramp.since = mem_copy_text(raw->since != NULL ? raw->since : SCHEMA_RAMP_SINCE);
    o->g->ramp.version = mem_copy_text(raw->of_version);
    return set_url(o, resolve_ms(SCHEMA_HTTP_JSON_EVERY, 0), err);
}

/* --- command --- */

static char **copy_words(const char *const *words, size_t n) {
    char **copy = mem_zero(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        copy[i] = mem_copy_text(words[i]);
    }
    return copy;
}

static enum err_code check_env(const struct outside *o, struct err *err) {
    const struct node *list = node_get(o->gate, "env");
    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next) {
        if (strpbrk(n->text, "=* ") != NULL) {
            return node_fail(n, err, "write the name alone, like CI_TOKEN",
                             "is no name of a variable");
        }
    }
    return ERR_OK;
}

/* One answer is an answer: no second run is waited for. */
static enum err_code set_command(const struct outside *o, struct err *err) {
    const struct raw_gate *raw = o->raw;
    struct source_spec *s = o->s;
    if (raw->run_count == 0) {
        return node_fail(o->gate, err, "add run: [python3, scripts/suite.py]", "run is missing");
    }
    s->run = copy_words(raw->run, raw->run_count);
    s->env = copy_words(raw->env, raw->env_count);
    s->dir = mem_copy_text(o->r->folder);
    s->every_ms = resolve_ms(raw->every, resolve_ms(SCHEMA_COMMAND_EVERY, 0));
    s->timeout_ms = resolve_ms(raw->timeout, resolve_ms(SCHEMA_COMMAND_TIMEOUT, 0));
    s->fail_after = s->recover_after = 1;
    return check_env(o, err);
}

/* --- registry --- */

static enum err_code set_registry(const struct outside *o, struct err *err) {
    const struct raw_gate *raw = o->raw;
    int64_t every_ms = o->r->looks.every_ms;
    if (raw->flags_count > 0) {
        o->g->names = copy_words(raw->flags, raw->flags_count);
    }
    if (raw->url == NULL) {
        o->s->file = resolve_file(o->r, raw->file != NULL ? raw->file : SCHEMA_REGISTRY);
        o->s->every_ms = resolve_ms(raw->every, every_ms);
        return ERR_OK;
    }
    if (raw->file != NULL) {
        return node_fail(node_get(o->gate, "file"), err, "keep one of them", "both file and url");
    }
    return set_url(o, every_ms, err);
}

/* --- edge --- */

/* A second source: the same document without the edge. */
static enum err_code set_edge(const struct outside *o, struct err *err) {
    const char *origin = o->raw->origin;
    if (set_url(o, resolve_ms(SCHEMA_EDGE_EVERY, 0), err) != ERR_OK) {
        return err->code;
    }
    struct outside second = *o;
    size_t first = o->r->policy->n_sources - 1;
    char *name = mem_format("%s origin", o->g->name);
    second.s = add_source(o, name, err); /* o->s is void from here on */
    free(name);
    if (second.s == NULL) {
        return err->code;
    }
    const struct source_spec *edge = &o->r->policy->sources[first];
    struct header_spec no_cache = {.name = "Cache-Control", .value = "no-cache"};
    second.s->every_ms = edge->every_ms;
    second.s->unique_query = origin == NULL;
    second.s->headers = mem_zero(1, sizeof *second.s->headers);
    copy_header(second.s, &no_cache);
    if (origin == NULL) {
        copy_headers(second.s, edge);
    }
    if (set_address(&second, origin != NULL ? "origin" : "url",
                    origin != NULL ? origin : o->raw->url, err) != ERR_OK) {
        return err->code;
    }
    return add_headers(&second, "origin_headers", second.s, err);
}

/* --- artifact --- */

/* As it is written, or the name of a file that holds it. */
static enum err_code set_public_key(const struct outside *o, struct err *err) {
    const char *written = o->raw->public_key;
    unsigned char key[ED25519_KEY];
    char text[KEY_FILE_CAP];
    struct err own = ERR_INIT;
    if (written == NULL) {
        return ERR_OK;
    }
    if (ed25519_read_key(written, "public_key", key, &own) != ERR_OK) {
        char *path = resolve_file(o->r, written);
        FILE *f = fopen(path, "r");
        size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
        if (f != NULL) {
            (void)fclose(f);
        }
        free(path);
        text[n] = '\0';
        err_clear(&own);
        if (ed25519_read_key(text, "public_key", key, &own) != ERR_OK) {
            return node_fail(node_get(o->gate, "public_key"), err, own.todo, "%s",
                             f != NULL ? own.what : "is no key, and no file that can be read");
        }
    }
    base64_encode(key, sizeof key, o->s->public_key);
    return ERR_OK;
}

/* Those whose word is checked stand before the gate's own source. */
static enum err_code set_artifact(const struct outside *o, struct err *err) {
    struct source_spec *s = o->s;
    const struct gate_spec *g = o->g;
    s->n_claims = g->n_sources - 1;
    s->claims = mem_zero(g->n_sources, sizeof *s->claims);
    for (size_t i = 0; i < s->n_claims; i++) {
        s->claims[i] = g->sources[i];
    }
    s->rate = o->raw->rate;
    s->every_ms = resolve_ms(o->raw->every, resolve_ms(SCHEMA_ARTIFACT_EVERY, 0));
    s->fail_after = s->recover_after = 1; /* looks are far apart: one answer is an answer */
    if (s->timeout_ms > LOOK_MAX_MS) {
        return node_fail(node_get(o->gate, "timeout"), err, "write 5m or less",
                         "nobody waits so long for an answer; downloads have no limit");
    }
    return set_public_key(o, err);
}

/* --- all --- */

static const struct {
    const char *probe;
    enum err_code (*set)(const struct outside *o, struct err *err);
} setters[] = {
    {"http-json", set_http_json}, {"command", set_command},   {"registry", set_registry},
    {"edge", set_edge},           {"artifact", set_artifact},
};

enum err_code resolve_outside(struct resolve *r, const struct node *gate,
                              const struct raw_gate *raw, struct gate_spec *g, struct err *err) {
    const struct gate_kind *kind = gate_kind_find(g->kind);
    struct outside o = {.r = r, .gate = gate, .raw = raw, .g = g};
    if ((o.s = add_source(&o, g->name, err)) == NULL) {
        return err->code;
    }
    if (strcmp(g->kind, "ramp") == 0) { /* which looks as http-json does */
        return set_ramp(&o, err);
    }
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
        if (strcmp(setters[i].probe, kind->probe) == 0) {
            return setters[i].set(&o, err);
        }
    }
    return ERR_OK;
}
