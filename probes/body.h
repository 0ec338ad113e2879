/* The state of kinds that need the whole body before they can read it, and the small things that
 * several kinds say alike. */
#ifndef GONOGO_PROBES_BODY_H
#define GONOGO_PROBES_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/probe.h"
#include "src/base/buf.h"

struct body {
    const struct source_spec *spec;
    struct buf bytes;
};

/* For struct probe_kind. The bytes are capped at PROBE_JSON_CAP, which all of these kinds share. */
void *body_begin(const struct source_spec *spec);
enum err_code body_add(void *state, const char *bytes, size_t n, struct err *err);
void body_end(void *state);

/* ERR_PARSE for an answer that says that it is a page and not JSON (a proxy's or a login's). A missing
 * or odd type is fine: what the bytes are decides. */
enum err_code body_wants_json(const struct answer *answer, const char *where, struct err *err);

bool status_is_good(int status); /* 200–299 */

/* Copies raw text; ERR_LIMIT when it does not fit: a cut version must not be compared. */
enum err_code body_copy(char *dst, size_t cap, const char *text, const char *what,
                        const char *where, struct err *err);

#endif
