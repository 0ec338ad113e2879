/* Memory that is there or the program ends. Running out of memory is one of the two things
 * that may end gonogo from anywhere; the handler set here puts the terminal back first. */
#ifndef GONOGO_BASE_MEM_H
#define GONOGO_BASE_MEM_H

#include <stddef.h>

/* Called once, before the message and exit code 4. May be NULL. */
void mem_on_exhausted(void (*handler)(void));

/* The way out when the process cannot go on: the handler, `message` (whole, with its newline) on
 * stderr, exit code 4. Needs no memory. */
_Noreturn void mem_give_up(const char *message);

/* None of these returns NULL; sizes are checked for overflow. Free with free(). */
void *mem_alloc(size_t size);
void *mem_zero(size_t count, size_t size);
void *mem_resize(void *old, size_t count, size_t size);
char *mem_copy_text(const char *text);             /* NULL gives NULL */
char *mem_copy_bytes(const void *bytes, size_t n); /* n bytes and a final NUL */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroes what held a secret; never optimised away. NULL is fine. */
void mem_wipe(void *p, size_t n);

#endif
