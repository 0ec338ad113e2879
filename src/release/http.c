#include "src/release/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void http_date(int64_t wall_ms, const char *zone, char *dst, size_t cap) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
    struct tm tm;
    if (!gmtime_r(&t, &tm)) {
        dst[0] = '\0';
        return;
    }
    snprintf(dst, cap, "%s, %02d %s %04d %02d:%02d:%02d %s", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, zone);
}

bool http_tag_listed(const char *list, const char *etag) {
    size_t n = strlen(etag);
    for (const char *at = list; *at;) {
        at += strspn(at, " \t,");
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (*at != '"')
            return false; /* no entity tag: the rest cannot be trusted */
        const char *end = strchr(at + 1, '"');
        if (!end)
            return false;
        if ((size_t)(end + 1 - at) == n && memcmp(at, etag, n) == 0)
            return true;
        at = end + 1;
    }
    return false;
}

/* Digits at *at, moved behind them. False when there are none or they do not fit. */
static bool read_number(const char **at, uint64_t *number) {
    const char *p = *at;
    uint64_t n = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (p == *at)
        return false;
    *at = p;
    *number = n;
    return true;
}

enum http_range http_range_read(const char *range, uint64_t size, uint64_t *first,
                                uint64_t *length) {
    const char *at = range;
    if (strncasecmp(at, "bytes=", 6) != 0)
        return HTTP_WHOLE;
    at += 6;
    uint64_t from = 0, to = UINT64_MAX, suffix = 0;
    bool has_from = *at != '-';
    if (has_from && !read_number(&at, &from))
        return HTTP_WHOLE;
    if (*at++ != '-')
        return HTTP_WHOLE;
    if (!has_from && !read_number(&at, &suffix))
        return HTTP_WHOLE;
    if (has_from && *at && (!read_number(&at, &to) || to < from))
        return HTTP_WHOLE;
    if (*at) /* a comma: several ranges; or no range */
        return HTTP_WHOLE;
    if (!has_from) {
        if (suffix == 0 || size == 0)
            return HTTP_UNSATISFIABLE;
        from = suffix < size ? size - suffix : 0;
    }
    if (from >= size)
        return HTTP_UNSATISFIABLE;
    if (to > size - 1)
        to = size - 1;
    *first = from;
    *length = to - from + 1;
    return HTTP_PART;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool http_path_decode(const char *path, char *dst, size_t cap) {
    size_t n = 0;
    for (const char *at = path; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '%') {
            int high = hex_digit(at[1]);
            int low = high < 0 ? -1 : hex_digit(at[2]);
            if (low < 0)
                return false;
            c = (unsigned char)(high * 16 + low);
            if (c == '/')
                return false;
            at += 2;
        }
        if (c < 0x20 || c == 0x7f || n + 1 >= cap)
            return false;
        dst[n++] = (char)c;
    }
    dst[n] = '\0';
    return true;
}
