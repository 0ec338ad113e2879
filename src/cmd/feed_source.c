#include "src/cmd/feed_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/model/url.h"

enum {
    PIECE = 32 << 10,
    CONNECT_TIMEOUT_S = 10,
    SNIPPET = 80, /* bytes of an unwelcome answer that are quoted */
};

const char *feed_source_name(const char *source) {
    return strcmp(source, "-") == 0 ? "stdin" : source;
}

/* ---- files ---- */

static enum err_code read_fd(int fd, const char *name, struct feed_bytes to, struct err *err) {
    char *piece = mem_alloc(PIECE);
    enum err_code code = ERR_OK;
    while (code == ERR_OK) {
        ssize_t n = read(fd, piece, PIECE);
        if (n == 0)
            break;
        if (n > 0)
            code = to.take(to.self, piece, (size_t)n, err);
        else if (errno != EINTR)
            code = err_errno(err, ERR_IO, name, NULL, "cannot be read");
    }
    free(piece);
    return code;
}

static enum err_code read_file(const char *path, struct feed_bytes to, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(err, ERR_MISSING, path, "give a file, a URL or - for standard input",
                       "there is no such file");
    if (fd < 0)
        return err_errno(err, ERR_IO, path, NULL, "cannot be opened");
    enum err_code code = read_fd(fd, path, to, err);
    close(fd);
    return code;
}

/* ---- URLs ---- */

struct transfer {
    CURL *easy;
    const char *url; /* of this hop */
    struct feed_bytes to;
    struct err *err;
    size_t bytes;
    char snippet[SNIPPET];
    size_t snippet_len;
};

static long status_of(const struct transfer *t) {
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *self) {
    struct transfer *t = self;
    (void)one;
    if (status_of(t) != 200) {
        size_t part = SNIPPET - t->snippet_len < n ? SNIPPET - t->snippet_len : n;
        memcpy(t->snippet + t->snippet_len, bytes, part);
        t->snippet_len += part;
        t->bytes += n;
        return t->bytes <= FEED_SOURCE_NET_CAP ? n : CURL_WRITEFUNC_ERROR;
    }
    t->bytes += n;
    if (t->bytes > FEED_SOURCE_NET_CAP) {
        err_set(t->err, ERR_LIMIT, t->url, "fetch it to a file and give that",
                "the feed is larger than %d MiB", FEED_SOURCE_NET_CAP >> 20);
        return CURL_WRITEFUNC_ERROR;
    }
    return t->to.take(t->to.self, bytes, n, t->err) == ERR_OK ? n : CURL_WRITEFUNC_ERROR;
}

static void set_up(struct transfer *t, char *trouble) {
    CURL *easy = t->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, trouble);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    /* Redirects are followed by hand: each hop is judged before it is asked. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)FEED_SOURCE_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
}

static enum err_code check_url(const char *url, bool was_https, struct err *err) {
    switch (url_safety(url)) {
    case URL_HTTPS:
        return ERR_OK;
    case URL_HTTP_LOOPBACK:
        if (!was_https)
            return ERR_OK;
        return err_set(err, ERR_REFUSED, url, "have the server redirect to https",
                       "https is redirected to http");
    case URL_HTTP:
        return err_set(err, ERR_REFUSED, url,
                       was_https ? "have the server redirect to https" : "ask by https",
                       was_https ? "https is redirected to http"
                                 : "http to another machine can be read and changed on the way");
    case URL_NONE:
        break;
    }
    return err_set(err, ERR_REFUSED, url, "write https://HOST/PATH", "is no URL that can be asked");
}

static enum err_code unwelcome(const struct transfer *t, long status) {
    char said[4 * SNIPPET + 1];
    text_safe(said, sizeof said, t->snippet, t->snippet_len);
    return err_set(t->err, ERR_NET, t->url, "look at the server, or at the URL",
                   "answers %ld%s%s%s", status, said[0] != '\0' ? " \"" : "", said,
                   said[0] != '\0' ? "\"" : "");
}

/* One request. `*next` is where a redirect leads (heap), or NULL when the body was the feed. */
static enum err_code hop(struct transfer *t, const char *trouble, char **next) {
    char *target = NULL;
    t->bytes = t->snippet_len = 0;
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    CURLcode code = curl_easy_perform(t->easy);
    if (t->err->code != ERR_OK)
        return t->err->code;
    if (code != CURLE_OK)
        return err_set(t->err, ERR_NET, t->url, "look at the server and the way to it", "%s",
                       trouble[0] != '\0' ? trouble : curl_easy_strerror(code));
    long status = status_of(t);
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &target);
    if (status >= 300 && status < 400 && target != NULL)
        *next = mem_copy_text(target);
    else if (status != 200)
        return unwelcome(t, status);
    return ERR_OK;
}

static enum err_code follow(struct transfer *t, char *trouble) {
    char *here = mem_copy_text(t->url), *next = NULL;
    enum err_code code = check_url(here, false, t->err);
    for (int redirects = 0; code == ERR_OK; redirects++) {
        t->url = here;
        trouble[0] = '\0';
        code = hop(t, trouble, &next);
        if (code != ERR_OK || next == NULL)
            break;
        if (redirects == FEED_SOURCE_REDIRECTS)
            code = err_set(t->err, ERR_NET, here, "ask for the last URL itself",
                           "redirects more than %d times", FEED_SOURCE_REDIRECTS);
        else
            code = check_url(next, url_safety(here) == URL_HTTPS, t->err);
        free(here);
        here = next;
        next = NULL;
    }
    free(here);
    free(next);
    return code;
}

static enum err_code read_url(const char *url, struct feed_bytes to, struct err *err) {
    char trouble[CURL_ERROR_SIZE] = "";
    struct err own = ERR_INIT;
    struct transfer t = {.url = url, .to = to, .err = err != NULL ? err : &own};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (t.easy = curl_easy_init()) == NULL)
        return err_set(err, ERR_IO, url, NULL, "libcurl cannot be started");
    set_up(&t, trouble);
    enum err_code code = follow(&t, trouble);
    curl_easy_cleanup(t.easy);
    curl_global_cleanup();
    return code;
}

enum err_code feed_source_read(const char *source, struct feed_bytes to, struct err *err) {
    if (strcmp(source, "-") == 0)
        return read_fd(STDIN_FILENO, "stdin", to, err);
    return url_has_scheme(source) ? read_url(source, to, err) : read_file(source, to, err);
}
