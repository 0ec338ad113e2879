/* The manifest: JSON that describes one artifact (domain §2). Reading is strict about types: a
 * version or build that is a JSON number is a defect to report, never to coerce. */
#ifndef GONOGO_MODEL_MANIFEST_H
#define GONOGO_MODEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"

enum { MANIFEST_SIZE_UNKNOWN = -1 };

struct manifest {
    char *version; /* never NULL after a successful read, shorter than VERSION_CAP */
    char *build;   /* the same */
    struct {
        char *type; /* NULL = not said, for all below */
        char *url;
        int64_t size; /* bytes, MANIFEST_SIZE_UNKNOWN = not said */
        char *sha256;
        char *arch;
        char *min_os;
        char *ed25519; /* "" = not signed */
    } artifact;
    bool critical;
    bool auto_install;
    char *notes_url;
    char *release_date; /* as written */
};

/* Fills `out` with owned texts (manifest_fini()), or leaves it empty and sets `err`: ERR_PARSE for
 * what is no JSON, lacks version or build, or has a member of the wrong type; ERR_LIMIT beyond the
 * caps. Members that gonogo does not know are left alone; a null is a member that is not there. */
enum err_code manifest_read(const char *bytes, size_t n, const char *where, struct manifest *out,
                            struct err *err);
void manifest_fini(struct manifest *m); /* fine on a zeroed one */

struct manifest_rules {
    char *const *feed_urls; /* NULL-terminated, or NULL: URLs that no artifact may have */
    bool loopback_http;     /* http:// to this machine will do (lab) */
};

/* The rules of domain §2: url is https and never a feed's own, size > 0, sha256 is 64 hex digits.
 * ERR_REFUSED with the first that is broken. `rules` may be NULL. */
enum err_code manifest_check(const struct manifest *m, const struct manifest_rules *rules,
                             const char *where, struct err *err);

/* Do two manifests describe the same artifact (domain §2, the pair): version, build, url, size,
 * sha256? NULL when they do, else the name of the first member that differs. */
const char *manifest_differs(const struct manifest *a, const struct manifest *b);

#endif
