/* The release tree: the names of its files, and the one safe way to open them.
 *
 * Every path is relative to the root and opened part by part from the root's own descriptor; no part
 * may be a symbolic link, "." or "..", so that nothing outside the root is ever read. */
#ifndef GONOGO_RELEASE_TREE_H
#define GONOGO_RELEASE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "src/base/buf.h"
#include "src/base/err.h"

#define TREE_VERSION   "VERSION"
#define TREE_ENV       "config.env"
#define TREE_CONFIG    "server/config/unified_config.yaml"
#define TREE_MANIFESTS "server/updates/manifests"
#define TREE_INBOX     "server/release_inbox"
#define TREE_FLAGS     "server/Docs/FEATURE_FLAGS.md"
#define TREE_ASSETS    "assets"
#define TREE_DMG       "Nexy.dmg"
#define TREE_PKG       "Nexy.pkg"
#define TREE_NOTES     "LATEST_CHANGES.md"
/* Of a change that is decided and not done yet (change.h). Whoever reads through tree_*() reads what it
 * says, so that its files change all at once, and a change cut off half-way is never seen. */
#define TREE_JOURNAL ".gonogo/journal"

enum {
    TREE_JOURNAL_BYTES_MAX = 256 * 1024, /* 64 lines of a path each */
    TREE_PATH_CAP = 1024,                /* bytes with the NUL, relative to the root */
    TREE_JSON_BYTES_MAX = 1024 * 1024,   /* a manifest has a few hundred bytes */
    TREE_CONFIG_BYTES_MAX = 1024 * 1024, /* unified_config.yaml has some 10 KB */
    TREE_ENV_BYTES_MAX = 256 * 1024,
    TREE_LINE_BYTES_MAX = 4096, /* VERSION holds one line */
    TREE_LIST_MAX = 10000,      /* entries of one folder: versioned manifests pile up */
};

enum tree_channel { TREE_STABLE, TREE_BETA };

/* What belongs to one channel. */
struct tree_names {
    const char *channel;  /* "stable" */
    const char *manifest; /* relative path */
    const char *tags[2];  /* asset folders: of the updates, of the first installs */
    const char *inbox;    /* relative path */
};
const struct tree_names *tree_names(enum tree_channel channel);

/* "assets/Update/Nexy.dmg", or the folder when `name` is NULL; on the heap. */
char *tree_asset_path(const char *tag, const char *name);

struct tree;

/* `root` itself may be reached through a symbolic link; what lies below may not. */
struct tree *tree_open(const char *root, struct err *err);
void tree_close(struct tree *tree); /* NULL is fine */

/* Can this be the name of one file in the tree: no slash, no leading dot, no control character, not
 * too long? */
bool tree_name_ok(const char *name);

/* A descriptor of a regular file, for reading, that the caller closes; fills `st`. -1 and `err`:
 * ERR_MISSING, ERR_REFUSED (a link, or no regular file) or ERR_IO. */
int tree_open_file(const struct tree *tree, const char *path, struct stat *st, struct err *err);

/* A descriptor of a folder ("" is the root), that the caller closes; missing ones are made when
 * `make`, synced into their parents. -1 and `err` as above. */
int tree_open_folder(const struct tree *tree, const char *path, bool make, struct err *err);

/* The whole content; ERR_LIMIT when it is longer than `cap` bytes. `out` is replaced. */
enum err_code tree_read(const struct tree *tree, const char *path, size_t cap, struct buf *out,
                        struct err *err);

/* The names of the regular files in a folder that tree_name_ok(), in byte order, NULL-terminated; free
 * with tree_list_free(). A folder that is not there is empty. NULL and `err` otherwise. */
char **tree_list(const struct tree *tree, const char *path, size_t *n, struct err *err);
/* The same for folders. */
char **tree_list_folders(const struct tree *tree, const char *path, size_t *n, struct err *err);
void tree_list_free(char **list); /* NULL is fine */

#endif
