#include "src/release/github_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/when.h"
#include "src/model/url.h"

enum {
    CONNECT_S = 20,
    ANSWER_S = 120,     /* of an answer that is a few KB */
    STALL_S = 60,       /* a transfer that moves less than this in this time is broken off */
    STALL_BYTES = 1024, /* per second */
    SAID_MAX = 160,     /* bytes of the API's words that are shown */
};

struct github {
    struct github_options options;
    const struct change_hook *hook;
    CURL *easy;
    bool loopback; /* the API is http on this machine */
    char trouble[CURL_ERROR_SIZE];
};

/* One call, while it is tried. */
struct exchange {
    struct github *g;
    const struct github_call *call;
    struct github_reply *reply;
    struct err *err;
    int64_t sent;                   /* of the file */
    int64_t have, skip;             /* of a download: given out; to be dropped of this answer */
    bool began;                     /* the body of this answer */
    int64_t retry_after_s, reset_s; /* as the answer says; -1 */
    bool used_up;                   /* x-ratelimit-remaining: 0 */
};

/* ---- life --------------------------------------------------------------------------------------- */

struct github *github_new(const struct github_options *options, const struct change_hook *hook,
                          struct err *err) {
    const enum url_safety safety = url_safety(options->api);
    if (safety != URL_HTTPS && safety != URL_HTTP_LOOPBACK) {
        err_set(err, ERR_CONFIG, "release.api", "write https://HOST/PATH",
                "a token may only go to https");
        return NULL;
    }
    struct github *g = mem_zero(1, sizeof *g);
    g->options = *options;
    g->hook = hook;
    g->loopback = safety == URL_HTTP_LOOPBACK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && (g->easy = curl_easy_init()))
        return g;
    free(g);
    err_set(err, ERR_IO, "libcurl", NULL, "cannot be started");
    return NULL;
}

void github_free(struct github *g) {
    if (!g)
        return;
    curl_easy_cleanup(g->easy);
    curl_global_cleanup();
    free(g);
}

const struct github_options *github_options(const struct github *g) {
    return &g->options;
}

void github_reply_fini(struct github_reply *reply) {
    buf_fini(&reply->body);
    free(reply->next);
    *reply = (struct github_reply){0};
}

static bool hooked(const struct github *g, const char *call, const char *what) {
    int fault = g->hook ? g->hook->before(g->hook->self, call, what) : 0;
    if (fault)
        errno = fault;
    return fault != 0;
}

/* ---- where a token may go ------------------------------------------------------------------------ */

static char *part_of(const char *url, CURLUPart part) {
    char *found = NULL, *copy = NULL;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, part, &found, CURLU_DEFAULT_PORT) == CURLUE_OK)
        copy = mem_copy_text(found);
    curl_free(found);
    curl_url_cleanup(parts);
    return copy;
}

/* Scheme, host and port alike. */
static bool same_origin(const char *a, const char *b) {
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    bool same = true;
    for (size_t i = 0; same && i < sizeof parts / sizeof *parts; i++) {
        char *x = part_of(a, parts[i]), *y = part_of(b, parts[i]);
        same = x && y && strcasecmp(x, y) == 0;
        free(x);
        free(y);
    }
    return same;
}

static bool may_ask(const struct github *g, const char *url) {
    const enum url_safety safety = url_safety(url);
    return safety == URL_HTTPS || (g->loopback && safety == URL_HTTP_LOOPBACK);
}

/* ---- what libcurl calls --------------------------------------------------------------------------- */

static int status_of(const struct github *g) {
    long status = 0;
    curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *self) {
    struct exchange *x = self;
    const int status = status_of(x->g);
    (void)one;
    if (!x->call->take || (status != 200 && status != 206))
        return buf_add(&x->reply->body, bytes, n) ? n : CURL_WRITEFUNC_ERROR;
    if (!x->began)
        x->skip = status == 200 ? x->have : 0; /* it begins anew, or goes on where we were */
    x->began = true;
    const size_t drop = x->skip < (int64_t)n ? (size_t)x->skip : n;
    x->skip -= (int64_t)drop;
    if (n > drop && x->call->take(x->call->self, bytes + drop, n - drop, x->err) != ERR_OK)
        return CURL_WRITEFUNC_ERROR;
    x->have += (int64_t)(n - drop);
    return n;
}

static size_t on_send(char *bytes, size_t one, size_t n, void *self) {
    struct exchange *x = self;
    const int64_t left = x->call->size - x->sent;
    const size_t most = left < (int64_t)(one * n) ? (size_t)left : one * n;
    if (most == 0)
        return 0;
    if (x->sent == 0 && hooked(x->g, "send", x->call->what)) {
        err_errno(x->err, ERR_IO, x->call->what, NULL, "cannot be sent");
        return CURL_READFUNC_ABORT;
    }
    ssize_t got;
    do
        got = pread(x->call->fd, bytes, most, (off_t)x->sent);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        errno = got < 0 ? errno : EIO; /* shorter than it was */
        err_errno(x->err, ERR_IO, x->call->what, "look at the disk", "the file cannot be read");
        return CURL_READFUNC_ABORT;
    }
    x->sent += got;
    return (size_t)got;
}

static int on_rewind(void *self, curl_off_t at, int whence) {
    struct exchange *x = self;
    if (whence != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    x->sent = (int64_t)at;
    return CURL_SEEKFUNC_OK;
}

/* The value of a header line of this name, or NULL; heap. */
static char *header_value(const char *line, size_t n, const char *name) {
    const size_t m = strlen(name);
    if (n <= m || strncasecmp(line, name, m) != 0 || line[m] != ':')
        return NULL;
    const char *at = line + m + 1, *end = line + n;
    while (at < end && *at == ' ')
        at++;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    return mem_copy_bytes(at, (size_t)(end - at));
}

static int64_t number_in(const char *line, size_t n, const char *name, int64_t otherwise) {
    char *text = header_value(line, n, name), *end;
    if (!text)
        return otherwise;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    const bool sound = end != text && *end == '\0' && value >= 0 && errno == 0;
    free(text);
    return sound ? (int64_t)value : otherwise;
}

/* <https://…?page=2>; rel="next", <…>; rel="last" */
static char *next_of(const char *link) {
    const char *rel = strstr(link, "rel=\"next\"");
    const char *open = NULL;
    for (const char *at = link; rel && at < rel; at++)
        if (*at == '<')
            open = at + 1;
    const size_t n = open ? strcspn(open, ">") : 0;
    return n > 0 ? mem_copy_bytes(open, n) : NULL;
}

static size_t on_header(char *line, size_t one, size_t n, void *self) {
    struct exchange *x = self;
    (void)one;
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* behind a 100, the real one */
        free(x->reply->next);
        x->reply->next = NULL;
        x->retry_after_s = x->reset_s = -1;
        x->used_up = false;
    }
    x->retry_after_s = number_in(line, n, "retry-after", x->retry_after_s);
    x->reset_s = number_in(line, n, "x-ratelimit-reset", x->reset_s);
    x->used_up |= number_in(line, n, "x-ratelimit-remaining", 1) == 0;
    char *link = header_value(line, n, "link");
    if (link) {
        free(x->reply->next);
        x->reply->next = next_of(link);
    }
    free(link);
    return n;
}

/* ---- one try -------------------------------------------------------------------------------------- */

#define SET(option, value) curl_easy_setopt(x->g->easy, option, value)

static struct curl_slist *headers_of(const struct exchange *x, bool token) {
    const struct github_call *call = x->call;
    struct curl_slist *list = NULL;
    list = curl_slist_append(list, call->take ? "Accept: application/octet-stream"
                                              : "Accept: application/vnd.github+json");
    list = curl_slist_append(list, "X-GitHub-Api-Version: 2022-11-28");
    if (call->fd >= 0)
        list = curl_slist_append(list, "Content-Type: application/octet-stream");
    else if (call->json)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (token && x->g->options.token) {
        char *line = mem_format("Authorization: Bearer %s", x->g->options.token);
        list = curl_slist_append(list, line);
        mem_wipe(line, strlen(line));
        free(line);
    }
    return list;
}

static void drop_headers(struct curl_slist *list) {
    for (struct curl_slist *at = list; at; at = at->next)
        mem_wipe(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

static void set_up(struct exchange *x, const char *url) {
    struct github *g = x->g;
    const struct github_call *call = x->call;
    curl_easy_reset(g->easy); /* keeps its connections */
    g->trouble[0] = '\0';
    SET(CURLOPT_ERRORBUFFER, g->trouble);
    SET(CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, g->loopback ? "http,https" : "https");
#else
    SET(CURLOPT_PROTOCOLS,
        g->loopback ? (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS) : (long)CURLPROTO_HTTPS);
#endif
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* by hand: each hop is judged before it is asked */
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (g->options.ca_file)
        SET(CURLOPT_CAINFO, g->options.ca_file);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    const bool long_one = call->fd >= 0 || call->take;
    SET(CURLOPT_TIMEOUT, long_one ? 0L : (long)ANSWER_S);
    SET(CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, long_one ? (long)STALL_BYTES : 0L);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, x);
    if (call->fd >= 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->size);
        SET(CURLOPT_READFUNCTION, on_send);
        SET(CURLOPT_READDATA, x);
        SET(CURLOPT_SEEKFUNCTION, on_rewind);
        SET(CURLOPT_SEEKDATA, x);
    } else if (call->json) {
        SET(CURLOPT_POSTFIELDS, call->json);
    }
    SET(CURLOPT_CUSTOMREQUEST, call->method);
}

static CURLcode try_url(struct exchange *x, const char *url, bool token) {
    char range[32];
    struct curl_slist *headers = headers_of(x, token);
    set_up(x, url);
    SET(CURLOPT_HTTPHEADER, headers);
    if (x->call->take && x->have > 0) {
        snprintf(range, sizeof range, "%lld-", (long long)x->have);
        SET(CURLOPT_RANGE, range);
    }
    buf_clear(&x->reply->body);
    x->sent = 0;
    x->began = false;
    x->retry_after_s = x->reset_s = -1;
    const CURLcode code = curl_easy_perform(x->g->easy);
    SET(CURLOPT_HTTPHEADER, NULL);
    drop_headers(headers);
    x->reply->status = code == CURLE_OK ? status_of(x->g) : 0;
    return code;
}

/* The call's URL, and where it redirects to. */
static CURLcode try_call(struct exchange *x) {
    const struct github *g = x->g;
    char *here = mem_copy_text(x->call->url);
    CURLcode code = CURLE_OK;
    for (int hop = 0;; hop++) {
        char *to = NULL;
        const bool token = x->call->upload || same_origin(here, g->options.api);
        code = try_url(x, here, token);
        const int status = x->reply->status;
        if (code != CURLE_OK || status < 300 || status > 399 || status == 304)
            break;
        curl_easy_getinfo(g->easy, CURLINFO_REDIRECT_URL, &to);
        if (strcmp(x->call->method, "GET") != 0 || !to) {
            err_set(x->err, ERR_NET, x->call->what, "correct release.repository, or release.api",
                    "has moved: the API answers %d", status);
        } else if (!may_ask(g, to)) {
            err_set(x->err, ERR_REFUSED, x->call->what, NULL,
                    "is redirected to what is neither https nor asked for");
        } else if (hop == GITHUB_REDIRECTS) {
            err_set(x->err, ERR_NET, x->call->what, NULL, "redirects more than %d times",
                    GITHUB_REDIRECTS);
        } else {
            char *next = mem_copy_text(to);
            free(here);
            here = next;
            continue;
        }
        break;
    }
    free(here);
    return code;
}

/* ---- again and again ------------------------------------------------------------------------------ */

void github_back_off(struct github *g, int n, const char *why) {
    g->options.wait(g->options.wait_self, (int64_t)GITHUB_BACK_OFF_MS << (n - 1), why);
}

static bool is_limit(const struct exchange *x) {
    const int status = x->reply->status;
    return status == 429 || (status == 403 && (x->retry_after_s >= 0 || x->used_up));
}

/* ERR_OK after the wait that the answer asks for. */
static enum err_code wait_for_limit(struct exchange *x, int n) {
    struct github *g = x->g;
    char why[64], text[24];
    int64_t ms = (int64_t)GITHUB_LIMIT_MS << (n - 1);
    if (x->retry_after_s >= 0)
        ms = x->retry_after_s < GITHUB_WAIT_MAX_MS ? x->retry_after_s * 1000 : INT64_MAX;
    else if (x->reset_s >= 0 &&
             x->reset_s < INT64_MAX / 2000) /* and the second that it names is over */
        ms = x->reset_s * 1000 - clock_wall_ms(g->options.clock) + 1000;
    if (ms > GITHUB_WAIT_MAX_MS) {
        x->reply->final = true;
        duration_text(ms < INT64_MAX ? ms : (int64_t)x->retry_after_s * 1000, text, sizeof text);
        return err_set(x->err, ERR_NET, x->call->what, "try again then, or with another token",
                       "the rate limit is used up for %s", text);
    }
    snprintf(why, sizeof why, "answers %d, the rate limit", x->reply->status);
    g->options.wait(g->options.wait_self, ms > 0 ? ms : 0, why);
    return ERR_OK;
}

/* What asking again does not mend. */
static bool is_final(CURLcode code) {
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_READ_ERROR:
        return true;
    default:
        return false;
    }
}

static enum err_code no_answer(struct exchange *x, CURLcode code) {
    const struct github *g = x->g;
    x->reply->final = is_final(code);
    if (code == CURLE_WRITE_ERROR && !x->call->take)
        return err_set(x->err, ERR_LIMIT, x->call->what, "is release.api right?",
                       "answers with more than %d MiB", GITHUB_REPLY_BYTES_MAX >> 20);
    return err_set(x->err, ERR_NET, x->call->what, "look at the network, or at release.api", "%s",
                   g->trouble[0] ? g->trouble : curl_easy_strerror(code));
}

static enum err_code not_allowed(const struct exchange *x) {
    const char *token = x->g->options.token;
    const int status = x->reply->status;
    return err_set(x->err, ERR_REFUSED, x->call->what,
                   token ? "give release.token the right to write contents of this repository"
                         : "write release.token: env:NAME or file:PATH",
                   token ? "the token is not good for this: the API answers %d"
                         : "there is no token: the API answers %d",
                   status);
}

enum err_code github_ask(struct github *g, const struct github_call *call,
                         struct github_reply *reply, struct err *err) {
    struct err own = ERR_INIT;
    struct exchange x = {.g = g, .call = call, .reply = reply, .err = &own};
    const bool writes = strcmp(call->method, "GET") != 0;
    *reply = (struct github_reply){0};
    buf_init(&reply->body, GITHUB_REPLY_BYTES_MAX);
    if (!may_ask(g, call->url))
        err_set(&own, ERR_REFUSED, call->what, "is release.api right?",
                "the API names an address that is not https");
    for (int n = 1; own.code == ERR_OK; n++) {
        if (writes && hooked(g, "http", call->what)) {
            err_errno(&own, ERR_IO, call->what, NULL, "cannot be asked");
            break;
        }
        const CURLcode code = try_call(&x);
        const bool last = n == GITHUB_TRIES;
        if (own.code != ERR_OK)
            break;
        if (code != CURLE_OK) {
            if (last || call->once || is_final(code))
                no_answer(&x, code);
            else
                github_back_off(g, n, g->trouble[0] ? g->trouble : curl_easy_strerror(code));
        } else if (is_limit(&x)) {
            if (last)
                github_unexpected(g, call, reply, &own);
            else
                wait_for_limit(&x, n);
        } else if (reply->status >= 500 || reply->status == 408) {
            char why[32];
            snprintf(why, sizeof why, "answers %d", reply->status);
            if (last || call->once)
                github_unexpected(g, call, reply, &own);
            else
                github_back_off(g, n, why);
        } else {
            if (reply->status == 401 || reply->status == 403)
                not_allowed(&x);
            break;
        }
    }
    return own.code == ERR_OK ? ERR_OK
                              : err_set(err, own.code, own.where, own.todo, "%s", own.what);
}

enum err_code github_unexpected(const struct github *g, const struct github_call *call,
                                const struct github_reply *reply, struct err *err) {
    char said[SAID_MAX] = "";
    struct err ignored = ERR_INIT;
    json_t *json =
        json_read(reply->body.data ? reply->body.data : "", reply->body.len, call->what, &ignored);
    const char *message = json_string_value(json_object_get(json, "message"));
    /* Whoever answers may repeat what it was sent. */
    if (message && !(g->options.token && strstr(message, g->options.token)))
        text_safe(said, sizeof said, message, strlen(message));
    err_set(err, ERR_NET, call->what, "look at the repository, or try again later",
            "the API answers %d%s%s%s", reply->status, said[0] ? " \"" : "", said,
            said[0] ? "\"" : "");
    json_decref(json);
    return ERR_NET;
}
