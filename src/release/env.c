#include "src/release/env.h"

#include <string.h>
#include <strings.h>

struct span {
    const char *at;
    size_t n;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s) {
    while (s.n && is_blank(s.at[0])) {
        s.at++;
        s.n--;
    }
    while (s.n && is_blank(s.at[s.n - 1]))
        s.n--;
    return s;
}

static struct span unquote(struct span s) {
    if (s.n >= 2 && (s.at[0] == '"' || s.at[0] == '\'') && s.at[s.n - 1] == s.at[0])
        return (struct span){s.at + 1, s.n - 2};
    return s;
}

/* The value when this line sets `name`. */
static bool line_sets(struct span line, const char *name, struct span *value) {
    line = trim(line);
    if (line.n == 0 || line.at[0] == '#' || line.at[0] == ';')
        return false;
    const char *equals = memchr(line.at, '=', line.n);
    if (!equals)
        return false;
    struct span key = trim((struct span){line.at, (size_t)(equals - line.at)});
    if (key.n != strlen(name) || memcmp(key.at, name, key.n) != 0)
        return false;
    *value = unquote(trim((struct span){equals + 1, line.n - (size_t)(equals + 1 - line.at)}));
    return true;
}

bool env_get(const char *bytes, size_t n, const char *name, char *dst, size_t cap) {
    struct span found = {NULL, 0};
    const char *end = bytes + n;
    for (const char *at = bytes; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        line_sets((struct span){at, (size_t)(stop - at)}, name, &found);
        at = stop + 1;
    }
    if (!found.at || found.n >= cap || memchr(found.at, '\0', found.n))
        return false;
    memcpy(dst, found.at, found.n);
    dst[found.n] = '\0';
    return true;
}

bool env_is_true(const char *bytes, size_t n, const char *name) {
    char value[8];
    return env_get(bytes, n, name, value, sizeof value) && strcasecmp(value, "true") == 0;
}
