#include "src/cmd/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "src/base/mem.h"

enum { PIECE = 64 << 10 };

void replace_fini(struct replace *r) {
    free(r->path);
    r->path = NULL;
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

static enum err_code read_all(struct replace *r, struct buf *bytes, struct err *err) {
    for (;;) {
        char *room = buf_room(bytes, PIECE);
        if (room == NULL)
            return err_set(err, ERR_LIMIT, r->path, "is this the feed?", "is larger than %zu MiB",
                           bytes->cap >> 20);
        ssize_t n = read(r->fd, room, PIECE);
        if (n == 0)
            return ERR_OK;
        if (n < 0 && errno != EINTR)
            return err_errno(err, ERR_IO, r->path, NULL, "cannot be read");
        if (n > 0)
            buf_wrote(bytes, (size_t)n);
    }
}

/* Where there are no locks (some network file systems), is_unchanged() alone has to do. */
static enum err_code lock(struct replace *r, const char *path, struct err *err) {
    while (flock(r->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return err_set(err, ERR_BUSY, path, "look at it and try again",
                           "somebody else is changing it");
        if (errno != EINTR)
            break;
    }
    return ERR_OK;
}

enum err_code replace_read(struct replace *r, const char *path, struct buf *bytes,
                           struct err *err) {
    *r = (struct replace){.path = realpath(path, NULL)};
    r->fd = r->path == NULL ? -1 : open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_MISSING : ERR_IO, path, "give a feed's file",
                         "cannot be opened");
    if (fstat(r->fd, &r->was) != 0)
        return err_errno(err, ERR_IO, path, NULL, "cannot be read");
    if (!S_ISREG(r->was.st_mode))
        return err_set(err, ERR_REFUSED, path, "give a feed's file", "is no regular file");
    enum err_code code = lock(r, path, err);
    return code == ERR_OK ? read_all(r, bytes, err) : code;
}

static const struct timespec *changed_at(const struct stat *st) {
#ifdef __APPLE__
    return &st->st_mtimespec;
#else
    return &st->st_mtim;
#endif
}

static bool is_unchanged(const struct replace *r) {
    struct stat now;
    return stat(r->path, &now) == 0 && now.st_dev == r->was.st_dev && now.st_ino == r->was.st_ino &&
           now.st_size == r->was.st_size &&
           changed_at(&now)->tv_sec == changed_at(&r->was)->tv_sec &&
           changed_at(&now)->tv_nsec == changed_at(&r->was)->tv_nsec;
}

static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t wrote = write(fd, bytes, n);
        if (wrote < 0 && errno != EINTR)
            return false;
        bytes += wrote > 0 ? wrote : 0;
        n -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* The owner may stay who it is only if we are root or it is us already. */
static bool keep_owner(const struct replace *r, int fd) {
    struct stat own;
    if (fstat(fd, &own) != 0)
        return false;
    bool same = own.st_uid == r->was.st_uid && own.st_gid == r->was.st_gid;
    return (same || fchown(fd, r->was.st_uid, r->was.st_gid) == 0) &&
           fchmod(fd, r->was.st_mode & 07777) == 0;
}

/* The rename itself is on disk when the folder is. */
static bool sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (fd >= 0)
        close(fd);
    return good;
}

enum err_code replace_write(struct replace *r, const void *bytes, size_t n, struct err *err) {
    char *slash = strrchr(r->path, '/'); /* it is absolute */
    char *folder = mem_copy_bytes(r->path, slash == r->path ? 1 : (size_t)(slash - r->path));
    char *fresh = mem_format("%.*s/.%s.gonogo-edit", (int)(slash - r->path), r->path, slash + 1);
    enum err_code code = ERR_OK;
    unlink(fresh); /* of somebody who was killed */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        code = err_errno(err, ERR_IO, folder, "the folder must be writable",
                         "the new feed cannot be written");
    else if (!write_all(fd, bytes, n) || !keep_owner(r, fd) || fsync(fd) != 0)
        code = err_errno(err, ERR_IO, r->path, "nothing was changed", "cannot be replaced");
    if (fd >= 0 && close(fd) != 0 && code == ERR_OK)
        code = err_errno(err, ERR_IO, r->path, "nothing was changed", "cannot be replaced");
    if (code == ERR_OK && !is_unchanged(r))
        code = err_set(err, ERR_BUSY, r->path, "look at it and try again",
                       "somebody else changed it meanwhile");
    if (code == ERR_OK && rename(fresh, r->path) != 0)
        code = err_errno(err, ERR_IO, r->path, "nothing was changed", "cannot be replaced");
    else if (code == ERR_OK && !sync_folder(folder))
        code = err_errno(err, ERR_IO, folder, NULL, "the replacement may not be on disk yet");
    if (code != ERR_OK && fd >= 0)
        unlink(fresh);
    free(fresh);
    free(folder);
    return code;
}
