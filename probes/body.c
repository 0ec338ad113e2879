#include "probes/body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/mem.h"

void *body_begin(const struct source_spec *spec) {
    struct body *body = mem_zero(1, sizeof(*body));
    body->spec = spec;
    buf_init(&body->bytes, PROBE_JSON_CAP);
    return body;
}

enum err_code body_add(void *state, const char *bytes, size_t n, struct err *err) {
    struct body *body = state;
    if (buf_add(&body->bytes, bytes, n))
        return ERR_OK;
    return err_set(err, ERR_LIMIT, body->spec->id, "is this the right path?",
                   "is larger than the %d KiB that are read", PROBE_JSON_CAP >> 10);
}

void body_end(void *state) {
    struct body *body = state;
    if (!body)
        return;
    buf_fini(&body->bytes);
    free(body);
}

enum err_code body_wants_json(const struct answer *answer, const char *where, struct err *err) {
    static const char *const pages[] = {"text/html", "application/xhtml+xml"};
    for (size_t i = 0; answer->content_type && i < sizeof(pages) / sizeof(*pages); i++)
        if (strncasecmp(answer->content_type, pages[i], strlen(pages[i])) == 0)
            return err_set(err, ERR_PARSE, where,
                           "is this the right path, or does a proxy or a login page answer?",
                           "answered %s, not JSON", pages[i]);
    return ERR_OK;
}

bool status_is_good(int status) {
    return status >= 200 && status <= 299;
}

enum err_code body_copy(char *dst, size_t cap, const char *text, const char *what,
                        const char *where, struct err *err) {
    size_t n = text ? strlen(text) : 0;
    if (n >= cap)
        return err_set(err, ERR_LIMIT, where, "look at what the service publishes",
                       "%s is longer than %zu bytes", what, cap - 1);
    if (n > 0)
        memcpy(dst, text, n);
    dst[n] = '\0';
    return ERR_OK;
}
