#include "tests/support/fake_github.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/hash.h"
#include "src/base/mem.h"

enum { RELEASES = 16, ASSETS = 256, FAULTS = 16 };

struct kept {
    int64_t id;
    char *name, *bytes;
    size_t n;
    bool whole;
};

struct release {
    int64_t id;
    char *tag;
    struct kept assets[ASSETS];
    size_t n;
};

struct fake {
    pthread_mutex_t lock;
    struct MHD_Daemon *daemon, *blobs; /* of the API, of the other host */
    char url[64], blobs_url[64];
    struct release releases[RELEASES];
    size_t n_releases;
    struct fake_fault faults[FAULTS];
    size_t n_faults;
    int64_t next_id;
    bool no_digests, redirects;
    int page;
    _Atomic unsigned requests, leaks;
};

struct request { /* one, while it comes in */
    struct buf body;
    const struct fake_fault *fault;
    struct fake_fault copy;
};

/* ---- what it holds ------------------------------------------------------------------------------- */

static struct release *release_of(struct fake *f, const char *tag) {
    for (size_t i = 0; i < f->n_releases; i++)
        if (strcmp(f->releases[i].tag, tag) == 0)
            return &f->releases[i];
    return NULL;
}

static struct release *release_by_id(struct fake *f, int64_t id) {
    for (size_t i = 0; i < f->n_releases; i++)
        if (f->releases[i].id == id)
            return &f->releases[i];
    return NULL;
}

static struct release *add_release(struct fake *f, const char *tag) {
    if (f->n_releases == RELEASES)
        abort();
    struct release *r = &f->releases[f->n_releases++];
    *r = (struct release){.id = f->next_id++, .tag = mem_copy_text(tag)};
    return r;
}

static struct kept *asset_of(struct release *r, const char *name) {
    for (size_t i = 0; r && i < r->n; i++)
        if (strcmp(r->assets[i].name, name) == 0)
            return &r->assets[i];
    return NULL;
}

static struct kept *asset_by_id(struct fake *f, int64_t id, struct release **of) {
    for (size_t i = 0; i < f->n_releases; i++) {
        for (size_t k = 0; k < f->releases[i].n; k++) {
            *of = &f->releases[i];
            if (f->releases[i].assets[k].id == id)
                return &f->releases[i].assets[k];
        }
    }
    return NULL;
}

static struct kept *add_asset(struct fake *f, struct release *r, const char *name,
                              const char *bytes, size_t n) {
    if (r->n == ASSETS)
        abort();
    struct kept *a = &r->assets[r->n++];
    *a = (struct kept){.id = f->next_id++,
                       .name = mem_copy_text(name),
                       .bytes = mem_copy_bytes(bytes, n),
                       .n = n,
                       .whole = true};
    return a;
}

static void drop_asset(struct release *r, struct kept *a) {
    free(a->name);
    free(a->bytes);
    memmove(a, a + 1, (size_t)(r->assets + r->n - (a + 1)) * sizeof *a);
    r->n--;
}

struct fake *fake_new(void) {
    static const char *const tags[] = {"Update", "App", "UpdateBeta", "AppBeta"};
    struct fake *f = mem_zero(1, sizeof *f);
    pthread_mutex_init(&f->lock, NULL);
    f->next_id = 1;
    f->page = 100;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        add_release(f, tags[i]);
    return f;
}

static void drop_release(struct fake *f, struct release *r) {
    while (r->n > 0)
        drop_asset(r, &r->assets[r->n - 1]);
    free(r->tag);
    memmove(r, r + 1, (size_t)(f->releases + f->n_releases - (r + 1)) * sizeof *r);
    f->n_releases--;
}

void fake_free(struct fake *f) {
    fake_stop(f);
    while (f->n_releases > 0)
        drop_release(f, &f->releases[f->n_releases - 1]);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void fake_trouble(struct fake *f, const struct fake_fault *fault) {
    pthread_mutex_lock(&f->lock);
    if (f->n_faults == FAULTS)
        abort();
    f->faults[f->n_faults++] = *fault;
    pthread_mutex_unlock(&f->lock);
}

void fake_set(struct fake *f, bool no_digests, bool redirects, int page) {
    pthread_mutex_lock(&f->lock);
    f->no_digests = no_digests;
    f->redirects = redirects;
    f->page = page;
    pthread_mutex_unlock(&f->lock);
}

static void put(struct fake *f, const char *tag, const char *name, const char *bytes, bool whole) {
    pthread_mutex_lock(&f->lock);
    struct release *r = release_of(f, tag);
    r = r ? r : add_release(f, tag);
    struct kept *old = asset_of(r, name);
    if (old)
        drop_asset(r, old);
    add_asset(f, r, name, bytes, strlen(bytes))->whole = whole;
    pthread_mutex_unlock(&f->lock);
}

void fake_put(struct fake *f, const char *tag, const char *name, const char *bytes) {
    put(f, tag, name, bytes, true);
}

void fake_put_starter(struct fake *f, const char *tag, const char *name, const char *bytes) {
    put(f, tag, name, bytes, false);
}

void fake_remove(struct fake *f, const char *tag, const char *name) {
    pthread_mutex_lock(&f->lock);
    struct release *r = release_of(f, tag);
    struct kept *a = asset_of(r, name);
    if (a)
        drop_asset(r, a);
    pthread_mutex_unlock(&f->lock);
}

char *fake_get(struct fake *f, const char *tag, const char *name) {
    pthread_mutex_lock(&f->lock);
    struct kept *a = asset_of(release_of(f, tag), name);
    char *copy = a && a->whole ? mem_copy_bytes(a->bytes, a->n) : NULL;
    pthread_mutex_unlock(&f->lock);
    return copy;
}

bool fake_is(struct fake *f, const char *tag, const char *name, const char *bytes) {
    char *there = fake_get(f, tag, name);
    const bool is = there && strcmp(there, bytes) == 0;
    free(there);
    return is;
}

void fake_drop_release(struct fake *f, const char *tag) {
    pthread_mutex_lock(&f->lock);
    drop_release(f, release_of(f, tag));
    pthread_mutex_unlock(&f->lock);
}

bool fake_has_release(struct fake *f, const char *tag) {
    pthread_mutex_lock(&f->lock);
    const bool has = release_of(f, tag) != NULL;
    pthread_mutex_unlock(&f->lock);
    return has;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *fake_print(struct fake *f) {
    char *lines[RELEASES * 8] = {NULL};
    size_t n = 0;
    struct buf all;
    buf_init(&all, 0);
    buf_add_text(&all, "");
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n_releases; i++) {
        for (size_t k = 0; k < f->releases[i].n && n < sizeof lines / sizeof *lines; k++) {
            const struct kept *a = &f->releases[i].assets[k];
            lines[n++] = mem_format("%s/%s %s: %s\n", f->releases[i].tag, a->name,
                                    a->whole ? "uploaded" : "starter", a->bytes);
        }
    }
    pthread_mutex_unlock(&f->lock);
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++) {
        buf_add_text(&all, lines[i]);
        free(lines[i]);
    }
    return buf_steal(&all);
}

bool fake_has_leftovers(struct fake *f) {
    char *print = fake_print(f);
    const bool has = strstr(print, "/gonogo-") || strstr(print, " starter: ");
    free(print);
    return has;
}

unsigned fake_requests(const struct fake *f) {
    return f->requests;
}

unsigned fake_leaks(const struct fake *f) {
    return f->leaks;
}

/* ---- answers ------------------------------------------------------------------------------------- */

struct say {
    unsigned status;
    json_t *json;      /* or */
    const char *bytes; /* copied */
    size_t n, offset;
    char *header, *value; /* one more; the value on the heap */
};

static enum MHD_Result send_it(struct MHD_Connection *c, struct say *say) {
    char *text = say->json ? json_dumps(say->json, JSON_COMPACT) : NULL;
    const char *bytes = text ? text : say->bytes ? say->bytes + say->offset : "";
    const size_t n = text ? strlen(text) : say->bytes ? say->n - say->offset : 0;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(n, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (say->header)
        MHD_add_response_header(r, say->header, say->value);
    enum MHD_Result result = MHD_queue_response(c, say->status, r);
    MHD_destroy_response(r);
    json_decref(say->json);
    free(text);
    free(say->value);
    return result;
}

static struct say message(unsigned status, const char *text) {
    return (struct say){.status = status, .json = json_pack("{s:s}", "message", text)};
}

static json_t *describe(const struct fake *f, const struct kept *a) {
    char hex[HASH_HEX_CAP], digest[HASH_HEX_CAP + 8];
    hash_of(a->bytes, a->n, hex);
    snprintf(digest, sizeof digest, "sha256:%s", hex);
    return json_pack("{s:I, s:s, s:I, s:s, s:s?}", "id", (json_int_t)a->id, "name", a->name, "size",
                     (json_int_t)a->n, "state", a->whole ? "uploaded" : "starter", "digest",
                     f->no_digests ? NULL : digest);
}

static json_t *describe_release(const struct fake *f, const struct release *r) {
    char *upload =
        mem_format("%s/uploads/repos/" FAKE_REPOSITORY "/releases/%lld/assets{?name,label}", f->url,
                   (long long)r->id);
    json_t *json = json_pack("{s:I, s:s, s:s}", "id", (json_int_t)r->id, "tag_name", r->tag,
                             "upload_url", upload);
    free(upload);
    return json;
}

static struct say list_page(struct fake *f, struct MHD_Connection *c, const struct release *r) {
    const char *asked = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "page");
    const size_t page = asked ? (size_t)strtol(asked, NULL, 10) : 1, per = (size_t)f->page;
    struct say say = {.status = 200, .json = json_array()};
    for (size_t i = (page - 1) * per; i < r->n && i < page * per; i++)
        json_array_append_new(say.json, describe(f, &r->assets[i]));
    if (page * per < r->n) {
        say.header = (char *)(uintptr_t) "Link";
        say.value = mem_format("<%s/x?page=1>; rel=\"prev\", <%s/repos/" FAKE_REPOSITORY
                               "/releases/%lld/assets?per_page=100&page=%zu>; rel=\"next\"",
                               f->url, f->url, (long long)r->id, page + 1);
    }
    return say;
}

static struct say upload(struct fake *f, struct MHD_Connection *c, struct release *r,
                         const struct request *q) {
    const char *name = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "name");
    if (!r || !name)
        return message(404, "Not Found");
    if (asset_of(r, name))
        return message(422, "already_exists");
    struct kept *a = add_asset(f, r, name, q->body.data ? q->body.data : "", q->body.len);
    const enum fake_trouble *t = q->fault ? &q->fault->trouble : NULL;
    if (t && (*t == FAKE_STARTER || *t == FAKE_TRUNCATE)) {
        a->n /= 2;
        a->bytes[a->n] = '\0';
        a->whole = *t == FAKE_TRUNCATE;
        return message(502, "Bad Gateway");
    }
    if (t && *t == FAKE_OTHER_BYTES)
        a->bytes[0] ^= 1;
    return (struct say){.status = 201, .json = describe(f, a)};
}

static struct say download(const struct fake *f, struct MHD_Connection *c, const struct kept *a,
                           const struct request *q) {
    if (q->fault && q->fault->trouble == FAKE_ELSEWHERE)
        return (struct say){.status = 302,
                            .header = (char *)(uintptr_t) "Location",
                            .value = mem_copy_text(q->fault->text)};
    if (f->redirects)
        return (struct say){
            .status = 302,
            .header = (char *)(uintptr_t) "Location",
            .value = mem_format("%s/blob/%lld?sig=secret", f->blobs_url, (long long)a->id)};
    const char *range = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Range");
    const size_t offset =
        range && strncmp(range, "bytes=", 6) == 0 ? (size_t)strtol(range + 6, NULL, 10) : 0;
    return (struct say){
        .status = offset ? 206 : 200, .bytes = a->bytes, .n = a->n, .offset = offset};
}

static struct say on_asset(struct fake *f, struct MHD_Connection *c, const char *method, int64_t id,
                           const struct request *q) {
    struct release *r = NULL;
    struct kept *a = asset_by_id(f, id, &r);
    if (!a)
        return message(404, "Not Found");
    if (strcmp(method, "DELETE") == 0) {
        drop_asset(r, a);
        return (struct say){.status = 204};
    }
    if (strcmp(method, "PATCH") == 0) {
        json_t *json = json_loads(q->body.data ? q->body.data : "", 0, NULL);
        const char *name = json_string_value(json_object_get(json, "name"));
        struct say say = message(422, "already_exists");
        if (name && !asset_of(r, name)) {
            free(a->name);
            a->name = mem_copy_text(name);
            json_decref(say.json);
            say = (struct say){.status = 200, .json = describe(f, a)};
        }
        json_decref(json);
        return say;
    }
    return a->whole ? download(f, c, a, q) : message(404, "Not Found");
}

static struct say make_release(struct fake *f, const struct request *q) {
    json_t *json = json_loads(q->body.data ? q->body.data : "", 0, NULL);
    const char *tag = json_string_value(json_object_get(json, "tag_name"));
    struct say say = message(422, "already_exists");
    if (tag && !release_of(f, tag)) {
        json_decref(say.json);
        say = (struct say){.status = 201, .json = describe_release(f, add_release(f, tag))};
    }
    json_decref(json);
    return say;
}

static struct say serve(struct fake *f, struct MHD_Connection *c, const char *method,
                        const char *path, const struct request *q) {
    static const char repo[] = "/repos/" FAKE_REPOSITORY, uploads[] = "/uploads";
    const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    long long id;
    if (auth && strcmp(auth, "Bearer " FAKE_TOKEN) != 0)
        return message(401, "Bad credentials");
    if (!auth && strcmp(method, "GET") != 0)
        return message(403, "Must have the right to write");
    if (strncmp(path, uploads, strlen(uploads)) == 0 &&
        sscanf(path, "/uploads/repos/" FAKE_REPOSITORY "/releases/%lld/assets", &id) == 1)
        return upload(f, c, release_by_id(f, id), q);
    if (strncmp(path, repo, strlen(repo)) != 0)
        return message(404, "Not Found");
    path += strlen(repo);
    if (strcmp(path, "") == 0)
        return (struct say){.status = 200, .json = json_pack("{s:s}", "full_name", "o/r")};
    if (strncmp(path, "/releases/tags/", 15) == 0) {
        struct release *r = release_of(f, path + 15);
        return r ? (struct say){.status = 200, .json = describe_release(f, r)}
                 : message(404, "Not Found");
    }
    if (strcmp(path, "/releases") == 0 && strcmp(method, "POST") == 0)
        return make_release(f, q);
    if (sscanf(path, "/releases/assets/%lld", &id) == 1)
        return on_asset(f, c, method, id, q);
    if (sscanf(path, "/releases/%lld/assets", &id) == 1 && release_by_id(f, id))
        return list_page(f, c, release_by_id(f, id));
    return message(404, "Not Found");
}

/* ---- requests ------------------------------------------------------------------------------------ */

static const struct fake_fault *fault_of(struct fake *f, const char *method, const char *path,
                                         struct fake_fault *copy) {
    for (size_t i = 0; i < f->n_faults; i++) {
        struct fake_fault *fault = &f->faults[i];
        if (strcmp(fault->method, method) != 0 || !strstr(path, fault->path) || fault->times == 0)
            continue;
        if (fault->skip-- > 0)
            return NULL;
        fault->skip = 0;
        fault->times--;
        *copy = *fault;
        return copy;
    }
    return NULL;
}

static void drop_request(void *self, struct MHD_Connection *c, void **seen,
                         enum MHD_RequestTerminationCode why) {
    struct request *q = *seen;
    (void)self, (void)c, (void)why;
    if (q)
        buf_fini(&q->body);
    free(q);
    *seen = NULL;
}

static struct say plain_trouble(const struct fake_fault *fault) {
    struct say say = message((unsigned)fault->number, "as the test wants it");
    if (fault->trouble == FAKE_STATUS)
        return say;
    say.status = 403;
    const bool after = fault->trouble == FAKE_RETRY_AFTER;
    say.header = (char *)(uintptr_t)(after ? "Retry-After" : "x-ratelimit-reset");
    say.value = mem_format("%lld", (long long)fault->number);
    return say;
}

static enum MHD_Result answer(struct fake *f, struct MHD_Connection *c, const char *method,
                              const char *path, struct request *q) {
    const enum fake_trouble *t = q->fault ? &q->fault->trouble : NULL;
    struct say say;
    if (t && (*t == FAKE_STATUS || *t == FAKE_RETRY_AFTER)) {
        say = plain_trouble(q->fault);
    } else if (t && *t == FAKE_RESET) {
        say = plain_trouble(q->fault);
        struct MHD_Response *r =
            MHD_create_response_from_buffer(2, (void *)(uintptr_t) "{}", MHD_RESPMEM_MUST_COPY);
        MHD_add_response_header(r, say.header, say.value);
        MHD_add_response_header(r, "x-ratelimit-remaining", "0");
        enum MHD_Result result = MHD_queue_response(c, 403, r);
        MHD_destroy_response(r);
        json_decref(say.json);
        free(say.value);
        return result;
    } else {
        say = serve(f, c, method, path, q);
    }
    if (t && *t == FAKE_LOSE) {
        json_decref(say.json);
        free(say.value);
        say = message(502, "Bad Gateway");
    }
    return send_it(c, &say);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *c, const char *path,
                              const char *method, const char *version, const char *bytes, size_t *n,
                              void **seen) {
    struct fake *f = self;
    struct request *q = *seen;
    (void)version;
    if (!q) {
        q = mem_zero(1, sizeof *q);
        buf_init(&q->body, 0);
        *seen = q;
        f->requests++;
        pthread_mutex_lock(&f->lock);
        q->fault = fault_of(f, method, path, &q->copy);
        pthread_mutex_unlock(&f->lock);
        return MHD_YES;
    }
    const bool cut = q->fault && q->fault->trouble == FAKE_CUT;
    if (*n > 0) {
        buf_add(&q->body, bytes, *n);
        *n = 0;
        return cut ? MHD_NO : MHD_YES;
    }
    if (cut)
        return MHD_NO;
    pthread_mutex_lock(&f->lock);
    enum MHD_Result result = answer(f, c, method, path, q);
    pthread_mutex_unlock(&f->lock);
    return result;
}

/* The other host: a signed URL is enough there, and whoever brings the token has lost it. */
static enum MHD_Result handle_blob(void *self, struct MHD_Connection *c, const char *path,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *n, void **seen) {
    struct fake *f = self;
    struct release *r = NULL;
    const struct request none = {0};
    (void)method, (void)version, (void)bytes;
    if (!*seen) {
        *seen = mem_zero(1, sizeof none);
        return MHD_YES;
    }
    if (*n > 0)
        return MHD_NO;
    if (MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"))
        f->leaks++;
    pthread_mutex_lock(&f->lock);
    const struct kept *a = asset_by_id(f, strtoll(path + strlen("/blob/"), NULL, 10), &r);
    const bool redirects = f->redirects;
    f->redirects = false;
    struct say say = a ? download(f, c, a, &none) : message(404, "Not Found");
    f->redirects = redirects;
    enum MHD_Result result = send_it(c, &say);
    pthread_mutex_unlock(&f->lock);
    return result;
}

static struct MHD_Daemon *listen_on(struct fake *f, MHD_AccessHandlerCallback handler, char *url,
                                    size_t cap) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        abort(); /* no test can go on */
    snprintf(url, cap, "http://127.0.0.1:%d", ntohs(at.sin_port));
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)drop_request, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_USE_AUTO, 0, NULL,
                         NULL, handler, f, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!daemon)
        abort();
    return daemon;
}

const char *fake_start(struct fake *f) {
    f->daemon = listen_on(f, handle, f->url, sizeof f->url);
    f->blobs = listen_on(f, handle_blob, f->blobs_url, sizeof f->blobs_url);
    return f->url;
}

void fake_stop(struct fake *f) {
    if (f->daemon)
        MHD_stop_daemon(f->daemon);
    if (f->blobs)
        MHD_stop_daemon(f->blobs);
    f->daemon = f->blobs = NULL;
}
