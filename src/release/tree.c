#include "src/release/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"

struct tree {
    int fd; /* of the root folder */
};

static const struct tree_names names[] = {
    [TREE_STABLE] = {"stable",
                     TREE_MANIFESTS "/manifest.json",
                     {"Update", "App"},
                     TREE_INBOX "/stable"},
    [TREE_BETA] = {"beta",
                   TREE_MANIFESTS "/manifest_beta.json",
                   {"UpdateBeta", "AppBeta"},
                   TREE_INBOX "/beta"},
};

const struct tree_names *tree_names(enum tree_channel channel) {
    return &names[channel];
}

char *tree_asset_path(const char *tag, const char *name) {
    return name ? mem_format("%s/%s/%s", TREE_ASSETS, tag, name)
                : mem_format("%s/%s", TREE_ASSETS, tag);
}

struct tree *tree_open(const char *root, struct err *err) {
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, errno == ENOENT ? ERR_MISSING : ERR_IO, root,
                  "--root names the folder that holds VERSION and server/",
                  "cannot open the release tree");
        return NULL;
    }
    struct tree *tree = mem_zero(1, sizeof *tree);
    tree->fd = fd;
    return tree;
}

void tree_close(struct tree *tree) {
    if (!tree)
        return;
    close(tree->fd);
    free(tree);
}

bool tree_name_ok(const char *name) {
    size_t n = 0;
    for (; name[n]; n++) {
        unsigned char c = (unsigned char)name[n];
        if (c == '/' || c == '\\' || c < 0x20 || c == 0x7f || n == NAME_MAX)
            return false;
    }
    return n > 0 && name[0] != '.';
}

static const char look_at_root[] = "does --root name the folder that holds VERSION and server/?";

static enum err_code open_failed(int dir, const char *part, const char *path, struct err *err) {
    int reason = errno;
    struct stat st;
    if (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        return err_set(err, ERR_REFUSED, path, "put the file itself in its place",
                       "%s is a symbolic link", part);
    errno = reason;
    if (reason == ENOENT || reason == ENOTDIR)
        return err_set(err, ERR_MISSING, path, look_at_root, "there is no such file");
    return err_errno(err, ERR_IO, path, NULL, "cannot be opened");
}

/* One part of a path; false for an empty one, ".", ".." and what is too long for a name. */
static bool copy_part(char part[NAME_MAX + 1], const char *at, size_t n) {
    if (n == 0 || n > NAME_MAX || (n <= 2 && memcmp(at, "..", n) == 0))
        return false;
    memcpy(part, at, n);
    part[n] = '\0';
    return true;
}

/* Walks down from the root; every part but the last is a folder, the last what `flags` say. */
static int open_path(const struct tree *tree, const char *path, int flags, struct err *err) {
    int dir = tree->fd, fd = -1;
    for (const char *at = path;;) {
        size_t n = strcspn(at, "/");
        char part[NAME_MAX + 1];
        if (!copy_part(part, at, n)) {
            err_set(err, ERR_REFUSED, path, NULL, "is no path inside the tree");
            fd = -1;
            break;
        }
        bool last = at[n] == '\0';
        /* O_NONBLOCK: a FIFO in the tree must not stop us. */
        fd = openat(dir, part,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? flags : O_DIRECTORY));
        if (fd < 0)
            open_failed(dir, part, path, err);
        if (fd < 0 || last)
            break;
        if (dir != tree->fd)
            close(dir);
        dir = fd;
        at += n + 1;
    }
    if (dir != tree->fd)
        close(dir);
    return fd;
}

/* The folder `part` of `dir`, made when it is missing and `make`. */
static int enter_folder(int dir, const char *part, const char *path, bool make, struct err *err) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir, part, flags);
    if (fd < 0 && errno == ENOENT && make) {
        if ((mkdirat(dir, part, 0755) != 0 && errno != EEXIST) || fsync(dir) != 0) {
            err_errno(err, ERR_IO, path, "make room or rights, then try again", "cannot be made");
            return -1;
        }
        fd = openat(dir, part, flags);
    }
    if (fd < 0)
        open_failed(dir, part, path, err);
    return fd;
}

int tree_open_folder(const struct tree *tree, const char *path, bool make, struct err *err) {
    int dir = openat(tree->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        err_errno(err, ERR_IO, path, NULL, "the release tree cannot be opened");
        return -1;
    }
    for (const char *at = path; *at;) {
        size_t n = strcspn(at, "/");
        char part[NAME_MAX + 1];
        int next = -1;
        if (copy_part(part, at, n))
            next = enter_folder(dir, part, path, make, err);
        else
            err_set(err, ERR_REFUSED, path, NULL, "is no path inside the tree");
        close(dir);
        if (next < 0)
            return -1;
        dir = next;
        at += at[n] == '/' ? n + 1 : n;
    }
    return dir;
}

/* What a decided change says of a file. */
enum fate { FATE_NONE, FATE_PUT, FATE_REMOVED };

static void read_journal(const struct tree *tree, struct buf *out) {
    char chunk[4096];
    ssize_t got = 0;
    buf_init(out, TREE_JOURNAL_BYTES_MAX);
    int fd = openat(tree->fd, TREE_JOURNAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 && buf_add(out, chunk, (size_t)got))
        ;
    close(fd);
}

/* The next line of a journal from *at on: its word and its path (not terminated). */
static enum fate next_fate(const char **at, const char **path, size_t *n) {
    for (const char *newline; *at && (newline = strchr(*at, '\n'));) {
        const char *line = *at;
        enum fate fate = strncmp(line, "put ", 4) == 0      ? FATE_PUT
                         : strncmp(line, "remove ", 7) == 0 ? FATE_REMOVED
                                                            : FATE_NONE;
        *at = newline + 1;
        *path = line + (fate == FATE_PUT ? 4 : 7);
        *n = fate == FATE_NONE ? 0 : (size_t)(newline - *path);
        if (fate != FATE_NONE)
            return fate;
    }
    return FATE_NONE;
}

static enum fate fate_of(const struct tree *tree, const char *path) {
    if (strncmp(path, ".gonogo/", 8) == 0)
        return FATE_NONE;
    struct buf journal;
    read_journal(tree, &journal);
    enum fate fate, found = FATE_NONE;
    const char *at = journal.data, *name;
    size_t n;
    while ((fate = next_fate(&at, &name, &n)) != FATE_NONE)
        if (n == strlen(path) && memcmp(name, path, n) == 0)
            found = fate;
    buf_fini(&journal);
    return found;
}

/* The new file where a decided change has put it, or, when it is in its place by now, there. */
static int open_decided(const struct tree *tree, const char *path, struct err *err) {
    enum fate fate = fate_of(tree, path);
    if (fate == FATE_REMOVED) {
        err_set(err, ERR_MISSING, path, look_at_root, "there is no such file");
        return -1;
    }
    if (fate == FATE_PUT) {
        struct err ignored = ERR_INIT;
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        char *hidden = mem_format("%.*s.%s.gonogo-new", (int)(name - path), path, name);
        int fd = open_path(tree, hidden, 0, &ignored);
        free(hidden);
        if (fd >= 0)
            return fd;
    }
    return open_path(tree, path, 0, err);
}

int tree_open_file(const struct tree *tree, const char *path, struct stat *st, struct err *err) {
    int fd = open_decided(tree, path, err);
    if (fd < 0)
        return -1;
    if (fstat(fd, st) != 0)
        err_errno(err, ERR_IO, path, NULL, "cannot be looked at");
    else if (S_ISREG(st->st_mode))
        return fd;
    else
        err_set(err, ERR_REFUSED, path, NULL, "is no regular file");
    close(fd);
    return -1;
}

enum err_code tree_read(const struct tree *tree, const char *path, size_t cap, struct buf *out,
                        struct err *err) {
    struct stat st;
    int fd = tree_open_file(tree, path, &st, err);
    if (fd < 0)
        return err ? err->code : ERR_IO;
    enum err_code code = ERR_OK;
    buf_clear(out);
    for (;;) {
        char chunk[16384];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            code = err_errno(err, ERR_IO, path, NULL, "cannot be read");
            break;
        }
        if (got == 0)
            break;
        /* Counted while reading: the file may grow meanwhile, whatever fstat() said. */
        if (out->len + (size_t)got > cap || !buf_add(out, chunk, (size_t)got)) {
            code = err_set(err, ERR_LIMIT, path, NULL, "is longer than %zu bytes", cap);
            break;
        }
    }
    if (code)
        buf_clear(out);
    close(fd);
    return code;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_kind(int dir, const char *name, mode_t kind) {
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* What a decided change adds to a folder, or takes from it. */
static char **apply_journal(const struct tree *tree, const char *path, char **list, size_t *n) {
    struct buf journal;
    const char *at, *name;
    size_t length;
    enum fate fate;
    read_journal(tree, &journal);
    at = journal.data;
    while ((fate = next_fate(&at, &name, &length)) != FATE_NONE) {
        const size_t folder = strlen(path);
        if (length <= folder + 1 || memcmp(name, path, folder) != 0 || name[folder] != '/' ||
            memchr(name + folder + 1, '/', length - folder - 1))
            continue;
        char *file = mem_copy_bytes(name + folder + 1, length - folder - 1);
        size_t i = 0;
        while (i < *n && strcmp(list[i], file) != 0)
            i++;
        if (fate == FATE_REMOVED && i < *n) {
            free(list[i]);
            memmove(list + i, list + i + 1, (*n - i) * sizeof *list); /* and the NULL */
            --*n;
        }
        if (fate == FATE_PUT && i == *n && tree_name_ok(file)) {
            list = mem_resize(list, *n + 2, sizeof *list);
            list[(*n)++] = file;
            list[*n] = NULL;
            file = NULL;
        }
        free(file);
    }
    buf_fini(&journal);
    return list;
}

static char **list_folder(DIR *dir, const char *path, mode_t kind, size_t *n, struct err *err) {
    char **list = mem_zero(1, sizeof *list);
    size_t used = 0, room = 1;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (!tree_name_ok(entry->d_name) || !is_kind(dirfd(dir), entry->d_name, kind))
            continue;
        if (used == TREE_LIST_MAX) {
            err_set(err, ERR_LIMIT, path, "move old files away", "holds more than %d files",
                    (int)TREE_LIST_MAX);
            tree_list_free(list);
            return NULL;
        }
        if (used + 1 == room) {
            room = room < 16 ? 16 : room * 2;
            list = mem_resize(list, room, sizeof *list);
        }
        list[used++] = mem_copy_text(entry->d_name);
        list[used] = NULL;
    }
    *n = used;
    return list;
}

static char **list_kind(const struct tree *tree, const char *path, mode_t kind, size_t *n,
                        struct err *err) {
    struct err trouble = ERR_INIT;
    *n = 0;
    int fd = open_path(tree, path, O_DIRECTORY, &trouble);
    if (fd < 0 && trouble.code == ERR_MISSING)
        return mem_zero(1, sizeof(char *));
    if (fd < 0) {
        err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
        return NULL;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        err_errno(err, ERR_IO, path, NULL, "cannot be listed");
        close(fd);
        return NULL;
    }
    char **list = list_folder(dir, path, kind, n, err);
    closedir(dir);
    if (list && kind == S_IFREG)
        list = apply_journal(tree, path, list, n);
    if (list)
        qsort(list, *n, sizeof *list, compare_names);
    return list;
}

char **tree_list(const struct tree *tree, const char *path, size_t *n, struct err *err) {
    return list_kind(tree, path, S_IFREG, n, err);
}

char **tree_list_folders(const struct tree *tree, const char *path, size_t *n, struct err *err) {
    return list_kind(tree, path, S_IFDIR, n, err);
}

void tree_list_free(char **list) {
    if (!list)
        return;
    for (char **name = list; *name; name++)
        free(*name);
    free(list);
}
