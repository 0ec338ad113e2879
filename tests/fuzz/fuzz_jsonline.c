/* Any bytes: a line is an object or nothing, its parts belong to it, and any of its keys can be asked for
 * in each of the ways. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/model/jsonline.h"
#include "tests/fuzz/must.h"

/* The first line is a key that somebody configured, the rest is the log's line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_line l;
    const char *text = (const char *)data, *lf = size ? memchr(text, '\n', size) : NULL;
    size_t n = lf ? (size_t)(lf - text) : 0, from = lf ? n + 1 : 0;
    char key[256];
    if (n >= sizeof key || memchr(text, '\0', n))
        return 0;
    memcpy(key, text, n);
    key[n] = '\0';
    if (!json_line_read(text + from, size - from, NULL, INT64_MIN, &l))
        return 0;
    MUST(json_is_object(l.root));
    MUST(!l.timed || (l.time_ms > INT64_C(-62167219200001) && l.time_ms < INT64_C(1) << 62));
    double number = json_line_number(&l, key);
    MUST(isnan(number) || json_line_at(&l, key));
    const char *own;
    json_t *value;
    json_object_foreach(l.root, own, value) {
        if (own[0] != '/')
            MUST(json_line_at(&l, own) == value);
    }
    json_line_fini(&l);
    return 0;
}
