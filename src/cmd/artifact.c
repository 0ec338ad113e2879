#include "src/cmd/artifact.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "probes/fetch.h"
#include "src/base/mem.h"

struct artifact_client {
    CURLM *multi; /* keeps the connections */
    struct wake wake;
    struct policy nobody; /* no environment has a trust of its own here */
    struct source_spec spec;
    struct proof *proof; /* where a body goes */
    int64_t bytes;       /* of it so far */
};

struct artifact_client *artifact_client_new(struct err *err) {
    struct artifact_client *c = mem_zero(1, sizeof *c);
    c->spec = (struct source_spec){.timeout_ms = ARTIFACT_ANSWER_MS,
                                   .connect_timeout_ms = ARTIFACT_CONNECT_MS};
    if (wake_init(&c->wake, err) != ERR_OK) {
        free(c);
        return NULL;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && (c->multi = curl_multi_init()) != NULL)
        return c;
    wake_fini(&c->wake);
    free(c);
    err_set(err, ERR_IO, "libcurl", NULL, "cannot be started");
    return NULL;
}

void artifact_client_free(struct artifact_client *client) {
    if (client == NULL)
        return;
    curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    wake_fini(&client->wake);
    free(client);
}

static bool go_on(void *self) {
    (void)self;
    return true;
}

static bool on_begin(void *self, int64_t from, int64_t total) {
    (void)self;
    return from == 0 && total <= ARTIFACT_CAP;
}

static bool on_body(void *self, const char *bytes, size_t n) {
    struct artifact_client *c = self;
    c->bytes += (int64_t)n;
    if (c->bytes > ARTIFACT_CAP)
        return false;
    proof_add(c->proof, bytes, n);
    return true;
}

static enum err_code ask(struct artifact_client *c, const char *url, bool head,
                         struct fetch_answer *answer, struct err *err) {
    const struct fetch_request request = {.policy = &c->nobody,
                                          .spec = &c->spec,
                                          .url = url,
                                          .head = head,
                                          .multi = c->multi,
                                          .wake = &c->wake,
                                          .go_on = go_on,
                                          .begin = on_begin,
                                          .body = on_body,
                                          .self = c};
    char *id = mem_copy_text(url); /* errors are about it */
    c->spec.id = id;
    c->bytes = 0;
    enum err_code code = fetch_run(&request, answer, err);
    c->spec.id = NULL;
    free(id);
    if (code == ERR_CLOSED)
        return err_set(err, ERR_LIMIT, url, "is this the artifact?", "is larger than 16 GiB");
    if (code == ERR_OK && answer->status != 200)
        return err_set(err, ERR_NET, url, "upload the artifact, or correct the url", "answers %d",
                       answer->status);
    return code;
}

enum err_code artifact_length(struct artifact_client *client, const char *url, int64_t *length,
                              struct err *err) {
    struct fetch_answer answer;
    enum err_code code = ask(client, url, true, &answer, err);
    *length = code == ERR_OK ? answer.length : -1;
    return code;
}

enum err_code artifact_fetch(struct artifact_client *client, const char *url, struct proof *proof,
                             struct err *err) {
    struct fetch_answer answer;
    client->proof = proof;
    return ask(client, url, false, &answer, err);
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
