/* One scalar in somebody's YAML: found by its dotted path, read, or changed in place with not one other
 * byte touched (comments, order, quotes, line ends and a missing final newline survive). libyaml finds
 * the place; nothing is ever written back from a parsed tree. */
#ifndef GONOGO_BASE_YAML_H
#define GONOGO_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"
#include "src/base/err.h"

enum {
    YAML_DEPTH_MAX = 64,  /* settings nest three deep */
    YAML_PATH_PARTS = 16, /* "update.default_version" has two */
};

struct yaml_scalar {
    char *value;    /* decoded; owned (yaml_scalar_fini()) */
    size_t at, len; /* its bytes in the text, quotes included */
    bool quoted;
    bool not_text; /* plain, and YAML reads it as a number, a truth value or null */
    size_t line;   /* from 1 */
};

void yaml_scalar_fini(struct yaml_scalar *scalar); /* fine on a zeroed one */

/* The scalar at `path` ("update.default_version"; a part must not hold a dot). ERR_MISSING when there
 * is none; ERR_PARSE when the text is no YAML, is not UTF-8, has the key twice, or has something else
 * than a scalar there. `where` names the text in errors. */
enum err_code yaml_find(const char *text, size_t n, const char *path, const char *where,
                        struct yaml_scalar *out, struct err *err);

/* `text` with the scalar at `path` changed to `value` into `out` (replaced). The quotes stay as they
 * are; a plain scalar stays plain unless `value` is then read as something else than `as_text` asks
 * for (text, or a bare true, false or number). A value with line breaks or control characters is
 * ERR_REFUSED. Errors otherwise as in yaml_find(). */
enum err_code yaml_set(const char *text, size_t n, const char *path, const char *value,
                       bool as_text, const char *where, struct buf *out, struct err *err);

/* The same for a key that is not there yet: a line is added at the end of the block mapping that
 * holds it, indented like its neighbours; a missing mapping of one part is added at the end of the
 * text. ERR_REFUSED when the mapping is written in flow style or is no mapping. */
enum err_code yaml_add(const char *text, size_t n, const char *path, const char *value,
                       bool as_text, const char *where, struct buf *out, struct err *err);

/* Calls `entry` for each scalar directly inside the mapping at `path`, in order, with the key and the
 * decoded value. ERR_MISSING when there is no such mapping. */
enum err_code yaml_each(const char *text, size_t n, const char *path, const char *where,
                        void (*entry)(void *self, const char *key, const char *value), void *self,
                        struct err *err);

#endif
