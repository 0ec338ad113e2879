#include "src/model/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/model/member.h"
#include "src/model/url.h"
#include "src/model/version.h"

enum { TEXT_CAP = 2048, SHA256_DIGITS = 64 }; /* no URL that servers take is longer */

/* Texts that may be missing. */
static const struct {
    const char *pointer;
    size_t offset;
} texts[] = {
    {"/artifact/type", offsetof(struct manifest, artifact.type)},
    {"/artifact/url", offsetof(struct manifest, artifact.url)},
    {"/artifact/sha256", offsetof(struct manifest, artifact.sha256)},
    {"/artifact/arch", offsetof(struct manifest, artifact.arch)},
    {"/artifact/min_os", offsetof(struct manifest, artifact.min_os)},
    {"/artifact/ed25519", offsetof(struct manifest, artifact.ed25519)},
    {"/notes_url", offsetof(struct manifest, notes_url)},
    {"/release_date", offsetof(struct manifest, release_date)},
};

static const struct {
    const char *pointer;
    size_t offset;
} flags[] = {
    {"/critical", offsetof(struct manifest, critical)},
    {"/auto_install", offsetof(struct manifest, auto_install)},
};

/* "/artifact/url" as people write it: "artifact.url". */
static void name_of(const char *pointer, char *dst, size_t cap) {
    size_t n = 0;
    for (pointer++; *pointer != '\0' && n + 1 < cap; pointer++)
        dst[n++] = *pointer == '/' ? '.' : *pointer;
    dst[n] = '\0';
}

static enum err_code wrong_type(const json_t *value, const char *pointer, const char *wanted,
                                const char *where, struct err *err) {
    char kind[64], name[64];
    member_kind(value, kind, sizeof kind);
    name_of(pointer, name, sizeof name);
    return err_set(err, ERR_PARSE, where, "mend the manifest", "%s is %s, not %s", name, kind,
                   wanted);
}

static enum err_code read_text(const json_t *value, const char *pointer, const char *where,
                               char **out, struct err *err) {
    if (!json_is_string(value))
        return wrong_type(value, pointer, "a string", where, err);
    if (json_string_length(value) >= TEXT_CAP) {
        char name[64];
        name_of(pointer, name, sizeof name);
        return err_set(err, ERR_LIMIT, where, "shorten it", "%s is %zu bytes long, %d at most",
                       name, json_string_length(value), TEXT_CAP - 1);
    }
    *out = mem_copy_text(json_string_value(value));
    return ERR_OK;
}

static enum err_code read_version(const json_t *root, const char *name, const char *where,
                                  char **out, struct err *err) {
    char version[VERSION_CAP];
    enum err_code code =
        member_text(json_object_get(root, name), name, where, version, sizeof version, err);
    if (code == ERR_OK)
        *out = mem_copy_text(version);
    return code;
}

static bool is_there(const json_t *value) {
    return value != NULL && !json_is_null(value);
}

static enum err_code read_all(const json_t *root, const char *where, struct manifest *m,
                              struct err *err) {
    enum err_code code;
    if (!json_is_object(root))
        return wrong_type(root, "/the document", "an object", where, err);
    if ((code = read_version(root, "version", where, &m->version, err)) != ERR_OK ||
        (code = read_version(root, "build", where, &m->build, err)) != ERR_OK)
        return code;
    const json_t *value = json_object_get(root, "artifact");
    if (is_there(value) && !json_is_object(value))
        return wrong_type(value, "/artifact", "an object", where, err);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char **slot = (char **)(void *)((char *)m + texts[i].offset);
        value = json_at(root, texts[i].pointer);
        if (is_there(value) &&
            (code = read_text(value, texts[i].pointer, where, slot, err)) != ERR_OK)
            return code;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        value = json_at(root, flags[i].pointer);
        if (is_there(value) && !json_is_boolean(value))
            return wrong_type(value, flags[i].pointer, "true or false", where, err);
        *(bool *)((char *)m + flags[i].offset) = json_is_true(value);
    }
    value = json_at(root, "/artifact/size");
    if (is_there(value) && !json_is_integer(value))
        return wrong_type(value, "/artifact/size", "a whole number of bytes", where, err);
    if (is_there(value)) {
        m->artifact.size = json_integer_value(value);
        /* What is below zero must not pass for "not said". */
        if (m->artifact.size < 0)
            return wrong_type(value, "/artifact/size", "a number of bytes", where, err);
    }
    return ERR_OK;
}

enum err_code manifest_read(const char *bytes, size_t n, const char *where, struct manifest *out,
                            struct err *err) {
    *out = (struct manifest){.artifact.size = MANIFEST_SIZE_UNKNOWN};
    struct err trouble = ERR_INIT;
    json_t *root = json_read(bytes, n, where, &trouble);
    enum err_code code = root == NULL ? trouble.code : read_all(root, where, out, &trouble);
    json_decref(root);
    if (code == ERR_OK)
        return ERR_OK;
    manifest_fini(out);
    if (err != NULL && err->code == ERR_OK)
        *err = trouble;
    return code;
}

void manifest_fini(struct manifest *m) {
    free(m->version);
    free(m->build);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(*(char **)(void *)((char *)m + texts[i].offset));
    *m = (struct manifest){.artifact.size = MANIFEST_SIZE_UNKNOWN};
}

static bool is_sha256(const char *text) {
    return strlen(text) == SHA256_DIGITS && strspn(text, "0123456789abcdefABCDEF") == SHA256_DIGITS;
}

static enum err_code check_url(const char *url, const struct manifest_rules *rules,
                               const char *where, struct err *err) {
    enum url_safety safety = url_safety(url);
    bool loopback_ok = rules != NULL && rules->loopback_http;
    if (safety == URL_NONE)
        return err_set(err, ERR_REFUSED, where, "write the https URL that serves the artifact",
                       "artifact.url \"%.200s\" is no URL", url);
    if (safety != URL_HTTPS && !(safety == URL_HTTP_LOOPBACK && loopback_ok))
        return err_set(err, ERR_REFUSED, where, "serve the artifact over https",
                       "artifact.url \"%.200s\" is not https", url);
    bool feed = url_names_feed(url);
    for (char *const *f = rules != NULL ? rules->feed_urls : NULL; !feed && f && *f; f++)
        feed = strcmp(*f, url) == 0;
    if (feed)
        return err_set(err, ERR_REFUSED, where, "write the URL that serves the artifact's bytes",
                       "artifact.url \"%.200s\" is that of a feed", url);
    return ERR_OK;
}

enum err_code manifest_check(const struct manifest *m, const struct manifest_rules *rules,
                             const char *where, struct err *err) {
    if (m->artifact.url == NULL)
        return err_set(err, ERR_REFUSED, where, "write the https URL that serves the artifact",
                       "artifact.url is missing");
    enum err_code code = check_url(m->artifact.url, rules, where, err);
    if (code != ERR_OK)
        return code;
    if (m->artifact.size <= 0)
        return err_set(err, ERR_REFUSED, where, "write the artifact's size in bytes",
                       m->artifact.size == MANIFEST_SIZE_UNKNOWN ? "artifact.size is missing"
                                                                 : "artifact.size is 0");
    if (m->artifact.sha256 == NULL || !is_sha256(m->artifact.sha256))
        return err_set(err, ERR_REFUSED, where, "write the artifact's SHA-256 (sha256sum FILE)",
                       m->artifact.sha256 == NULL ? "artifact.sha256 is missing"
                                                  : "artifact.sha256 is not 64 hex digits");
    return ERR_OK;
}

static bool same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const char *manifest_differs(const struct manifest *a, const struct manifest *b) {
    if (!same(a->version, b->version))
        return "version";
    if (!same(a->build, b->build))
        return "build";
    if (!same(a->artifact.url, b->artifact.url))
        return "artifact.url";
    if (a->artifact.size != b->artifact.size)
        return "artifact.size";
    const char *x = a->artifact.sha256, *y = b->artifact.sha256;
    if (x == NULL || y == NULL ? x != y : strcasecmp(x, y) != 0)
        return "artifact.sha256";
    return NULL;
}
