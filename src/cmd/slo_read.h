/* Reads log files in blocks and hands their lines to the judge; only those that hold one of the words
 * that matter, when that is enough. By read(), never by mmap(): a log that is cut off while it is read
 * ends, and raises no signal. */
#ifndef GONOGO_CMD_SLO_READ_H
#define GONOGO_CMD_SLO_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/err.h"
#include "src/base/words.h"
#include "src/model/slo.h"

enum {
    SLO_READ_BLOCK = 256 << 10, /* stays in the cache between looking and parsing */
    SLO_READ_LINE = 1 << 20,    /* longer lines are skipped and counted */
    SLO_READ_ALIGN = 4096, /* a page to a page: the kernel's copy of a file is a third faster */
};

struct slo_read {
    struct slo *slo;
    bool every_line;
    struct words words;
    uint64_t lines, bytes, skipped;

    uint64_t file_lines;
    char *memory;
    char *block;   /* the aligned place in it that is read to */
    size_t have;   /* bytes just before it: the start of a line that goes on */
    bool overlong; /* in the rest of a line that is skipped */
};

/* `words` NULL: every line is handed over. */
void slo_read_init(struct slo_read *r, struct slo *slo, const char *const *words);
void slo_read_fini(struct slo_read *r);

/* A file, or "-" for standard input; gzip is known by its first bytes. Its lines follow those of the
 * one before. */
enum err_code slo_read_file(struct slo_read *r, const char *path, struct err *err);

/* The same for bytes in memory, in pieces; slo_read_end() after the last. */
void slo_read_begin(struct slo_read *r);
void slo_read_bytes(struct slo_read *r, const char *bytes, size_t n);
void slo_read_end(struct slo_read *r);

#endif
