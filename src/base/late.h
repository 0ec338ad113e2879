/* Libraries that are loaded when something first needs them, so that commands which touch no network
 * start in a third of the time and half of the memory: libcurl and libmicrohttpd bring some thirty
 * libraries of their own.
 *
 * late_curl.c and late_mhd.c define the functions of those libraries that gonogo calls, by their own
 * names: callers include the library's header and know nothing of this. Each hands its arguments on
 * to the real one. A function that is missing there is a link error: add its row. */
#ifndef GONOGO_BASE_LATE_H
#define GONOGO_BASE_LATE_H

#include <stddef.h>

struct late_symbol {
    const char *name;
    void *slot; /* a function pointer, filled in */
};

/* Loads the shared library `name` (as the loader finds it, else from where the build found it) and fills
 * every slot. Without it, or with one that lacks a symbol, the process ends and says so, as it would
 * have at its start had the library been linked. */
void late_load(const char *name, const struct late_symbol *symbols, size_t n);

#endif
