/* config.env as systemd reads an EnvironmentFile: NAME=value lines, the last one of a name counts,
 * lines that start with # or ; are comments, a pair of quotes around the value goes away. There are no
 * comments behind a value. */
#ifndef GONOGO_RELEASE_ENV_H
#define GONOGO_RELEASE_ENV_H

#include <stdbool.h>
#include <stddef.h>

#define ENV_BETA_ENABLED "UPDATE_BETA_ENABLED"

/* Copies the value of `name`; false when it is not there or does not fit in `cap`. */
bool env_get(const char *bytes, size_t n, const char *name, char *dst, size_t cap);

/* Is the value the word true, in any case? Everything else is not: a gate fails closed. */
bool env_is_true(const char *bytes, size_t n, const char *name);

#endif
