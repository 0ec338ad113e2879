/* Members of a JSON document that must have one type. */
#ifndef GONOGO_MODEL_MEMBER_H
#define GONOGO_MODEL_MEMBER_H

#include <jansson.h>
#include <stddef.h>

#include "src/base/err.h"

/* What a value is, in words: "the JSON number 2.0", "true", "an object". */
void member_kind(const json_t *value, char *dst, size_t cap);

/* Copies the string `value` into dst. ERR_PARSE when it is missing (NULL or null), no string or
 * empty, ERR_LIMIT when it does not fit; the message calls it `name`. dst is "" then. */
enum err_code member_text(const json_t *value, const char *name, const char *where, char *dst,
                          size_t cap, struct err *err);

#endif
