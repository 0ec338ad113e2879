#include "src/release/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/hash.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/release/answer_job.h"
#include "src/release/appcast.h"
#include "src/release/facts.h"
#include "src/release/http.h"
#include "src/release/tree.h"

#define TYPE_JSON "application/json"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_FEED "application/rss+xml; charset=utf-8"

enum { PATH_CAP = 1024 }; /* bytes of a request path; ours have fifty */

struct route {
    const char *path;
    const char *name; /* in /status */
    void (*make)(const struct answer_job *job);
    enum answer_side side;
    bool takes_rest;
};

static void say_text(struct answer *a, int status, const char *type, const char *cache,
                     const char *text) {
    a->status = status;
    a->type = type;
    a->cache = cache;
    buf_clear(&a->body);
    buf_add_text(&a->body, text);
}

void answer_json(struct answer *a, int status, const char *cache, json_t *json) {
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    say_text(a, status, TYPE_JSON, cache, text ? text : "{}");
    free(text);
}

void answer_refuse(struct answer *a, int status, const char *what) {
    answer_json(a, status, CACHE_NEVER,
                json_pack("{s:s, s:o}", "status", "error", "error", json_text(what)));
}

void answer_unhealthy(struct answer *a, const struct err *err) {
    char text[1024];
    err_text(err, text, sizeof text);
    answer_json(a, 500, CACHE_NEVER,
                json_pack("{s:s, s:o}", "status", "unhealthy", "error", json_text(text)));
}

static enum tree_channel own_channel(const struct answer_rules *rules) {
    return rules->candidate ? TREE_BETA : TREE_STABLE;
}

const struct tree_names *answer_names(const struct answer_job *job) {
    return &job->rules->layout->channels[own_channel(job->rules)];
}

static enum err_code read_manifest(const struct answer_job *job, enum tree_channel channel,
                                   struct manifest *out, struct err *err) {
    return facts_manifest(job->tree, job->rules->layout->channels[channel].manifest,
                          job->rules->allow_http_loopback, out, err);
}

static enum err_code manifest_version(const struct answer_job *job, struct facts_version *out,
                                      struct err *err) {
    struct manifest m;
    *out = (struct facts_version){0};
    enum err_code code = read_manifest(job, own_channel(job->rules), &m, err);
    if (code)
        return code;
    snprintf(out->version, sizeof out->version, "%s", m.version);
    snprintf(out->build, sizeof out->build, "%s", m.build);
    manifest_fini(&m);
    return ERR_OK;
}

/* The main service says what it was configured with, once the manifest is sound. */
static enum err_code main_version(const struct answer_job *job, struct facts_version *out,
                                  struct err *err) {
    enum err_code code = manifest_version(job, out, err);
    if (code || job->rules->candidate)
        return code;
    struct facts_version runtime;
    struct err trouble = ERR_INIT;
    code = facts_runtime(job->tree, job->rules->layout->config, &runtime, &trouble);
    if (code == ERR_MISSING)
        return ERR_OK;
    if (code)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    *out = runtime;
    return ERR_OK;
}

static void make_health(const struct answer_job *job) {
    struct facts_version v;
    struct err err = ERR_INIT;
    if (main_version(job, &v, &err)) {
        answer_unhealthy(job->answer, &err);
        return;
    }
    answer_json(job->answer, 200, CACHE_HEALTH,
                json_pack("{s:s, s:o, s:o, s:b}", "status", "OK", "latest_version",
                          json_text(v.version), "latest_build", json_text(v.build),
                          "ffmpeg_available", (int)job->rules->has_ffmpeg));
}

static json_t *list_endpoints(void);

static void make_status(const struct answer_job *job) {
    struct facts_version v;
    struct err err = ERR_INIT;
    if (main_version(job, &v, &err)) {
        answer_unhealthy(job->answer, &err);
        return;
    }
    answer_json(job->answer, 200, CACHE_HEALTH,
                json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "status", "running", "service",
                          "voice-assistant", "latest_version", json_text(v.version), "latest_build",
                          json_text(v.build), "update_server", "enabled", "endpoints",
                          list_endpoints()));
}

/* How many files this service offers for download. */
static enum err_code count_artifacts(const struct answer_job *job, size_t *count, struct err *err) {
    const struct tree_names *names = answer_names(job);
    *count = 0;
    for (size_t i = 0; i < 2; i++) {
        char *folder = tree_asset_path(names->tags[i], NULL);
        size_t n;
        char **files = tree_list(job->tree, folder, &n, err);
        free(folder);
        if (!files)
            return err ? err->code : ERR_IO;
        *count += n;
        tree_list_free(files);
    }
    return ERR_OK;
}

static void make_update_health(const struct answer_job *job) {
    struct facts_version v;
    struct err err = ERR_INIT;
    size_t artifacts = 0;
    if (manifest_version(job, &v, &err) || count_artifacts(job, &artifacts, &err)) {
        answer_unhealthy(job->answer, &err);
        return;
    }
    char when[40], stamp[48], own[VERSION_CAP];
    when_rfc3339(clock_wall_ms(clock_system()), when, sizeof when);
    /* As Python's isoformat() writes UTC: microseconds, no zone. */
    snprintf(stamp, sizeof stamp, "%.*s000", (int)strcspn(when, "Z"), when);
    facts_version_file(job->tree, job->rules->layout->version, own, sizeof own);
    answer_json(job->answer, 200, CACHE_HEALTH,
                json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:s, s:o, s:b}", "status", "healthy",
                          "timestamp", stamp, "version", json_text(*own ? own : NULL),
                          "latest_version", json_text(v.version), "latest_build",
                          json_text(v.build), "artifacts_available", (json_int_t)artifacts,
                          "downloads_dir", TREE_ASSETS, "manifests_dir",
                          json_text(job->rules->layout->manifests), "beta_updates_enabled",
                          (int)facts_beta_open(job->tree, job->rules->layout->env)));
}

/* A strong tag from the bytes themselves. */
static void tag_body(struct answer *a) {
    char hex[HASH_HEX_CAP];
    hash_of(a->body.data, a->body.len, hex);
    snprintf(a->etag, sizeof a->etag, "\"%.32s\"", hex);
}

void answer_not_modified(struct answer *a) {
    a->status = 304;
    buf_clear(&a->body);
}

/* No feed is better than a wrong one: clients keep what they have. */
static void say_no_feed(struct answer *a, const struct err *err) {
    char text[1024], line[1100];
    err_text(err, text, sizeof text);
    snprintf(line, sizeof line, "Feed is unavailable: %s", text);
    say_text(a, 503, TYPE_TEXT, CACHE_NEVER, line);
}

static void say_feed(const struct answer_job *job, const char *title,
                     const struct manifest *const *items, size_t n_items) {
    struct answer *a = job->answer;
    struct err err = ERR_INIT;
    const struct manifest *newest = items[0];
    struct appcast appcast = {
        .title = title,
        .link = newest->notes_url && *newest->notes_url ? newest->notes_url : newest->artifact.url,
        .description = "Updates, newest first",
        .items = items,
        .n_items = n_items,
    };
    struct buf bytes;
    if (appcast_write(&appcast, &bytes, &err)) {
        buf_fini(&bytes);
        say_no_feed(a, &err);
        return;
    }
    buf_fini(&a->body);
    a->body = bytes;
    a->status = 200;
    a->type = TYPE_FEED;
    a->cache = CACHE_FEED;
    tag_body(a);
    if (job->request->if_none_match && http_tag_listed(job->request->if_none_match, a->etag))
        answer_not_modified(a);
}

static void make_stable_feed(const struct answer_job *job) {
    struct manifest stable;
    struct err err = ERR_INIT;
    if (read_manifest(job, TREE_STABLE, &stable, &err)) {
        say_no_feed(job->answer, &err);
        return;
    }
    say_feed(job, "Stable updates", (const struct manifest *const[]){&stable}, 1);
    manifest_fini(&stable);
}

/* The beta item first, then the stable one unless it is the same version: a reader of this feed falls
 * back to it. */
static void make_beta_feed(const struct answer_job *job) {
    struct manifest beta = {0}, stable = {0};
    struct err err = ERR_INIT;
    if (!facts_beta_open(job->tree, job->rules->layout->env)) {
        say_text(job->answer, 404, TYPE_TEXT, CACHE_NEVER, "Beta channel is disabled");
        return;
    }
    if (read_manifest(job, TREE_BETA, &beta, &err)) {
        say_no_feed(job->answer, &err);
        return;
    }
    enum err_code code = read_manifest(job, TREE_STABLE, &stable, &err);
    if (code && code != ERR_MISSING) {
        say_no_feed(job->answer, &err);
    } else {
        bool both = !code && version_compare(beta.build, stable.build) != 0;
        say_feed(job, "Beta updates", (const struct manifest *const[]){&beta, &stable},
                 both ? 2 : 1);
    }
    manifest_fini(&stable);
    manifest_fini(&beta);
}

static const struct route routes[] = {
    {"/health", "health", make_health, ANSWER_MAIN, false},
    {"/status", "status", make_status, ANSWER_MAIN, false},
    {"/health", "updates_health", make_update_health, ANSWER_UPDATES, false},
    {"/appcast.xml", "appcast", make_stable_feed, ANSWER_UPDATES, false},
    {"/appcast-beta.xml", "appcast_beta", make_beta_feed, ANSWER_UPDATES, false},
    {"/downloads/", "downloads", answer_download, ANSWER_UPDATES, true},
    {"/api/versions", "versions", answer_versions, ANSWER_UPDATES, false},
    {"/api/manifests", "manifests", answer_manifests, ANSWER_UPDATES, false},
    {"/api/artifacts", "artifacts", answer_artifacts, ANSWER_UPDATES, false},
};

enum { ROUTES = sizeof routes / sizeof *routes };

static json_t *list_endpoints(void) {
    json_t *list = json_object();
    for (size_t i = 0; i < ROUTES; i++) {
        char *path =
            mem_format("%s%s", routes[i].side == ANSWER_UPDATES ? "/updates" : "", routes[i].path);
        json_object_set_new(list, routes[i].name, json_text(path));
        free(path);
    }
    return list;
}

static const struct route *find_route(enum answer_side side, const char *path, const char **rest) {
    for (const struct route *r = routes; r < routes + ROUTES; r++) {
        size_t n = strlen(r->path);
        if (r->side != side || strncmp(path, r->path, n) != 0)
            continue;
        if (r->takes_rest ? path[n] != '\0' : path[n] == '\0') {
            *rest = path + n;
            return r;
        }
    }
    return NULL;
}

void answer_make(const struct answer_rules *rules, const struct answer_request *request,
                 struct answer *answer) {
    char path[PATH_CAP];
    struct err err = ERR_INIT;
    *answer = (struct answer){.fd = -1};
    buf_init(&answer->body, 0);
    if (!http_path_decode(request->path, path, sizeof path)) {
        answer_refuse(answer, 400, "the path is not well-formed");
        return;
    }
    struct answer_job job = {.rules = rules, .request = request, .answer = answer};
    const struct route *route = find_route(request->side, path, &job.rest);
    if (!route) {
        answer_refuse(answer, 404, "there is no such path");
        return;
    }
    struct tree *tree = tree_open(rules->root, &err);
    if (!tree) {
        answer_unhealthy(answer, &err);
        return;
    }
    job.tree = tree;
    route->make(&job);
    tree_close(tree);
}

void answer_fini(struct answer *answer) {
    if (answer->fd >= 0)
        close(answer->fd);
    answer->fd = -1;
    buf_fini(&answer->body);
}

enum err_code answer_check(const struct answer_rules *rules, struct err *err) {
    struct tree *tree = tree_open(rules->root, err);
    if (!tree)
        return err ? err->code : ERR_IO;
    struct answer_job job = {.rules = rules, .tree = tree};
    struct facts_version v;
    struct manifest m = {0};
    enum err_code code = main_version(&job, &v, err);
    if (!code && rules->candidate) {
        code = read_manifest(&job, TREE_STABLE, &m, err);
        manifest_fini(&m);
    }
    if (!code && !rules->candidate && facts_beta_open(tree, rules->layout->env)) {
        code = read_manifest(&job, TREE_BETA, &m, err);
        manifest_fini(&m);
    }
    tree_close(tree);
    return code;
}
