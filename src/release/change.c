#include "src/release/change.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/copy.h"

#define JOURNAL     TREE_JOURNAL
#define DRAFT       CHANGE_FOLDER "/draft"
#define NEW_JOURNAL CHANGE_FOLDER "/journal.new"

enum {
    LIST_BYTES_MAX = TREE_JOURNAL_BYTES_MAX,
    NAME_BYTES = NAME_MAX + 1,
};

static const char put_word[] = "put ", remove_word[] = "remove ", end_word[] = "end\n";

struct change {
    const struct tree *tree;
    const struct change_hook *hook;
    struct buf journal; /* its content so far */
    size_t n_files;
    char *path; /* being written; NULL = none */
    int fd;
    bool drafted;
    bool committed;
};

static int hooked(const struct change_hook *hook, const char *call, const char *path) {
    if (!hook)
        return 0;
    int fault = hook->before(hook->self, call, path);
    if (fault)
        errno = fault;
    return fault;
}

/* The folder of `path` (made when `make`) and, in `name`, its last part. -1 and `err`. */
static int open_parent(const struct tree *tree, const struct change_hook *hook, const char *path,
                       bool make, char name[NAME_BYTES], struct err *err) {
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    if (strlen(last) >= NAME_BYTES || last[0] == '\0') {
        err_set(err, ERR_REFUSED, path, NULL, "is no path inside the tree");
        return -1;
    }
    memcpy(name, last, strlen(last) + 1);
    char *folder = mem_copy_bytes(path, slash ? (size_t)(slash - path) : 0);
    int fd = hooked(make ? hook : NULL, "mkdir", folder)
                 ? (err_errno(err, ERR_IO, folder, NULL, "cannot be made"), -1)
                 : tree_open_folder(tree, folder, make, err);
    free(folder);
    return fd;
}

static bool new_name(char dst[NAME_BYTES], const char *name) {
    return snprintf(dst, NAME_BYTES, ".%s.gonogo-new", name) < (int)NAME_BYTES;
}

static enum err_code sync_fd(const struct change_hook *hook, int fd, const char *path,
                             struct err *err) {
    if (hooked(hook, "sync", path) || fsync(fd) != 0)
        return err_errno(err, ERR_IO, path, "look at the disk, then try again",
                         "cannot be brought to disk");
    return ERR_OK;
}

static enum err_code write_all(const struct change_hook *hook, int fd, const char *path,
                               const char *bytes, size_t n, struct err *err) {
    while (n > 0) {
        ssize_t put = hooked(hook, "write", path) ? -1 : write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_IO, path, "make room or rights, then try again",
                             "cannot be written");
        bytes += put;
        n -= (size_t)put;
    }
    return ERR_OK;
}

/* A file of our own in .gonogo, written whole and synced. */
static enum err_code write_own(const struct change *c, const char *path, int flags,
                               const char *bytes, size_t n, struct err *err) {
    char name[NAME_BYTES];
    int dir = open_parent(c->tree, c->hook, path, true, name, err);
    if (dir < 0)
        return err ? err->code : ERR_IO;
    enum err_code code;
    int fd = hooked(c->hook, "create", path)
                 ? -1
                 : openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0644);
    if (fd < 0) {
        code = err_errno(err, ERR_IO, path, "make room or rights, then try again",
                         "cannot be written");
    } else {
        code = write_all(c->hook, fd, path, bytes, n, err);
        if (code == ERR_OK)
            code = sync_fd(c->hook, fd, path, err);
        close(fd);
        if (code == ERR_OK)
            code = sync_fd(c->hook, dir, CHANGE_FOLDER, err);
    }
    close(dir);
    return code;
}

/* Takes `path` away; that it is not there is fine. */
static enum err_code remove_file(const struct tree *tree, const struct change_hook *hook,
                                 const char *path, bool prepared, struct err *err) {
    struct err trouble = ERR_INIT;
    char name[NAME_BYTES], hidden[NAME_BYTES];
    int dir = open_parent(tree, NULL, path, false, name, &trouble);
    if (dir < 0 && trouble.code == ERR_MISSING)
        return ERR_OK;
    if (dir < 0)
        return err_set(err, trouble.code, trouble.where, trouble.todo, "%s", trouble.what);
    enum err_code code = ERR_OK;
    const char *victim = prepared && new_name(hidden, name) ? hidden : name;
    if (hooked(hook, "unlink", path) || (unlinkat(dir, victim, 0) != 0 && errno != ENOENT))
        code = err_errno(err, ERR_IO, path, NULL, "cannot be taken away");
    else
        code = sync_fd(hook, dir, path, err);
    close(dir);
    return code;
}

struct change *change_begin(const struct tree *tree, const struct change_hook *hook,
                            struct err *err) {
    if (change_recover(tree, hook, NULL, err) != ERR_OK)
        return NULL;
    struct change *c = mem_zero(1, sizeof *c);
    c->tree = tree;
    c->hook = hook;
    c->fd = -1;
    buf_init(&c->journal, LIST_BYTES_MAX);
    return c;
}

void change_end(struct change *c) {
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    if (c->drafted && !c->committed) {
        struct err ignored = ERR_INIT; /* the next command tries again */
        change_recover(c->tree, c->hook, NULL, &ignored);
    }
    buf_fini(&c->journal);
    free(c->path);
    free(c);
}

static enum err_code add_line(struct change *c, const char *word, const char *path,
                              struct err *err) {
    if (c->n_files == CHANGE_FILES_MAX)
        return err_set(err, ERR_LIMIT, path, NULL, "more than %d files in one change",
                       CHANGE_FILES_MAX);
    if (strchr(path, '\n') || !buf_addf(&c->journal, "%s%s\n", word, path))
        return err_set(err, ERR_REFUSED, path, NULL, "is no path inside the tree");
    c->n_files++;
    return ERR_OK;
}

/* The new file takes over mode and owner of the one it will replace. */
static enum err_code keep_rights(int dir, const char *name, const char *path, int fd,
                                 struct err *err) {
    struct stat old, now;
    if (fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK : err_errno(err, ERR_IO, path, NULL, "cannot be looked at");
    if (!S_ISREG(old.st_mode))
        return err_set(err, ERR_REFUSED, path, "put a regular file in its place",
                       "is no regular file");
    if (fstat(fd, &now) != 0 ||
        ((now.st_uid != old.st_uid || now.st_gid != old.st_gid) &&
         fchown(fd, old.st_uid, old.st_gid) != 0) ||
        fchmod(fd, old.st_mode & 07777) != 0)
        return err_errno(err, ERR_IO, path, "run as the owner of the file",
                         "its owner and mode cannot be kept");
    return ERR_OK;
}

/* Checks `path`, opens its folder, and names it in the draft. `dir` is the caller's to close. */
static enum err_code prepare(struct change *c, const char *path, int *dir, char name[NAME_BYTES],
                             char hidden[NAME_BYTES], struct err *err) {
    if (c->fd >= 0)
        return err_set(err, ERR_REFUSED, path, NULL, "another file is being written");
    if (strchr(path, '\n'))
        return err_set(err, ERR_REFUSED, path, NULL, "is no path inside the tree");
    /* The folder first: what is drafted must be a path that can be taken back. */
    *dir = open_parent(c->tree, c->hook, path, true, name, err);
    if (*dir < 0)
        return err ? err->code : ERR_IO;
    char *line = mem_format("%s\n", path);
    const int flags = c->drafted ? O_APPEND : O_TRUNC;
    c->drafted = true; /* also when it is only half written */
    enum err_code code = write_own(c, DRAFT, flags, line, strlen(line), err);
    free(line);
    if (code == ERR_OK && !new_name(hidden, name))
        code = err_set(err, ERR_REFUSED, path, NULL, "its name is too long");
    if (code != ERR_OK)
        close(*dir);
    return code;
}

enum err_code change_create(struct change *c, const char *path, struct err *err) {
    char name[NAME_BYTES] = "", hidden[NAME_BYTES] = "";
    int dir = -1;
    enum err_code code = prepare(c, path, &dir, name, hidden, err);
    if (code != ERR_OK)
        return code;
    /* Readable too: what was copied is verified where it lies. */
    c->fd = hooked(c->hook, "create", path)
                ? -1
                : openat(dir, hidden, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    code = c->fd < 0 ? err_errno(err, ERR_IO, path, "make room or rights, then try again",
                                 "cannot be written")
                     : keep_rights(dir, name, path, c->fd, err);
    /* The name must be on disk before a journal that counts on it. */
    if (code == ERR_OK)
        code = sync_fd(c->hook, dir, path, err);
    close(dir);
    if (code == ERR_OK) {
        free(c->path);
        c->path = mem_copy_text(path);
    } else if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    return code;
}

enum err_code change_write(struct change *c, const void *bytes, size_t n, struct err *err) {
    return write_all(c->hook, c->fd, c->path, bytes, n, err);
}

enum err_code change_close(struct change *c, struct err *err) {
    enum err_code code = sync_fd(c->hook, c->fd, c->path, err);
    if (close(c->fd) != 0 && code == ERR_OK)
        code = err_errno(err, ERR_IO, c->path, NULL, "cannot be brought to disk");
    c->fd = -1;
    return code == ERR_OK ? add_line(c, put_word, c->path, err) : code;
}

enum err_code change_put(struct change *c, const char *path, const void *bytes, size_t n,
                         struct err *err) {
    enum err_code code = change_create(c, path, err);
    if (code == ERR_OK)
        code = change_write(c, bytes, n, err);
    return code == ERR_OK ? change_close(c, err) : code;
}

enum err_code change_copy(struct change *c, const char *path, int from, struct copy_facts *facts,
                          struct err *err) {
    enum err_code code = change_create(c, path, err);
    if (code == ERR_OK)
        code = copy_hashed(from, c->fd, c->hook, path, facts, err);
    return code == ERR_OK ? change_close(c, err) : code;
}

/* ERR_MISSING, and `err` as it was, when this file system cannot link the one to the other. */
static enum err_code link_file(const struct change *c, const char *from, int to_dir,
                               const char *hidden, const char *path, struct err *err) {
    char name[NAME_BYTES] = "";
    struct stat st;
    int dir = open_parent(c->tree, NULL, from, false, name, err);
    if (dir < 0)
        return err ? err->code : ERR_IO;
    enum err_code code = ERR_OK;
    if (hooked(c->hook, "link", path) || linkat(dir, name, to_dir, hidden, 0) != 0)
        code = errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP
                   ? ERR_MISSING
                   : err_errno(err, ERR_IO, path, "make room or rights, then try again",
                               "cannot be linked");
    else if (fstatat(to_dir, hidden, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        code = err_set(err, ERR_REFUSED, from, "put the file itself in its place",
                       "is no regular file");
    close(dir);
    return code == ERR_OK ? sync_fd(c->hook, to_dir, path, err) : code;
}

static bool is_same_file(const struct change *c, const char *path, const struct stat *st) {
    struct err ignored = ERR_INIT;
    struct stat there;
    int fd = tree_open_file(c->tree, path, &there, &ignored);
    if (fd < 0)
        return false;
    close(fd);
    return there.st_dev == st->st_dev && there.st_ino == st->st_ino;
}

enum err_code change_keep(struct change *c, const char *from, const char *path, struct err *err) {
    char name[NAME_BYTES] = "", hidden[NAME_BYTES] = "";
    int dir = -1;
    struct stat st;
    int fd = tree_open_file(c->tree, from, &st, err);
    if (fd < 0)
        return err ? err->code : ERR_IO;
    /* A rename between two links of one file does nothing: there is nothing to do. */
    if (is_same_file(c, path, &st)) {
        close(fd);
        return ERR_OK;
    }
    enum err_code code = prepare(c, path, &dir, name, hidden, err);
    if (code == ERR_OK) {
        code = link_file(c, from, dir, hidden, path, err);
        close(dir);
        if (code == ERR_OK)
            code = add_line(c, put_word, path, err);
        else if (code == ERR_MISSING)
            code = change_copy(c, path, fd, NULL, err);
    }
    close(fd);
    return code;
}

enum err_code change_remove(struct change *c, const char *path, struct err *err) {
    return add_line(c, remove_word, path, err);
}

static enum err_code rename_in(const struct tree *tree, const struct change_hook *hook,
                               const char *path, const char *from, const char *to,
                               struct err *err) {
    char name[NAME_BYTES];
    int dir = open_parent(tree, NULL, path, false, name, err);
    if (dir < 0)
        return err ? err->code : ERR_IO;
    enum err_code code = ERR_OK;
    if (hooked(hook, "rename", path) || renameat(dir, from, dir, to) != 0)
        /* Without its new file a target was renamed before the kill. */
        code = errno == ENOENT && faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0
                   ? ERR_OK
                   : err_errno(err, ERR_IO, path, NULL, "cannot be put in its place");
    if (code == ERR_OK)
        code = sync_fd(hook, dir, path, err);
    close(dir);
    return code;
}

static enum err_code put_in_place(const struct tree *tree, const struct change_hook *hook,
                                  const char *path, struct err *err) {
    const char *slash = strrchr(path, '/');
    char hidden[NAME_BYTES];
    if (!new_name(hidden, slash ? slash + 1 : path))
        return err_set(err, ERR_REFUSED, path, NULL, "its name is too long");
    return rename_in(tree, hook, path, hidden, slash ? slash + 1 : path, err);
}

/* Does what the journal says; each line may have been done before. */
static enum err_code apply(const struct tree *tree, const struct change_hook *hook, char *journal,
                           struct err *err) {
    char *rest = journal, *newline;
    enum err_code code = ERR_OK;
    for (; code == ERR_OK && (newline = strchr(rest, '\n')); rest = newline + 1) {
        *newline = '\0';
        if (strncmp(rest, put_word, strlen(put_word)) == 0)
            code = put_in_place(tree, hook, rest + strlen(put_word), err);
        else if (strncmp(rest, remove_word, strlen(remove_word)) == 0)
            code = remove_file(tree, hook, rest + strlen(remove_word), false, err);
        else if (strcmp(rest, "end") != 0)
            code = err_set(err, ERR_PARSE, JOURNAL, "look at it, then remove it",
                           "holds a line that no gonogo wrote");
    }
    if (code == ERR_OK)
        code = remove_file(tree, hook, JOURNAL, false, err);
    return code == ERR_OK ? remove_file(tree, hook, DRAFT, false, err) : code;
}

enum err_code change_commit(struct change *c, struct err *err) {
    if (c->n_files == 0)
        return ERR_OK;
    buf_add_text(&c->journal, end_word);
    enum err_code code = write_own(c, NEW_JOURNAL, O_TRUNC, c->journal.data, c->journal.len, err);
    if (code == ERR_OK)
        code = rename_in(c->tree, c->hook, NEW_JOURNAL, "journal.new", "journal", err);
    if (code != ERR_OK) {
        /* Renamed but not synced is not committed either: change_end() must find a draft only. */
        struct err ignored = ERR_INIT;
        remove_file(c->tree, NULL, JOURNAL, false, &ignored);
        return code;
    }
    c->committed = true;
    struct err trouble = ERR_INIT;
    if (apply(c->tree, c->hook, c->journal.data, &trouble) == ERR_OK)
        return ERR_OK;
    return err_set(err, trouble.code, trouble.where,
                   "mend that: the next gonogo command on this tree finishes the change",
                   "%s; the change is decided but not done", trouble.what);
}

static enum err_code read_list(const struct tree *tree, const char *path, struct buf *out,
                               struct err *err) {
    struct err trouble = ERR_INIT;
    buf_init(out, LIST_BYTES_MAX);
    enum err_code code = tree_read(tree, path, LIST_BYTES_MAX, out, &trouble);
    if (code == ERR_OK || code == ERR_MISSING)
        return code;
    return err_set(err, code, trouble.where, trouble.todo, "%s", trouble.what);
}

static enum err_code undo(const struct tree *tree, const struct change_hook *hook, char *draft,
                          struct err *err) {
    char *rest = draft, *newline;
    enum err_code code = ERR_OK;
    for (; code == ERR_OK && (newline = strchr(rest, '\n')); rest = newline + 1) {
        *newline = '\0';
        code = remove_file(tree, hook, rest, true, err);
    }
    if (code == ERR_OK)
        code = remove_file(tree, hook, NEW_JOURNAL, false, err);
    return code == ERR_OK ? remove_file(tree, hook, DRAFT, false, err) : code;
}

enum err_code change_recover(const struct tree *tree, const struct change_hook *hook,
                             enum change_recovery *what, struct err *err) {
    enum change_recovery ignored = CHANGE_WAS_CLEAN;
    struct buf list;
    what = what ? what : &ignored;
    *what = CHANGE_WAS_CLEAN;
    enum err_code code = read_list(tree, JOURNAL, &list, err);
    if (code == ERR_OK) {
        *what = CHANGE_FINISHED;
        const size_t tail = strlen(end_word);
        if (list.len < tail || memcmp(list.data + list.len - tail, end_word, tail) != 0)
            code = err_set(err, ERR_PARSE, JOURNAL, "look at it, then remove it",
                           "does not end as gonogo writes it");
        else
            code = apply(tree, hook, list.data, err);
    } else if (code == ERR_MISSING) {
        buf_fini(&list);
        code = read_list(tree, DRAFT, &list, err);
        if (code == ERR_OK)
            *what = CHANGE_UNDONE;
        if (code == ERR_OK && list.data)
            code = undo(tree, hook, list.data, err);
        else if (code == ERR_OK)
            code = remove_file(tree, hook, DRAFT, false, err);
        else if (code == ERR_MISSING)
            code = ERR_OK;
    }
    buf_fini(&list);
    return code;
}
