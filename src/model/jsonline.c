#include "src/model/jsonline.h"

#include <math.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/slice.h"
#include "src/model/logline.h"

static const json_t *first_of(const json_t *root, const char *const *keys) {
    const json_t *found = NULL;
    for (size_t i = 0; keys[i] && !found; i++)
        found = json_object_get(root, keys[i]);
    return found;
}

/* Seconds until the year 5138; ms from 1973 on. */
#define SECONDS_END 1e11

static bool time_of(const json_t *value, const struct zone *zone, int64_t after_ms, int64_t *ms) {
    if (json_is_string(value))
        return logline_time((struct slice){json_string_value(value), json_string_length(value)},
                            zone, after_ms, ms);
    if (!json_is_number(value))
        return false;
    double number = json_number_value(value);
    if (!(number > 0 && number < SECONDS_END * 1000))
        return false;
    *ms = (int64_t)(number < SECONDS_END ? number * 1000 : number);
    return true;
}

bool json_line_read(const char *line, size_t n, const struct zone *zone, int64_t after_ms,
                    struct json_line *out) {
    static const char *const times[] = {"ts", "time", "timestamp", "@timestamp", NULL};
    static const char *const levels[] = {"level", "severity", NULL};
    static const char *const messages[] = {"msg", "message", NULL};
    struct err err = ERR_INIT;
    *out = (struct json_line){0};
    size_t from = 0;
    while (from < n && (line[from] == ' ' || line[from] == '\t'))
        from++;
    if (from == n || line[from] != '{')
        return false;
    out->root = json_read(line + from, n - from, "log", &err);
    if (!json_is_object(out->root)) {
        json_line_fini(out);
        return false;
    }
    out->timed = time_of(first_of(out->root, times), zone, after_ms, &out->time_ms);
    out->level = json_string_value(first_of(out->root, levels));
    out->message = json_string_value(first_of(out->root, messages));
    return true;
}

void json_line_fini(struct json_line *l) {
    json_decref(l->root);
    *l = (struct json_line){0};
}

const json_t *json_line_at(const struct json_line *l, const char *key) {
    if (key[0] == '/')
        return json_at(l->root, key);
    const json_t *value = json_object_get(l->root, key), *at = l->root;
    if (value || !strchr(key, '.'))
        return value;
    while (at) {
        char part[128];
        size_t length = strcspn(key, ".");
        if (length >= sizeof part)
            return NULL;
        memcpy(part, key, length);
        part[length] = '\0';
        at = json_object_get(at, part);
        if (key[length] == '\0')
            return at;
        key += length + 1;
    }
    return NULL;
}

double json_line_number(const struct json_line *l, const char *key) {
    const json_t *value = json_line_at(l, key);
    if (json_is_number(value))
        return json_number_value(value);
    if (!json_is_string(value))
        return NAN;
    struct slice text = {json_string_value(value), json_string_length(value)};
    double number = slice_number(text);
    return isnan(number) ? slice_duration_ms(text) : number;
}
