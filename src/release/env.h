/* config.env as systemd reads an EnvironmentFile: NAME=value lines, the last one of a name counts,
 * lines that start with # or ; are comments, a pair of quotes around the value goes away. There are no
 * comments behind a value: what looks like one makes it neither true nor false. `export` before the
 * name is taken too, for files that a shell reads as well. */
#ifndef GONOGO_RELEASE_ENV_H
#define GONOGO_RELEASE_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/buf.h"
#include "src/base/err.h"

#define ENV_BETA_ENABLED "UPDATE_BETA_ENABLED"

/* Copies the value of `name`; false when it is not there or does not fit in `cap`. */
bool env_get(const char *bytes, size_t n, const char *name, char *dst, size_t cap);

/* Is the value the word true, in any case? Everything else is not: a gate fails closed. */
bool env_is_true(const char *bytes, size_t n, const char *name);

/* The text with the value that counts changed to `value` and not one other byte (quotes and what looks
 * like a comment behind it stay), into `out` (replaced); a name that is not there yet is added as a line at the end. ERR_REFUSED for a name or a
 * value that would need quoting; ERR_PARSE for a file with NUL bytes. */
enum err_code env_set(const char *bytes, size_t n, const char *name, const char *value,
                      const char *where, struct buf *out, struct err *err);

/* Calls `entry` for every assignment, in order; the name is not terminated. */
void env_each(const char *bytes, size_t n,
              void (*entry)(void *self, const char *name, size_t name_n), void *self);

#endif
