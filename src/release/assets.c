#include "src/release/assets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/release/copy.h"

void assets_fini(struct assets *assets) {
    if (assets->ops && assets->ops->free)
        assets->ops->free(assets->self);
    *assets = (struct assets){0};
}

void asset_list_fini(struct asset_list *list) {
    for (size_t i = 0; i < list->n; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (struct asset_list){0};
}

static int by_name(const void *a, const void *b) {
    const struct asset_entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void asset_list_sort(struct asset_list *list) {
    qsort(list->entries, list->n, sizeof *list->entries, by_name);
}

const struct asset *asset_list_find(const struct asset_list *list, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->entries[i].name, name) == 0)
            return &list->entries[i].asset;
    return NULL;
}

enum err_code assets_hash_fd(int fd, const char *where, struct asset *out, struct err *err) {
    struct copy_facts facts;
    *out = (struct asset){0};
    enum err_code code = copy_hash(fd, where, &facts, err);
    if (code == ERR_OK) {
        out->size = facts.size;
        memcpy(out->sha256, facts.sha256, sizeof out->sha256);
    }
    return code;
}

enum err_code assets_hash(const struct assets *assets, const char *tag, const char *name,
                          struct asset *out, struct err *err) {
    enum err_code code = assets->ops->stat(assets->self, tag, name, out, err);
    if (code != ERR_OK || out->sha256[0])
        return code;
    return assets_read(assets, tag, name, out, err);
}

enum err_code assets_read(const struct assets *assets, const char *tag, const char *name,
                          struct asset *out, struct err *err) {
    if (assets->ops->hash)
        return assets->ops->hash(assets->self, tag, name, out, err);
    int fd = assets->ops->fetch(assets->self, tag, name, err);
    if (fd < 0)
        return err ? err->code : ERR_IO;
    enum err_code code = assets_hash_fd(fd, name, out, err);
    close(fd);
    return code;
}

enum err_code assets_judge(const char *where, const struct asset *got, const struct asset *want,
                           struct err *err) {
    static const char todo[] = "publish these bytes again, or mend the manifest";
    if (want->size >= 0 && got->size != want->size)
        return err_set(err, ERR_REFUSED, where, todo, "%lld bytes were copied, %lld were due",
                       (long long)got->size, (long long)want->size);
    if (want->sha256[0] && strcasecmp(got->sha256, want->sha256) != 0)
        return err_set(err, ERR_REFUSED, where, todo,
                       "the bytes that were copied have the SHA-256 %s, %s was due", got->sha256,
                       want->sha256);
    return ERR_OK;
}
