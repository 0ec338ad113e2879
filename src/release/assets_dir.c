/* The asset store that is a folder of the tree: what is put into it commits together with the manifests. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/assets.h"

/* The path in the tree; NULL and `err` for what is no name of a tag or a file. */
static char *path_of(const char *tag, const char *name, struct err *err) {
    if (tree_name_ok(tag) && tree_name_ok(name))
        return tree_asset_path(tag, name);
    err_set(err, ERR_REFUSED, TREE_ASSETS, "name a tag and a file", "is no place of an asset");
    return NULL;
}

static int open_asset(const struct tree *tree, const char *tag, const char *name, struct stat *st,
                      struct err *err) {
    char *path = path_of(tag, name, err);
    int fd = path ? tree_open_file(tree, path, st, err) : -1;
    free(path);
    return fd;
}

static enum err_code dir_stat(void *self, const char *tag, const char *name, struct asset *out,
                              struct err *err) {
    struct err trouble = ERR_INIT;
    struct stat st;
    *out = (struct asset){0};
    int fd = open_asset(self, tag, name, &st, &trouble);
    if (fd < 0)
        return err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
    out->size = (int64_t)st.st_size;
    close(fd);
    return ERR_OK;
}

static enum err_code dir_list(void *self, const char *tag, struct asset_list *out,
                              struct err *err) {
    *out = (struct asset_list){0};
    if (!tree_name_ok(tag))
        return err_set(err, ERR_REFUSED, TREE_ASSETS, "name a tag", "is no place of assets");
    size_t n = 0;
    char *folder = tree_asset_path(tag, NULL);
    char **names = tree_list(self, folder, &n, err);
    free(folder);
    if (!names)
        return err ? err->code : ERR_IO;
    enum err_code code = ERR_OK;
    out->entries = mem_zero(n + 1, sizeof *out->entries);
    for (size_t i = 0; code == ERR_OK && i < n; i++) {
        struct asset_entry *entry = &out->entries[out->n];
        code = dir_stat(self, tag, names[i], &entry->asset, err);
        if (code == ERR_OK)
            out->entries[out->n++].name = mem_copy_text(names[i]);
    }
    tree_list_free(names);
    if (code != ERR_OK)
        asset_list_fini(out);
    return code;
}

static int dir_fetch(void *self, const char *tag, const char *name, struct err *err) {
    struct stat st;
    return open_asset(self, tag, name, &st, err);
}

static enum err_code dir_put(void *self, struct change *change, const char *tag, const char *name,
                             int from, const struct asset *want, bool replace, struct err *err) {
    struct asset there;
    struct err missing = ERR_INIT;
    struct copy_facts got = {0};
    char *path = path_of(tag, name, err);
    if (!path)
        return ERR_REFUSED;
    enum err_code code;
    if (!replace && dir_stat(self, tag, name, &there, &missing) != ERR_MISSING)
        code = err_set(err, ERR_REFUSED, path, "choose another version",
                       "is published already, and never replaced");
    else
        code = change_copy(change, path, from, &got, err);
    struct asset copied = {.size = got.size};
    memcpy(copied.sha256, got.sha256, sizeof copied.sha256);
    if (code == ERR_OK)
        code = assets_judge(path, &copied, want, err);
    free(path);
    return code;
}

static enum err_code dir_keep(void *self, struct change *change, const char *tag, const char *name,
                              const char *to, struct err *err) {
    (void)self;
    char *path = path_of(tag, name, err);
    if (!path)
        return ERR_REFUSED;
    enum err_code code = change_keep(change, path, to, err);
    free(path);
    return code;
}

static char *dir_where(const void *self, const char *tag, const char *name) {
    (void)self;
    return tree_asset_path(tag, name);
}

static const struct assets_ops dir_ops = {
    .list = dir_list,
    .stat = dir_stat,
    .fetch = dir_fetch,
    .put = dir_put,
    .keep = dir_keep,
    .where = dir_where,
};

struct assets assets_dir(const struct tree *tree) {
    /* Only read through; the ops of other stores do change what they point to. */
    union {
        const struct tree *borrowed;
        void *self;
    } u = {.borrowed = tree};
    return (struct assets){.ops = &dir_ops, .self = u.self};
}
