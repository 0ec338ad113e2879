/* Text that has to wait until its end is known: the first of it in memory, the rest in a temporary file
 * without a name, so that memory does not grow with it. */
#ifndef GONOGO_CMD_SPOOL_H
#define GONOGO_CMD_SPOOL_H

#include <stddef.h>
#include <stdio.h>

#include "src/base/buf.h"
#include "src/base/err.h"
#include "src/cmd/out.h"

enum { SPOOL_MEMORY = 1 << 20 }; /* bytes: some ten thousand lines */

struct spool {
    struct buf text; /* what is not in the file yet */
    FILE *file;      /* NULL while memory is enough */
    size_t filed;    /* bytes in the file */
};

void spool_init(struct spool *spool);
void spool_fini(struct spool *spool);

size_t spool_size(const struct spool *spool);
/* Add to spool->text, and then let it be filed away when it is much. */
enum err_code spool_pass(struct spool *spool, struct err *err);

/* Bytes from..to to `out`. Nothing is added after the first call. */
enum err_code spool_copy(struct spool *spool, size_t from, size_t to, struct out *out,
                         struct err *err);

#endif
