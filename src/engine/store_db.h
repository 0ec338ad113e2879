/* The store's SQLite file: what is in it, and what can be wrong with it. One thread at a time.
 *
 * A file is looked at before anything is written to it: what is no database, damaged, another
 * program's or a newer gonogo's is left as it is, byte for byte. */
#ifndef GONOGO_ENGINE_STORE_DB_H
#define GONOGO_ENGINE_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "src/engine/trouble.h"
#include "src/model/digest.h"
#include "src/model/past.h"
#include "src/model/policy.h"
#include "src/model/snapshot.h"
#include "src/model/world.h"

enum {
    STORE_DB_SCHEMA = 3,
    STORE_DB_APPLICATION = 0x474f4e47, /* "GONG", in the header of the file */
};

/* The answers of one source in one minute. */
struct minute {
    int64_t minute; /* since 1970 */
    unsigned n, n_ok;
    unsigned n_latency; /* answers that had one */
    int64_t latency_sum, latency_min, latency_max;
    char version[VERSION_CAP]; /* the last that was named; raw */
};

struct store_db;

/* `keep`: to write, made (0600) when it is not there; else only to read. NULL and `trouble`. */
struct store_db *store_db_open(const char *path, bool keep, struct trouble *trouble);
void store_db_close(struct store_db *db); /* NULL is fine */
/* Once the clock (ms, monotonic, the system's) has passed this, everything that runs is given up. 0 = no
 * limit. */
void store_db_deadline(struct store_db *db, int64_t mono_ms);

/* Writes happen between begin and commit. False: see store_db_trouble(); then roll back. */
bool store_db_begin(struct store_db *db);
bool store_db_commit(struct store_db *db);
void store_db_rollback(struct store_db *db);

bool store_db_add_minute(struct store_db *db, const char *source, const struct minute *minute);
bool store_db_put_spark(struct store_db *db, const char *source, const uint16_t *spark,
                        int64_t wall_ms);
bool store_db_add_change(struct store_db *db, const char *gate, int64_t wall_ms,
                         enum gate_verdict verdict, const char *reason);
bool store_db_put_soak(struct store_db *db, const char *gate, const struct soak *soak);
bool store_db_put_release(struct store_db *db, const char *target, const char *baseline);
/* Deletes what is older, a bounded bite at a time; the last change of each gate stays. */
/* What a digest of the logs counts, and its cursors. */
bool store_db_add_digest(struct store_db *db, const struct policy *policy,
                         const struct digest *digest);
bool store_db_forget(struct store_db *db, int64_t before_ms, int64_t now_ms);

/* Reads what is remembered of the policy's sources and gates; `sparks_too` is not needed for a
 * refresh, nor is `logs` (NULL), which is filled with what is kept of the logs. */
bool store_db_recall(struct store_db *db, const struct policy *policy, bool sparks_too,
                     struct recall *recall, struct digest *logs);

/* What the service levels' charts are laid over (past.h). False: see store_db_trouble(). `*past` is NULL when
 * the file keeps no logs. */
bool store_db_past(struct store_db *db, const struct policy *policy, const char *target,
                   const char *previous, int64_t now_ms, struct past **past);

/* What the last call that returned false ran into. */
void store_db_trouble(struct store_db *db, struct trouble *trouble);

#endif
