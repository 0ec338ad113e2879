/* A service's health answer: JSON whose status word, version and build live where the
 * configuration says (JSON pointers). What is missing or of the wrong type is a defect. */
#ifndef GONOGO_MODEL_HEALTH_H
#define GONOGO_MODEL_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/version.h"

struct health_spec {
    const char *status_pointer; /* NULL or "" = not asked for, for all three */
    const char *version_pointer;
    const char *build_pointer;
    char *const *ok; /* NULL-terminated: the words that mean well, compared exactly; NULL = any */
};

struct health {
    char status[64];           /* raw bytes, as those below: text_safe() before showing */
    char version[VERSION_CAP]; /* "" = not asked for, or not usable */
    char build[VERSION_CAP];
};

/* Reads as much as it can into `out`, then tells the worst:
 *   ERR_PARSE  no JSON, or an asked-for member is missing or no string ("/latest_version is the
 *              JSON number 2.0, not a string"); ERR_LIMIT beyond a cap
 *   ERR_NET    the status word is none of `ok`; what it says under "error" is part of the message
 *              (safe, cut). A sick service need not know its version, so this outranks the
 *              defects above. */
enum err_code health_read(const char *bytes, size_t n, const struct health_spec *spec,
                          const char *where, struct health *out, struct err *err);

#endif
