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

struct github_options;

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

/* Borrowed. */
struct asset_place {
    const char *tag, *name;
};

struct assets_ops {
    /* Every file under the tag; none when there is no such tag. Free with asset_list_fini(). */
    enum err_code (*list)(void *self, const char *tag, struct asset_list *out, struct err *err);
    /* ERR_MISSING when there is none. */
    enum err_code (*stat)(void *self, const char *tag, const char *name, struct asset *out,
                          struct err *err);
    /* A descriptor of a local file that holds the bytes; the caller closes it. -1 and `err`. */
    int (*fetch)(void *self, const char *tag, const char *name, struct err *err);
    /* Reads the bytes: size and SHA-256. NULL = by fetch(). */
    enum err_code (*hash)(void *self, const char *tag, const char *name, struct asset *out,
                          struct err *err);
    /* `from` becomes tag/name as a part of the change; `out` says what it held. Without `replace` a
     * file that is there already is ERR_REFUSED. What is found not to be `want` ("" and -1: whatever it
     * is) is ERR_REFUSED, and the store as it was. */
    enum err_code (*put)(void *self, struct change *change, const char *tag, const char *name,
                         int from, const struct asset *want, bool replace, struct err *err);
    /* tag/name also lives on in the tree, at `path`, as a part of the change. */
    enum err_code (*keep)(void *self, struct change *change, const char *tag, const char *name,
                          const char *path, struct err *err);
    /* What lies outside the tree cannot commit with it. A store that does takes part in three steps
     * (all NULL where the change is enough): prepare() before the change, with all that will be put;
     * decide() as its last part; and recover(), behind the commit or instead of it, and again before
     * the next change: it finishes what was decided and takes back what was not. It does nothing while
     * a journal waits (change.h). */
    enum err_code (*prepare)(void *self, const struct asset_place *places, size_t n,
                             struct err *err);
    enum err_code (*decide)(void *self, struct change *change, struct err *err);
    enum err_code (*recover)(void *self, enum change_recovery *what, struct err *err);
    /* Where tag/name is, for people; on the heap. */
    char *(*where)(const void *self, const char *tag, const char *name);
    void (*free)(void *self);
};

struct assets {
    const struct assets_ops *ops;
    void *self;
};

/* What a store outside the tree has to finish, or to take back; in the tree. */
#define ASSETS_DECIDED  CHANGE_FOLDER "/uploaded"
#define ASSETS_PREPARED CHANGE_FOLDER "/uploads"

/* ROOT/assets/TAG/NAME; borrows the tree. */
struct assets assets_dir(const struct tree *tree);
/* The releases of a GitHub repository; borrows all. NULL ops and `err`. */
struct assets assets_github(const struct tree *tree, const struct layout *layout,
                            const struct github_options *options, const struct change_hook *hook,
                            struct err *err);
void assets_fini(struct assets *assets);

void asset_list_fini(struct asset_list *list); /* fine on a zeroed one */
void asset_list_sort(struct asset_list *list);
/* The asset of this name, or NULL. */
const struct asset *asset_list_find(const struct asset_list *list, const char *name);

/* stat(), and reads the file when that did not tell its SHA-256. */
enum err_code assets_hash(const struct assets *assets, const char *tag, const char *name,
                          struct asset *out, struct err *err);
/* Reads the file whatever stat() tells. */
enum err_code assets_read(const struct assets *assets, const char *tag, const char *name,
                          struct asset *out, struct err *err);
/* ERR_REFUSED when these are not the bytes that were wanted ("" and -1: any are). */
enum err_code assets_judge(const char *where, const struct asset *got, const struct asset *want,
                           struct err *err);

/* Size and SHA-256 of what `fd` holds, from its beginning. */
enum err_code assets_hash_fd(int fd, const char *where, struct asset *out, struct err *err);

#endif
