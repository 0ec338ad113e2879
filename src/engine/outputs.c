#include "src/engine/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/capture.h"
#include "src/base/mem.h"

enum {
    RUNS_MAX = 100000,  /* folders that are looked at in one go */
    READ_MAX = 8 << 20, /* a step's is kept to 1.3 MB: what is larger is not ours */
    READ_BYTES = 64 << 10,
};

char *outputs_folder(const char *ledger) {
    static const char ending[] = "-ledger.db";
    size_t n = strlen(ledger), less = sizeof ending - 1;
    if (n > less && strcmp(ledger + n - less, ending) == 0)
        n -= less;
    return mem_format("%.*s-runs", (int)n, ledger);
}

char *outputs_path(const char *ledger, const char *run, int step, bool undo) {
    char *folder = outputs_folder(ledger);
    char *path = mem_format("%s/%s/%s-%02d.log", folder, run, undo ? "undo" : "step", step + 1);
    free(folder);
    return path;
}

/* --- pruning --- */

struct kept {
    char *run;
    uint64_t bytes;
    int64_t at_ms; /* wall: something was put into it */
};

/* "20261128-213638-189-26435" */
static bool is_run(const char *name) {
    return strlen(name) > 15 && name[8] == '-' && name[15] == '-' &&
           strspn(name, "0123456789-") == strlen(name);
}

static bool is_output(const char *name) {
    bool ours = strncmp(name, "step-", 5) == 0 || strncmp(name, "undo-", 5) == 0;
    size_t digits = ours ? strspn(name + 5, "0123456789") : 0;
    return digits >= 2 && strcmp(name + 5 + digits, ".log") == 0;
}

/* The folder of a run, opened; NULL when it is none, or a link to one. */
static DIR *open_run(int all, const char *run) {
    int fd = openat(all, run, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !folder)
        close(fd);
    return folder;
}

static void measure(int all, struct kept *kept) {
    struct stat st;
    DIR *folder = open_run(all, kept->run);
    const struct dirent *e;
    if (!folder)
        return;
    if (fstat(dirfd(folder), &st) == 0)
        kept->at_ms = (int64_t)st.st_mtime * 1000;
    while ((e = readdir(folder)) != NULL)
        if (is_output(e->d_name) &&
            fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            kept->bytes += (uint64_t)st.st_size;
    closedir(folder);
}

static bool remove_run(int all, const char *run) {
    DIR *folder = open_run(all, run);
    const struct dirent *e;
    if (!folder)
        return false;
    while ((e = readdir(folder)) != NULL)
        if (is_output(e->d_name))
            unlinkat(dirfd(folder), e->d_name, 0);
    closedir(folder);
    return unlinkat(all, run, AT_REMOVEDIR) == 0;
}

static int newest_first(const void *a, const void *b) {
    const struct kept *x = a, *y = b;
    return strcmp(y->run, x->run); /* their names begin with their time */
}

static size_t find_runs(DIR *all, struct kept **runs) {
    const struct dirent *e;
    size_t n = 0, room = 0;
    *runs = NULL;
    while (n < RUNS_MAX && (e = readdir(all)) != NULL) {
        if (!is_run(e->d_name))
            continue;
        if (n == room) {
            room = room ? 2 * room : 64;
            *runs = mem_resize(*runs, room, sizeof **runs);
        }
        (*runs)[n++] = (struct kept){.run = mem_copy_text(e->d_name)};
    }
    for (size_t i = 0; i < n; i++)
        measure(dirfd(all), &(*runs)[i]);
    if (n > 0)
        qsort(*runs, n, sizeof **runs, newest_first);
    return n;
}

size_t outputs_prune(const char *ledger, const struct output_rules *rules, int64_t wall_ms,
                     bool (*stays)(void *self, const char *run), void *self) {
    char *name = outputs_folder(ledger);
    DIR *all = opendir(name);
    free(name);
    if (!all)
        return 0;
    struct kept *runs;
    size_t n = find_runs(all, &runs), removed = 0, left = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bool too_many = rules->runs > 0 && left >= rules->runs;
        bool too_large = rules->bytes > 0 && bytes + runs[i].bytes > rules->bytes;
        bool too_old = rules->age_ms > 0 && wall_ms - runs[i].at_ms > rules->age_ms;
        if (i > 0 && (too_many || too_large || too_old) && !stays(self, runs[i].run) &&
            remove_run(dirfd(all), runs[i].run)) {
            removed++;
        } else {
            left++;
            bytes += runs[i].bytes;
        }
        free(runs[i].run);
    }
    free(runs);
    closedir(all);
    return removed;
}

/* --- reading --- */

enum output_kept outputs_read(const char *path, const char *digest, struct buf *bytes) {
    struct buf own;
    char hex[HASH_HEX_CAP], *part = mem_alloc(READ_BYTES);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = 0;
    buf_init(&own, 0);
    struct buf *to = bytes ? bytes : &own;
    size_t from = to->len;
    while (fd >= 0 && to->len - from <= READ_MAX && (n = read(fd, part, READ_BYTES)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            buf_add(to, part, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    free(part);
    struct hash *hash = hash_new();
    hash_add(hash, to->data ? to->data + from : "", to->len - from);
    hash_hex(hash, hex);
    hash_free(hash);
    enum output_kept kept = fd < 0 || n < 0            ? OUTPUT_GONE
                            : strcmp(hex, digest) == 0 ? OUTPUT_WHOLE
                            : to->len > from && capture_is_cut(to->data + from, to->len - from)
                                ? OUTPUT_CUT
                                : OUTPUT_CHANGED;
    buf_fini(&own);
    return kept;
}

static const struct {
    const char *name, *text;
} words[] = {
    [OUTPUT_WHOLE] = {"whole", "as it was said: its digest fits"},
    [OUTPUT_CUT] = {"cut", "its beginning and its end; the digest is that of all of it"},
    [OUTPUT_CHANGED] = {"changed",
                        "not what was said then: its digest does not fit. It was changed, "
                        "or the step was run again"},
    [OUTPUT_GONE] = {"gone", "gone: pruned (config: outputs), or removed"},
};

const char *output_kept_name(enum output_kept kept) {
    return words[kept].name;
}

const char *output_kept_text(enum output_kept kept) {
    return words[kept].text;
}
