/* Copies a file and takes its SHA-256 in one pass, at constant memory: the kernel copies (a reflink where
 * the file system has them), each piece is started on its way to the disk, and then read back where it
 * lies and hashed (of a large file by a second thread), so that the last sync is short and what was hashed
 * is what was written. */
#ifndef GONOGO_RELEASE_COPY_H
#define GONOGO_RELEASE_COPY_H

#include <stdint.h>

#include "src/base/err.h"
#include "src/base/hash.h"

enum { COPY_PIECE_BYTES = 1024 * 1024 }; /* is still in the cache when it is read back */

/* Called before each system call that writes ("create write sync rename unlink mkdir link lock", and
 * "note" for what may fail without harm): an errno makes that call fail with it, 0 lets it be. For tests
 * that stop a change at every single step. */
struct change_hook {
    int (*before)(void *self, const char *call, const char *path);
    void *self;
};

struct copy_facts {
    int64_t size;
    char sha256[HASH_HEX_CAP];
};

/* All of `from`, from its beginning, to the empty file `to`, which is readable; not synced. `path` names
 * `to`. `hook` and `facts` may be NULL. */
enum err_code copy_hashed(int from, int to, const struct change_hook *hook, const char *path,
                          struct copy_facts *facts, struct err *err);

/* Reads and hashes only. */
enum err_code copy_hash(int fd, const char *where, struct copy_facts *facts, struct err *err);

#endif
