#include "src/base/late.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "src/base/mem.h"

enum { MESSAGE_CAP = 1024 };

/* Folders that the loader does not know, each with a comma behind it (Makefile). */
#ifndef LATE_FOLDERS
#define LATE_FOLDERS
#endif

_Noreturn static void missing(const char *name) {
    char message[MESSAGE_CAP];
    const char *why = dlerror();
    snprintf(message, sizeof message,
             "gonogo: %s: cannot be loaded (%s): install it; 'make deps' does\n", name,
             why ? why : "no reason given");
    mem_give_up(message);
}

static void *open_elsewhere(const char *name) {
    static const char *const folders[] = {LATE_FOLDERS NULL};
    char path[MESSAGE_CAP];
    void *library = NULL;
    for (size_t i = 0; !library && folders[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    }
    return library;
}

void late_load(const char *name, const struct late_symbol *symbols, size_t n) {
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        library = open_elsewhere(name);
    if (!library)
        missing(name);
    for (size_t i = 0; i < n; i++) {
        void *at = dlsym(library, symbols[i].name);
        if (!at)
            missing(name);
        memcpy(symbols[i].slot, &at, sizeof at); /* ISO C has no cast from data to function */
    }
}
