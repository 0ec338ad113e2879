/* URLs as the configuration may hold them, judged by the parser that will fetch them (libcurl's). */
#ifndef GONOGO_CONFIG_ADDRESS_H
#define GONOGO_CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_CAP = 2048 }; /* bytes of a URL: servers stop at 8 KiB, people earlier */

/* NULL when `url` is an absolute http or https URL with a host and without a user, password or
 * fragment; else what is wrong with it, for "\"…\" …". */
const char *address_fault(const char *url, const char **todo);
/* Same for what stands behind a base URL: "/health?deep=1". */
const char *address_path_fault(const char *path, const char **todo);
/* http:// to anything but this machine's loopback: what goes there can be read and changed. */
bool address_is_open(const char *url);
/* Do both go to the same scheme, host and port? */
bool address_same_origin(const char *a, const char *b);

#endif
