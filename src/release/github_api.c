#include "src/release/github_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "src/base/hash.h"
#include "src/base/json.h"
#include "src/base/mem.h"

enum { OK = 200, CREATED = 201, NO_CONTENT = 204, PARTIAL = 206, NOT_FOUND = 404, INVALID = 422 };

static char *url_of(const struct github *g, const char *path) {
    const struct github_options *o = github_options(g);
    return mem_format("%s/repos/%s%s%s", o->api, o->repository, path[0] ? "/" : "", path);
}

/* A name as a part of a URL; heap. */
static char *escaped(const char *text) {
    char *theirs = curl_easy_escape(NULL, text, (int)strlen(text));
    char *ours = mem_copy_text(theirs ? theirs : "");
    curl_free(theirs);
    return ours;
}

static json_t *json_of(const struct github_reply *reply, const char *what, struct err *err) {
    return json_read(reply->body.data ? reply->body.data : "", reply->body.len, what, err);
}

static enum err_code not_understood(const char *what, struct err *err) {
    return err_set(err, ERR_PARSE, what, "is release.api right?",
                   "the answer is not what the API describes");
}

/* ---- reading ------------------------------------------------------------------------------------- */

static void asset_fini(struct github_asset *asset) {
    free(asset->name);
    *asset = (struct github_asset){0};
}

void github_release_fini(struct github_release *release) {
    for (size_t i = 0; i < release->n; i++)
        asset_fini(&release->assets[i]);
    free(release->assets);
    free(release->tag);
    free(release->upload_url);
    *release = (struct github_release){0};
}

const struct github_asset *github_asset_find(const struct github_release *release,
                                             const char *name) {
    for (size_t i = 0; i < release->n; i++)
        if (strcmp(release->assets[i].name, name) == 0)
            return &release->assets[i];
    return NULL;
}

static bool read_asset(const json_t *json, struct github_asset *out) {
    static const char algorithm[] = "sha256:";
    const json_t *id = json_object_get(json, "id"), *size = json_object_get(json, "size");
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *digest = json_string_value(json_object_get(json, "digest"));
    *out = (struct github_asset){0};
    if (!json_is_integer(id) || !json_is_integer(size) || json_integer_value(size) < 0 || !name)
        return false;
    out->id = (int64_t)json_integer_value(id);
    out->asset.size = (int64_t)json_integer_value(size);
    out->whole = state && strcmp(state, "uploaded") == 0;
    const size_t n = sizeof algorithm - 1;
    if (digest && strncasecmp(digest, algorithm, n) == 0 && strlen(digest + n) == HASH_HEX_CAP - 1)
        memcpy(out->asset.sha256, digest + n, HASH_HEX_CAP);
    out->name = mem_copy_text(name);
    return true;
}

static bool read_release(const json_t *json, const char *tag, struct github_release *out) {
    const json_t *id = json_object_get(json, "id");
    const char *upload = json_string_value(json_object_get(json, "upload_url"));
    *out = (struct github_release){0};
    if (!json_is_integer(id) || !upload)
        return false;
    out->id = (int64_t)json_integer_value(id);
    out->tag = mem_copy_text(tag);
    out->upload_url = mem_copy_bytes(upload, strcspn(upload, "{?"));
    return true;
}

static enum err_code add_page(struct github_release *release, const struct github_reply *reply,
                              const char *what, struct err *err) {
    json_t *page = json_of(reply, what, err);
    if (!page)
        return err ? err->code : ERR_PARSE;
    enum err_code code = json_is_array(page) ? ERR_OK : not_understood(what, err);
    const size_t n = json_array_size(page);
    release->assets = mem_resize(release->assets, release->n + n + 1, sizeof *release->assets);
    for (size_t i = 0; code == ERR_OK && i < n; i++) {
        if (read_asset(json_array_get(page, i), &release->assets[release->n]))
            release->n++;
        else
            code = not_understood(what, err);
    }
    json_decref(page);
    return code;
}

static enum err_code list_assets(struct github *g, struct github_release *release,
                                 struct err *err) {
    char *what = mem_format("%s: the assets of %s", github_options(g)->repository, release->tag);
    char *path =
        mem_format("releases/%lld/assets?per_page=%d", (long long)release->id, GITHUB_PAGE);
    char *url = url_of(g, path);
    enum err_code code = ERR_OK;
    for (int page = 0; code == ERR_OK && url; page++) {
        const struct github_call call = {.method = "GET", .url = url, .what = what, .fd = -1};
        struct github_reply reply;
        code = page == GITHUB_PAGES_MAX
                   ? err_set(err, ERR_LIMIT, what, "remove what nobody needs", "are more than %d",
                             GITHUB_PAGES_MAX * GITHUB_PAGE)
                   : ERR_OK;
        if (code != ERR_OK)
            break;
        code = github_ask(g, &call, &reply, err);
        if (code == ERR_OK)
            code = reply.status == OK ? add_page(release, &reply, what, err)
                                      : github_unexpected(g, &call, &reply, err);
        free(url);
        url = reply.next;
        reply.next = NULL;
        github_reply_fini(&reply);
    }
    free(url);
    free(path);
    free(what);
    return code;
}

/* There is no such release: or is it the repository that there is not, for us? */
static enum err_code judge_missing(struct github *g, const char *tag, struct err *err) {
    const struct github_options *o = github_options(g);
    char *url = url_of(g, "");
    const struct github_call call = {.method = "GET", .url = url, .what = o->repository, .fd = -1};
    struct github_reply reply;
    enum err_code code = github_ask(g, &call, &reply, err);
    if (code == ERR_OK && reply.status == OK)
        code = err_set(err, ERR_MISSING, o->repository, NULL, "there is no release %s", tag);
    else if (code == ERR_OK && reply.status == NOT_FOUND)
        code = err_set(err, ERR_REFUSED, o->repository,
                       o->token ? "correct release.repository, or give the token access"
                                : "correct release.repository, or write release.token",
                       "there is no such repository, or it is not shown to us");
    else if (code == ERR_OK)
        code = github_unexpected(g, &call, &reply, err);
    github_reply_fini(&reply);
    free(url);
    return code;
}

enum err_code github_release_get(struct github *g, const char *tag, struct github_release *out,
                                 struct err *err) {
    char *name = escaped(tag), *path = mem_format("releases/tags/%s", name);
    char *url = url_of(g, path);
    char *what = mem_format("%s: release %s", github_options(g)->repository, tag);
    const struct github_call call = {.method = "GET", .url = url, .what = what, .fd = -1};
    struct github_reply reply;
    *out = (struct github_release){0};
    enum err_code code = github_ask(g, &call, &reply, err);
    if (code == ERR_OK && reply.status == NOT_FOUND) {
        code = judge_missing(g, tag, err);
    } else if (code == ERR_OK && reply.status != OK) {
        code = github_unexpected(g, &call, &reply, err);
    } else if (code == ERR_OK) {
        json_t *json = json_of(&reply, what, err);
        if (!json)
            code = err ? err->code : ERR_PARSE;
        else if (!read_release(json, tag, out))
            code = not_understood(what, err);
        json_decref(json);
    }
    github_reply_fini(&reply);
    if (code == ERR_OK)
        code = list_assets(g, out, err);
    if (code != ERR_OK)
        github_release_fini(out);
    free(what);
    free(url);
    free(path);
    free(name);
    return code;
}

/* ---- changing ------------------------------------------------------------------------------------- */

enum err_code github_release_make(struct github *g, const char *tag, struct github_release *out,
                                  struct err *err) {
    char *url = url_of(g, "releases");
    char *what = mem_format("%s: a release %s", github_options(g)->repository, tag);
    /* It is not to become the "latest" of a repository whose channels have fixed tags. */
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "tag_name", tag, "name", tag, "make_latest", "false");
    char *text = json_dumps(json, JSON_COMPACT);
    const struct github_call call = {
        .method = "POST", .url = url, .what = what, .json = text, .fd = -1};
    struct github_reply reply;
    enum err_code code = github_ask(g, &call, &reply, err);
    /* 422: it is there; that of a try whose answer was lost. */
    if (code == ERR_OK && reply.status != CREATED && reply.status != INVALID)
        code = github_unexpected(g, &call, &reply, err);
    github_reply_fini(&reply);
    if (code == ERR_OK)
        code = github_release_get(g, tag, out, err);
    json_decref(json);
    free(text);
    free(what);
    free(url);
    return code;
}

enum err_code github_rename(struct github *g, int64_t id, const char *name, struct err *err) {
    char *path = mem_format("releases/assets/%lld", (long long)id), *url = url_of(g, path);
    char *what = mem_format("%s: the name %s", github_options(g)->repository, name);
    json_t *json = json_pack("{s:s}", "name", name);
    char *text = json_dumps(json, JSON_COMPACT);
    const struct github_call call = {
        .method = "PATCH", .url = url, .what = what, .json = text, .fd = -1};
    struct github_reply reply;
    enum err_code code = github_ask(g, &call, &reply, err);
    if (code == ERR_OK && reply.status == INVALID)
        code = err_set(err, ERR_BUSY, what, NULL, "is taken");
    else if (code == ERR_OK && reply.status != OK)
        code = github_unexpected(g, &call, &reply, err);
    github_reply_fini(&reply);
    json_decref(json);
    free(text);
    free(what);
    free(url);
    free(path);
    return code;
}

enum err_code github_delete(struct github *g, int64_t id, const char *name, struct err *err) {
    char *path = mem_format("releases/assets/%lld", (long long)id), *url = url_of(g, path);
    char *what = mem_format("%s: the asset %s", github_options(g)->repository, name);
    const struct github_call call = {.method = "DELETE", .url = url, .what = what, .fd = -1};
    struct github_reply reply;
    enum err_code code = github_ask(g, &call, &reply, err);
    if (code == ERR_OK && reply.status != NO_CONTENT && reply.status != NOT_FOUND)
        code = github_unexpected(g, &call, &reply, err);
    github_reply_fini(&reply);
    free(what);
    free(url);
    free(path);
    return code;
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

struct download {
    const struct github_sink *sink;
    struct hash *hash;
    int64_t size, most;
};

static enum err_code take_bytes(void *self, const void *bytes, size_t n, struct err *err) {
    struct download *d = self;
    d->size += (int64_t)n;
    if (d->size > d->most)
        return err_set(err, ERR_NET, "download", "look at the repository",
                       "is longer than the %lld bytes that the API says", (long long)d->most);
    hash_add(d->hash, bytes, n);
    return d->sink ? d->sink->take(d->sink->self, bytes, n, err) : ERR_OK;
}

enum err_code github_download(struct github *g, const struct github_asset *asset,
                              const struct github_sink *sink, struct asset *out, struct err *err) {
    char *path = mem_format("releases/assets/%lld", (long long)asset->id), *url = url_of(g, path);
    char *what = mem_format("%s: %s", github_options(g)->repository, asset->name);
    struct download d = {.sink = sink, .hash = hash_new(), .most = asset->asset.size};
    const struct github_call call = {
        .method = "GET", .url = url, .what = what, .fd = -1, .take = take_bytes, .self = &d};
    struct github_reply reply;
    enum err_code code = github_ask(g, &call, &reply, err);
    *out = (struct asset){.size = d.size};
    hash_hex(d.hash, out->sha256);
    if (code == ERR_OK && reply.status == NOT_FOUND)
        code = err_set(err, ERR_MISSING, what, "try again", "is gone");
    else if (code == ERR_OK && reply.status != OK && reply.status != PARTIAL)
        code = github_unexpected(g, &call, &reply, err);
    else if (code == ERR_OK && d.size != asset->asset.size)
        code = err_set(err, ERR_NET, what, "try again", "%lld bytes came, the API says %lld",
                       (long long)d.size, (long long)asset->asset.size);
    else if (code == ERR_OK && asset->asset.sha256[0] &&
             strcasecmp(asset->asset.sha256, out->sha256) != 0)
        code = err_set(err, ERR_NET, what, "try again",
                       "what came has the SHA-256 %s, the API says %s", out->sha256,
                       asset->asset.sha256);
    github_reply_fini(&reply);
    hash_free(d.hash);
    free(what);
    free(url);
    free(path);
    return code;
}

enum err_code github_is(struct github *g, const struct github_asset *asset,
                        const struct asset *want, bool *is, struct err *err) {
    struct asset got = asset->asset;
    enum err_code code = ERR_OK;
    *is = false;
    if (!asset->whole || got.size != want->size)
        return ERR_OK;
    if (!got.sha256[0])
        code = github_download(g, asset, NULL, &got, err);
    *is = code == ERR_OK && strcasecmp(got.sha256, want->sha256) == 0;
    return code;
}

/* What has come of an upload: by its answer when that tells, else by a look at what is there. A name of
 * NULL: nothing. */
static enum err_code look_at_upload(struct github *g, const struct github_reply *reply,
                                    const char *tag, const char *name, struct github_asset *out,
                                    struct err *err) {
    struct github_release now;
    struct err ignored = ERR_INIT;
    *out = (struct github_asset){0};
    json_t *json = reply->status == CREATED ? json_of(reply, name, &ignored) : NULL;
    const bool told = json && read_asset(json, out);
    json_decref(json);
    if (told)
        return ERR_OK;
    enum err_code code = github_release_get(g, tag, &now, err);
    for (size_t i = 0; code == ERR_OK && i < now.n; i++) {
        if (strcmp(now.assets[i].name, name) != 0)
            continue;
        *out = now.assets[i];
        now.assets[i].name = NULL; /* moved */
        break;
    }
    github_release_fini(&now);
    return code;
}

/* One try. Whatever was answered, or was not, what counts is what is there. ERR_NET when it did not
 * arrive; what is there and is not whole is taken away. *again: it may be tried again. */
static enum err_code upload_once(struct github *g, const struct github_call *call, const char *tag,
                                 const char *name, const struct asset *want, bool *again,
                                 struct err *err) {
    struct github_reply reply;
    struct github_asset there = {0};
    struct err trouble = ERR_INIT;
    bool arrived = false;
    *again = false;
    enum err_code code, sent = github_ask(g, call, &reply, &trouble);
    if (sent == ERR_OK && reply.status != CREATED && reply.status != INVALID)
        sent = github_unexpected(g, call, &reply, &trouble);
    if (sent != ERR_OK && (sent != ERR_NET || reply.final)) {
        /* Of this machine, or not allowed, or not now. */
        github_reply_fini(&reply);
        return err_set(err, sent, trouble.where, trouble.todo, "%s", trouble.what);
    }
    code = look_at_upload(g, &reply, tag, name, &there, err);
    github_reply_fini(&reply);
    if (code == ERR_OK && there.name)
        code = github_is(g, &there, want, &arrived, err);
    if (code == ERR_OK && there.name && !arrived)
        code = github_delete(g, there.id, name, err);
    asset_fini(&there);
    if (code != ERR_OK || arrived)
        return code;
    *again = true;
    return sent != ERR_OK ? err_set(err, sent, trouble.where, trouble.todo, "%s", trouble.what)
                          : err_set(err, ERR_NET, call->what, "try again later",
                                    "did not arrive as it was sent");
}

enum err_code github_upload(struct github *g, const struct github_release *release,
                            const char *name, int from, const struct asset *want, struct err *err) {
    char *query = escaped(name), *url = mem_format("%s?name=%s", release->upload_url, query);
    char *what =
        mem_format("%s: the upload of %s/%s", github_options(g)->repository, release->tag, name);
    const struct github_call call = {.method = "POST",
                                     .url = url,
                                     .what = what,
                                     .fd = from,
                                     .size = want->size,
                                     .once = true,
                                     .upload = true};
    struct err trouble = ERR_INIT;
    bool again = true;
    enum err_code code = ERR_NET;
    for (int n = 1; code != ERR_OK && again && n <= GITHUB_TRIES; n++) {
        if (n > 1)
            github_back_off(g, n - 1, trouble.what);
        err_clear(&trouble);
        code = upload_once(g, &call, release->tag, name, want, &again, &trouble);
    }
    if (code != ERR_OK)
        err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    free(what);
    free(url);
    free(query);
    return code;
}
