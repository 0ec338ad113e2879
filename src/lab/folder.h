/* A folder of the lab's own: made new, filled, and removed with everything in it. What is removed is
 * what was made: the same folder (device and inode), never through a link, never beyond it. */
#ifndef GONOGO_LAB_FOLDER_H
#define GONOGO_LAB_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "src/base/err.h"

struct folder {
    char *path; /* absolute; NULL = there is none */
    dev_t device;
    ino_t inode;
    bool made; /* by us: else it was there, empty */
};

/* Under $TMPDIR or /tmp, for its owner alone. */
enum err_code folder_make_temporary(struct folder *folder, struct err *err);
/* `path` must not be there yet, or be an empty folder. `option` names it in errors. */
enum err_code folder_make(struct folder *folder, const char *path, const char *option,
                          struct err *err);
void folder_fini(struct folder *folder); /* forgets, leaves everything in place */
/* Removes it (one that was there before only becomes empty again), and forgets. Nothing happens when
 * another folder stands in its place. */
void folder_remove(struct folder *folder);

/* Writes a file, its folders made on the way. `name` is relative to the folder. */
enum err_code folder_write(const struct folder *folder, const char *name, const void *bytes,
                           size_t n, struct err *err);
enum err_code folder_write_text(const struct folder *folder, const char *name, const char *text,
                                struct err *err);
enum err_code folder_make_inner(const struct folder *folder, const char *name, struct err *err);
char *folder_path(const struct folder *folder, const char *name); /* heap */

#endif
