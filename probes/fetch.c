#include "probes/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "probes/look.h"
#include "src/base/clock.h"
#include "src/base/mem.h"

enum {
    BUFFER_BYTES = 512 << 10,      /* what libcurl hands over at once, at the most */
    BUFFER_LEAST_BYTES = 16 << 10, /* with a rate: what comes at once is a quarter of a second's */
    PAUSE_MS = 20,
};

struct fetch {
    const struct fetch_request *request;
    struct fetch_answer *answer;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    const char *url;    /* of this hop */
    int64_t range_from; /* of Content-Range; -1 = none */
    int64_t range_total;
    int64_t moved_ms; /* mono: bytes came */
    /* libcurl's own limit of speed begins to hold after a second, which is much on a fast line. */
    int64_t rated_ms; /* mono: from when on bytes are counted against the rate */
    int64_t taken;    /* since then */
    bool paused;
    bool began;
    bool refused; /* begin() or body() said no */
    char trouble[CURL_ERROR_SIZE];
};

#define SET(option, value) curl_easy_setopt(f->easy, option, value)

/* ---- the answer ---- */

static void keep(char *dst, const char *from, size_t n) {
    bool fits = n < FETCH_VALIDATOR_CAP;
    if (fits)
        memcpy(dst, from, n);
    dst[fits ? n : 0] = '\0';
}

/* A whole number and what stands behind it; -1, and *text stays, when there is none. */
static int64_t take_number(const char **text) {
    char *end = NULL;
    errno = 0;
    long long number = **text >= '0' && **text <= '9' ? strtoll(*text, &end, 10) : -1;
    if (number < 0 || errno != 0)
        return -1;
    *text = end;
    return number;
}

/* "bytes 100-199/200" */
static void read_range(struct fetch *f, const char *text, size_t n) {
    char copy[96];
    const char *at = copy + 6;
    snprintf(copy, sizeof copy, "%.*s", (int)(n < sizeof copy ? n : sizeof copy - 1), text);
    if (strncasecmp(copy, "bytes ", 6) != 0)
        return;
    int64_t from = take_number(&at), to = -1, total = -1;
    if (*at == '-' && from >= 0) {
        at++;
        to = take_number(&at);
    }
    if (*at == '/' && to >= from) {
        at++;
        total = take_number(&at);
        f->range_from = from;
        f->range_total = total > to ? total : -1;
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *self) {
    struct fetch *f = self;
    size_t n = size * count, end = n;
    if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* the next head; 100 came before 200 */
        f->answer->etag[0] = f->answer->modified[0] = '\0';
        f->range_from = f->range_total = -1;
        return n;
    }
    while (end > 0 && strchr("\r\n \t", line[end - 1]))
        end--;
    const char *colon = memchr(line, ':', end);
    size_t name = colon ? (size_t)(colon - line) : 0, at = name + 1;
    while (colon && at < end && strchr(" \t", line[at]))
        at++;
    if (name == 4 && strncasecmp(line, "ETag", 4) == 0 && line[at] == '"')
        keep(f->answer->etag, line + at, end - at);
    else if (name == 13 && strncasecmp(line, "Last-Modified", 13) == 0)
        keep(f->answer->modified, line + at, end - at);
    else if (name == 13 && strncasecmp(line, "Content-Range", 13) == 0)
        read_range(f, line + at, end - at);
    return n;
}

static long status_of(const struct fetch *f) {
    long status = 0;
    curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static int64_t length_of(const struct fetch *f) {
    curl_off_t length = -1;
    curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return (int64_t)length;
}

/* A part of another body than the one that was begun: there are servers that do not heed If-Range. */
static bool is_of_another(const struct fetch *f) {
    const char *wanted = f->request->if_range;
    if (!wanted)
        return false;
    const char *got = *wanted == '"' ? f->answer->etag : f->answer->modified;
    return *got && strcmp(got, wanted) != 0;
}

/* Only what is a part of the body that was asked for is one; a page about an error is none. */
static bool begin_body(struct fetch *f, long status) {
    const struct fetch_request *r = f->request;
    int64_t length = length_of(f);
    f->began = true;
    if (status == 206 && (f->range_from != r->from || is_of_another(f)))
        return false;
    int64_t total = status == 206 ? f->range_total : length;
    return r->begin(r->self, status == 206 ? r->from : 0, total);
}

/* Is it too early for more? */
static bool too_fast(const struct fetch *f) {
    int64_t rate = f->request->spec->rate;
    int64_t since_ms = clock_mono_ms(clock_system()) - f->rated_ms;
    int64_t at_once = rate / 4;
    return rate > 0 && (double)(f->taken - at_once) * 1000 > (double)rate * (double)since_ms;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *self) {
    struct fetch *f = self;
    long status = status_of(f);
    (void)one;
    f->moved_ms = clock_mono_ms(clock_system());
    if (f->request->head)
        return CURL_WRITEFUNC_ERROR; /* a server without HEAD was asked for all: enough was seen */
    if (status != 200 && status != 206)
        return n;
    if (too_fast(f)) {
        f->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    f->taken += (int64_t)n;
    if ((!f->began && !begin_body(f, status)) || !f->request->body(f->request->self, bytes, n)) {
        f->refused = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return n;
}

/* ---- the request ---- */

static const struct environment *environment_of(const struct fetch *f) {
    const struct policy *p = f->request->policy;
    for (size_t i = 0; i < p->n_environments; i++)
        if (p->environments[i].url && look_same_origin(p->environments[i].url, f->url))
            return &p->environments[i];
    return NULL;
}

/* As in a look: a pin alone is all the trust there is, beside a CA file both must hold. */
static void aim_tls(struct fetch *f, const struct environment *environment) {
    const char *ca_file = environment ? environment->ca_file : NULL;
    const char *pin = environment ? environment->pin_sha256 : NULL;
    char *line = pin ? mem_format("sha256//%s", pin) : NULL;
    bool pin_alone = pin && !ca_file;
    SET(CURLOPT_SSL_VERIFYPEER, pin_alone ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, pin_alone ? 0L : 2L);
    SET(CURLOPT_PINNEDPUBLICKEY, line);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (ca_file) {
        SET(CURLOPT_CAINFO, ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    free(line);
}

static void add_header(struct fetch *f, const char *name, const char *value) {
    char *line = *value ? mem_format("%s: %s", name, value) : mem_format("%s;", name);
    struct curl_slist *longer = curl_slist_append(f->headers, line);
    if (longer)
        f->headers = longer;
    free(line);
}

/* They may hold secrets: each goes to its own address only, and once. */
static void aim_headers(struct fetch *f) {
    const struct fetch_request *r = f->request;
    for (size_t i = 0; i < r->n_headers_of; i++) {
        const struct source_spec *s = &r->policy->sources[r->headers_of[i]];
        if (!s->url || s->n_headers == 0 || !look_same_origin(s->url, f->url))
            continue;
        for (size_t k = 0; k < s->n_headers; k++)
            add_header(f, s->headers[k].name, s->headers[k].value);
        break;
    }
    if (r->from > 0) {
        char *range = mem_format("%lld-", (long long)r->from);
        SET(CURLOPT_RANGE, range);
        free(range);
        if (r->if_range)
            add_header(f, "If-Range", r->if_range);
    }
    SET(CURLOPT_HTTPHEADER, f->headers);
}

static long buffer_bytes(int64_t rate) {
    if (rate == 0 || rate / 4 > BUFFER_BYTES)
        return BUFFER_BYTES;
    return rate / 4 > BUFFER_LEAST_BYTES ? (long)(rate / 4) : BUFFER_LEAST_BYTES;
}

static void set_up(struct fetch *f, bool head) {
    const struct source_spec *spec = f->request->spec;
    SET(CURLOPT_ERRORBUFFER, f->trouble);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    SET(CURLOPT_BUFFERSIZE, buffer_bytes(spec->rate));
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)spec->connect_timeout_ms);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name lookup that hangs is left behind, not waited for */
#endif
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_NOBODY, head ? 1L : 0L);
    if (f->request->head)
        SET(CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms);
    SET(CURLOPT_URL, f->url);
}

/* Until it ends by itself or somebody says no. */
static enum err_code turn(struct fetch *f, CURLcode *code) {
    const struct fetch_request *r = f->request;
    int running = 1, left;
    CURLMsg *message;
    f->moved_ms = f->rated_ms = clock_mono_ms(clock_system());
    f->taken = 0;
    f->paused = false;
    while (running > 0) {
        struct curl_waitfd wake = {.fd = r->wake->read_fd, .events = CURL_WAIT_POLLIN};
        if (curl_multi_perform(f->multi, &running) != CURLM_OK)
            break;
        if (!r->go_on(r->self))
            return ERR_CLOSED;
        if (f->paused)
            f->moved_ms = clock_mono_ms(clock_system());
        if (clock_mono_ms(clock_system()) - f->moved_ms > FETCH_STALL_MS) {
            snprintf(f->trouble, sizeof f->trouble, "nothing came for %d s", FETCH_STALL_MS / 1000);
            break;
        }
        if (running > 0)
            curl_multi_poll(f->multi, &wake, 1, f->paused ? PAUSE_MS : FETCH_TURN_MS, NULL);
        if (f->paused && !too_fast(f)) {
            f->paused = false;
            curl_easy_pause(f->easy, CURLPAUSE_CONT);
        }
    }
    *code = CURLE_OPERATION_TIMEDOUT;
    while ((message = curl_multi_info_read(f->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            *code = message->data.result;
    return ERR_OK;
}

static enum err_code say_trouble(const struct fetch *f, CURLcode code, struct err *err) {
    return err_set(err, ERR_NET, f->request->spec->id, "look at the server and the way to it", "%s",
                   f->trouble[0] ? f->trouble : curl_easy_strerror(code));
}

/* One hop. *next (heap) is where a redirect leads. */
static enum err_code hop(struct fetch *f, bool head, char **next, struct err *err) {
    const struct environment *environment = environment_of(f);
    CURLcode code = CURLE_OK;
    char *target = NULL;
    enum err_code end = ERR_IO;
    f->trouble[0] = '\0';
    f->began = false;
    f->easy = curl_easy_init();
    f->multi = f->request->multi ? f->request->multi : curl_multi_init();
    if (!f->easy || !f->multi) {
        err_set(err, end, f->request->spec->id, "free some memory", "libcurl cannot begin");
        goto out;
    }
    set_up(f, head);
    aim_tls(f, environment);
    aim_headers(f);
    curl_multi_add_handle(f->multi, f->easy);
    end = turn(f, &code);
    f->answer->status = (int)status_of(f);
    if (end == ERR_OK && f->refused) {
        end = ERR_CLOSED;
    } else if (end == ERR_OK && code != CURLE_OK &&
               !(code == CURLE_WRITE_ERROR && f->request->head)) {
        end = say_trouble(f, code, err);
    } else if (end == ERR_OK) {
        curl_off_t took = 0;
        f->answer->length = length_of(f);
        curl_easy_getinfo(f->easy, CURLINFO_STARTTRANSFER_TIME_T, &took);
        f->answer->latency_ms = (int)(took / 1000);
        curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &target);
        if (f->answer->status >= 300 && f->answer->status < 400 && target)
            *next = mem_copy_text(target);
    }
    curl_multi_remove_handle(f->multi, f->easy);
out:
    curl_easy_cleanup(f->easy);
    if (f->multi && !f->request->multi)
        curl_multi_cleanup(f->multi);
    curl_slist_free_all(f->headers);
    f->headers = NULL;
    return end;
}

static enum err_code judge_url(const struct fetch *f, const char *url, const char *from,
                               struct err *err) {
    const struct environment *environment = environment_of(f);
    const char *why = look_url_forbidden(url, from, environment && environment->insecure);
    if (!why)
        return ERR_OK;
    return err_set(err, ERR_REFUSED, f->request->spec->id, "serve the artifact by https",
                   "%s (%.*s) %s", from ? "a redirect" : "the artifact's url",
                   (int)strcspn(url, "?#"), url, why); /* what follows may be somebody's token */
}

/* A server that knows no HEAD, or signs its urls for GET alone, is asked by GET, which is broken off. */
static bool knows_no_head(int status) {
    return status == 403 || status == 405 || status == 501;
}

enum err_code fetch_run(const struct fetch_request *request, struct fetch_answer *answer,
                        struct err *err) {
    struct fetch f = {.request = request, .answer = answer, .url = request->url};
    char *here = mem_copy_text(request->url), *next = NULL;
    bool head = request->head;
    enum err_code code = judge_url(&f, here, NULL, err);
    for (int hops = 0; code == ERR_OK; hops++) {
        f.url = here;
        *answer = (struct fetch_answer){.length = -1};
        code = hop(&f, head, &next, err);
        if (code == ERR_OK && head && !next && knows_no_head(answer->status)) {
            head = false;
            continue;
        }
        if (code != ERR_OK || !next)
            break;
        char *from = here;
        f.url = here = next;
        next = NULL;
        if (hops >= FETCH_HOPS_MAX)
            code = err_set(err, ERR_NET, request->spec->id, "give the last url itself",
                           "redirects more than %d times", FETCH_HOPS_MAX);
        else
            code = judge_url(&f, here, from, err);
        free(from);
    }
    free(here);
    free(next);
    return code;
}
