#include "src/engine/db_still.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/buf.h"
#include "src/base/mem.h"
#include "src/engine/db.h"

enum { COPY_BYTES = 1 << 16 };

bool db_still_wanted(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? mem_copy_bytes(path, (size_t)(slash - path) + 1) : mem_copy_text(".");
    bool writable = faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
    free(folder);
    return !writable || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0;
}

static off_t wal_bytes(const char *path) {
    struct stat wal;
    char *name = mem_format("%s-wal", path);
    off_t bytes = stat(name, &wal) == 0 ? wal.st_size : -1;
    free(name);
    return bytes;
}

static bool same_moment(const struct stat *a, const struct stat *b) {
#ifdef __APPLE__
    const struct timespec *x = &a->st_mtimespec, *y = &b->st_mtimespec;
#else
    const struct timespec *x = &a->st_mtim, *y = &b->st_mtim;
#endif
    return x->tv_sec == y->tv_sec && x->tv_nsec == y->tv_nsec;
}

bool db_still_moved(const struct db_still *still) {
    struct stat now;
    if (!still->path)
        return false;
    return stat(still->path, &now) != 0 || now.st_ino != still->file.st_ino ||
           now.st_size != still->file.st_size || !same_moment(&now, &still->file) ||
           wal_bytes(still->path) != still->wal_bytes;
}

/* --- the copy --- */

static bool copy_bytes(int from, int to) {
    char *bytes = mem_alloc(COPY_BYTES);
    ssize_t n;
    bool good = true;
    while (good && (n = read(from, bytes, COPY_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0 && write(to, bytes, (size_t)n) == n;
    }
    free(bytes);
    return good;
}

static bool copy_file(const struct db_still *still, const char *ending, struct trouble *trouble) {
    char *from = mem_format("%s%s", still->path, ending);
    char *to = mem_format("%s/ledger.db%s", still->copy, ending);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = out >= 0 && copy_bytes(in, out);
    if (!good)
        trouble_set(trouble, trouble_of_errno(errno), "it cannot be copied to be read");
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    free(from);
    free(to);
    return good;
}

static bool make_copy(struct db_still *still, struct trouble *trouble) {
    const char *temporary = getenv("TMPDIR");
    still->copy = mem_format("%s/gonogo-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(still->copy)) {
        trouble_set(trouble, trouble_of_errno(errno),
                    "no folder can be made under TMPDIR for a copy");
        free(still->copy);
        still->copy = NULL;
        return false;
    }
    return copy_file(still, "", trouble) && copy_file(still, "-wal", trouble);
}

static void remove_copy(const char *folder) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *name = mem_format("%s/ledger.db%s", folder, endings[i]);
        unlink(name);
        free(name);
    }
    rmdir(folder);
}

/* --- opening --- */

/* "file:…?immutable=1", with everything that means something in a URI as %XX. */
static char *immutable_uri(const char *path) {
    struct buf uri;
    buf_init(&uri, 0);
    buf_add_text(&uri, "file:");
    for (; *path; path++)
        if (strchr("%?#", *path))
            buf_addf(&uri, "%%%02X", (unsigned)*path);
        else
            buf_add(&uri, path, 1);
    buf_add_text(&uri, "?immutable=1");
    return buf_steal(&uri);
}

struct sqlite3 *db_still_open(struct db_still *still, const char *path, struct trouble *trouble) {
    sqlite3 *db = NULL;
    char *name = NULL;
    *still = (struct db_still){.path = mem_copy_text(path), .wal_bytes = wal_bytes(path)};
    bool good = stat(path, &still->file) == 0;
    if (!good)
        trouble_set(trouble, trouble_of_errno(errno), NULL);
    else if (still->wal_bytes > 0)
        good = make_copy(still, trouble);
    if (good) {
        name = still->copy ? mem_format("%s/ledger.db", still->copy) : immutable_uri(path);
        int flags =
            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY | (still->copy ? 0 : SQLITE_OPEN_URI);
        good = sqlite3_open_v2(name, &db, flags, NULL) == SQLITE_OK;
        if (!good)
            db_trouble(db, trouble);
    }
    free(name);
    if (good)
        return db;
    sqlite3_close(db);
    db_still_close(still);
    return NULL;
}

void db_still_close(struct db_still *still) {
    if (still->copy)
        remove_copy(still->copy);
    free(still->copy);
    free(still->path);
    *still = (struct db_still){.path = NULL};
}
