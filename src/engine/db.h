/* What gonogo's SQLite files (the store, the ledger) have in common: finding the file, knowing whose it is,
 * and saying what is wrong with it. */
#ifndef GONOGO_ENGINE_DB_H
#define GONOGO_ENGINE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/engine/trouble.h"

struct sqlite3;

/* What the last call that failed ran into. `db` may be NULL: there was no memory for one. */
void db_trouble(struct sqlite3 *db, struct trouble *trouble);

bool db_run(struct sqlite3 *db, const char *sql);
/* The first column of the first row; false when there is none or SQLite fails. */
bool db_text(struct sqlite3 *db, const char *sql, char *dst, size_t cap);
bool db_number(struct sqlite3 *db, const char *sql, int64_t *number);

/* The folders on the way to `path`, for their owner alone. */
bool db_make_folders(const char *path, struct trouble *trouble);
bool db_make_file(const char *path, struct trouble *trouble);
/* Whose file is it, and is it one that we can work with? Writes nothing. */
bool db_identify(struct sqlite3 *db, int application, int schema, bool *empty,
                 struct trouble *trouble);
/* A quick check of a file that is not too large for it. */
bool db_sound(struct sqlite3 *db, const char *path, struct trouble *trouble);
/* The tables of an empty file, all or nothing; none when somebody else made them meanwhile. */
bool db_make_schema(struct sqlite3 *db, const char *tables, int application, int schema);

#endif
