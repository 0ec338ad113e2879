#include "src/lab/lab_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/hash.h"
#include "src/base/json.h"
#include "src/base/mem.h"
#include "src/base/when.h"
#include "src/release/tree.h"

enum { DMG_BYTES = 384 * 1024, PKG_BYTES = 256 * 1024 };

static const char feature_flags[] =
    "# Feature flags\n\n"
    "| name | type | owner | default | scope | kill_switch | description |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
    "| tray_series | release | client | on | client | NEXY_KS_DISABLE_TRAY_SERIES | tray start-up "
    "in series with back-off |\n"
    "| stream_retry | ops | server | on | server | disable_stream_retry | retries of StreamAudio "
    "|\n"
    "| beta_updates | ops | release | off | server | UPDATE_BETA_ENABLED | the beta feed |\n";

static const char notes[] = "# Nexy %s\n\n"
                            "- Быстрее запуск значка в меню 🚀\n"
                            "- VoiceOver reads the permission dialog\n"
                            "- Исправлено: повторное подключение после сна\n";

static const char unified_config[] =
    "# Settings of the server. Versions are set together with VERSION and the manifests.\n"
    "server:\n"
    "  grpc_port: 50051\n"
    "  health_port: 8080\n"
    "update:\n"
    "  enabled: true\n"
    "  default_version: \"%s\"\n"
    "  default_build: \"%s\"\n"
    "kill_switches:\n"
    "  disable_tray_series: false  # client reads it at start\n"
    "  disable_stream_retry: false\n";

static const char config_env[] = "# Environment of voice-assistant%s\n"
                                 "GEMINI_API_KEY=lab-key-that-opens-nothing\n"
                                 "UPDATE_BETA_ENABLED=%s\n"
                                 "NEXY_KS_DISABLE_TRAY_SERIES=false\n";

/* Bytes that do not compress and are the same at every start. */
static void fill(unsigned char *bytes, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bytes[i] = (unsigned char)(seed >> 32);
    }
}

/* A version's three files and its manifest. */
struct edition {
    enum tree_channel channel;
    const char *version;
    const char *url; /* of the service that serves it */
    uint64_t seed;
    int64_t released_ms;
};

static enum err_code put_text(const struct folder *folder, const char *name, struct err *err,
                              char *text) {
    char *path = mem_format("%s/%s", LAB_TREE, name);
    enum err_code code = folder_write_text(folder, path, text, err);
    free(path);
    free(text);
    return code;
}

static enum err_code put(const struct folder *folder, const char *where, const char *name,
                         const void *bytes, size_t n, struct err *err) {
    char *path = mem_format("%s/%s/%s", LAB_TREE, where, name);
    enum err_code code = folder_write(folder, path, bytes, n, err);
    free(path);
    return code;
}

/* Into the asset store; the beta's also into the inbox that it was published from. */
static enum err_code put_asset(const struct folder *folder, const struct edition *e, int tag,
                               const char *name, const void *bytes, size_t n, struct err *err) {
    const struct tree_names *names = tree_names(e->channel);
    char *where = tree_asset_path(names->tags[tag], NULL);
    enum err_code code = put(folder, where, name, bytes, n, err);
    free(where);
    if (!code && e->channel == TREE_BETA)
        code = put(folder, names->inbox, name, bytes, n, err);
    return code;
}

static char *describe(const struct edition *e, size_t size, const char *sha256) {
    char when[40];
    when_rfc3339(e->released_ms, when, sizeof when);
    char *date = mem_format("%.*s000+00:00", (int)strcspn(when, "Z"), when);
    char *url = mem_format("%s/updates/downloads/%s", e->url, TREE_DMG);
    char *notes_url = mem_format("%s/updates/downloads/%s", e->url, TREE_NOTES);
    json_t *json = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:I, s:s, s:s, s:s, s:s}, s:b, s:b, s:s, s:s}", "version",
        e->version, "build", e->version, "artifact", "type", "dmg", "url", url, "size",
        (json_int_t)size, "sha256", sha256, "arch", "universal2", "min_os", "11.0", "ed25519", "",
        "critical", 0, "auto_install", 1, "notes_url", notes_url, "release_date", date);
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    free(date);
    free(url);
    free(notes_url);
    return text;
}

static enum err_code put_edition(const struct folder *folder, const struct edition *e,
                                 struct err *err) {
    const struct tree_names *names = tree_names(e->channel);
    unsigned char *bytes = mem_alloc(DMG_BYTES);
    char *changes = mem_format(notes, e->version), *manifest = NULL;
    char sha256[HASH_HEX_CAP];
    fill(bytes, DMG_BYTES, e->seed);
    hash_of(bytes, DMG_BYTES, sha256);
    enum err_code code = put_asset(folder, e, 0, TREE_DMG, bytes, DMG_BYTES, err);
    if (!code)
        code = put_asset(folder, e, 0, TREE_NOTES, changes, strlen(changes), err);
    if (!code) {
        fill(bytes, PKG_BYTES, e->seed + 1);
        code = put_asset(folder, e, 1, TREE_PKG, bytes, PKG_BYTES, err);
    }
    if (!code) {
        manifest = describe(e, DMG_BYTES, sha256);
        code = put_text(folder, names->manifest, err, mem_copy_text(manifest));
    }
    if (!code && e->channel == TREE_STABLE) { /* the pair */
        char *name = mem_format("%s/manifest_%s.json", TREE_MANIFESTS, e->version);
        code = put_text(folder, name, err, mem_copy_text(manifest));
        free(name);
    }
    free(manifest);
    free(changes);
    free(bytes);
    return code;
}

enum err_code lab_tree_write(const struct folder *folder, const struct lab_tree_options *o,
                             struct err *err) {
    const int64_t hour_ms = 3600 * 1000;
    const struct edition stable = {TREE_STABLE, LAB_STABLE, o->production_url, 0x6e657879,
                                   o->wall_ms - 9 * 24 * hour_ms};
    const struct edition beta = {TREE_BETA, LAB_BETA, o->staging_url, 0x6e65787a,
                                 o->wall_ms - 3 * hour_ms};
    enum err_code code = put_edition(folder, &stable, err);
    if (!code)
        code = put_edition(folder, &beta, err);
    if (!code)
        code = folder_make_inner(folder, LAB_TREE "/" TREE_INBOX "/stable", err);
    if (!code)
        code = put_text(folder, TREE_VERSION, err, mem_copy_text(LAB_STABLE "\n"));
    if (!code)
        code = put_text(folder, TREE_CONFIG, err,
                        mem_format(unified_config, o->runtime_version, o->runtime_version));
    if (!code)
        code = put_text(folder, TREE_ENV, err, mem_format(config_env, "", "false"));
    if (!code)
        code =
            put_text(folder, LAB_STAGING_ENV, err,
                     mem_format(config_env, "-staging", o->staging_beta_open ? "true" : "false"));
    if (!code)
        code = put_text(folder, TREE_FLAGS, err, mem_copy_text(feature_flags));
    return code;
}
