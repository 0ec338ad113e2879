#include "src/cmd/request.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "probes/tls.h"
#include "src/base/mem.h"
#include "src/model/url.h"

enum { CONNECT_S = 10 };

#define SET(option, value) curl_easy_setopt(easy, option, value)

static size_t on_body(char *bytes, size_t size, size_t n, void *self) {
    const struct request *request = self;
    request->say(request->self, bytes, size * n);
    return size * n;
}

static int on_progress(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const struct request *request = self;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return request->go_on(request->self) ? 0 : 1;
}

/* Is the URL on the environment's own host? */
static bool is_own(const struct request *request) {
    const char *base = request->environment ? request->environment->url : NULL;
    size_t n = base ? strlen(base) : 0;
    return base && strncmp(request->url, base, n) == 0 && strchr("/?", request->url[n]) != NULL;
}

static char *aim_tls(CURL *easy, const struct request *request) {
    const struct environment *e = is_own(request) ? request->environment : NULL;
    /* A pin without a CA file: the key itself is what is trusted (probes: look.c). */
    bool pin_alone = e && e->pin_sha256 && !e->ca_file;
    char *pin = e && e->pin_sha256 ? mem_format("sha256//%s", e->pin_sha256) : NULL;
    SET(CURLOPT_SSL_VERIFYPEER, pin_alone ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, pin_alone ? 0L : 2L);
    if (pin)
        SET(CURLOPT_PINNEDPUBLICKEY, pin);
    const char *trusted = e && e->ca_file ? e->ca_file : tls_system_file();
    if (trusted)
        SET(CURLOPT_CAINFO, trusted);
    return pin;
}

static struct curl_slist *make_headers(const struct request *request) {
    struct curl_slist *list = NULL;
    const struct step_spec *spec = request->spec;
    for (size_t i = 0; i < spec->n_headers; i++) {
        const struct header_spec *h = &spec->headers[i];
        char *line =
            *h->value ? mem_format("%s: %s", h->name, h->value) : mem_format("%s;", h->name);
        struct curl_slist *longer = curl_slist_append(list, line);
        list = longer ? longer : list;
        mem_wipe(line, strlen(line));
        free(line);
    }
    return list;
}

static void set_up(CURL *easy, const struct request *request, char *trouble) {
    SET(CURLOPT_ERRORBUFFER, trouble);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(CURLOPT_TIMEOUT_MS, (long)request->spec->timeout_ms);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, (void *)(uintptr_t)request);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, (void *)(uintptr_t)request);
    SET(CURLOPT_CUSTOMREQUEST, request->spec->method);
    if (request->body) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
        SET(CURLOPT_POSTFIELDS, request->body);
    }
    SET(CURLOPT_URL, request->url);
}

static enum err_code perform(CURL *easy, const struct request *request, const char *trouble,
                             int *status, struct err *err) {
    long answered = 0;
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answered);
    *status = (int)answered;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, ERR_CLOSED, request->url, NULL, "it was stopped before an answer came");
    if (code != CURLE_OK)
        return err_set(err, ERR_NET, request->url, "look at the server and the way to it", "%s",
                       trouble[0] ? trouble : curl_easy_strerror(code));
    int wanted = request->spec->expect_status;
    if (wanted ? *status == wanted : *status >= 200 && *status < 300)
        return ERR_OK;
    if (wanted)
        return err_set(err, ERR_REFUSED, request->url, NULL, "answered %d, not %d", *status,
                       wanted);
    return err_set(err, ERR_REFUSED, request->url, NULL, "answered %d", *status);
}

enum err_code request_send(void *self, const struct request *request, int *status,
                           struct err *err) {
    char trouble[CURL_ERROR_SIZE] = "";
    (void)self;
    *status = 0;
    if (url_safety(request->url) != URL_HTTPS && url_safety(request->url) != URL_HTTP_LOOPBACK)
        return err_set(err, ERR_REFUSED, request->url, "write https://", "is not encrypted");
    CURL *easy = curl_easy_init();
    if (!easy)
        return err_set(err, ERR_IO, "libcurl", NULL, "cannot be started");
    struct curl_slist *headers = make_headers(request);
    set_up(easy, request, trouble);
    SET(CURLOPT_HTTPHEADER, headers);
    char *pin = aim_tls(easy, request);
    enum err_code code = perform(easy, request, trouble, status, err);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    free(pin);
    return code;
}
