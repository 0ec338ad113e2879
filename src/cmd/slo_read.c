#include "src/cmd/slo_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/gunzip.h"
#include "src/base/mem.h"

void slo_read_init(struct slo_read *r, struct slo *slo, const char *const *words) {
    *r = (struct slo_read){.slo = slo, .every_line = !words};
    if (words)
        words_init(&r->words, words);
    r->memory = mem_alloc(SLO_READ_LINE + SLO_READ_ALIGN + SLO_READ_BLOCK);
    r->block = r->memory + SLO_READ_LINE;
    r->block += SLO_READ_ALIGN - (uintptr_t)r->block % SLO_READ_ALIGN;
}

void slo_read_fini(struct slo_read *r) {
    free(r->memory);
    *r = (struct slo_read){0};
}

/* ---- lines ---- */

/* A line with its end. Where a block ends must not decide whether it is too long. */
static void give_line(struct slo_read *r, const char *line, const char *end) {
    size_t n = (size_t)(end - line);
    if (n > SLO_READ_LINE + (end[-1] == '\n'))
        r->skipped++;
    else
        slo_line(r->slo, r->file_lines, line, n);
}

/* Whole lines; the last may lack its end. */
static void take_lines(struct slo_read *r, const char *from, const char *end) {
    struct words_walk walk = {
        .words = r->every_line ? NULL : &r->words, .at = from, .end = end, .number = r->file_lines};
    const char *line, *next;
    while (words_next(&walk, &line, &next)) {
        r->file_lines = walk.number;
        give_line(r, line, next);
    }
    r->file_lines = walk.number;
}

/* `n` more bytes stand in the block. */
static void take_block(struct slo_read *r, size_t n) {
    char *from = r->block - r->have, *end = r->block + n;
    r->bytes += n;
    if (r->overlong) {
        char *lf = memchr(from, '\n', (size_t)(end - from));
        r->have = 0;
        if (!lf)
            return;
        from = lf + 1;
        r->overlong = false;
    }
    const char *last = memrchr(from, '\n', (size_t)(end - from));
    char *rest = last ? from + (last - from) + 1 : from;
    if (last)
        take_lines(r, from, rest);
    r->have = (size_t)(end - rest);
    if (r->have > SLO_READ_LINE) {
        r->overlong = true;
        r->have = 0;
        r->skipped++;
        r->file_lines++;
    } else {
        memmove(r->block - r->have, rest, r->have);
    }
}

void slo_read_begin(struct slo_read *r) {
    slo_file(r->slo);
    r->file_lines = 0;
    r->have = 0;
    r->overlong = false;
}

void slo_read_bytes(struct slo_read *r, const char *bytes, size_t n) {
    while (n > 0) {
        size_t part = n < SLO_READ_BLOCK ? n : SLO_READ_BLOCK;
        memcpy(r->block, bytes, part);
        take_block(r, part);
        bytes += part;
        n -= part;
    }
}

void slo_read_end(struct slo_read *r) {
    if (r->have > 0)
        take_lines(r, r->block - r->have, r->block);
    r->have = 0;
    r->lines += r->file_lines;
}

/* ---- files ---- */

static enum err_code read_fd(struct slo_read *r, int fd, const char *name, struct err *err) {
    struct gunzip *g = gunzip_new(fd, name);
    ssize_t n;
    while ((n = gunzip_read(g, r->block, SLO_READ_BLOCK, err)) > 0)
        take_block(r, (size_t)n);
    gunzip_free(g);
    return n < 0 ? err->code : ERR_OK;
}

enum err_code slo_read_file(struct slo_read *r, const char *path, struct err *err) {
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(err, ERR_MISSING, path, "give files, or - for standard input",
                       "there is no such file");
    if (fd < 0)
        return err_errno(err, ERR_IO, path, NULL, "cannot be opened");
    slo_read_begin(r);
    enum err_code code = read_fd(r, fd, standard ? "stdin" : path, err);
    slo_read_end(r);
    if (!standard)
        close(fd);
    return code;
}
