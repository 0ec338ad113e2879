/* The values of headers: secrets come from the environment (env:NAME) or from a file that only its
 * owner can read (file:PATH), and are never written in the configuration itself. */
#ifndef GONOGO_CONFIG_SECRET_H
#define GONOGO_CONFIG_SECRET_H

#include "config/node.h"
#include "src/base/err.h"
#include "src/model/policy.h"

enum { SECRET_FILE_CAP = 64 << 10 }; /* 64 KiB: no token or cookie is longer */

/* Fills `out` (owned by the caller) from `n`, whose key is the header's name. Relative files are
 * looked for in `folder`. */
enum err_code secret_header(const struct node *n, const char *folder, struct header_spec *out,
                            struct err *err);

/* A secret of its own, from env:NAME or file:PATH; heap, the caller wipes it. */
enum err_code secret_text(const struct node *n, const char *folder, char **value, struct err *err);

#endif
