/* One writer per release tree: an advisory lock in `.gonogo/lock`, held by the open file, so that the
 * kernel lets go of it however the holder ends. */
#ifndef GONOGO_RELEASE_LOCK_H
#define GONOGO_RELEASE_LOCK_H

#include <stdint.h>

#include "src/base/clock.h"
#include "src/base/err.h"
#include "src/release/copy.h"
#include "src/release/tree.h"

struct lock;

/* Waits up to `timeout_ms`. `who` ("promote") goes into the file for others to read; when that cannot
 * be written ("note" to the hook, which may be NULL) the lock holds all the same. NULL and ERR_BUSY
 * that names the holder, or ERR_IO. */
struct lock *lock_take(const struct tree *tree, const struct clock *clock, int64_t timeout_ms,
                       const char *who, const struct change_hook *hook, struct err *err);
void lock_release(struct lock *lock); /* NULL is fine */

#endif
