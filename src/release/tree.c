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

static enum err_code open_failed(int dir, const char *part, const char *path, struct err *err) {
    int reason = errno;
    struct stat st;
    if (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        return err_set(err, ERR_REFUSED, path, "put the file itself in its place",
                       "%s is a symbolic link", part);
    errno = reason;
    if (reason == ENOENT || reason == ENOTDIR)
        return err_set(err, ERR_MISSING, path, NULL, "there is no such file");
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

int tree_open_file(const struct tree *tree, const char *path, struct stat *st, struct err *err) {
    int fd = open_path(tree, path, 0, err);
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

static bool is_regular(int dir, const char *name) {
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static char **list_folder(DIR *dir, const char *path, size_t *n, struct err *err) {
    char **list = mem_zero(1, sizeof *list);
    size_t used = 0, room = 1;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (!tree_name_ok(entry->d_name) || !is_regular(dirfd(dir), entry->d_name))
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
    qsort(list, used, sizeof *list, compare_names);
    *n = used;
    return list;
}

char **tree_list(const struct tree *tree, const char *path, size_t *n, struct err *err) {
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
    char **list = list_folder(dir, path, n, err);
    closedir(dir);
    return list;
}

void tree_list_free(char **list) {
    if (!list)
        return;
    for (char **name = list; *name; name++)
        free(*name);
    free(list);
}
