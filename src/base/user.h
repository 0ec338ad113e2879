/* Whose process this is. */
#ifndef GONOGO_BASE_USER_H
#define GONOGO_BASE_USER_H

#include <stddef.h>

/* The name of the effective user ("ada"), or the number when it has no name. */
void user_name(char *dst, size_t cap);
/* "ada@builder". */
void user_at_host(char *dst, size_t cap);

#endif
