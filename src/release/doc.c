#include "src/release/doc.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/model/version.h"

enum err_code doc_read(const struct tree *tree, const char *path, struct doc *out,
                       struct err *err) {
    struct buf bytes;
    struct err trouble = ERR_INIT;
    buf_init(&bytes, TREE_JSON_BYTES_MAX);
    *out = (struct doc){0};
    enum err_code code = tree_read(tree, path, TREE_JSON_BYTES_MAX, &bytes, &trouble);
    if (code == ERR_OK)
        code = manifest_read(bytes.data ? bytes.data : "", bytes.len, path, &out->m, &trouble);
    if (code == ERR_OK) {
        out->json = json_read(bytes.data, bytes.len, path, &trouble);
        code = trouble.code;
        out->n = bytes.len;
        out->bytes = buf_steal(&bytes);
    }
    buf_fini(&bytes);
    if (code == ERR_OK)
        return ERR_OK;
    doc_fini(out);
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

void doc_fini(struct doc *doc) {
    manifest_fini(&doc->m);
    json_decref(doc->json);
    free(doc->bytes);
    *doc = (struct doc){0};
}

char *doc_text(const json_t *json) {
    char *dumped = json_dumps(json, JSON_INDENT(2));
    char *text = mem_format("%s\n", dumped ? dumped : "{}");
    free(dumped);
    return text;
}

char *doc_pair_path(const char *manifests, const char *version, struct err *err) {
    char *name = mem_format("manifest_%s.json", version);
    char *path = NULL;
    if (version_plausible(version) && tree_name_ok(name))
        path = mem_format("%s/%s", manifests, name);
    else
        err_set(err, ERR_REFUSED, "version", "write it as released, for example 2.0.0.20",
                "\"%.64s\" can name no manifest", version);
    free(name);
    return path;
}
