#include "src/cmd/names.h"

#include <string.h>

#include "src/base/mem.h"

static void name(const char **slot, const char *text) {
    if (text)
        *slot = text;
}

char *names_take(struct layout *l, const struct release_spec *r) {
    struct tree_names *stable = &l->channels[TREE_STABLE], *beta = &l->channels[TREE_BETA];
    name(&l->files[LAYOUT_DMG], r->disk_image);
    name(&l->files[LAYOUT_PKG], r->installer);
    name(&l->files[LAYOUT_NOTES], r->notes);
    name(&l->version, r->version_file);
    name(&l->env, r->env_file);
    name(&l->config, r->settings);
    name(&l->flags, r->flags);
    name(&l->legacy_manifest, r->legacy_manifest);
    name(&l->url, r->url);
    name(&stable->manifest, r->stable_manifest);
    name(&beta->manifest, r->beta_manifest);
    name(&stable->inbox, r->stable_inbox);
    name(&beta->inbox, r->beta_inbox);
    for (size_t i = 0; i < 2; i++) {
        name(&stable->tags[i], r->stable_tags ? r->stable_tags[i] : NULL);
        name(&beta->tags[i], r->beta_tags ? r->beta_tags[i] : NULL);
    }
    l->legacy = (const char *const *)(const void *)r->deny;
    const char *slash = r->stable_manifest ? strrchr(r->stable_manifest, '/') : NULL;
    if (!slash)
        return NULL;
    char *folder = mem_copy_bytes(r->stable_manifest, (size_t)(slash - r->stable_manifest));
    l->manifests = folder;
    return folder;
}
