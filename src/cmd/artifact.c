#include "src/cmd/artifact.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "src/base/mem.h"
#include "src/model/url.h"

struct artifact_client {
    CURL *easy;
    char trouble[CURL_ERROR_SIZE];
    struct proof *proof; /* where a body goes; NULL = nowhere, it is broken off */
    int64_t bytes;       /* of it so far */
};

/* A body. Only that of a 200 is one; what else comes is dropped. */
static size_t on_body(char *bytes, size_t one, size_t n, void *self) {
    struct artifact_client *c = self;
    long status = 0;
    (void)one;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return n;
    if (c->proof == NULL)
        return CURL_WRITEFUNC_ERROR;
    c->bytes += (int64_t)n;
    if (c->bytes > ARTIFACT_CAP)
        return CURL_WRITEFUNC_ERROR;
    proof_add(c->proof, bytes, n);
    return n;
}

struct artifact_client *artifact_client_new(struct err *err) {
    struct artifact_client *c = mem_zero(1, sizeof *c);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (c->easy = curl_easy_init()) == NULL) {
        free(c);
        err_set(err, ERR_IO, "libcurl", NULL, "cannot be started");
        return NULL;
    }
    curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->trouble);
    curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c->easy, CURLOPT_MAXREDIRS, (long)ARTIFACT_REDIRECTS);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT, (long)ARTIFACT_CONNECT_S);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, (long)ARTIFACT_PIECE);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    return c;
}

void artifact_client_free(struct artifact_client *client) {
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    curl_global_cleanup();
    free(client);
}

static void allow(CURL *easy, bool http) {
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, http ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, http ? "http,https" : "https");
#else
    long protocols = http ? (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS) : (long)CURLPROTO_HTTPS;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
}

/* One request, judged. `expected` is what libcurl says when the body was broken off on purpose. */
static enum err_code ask(struct artifact_client *c, const char *url, bool head, struct err *err) {
    enum url_safety safety = url_safety(url);
    if (safety == URL_NONE || safety == URL_HTTP)
        return err_set(err, ERR_REFUSED, url, "write https://HOST/PATH",
                       safety == URL_HTTP ? "http to another machine is not asked"
                                          : "is no URL that can be asked");
    allow(c->easy, safety == URL_HTTP_LOOPBACK);
    c->trouble[0] = '\0';
    c->bytes = 0;
    curl_easy_setopt(c->easy, CURLOPT_NOBODY, head ? 1L : 0L);
    if (!head)
        curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);
    bool whole = c->proof != NULL;
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, whole ? 0L : (long)ARTIFACT_ANSWER_S);
    curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, whole ? (long)ARTIFACT_STALL_S : 0L);
    curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, whole ? (long)ARTIFACT_STALL_BYTES : 0L);
    curl_easy_setopt(c->easy, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(c->easy);
    if (c->bytes > ARTIFACT_CAP)
        return err_set(err, ERR_LIMIT, url, "is this the artifact?", "is larger than 16 GiB");
    bool broken_off = code == CURLE_WRITE_ERROR && !head && !whole;
    if (code != CURLE_OK && !broken_off)
        return err_set(err, ERR_NET, url, "look at the server and the way to it", "%s",
                       c->trouble[0] != '\0' ? c->trouble : curl_easy_strerror(code));
    return ERR_OK;
}

static long status_of(const struct artifact_client *c) {
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static enum err_code want_200(const struct artifact_client *c, const char *url, struct err *err) {
    if (status_of(c) == 200)
        return ERR_OK;
    return err_set(err, ERR_NET, url, "upload the artifact, or correct the url", "answers %ld",
                   status_of(c));
}

enum err_code artifact_length(struct artifact_client *client, const char *url, int64_t *length,
                              struct err *err) {
    curl_off_t n = -1;
    client->proof = NULL;
    enum err_code code = ask(client, url, true, err);
    bool refused = code == ERR_OK && (status_of(client) == 405 || status_of(client) == 501);
    if (refused)
        code = ask(client, url, false, err);
    if (code == ERR_OK)
        code = want_200(client, url, err);
    if (code == ERR_OK)
        curl_easy_getinfo(client->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
    *length = (int64_t)n;
    return code;
}

enum err_code artifact_fetch(struct artifact_client *client, const char *url, struct proof *proof,
                             struct err *err) {
    client->proof = proof;
    enum err_code code = ask(client, url, false, err);
    return code == ERR_OK ? want_200(client, url, err) : code;
}

enum err_code artifact_read(int fd, const char *where, struct proof *proof, struct err *err) {
    char *piece = mem_alloc(ARTIFACT_PIECE);
    enum err_code code = ERR_OK;
    ssize_t n;
    while (code == ERR_OK && (n = read(fd, piece, ARTIFACT_PIECE)) != 0) {
        if (n > 0)
            proof_add(proof, piece, (size_t)n);
        else if (errno != EINTR)
            code = err_errno(err, ERR_IO, where, "is it a regular file?", "cannot be read");
    }
    free(piece);
    return code;
}
