#include "probes/artifact_download.h"

#include <poll.h>

#include "probes/artifacts.h"
#include "src/base/base64.h"
#include "src/base/clock.h"

void download_forget(struct download *d) {
    proof_free(d->proof);
    *d = (struct download){.total = -1};
}

void download_begin(struct download *d, const struct source_spec *spec,
                    const struct wanted *wanted) {
    unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
    bool keyed = base64_decode(spec->public_key, key, sizeof key) == ED25519_KEY;
    struct wanted copy = *wanted; /* it may be the download's own */
    download_forget(d);
    d->wanted = copy;
    d->proof = proof_new();
    proof_want_sha256(d->proof);
    for (size_t i = 0; i < copy.n_signatures; i++) {
        bool readable = keyed && base64_decode(copy.signatures[i], signature, sizeof signature) ==
                                     ED25519_SIGNATURE;
        d->places[i] = readable ? proof_want_signature(d->proof, key, signature) : -1;
    }
}

/* ---- one request ----------------------------------------------------------------------------- */

struct transfer {
    struct download *d; /* NULL: HEAD */
    const struct downloader *by;
};

static bool go_on(void *self) {
    const struct downloader *by = ((struct transfer *)self)->by;
    return by->go_on(by->self);
}

static bool on_begin(void *self, int64_t from, int64_t total) {
    struct transfer *t = self;
    struct download *d = t->d;
    if (from == 0 && d->bytes > 0)
        download_begin(d, t->by->spec, &d->wanted); /* it is another one by now */
    if (from != d->bytes)
        return false;
    d->total = total;
    return true;
}

static bool on_body(void *self, const char *bytes, size_t n) {
    struct transfer *t = self;
    proof_add(t->d->proof, bytes, n);
    t->d->bytes += (int64_t)n;
    return t->by->more(t->by->self, t->d);
}

static struct fetch_request request_of(struct transfer *t, const char *url) {
    return (struct fetch_request){.policy = t->by->policy,
                                  .spec = t->by->spec,
                                  .url = url,
                                  .headers_of = t->by->spec->claims,
                                  .n_headers_of = t->by->spec->n_claims,
                                  .wake = t->by->wake,
                                  .go_on = go_on,
                                  .begin = on_begin,
                                  .body = on_body,
                                  .self = t};
}

static enum err_code check_status(const struct source_spec *spec, int status, bool part,
                                  struct err *err) {
    if (status == 200 || (part && status == 206))
        return ERR_OK;
    return err_set(err, ERR_NET, spec->id, "upload the artifact, or correct its url",
                   "the artifact's url answers %d", status);
}

enum err_code download_head(const struct downloader *by, const char *url,
                            struct fetch_answer *answer, struct err *err) {
    struct transfer t = {.by = by};
    struct fetch_request request = request_of(&t, url);
    request.head = true;
    enum err_code code = fetch_run(&request, answer, err);
    return code == ERR_OK ? check_status(by->spec, answer->status, false, err) : code;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const char *validator_of(const struct fetch_answer *answer) {
    return answer->etag[0] ? answer->etag : answer->modified[0] ? answer->modified : NULL;
}

/* One request for what is missing. */
static enum err_code load_rest(struct download *d, const struct downloader *by, struct err *err) {
    struct transfer t = {d, by};
    struct fetch_request request = request_of(&t, d->wanted.url);
    struct fetch_answer answer;
    const char *validator = validator_of(&d->validators);
    if (!validator && d->bytes > 0)
        download_begin(d, by->spec, &d->wanted); /* nobody can say whether it is still the same */
    request.from = d->bytes;
    request.if_range = validator;
    enum err_code code = fetch_run(&request, &answer, err);
    if (answer.status == 200) /* the bytes from the first on are of this answer */
        d->validators = answer;
    if (code == ERR_OK && answer.status == 416) { /* shorter than what came: begin again */
        download_begin(d, by->spec, &d->wanted);
        return err_set(err, ERR_NET, by->spec->id, "is it being replaced?",
                       "the artifact became shorter while it was downloaded");
    }
    return code == ERR_OK ? check_status(by->spec, answer.status, request.from > 0, err) : code;
}

/* Waits, but not for those who have news. False when it is over. */
static bool pause_ms(const struct downloader *by, int64_t ms) {
    int64_t until = clock_mono_ms(clock_system()) + ms;
    while (clock_mono_ms(clock_system()) < until) {
        struct pollfd fd = {.fd = by->wake->read_fd, .events = POLLIN};
        poll(&fd, 1, FETCH_TURN_MS);
        if (!by->go_on(by->self))
            return false;
    }
    return true;
}

enum err_code download_all(struct download *d, const struct downloader *by, struct err *err) {
    int64_t before = -1;
    for (int tries = 0;; tries++) {
        struct err own = ERR_INIT;
        enum err_code code = load_rest(d, by, &own);
        bool whole = d->total < 0 || d->bytes == d->total;
        if (code == ERR_OK && whole)
            return ERR_OK;
        if (code == ERR_CLOSED && !by->go_on(by->self))
            return code;
        bool anew = code == ERR_OK || code == ERR_CLOSED; /* another part than was asked for */
        if (anew)
            download_begin(d, by->spec, &d->wanted);
        bool got_on = d->bytes > before && d->bytes > 0;
        before = d->bytes;
        tries = got_on && code == ERR_NET ? 0 : tries;
        bool nothing = d->bytes == 0 && tries > 0 && !anew;
        if (code == ERR_REFUSED || tries >= ARTIFACTS_RETRIES || nothing) {
            err_set(err, own.code != ERR_OK ? own.code : ERR_NET, by->spec->id,
                    own.todo[0] ? own.todo : "look at the server", "%s",
                    own.what[0] ? own.what : "the answer is another part than was asked for");
            return err->code;
        }
        if (!pause_ms(by, 1000))
            return ERR_CLOSED;
    }
}
