/* Rollback points: what a publish, a promote or a pull replaced, in `.gonogo/rollback/CHANNEL/VERSION/`:
 * the manifest, the SHA-256 of every file of the version (as sha256sum reads them), and the files that
 * stood under the channel's tags (none for a version that has a tag to itself: those are never
 * replaced). */
#ifndef GONOGO_RELEASE_POINT_H
#define GONOGO_RELEASE_POINT_H

#include <stdbool.h>

#include "src/base/err.h"
#include "src/base/hash.h"
#include "src/release/doc.h"
#include "src/release/flow.h"
#include "src/release/plan.h"

#define POINT_FOLDER   ".gonogo/rollback"
#define POINT_MANIFEST "manifest.json"
#define POINT_SUMS     "SHA256SUMS"

enum {
    POINT_KEPT = 5,              /* per channel: each has the size of a release */
    POINT_SUMS_BYTES_MAX = 4096, /* three lines of a digest and a name */
};

/* The path of a file of a point, or of its folder (`name` NULL), or of all of a channel's (`version`
 * NULL); heap. */
char *point_path(const struct layout *layout, enum tree_channel channel, const char *version,
                 const char *name);

/* Adds the steps that keep what the channel has now, unless that very point is there already; and
 * those that drop the oldest points beyond POINT_KEPT. `spare` is a version whose point stays, or
 * NULL. */
enum err_code point_keep(const struct flow *flow, enum tree_channel channel,
                         const struct doc *current, const char *spare, struct plan *plan,
                         struct err *err);

/* The versions that have a point, newest first (Sparkle's order), NULL-terminated: tree_list_free().
 * NULL and `err`. */
char **point_list(const struct flow *flow, enum tree_channel channel, size_t *n, struct err *err);

/* What a point recorded as the SHA-256 of its files, by enum layout_file; "" = nothing (a file that was
 * not there or not what its manifest said, or a point of before this was recorded). An error when it is there and cannot be read. */
enum err_code point_sums(const struct flow *flow, enum tree_channel channel, const char *version,
                         char sums[LAYOUT_FILES][HASH_HEX_CAP], struct err *err);

#endif
