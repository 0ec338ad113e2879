#include "src/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "src/base/text.h"

enum { UTF8_MAX = 4 };

/* Copies text that may be too long, and then ends it before a character that would be cut in two. */
static void copy_cut(char *dst, size_t cap, const char *src) {
    size_t n = text_cut(src, strnlen(src, cap + UTF8_MAX), cap - 1);
    memcpy(dst, src, n);
    dst[n] = '\0';
}

enum err_code err_set(struct err *e, enum err_code code, const char *where, const char *todo,
                      const char *what, ...) {
    if (!e)
        return code;
    if (e->code != ERR_OK)
        return e->code;
    e->code = code;
    copy_cut(e->where, sizeof e->where, where ? where : "");
    copy_cut(e->todo, sizeof e->todo, todo ? todo : "");
    char line[sizeof e->what + UTF8_MAX]; /* longer than fits: copy_cut() sees the last one whole */
    va_list args;
    va_start(args, what);
    if (vsnprintf(line, sizeof line, what, args) < 0)
        line[0] = '\0';
    va_end(args);
    copy_cut(e->what, sizeof e->what, line);
    return code;
}

/* What helps against an errno, whatever was tried. */
static const char *usual_remedy(int number) {
    static const struct {
        int number;
        const char *todo;
    } remedies[] = {
        {EACCES, "look at its permissions"},
        {EPERM, "look at its permissions"},
        {ENOENT, "look at the name"},
        {ENOTDIR, "look at the name: a part of it is no folder"},
        {EISDIR, "name a file"},
        {ENAMETOOLONG, "choose a shorter name"},
        {ELOOP, "look at its symbolic links"},
        {ENOSPC, "make room on its disk"},
        {EDQUOT, "make room within the quota"},
        {EROFS, "choose a place that can be written to"},
        {EFBIG, "choose a file system for files of this size"},
        {EIO, "look at the disk"},
        {EMFILE, "raise the limit of open files (ulimit -n)"},
        {ENFILE, "close other programs: the system has too many files open"},
        {ENOMEM, "make memory free"},
        {EAGAIN, "raise the limit of processes (ulimit -u), or make memory free"},
        {EADDRINUSE, "choose another port, or end what listens there"},
        {EADDRNOTAVAIL, "choose an address of this machine"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].number == number)
            return remedies[i].todo;
    return NULL;
}

enum err_code err_errno(struct err *e, enum err_code code, const char *where, const char *todo,
                        const char *what) {
    int number = errno;
    return err_set(e, code, where, todo ? todo : usual_remedy(number), "%s: %s", what,
                   strerror(number));
}

void err_clear(struct err *e) {
    *e = (struct err)ERR_INIT;
}

void err_text(const struct err *e, char *dst, size_t cap) {
    char line[sizeof e->where + sizeof e->what + sizeof e->todo + 8];
    int n = snprintf(line, sizeof line, "%s%s%s%s%s", e->where, e->where[0] ? ": " : "", e->what,
                     e->todo[0] ? ": " : "", e->todo);
    text_safe(dst, cap, line, n > 0 ? (size_t)n : 0);
}

void err_print(FILE *f, const struct err *e) {
    /* One byte becomes at most the four of \xFF. */
    char line[4 * sizeof *e];
    err_text(e, line, sizeof line);
    fprintf(f, "gonogo: %s\n", line);
}

int err_exit_code(const struct err *e) {
    switch (e->code) {
    case ERR_OK:
        return 0;
    case ERR_USAGE:
    case ERR_CONFIG:
        return 2;
    case ERR_IO:
        return 4;
    case ERR_PARSE:
    case ERR_LIMIT:
    case ERR_NET: /* the far side; a socket of our own that fails is ERR_IO */
    case ERR_BUSY:
    case ERR_REFUSED:
    case ERR_CLOSED:
    case ERR_MISSING:
        return 1;
    }
    return 4;
}
