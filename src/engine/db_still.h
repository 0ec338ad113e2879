/* A WAL database that lies where nothing can be written: a read-only folder or mount, an archive. SQLite
 * wants to make its companion -shm there, and cannot.
 *
 * Without entries in a -wal the file is read as it is (immutable). With some it is copied with them into
 * a private folder under $TMPDIR, and read there: nothing that was committed is left out. Both are as of
 * the moment of the opening; db_still_moved() tells when that is over. */
#ifndef GONOGO_ENGINE_DB_STILL_H
#define GONOGO_ENGINE_DB_STILL_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "src/engine/trouble.h"

struct sqlite3;

struct db_still {
    char *path; /* NULL = nothing was opened this way */
    char *copy; /* the private folder; NULL = it is read in place */
    /* As they were: the database and its -wal (size -1 = there was none). */
    struct stat file;
    off_t wal_bytes;
};

/* Is it such a place? */
bool db_still_wanted(const char *path);
/* The database, for sqlite3_close() and then db_still_close(); NULL and `trouble`. */
struct sqlite3 *db_still_open(struct db_still *still, const char *path, struct trouble *trouble);
/* Was it written to since? False when nothing was opened this way. */
bool db_still_moved(const struct db_still *still);
/* Removes the copy. Fine when nothing was opened. */
void db_still_close(struct db_still *still);

#endif
