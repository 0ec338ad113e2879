#include "src/release/point.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/model/version.h"
#include "src/release/address.h"

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

/* Is this very artifact kept already, with its bytes? */
static bool is_kept(const struct flow *flow, enum tree_channel channel, const struct doc *current) {
    const char *version = current->m.version;
    struct doc there;
    struct err ignored = ERR_INIT;
    char *path = point_path(flow->layout, channel, version, POINT_MANIFEST);
    char *dmg = point_path(flow->layout, channel, version, flow->layout->files[LAYOUT_DMG]);
    bool kept = doc_read(flow->tree, path, &there, &ignored) == ERR_OK;
    if (kept) {
        kept = manifest_differs(&there.m, &current->m) == NULL &&
               (is_there(flow, dmg) || (current->m.artifact.url &&
                                        address_is_versioned(current->m.artifact.url, version)));
        doc_fini(&there);
    }
    free(path);
    free(dmg);
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
        for (size_t f = 0; f <= LAYOUT_FILES; f++) {
            const char *name = f < LAYOUT_FILES ? flow->layout->files[f] : POINT_MANIFEST;
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
    if (is_kept(flow, channel, current))
        return ERR_OK;
    enum err_code code = ERR_OK;
    const bool versioned =
        current->m.artifact.url && address_is_versioned(current->m.artifact.url, version);
    for (int f = 0; code == ERR_OK && f < LAYOUT_FILES && !versioned; f++)
        code = keep_file(flow, channel, (enum layout_file)f, current, plan, err);
    if (code != ERR_OK)
        return code;
    char *to = point_path(flow->layout, channel, version, POINT_MANIFEST);
    plan_keep(plan, plan_tree(flow->layout->channels[channel].manifest), plan_tree(to),
              (int64_t)current->n);
    free(to);
    return drop_oldest(flow, channel, version, spare, plan, err);
}
