/* What the release tree says: the manifests under the service's rules, the running version, the
 * beta gate. Read anew at each call; nothing is remembered. */
#ifndef GONOGO_RELEASE_FACTS_H
#define GONOGO_RELEASE_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/manifest.h"
#include "src/model/version.h"
#include "src/release/tree.h"

/* A version and its build, as one answer shows them. */
struct facts_version {
    char version[VERSION_CAP];
    char build[VERSION_CAP];
};

/* Reads one manifest and checks it (domain §2: https only, size, sha256, never a feed's own URL).
 * `out` is owned by the caller on success, empty otherwise. ERR_MISSING when there is none. */
enum err_code facts_manifest(const struct tree *tree, const char *path, bool allow_http_loopback,
                             struct manifest *out, struct err *err);

/* update.default_version and default_build of unified_config.yaml, at `path`. ERR_MISSING when the file or both
 * are not there; ERR_PARSE when one is not there or is no string (2.0 without quotes is a number). */
enum err_code facts_runtime(const struct tree *tree, const char *path, struct facts_version *out,
                            struct err *err);

/* The same from bytes; `path` is for the messages. */
enum err_code facts_runtime_read(const char *bytes, size_t n, const char *path,
                                 struct facts_version *out, struct err *err);

/* The first line of VERSION, at `path`; empty text when it cannot be used. */
void facts_version_file(const struct tree *tree, const char *path, char *dst, size_t cap);

/* Is the beta feed open? What cannot be read is shut. */
bool facts_beta_open(const struct tree *tree, const char *env_file);

#endif
