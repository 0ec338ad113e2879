/* One look: what stands at the names of a log now, and what that means. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"

enum { NS_PER_MS = 1000000 };

/* ---- places and files ---- */

struct place *tail_place(const struct follow *f, const char *path) {
    for (size_t i = 0; i < f->n_places; i++)
        if (strcmp(f->places[i]->path, path) == 0)
            return f->places[i];
    return NULL;
}

struct place *tail_make_place(struct tail *t, struct follow *f, const char *path) {
    if (f->n_places == f->places_room) {
        f->places_room = f->places_room ? 2 * f->places_room : 8;
        f->places = mem_resize(f->places, f->places_room, sizeof(struct place *));
    }
    struct place *place = mem_zero(1, sizeof *place);
    place->log = f->log;
    place->path = mem_copy_text(path);
    place->handle = t->outlet.file(t->outlet.self, f->log, path);
    f->places[f->n_places++] = place;
    return place;
}

struct tail_file *tail_find(struct follow *f, uint64_t dev, uint64_t inode) {
    for (size_t i = 0; i < f->n_files; i++) {
        size_t at = (f->hint + i) % f->n_files;
        if (f->files[at]->inode == inode && f->files[at]->dev == dev) {
            f->hint = at + 1;
            return f->files[at];
        }
    }
    return NULL;
}

/* The newest content of a place. */
static struct tail_file *newest_of(const struct follow *f, const struct place *place) {
    for (size_t i = f->n_files; i-- > 0;)
        if (f->files[i]->place == place)
            return f->files[i];
    return NULL;
}

struct tail_file *tail_add(struct follow *f, struct place *place, const struct entry *e,
                           bool newest) {
    if (f->n_files == f->files_room) {
        f->files_room = f->files_room ? 2 * f->files_room : 8;
        f->files = mem_resize(f->files, f->files_room, sizeof(struct tail_file *));
    }
    struct tail_file *file = mem_zero(1, sizeof *file);
    *file = (struct tail_file){.place = place,
                               .path = mem_copy_text(e->path),
                               .dev = e->dev,
                               .inode = e->inode,
                               .fd = -1,
                               .mtime_ns = e->mtime_ns,
                               .written_ns = e->mtime_ns,
                               .size = -1,
                               .changed = true,
                               .moved = true};
    size_t at = f->n_files;
    for (size_t i = f->n_files; !newest && i-- > 0;)
        if (f->files[i]->place == place &&
            (f->files[i]->written_ns > e->mtime_ns ||
             (f->files[i]->seen && strcmp(f->files[i]->path, place->path) == 0)))
            at = i;
    memmove(f->files + at + 1, f->files + at, (f->n_files - at) * sizeof(struct tail_file *));
    f->files[at] = file;
    f->n_files++;
    return file;
}

void tail_file_free(struct tail *t, struct tail_file *file) {
    tail_shut(t, file);
    free(file->path);
    free(file);
}

/* ---- what appears ---- */

/* The place whose rotations have such a name. */
static struct place *place_of_rotated(const struct follow *f, const char *path) {
    for (size_t i = 0; i < f->n_places; i++)
        if (tail_rotated(f->places[i]->path, path))
            return f->places[i];
    return NULL;
}

/* Another content at a place that had one. */
static void renew(struct tail *t, struct follow *f, struct place *place) {
    const struct tail_file *before = newest_of(f, place);
    if (!before)
        return;
    t->outlet.renewed(t->outlet.self, place->handle);
    if (!f->spec->whole)
        tail_start_hunt(t, place, before->mtime_ns);
}

/* At a name like that of a rotated file, while we look: a copy of what we read (now, or when it is
 * complete), one that a hunt will take, or something of its own. What is empty may become any of them,
 * and be none: a log is rotated also when nothing was written. */
static bool is_rotation(struct tail *t, struct follow *f, struct place *base,
                        const struct entry *e) {
    if (e->size == 0 || base->hunt > 0 || tail_knows_copy(f, e))
        return true;
    if (tail_is_copy(f, base, e)) {
        tail_know_copy(f, e);
        return true;
    }
    return t->wall_ms - e->mtime_ns / NS_PER_MS < SUSPECT_MS;
}

/* From where a file is read that is there at the start. */
static void begin_old(struct tail *t, struct follow *f, struct tail_file *file,
                      const struct entry *e) {
    int64_t after_ms = t->wall_ms - f->spec->backfill_ms;
    file->history = e->size;
    if (f->spec->whole || (f->spec->backfill_ms > 0 && e->mtime_ns / NS_PER_MS >= after_ms))
        return;
    file->birth = BIRTH_END;
    file->offset = e->size;
}

static void appear(struct tail *t, struct follow *f, const struct entry *e) {
    bool old = !f->began && !f->resumed;
    if (tail_packed(e->path) && !(old && f->spec->whole))
        return; /* history is packed; what is written is not */
    struct place *place = tail_place(f, e->path);
    if (!place && !f->spec->whole) {
        struct place *base = place_of_rotated(f, e->path);
        if (base && !old && !f->began) { /* was read, or a hunt finds out what is new in it */
            tail_know_copy(f, e);
            return;
        }
        if (base && !old && is_rotation(t, f, base, e))
            return;
        if (base && old)
            place = base;
    }
    if (place && !old)
        renew(t, f, place);
    if (!place) {
        place = tail_make_place(t, f, e->path);
        if (f->began && !f->spec->whole)
            tail_start_hunt(t, place, (f->looked_ms + 1) * NS_PER_MS);
    }
    struct tail_file *file = tail_add(f, place, e, strcmp(place->path, e->path) == 0);
    file->seen = true;
    file->blank = e->size == 0;
    if (old)
        begin_old(t, f, file, e);
    else if (!f->began)
        file->history = e->size; /* written while we were not there */
}

static void meet(struct tail *t, struct follow *f, struct entry *e) {
    struct tail_file *file = tail_find(f, e->dev, e->inode);
    if (!file) {
        appear(t, f, e);
        return;
    }
    file->place->trouble[0] = '\0';
    file->seen = true;
    file->lost = false;
    file->leave_ms = 0;
    file->written_ns = e->mtime_ns;
    file->changed = file->changed || file->size != e->size || file->mtime_ns != e->mtime_ns;
    if (strcmp(file->path, e->path) != 0) {
        free(file->path);
        file->path = e->path;
        e->path = NULL;
    }
}

/* ---- what goes ---- */

/* True when a file was given up. */
static bool leave(struct tail *t, struct tail_file *file) {
    if (file->seen || (!file->caught_up && !file->lost))
        return false;
    if (file->leave_ms == 0)
        file->leave_ms = t->mono_ms + TAIL_LEAVE_MS;
    return t->mono_ms >= file->leave_ms;
}

/* While nothing came after it, its cursor tells the next run where to go on: which copies that there are
 * by then hold what was read, and which what came since. */
static bool is_last_read(const struct follow *f, size_t at) {
    bool newer = false;
    for (size_t i = at + 1; i < f->n_files; i++) {
        if (f->files[i]->place != f->files[at]->place)
            continue;
        newer = true;
        if (f->files[i]->offset > 0 || f->files[i]->lost)
            return false;
    }
    return newer && f->files[at]->offset > 0 && !f->spec->whole;
}

static void let_go(struct tail *t, struct follow *f) {
    size_t n = f->n_files, kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct tail_file *file = f->files[i];
        bool leaves = leave(t, file);
        if (leaves)
            tail_finish(t, file);
        if (!leaves || is_last_read(f, i)) {
            if (leaves)
                tail_shut(t, file);
            f->files[kept++] = file;
            continue;
        }
        if (!f->spec->whole)
            tail_forget_cursor(t, f->log, file->place->path, file->dev, file->inode);
        tail_file_free(t, file);
    }
    f->n_files = kept;
    kept = 0;
    for (size_t i = 0; i < f->n_places; i++) {
        struct place *place = f->places[i];
        if (newest_of(f, place)) {
            f->places[kept++] = place;
            continue;
        }
        t->outlet.gone(t->outlet.self, place->handle);
        free(place->path);
        free(place);
    }
    f->n_places = kept;
}

/* ---- the look ---- */

static void say_absent(struct follow *f, const char *path) {
    struct stat st;
    const char *what = "there is no %s: check the path; it is read when it appears";
    int code = stat(path, &st) == 0 ? 0 : errno;
    if (f->trouble[0])
        return;
    if (code == 0)
        what = "%s is no file: check the path";
    else if (code == EACCES)
        what = "cannot look at %s: allow gonogo to read its folder";
    else if (code != ENOENT && code != ENOTDIR)
        what = "cannot look at %s: look at the disk or the share";
    snprintf(f->trouble, sizeof f->trouble, what,
             path); /* NOLINT(clang-diagnostic-format-nonliteral) */
}

static void look_at_names(struct tail *t, struct follow *f, bool rotated) {
    struct entry e;
    for (size_t i = 0; i < f->n_names && !tail_stopped(t); i++) {
        bool is_rotated = !f->began && place_of_rotated(f, f->names[i]);
        if (is_rotated != rotated)
            continue;
        if (tail_stat(f->names[i], &e)) {
            meet(t, f, &e);
            free(e.path);
        } else if (!rotated) {
            say_absent(f, f->names[i]);
        }
    }
}

void tail_look(struct tail *t, struct follow *f) {
    f->trouble[0] = '\0';
    bool expands = !f->began || t->mono_ms >= f->expand_ms;
    if (expands) {
        tail_expand(f);
        f->expand_ms = t->mono_ms + TAIL_SLOW_MS;
    }
    for (size_t i = 0; i < f->n_files; i++)
        f->files[i]->seen = false;
    if (!f->began)
        tail_resume(t, f);
    look_at_names(t, f, false);
    if (!f->began)
        look_at_names(t, f, true);
    if (!f->began && !f->resumed && f->spec->backfill_ms > 0 && !f->spec->whole)
        for (size_t i = 0; i < f->n_places; i++)
            tail_history(t, f, f->places[i], (t->wall_ms - f->spec->backfill_ms) * NS_PER_MS);
    f->began = true;
    for (size_t i = 0; i < f->n_places; i++)
        if (f->places[i]->hunt > 0)
            tail_hunt(t, f, f->places[i]);
    if (!tail_stopped(t))
        let_go(t, f);
    f->looked_ms = expands ? t->wall_ms : f->looked_ms;
    if (f->n_names == 0)
        snprintf(f->trouble, sizeof f->trouble,
                 "no file is there: check the paths; files are read when they appear");
}
