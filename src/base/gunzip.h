/* Reads a file as it is, or unpacked when its first bytes say that it is gzip (one member or several). */
#ifndef GONOGO_BASE_GUNZIP_H
#define GONOGO_BASE_GUNZIP_H

#include <stddef.h>
#include <sys/types.h>

#include "src/base/err.h"

struct gunzip;

/* `fd` stays the caller's and is read from where it stands. `name` (borrowed) is for errors. */
struct gunzip *gunzip_new(int fd, const char *name);
void gunzip_free(struct gunzip *g); /* NULL is fine */

/* Like read(): bytes, 0 at the end, -1 and `err`. A gzip that is damaged or cut off is an error, behind
 * the bytes that could be had. */
ssize_t gunzip_read(struct gunzip *g, char *into, size_t n, struct err *err);

#endif
