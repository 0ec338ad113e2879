/* A file read whole, and replaced by another content whole or not at all: a temporary file beside it,
 * synced, renamed over it. Mode and owner stay; a symbolic link stays one.
 *
 * A killed process leaves the old file or the new one, and perhaps `.NAME.gonogo-edit` beside it, which
 * the next change takes away. The file is locked (flock) from the reading to replace_fini(), so that of
 * two who change it at once one is refused. */
#ifndef GONOGO_CMD_REPLACE_H
#define GONOGO_CMD_REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

#include "src/base/buf.h"
#include "src/base/err.h"

struct replace {
    char *path; /* with links resolved */
    int fd;     /* holds the lock; -1 = closed */
    struct stat was;
};

/* Reads the regular file at `path` into `bytes` (capped as it was initialised: ERR_LIMIT). ERR_BUSY when
 * somebody else is about to replace it. replace_fini() is called in any case. */
enum err_code replace_read(struct replace *r, const char *path, struct buf *bytes, struct err *err);
/* ERR_BUSY, and nothing done, when the file is no longer what was read. */
enum err_code replace_write(struct replace *r, const void *bytes, size_t n, struct err *err);
void replace_fini(struct replace *r);

#endif
