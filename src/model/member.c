#include "src/model/member.h"

#include <stdio.h>
#include <string.h>

void member_kind(const json_t *value, char *dst, size_t cap) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        snprintf(dst, cap, "an object");
        break;
    case JSON_ARRAY:
        snprintf(dst, cap, "an array");
        break;
    case JSON_STRING:
        snprintf(dst, cap, "a string");
        break;
    case JSON_INTEGER:
        snprintf(dst, cap, "the JSON number %" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        /* A number that was written 2.0 must not read as 2 here. */
        snprintf(dst, cap, "the JSON number %.15g", json_real_value(value));
        if (strpbrk(dst + strlen("the JSON number "), ".en") == NULL && strlen(dst) + 2 < cap)
            memcpy(dst + strlen(dst), ".0", 3);
        break;
    case JSON_TRUE:
        snprintf(dst, cap, "true");
        break;
    case JSON_FALSE:
        snprintf(dst, cap, "false");
        break;
    case JSON_NULL:
        snprintf(dst, cap, "null");
        break;
    }
}

enum err_code member_text(const json_t *value, const char *name, const char *where, char *dst,
                          size_t cap, struct err *err) {
    dst[0] = '\0';
    if (value == NULL || json_is_null(value))
        return err_set(err, ERR_PARSE, where, "have the service or the script write it",
                       "%s is missing", name);
    if (!json_is_string(value)) {
        char kind[64];
        member_kind(value, kind, sizeof kind);
        return err_set(err, ERR_PARSE, where, "write it in quotes", "%s is %s, not a string", name,
                       kind);
    }
    const char *text = json_string_value(value);
    size_t len = strlen(text);
    if (len == 0)
        return err_set(err, ERR_PARSE, where, "have the service or the script write it",
                       "%s is empty", name);
    if (len >= cap)
        return err_set(err, ERR_LIMIT, where, "shorten it", "%s is %zu bytes long, %zu at most",
                       name, len, cap - 1);
    memcpy(dst, text, len + 1);
    return ERR_OK;
}
