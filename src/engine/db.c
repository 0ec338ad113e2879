#include "src/engine/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"

enum { CHECK_MAX_BYTES = 16 << 20 }; /* a larger file is not read through at the start */

void db_trouble(sqlite3 *db, struct trouble *trouble) {
    const char *detail = db ? sqlite3_errmsg(db) : "out of memory";
    int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    switch (code) {
    case SQLITE_FULL:
        trouble_set(trouble, TROUBLE_FULL, NULL);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        trouble_set(trouble, TROUBLE_LOCKED, NULL);
        break;
    case SQLITE_NOTADB:
        trouble_set(trouble, TROUBLE_NO_DB, detail);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG: /* all we say is fixed and all we keep is small: the file is not as it was made */
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
        trouble_set(trouble, TROUBLE_DAMAGED, detail);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        trouble_set(trouble, TROUBLE_READONLY, NULL);
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        trouble_set(trouble, trouble_of_errno(sqlite3_system_errno(db)), detail);
        break;
    default:
        trouble_set(trouble, TROUBLE_IO, detail);
    }
}

bool db_run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool db_text(sqlite3 *db, const char *sql, char *dst, size_t cap) {
    sqlite3_stmt *stmt = NULL;
    bool row = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
               sqlite3_step(stmt) == SQLITE_ROW;
    if (row) {
        const unsigned char *text = sqlite3_column_text(stmt, 0);
        snprintf(dst, cap, "%s", text ? (const char *)text : "");
    }
    sqlite3_finalize(stmt);
    return row;
}

bool db_number(sqlite3 *db, const char *sql, int64_t *number) {
    sqlite3_stmt *stmt = NULL;
    bool row = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
               sqlite3_step(stmt) == SQLITE_ROW;
    if (row)
        *number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return row;
}

bool db_identify(sqlite3 *db, int application, int schema, bool *empty, struct trouble *trouble) {
    int64_t found = 0, version = 0, tables = 0;
    /* All three of one moment: another process may be making the tables just now. */
    bool read = db_run(db, "BEGIN") &&
                db_number(db, "SELECT count(*) FROM sqlite_master", &tables) &&
                db_number(db, "PRAGMA application_id", &found) &&
                db_number(db, "PRAGMA user_version", &version);
    if (!read)
        db_trouble(db, trouble);
    if (!sqlite3_get_autocommit(db))
        db_run(db, read ? "COMMIT" : "ROLLBACK");
    if (!read)
        return false;
    *empty = tables == 0 && found == 0 && version == 0;
    if (*empty)
        return true;
    if (found != application) {
        trouble_set(trouble, TROUBLE_FOREIGN, NULL);
        return false;
    }
    if (version > schema || version < 1) {
        char detail[64];
        snprintf(detail, sizeof detail, "schema %lld, this one knows %d", (long long)version,
                 schema);
        trouble_set(trouble, TROUBLE_NEWER, detail);
        return false;
    }
    return true;
}

bool db_sound(sqlite3 *db, const char *path, struct trouble *trouble) {
    struct stat file;
    char answer[160] = "";
    if (stat(path, &file) != 0 || file.st_size > CHECK_MAX_BYTES)
        return true;
    if (!db_text(db, "PRAGMA quick_check(1)", answer, sizeof answer)) {
        db_trouble(db, trouble);
        return false;
    }
    if (strcmp(answer, "ok") == 0)
        return true;
    trouble_set(trouble, TROUBLE_DAMAGED, answer);
    return false;
}

bool db_make_schema(sqlite3 *db, const char *tables, int application, int schema) {
    char identity[128];
    int64_t there = 0;
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             application, schema);
    return db_run(db, "BEGIN IMMEDIATE") &&
           db_number(db, "SELECT count(*) FROM sqlite_master", &there) &&
           (there > 0 || (db_run(db, tables) && db_run(db, identity))) && db_run(db, "COMMIT");
}

/* What is there is not opened: to close a file takes away every lock that this process has on it, also
 * those of SQLite's other connections, and without them another process that closes the database as the
 * last one removes the -wal that they read. */
static bool look_at_file(const char *path, struct trouble *trouble) {
    struct stat file;
    if (stat(path, &file) != 0 || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
        trouble_set(trouble, trouble_of_errno(errno), strerror(errno));
        return false;
    }
    if (!S_ISREG(file.st_mode))
        trouble_set(trouble, TROUBLE_NO_DB, "it is no regular file");
    return S_ISREG(file.st_mode);
}

/* Made elsewhere and linked to its place, so that nobody can have it open when we close it. False, and
 * errno, when that cannot be done here. */
static bool link_new_file(const char *path) {
    char *name = mem_format("%s.new-XXXXXX", path);
    int fd = mkstemp(name); /* 0600 */
    bool made = fd >= 0;
    if (made) {
        close(fd);
        made = link(name, path) == 0 || errno == EEXIST;
        int number = errno;
        unlink(name);
        errno = number;
    }
    free(name);
    return made;
}

/* SQLite would make the file with the umask's rights; its companions (-wal, -shm) take over those that
 * the file has. */
bool db_make_file(const char *path, struct trouble *trouble) {
    struct stat there;
    if (stat(path, &there) == 0 || (link_new_file(path) && stat(path, &there) == 0))
        return look_at_file(path, trouble);
    /* Where there are no links, or one that leads to nothing. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        trouble_set(trouble, trouble_of_errno(errno), strerror(errno));
        return false;
    }
    close(fd);
    return look_at_file(path, trouble);
}

bool db_make_folders(const char *path, struct trouble *trouble) {
    char folder[4096];
    if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder) {
        trouble_set(trouble, TROUBLE_FOLDER, "the path is too long");
        return false;
    }
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            int number = errno;
            struct stat there;
            if (stat(folder, &there) != 0) {
                trouble_set(trouble, number == ENOSPC ? TROUBLE_FULL : TROUBLE_FOLDER,
                            strerror(number));
                return false;
            }
        }
        *slash = '/';
    }
    return true;
}
