/* The section `release`: the names that a release tree goes by, for the commands that change one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/resolve.h"
#include "config/schema_rows.h"
#include "config/secret.h"
#include "src/base/mem.h"
#include "src/model/url.h"

static const char *const asset_stores[] = {"dir", "github", NULL};

static const struct option release_rows[] = {
    {.key = "disk_image",
     .type = OPTION_TEXT,
     AT(raw_release, disk_image),
     .fallback = "Nexy.dmg",
     .help = "the disk image's name",
     .example = "Nexy.dmg"},
    {.key = "installer",
     .type = OPTION_TEXT,
     AT(raw_release, installer),
     .fallback = "Nexy.pkg",
     .help = "the installer's name",
     .example = "Nexy.pkg"},
    {.key = "notes",
     .type = OPTION_TEXT,
     AT(raw_release, notes),
     .fallback = "LATEST_CHANGES.md",
     .help = "the release notes' name",
     .example = "LATEST_CHANGES.md"},
    {.key = "version_file",
     .type = OPTION_TEXT,
     AT(raw_release, version_file),
     .fallback = "VERSION",
     .help = "the file that holds the version",
     .example = "VERSION"},
    {.key = "env_file",
     .type = OPTION_TEXT,
     AT(raw_release, env_file),
     .fallback = "config.env",
     .help = "the services' environment",
     .example = "config.env"},
    {.key = "settings",
     .type = OPTION_TEXT,
     AT(raw_release, settings),
     .fallback = "server/config/unified_config.yaml",
     .help = "the services' settings",
     .example = "server/config/unified_config.yaml"},
    {.key = "flags",
     .type = OPTION_TEXT,
     AT(raw_release, flags),
     .fallback = "server/Docs/FEATURE_FLAGS.md",
     .help = "the registry of feature flags",
     .example = "server/Docs/FEATURE_FLAGS.md"},
    {.key = "stable_manifest",
     .type = OPTION_TEXT,
     AT(raw_release, stable_manifest),
     .fallback = "server/updates/manifests/manifest.json",
     .help = "the manifest of stable; versioned ones stand beside it",
     .example = "server/updates/manifests/manifest.json"},
    {.key = "beta_manifest",
     .type = OPTION_TEXT,
     AT(raw_release, beta_manifest),
     .fallback = "server/updates/manifests/manifest_beta.json",
     .help = "the manifest of beta",
     .example = "server/updates/manifests/manifest_beta.json"},
    {.key = "stable_inbox",
     .type = OPTION_TEXT,
     AT(raw_release, stable_inbox),
     .fallback = "server/release_inbox/stable",
     .help = "where builds for stable wait",
     .example = "server/release_inbox/stable"},
    {.key = "beta_inbox",
     .type = OPTION_TEXT,
     AT(raw_release, beta_inbox),
     .fallback = "server/release_inbox/beta",
     .help = "where builds for beta wait",
     .example = "server/release_inbox/beta"},
    {.key = "legacy_manifest",
     .type = OPTION_TEXT,
     AT(raw_release, legacy_manifest),
     .fallback = "server/server/updates/manifests/manifest.json",
     .help = "where it exists, it must be the stable manifest",
     .example = "server/server/updates/manifests/manifest.json"},
    {.key = "url",
     .type = OPTION_TEXT,
     AT(raw_release, url),
     .help = "where an artifact is served; without it as the manifests have it",
     .example = "\"https://cdn.example.net/{tag}/{name}\""},
    {.key = "assets",
     .type = OPTION_CHOICE,
     .words = asset_stores,
     AT(raw_release, assets),
     .help = "where the artifacts are: the tree's folder assets/, or releases of a repository",
     .example = "github"},
    {.key = "repository",
     .type = OPTION_TEXT,
     AT(raw_release, repository),
     .help = "with assets: github, whose releases have the tags below",
     .example = "owner/name"},
    {.key = "api",
     .type = OPTION_URL,
     AT(raw_release, api),
     .fallback = "https://api.github.com",
     .help = "GitHub's REST API, or what speaks it",
     .example = "https://git.example.net/api/v3"},
    {.key = "token",
     .type = OPTION_TEXT,
     AT(raw_release, token),
     .help =
         "for the API, as env:NAME or file:PATH, never here; reading public releases needs none",
     .example = "env:NEXY_RELEASE_TOKEN"},
    {.key = "ca_file",
     .type = OPTION_FILE,
     AT(raw_release, ca_file),
     .help = "PEM of whoever signed the API's certificate; without it the machine's",
     .example = "git-ca.pem"},
    {.key = "stable_tags",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_release, stable_tags),
     .min = 1,
     .max = LIST_MAX,
     .fallback = "[Update, App]",
     .help = "of the updates and of the first installs",
     .example = "[Update, App]"},
    {.key = "beta_tags",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_release, beta_tags),
     .min = 1,
     .max = LIST_MAX,
     .fallback = "[UpdateBeta, AppBeta]",
     .help = "the same of beta",
     .example = "[UpdateBeta, AppBeta]"},
    {.key = "deny",
     .type = OPTION_LIST,
     .item = OPTION_TEXT,
     LIST_AT(raw_release, deny),
     .min = 1,
     .max = LIST_MAX,
     .help = "hosts, resource groups and VMs of old that no file of the tree may mention",
     .example = "[old-host.example.net]"},
};
const struct section schema_release = SECTION(
    "release", release_rows, sizeof(struct raw_release),
    "the names in a release tree and where its artifacts are, for the commands that work on one");

/* The same member, as it is loaded and as the policy carries it. */
static const struct {
    const char *key;
    size_t from, to;
} texts[] = {
    {"disk_image", offsetof(struct raw_release, disk_image),
     offsetof(struct release_spec, disk_image)},
    {"installer", offsetof(struct raw_release, installer),
     offsetof(struct release_spec, installer)},
    {"notes", offsetof(struct raw_release, notes), offsetof(struct release_spec, notes)},
    {"version_file", offsetof(struct raw_release, version_file),
     offsetof(struct release_spec, version_file)},
    {"env_file", offsetof(struct raw_release, env_file), offsetof(struct release_spec, env_file)},
    {"settings", offsetof(struct raw_release, settings), offsetof(struct release_spec, settings)},
    {"flags", offsetof(struct raw_release, flags), offsetof(struct release_spec, flags)},
    {"stable_manifest", offsetof(struct raw_release, stable_manifest),
     offsetof(struct release_spec, stable_manifest)},
    {"beta_manifest", offsetof(struct raw_release, beta_manifest),
     offsetof(struct release_spec, beta_manifest)},
    {"stable_inbox", offsetof(struct raw_release, stable_inbox),
     offsetof(struct release_spec, stable_inbox)},
    {"beta_inbox", offsetof(struct raw_release, beta_inbox),
     offsetof(struct release_spec, beta_inbox)},
    {"legacy_manifest", offsetof(struct raw_release, legacy_manifest),
     offsetof(struct release_spec, legacy_manifest)},
    {"url", offsetof(struct raw_release, url), offsetof(struct release_spec, url)},
};

static const struct {
    const char *key;
    size_t from, count, to;
} lists[] = {
    {"stable_tags", offsetof(struct raw_release, stable_tags),
     offsetof(struct raw_release, stable_tags_count), offsetof(struct release_spec, stable_tags)},
    {"beta_tags", offsetof(struct raw_release, beta_tags),
     offsetof(struct raw_release, beta_tags_count), offsetof(struct release_spec, beta_tags)},
    {"deny", offsetof(struct raw_release, deny), offsetof(struct raw_release, deny_count),
     offsetof(struct release_spec, deny)},
};

/* What stays in the tree, and is one file or one folder below it. */
static bool is_inside(const char *path) {
    if (path[0] == '/' || path[0] == '\0')
        return false;
    for (const char *at = path;; at++) {
        const size_t n = strcspn(at, "/");
        if (n == 0 || (n <= 2 && strncmp(at, "..", n) == 0))
            return false;
        at += n;
        if (*at == '\0')
            return true;
    }
}

static enum err_code check(const struct resolve *r, const char *key, const char *text, bool name,
                           struct err *err) {
    const struct node *n = node_get(node_get(r->root, "release"), key);
    if (name && (strchr(text, '/') != NULL || text[0] == '.'))
        return node_fail(n, err, "write a name without a slash, that does not begin with a dot",
                         "is no name of a file or a tag");
    if (!name && !is_inside(text))
        return node_fail(n, err, "write it relative to the tree, without . and ..",
                         "is no path inside the tree");
    return ERR_OK;
}

static bool is_name(const char *key) {
    static const char *const names[] = {"disk_image",  "installer", "notes",
                                        "stable_tags", "beta_tags", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

/* "owner/name", of what GitHub allows in them. */
static bool is_repository(const char *text) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const size_t owner = strspn(text, letters);
    if (owner == 0 || text[owner] != '/')
        return false;
    const char *name = text + owner + 1;
    return name[0] != '\0' && strspn(name, letters) == strlen(name) && text[0] != '.' &&
           name[0] != '.';
}

/* A token that is not at hand is trouble for those commands alone that need it. */
static enum err_code resolve_token(struct resolve *r, const struct node *n, struct err *err) {
    struct release_spec *out = &r->policy->release;
    struct header_spec token = {0};
    const bool elsewhere = strncmp(n->text, "env:", 4) == 0 || strncmp(n->text, "file:", 5) == 0;
    if (secret_header(n, r->folder, &token, elsewhere ? &out->token_trouble : err) == ERR_OK)
        out->token = token.value;
    free(token.name);
    return elsewhere ? ERR_OK : err->code;
}

static enum err_code resolve_store(struct resolve *r, struct err *err) {
    const struct raw_release *raw = r->raw->release;
    const struct node *section = node_get(r->root, "release");
    struct release_spec *out = &r->policy->release;
    out->github = raw->assets == 1;
    if (out->github && !raw->repository)
        return node_fail(node_get(section, "assets"), err, "add repository: owner/name",
                         "which repository?");
    if (raw->repository && !is_repository(raw->repository))
        return node_fail(node_get(section, "repository"), err, "write it as owner/name",
                         "is no name of a repository");
    if (raw->api && url_safety(raw->api) != URL_HTTPS && url_safety(raw->api) != URL_HTTP_LOOPBACK)
        return node_fail(node_get(section, "api"), err, "write https://HOST/PATH",
                         "a token may only go to https");
    if (raw->token && resolve_token(r, node_get(section, "token"), err) != ERR_OK)
        return err->code;
    out->repository = mem_copy_text(raw->repository);
    out->ca_file = raw->ca_file ? resolve_file(r, raw->ca_file) : NULL;
    size_t n = raw->api ? strlen(raw->api) : 0;
    while (n > 0 && raw->api[n - 1] == '/')
        n--;
    out->api = raw->api ? mem_copy_bytes(raw->api, n) : NULL;
    return ERR_OK;
}

static bool is_free(const char *key) {
    return strcmp(key, "url") == 0 || strcmp(key, "deny") == 0;
}

enum err_code resolve_release(struct resolve *r, struct err *err) {
    const char *raw = (const char *)r->raw->release;
    char *out = (char *)&r->policy->release;
    if (raw == NULL)
        return ERR_OK;
    if (resolve_store(r, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = *(const char *const *)(const void *)(raw + texts[i].from);
        if (text == NULL)
            continue;
        if (!is_free(texts[i].key) &&
            check(r, texts[i].key, text, is_name(texts[i].key), err) != ERR_OK)
            return err->code;
        *(char **)(void *)(out + texts[i].to) = mem_copy_text(text);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char **list = *(const char **const *)(const void *)(raw + lists[i].from);
        const uint32_t n = *(const uint32_t *)(const void *)(raw + lists[i].count);
        if (list == NULL)
            continue;
        const bool tags = !is_free(lists[i].key);
        if (tags && n != 2)
            return node_fail(node_get(node_get(r->root, "release"), lists[i].key), err,
                             "write two: of the updates, and of the first installs",
                             "%u tags in the place of two", (unsigned)n);
        char **copy = mem_zero((size_t)n + 1, sizeof *copy);
        *(char ***)(void *)(out + lists[i].to) = copy;
        for (uint32_t k = 0; k < n; k++) {
            if (tags && check(r, lists[i].key, list[k], true, err) != ERR_OK)
                return err->code;
            copy[k] = mem_copy_text(list[k]);
        }
    }
    return ERR_OK;
}
