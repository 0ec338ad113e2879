#include "src/model/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <libxml/uri.h>

#include "src/base/buf.h"
#include "src/base/mem.h"

/* The host's text into dst, without port and brackets; false when there is none, or when somebody's
 * name stands before it (`http://localhost@elsewhere/`). */
static bool host_of(const char *rest, char *dst, size_t cap) {
    size_t len = strcspn(rest, "/?#");
    if (len == 0 || memchr(rest, '@', len) != NULL)
        return false;
    const char *host = rest;
    if (*rest == '[') {
        const char *end = memchr(rest, ']', len);
        if (end == NULL)
            return false;
        host = rest + 1;
        len = (size_t)(end - host);
    } else {
        const char *port = memchr(rest, ':', len);
        len = port == NULL ? len : (size_t)(port - rest);
    }
    if (len == 0 || len >= cap)
        return false;
    memcpy(dst, host, len);
    dst[len] = '\0';
    return true;
}

static bool is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

enum url_safety url_safety(const char *url) {
    for (const char *c = url; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return URL_NONE;
    char host[256];
    bool https = strncasecmp(url, "https://", 8) == 0;
    if (!https && strncasecmp(url, "http://", 7) != 0)
        return URL_NONE;
    const char *rest = url + (https ? 8 : 7);
    if (!host_of(rest, host, sizeof host))
        return URL_NONE;
    if (https)
        return URL_HTTPS;
    return is_loopback(host) ? URL_HTTP_LOOPBACK : URL_HTTP;
}

bool url_has_scheme(const char *text) {
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    return len > 0 && strncmp(text + len, "://", 3) == 0;
}

char *url_resolve(const char *base, const char *reference) {
    struct buf plain;
    buf_init(&plain, 0);
    buf_add_text(&plain, "");
    for (const char *c = reference; *c != '\0'; c++)
        buf_add(&plain, *c == ' ' ? "%20" : c, *c == ' ' ? 3 : 1);
    xmlChar *uri = xmlBuildURI((const xmlChar *)plain.data, (const xmlChar *)base);
    char *copy = mem_copy_text((const char *)uri);
    xmlFree(uri);
    buf_fini(&plain);
    return copy;
}

bool url_names_feed(const char *url) {
    size_t len = strcspn(url, "?#");
    return len >= 4 && strncasecmp(url + len - 4, ".xml", 4) == 0;
}
