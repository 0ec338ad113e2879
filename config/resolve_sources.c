#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/address.h"
#include "config/resolve.h"
#include "config/schema.h"
#include "config/secret.h"
#include "config/shape.h"
#include "src/base/mem.h"
#include "src/base/when.h"

enum { KINDS_CAP = 64 }; /* probe kinds that can be suggested */

/* What an environment without probes is asked, by its role (domain: endpoints). */
static const struct raw_probe stable_set[] = {
    {.name = "health", .kind = "health", .path = "/health"},
    {.name = "updates", .kind = "health", .path = "/updates/health"},
    {.name = "stable feed",
     .kind = "feed",
     .path = "/updates/appcast.xml",
     .every = SCHEMA_FEED_EVERY},
};
static const struct raw_probe candidate_set[] = {
    {.name = "health", .kind = "health", .path = "/health"},
    {.name = "updates", .kind = "health", .path = "/updates/health"},
    {.name = "beta feed", .kind = "feed", .path = "/updates/appcast-beta.xml", .closed_on = 404},
};

struct place {
    unsigned index;
    const struct environment *environment;
    const struct raw_environment *raw;
    const struct node *node;
    struct header_spec *headers;
    size_t n_headers;
};

static enum err_code read_looks(const struct resolve *r, struct looks *out, struct err *err) {
    static const struct raw_poll nothing;
    const struct raw_poll *poll = r->raw->poll != NULL ? r->raw->poll : &nothing;
    const struct node *n = node_get(node_get(r->root, "poll"), "connect_timeout");
    *out = (struct looks){
        .every_ms = resolve_ms(poll->every, resolve_ms(SCHEMA_EVERY, 0)),
        .timeout_ms = resolve_ms(poll->timeout, resolve_ms(SCHEMA_TIMEOUT, 0)),
        .connect_ms = resolve_ms(poll->connect_timeout, resolve_ms(SCHEMA_CONNECT_TIMEOUT, 0)),
        .fail_after = poll->fail_after != 0 ? poll->fail_after : SCHEMA_FAIL_AFTER,
        .recover_after = poll->recover_after != 0 ? poll->recover_after : SCHEMA_RECOVER_AFTER,
    };
    if (n != NULL && out->connect_ms > out->timeout_ms) {
        char shown[NODE_SHOWN_CAP], limit[24];
        node_shown(poll->connect_timeout, shown);
        duration_conf(out->timeout_ms, limit, sizeof limit);
        return node_fail(n, err, "shorten it, or lengthen timeout",
                         "%s is longer than timeout (%s)", shown, limit);
    }
    return ERR_OK;
}

struct kind_row {
    const char *name;
    bool takes_url, takes_file;
};

static enum err_code find_kind(const struct resolve *r, const struct node *probe, const char *word,
                               struct kind_row *out, struct err *err) {
    const char *names[KINDS_CAP + 1], *name, *help;
    char shown[NODE_SHOWN_CAP], todo[256];
    bool url, file;
    size_t n = 0;
    for (size_t i = 0; n < KINDS_CAP && r->kinds->probe_at(i, &name, &help, &url, &file); i++) {
        if (strcmp(name, word) == 0) {
            *out = (struct kind_row){name, url, file};
            return ERR_OK;
        }
        names[n++] = name;
    }
    names[n] = NULL;
    node_shown(word, shown);
    shape_suggest(word, names, todo, sizeof todo);
    return node_fail(node_get(probe, "kind"), err, todo, "there is no kind of probe %s", shown);
}

/* Exactly one of path, url and file, and one that the kind can read. */
static enum err_code check_whereabouts(const struct node *probe, const struct raw_probe *raw,
                                       const struct kind_row *kind, struct err *err) {
    int ways = (raw->path != NULL) + (raw->url != NULL) + (raw->file != NULL);
    if (ways != 1) {
        return node_fail(
            probe, err,
            kind->takes_url ? kind->takes_file ? "write path, url or file" : "write path or url"
                            : "write file",
            ways == 0 ? "nothing says where to look" : "more than one of path, url and file");
    }
    if (raw->file != NULL ? !kind->takes_file : !kind->takes_url) {
        const char *key = raw->file != NULL ? "file" : raw->url != NULL ? "url" : "path";
        return node_fail(node_get(probe, key), err,
                         raw->file != NULL ? "write path or url" : "write file",
                         "kind %s reads no %s", kind->name, raw->file != NULL ? "files" : "URLs");
    }
    return ERR_OK;
}

enum err_code resolve_check_open(const struct node *n, const char *url, bool insecure,
                                 struct err *err) {
    char shown[NODE_SHOWN_CAP];
    if (insecure || !address_is_open(url)) {
        return ERR_OK;
    }
    node_shown(url, shown);
    return node_fail(n, err, "write https://, or insecure: true in its environment",
                     "%s is not encrypted", shown);
}

static enum err_code resolve_whereabouts(const struct resolve *r, const struct place *at,
                                         const struct node *probe, const struct raw_probe *raw,
                                         struct source_spec *s, struct err *err) {
    if (raw->file != NULL) {
        s->file = resolve_file(r, raw->file);
        return ERR_OK;
    }
    if (raw->path != NULL) {
        if (at->environment->url == NULL) {
            return node_fail(probe, err, "add url: https://HOST to the environment",
                             "a path, and the environment has no url");
        }
        const char *todo = NULL, *fault;
        s->url = mem_format("%s%s", at->environment->url, raw->path);
        fault = address_fault(s->url, &todo);
        return fault == NULL ? ERR_OK
                             : node_fail(node_get(probe, "path"), err, todo,
                                         "with the environment's url in front it %s", fault);
    }
    s->url = mem_copy_text(raw->url);
    return resolve_check_open(node_get(probe, "url"), s->url, at->raw->insecure, err);
}

static void copy_headers(const struct place *at, const struct raw_probe *raw,
                         struct source_spec *s) {
    /* A secret meant for one server is not told to another. */
    bool own = raw->path != NULL || (raw->url != NULL && at->environment->url != NULL &&
                                     address_same_origin(raw->url, at->environment->url));
    if (!own || at->n_headers == 0) {
        return;
    }
    s->headers = mem_zero(at->n_headers, sizeof *s->headers);
    s->n_headers = at->n_headers;
    for (size_t i = 0; i < at->n_headers; i++) {
        s->headers[i] = (struct header_spec){.name = mem_copy_text(at->headers[i].name),
                                             .value = mem_copy_text(at->headers[i].value),
                                             .secret = at->headers[i].secret};
    }
}

static char **copy_words(const char *const *words, size_t n) {
    char **copy = mem_zero(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        copy[i] = mem_copy_text(words[i]);
    }
    return copy;
}

/* --- what each kind has of its own --- */

static enum err_code set_health(const struct node *probe, const struct raw_probe *raw,
                                const struct place *at, struct source_spec *s, struct err *err) {
    static const char *const well[] = {"OK", "ok", "healthy", "running"};
    const char *status = raw->status != NULL ? raw->status : SCHEMA_STATUS;
    (void)at;
    if (status[0] != '\0' && status[0] != '/') {
        return node_fail(node_get(probe, "status"), err,
                         "write a JSON pointer as /status; a status code is for kind http",
                         "kind health wants a JSON pointer");
    }
    s->version_pointer = mem_copy_text(raw->version != NULL ? raw->version : SCHEMA_VERSION);
    s->build_pointer = mem_copy_text(raw->build != NULL ? raw->build : SCHEMA_BUILD);
    s->status_pointer = mem_copy_text(status);
    s->ok = raw->ok_count > 0 ? copy_words((const char *const *)raw->ok, raw->ok_count)
                              : copy_words(well, sizeof well / sizeof *well);
    return ERR_OK;
}

static enum err_code set_feed(const struct node *probe, const struct raw_probe *raw,
                              const struct place *at, struct source_spec *s, struct err *err) {
    static const char *const beta[] = {"beta"};
    (void)err;
    s->closed_on = (int)raw->closed_on;
    if (node_get(probe, "channels") != NULL) {
        s->channels = copy_words((const char *const *)raw->channels, raw->channels_count);
    } else {
        s->channels = copy_words(beta, at->environment->role == ROLE_CANDIDATE ? 1 : 0);
    }
    return ERR_OK;
}

static enum err_code set_http(const struct node *probe, const struct raw_probe *raw,
                              const struct place *at, struct source_spec *s, struct err *err) {
    const struct node *wanted = node_get(probe, "headers_contain");
    (void)at;
    if (raw->status != NULL) {
        char *end;
        long status = strtol(raw->status, &end, 10);
        if (raw->status[0] < '1' || raw->status[0] > '9' || *end != '\0' || status < 100 ||
            status > 599) {
            return node_fail(node_get(probe, "status"), err, "write a number from 100 to 599",
                             "kind http wants a status code");
        }
        s->expect_status = (int)status;
    }
    if (wanted != NULL) {
        s->expect_headers = mem_zero(wanted->count, sizeof *s->expect_headers);
        for (const struct node *n = wanted->first; n != NULL; n = n->next) {
            s->expect_headers[s->n_expect_headers++] = (struct header_spec){
                .name = mem_copy_text(n->key), .value = mem_copy_text(n->text)};
        }
    }
    s->body_contains = mem_copy_text(raw->body_contains);
    s->body_lacks = mem_copy_text(raw->body_lacks);
    return ERR_OK;
}

static enum err_code set_file_version(const struct node *probe, const struct raw_probe *raw,
                                      const struct place *at, struct source_spec *s,
                                      struct err *err) {
    (void)probe;
    (void)at;
    (void)err;
    s->key = mem_copy_text(raw->key);
    return ERR_OK;
}

static const struct {
    const char *kind;
    enum err_code (*set)(const struct node *probe, const struct raw_probe *raw,
                         const struct place *at, struct source_spec *s, struct err *err);
} setters[] = {
    {"health", set_health},
    {"feed", set_feed},
    {"http", set_http},
    {"file-version", set_file_version},
};

static enum err_code set_own(const struct node *probe, const struct raw_probe *raw,
                             const struct place *at, struct source_spec *s, struct err *err) {
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
        if (strcmp(setters[i].kind, s->kind) == 0) {
            return setters[i].set(probe, raw, at, s, err);
        }
    }
    return ERR_OK;
}

/* --- one probe, one environment, all --- */

struct source_spec *resolve_add_source(struct resolve *r, const struct node *n, struct err *err) {
    struct policy *p = r->policy;
    if (p->n_sources == RESOLVE_SOURCES_CAP) {
        (void)node_fail(n, err, "watch the rest with a second configuration",
                        "more than %d sources", RESOLVE_SOURCES_CAP);
        return NULL;
    }
    if ((p->n_sources & (p->n_sources - 1)) == 0) { /* full at every power of two */
        p->sources =
            mem_resize(p->sources, p->n_sources == 0 ? 1 : 2 * p->n_sources, sizeof *p->sources);
    }
    struct source_spec *s = &p->sources[p->n_sources++];
    *s = (struct source_spec){0};
    return s;
}

/* `probe` is its node, or its environment's for a probe that stands there by default. */
static enum err_code resolve_probe(struct resolve *r, const struct place *at,
                                   const struct looks *looks, const struct node *probe,
                                   const struct raw_probe *raw, struct err *err) {
    bool written = probe != at->node;
    struct kind_row kind = {0};
    struct source_spec *s = resolve_add_source(r, probe, err);
    if (s == NULL) {
        return err->code;
    }
    s->name = mem_copy_text(raw->name);
    s->id = mem_format("%s/%s", at->environment->name, raw->name);
    s->kind = mem_copy_text(raw->kind);
    s->environment = at->index;
    const struct section *section =
        schema_option(schema_option(schema_root(), "environments")->section, "probes")->section;
    if (written && (find_kind(r, probe, raw->kind, &kind, err) != ERR_OK ||
                    shape_check_kind(probe, section, raw->kind, err) != ERR_OK ||
                    check_whereabouts(probe, raw, &kind, err) != ERR_OK)) {
        return err->code;
    }
    if (resolve_whereabouts(r, at, probe, raw, s, err) != ERR_OK ||
        set_own(probe, raw, at, s, err) != ERR_OK) {
        return err->code;
    }
    copy_headers(at, raw, s);
    s->every_ms = resolve_ms(raw->every, looks->every_ms);
    s->timeout_ms = resolve_ms(raw->timeout, looks->timeout_ms);
    s->connect_timeout_ms = looks->connect_ms < s->timeout_ms ? looks->connect_ms : s->timeout_ms;
    s->fail_after = raw->fail_after != 0 ? raw->fail_after : looks->fail_after;
    s->recover_after = raw->recover_after != 0 ? raw->recover_after : looks->recover_after;
    return ERR_OK;
}

static enum err_code resolve_probes(struct resolve *r, const struct place *at,
                                    const struct looks *looks, struct err *err) {
    const struct node *list = node_get(at->node, "probes");
    const struct node *probe = list != NULL ? list->first : at->node;
    const struct raw_probe *set = at->raw->probes;
    size_t n = at->raw->probes_count;
    if (list == NULL && at->environment->role == ROLE_NONE) {
        return node_fail(at->node, err,
                         "add probes, or give it the role stable or candidate and a url",
                         "probes is missing");
    }
    if (list == NULL && at->environment->url == NULL) {
        return node_fail(at->node, err, "add url: https://HOST", "url is missing");
    }
    if (list == NULL) {
        bool candidate = at->environment->role == ROLE_CANDIDATE;
        set = candidate ? candidate_set : stable_set;
        n = candidate ? sizeof candidate_set / sizeof *candidate_set
                      : sizeof stable_set / sizeof *stable_set;
    }
    for (size_t i = 0; i < n; i++) {
        if (resolve_probe(r, at, looks, probe, &set[i], err) != ERR_OK) {
            return err->code;
        }
        probe = list != NULL ? probe->next : probe;
    }
    return ERR_OK;
}

static enum err_code resolve_headers(struct resolve *r, struct place *at, struct err *err) {
    const struct node *headers = node_get(at->node, "headers");
    if (headers == NULL) {
        return ERR_OK;
    }
    at->headers = mem_zero(headers->count, sizeof *at->headers);
    for (const struct node *n = headers->first; n != NULL; n = n->next) {
        struct header_spec *h = &at->headers[at->n_headers];
        if (secret_header(n, r->folder, h, err) != ERR_OK) {
            return err->code;
        }
        at->n_headers++;
        if (h->secret && at->environment->url != NULL && address_is_open(at->environment->url)) {
            resolve_note(r, n, "goes over the network in clear: write https:// in url");
        }
    }
    return ERR_OK;
}

static void drop_headers(struct place *at) {
    for (size_t i = 0; i < at->n_headers; i++) {
        mem_wipe(at->headers[i].value, strlen(at->headers[i].value));
        free(at->headers[i].value);
        free(at->headers[i].name);
    }
    free(at->headers);
}

static enum err_code resolve_environment(struct resolve *r, struct place *at,
                                         const struct looks *looks, struct err *err) {
    struct environment *e = &r->policy->environments[at->index];
    const struct raw_environment *raw = at->raw;
    at->environment = e;
    *e = (struct environment){.name = mem_copy_text(raw->name),
                              .role = (enum env_role)raw->role,
                              .url = mem_copy_text(raw->url),
                              .protected = raw->protected,
                              .insecure = raw->insecure};
    if (e->url != NULL) {
        const struct node *url = node_get(at->node, "url");
        size_t len = strlen(e->url);
        while (len > 0 && e->url[len - 1] == '/') {
            e->url[--len] = '\0';
        }
        if (strchr(e->url, '?') != NULL) {
            return node_fail(url, err, "write the query in the probe's path",
                             "a query in front of the probes' paths");
        }
        if (resolve_check_open(url, e->url, raw->insecure, err) != ERR_OK) {
            return err->code;
        }
    }
    if (raw->tls != NULL) {
        const struct node *tls = node_get(at->node, "tls");
        e->pin_sha256 = mem_copy_text(raw->tls->pin_sha256);
        e->ca_file = raw->tls->ca_file != NULL ? resolve_file(r, raw->tls->ca_file) : NULL;
        if (e->ca_file != NULL && access(e->ca_file, R_OK) != 0) {
            resolve_note(r, node_get(tls, "ca_file"),
                         "the file cannot be read: its sources will be errors");
        }
    }
    enum err_code code = resolve_headers(r, at, err);
    return code != ERR_OK ? code : resolve_probes(r, at, looks, err);
}

enum err_code resolve_environments(struct resolve *r, struct err *err) {
    struct policy *p = r->policy;
    size_t n = r->raw->environments_count;
    if (read_looks(r, &r->looks, err) != ERR_OK) {
        return err->code;
    }
    p->environments = mem_zero(n, sizeof *p->environments);
    const struct node *node = node_get(r->root, "environments")->first;
    for (size_t i = 0; i < n; i++, node = node->next) {
        struct place at = {.index = (unsigned)i, .raw = &r->raw->environments[i], .node = node};
        p->n_environments++;
        enum err_code code = resolve_environment(r, &at, &r->looks, err);
        drop_headers(&at);
        if (code != ERR_OK) {
            return code;
        }
    }
    return ERR_OK;
}
