#include "src/release/facts.h"

#include <string.h>

#include "src/base/text.h"
#include "src/base/yaml.h"
#include "src/release/env.h"

static bool ends_with(const char *text, size_t n, const char *tail) {
    size_t m = strlen(tail);
    return n >= m && memcmp(text + n - m, tail, m) == 0;
}

/* The service does not know the names it is reached by, so every feed of its own kind counts. */
static bool is_feed_url(const char *url) {
    size_t n = strcspn(url, "?#");
    return ends_with(url, n, "/appcast.xml") || ends_with(url, n, "/appcast-beta.xml");
}

enum err_code facts_manifest(const struct tree *tree, const char *path, bool allow_http_loopback,
                             struct manifest *out, struct err *err) {
    struct buf bytes;
    buf_init(&bytes, TREE_JSON_BYTES_MAX);
    *out = (struct manifest){0};
    enum err_code code = tree_read(tree, path, TREE_JSON_BYTES_MAX, &bytes, err);
    if (code)
        goto out;
    code = manifest_read(bytes.data ? bytes.data : "", bytes.len, path, out, err);
    if (code)
        goto out;
    struct manifest_rules rules = {.loopback_http = allow_http_loopback};
    code = manifest_check(out, &rules, path, err);
    if (!code && is_feed_url(out->artifact.url))
        code = err_set(err, ERR_REFUSED, path, "give the address of the artifact itself",
                       "artifact.url is a feed's own address");
    if (code)
        manifest_fini(out);
out:
    if (code)
        *out = (struct manifest){0};
    buf_fini(&bytes);
    return code;
}

static enum err_code read_setting(const char *bytes, size_t n, const char *where, const char *path,
                                  char dst[VERSION_CAP], struct err *err) {
    struct yaml_scalar scalar = {0};
    enum err_code code = yaml_find(bytes, n, path, where, &scalar, err);
    if (code)
        return code;
    if (scalar.not_text)
        code = err_set(err, ERR_PARSE, where, "write it in quotes", "line %zu: %s is no text",
                       scalar.line, path);
    else if (!version_plausible(scalar.value))
        code = err_set(err, ERR_PARSE, where, "write something like \"2.0.0.20\"",
                       "line %zu: %s is no version", scalar.line, path);
    else
        memcpy(dst, scalar.value, strlen(scalar.value) + 1); /* shorter than VERSION_CAP */
    yaml_scalar_fini(&scalar);
    return code;
}

enum err_code facts_runtime_read(const char *bytes, size_t n, const char *path,
                                 struct facts_version *out, struct err *err) {
    struct err trouble = ERR_INIT;
    *out = (struct facts_version){0};
    enum err_code version =
        read_setting(bytes, n, path, "update.default_version", out->version, &trouble);
    enum err_code build =
        read_setting(bytes, n, path, "update.default_build", out->build, &trouble);
    if (!version && !build)
        return ERR_OK;
    /* One without the other is no reason to fall back: it is half a version. */
    enum err_code code = version == build ? version : ERR_PARSE;
    *out = (struct facts_version){0};
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

enum err_code facts_runtime(const struct tree *tree, const char *path, struct facts_version *out,
                            struct err *err) {
    struct buf bytes;
    buf_init(&bytes, TREE_CONFIG_BYTES_MAX);
    *out = (struct facts_version){0};
    enum err_code code = tree_read(tree, path, TREE_CONFIG_BYTES_MAX, &bytes, err);
    if (!code)
        code = facts_runtime_read(bytes.data ? bytes.data : "", bytes.len, path, out, err);
    buf_fini(&bytes);
    return code;
}

void facts_version_file(const struct tree *tree, const char *path, char *dst, size_t cap) {
    struct buf bytes;
    struct err ignored = ERR_INIT;
    buf_init(&bytes, TREE_LINE_BYTES_MAX);
    dst[0] = '\0';
    if (!tree_read(tree, path, TREE_LINE_BYTES_MAX, &bytes, &ignored) && bytes.len) {
        bytes.data[strcspn(bytes.data, "\r\n")] = '\0';
        if (version_plausible(bytes.data))
            text_safe(dst, cap, bytes.data, strlen(bytes.data));
    }
    buf_fini(&bytes);
}

bool facts_beta_open(const struct tree *tree, const char *env_file) {
    struct buf bytes;
    struct err ignored = ERR_INIT;
    buf_init(&bytes, TREE_ENV_BYTES_MAX);
    bool open = !tree_read(tree, env_file, TREE_ENV_BYTES_MAX, &bytes, &ignored) && bytes.len &&
                env_is_true(bytes.data, bytes.len, ENV_BETA_ENABLED);
    buf_fini(&bytes);
    return open;
}
