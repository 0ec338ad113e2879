/* One line of a log that is written as JSON objects, one a line, by whatever names its writer gives. */
#ifndef GONOGO_MODEL_JSONLINE_H
#define GONOGO_MODEL_JSONLINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

struct json_line {
    json_t *root;
    bool timed;
    int64_t time_ms;   /* of ts, time, timestamp, @timestamp: a text, or seconds or ms since 1970 */
    const char *level; /* of level, severity; NULL = none. Raw */
    const char *message; /* of msg, message; NULL = none. Raw */
};

/* False, and nothing to free, when it is no object. `zone` and `after_ms` as in logline_time(). */
bool json_line_read(const char *line, size_t n, const struct zone *zone, int64_t after_ms,
                    struct json_line *out);
void json_line_fini(struct json_line *l);

/* What stands at a JSON pointer ("/ctx/dur_ms"), or at a key of the top that may hold full stops or
 * lead by them ("ctx.dur_ms"); NULL when there is none. */
const json_t *json_line_at(const struct json_line *l, const char *key);
/* The same as a number: 842, "842", "842ms" (in ms); NAN when it is none. */
double json_line_number(const struct json_line *l, const char *key);

#endif
