#include "src/release/layout.h"

#include <string.h>

void layout_init(struct layout *layout) {
    *layout = (struct layout){
        .version = TREE_VERSION,
        .env = TREE_ENV,
        .config = TREE_CONFIG,
        .manifests = TREE_MANIFESTS,
        .flags = TREE_FLAGS,
        .files = {[LAYOUT_DMG] = TREE_DMG, [LAYOUT_PKG] = TREE_PKG, [LAYOUT_NOTES] = TREE_NOTES},
        .channels =
            {[TREE_STABLE] = *tree_names(TREE_STABLE), [TREE_BETA] = *tree_names(TREE_BETA)},
        .legacy_manifest = "server/server/updates/manifests/manifest.json",
    };
}

size_t layout_tag_of(enum layout_file file) {
    return file == LAYOUT_PKG ? 1 : 0;
}

bool layout_channel(const struct layout *layout, const char *name, enum tree_channel *out) {
    for (size_t i = 0; i < LAYOUT_CHANNELS; i++) {
        if (strcmp(layout->channels[i].channel, name) == 0) {
            *out = (enum tree_channel)i;
            return true;
        }
    }
    return false;
}
