/* Where artifacts live: files under tags, `Update/Nexy.dmg`. One small interface for a folder of the
 * tree and for the releases of a GitHub repository. */
#ifndef GONOGO_RELEASE_ASSETS_H
#define GONOGO_RELEASE_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/base/hash.h"
#include "src/release/change.h"
#include "src/release/layout.h"

struct asset {
    int64_t size;
    char sha256[HASH_HEX_CAP]; /* "" = not known without reading it */
};

/* What is under a tag, in byte order of the names. */
struct asset_list {
    struct asset_entry {
        char *name;
        struct asset asset;
    } * entries;
    size_t n;
};

struct assets_ops {
    /* Every file under the tag; none when there is no such tag. Free with asset_list_fini(). */
    enum err_code (*list)(void *self, const char *tag, struct asset_list *out, struct err *err);
    /* ERR_MISSING when there is none. */
    enum err_code (*stat)(void *self, const char *tag, const char *name, struct asset *out,
                          struct err *err);
    /* A descriptor of a local file that holds the bytes; the caller closes it. -1 and `err`. */
    int (*fetch)(void *self, const char *tag, const char *name, struct err *err);
    /* `from` becomes tag/name as a part of the change; `out` says what it held. Without `replace` a
     * file that is there already is ERR_REFUSED. What is found not to be `want` ("" and -1: whatever it
     * is) is ERR_REFUSED, and the store as it was. */
    enum err_code (*put)(void *self, struct change *change, const char *tag, const char *name,
                         int from, const struct asset *want, bool replace, struct err *err);
    /* tag/name also lives on in the tree, at `path`, as a part of the change. */
    enum err_code (*keep)(void *self, struct change *change, const char *tag, const char *name,
                          const char *path, struct err *err);
    /* Where tag/name is, for people; on the heap. */
    char *(*where)(const void *self, const char *tag, const char *name);
    void (*free)(void *self);
};

struct assets {
    const struct assets_ops *ops;
    void *self;
};

/* ROOT/assets/TAG/NAME; borrows the tree. */
struct assets assets_dir(const struct tree *tree);
void assets_fini(struct assets *assets);

void asset_list_fini(struct asset_list *list); /* fine on a zeroed one */
/* The asset of this name, or NULL. */
const struct asset *asset_list_find(const struct asset_list *list, const char *name);

/* stat(), and reads the file when that did not tell its SHA-256. */
enum err_code assets_hash(const struct assets *assets, const char *tag, const char *name,
                          struct asset *out, struct err *err);

/* Size and SHA-256 of what `fd` holds, from its beginning. */
enum err_code assets_hash_fd(int fd, const char *where, struct asset *out, struct err *err);

#endif
