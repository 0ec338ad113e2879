#include "config/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

struct parts {
    CURLU *handle;
    char *scheme, *host, *port;
};

static void parts_fini(struct parts *p) {
    curl_free(p->scheme);
    curl_free(p->host);
    curl_free(p->port);
    curl_url_cleanup(p->handle);
}

static bool parts_init(struct parts *p, const char *url) {
    *p = (struct parts){.handle = curl_url()};
    return p->handle != NULL && curl_url_set(p->handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
           curl_url_get(p->handle, CURLUPART_SCHEME, &p->scheme, 0) == CURLUE_OK &&
           curl_url_get(p->handle, CURLUPART_HOST, &p->host, 0) == CURLUE_OK &&
           curl_url_get(p->handle, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT) == CURLUE_OK;
}

static bool has_part(const struct parts *p, CURLUPart which) {
    char *text = NULL;
    bool there = curl_url_get(p->handle, which, &text, 0) == CURLUE_OK && text != NULL;
    curl_free(text);
    return there;
}

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f) {
            return false;
        }
    }
    return true;
}

const char *address_fault(const char *url, const char **todo) {
    *todo = "write it as https://HOST or https://HOST:PORT/PATH";
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0) {
        return "is no URL";
    }
    if (!is_printable(url)) {
        *todo = "write blanks and other letters as %20 …, and a host in its ASCII form";
        return "has characters that a URL cannot have";
    }
    if (strlen(url) >= ADDRESS_CAP) {
        *todo = "write at most 2047 characters";
        return "is too long for a URL";
    }
    struct parts p;
    const char *fault = NULL;
    if (!parts_init(&p, url) || strcmp(p.port, "0") == 0) {
        fault = "is no URL";
    } else if (has_part(&p, CURLUPART_USER) || has_part(&p, CURLUPART_PASSWORD)) {
        *todo = "take them out and use headers: {Authorization: env:NAME}";
        fault = "holds a user name or a password";
    } else if (strchr(url, '#') != NULL) {
        *todo = "take out the # and what follows: it is never sent";
        fault = "has a fragment";
    }
    parts_fini(&p);
    return fault;
}

const char *address_path_fault(const char *path, const char **todo) {
    if (path[0] != '/') {
        *todo = "start it with a slash: /health; a whole URL goes into url:";
        return "is no path";
    }
    if (!is_printable(path) || strchr(path, '#') != NULL) {
        *todo = "write blanks, # and other letters as %20 %23 …";
        return "has characters that a path cannot have";
    }
    if (strlen(path) >= ADDRESS_CAP / 2) {
        *todo = "write at most 1023 characters";
        return "is too long for a path";
    }
    return NULL;
}

static bool is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    size_t len = strlen(host);
    if (strcasecmp(host, "localhost") == 0) {
        return true;
    }
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (host[0] != '[' || len < 3 || len >= sizeof bare) {
        return false;
    }
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool address_is_open(const char *url) {
    struct parts p;
    bool open =
        !parts_init(&p, url) || (strcasecmp(p.scheme, "https") != 0 && !is_loopback(p.host));
    parts_fini(&p);
    return open;
}

bool address_same_origin(const char *a, const char *b) {
    struct parts x, y;
    bool ok_x = parts_init(&x, a), ok_y = parts_init(&y, b);
    bool same = ok_x && ok_y && strcasecmp(x.scheme, y.scheme) == 0 &&
                strcasecmp(x.host, y.host) == 0 && strcmp(x.port, y.port) == 0;
    parts_fini(&x);
    parts_fini(&y);
    return same;
}
