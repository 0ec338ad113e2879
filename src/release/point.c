#include "src/release/point.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"
#include "src/release/channel.h"

char *point_path(const struct layout *layout, enum tree_channel channel, const char *version,
                 const char *name) {
    const char *of = layout->channels[channel].channel;
    if (!version)
        return mem_format("%s/%s", POINT_FOLDER, of);
    return name ? mem_format("%s/%s/%s/%s", POINT_FOLDER, of, version, name)
                : mem_format("%s/%s/%s", POINT_FOLDER, of, version);
}

static int newest_first(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const int order = version_compare(y, x);
    return order ? order : strcmp(y, x);
}

char **point_list(const struct flow *flow, enum tree_channel channel, size_t *n, struct err *err) {
    char *folder = point_path(flow->layout, channel, NULL, NULL);
    char **list = tree_list_folders(flow->tree, folder, n, err);
    free(folder);
    if (list)
        qsort(list, *n, sizeof *list, newest_first);
    return list;
}

static bool is_there(const struct flow *flow, const char *path) {
    struct stat st;
    struct err ignored = ERR_INIT;
    int fd = tree_open_file(flow->tree, path, &st, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

enum err_code point_sums(const struct flow *flow, enum tree_channel channel, const char *version,
                         char sums[LAYOUT_FILES][HASH_HEX_CAP], struct err *err) {
    struct err trouble = ERR_INIT;
    struct buf text;
    char *path = point_path(flow->layout, channel, version, POINT_SUMS);
    memset(sums, 0, (size_t)LAYOUT_FILES * HASH_HEX_CAP);
    buf_init(&text, POINT_SUMS_BYTES_MAX);
    enum err_code code = tree_read(flow->tree, path, POINT_SUMS_BYTES_MAX, &text, &trouble);
    free(path);
    for (char *line = text.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        const size_t hex = HASH_HEX_CAP - 1;
        *end = '\0';
        if (strspn(line, "0123456789abcdef") != hex || strncmp(line + hex, "  ", 2) != 0)
            code =
                err_set(&trouble, ERR_PARSE, POINT_SUMS, "choose another point: --to VERSION",
                        "the rollback point of %s has a line there that no gonogo wrote", version);
        for (int f = 0; f < LAYOUT_FILES; f++)
            if (code == ERR_OK && strcmp(line + hex + 2, flow->layout->files[f]) == 0)
                memcpy(sums[f], line, hex);
    }
    buf_fini(&text);
    if (code == ERR_OK || code == ERR_MISSING)
        return ERR_OK;
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

/* The record of what the channel has now, on the heap. The disk image's digest is its manifest's: with
 * other bytes it could not be brought back. */
static char *take_sums(const struct flow *flow, enum tree_channel channel,
                       const struct doc *current, struct err *err) {
    const struct channel now = {
        .id = channel, .names = &flow->layout->channels[channel], .there = true, .doc = *current};
    struct buf text;
    enum err_code code = ERR_OK;
    buf_init(&text, 0);
    buf_add_text(&text, "");
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES; f++) {
        const char *name = flow->layout->files[f];
        struct asset there;
        struct err trouble = ERR_INIT;
        char *tag = channel_tag(flow, &now, (enum layout_file)f);
        code = f == LAYOUT_DMG
                   ? flow->assets->ops->stat(flow->assets->self, tag, name, &there, &trouble)
                   : assets_hash(flow->assets, tag, name, &there, &trouble);
        free(tag);
        const char *sha256 = there.sha256;
        if (f == LAYOUT_DMG)
            sha256 = there.size == current->m.artifact.size ? current->m.artifact.sha256 : NULL;
        if (code == ERR_OK && sha256)
            for (const char *c = sha256; *c; c++)
                buf_addf(&text, "%c", tolower((unsigned char)*c));
        if (code == ERR_OK && sha256)
            buf_addf(&text, "  %s\n", name);
        else if (code == ERR_MISSING)
            code = ERR_OK;
        else if (code != ERR_OK)
            err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    }
    if (code != ERR_OK)
        buf_clear(&text);
    if (code == ERR_OK)
        return buf_steal(&text);
    buf_fini(&text);
    return NULL;
}

static bool says(const struct flow *flow, const char *path, const char *wanted) {
    struct buf text;
    struct err ignored = ERR_INIT;
    buf_init(&text, POINT_SUMS_BYTES_MAX);
    const bool same =
        tree_read(flow->tree, path, POINT_SUMS_BYTES_MAX, &text, &ignored) == ERR_OK && text.data &&
        strcmp(text.data, wanted) == 0;
    buf_fini(&text);
    return same;
}

/* Is this very artifact kept already, with its bytes? */
static bool is_kept(const struct flow *flow, enum tree_channel channel, const struct doc *current,
                    const char *recorded) {
    const char *version = current->m.version;
    struct doc there;
    struct err ignored = ERR_INIT;
    char *path = point_path(flow->layout, channel, version, POINT_MANIFEST);
    char *dmg = point_path(flow->layout, channel, version, flow->layout->files[LAYOUT_DMG]);
    char *sums = point_path(flow->layout, channel, version, POINT_SUMS);
    bool kept = doc_read(flow->tree, path, &there, &ignored) == ERR_OK;
    if (kept) {
        kept = manifest_differs(&there.m, &current->m) == NULL && says(flow, sums, recorded) &&
               (is_there(flow, dmg) || (current->m.artifact.url &&
                                        address_is_versioned(current->m.artifact.url, version)));
        doc_fini(&there);
    }
    free(path);
    free(dmg);
    free(sums);
    return kept;
}

static enum err_code keep_file(const struct flow *flow, enum tree_channel channel,
                               enum layout_file file, const struct doc *current, struct plan *plan,
                               struct err *err) {
    const char *tag = flow->layout->channels[channel].tags[layout_tag_of(file)];
    const char *name = flow->layout->files[file];
    struct asset there;
    struct err trouble = ERR_INIT;
    enum err_code code = flow->assets->ops->stat(flow->assets->self, tag, name, &there, &trouble);
    if (code == ERR_MISSING) {
        plan_note(plan, "%s/%s is not there: the rollback point of %s is without it.", tag, name,
                  current->m.version);
        return ERR_OK;
    }
    if (code != ERR_OK)
        return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
    if (file == LAYOUT_DMG && there.size != current->m.artifact.size)
        plan_note(plan,
                  "%s/%s is not what its manifest says (%lld bytes, not %lld): kept as it is.", tag,
                  name, (long long)there.size, (long long)current->m.artifact.size);
    char *to = point_path(flow->layout, channel, current->m.version, name);
    plan_keep(plan, plan_store(tag, name), plan_tree(to), there.size);
    free(to);
    return ERR_OK;
}

static enum err_code drop_oldest(const struct flow *flow, enum tree_channel channel,
                                 const char *added, const char *spare, struct plan *plan,
                                 struct err *err) {
    size_t n = 0, kept = 1; /* the one that is added */
    char **list = point_list(flow, channel, &n, err);
    if (!list)
        return err ? err->code : ERR_IO;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], added) == 0 || (spare && strcmp(list[i], spare) == 0) ||
            ++kept <= POINT_KEPT)
            continue;
        /* The manifest first: without it a point is none, whatever is left of it. */
        const char *const names[] = {POINT_MANIFEST, flow->layout->files[LAYOUT_DMG],
                                     flow->layout->files[LAYOUT_PKG],
                                     flow->layout->files[LAYOUT_NOTES], POINT_SUMS};
        for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
            const char *name = names[f];
            char *path = point_path(flow->layout, channel, list[i], name);
            if (is_there(flow, path))
                plan_remove(plan, path);
            free(path);
        }
    }
    tree_list_free(list);
    return ERR_OK;
}

enum err_code point_keep(const struct flow *flow, enum tree_channel channel,
                         const struct doc *current, const char *spare, struct plan *plan,
                         struct err *err) {
    const char *version = current->m.version;
    if (!version_plausible(version) || !tree_name_ok(version))
        return err_set(err, ERR_REFUSED, flow->layout->channels[channel].manifest,
                       "mend the manifest by hand", "its version cannot name a rollback point");
    char *sums = take_sums(flow, channel, current, err);
    if (!sums)
        return err ? err->code : ERR_IO;
    if (is_kept(flow, channel, current, sums)) {
        free(sums);
        return ERR_OK;
    }
    enum err_code code = ERR_OK;
    const bool versioned =
        current->m.artifact.url && address_is_versioned(current->m.artifact.url, version);
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES && !versioned; f++)
        code = keep_file(flow, channel, (enum layout_file)f, current, plan, err);
    char *to = point_path(flow->layout, channel, version, POINT_SUMS);
    if (code == ERR_OK)
        plan_write(plan, to, sums, strlen(sums), "the SHA-256 of these files");
    free(to);
    free(sums);
    if (code != ERR_OK)
        return code;
    to = point_path(flow->layout, channel, version, POINT_MANIFEST);
    plan_keep(plan, plan_tree(flow->layout->channels[channel].manifest), plan_tree(to),
              (int64_t)current->n);
    free(to);
    return drop_oldest(flow, channel, version, spare, plan, err);
}
