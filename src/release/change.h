/* A change to several files of a release tree that happens whole or not at all, whatever kills the
 * process on the way.
 *
 * Protocol. Each new content is written beside its target as `.NAME.gonogo-new` and synced; before it
 * is made, `.gonogo/draft` names it. Then `.gonogo/journal` lists every file; the rename that puts the
 * journal in its place is the moment of commitment. After it each new file is renamed over its target
 * (and each removal done), in the order they were given, then journal and draft are taken away.
 * change_recover() runs before every command: a journal means finish, a draft alone means undo.
 *
 * Whoever uses this holds the tree's lock (lock.h). Readers need no lock: every single file is always
 * the old or the new one. */
#ifndef GONOGO_RELEASE_CHANGE_H
#define GONOGO_RELEASE_CHANGE_H

#include <stddef.h>

#include "src/base/err.h"
#include "src/release/copy.h"
#include "src/release/tree.h"

#define CHANGE_FOLDER ".gonogo"

enum { CHANGE_FILES_MAX = 64 }; /* a promote changes ten */

struct change;

/* Borrows the tree. `hook` may be NULL. */
struct change *change_begin(const struct tree *tree, const struct change_hook *hook,
                            struct err *err);
/* Takes back what was not committed. NULL is fine. */
void change_end(struct change *change);

/* The file at `path` (missing folders are made) will hold these bytes. A file that is replaced keeps
 * its mode and owner. */
enum err_code change_put(struct change *change, const char *path, const void *bytes, size_t n,
                         struct err *err);
/* The same in pieces: one file is open at a time, from change_create() to change_close(). */
enum err_code change_create(struct change *change, const char *path, struct err *err);
enum err_code change_write(struct change *change, const void *bytes, size_t n, struct err *err);
enum err_code change_close(struct change *change, struct err *err);
/* The same with everything that the descriptor `from` has, from its beginning. What was copied is read
 * back and told in `facts` (may be NULL), for the caller to judge before the commit. */
enum err_code change_copy(struct change *change, const char *path, int from,
                          struct copy_facts *facts, struct err *err);
/* The file at `from` will also be at `path`, and stays there when it is replaced: a second link, or a
 * copy where there are none. */
enum err_code change_keep(struct change *change, const char *from, const char *path,
                          struct err *err);
/* The file at `path` will be gone; that it is not there is fine. */
enum err_code change_remove(struct change *change, const char *path, struct err *err);

/* All of it, on disk, or an error: ERR_IO before the moment of commitment leaves everything as it was;
 * after it, the next command finishes (and `todo` says so). */
enum err_code change_commit(struct change *change, struct err *err);

enum change_recovery { CHANGE_WAS_CLEAN, CHANGE_FINISHED, CHANGE_UNDONE };
/* Finishes or undoes what a killed process left. `what` may be NULL. */
enum err_code change_recover(const struct tree *tree, const struct change_hook *hook,
                             enum change_recovery *what, struct err *err);

#endif
