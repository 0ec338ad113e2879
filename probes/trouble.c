#include "probes/trouble.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/when.h"

enum { DETAIL_MAX = 160, HOST_MAX = 120, SPAN_MAX = 32 };

/* ---- texts that need more than the code ------------------------------------------------------ */

static const char *asked_url(const struct look *look) {
    return look->url ? look->url : look->target->spec->url;
}

static void host_of(const struct look *look, char *host, size_t cap) {
    const char *from = strstr(asked_url(look), "://");
    from = from ? from + 3 : asked_url(look);
    size_t n = strcspn(from, "/?#");
    const char *at = memchr(from, '@', n); /* a user and a password are nobody's to read */
    if (at) {
        n -= (size_t)(at + 1 - from);
        from = at + 1;
    }
    text_safe(host, cap, from, n);
}

static void say_connect(struct look *look, struct err *err) {
    static const struct {
        int code;
        const char *what, *todo;
    } table[] = {
        {ECONNREFUSED, "connection refused", "is the service running?"},
        {EHOSTUNREACH, "no route to the host", "check the network or the VPN"},
        {ENETUNREACH, "the network is unreachable", "check the network or the VPN"},
        {ECONNRESET, "connection reset while it was set up", "is the service restarting?"},
        {ETIMEDOUT, "no connection", "is the host up, does a firewall drop packets?"},
        {EMFILE, "no file descriptor left for a socket", "raise the limit of open files"},
        {ENFILE, "no file descriptor left on this machine", "close programs on this machine"},
        {EADDRNOTAVAIL, "no local port left", "ask fewer sources, or less often"},
    };
    char host[HOST_MAX];
    long code = 0;
    host_of(look, host, sizeof(host));
    curl_easy_getinfo(look->easy, CURLINFO_OS_ERRNO, &code);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].code == code) {
            err_set(err, ERR_NET, look->target->spec->id, table[i].todo, "%s (%s)", table[i].what,
                    host);
            return;
        }
    err_set(err, ERR_NET, look->target->spec->id, "is the service running?", "cannot connect to %s",
            host);
}

static void say_timeout(struct look *look, struct err *err) {
    const struct source_spec *spec = look->target->spec;
    char span[SPAN_MAX], host[HOST_MAX];
    curl_off_t connected = 0, reached = 0, began = 0;
    curl_easy_getinfo(look->easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(look->easy, CURLINFO_PRETRANSFER_TIME_T, &reached);
    curl_easy_getinfo(look->easy, CURLINFO_STARTTRANSFER_TIME_T, &began);
    host_of(look, host, sizeof(host));
    bool connecting = reached <= 0 && spec->connect_timeout_ms > 0;
    duration_text(connecting ? spec->connect_timeout_ms : spec->timeout_ms, span, sizeof(span));
    if (connected <= 0 && reached <= 0)
        err_set(err, ERR_NET, spec->id, "is the host up, does a firewall drop packets?",
                "no connection to %s within %s", host, span);
    else if (reached <= 0)
        err_set(err, ERR_NET, spec->id, "does it speak TLS there, is the service overloaded?",
                "no TLS handshake with %s within %s", host, span);
    else if (!look->answered && began <= 0)
        err_set(err, ERR_NET, spec->id,
                "the service accepts connections but hangs: look at its log", "no answer within %s",
                span);
    else
        err_set(err, ERR_NET, spec->id, "the service or the network is too slow: look at its log",
                "the answer was not complete within %s (%zu bytes of body came)", span,
                look->body_bytes);
}

static void say_cut(struct look *look, struct err *err) {
    const char *id = look->target->spec->id;
    const char *todo = "did the service crash or restart?";
    if (strstr(look->trouble, "chunk")) /* libcurl has no code of its own for it */
        err_set(err, ERR_NET, id, "look at the service or the proxy",
                "the answer is broken HTTP (its chunked body)");
    else if (!look->answered)
        err_set(err, ERR_NET, id, todo, "the connection was closed without an answer");
    else
        err_set(err, ERR_NET, id, todo, "the answer broke off after %zu bytes of body",
                look->body_bytes);
}

static void say_certificate(struct look *look, struct err *err) {
    const char *id = look->target->spec->id;
    const struct tls_refusal *refusal = &look->target->tls.refusal;
    int64_t now_s = clock_wall_ms(look->clock) / 1000;
    char host[HOST_MAX], span[SPAN_MAX], detail[DETAIL_MAX];
    host_of(look, host, sizeof(host));
    if (!look->target->tls.trust) { /* libcurl judged alone */
        text_safe(detail, sizeof(detail), look->trouble, strlen(look->trouble));
        err_set(err, ERR_NET, id, "check the server's certificate and tls.ca_file",
                "the TLS certificate is refused (%s)", detail);
        return;
    }
    switch (refusal->code) {
    case X509_V_OK: /* the chain is good, so it is the name */
        err_set(err, ERR_NET, id, "reissue it with this name, or correct the url",
                "the TLS certificate is not for %s", host);
        return;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        duration_text((now_s - refusal->ended_s) * 1000, span, sizeof(span));
        err_set(err, ERR_NET, id, "renew it", "the TLS certificate expired %s ago", span);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        duration_text((refusal->begins_s - now_s) * 1000, span, sizeof(span));
        err_set(err, ERR_NET, id, "check this machine's clock and the certificate",
                "the TLS certificate is valid only in %s", span);
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        err_set(err, ERR_NET, id, "name its file as tls.ca_file or its key as tls.pin_sha256",
                "the TLS certificate is self-signed and not trusted");
        return;
    default:
        text_safe(detail, sizeof(detail), refusal->subject, strlen(refusal->subject));
        err_set(err, ERR_NET, id, "check the server's chain and tls.ca_file",
                "the TLS certificate%s%s is not trusted (%s)", *detail ? " of " : "", detail,
                X509_verify_cert_error_string(refusal->code));
    }
}

static void say_name(struct look *look, struct err *err) {
    char host[HOST_MAX];
    host_of(look, host, sizeof(host));
    err_set(err, ERR_NET, look->target->spec->id, "check the url's spelling and the name server",
            "DNS has no address for %s", host);
}

static void say_size(struct look *look, struct err *err) {
    err_set(err, ERR_LIMIT, look->target->spec->id, "is this the right path?",
            "the answer announces more than the %zu KiB that are read",
            look->target->kind->body_cap >> 10);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct {
    CURLcode code;
    void (*say)(struct look *look,
                struct err *err); /* or the two texts; detail = libcurl's words */
    const char *what, *todo;
    bool detail;
} troubles[] = {
    {CURLE_COULDNT_CONNECT, say_connect, NULL, NULL, false},
    {CURLE_COULDNT_RESOLVE_HOST, say_name, NULL, NULL, false},
    {CURLE_OPERATION_TIMEDOUT, say_timeout, NULL, NULL, false},
    {CURLE_GOT_NOTHING, say_cut, NULL, NULL, false},
    {CURLE_RECV_ERROR, say_cut, NULL, NULL, false},
    {CURLE_SEND_ERROR, say_cut, NULL, NULL, false},
    {CURLE_PARTIAL_FILE, say_cut, NULL, NULL, false},
    {CURLE_PEER_FAILED_VERIFICATION, say_certificate, NULL, NULL, false},
    {CURLE_FILESIZE_EXCEEDED, say_size, NULL, NULL, false},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, NULL, "the server's TLS key is not the pinned one",
     "was it re-keyed, or is somebody in between? Check before you change tls.pin_sha256", false},
    {CURLE_SSL_CONNECT_ERROR, NULL, "the TLS handshake failed",
     "is this port https? Look at the server's TLS settings", true},
    {CURLE_SSL_CACERT_BADFILE, NULL, "cannot read the trusted certificates", "check tls.ca_file",
     true},
    {CURLE_UNSUPPORTED_PROTOCOL, NULL, "the answer is not HTTP", "is this the right port?", false},
    {CURLE_WEIRD_SERVER_REPLY, NULL, "the answer is broken HTTP", "is this the right port?", true},
    {CURLE_BAD_CONTENT_ENCODING, NULL, "the compressed body is broken",
     "look at the server's or the proxy's compression", false},
    {CURLE_HTTP2, NULL, "the HTTP/2 connection broke", "look at the server's or the proxy's log",
     true},
    {CURLE_HTTP2_STREAM, NULL, "the HTTP/2 stream broke", "look at the server's or the proxy's log",
     true},
    {CURLE_URL_MALFORMAT, NULL, "the url cannot be read", "correct it in the configuration", false},
};

void trouble_of_transfer(struct look *look, CURLcode code, struct err *err) {
    const char *id = look->target->spec->id;
    char detail[DETAIL_MAX];
    const char *words = *look->trouble ? look->trouble : curl_easy_strerror(code);
    text_safe(detail, sizeof(detail), words, strlen(words));
    for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++) {
        if (troubles[i].code != code)
            continue;
        if (troubles[i].say)
            troubles[i].say(look, err);
        else if (troubles[i].detail)
            err_set(err, ERR_NET, id, troubles[i].todo, "%s (%s)", troubles[i].what, detail);
        else
            err_set(err, ERR_NET, id, troubles[i].todo, "%s", troubles[i].what);
        return;
    }
    err_set(err, ERR_NET, id, "look at the service and the network", "the transfer failed (%s)",
            detail);
}

enum err_code trouble_of_status(int status, const char *where, struct err *err) {
    static const struct {
        int from, to;
        const char *words, *todo;
    } table[] = {
        {300, 399, "a redirect that leads nowhere", "check the path, or the server's redirects"},
        {401, 401, "it wants to know who asks", "check the probe's headers"},
        {403, 403, "it forbids this", "check the probe's headers and the server's rules"},
        {404, 404, "nothing is there", "check the path"},
        {407, 407, "a proxy wants to know who asks", "check the network's proxy"},
        {410, 410, "it is gone for good", "check the path"},
        {429, 429, "it is asked too often", "raise `every` of the probe"},
        {400, 499, "it does not like the request", "check the probe's url and headers"},
        {502, 504, "the proxy gets no answer from the service", "is the service running?"},
        {500, 599, "the service is in trouble", "look at its log"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (status >= table[i].from && status <= table[i].to)
            return err_set(err, ERR_NET, where, table[i].todo, "HTTP %d: %s", status,
                           table[i].words);
    return err_set(err, ERR_NET, where, "is this the right path?", "unexpected HTTP status %d",
                   status);
}

void trouble_tell(struct sample *sample, const struct err *err) {
    /* When there is not room for both, the remedy stays whole. */
    char what[sizeof(sample->error)], todo[sizeof(err->todo)];
    size_t n = text_safe(todo, sizeof(todo), err->todo, strlen(err->todo));
    size_t room = sizeof(sample->error) - (n ? n + 2 : 0);
    text_safe(what, room < sizeof(what) ? room : sizeof(what), err->what, strlen(err->what));
    sample->reading = READING_ERROR;
    snprintf(sample->error, sizeof(sample->error), n ? "%s: %s" : "%s", what, todo);
}
