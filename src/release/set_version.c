#include "src/release/set_version.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/base/yaml.h"
#include "src/model/version.h"
#include "src/release/doc.h"

/* VERSION: its first line, and whatever else stands there stays. */
static enum err_code look_at_file(const struct flow *flow, const char *version, struct plan *plan,
                                  struct err *err) {
    const char *path = flow->layout->version;
    struct err trouble = ERR_INIT;
    struct buf old, text;
    buf_init(&old, TREE_LINE_BYTES_MAX);
    buf_init(&text, 0);
    enum err_code code = tree_read(flow->tree, path, TREE_LINE_BYTES_MAX, &old, &trouble);
    if (code != ERR_OK && code != ERR_MISSING) {
        code = err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
        goto out;
    }
    code = ERR_OK;
    const char *before = old.data ? old.data : "";
    const size_t line = strcspn(before, "\r\n");
    if (line == strlen(version) && memcmp(before, version, line) == 0)
        goto out;
    buf_add_text(&text, version);
    if (old.len > line)
        buf_add(&text, before + line, old.len - line);
    else
        buf_add_text(&text, "\n");
    char safe[64];
    text_safe(safe, sizeof safe, before, line);
    char *why = mem_format("\"%s\" becomes %s", safe, version);
    plan_write(plan, path, text.data, text.len, why);
    free(why);
out:
    buf_fini(&old);
    buf_fini(&text);
    return code;
}

/* One setting in the text, from `from` to `to`; *changed says whether there was anything to do. */
static enum err_code set_one(const struct buf *from, struct buf *to, const char *path,
                             const char *version, const char *where, bool *changed,
                             struct err *err) {
    struct yaml_scalar old;
    struct err trouble = ERR_INIT;
    enum err_code code = yaml_find(from->data, from->len, path, where, &old, &trouble);
    if (code == ERR_MISSING) {
        *changed = true;
        return yaml_add(from->data, from->len, path, version, true, where, to, err);
    }
    if (code != ERR_OK)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    if (strcmp(old.value, version) == 0 && !old.not_text) {
        buf_clear(to);
        buf_add(to, from->data, from->len);
    } else {
        *changed = true;
        code = yaml_set(from->data, from->len, path, version, true, where, to, err);
    }
    yaml_scalar_fini(&old);
    return code;
}

static enum err_code look_at_config(const struct flow *flow, const char *version, struct plan *plan,
                                    struct err *err) {
    const char *path = flow->layout->config;
    struct buf old, half, text;
    bool changed = false;
    buf_init(&old, TREE_CONFIG_BYTES_MAX);
    buf_init(&half, 0);
    buf_init(&text, 0);
    enum err_code code = tree_read(flow->tree, path, TREE_CONFIG_BYTES_MAX, &old, err);
    if (code == ERR_OK && !old.data)
        code = err_set(err, ERR_PARSE, path, "write its settings", "is empty");
    if (code == ERR_OK)
        code = set_one(&old, &half, "update.default_version", version, path, &changed, err);
    if (code == ERR_OK)
        code = set_one(&half, &text, "update.default_build", version, path, &changed, err);
    if (code == ERR_OK && changed) {
        char *why = mem_format("update.default_version and default_build become %s", version);
        plan_write(plan, path, text.data, text.len, why);
        free(why);
    }
    buf_fini(&old);
    buf_fini(&half);
    buf_fini(&text);
    return code;
}

/* What is there under this version must be the same artifact: a version is a name for bytes. */
static enum err_code look_at_pair(const struct flow *flow, const struct doc *stable,
                                  const char *pair, const char *version, struct plan *plan,
                                  struct err *err) {
    struct doc there;
    struct err trouble = ERR_INIT;
    enum err_code code = doc_read(flow->tree, pair, &there, &trouble);
    if (code != ERR_OK && code != ERR_MISSING)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    if (code == ERR_OK) {
        const bool relabels = strcmp(stable->m.version, version) != 0;
        struct manifest other = there.m;
        other.version = stable->m.version; /* borrowed for the comparison */
        other.build = stable->m.build;
        const char *differs = manifest_differs(&stable->m, &other);
        const bool same = !relabels && manifest_differs(&stable->m, &there.m) == NULL;
        doc_fini(&there);
        if (same)
            return ERR_OK;
        if (relabels && differs)
            return err_set(err, ERR_REFUSED, pair,
                           "bring that version back with `gonogo pull --to` or a promote",
                           "describes other bytes than manifest.json does (%s)", differs);
    }
    char *text = strcmp(stable->m.version, version) == 0 && strcmp(stable->m.build, version) == 0
                     ? mem_copy_bytes(stable->bytes, stable->n)
                     : NULL;
    if (!text) {
        json_t *json = json_copy(stable->json);
        json_object_set_new(json, "version", json_text(version));
        json_object_set_new(json, "build", json_text(version));
        text = doc_text(json);
        json_decref(json);
    }
    plan_write(plan, pair, text, strlen(text), "the pair of manifest.json");
    free(text);
    return ERR_OK;
}

static enum err_code look_at_manifests(const struct flow *flow, const char *version,
                                       struct plan *plan, struct err *err) {
    const char *path = flow->layout->channels[TREE_STABLE].manifest;
    struct doc stable = {0};
    char *pair = doc_pair_path(flow->layout->manifests, version, err);
    if (!pair)
        return err ? err->code : ERR_REFUSED;
    enum err_code code = doc_read(flow->tree, path, &stable, err);
    if (code == ERR_OK)
        code = look_at_pair(flow, &stable, pair, version, plan, err);
    const bool differs = code == ERR_OK && (strcmp(stable.m.version, version) != 0 ||
                                            strcmp(stable.m.build, version) != 0);
    if (differs) {
        char *why = mem_format("version %s and build %s become %s", stable.m.version,
                               stable.m.build, version);
        json_object_set_new(stable.json, "version", json_text(version));
        json_object_set_new(stable.json, "build", json_text(version));
        char *text = doc_text(stable.json);
        plan_write(plan, path, text, strlen(text), why);
        plan_note(plan,
                  "%s described %s: its size and sha256 stay those of that artifact. Unless the "
                  "artifact itself says %s, promote the right one before clients read the feed.",
                  path, stable.m.version, version);
        free(text);
        free(why);
    }
    doc_fini(&stable);
    free(pair);
    return code;
}

enum err_code set_version_look(const struct flow *flow, void *request, struct plan *plan,
                               struct err *err) {
    const char *version = request;
    if (!version_plausible(version))
        return err_set(err, ERR_REFUSED, "set-version",
                       "write it as released, for example 2.0.0.20", "\"%.64s\" is no version",
                       version);
    plan->version = mem_copy_text(version);
    enum err_code code = look_at_file(flow, version, plan, err);
    if (code == ERR_OK)
        code = look_at_config(flow, version, plan, err);
    if (code == ERR_OK)
        code = look_at_manifests(flow, version, plan, err);
    if (code != ERR_OK)
        return code;
    if (plan->n_steps == 0) {
        plan->skip = mem_format("every source says %s already", version);
        return ERR_OK;
    }
    plan->done = mem_format("every source says %s now", version);
    plan_note(plan, "Services that were running before need a restart to say %s.", version);
    return ERR_OK;
}
