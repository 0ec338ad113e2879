#include "src/lab/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"

enum { DEPTH_MAX = 32 }; /* the lab's own folders nest five deep */

/* Remembers which folder this is. */
static enum err_code know(struct folder *folder, const char *path, struct err *err) {
    struct stat st;
    char *real = realpath(path, NULL);
    if (!real || lstat(real, &st) != 0) {
        free(real);
        return err_errno(err, ERR_IO, path, NULL, "cannot be found again");
    }
    folder->path = real;
    folder->device = st.st_dev;
    folder->inode = st.st_ino;
    return ERR_OK;
}

enum err_code folder_make_temporary(struct folder *folder, struct err *err) {
    const char *base = getenv("TMPDIR");
    *folder = (struct folder){0};
    char *path = mem_format("%s/gonogo-lab-XXXXXX", base && *base ? base : "/tmp");
    enum err_code code = ERR_OK;
    if (!mkdtemp(path))
        code = err_errno(err, ERR_IO, path, "set TMPDIR to a folder that can be written",
                         "cannot be made");
    else
        code = know(folder, path, err);
    folder->made = !code;
    free(path);
    return code;
}

/* 1 empty, 0 not, -1 with errno. */
static int is_empty(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int empty = 1;
    const struct dirent *entry;
    while (empty && (entry = readdir(dir)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

enum err_code folder_make(struct folder *folder, const char *path, const char *option,
                          struct err *err) {
    *folder = (struct folder){0};
    bool made = mkdir(path, 0755) == 0;
    if (!made && errno != EEXIST)
        return err_errno(err, ERR_IO, path, "name a folder whose parent exists", "cannot be made");
    if (!made) {
        int empty = is_empty(path);
        if (empty < 0)
            return err_errno(err, ERR_USAGE, option, "name a new or an empty folder", path);
        if (!empty)
            return err_set(err, ERR_USAGE, option, "name a new or an empty folder",
                           "%s is not empty", path);
    }
    enum err_code code = know(folder, path, err);
    folder->made = made;
    return code;
}

void folder_fini(struct folder *folder) {
    free(folder->path);
    *folder = (struct folder){0};
}

/* Takes the descriptor. */
static void empty_folder(int fd, int depth) {
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), name, 0) == 0 || depth == DEPTH_MAX)
            continue;
        int inner = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0) {
            empty_folder(inner, depth + 1);
            unlinkat(dirfd(dir), name, AT_REMOVEDIR);
        }
    }
    closedir(dir);
}

void folder_remove(struct folder *folder) {
    if (!folder->path)
        return;
    struct stat st;
    int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool same =
        fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == folder->device && st.st_ino == folder->inode;
    if (same)
        empty_folder(fd, 0);
    else if (fd >= 0)
        close(fd);
    if (same && folder->made)
        rmdir(folder->path);
    folder_fini(folder);
}

char *folder_path(const struct folder *folder, const char *name) {
    return mem_format("%s/%s", folder->path, name);
}

/* Makes the folders of `path` behind its first `fixed` bytes, the last part too when `whole`. */
static int make_folders(char *path, size_t fixed, bool whole) {
    for (char *at = path + fixed; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            *at = '/';
            return -1;
        }
    }
    return whole && mkdir(path, 0755) != 0 && errno != EEXIST ? -1 : 0;
}

static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        n -= (size_t)put;
    }
    return true;
}

enum err_code folder_write(const struct folder *folder, const char *name, const void *bytes,
                           size_t n, struct err *err) {
    char *path = folder_path(folder, name);
    enum err_code code = ERR_OK;
    int fd = -1;
    if (make_folders(path, strlen(folder->path) + 1, false) == 0)
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool written = fd >= 0 && write_all(fd, bytes, n);
    if (!written)
        code = err_errno(err, ERR_IO, path, NULL, "cannot be written");
    if (fd >= 0 && close(fd) != 0 && written)
        code = err_errno(err, ERR_IO, path, NULL, "cannot be written");
    free(path);
    return code;
}

enum err_code folder_write_text(const struct folder *folder, const char *name, const char *text,
                                struct err *err) {
    return folder_write(folder, name, text, strlen(text), err);
}

enum err_code folder_make_inner(const struct folder *folder, const char *name, struct err *err) {
    char *path = folder_path(folder, name);
    enum err_code code = ERR_OK;
    if (make_folders(path, strlen(folder->path) + 1, true) != 0)
        code = err_errno(err, ERR_IO, path, NULL, "cannot be made");
    free(path);
    return code;
}
