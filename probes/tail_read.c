/* Reading what a file has more than at the last look. Nothing of an unfinished line is kept: it is read
 * again with its end. What was read is believed only after a second look at the bytes before it: a file
 * that is cut off and grows again while it is read is noticed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"

/* ---- opening ---- */

void tail_shut(struct tail *t, struct tail_file *file) {
    gunzip_free(file->gunzip);
    file->gunzip = NULL;
    if (file->fd < 0)
        return;
    close(file->fd);
    file->fd = -1;
    t->n_open--;
}

/* Those that a name still leads to can be opened again. */
static void make_room(struct tail *t) {
    struct tail_file *oldest = NULL;
    for (size_t i = 0; i < t->n_follows; i++)
        for (size_t k = 0; k < t->follows[i].n_files; k++) {
            struct tail_file *file = t->follows[i].files[k];
            if (file->fd >= 0 && !file->gunzip && file->leave_ms == 0 &&
                (!oldest || file->active_ms < oldest->active_ms))
                oldest = file;
        }
    if (oldest)
        tail_shut(t, oldest);
}

static bool fail(struct tail_file *file, int code) {
    const char *todo = code == EACCES   ? "allow gonogo to read it"
                       : code == EMFILE ? "allow more open files (ulimit -n)"
                       : code == ESTALE ? "mount the share again"
                                        : "look at the disk or the share";
    snprintf(file->place->trouble, sizeof file->place->trouble, "cannot read %s (%s): %s",
             file->path, strerror(code), todo); /* NOLINT(concurrency-mt-unsafe) */
    return false;
}

/* It was renamed before it was opened. */
static void seek(const struct tail *t, struct tail_file *file) {
    if (file->place->hunt == 0 && !t->follows[file->place->log].spec->whole)
        tail_start_hunt(t, file->place, file->mtime_ns);
}

bool tail_open(struct tail *t, struct tail_file *file) {
    struct stat st;
    if (file->fd >= 0)
        return true;
    if (t->n_open >= TAIL_OPEN_MAX)
        make_room(t);
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) {
        file->lost = true;
        seek(t, file);
        return false;
    }
    if (fd < 0)
        return fail(file, errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_dev != file->dev ||
        (uint64_t)st.st_ino != file->inode) { /* another one by now: the next look knows */
        close(fd);
        seek(t, file);
        return false;
    }
    file->fd = fd;
    t->n_open++;
    return true;
}

/* ---- cursors ---- */

static void add_cursor(struct tail *t, struct digest_cursor cursor) {
    if (t->n_cursors == t->cursors_room) {
        t->cursors_room = t->cursors_room ? 2 * t->cursors_room : 16;
        t->cursors = mem_resize(t->cursors, t->cursors_room, sizeof *t->cursors);
    }
    cursor.path = mem_copy_text(cursor.path);
    t->cursors[t->n_cursors++] = cursor;
}

void tail_forget_cursor(struct tail *t, unsigned log, const char *path, uint64_t dev,
                        uint64_t inode) {
    add_cursor(
        t,
        (struct digest_cursor){
            .log = log, .path = (char *)(uintptr_t)path, .dev = dev, .inode = inode, .gone = true});
}

/* What stands before its offset now tells it from another. */
static void stamp(struct tail_file *file) {
    struct print print;
    if (file->print.at == file->offset && file->offset > 0)
        return;
    if (file->fd >= 0 && !file->gunzip && tail_print(file->fd, file->offset, 0, &print))
        file->print = print;
}

void tail_tell_cursors(struct tail *t) {
    for (size_t i = 0; i < t->n_follows; i++)
        for (size_t k = 0; k < t->follows[i].n_files && !t->follows[i].spec->whole; k++) {
            struct tail_file *file = t->follows[i].files[k];
            if (!file->moved || file->birth == BIRTH_END)
                continue;
            file->moved = false;
            bool stamped = file->print.at == file->offset;
            add_cursor(t, (struct digest_cursor){.log = file->place->log,
                                                 .path = file->place->path,
                                                 .dev = file->dev,
                                                 .inode = file->inode,
                                                 .offset = file->offset,
                                                 .line = file->number,
                                                 .head_bytes = stamped ? file->print.head_bytes : 0,
                                                 .head_hash =
                                                     stamped ? tail_print_hash(&file->print) : 0});
        }
    t->outlet.cursors(t->outlet.self, t->cursors, t->n_cursors);
    for (size_t i = 0; i < t->n_cursors; i++)
        free(t->cursors[i].path);
    t->n_cursors = 0;
}

/* ---- lines ---- */

static void skip(struct tail *t, struct tail_file *file, int64_t bytes) {
    t->outlet.skipped(t->outlet.self, file->place->handle, 1, (uint64_t)bytes);
    file->number++;
    file->offset += bytes;
}

/* Whole lines, from the file's offset on; the last may lack its end when none comes. */
void tail_give(struct tail *t, struct tail_file *file, const char *from, const char *end) {
    const char *lf = memchr(from, '\n', (size_t)(end - from));
    const char *first = lf ? lf + 1 : end;
    if (first - from > TAIL_LINE + (lf != NULL)) { /* only the first can have been carried so far */
        skip(t, file, first - from);
        from = first;
    }
    if (from == end)
        return;
    const struct logbook_lines lines = {
        .bytes = from,
        .n = (size_t)(end - from),
        .first = file->number + 1,
        .arrived_ms = file->offset < file->history ? 0 : t->wall_ms,
    };
    t->outlet.take(t->outlet.self, file->place->handle, &lines);
    file->number += words_count_lf(&t->counter, from, end) + (end[-1] != '\n');
    file->offset += end - from;
}

/* A file that was cut off under a writer who goes on at the old place begins with a hole. */
static size_t drop_hole(struct tail_file *file, char *block, size_t have) {
    size_t nuls = 0;
    if (file->number > 0 || file->offset != file->hole || file->skim > 0)
        return have;
    while (nuls < have && block[nuls] == '\0')
        nuls++;
    memmove(block, block + nuls, have - nuls);
    file->offset += (int64_t)nuls;
    file->hole = file->offset;
    return have - nuls;
}

size_t tail_take(struct tail *t, struct tail_file *file, char *block, size_t have) {
    have = drop_hole(file, block, have);
    char *from = block, *end = block + have;
    if (file->skim > 0) {
        char *lf = memchr(from, '\n', have);
        if (!lf) {
            file->skim += (int64_t)have;
            return 0;
        }
        int64_t bytes = file->skim + (lf + 1 - from);
        file->skim = 0;
        skip(t, file, bytes);
        from = lf + 1;
    }
    const char *last = from < end ? memrchr(from, '\n', (size_t)(end - from)) : NULL;
    if (last) {
        tail_give(t, file, from, last + 1);
        from += last + 1 - from;
    }
    have = (size_t)(end - from);
    if (have > TAIL_LINE) {
        file->skim = (int64_t)have;
        return 0;
    }
    memmove(block, from, have);
    return have;
}

static void tell_if_due(struct tail *t, struct tail_file *file) {
    if (!t->outlet.due(t->outlet.self))
        return;
    stamp(file);
    file->moved = true;
    tail_tell_cursors(t);
}

/* ---- beginnings ---- */

/* The end of the last whole line at or before `at`; no further back than a line may be long. */
static bool line_start(struct tail *t, int fd, int64_t at, int64_t *start) {
    for (int64_t back = 4096;; back *= 8) {
        back = back < TAIL_LINE + 1 ? back : TAIL_LINE + 1;
        int64_t from = at > back ? at - back : 0;
        ssize_t n = tail_pread(fd, t->block, (size_t)(at - from), from);
        if (n < 0)
            return false;
        const char *lf = n > 0 ? memrchr(t->block, '\n', (size_t)n) : NULL;
        if (!lf && from > 0 && back <= TAIL_LINE)
            continue;
        *start = lf ? from + (lf + 1 - t->block) : from;
        return true;
    }
}

/* Lines before the place where reading begins: their numbers shall be right. False: not done yet. */
static bool count_lines(struct tail *t, struct tail_file *file) {
    int64_t budget = TURN_BYTES;
    while (file->counted < file->offset) {
        if (budget <= 0 || tail_stopped(t)) {
            t->more = true;
            return false;
        }
        int64_t left = file->offset - file->counted;
        ssize_t n =
            tail_pread(file->fd, t->block, left < TAIL_BLOCK ? (size_t)left : (size_t)TAIL_BLOCK,
                       file->counted);
        if (n <= 0) { /* it was cut off meanwhile */
            file->counted = file->offset;
            return true;
        }
        file->number += words_count_lf(&t->counter, t->block, t->block + n);
        file->counted += n;
        budget -= n;
    }
    return true;
}

static void give_context(struct tail *t, struct tail_file *file) {
    int64_t at = file->offset > TAIL_CONTEXT ? file->offset - TAIL_CONTEXT : 0;
    ssize_t n = tail_pread(file->fd, t->block, (size_t)(file->offset - at), at);
    const char *from = t->block;
    if (n != file->offset - at || n == 0 || t->block[n - 1] != '\n' || tail_stopped(t))
        return;
    const char *end = from + n;
    if (at > 0)
        from = (const char *)memchr(from, '\n', (size_t)n) + 1;
    uint64_t lines = words_count_lf(&t->counter, from, end);
    if (lines == 0 || lines > file->number)
        return;
    const struct logbook_lines context = {
        .bytes = from,
        .n = (size_t)(end - from),
        .first = file->number - lines + 1,
        .context = true,
    };
    t->outlet.take(t->outlet.self, file->place->handle, &context);
}

static bool begin(struct tail *t, struct tail_file *file) {
    if (file->birth == BIRTH_END && file->counted == 0 &&
        !line_start(t, file->fd, file->offset, &file->offset))
        return fail(file, errno);
    if (file->birth == BIRTH_END && !count_lines(t, file))
        return false;
    if (file->birth == BIRTH_END || file->birth == BIRTH_RESUMED)
        give_context(t, file);
    if (file->birth == BIRTH_END) {
        stamp(file);
        file->moved = true;
    }
    file->birth = BIRTH_DONE;
    return true;
}

/* ---- reading ---- */

static bool is_same(const struct tail_file *file) {
    struct print now;
    return file->print.at == 0 ||
           (tail_print(file->fd, file->print.at, file->print.head_bytes, &now) &&
            tail_print_is(&now, &file->print));
}

/* A copy that another one was written over is for the next hunt to judge. */
static void forget_copy(struct tail *t, struct tail_file *file) {
    tail_forget_cursor(t, file->place->log, file->place->path, file->dev, file->inode);
    tail_shut(t, file);
    file->dev = file->inode = 0;
    file->seen = file->moved = file->changed = false;
    file->lost = true;
    file->leave_ms = t->mono_ms;
}

/* Its content is another one now; what of the former was not read may stand in a copy. */
static void cut_off(struct tail *t, struct follow *f, struct tail_file *file,
                    const struct entry *now) {
    struct place *place = file->place;
    t->more = true; /* after the hunt */
    place->behind = true;
    if (file->copy) {
        forget_copy(t, file);
        return;
    }
    if (!f->spec->whole) {
        memmove(place->past + 1, place->past, (PASTS - 1) * sizeof *place->past);
        place->past[0] = (struct past){.is = file->print.at > 0,
                                       .print = file->print,
                                       .offset = file->offset,
                                       .number = file->number};
        tail_start_hunt(t, place, file->mtime_ns);
    }
    t->outlet.renewed(t->outlet.self, place->handle);
    file->offset = file->skim = file->hole = file->history = 0;
    file->number = 0;
    file->print = (struct print){0};
    file->size = -1;
    file->written_ns = now->mtime_ns; /* younger than the copy */
    file->changed = true;
    file->moved =
        false; /* until more is read, the run after this one shall look for that copy too */
}

bool tail_check(struct tail *t, struct follow *f, struct tail_file *file) {
    struct entry now;
    if (file->fd < 0 || tail_packed(file->path) || file->birth == BIRTH_END ||
        !tail_fstat(file->fd, &now) || (now.size >= file->offset && is_same(file)))
        return false;
    cut_off(t, f, file, &now);
    return true;
}

static void read_new(struct tail *t, struct follow *f, struct tail_file *file) {
    int64_t budget = TURN_BYTES, before = file->offset;
    struct entry now;
    size_t have = 0;
    ssize_t n = 0;
    if (!tail_fstat(file->fd, &now)) {
        fail(file, errno);
        return;
    }
    if (now.size == file->size && now.mtime_ns == file->mtime_ns && file->caught_up)
        return;
    if (file->blank && !f->spec->whole) {
        tail_start_hunt(t, file->place, file->mtime_ns);
        t->more = file->place->behind = true;
        file->blank = false;
        return;
    }
    do {
        int64_t at = file->offset + file->skim + (int64_t)have;
        n = tail_pread(file->fd, t->block + have, TAIL_BLOCK, at);
        if (tail_stopped(t))
            return;
        if (n < 0) {
            fail(file, errno);
            return;
        }
        if (now.size < file->offset + file->skim || !is_same(file)) {
            cut_off(t, f, file, &now);
            return;
        }
        have += (size_t)n;
        struct print print;
        bool told = have > 0 && file->skim == 0 &&
                    tail_print_block(&file->print, file->offset, t->block, have, &print);
        have = tail_take(t, file, t->block, have);
        if (told && print.at == file->offset)
            file->print = print;
        tell_if_due(t, file);
        budget -= n;
    } while (n == TAIL_BLOCK && budget > 0);
    if (file->print.at != file->offset)
        stamp(file);
    if (file->offset != before) {
        file->moved = true;
        file->active_ms = t->mono_ms;
    }
    if (n == TAIL_BLOCK) {
        t->more = file->place->behind = true;
        return;
    }
    file->size = now.size;
    file->mtime_ns = now.mtime_ns;
    file->changed = false;
    file->caught_up = true;
    file->blank = file->offset == 0 && file->skim == 0;
}

/* Read a second time: the next run shall know that it was read, though it looks for what is new. */
static void stamp_packed(struct tail_file *file) {
    struct entry e;
    struct print print;
    if (!tail_fstat(file->fd, &e))
        return;
    e.path = file->path;
    if (tail_print_entry(&e, file->offset, 0, &print))
        file->print = print;
}

/* From the front to the end, at one go: history that is packed does not grow. */
static void read_packed(struct tail *t, struct tail_file *file) {
    struct err err = ERR_INIT;
    int64_t over = file->offset; /* was read in the run before */
    size_t have = 0;
    ssize_t n;
    file->gunzip = gunzip_new(file->fd, file->path);
    file->history = INT64_MAX;
    while ((n = gunzip_read(file->gunzip, t->block + have, TAIL_BLOCK, &err)) > 0) {
        if (tail_stopped(t))
            return;
        if (over >= n) {
            over -= n;
            continue;
        }
        memmove(t->block + have, t->block + have + over, (size_t)(n - over));
        have += (size_t)(n - over);
        over = 0;
        struct print print;
        bool told =
            file->skim == 0 && tail_print_block(&file->print, file->offset, t->block, have, &print);
        have = tail_take(t, file, t->block, have);
        if (told && print.at == file->offset)
            file->print = print;
        tell_if_due(t, file);
    }
    if (have > 0 && n == 0)
        tail_give(t, file, t->block, t->block + have);
    if (n < 0)
        t->outlet.skipped(t->outlet.self, file->place->handle, 1, 0); /* nobody knows how many */
    if (n == 0 && file->print.at != file->offset)
        stamp_packed(file);
    file->moved = file->caught_up = true;
    file->changed = false;
    tail_shut(t, file);
}

void tail_read(struct tail *t, struct follow *f, struct tail_file *file) {
    if (file->place->behind || tail_stopped(t))
        return;
    bool packed = tail_packed(file->path);
    if (file->fd < 0 && (!file->changed || (packed && file->caught_up)))
        return;
    if (!tail_open(t, file))
        return;
    if (packed) {
        if (!file->caught_up)
            read_packed(t, file);
        return;
    }
    if (file->birth != BIRTH_DONE && file->birth != BIRTH_WHOLE && !begin(t, file)) {
        file->place->behind = true;
        return;
    }
    read_new(t, f, file);
}

void tail_finish(struct tail *t, struct tail_file *file) {
    if (file->copy || file->skim > 0 || file->fd < 0 || file->gunzip || file->birth == BIRTH_END)
        return;
    ssize_t n = tail_pread(file->fd, t->block, TAIL_LINE, file->offset);
    if (n > 0 && !tail_stopped(t) && is_same(file)) {
        tail_give(t, file, t->block, t->block + n);
        stamp(file);
        file->moved = true;
    }
}
