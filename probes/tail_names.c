/* Paths and folders: what the configured paths stand for, and what rotations make of a name. */
#include <ctype.h>
#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "probes/tail_inside.h"
#include "src/base/mem.h"

enum {
    DATE_DIGITS = 4, /* in a row: a name with a date in its middle */
    NS_PER_S = 1000000000,
    LISTED_MAX = 4 * TAIL_FILES_MAX, /* names of a folder that are looked at */
};

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- names ---- */

bool tail_packed(const char *path) {
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".gz") == 0;
}

static bool is_separator(char c) {
    return c == '.' || c == '-' || c == '_';
}

/* Behind the separator: app.log.1, app.log-20260111, app.log.old, app.log.gz */
static bool is_generation(const char *rest) {
    static const char *const words[] = {"old", "bak", "orig", "prev", "gz"};
    if (isdigit((unsigned char)*rest))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(rest, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* app-2026-01-11.log of app.log */
static bool is_dated(const char *base, const char *name) {
    const char *dot = strrchr(base, '.');
    size_t stem = dot ? (size_t)(dot - base) : 0;
    if (stem == 0 || strncmp(base, name, stem) != 0 || !is_separator(name[stem]))
        return false;
    const char *date = name + stem + 1;
    size_t digits = strspn(date, "0123456789");
    const char *end = date + strspn(date, "0123456789-_.T:");
    end -= end > date && end[-1] == '.';
    return digits >= DATE_DIGITS && strncmp(end, dot, strlen(dot)) == 0 &&
           (!end[strlen(dot)] || strcmp(end + strlen(dot), ".gz") == 0);
}

static bool is_rotated_name(const char *base, const char *name) {
    size_t n = strlen(base);
    if (strncmp(base, name, n) == 0 && is_separator(name[n]) && is_generation(name + n + 1))
        return true;
    return is_dated(base, name);
}

bool tail_rotated(const char *base, const char *path) {
    size_t folder = (size_t)(base_of(base) - base);
    return (size_t)(base_of(path) - path) == folder && strncmp(base, path, folder) == 0 &&
           is_rotated_name(base_of(base), base_of(path));
}

/* ---- entries ---- */

static void fill(struct entry *e, const struct stat *st) {
#ifdef __APPLE__
    const struct timespec *mtime = &st->st_mtimespec;
#else
    const struct timespec *mtime = &st->st_mtim;
#endif
    *e = (struct entry){.dev = (uint64_t)st->st_dev,
                        .inode = (uint64_t)st->st_ino,
                        .size = (int64_t)st->st_size,
                        .mtime_ns = (int64_t)mtime->tv_sec * NS_PER_S + mtime->tv_nsec};
}

bool tail_fstat(int fd, struct entry *e) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    fill(e, &st);
    return true;
}

bool tail_stat(const char *path, struct entry *e) {
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    fill(e, &st);
    e->path = mem_copy_text(path);
    return true;
}

void tail_entries_add(struct entries *list, struct entry e) {
    if (list->n == list->room) {
        list->room = list->room ? 2 * list->room : 16;
        list->at = mem_resize(list->at, list->room, sizeof *list->at);
    }
    list->at[list->n++] = e;
}

void tail_entries_fini(struct entries *list) {
    for (size_t i = 0; i < list->n; i++)
        free(list->at[i].path);
    free(list->at);
    *list = (struct entries){0};
}

static int by_time(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->mtime_ns != y->mtime_ns)
        return x->mtime_ns < y->mtime_ns ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Names in a folder that `base` says yes to; NULL: all that are not hidden. */
static void list_folder(const char *folder, const char *base, struct entries *list) {
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    /* lint: no other thread has this stream. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *d; (d = readdir(dir)) != NULL && list->n < LISTED_MAX;) {
        struct entry e;
        if (base ? !is_rotated_name(base, d->d_name) : d->d_name[0] == '.')
            continue;
        const char *slash = folder[0] && folder[strlen(folder) - 1] == '/' ? "" : "/";
        char *path = mem_format("%s%s%s", folder, slash, d->d_name);
        if (tail_stat(path, &e))
            tail_entries_add(list, e);
        free(path);
    }
    closedir(dir);
}

void tail_siblings(const char *path, struct entries *list) {
    const char *base = base_of(path);
    char *folder = mem_copy_bytes(path, (size_t)(base - path));
    list_folder(*folder ? folder : ".", base, list);
    free(folder);
    if (list->n > 1)
        qsort(list->at, list->n, sizeof *list->at, by_time);
}

static bool is_known(const struct known *k, const struct entry *e) {
    return k->dev == e->dev && k->inode == e->inode && k->size == e->size &&
           k->mtime_ns == e->mtime_ns;
}

bool tail_knows(const struct knowns *k, const struct entry *e) {
    for (unsigned i = 0; i < KNOWN && i < k->n; i++)
        if (is_known(&k->at[i], e))
            return true;
    return false;
}

void tail_know(struct knowns *k, const struct entry *e) {
    unsigned i = 0;
    while (i < KNOWN && i < k->n && (k->at[i].dev != e->dev || k->at[i].inode != e->inode))
        i++;
    if (i == KNOWN || i == k->n)
        i = k->n++ % KNOWN;
    k->at[i] = (struct known){e->dev, e->inode, e->size, e->mtime_ns};
}

bool tail_knows_copy(struct follow *f, const struct entry *e) {
    for (size_t i = 0; i < f->n_copies; i++) {
        size_t at = (f->copies_hint + i) % f->n_copies;
        if (is_known(&f->copies[at], e)) {
            f->copies_hint = at + 1;
            return true;
        }
    }
    return false;
}

void tail_know_copy(struct follow *f, const struct entry *e) {
    size_t at = 0;
    while (at < f->n_copies && (f->copies[at].dev != e->dev || f->copies[at].inode != e->inode))
        at++;
    if (at == LISTED_MAX) /* more than a folder's list has */
        at = f->copies_hint % LISTED_MAX;
    if (at == f->copies_room) {
        f->copies_room = f->copies_room ? 2 * f->copies_room : KNOWN;
        f->copies = mem_resize(f->copies, f->copies_room, sizeof *f->copies);
    }
    f->copies[at] = (struct known){e->dev, e->inode, e->size, e->mtime_ns};
    f->n_copies += at == f->n_copies;
}

/* ---- configured paths ---- */

/* One that is named twice is the same file when it is looked at. */
static void add_name(struct follow *f, const char *name) {
    if (f->n_names == f->names_room) {
        f->names_room = f->names_room ? 2 * f->names_room : 8;
        f->names = mem_resize(f->names, f->names_room, sizeof *f->names);
    }
    f->names[f->n_names++] = mem_copy_text(name);
}

/* The newest, when there are too many. */
static void add_entries(struct follow *f, struct entries *list) {
    size_t first = 0;
    if (list->n > TAIL_FILES_MAX) {
        qsort(list->at, list->n, sizeof *list->at, by_time);
        first = list->n - TAIL_FILES_MAX;
        f->passed_over += (unsigned)first;
    }
    for (size_t i = first; i < list->n; i++)
        add_name(f, list->at[i].path);
    tail_entries_fini(list);
}

static void expand_glob(struct follow *f, const char *pattern) {
    glob_t found = {0};
    struct entries list = {0};
    struct entry e;
    /* lint: the one thread that calls it. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (tail_stat(found.gl_pathv[i], &e))
                tail_entries_add(&list, e);
    globfree(&found);
    add_entries(f, &list);
}

/* What rotations make of a name is longer than the name. */
static int by_length(const void *a, const void *b) {
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t n = strlen(x), m = strlen(y);
    return n != m ? (n < m ? -1 : 1) : strcmp(x, y);
}

void tail_expand(struct follow *f) {
    for (size_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    f->n_names = 0;
    f->passed_over = 0;
    for (char **path = f->spec->paths; path && *path; path++) {
        struct stat st;
        if (stat(*path, &st) == 0 && S_ISDIR(st.st_mode)) {
            struct entries list = {0};
            list_folder(*path, NULL, &list);
            add_entries(f, &list);
        } else if (strpbrk(*path, "*?[") && stat(*path, &st) != 0) {
            expand_glob(f, *path);
        } else {
            add_name(f, *path);
        }
    }
    if (f->n_names > 1)
        qsort(f->names, f->n_names, sizeof *f->names, by_length);
}
