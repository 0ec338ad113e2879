/* A manifest of the tree, as a document: what it says (manifest.h), and its JSON with the members that
 * gonogo does not know, which survive an edit. */
#ifndef GONOGO_RELEASE_DOC_H
#define GONOGO_RELEASE_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"
#include "src/model/manifest.h"
#include "src/release/tree.h"

struct doc {
    struct manifest m;
    json_t *json;
    char *bytes; /* as they stand in the file */
    size_t n;
};

/* `out` is empty on an error; types are judged, the rules of manifest_check() are not. */
enum err_code doc_read(const struct tree *tree, const char *path, struct doc *out, struct err *err);
void doc_fini(struct doc *doc); /* fine on a zeroed one */

/* The JSON as gonogo writes a manifest: indented by two, ends with a newline; on the heap. */
char *doc_text(const json_t *json);

/* "server/updates/manifests/manifest_2.0.0.20.json", on the heap; NULL and `err` when the version can
 * be no part of a file's name. */
char *doc_pair_path(const char *manifests, const char *version, struct err *err);

#endif
