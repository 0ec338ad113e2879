/* Errors as people read them: `gonogo: WHERE: what is wrong: what to do`.
 *
 * A function that can fail returns an err_code and fills the caller's struct err.
 * The first error wins: err_set() on an error that is already set changes nothing,
 * so that a clean-up which fails too never hides the cause. */
#ifndef GONOGO_BASE_ERR_H
#define GONOGO_BASE_ERR_H

#include <stdio.h>

enum err_code {
    ERR_OK = 0,
    ERR_USAGE,   /* the command line is wrong */
    ERR_CONFIG,  /* the configuration is wrong */
    ERR_PARSE,   /* bytes from outside are not what they should be */
    ERR_LIMIT,   /* larger, deeper or longer than the cap that a header names */
    ERR_NET,     /* the network or the far side failed */
    ERR_IO,      /* a file, a disk or a system call failed */
    ERR_BUSY,    /* somebody else holds it; trying later can help */
    ERR_REFUSED, /* a rule forbids it */
    ERR_CLOSED,  /* the queue, the store or the program is shutting down */
    ERR_MISSING, /* what was asked for does not exist */
};

struct err {
    enum err_code code;
    char where[256]; /* "config/nexy.yaml:14:7", "staging/health", "--wait" */
    char what[512];  /* one clause, no final stop */
    char todo[256];  /* the remedy; may be empty */
};

#define ERR_INIT \
    { .code = ERR_OK }

/* Fills `e` unless it is already set; `todo` may be NULL. Returns the code that `e` then
 * holds, so that `return err_set(…)` is the usual last line. `e` may be NULL: then only
 * `code` is returned. Texts that are too long are cut. */
enum err_code err_set(struct err *e, enum err_code code, const char *where, const char *todo,
                      const char *what, ...) __attribute__((format(printf, 5, 6)));

/* err_set() with strerror(errno) behind `what`; where `todo` is NULL, with what usually helps against that. */
enum err_code err_errno(struct err *e, enum err_code code, const char *where, const char *todo,
                        const char *what);

void err_clear(struct err *e);

/* `WHERE: what: todo`, made safe for a terminal, into dst (always terminated). */
void err_text(const struct err *e, char *dst, size_t cap);

/* One line `gonogo: WHERE: what: todo` on `f`. */
void err_print(FILE *f, const struct err *e);

/* The process's exit code for an error (design: command line): 2 usage or configuration,
 * 1 refused or failed, 4 the machine's fault. */
int err_exit_code(const struct err *e);

#endif
