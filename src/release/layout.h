/* The names that a release tree goes by. The defaults are tree.h's; a configuration or a command line
 * may say others. Everything is borrowed and relative to the root. */
#ifndef GONOGO_RELEASE_LAYOUT_H
#define GONOGO_RELEASE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "src/release/tree.h"

enum { LAYOUT_CHANNELS = 2, LAYOUT_FILES = 3 };

/* The three files of a version: in the order in which a publish copies them. */
enum layout_file { LAYOUT_DMG, LAYOUT_PKG, LAYOUT_NOTES };

struct layout {
    const char *version;   /* "VERSION" */
    const char *env;       /* "config.env" */
    const char *config;    /* unified_config.yaml */
    const char *manifests; /* folder */
    const char *flags;     /* FEATURE_FLAGS.md */
    const char *files[LAYOUT_FILES];
    struct tree_names channels[LAYOUT_CHANNELS]; /* by enum tree_channel */
    const char *url;             /* "https://…/{tag}/{name}"; NULL = as the manifests have it */
    const char *legacy_manifest; /* where it exists, it must be the stable one */
    const char *const *legacy;   /* NULL-terminated names that no file may mention; or NULL */
};

/* What tree.h says. */
void layout_init(struct layout *layout);

/* Which of a channel's two tags holds this file: 0 of the updates, 1 of the first installs. */
size_t layout_tag_of(enum layout_file file);

/* The channel of this name; false when there is none. */
bool layout_channel(const struct layout *layout, const char *name, enum tree_channel *out);

#endif
