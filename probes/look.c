#include "probes/look.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/trouble.h"
#include "src/base/mem.h"
#include "src/model/feed_list.h"

enum {
    BUFFER_BYTES = 4096,    /* per connection under way; most answers are smaller */
    CONNECTION_AGE_S = 300, /* then made anew: DNS and certificates change under a connection */
    IDLE_MAX_S = 118,       /* servers close what is idle for two minutes; libcurl's own limit */
    HOP_DNS_S = 60,         /* names from redirects must not pile up in libcurl's cache */
    VALIDATOR_CAP = 512,    /* bytes of an ETag worth keeping */
    REDIRECT_BODY_CAP = 64 << 10,
};

/* ---- urls ------------------------------------------------------------------------------------ */

static bool starts(const char *text, const char *with) {
    return strncasecmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with) {
    size_t n = strlen(text), m = strlen(with);
    return n >= m && strcasecmp(text + n - m, with) == 0;
}

static bool is_loopback(const char *url) {
    char *host = NULL;
    bool yes = false;
    struct in_addr address;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        yes = strcasecmp(host, "localhost") == 0 || ends(host, ".localhost") ||
              strcmp(host, "[::1]") == 0 ||
              (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
    curl_free(host);
    curl_url_cleanup(parts);
    return yes;
}

const char *look_url_forbidden(const char *url, const char *from, bool insecure) {
    if (starts(url, "https://"))
        return NULL;
    if (!starts(url, "http://"))
        return "is neither http nor https";
    if (from && starts(from, "https://"))
        return "leads from https to http";
    if (!insecure && !is_loopback(url))
        return "is http beyond this machine, where everybody can read and change it";
    return NULL;
}

bool look_same_origin(const char *a, const char *b) {
    const char *host = strstr(a, "://");
    size_t n = host ? (size_t)(host + 3 - a) : 0;
    n += strcspn(a + n, "/?#");
    return strncasecmp(a, b, n) == 0 && (b[n] == '\0' || strchr("/?#", b[n]));
}

static uint64_t hash_of(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

static const char *url_of(const struct look *look) {
    return look->url ? look->url : look->target->spec->url;
}

/* ---- the answer as it comes ------------------------------------------------------------------ */

static const char *header_of(const struct answer *answer, const char *name) {
    const struct look *look = answer->self;
    const char *found = NULL;
    size_t n = strlen(name);
    for (size_t at = 0; at < look->head.len; at += strlen(look->head.data + at) + 1) {
        const char *line = look->head.data + at;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            found = line + n + 1 + strspn(line + n + 1, " \t");
    }
    return found;
}

static size_t on_header(char *line, size_t size, size_t count, void *self) {
    struct look *look = self;
    size_t n = size * count, end = n;
    if (n > 5 && starts(line, "HTTP/")) { /* the head of the next answer; 100 came before 200 */
        buf_clear(&look->head);
        look->answered = true;
        if (look->tls_days == SAMPLE_UNKNOWN && starts(url_of(look), "https://"))
            tls_days_left(look->easy, clock_wall_ms(look->clock), &look->tls_days);
        return n;
    }
    while (end > 0 && strchr("\r\n \t", line[end - 1]))
        end--;
    if (end == 0)
        return n;
    if (!buf_add(&look->head, line, end) || !buf_add(&look->head, "", 1)) {
        err_set(&look->err, ERR_LIMIT, look->target->spec->id, "is this the right port?",
                "the answer's headers are larger than %d KiB", LOOK_HEAD_CAP >> 10);
        return 0;
    }
    return n;
}

static bool is_redirect(const struct look *look) {
    int status = look->answer.status;
    bool moves = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return moves && status != look->target->spec->expect_status &&
           header_of(&look->answer, "Location");
}

static void begin_body(struct look *look) {
    long status = 0;
    if (look->body_began)
        return;
    look->body_began = true;
    curl_easy_getinfo(look->easy, CURLINFO_RESPONSE_CODE, &status);
    look->answer = (struct answer){.status = (int)status, .header = header_of, .self = look};
    look->answer.content_type = header_of(&look->answer, "Content-Type");
    look->follows = is_redirect(look);
    if (look->follows || status == 304)
        return;
    look->state = look->target->kind->begin(look->target->spec);
    if (look->target->kind->head)
        look->target->kind->head(look->state, &look->answer);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *self) {
    struct look *look = self;
    const struct probe_kind *kind = look->target->kind;
    size_t n = size * count;
    begin_body(look);
    size_t cap = look->follows ? REDIRECT_BODY_CAP : kind->body_cap;
    if (n > cap - look->body_bytes) {
        err_set(&look->err, ERR_LIMIT, look->target->spec->id, "is this the right path?",
                "the answer is larger than the %zu KiB that are read", cap >> 10);
        return 0;
    }
    look->body_bytes += n;
    if (look->state && kind->body(look->state, bytes, n, &look->err) != ERR_OK)
        return 0;
    return n;
}

/* ---- the request ----------------------------------------------------------------------------- */

static int on_close(void *self, curl_socket_t fd) {
    const struct look_setup *setup = self;
    return setup->close_socket(setup->self, fd);
}

#define SET(option, value) curl_easy_setopt(easy, option, value)

static void set_up(CURL *easy, struct look *look, const struct look_setup *setup) {
    SET(CURLOPT_PRIVATE, look);
    SET(CURLOPT_ERRORBUFFER, look->trouble);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "gonogo/" GONOGO_VERSION);
    SET(CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* look_done() judges every hop itself */
    SET(CURLOPT_PROXY, "");          /* what gonogo sees must not depend on http_proxy */
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075000
    SET(CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_AGE_S);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name lookup that hangs is left behind, not waited for */
#endif
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, look);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, look);
    SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
    SET(CURLOPT_CLOSESOCKETDATA, (void *)(uintptr_t)setup);
    /* A session that was verified against one CA file must not be resumed under another. */
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_CAPATH, NULL); /* a CApath turns libcurl's cache of certificates off */
    if (setup->tls_shared) {
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_SSL_CTX_FUNCTION, tls_arm);
    }
}

static void aim_tls(struct look *look) {
    CURL *easy = look->easy;
    const struct environment *environment = look->target->environment;
    char *pin = environment->pin_sha256 ? mem_format("sha256//%s", environment->pin_sha256) : NULL;
    /* A pin without a CA file: the key itself is what is trusted, so that neither the chain nor the
     * name can add anything. With a CA file both must hold. */
    bool pin_alone = environment->pin_sha256 && !environment->ca_file;
    SET(CURLOPT_SSL_VERIFYPEER, pin_alone ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, pin_alone ? 0L : 2L);
    SET(CURLOPT_PINNEDPUBLICKEY, pin);
    free(pin);
    look->target->tls.refusal = (struct tls_refusal){0};
    SET(CURLOPT_SSL_CTX_DATA, &look->target->tls);
    if (!look->setup->tls_shared)
        SET(CURLOPT_CAINFO, environment->ca_file ? environment->ca_file : tls_system_file());
}

static void add_header(struct look *look, const char *name, const char *value) {
    /* libcurl sends "Name;" as a header without a value, and takes "Name:" out. */
    char *line = *value ? mem_format("%s: %s", name, value) : mem_format("%s;", name);
    struct curl_slist *longer = curl_slist_append(look->headers, line);
    if (longer)
        look->headers = longer;
    free(line);
}

static void aim_headers(struct look *look) {
    const struct source_spec *spec = look->target->spec;
    const struct validators *last = &look->target->last;
    curl_slist_free_all(look->headers);
    look->headers = NULL;
    /* They may hold secrets: a redirect to somebody else does not carry them there. */
    bool ours = !look->url || look_same_origin(spec->url, look->url);
    for (size_t i = 0; ours && i < spec->n_headers; i++)
        add_header(look, spec->headers[i].name, spec->headers[i].value);
    look->asked_with_validators = last->good && last->url_hash == hash_of(url_of(look));
    if (look->asked_with_validators && last->etag)
        add_header(look, "If-None-Match", last->etag);
    if (look->asked_with_validators && last->modified)
        add_header(look, "If-Modified-Since", last->modified);
    curl_easy_setopt(look->easy, CURLOPT_HTTPHEADER, look->headers);
}

/* Hands libcurl the addresses that its CURLM does not know yet. */
static void aim_addresses(struct look *look) {
    struct target *target = look->target;
    if (!target->name || target->generation == resolver_generation(target->name))
        return;
    char *host = NULL;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, target->spec->url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        char *line = mem_format("%s:%d:%s", host, target->port, resolver_addresses(target->name));
        look->addresses = curl_slist_append(NULL, line);
        free(line);
    }
    curl_free(host);
    curl_url_cleanup(parts);
    curl_easy_setopt(look->easy, CURLOPT_RESOLVE, look->addresses);
    target->generation = resolver_generation(target->name);
}

/* How long a connection may have been idle to be used again: a little more than from look to look. One
 * that died without a word (HTTP/2 survives a request's timeout) is then not found again behind the
 * LOOK_FRESH looks that go around it. */
static long idle_s(const struct source_spec *spec) {
    int64_t seconds = spec->every_ms * 3 / 2000 + 2;
    return (long)(seconds < IDLE_MAX_S ? seconds : IDLE_MAX_S);
}

/* A query that nobody asked for before goes around caches that heed queries. */
static void set_url(struct look *look) {
    const char *url = url_of(look);
    const struct source_spec *spec = look->target->spec;
    if (!spec->unique_query || look->url) {
        curl_easy_setopt(look->easy, CURLOPT_URL, url);
        return;
    }
    size_t n = strcspn(url, "#");
    char *unique = mem_format("%.*s%cgonogo=%llx", (int)n, url, memchr(url, '?', n) ? '&' : '?',
                              (unsigned long long)look->hop_wall_ms);
    curl_easy_setopt(look->easy, CURLOPT_URL, unique);
    free(unique);
}

/* Points the handle at the url of this hop, with what is left of the time. */
static void aim_hop(struct look *look) {
    CURL *easy = look->easy;
    const struct source_spec *spec = look->target->spec;
    look->hop_began_ms = clock_mono_ms(look->clock);
    look->hop_wall_ms = clock_wall_ms(look->clock);
    int64_t left = spec->timeout_ms - (look->hop_began_ms - look->began_ms);
    if (left < 1)
        left = 1;
    set_url(look);
    SET(CURLOPT_TIMEOUT_MS, (long)left);
    int64_t connect = spec->connect_timeout_ms > 0 ? spec->connect_timeout_ms : left;
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(connect < left ? connect : left));
    SET(CURLOPT_FRESH_CONNECT, look->target->fresh > 0 ? 1L : 0L);
    SET(CURLOPT_MAXAGE_CONN, idle_s(spec));
    SET(CURLOPT_DNS_CACHE_TIMEOUT, look->url ? (long)HOP_DNS_S : -1L);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)look->target->kind->body_cap);
    aim_headers(look);
}

struct look *look_new(const struct look_setup *setup) {
    struct look *look = mem_zero(1, sizeof(*look));
    look->easy = curl_easy_init();
    if (!look->easy) {
        free(look);
        return NULL;
    }
    look->clock = setup->clock;
    look->setup = setup;
    buf_init(&look->head, LOOK_HEAD_CAP);
    set_up(look->easy, look, setup);
    return look;
}

void look_aim(struct look *look, struct target *target) {
    look->target = target;
    look->began_ms = target->asked_ms;
    look->tls_days = SAMPLE_UNKNOWN;
    aim_hop(look);
    if (target->fresh > 0)
        target->fresh--;
    aim_addresses(look);
    aim_tls(look); /* of http too: it may lead to https, and the handle served others before */
}

static void drop_answer(struct look *look) {
    if (look->state)
        look->target->kind->end(look->state);
    look->state = NULL;
    look->body_began = look->answered = look->follows = false;
    look->body_bytes = 0;
    look->trouble[0] = '\0';
    buf_clear(&look->head);
}

void look_rest(struct look *look) {
    drop_answer(look);
    err_clear(&look->err);
    curl_easy_setopt(look->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(look->easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(look->headers);
    curl_slist_free_all(look->addresses);
    look->headers = look->addresses = NULL;
    free(look->url);
    look->url = NULL;
    look->hops = 0;
    look->target = NULL;
}

void look_free(struct look *look) {
    if (!look)
        return;
    if (look->target)
        look_rest(look);
    curl_easy_cleanup(look->easy);
    buf_fini(&look->head);
    free(look);
}

/* ---- what was seen --------------------------------------------------------------------------- */

void target_forget(struct target *target) {
    free(target->last.etag);
    free(target->last.modified);
    sample_drop(target->last.good);
    target->last = (struct validators){0};
}

static char *validator(const struct look *look, const char *name) {
    const char *value = header_of(&look->answer, name);
    return value && *value && strlen(value) < VALIDATOR_CAP ? mem_copy_text(value) : NULL;
}

static void remember(struct look *look, const struct sample *sample) {
    struct target *target = look->target;
    target_forget(target);
    if (sample->reading != READING_OK || look->answer.status != 200 || target->kind->whole)
        return;
    target->last.etag = validator(look, "ETag");
    target->last.modified = validator(look, "Last-Modified");
    if (!target->last.etag && !target->last.modified)
        return;
    target->last.url_hash = hash_of(url_of(look));
    target->last.good = sample_keep(sample);
}

static void repeat(struct sample *sample, const struct sample *good) {
    sample->not_modified = true;
    sample->reading = good->reading;
    sample->items = good->items;
    sample->size = good->size;
    memcpy(sample->version, good->version, sizeof(sample->version));
    memcpy(sample->build, good->build, sizeof(sample->build));
    memcpy(sample->status, good->status, sizeof(sample->status));
    memcpy(sample->short_version, good->short_version, sizeof(sample->short_version));
    memcpy(sample->url, good->url, sizeof(sample->url));
    memcpy(sample->sha256, good->sha256, sizeof(sample->sha256));
    sample->signature = mem_copy_text(good->signature);
    sample->published = good->published;
    sample->feed = good->feed ? feed_list_keep(good->feed) : NULL;
    sample->value = mem_copy_text(good->value);
    sample->absent = good->absent;
}

static void read_answer(struct look *look, struct sample *sample) {
    struct target *target = look->target;
    begin_body(look); /* an answer without a body */
    if (look->state) {
        if (target->kind->finish(look->state, &look->answer, sample, &look->err) != ERR_OK)
            trouble_tell(sample, &look->err);
        remember(look, sample);
    } else if (look->asked_with_validators) {
        repeat(sample, target->last.good);
    } else {
        err_set(&look->err, ERR_NET, target->spec->id, "look at the server's or the proxy's cache",
                "HTTP 304 (not modified) although nothing was known before");
        trouble_tell(sample, &look->err);
    }
}

/* The far clock against ours, both at the middle of the round trip. `Age` says how long a cache kept
 * the answer since its Date; Date has whole seconds, so half of one is added. */
static void note_skew(const struct look *look, struct sample *sample, int64_t sent_us,
                      int64_t first_us) {
    const char *date = header_of(&look->answer, "Date");
    const char *age = header_of(&look->answer, "Age");
    time_t far = date ? curl_getdate(date, NULL) : -1;
    long kept_s = age ? strtol(age, NULL, 10) : 0;
    if (far == (time_t)-1 || kept_s < 0 || kept_s > 365 * 86400L)
        return;
    int64_t middle_ms = look->hop_wall_ms + (sent_us + first_us) / 2000;
    sample->has_skew = true;
    sample->skew_ms = ((int64_t)far + kept_s) * 1000 + 500 - middle_ms;
}

static void note_times(const struct look *look, CURLcode code, struct sample *sample) {
    curl_off_t sent = 0, first = 0, total = 0;
    long status = 0;
    sample->wall_ms = clock_wall_ms(look->clock);
    sample->mono_ms = clock_mono_ms(look->clock);
    sample->tls_days = look->tls_days;
    if (!look->answered)
        return;
    curl_easy_getinfo(look->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(look->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
    curl_easy_getinfo(look->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(look->easy, CURLINFO_TOTAL_TIME_T, &total);
    sample->http = (int)status;
    if (code != CURLE_OK)
        return;
    sample->latency_ms = (int)((total - sent + 500) / 1000);
    note_skew(look, sample, sent, first);
}

/* Sets the handle up for where the answer leads. False, and look->err, when it must not go there. */
static bool follow(struct look *look) {
    const char *id = look->target->spec->id;
    const char *to = NULL;
    curl_easy_getinfo(look->easy, CURLINFO_REDIRECT_URL, &to);
    if (!to || look->hops == LOOK_HOPS_MAX) {
        err_set(&look->err, ERR_NET, id, "name the final url in the configuration",
                to ? "more than %d redirects" : "a redirect to no url after %d hops",
                to ? LOOK_HOPS_MAX : (int)look->hops);
        return false;
    }
    const char *why = look_url_forbidden(to, url_of(look), look->target->environment->insecure);
    if (why) {
        err_set(&look->err, ERR_REFUSED, id, "name the final url in the configuration",
                "HTTP %d redirect refused, it %s (%.*s)", look->answer.status, why,
                (int)strcspn(to, "?#"), to); /* what follows may be somebody's token */
        return false;
    }
    if (starts(to, "https://") &&
        !look->setup->know_trust(look->setup->self, look->target, &look->err))
        return false;
    char *next = mem_copy_text(to);
    drop_answer(look);
    free(look->url);
    look->url = next;
    look->hops++;
    aim_hop(look);
    return true;
}

bool look_done(struct look *look, CURLcode code, struct sample **out) {
    if (code == CURLE_OK)
        begin_body(look);
    bool follows = code == CURLE_OK && look->follows;
    if (follows && follow(look))
        return true;
    if (code == CURLE_OPERATION_TIMEDOUT)
        look->target->fresh = LOOK_FRESH;
    struct sample *sample = sample_new(look->target->source);
    note_times(look, code, sample);
    if (code == CURLE_OK && !follows) {
        read_answer(look, sample);
    } else {
        if (look->err.code == ERR_OK)
            trouble_of_transfer(look, code, &look->err);
        trouble_tell(sample, &look->err);
        target_forget(look->target);
    }
    *out = sample;
    return false;
}

struct sample *look_failed(const struct target *target, const struct clock *clock,
                           const struct err *err) {
    struct sample *sample = sample_new(target->source);
    sample->wall_ms = clock_wall_ms(clock);
    sample->mono_ms = clock_mono_ms(clock);
    trouble_tell(sample, err);
    return sample;
}
