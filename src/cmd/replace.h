/* A file read whole, and replaced by another content whole or not at all: a temporary file beside it,
 * synced, renamed over it. Mode and owner stay; a symbolic link stays one. */
#ifndef GONOGO_CMD_REPLACE_H
#define GONOGO_CMD_REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

#include "src/base/buf.h"
#include "src/base/err.h"

struct replace {
    char *path; /* with links resolved */
    struct stat was;
};

/* Reads the regular file at `path` into `bytes` (capped as it was initialised: ERR_LIMIT). */
enum err_code replace_read(struct replace *r, const char *path, struct buf *bytes, struct err *err);
/* ERR_BUSY, and nothing done, when the file is no longer what was read. */
enum err_code replace_write(struct replace *r, const void *bytes, size_t n, struct err *err);
void replace_fini(struct replace *r);

#endif
