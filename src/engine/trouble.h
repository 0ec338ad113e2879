/* What can be wrong with the store's file, in words: what, and what to do. */
#ifndef GONOGO_ENGINE_TROUBLE_H
#define GONOGO_ENGINE_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/err.h"

enum trouble_kind {
    TROUBLE_NONE,
    TROUBLE_FOLDER,   /* the folder is not there and cannot be made */
    TROUBLE_READONLY, /* the file, its folder or its lock cannot be written */
    TROUBLE_NO_DB,    /* the file is something else */
    TROUBLE_DAMAGED,
    TROUBLE_FOREIGN, /* another program's database */
    TROUBLE_NEWER,   /* a newer gonogo's */
    TROUBLE_LOCKED,  /* another program holds it just now */
    TROUBLE_FULL,
    TROUBLE_IO,
};

struct trouble {
    enum trouble_kind kind;
    char detail[160];
};

/* Can it pass without a person touching the file? */
bool trouble_may_pass(enum trouble_kind kind);
/* "PATH: what is wrong: what to do", safe. */
void trouble_note(const struct trouble *trouble, const char *path, char *dst, size_t cap);
/* The same as an error: ERR_BUSY when it is locked, else ERR_IO. */
enum err_code trouble_err(const struct trouble *trouble, const char *path, struct err *err);
void trouble_set(struct trouble *trouble, enum trouble_kind kind, const char *detail);
/* The kind for an errno of open() and the like. */
enum trouble_kind trouble_of_errno(int number);

#endif
