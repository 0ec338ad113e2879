#include "src/engine/store_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/engine/db.h"
#include "src/engine/store_logs.h"

enum {
    BUSY_MS = 250,                 /* so long another program's transaction is waited for */
    FIRST_SCHEMA = 1,              /* the tables below; then come those of later ones */
    FORGET_ROWS = 10000,           /* one bite: some 50 ms */
    PROGRESS_STEPS = 1000,         /* of SQLite's machine, between two looks at the deadline */
    SPARK_BYTES = 2 * SPARK_POINTS /* little-endian */
};

/* Times are ms since 1970 (UTC); minutes are since 1970. Names are those of the configuration. */
static const char schema[] =
    "CREATE TABLE source_minute ("
    " source TEXT NOT NULL, minute INTEGER NOT NULL, n INTEGER NOT NULL, n_ok INTEGER NOT NULL,"
    " n_latency INTEGER NOT NULL, latency_sum INTEGER NOT NULL, latency_min INTEGER,"
    " latency_max INTEGER, version TEXT NOT NULL, PRIMARY KEY (source, minute)) WITHOUT ROWID;"
    "CREATE INDEX source_minute_age ON source_minute (minute);"
    "CREATE TABLE source_spark ("
    " source TEXT PRIMARY KEY, at INTEGER NOT NULL, points BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE gate_change ("
    " id INTEGER PRIMARY KEY, gate TEXT NOT NULL, at INTEGER NOT NULL, verdict TEXT NOT NULL,"
    " reason TEXT NOT NULL);"
    "CREATE INDEX gate_change_gate ON gate_change (gate, id);"
    "CREATE TABLE soak ("
    " gate TEXT PRIMARY KEY, target TEXT NOT NULL, observed_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE release ("
    " id INTEGER PRIMARY KEY CHECK (id = 1), target TEXT NOT NULL, baseline TEXT NOT NULL);";

enum statement {
    ADD_MINUTE,
    PUT_SPARK,
    ADD_CHANGE,
    PUT_SOAK,
    PUT_RELEASE,
    FORGET_MINUTES,
    FORGET_CHANGES,
    FORGET_SPARKS,
    GET_SPARK,
    GET_CHANGE,
    GET_SOAK,
    GET_RELEASE,
    N_STATEMENTS
};

static const char *const statements[N_STATEMENTS] = {
    [ADD_MINUTE] =
        "INSERT INTO source_minute VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        " ON CONFLICT (source, minute) DO UPDATE SET n = n + excluded.n,"
        " n_ok = n_ok + excluded.n_ok, n_latency = n_latency + excluded.n_latency,"
        " latency_sum = latency_sum + excluded.latency_sum,"
        " latency_min = min(coalesce(latency_min, excluded.latency_min),"
        "                   coalesce(excluded.latency_min, latency_min)),"
        " latency_max = max(coalesce(latency_max, excluded.latency_max),"
        "                   coalesce(excluded.latency_max, latency_max)),"
        " version = CASE excluded.version WHEN '' THEN version ELSE excluded.version END",
    [PUT_SPARK] = "INSERT OR REPLACE INTO source_spark VALUES (?1, ?2, ?3)",
    [ADD_CHANGE] = "INSERT INTO gate_change (gate, at, verdict, reason) VALUES (?1, ?2, ?3, ?4)",
    [PUT_SOAK] = "INSERT OR REPLACE INTO soak VALUES (?1, ?2, ?3, ?4, ?5)",
    [PUT_RELEASE] = "INSERT OR REPLACE INTO release VALUES (1, ?1, ?2)",
    [FORGET_MINUTES] = ("DELETE FROM source_minute WHERE (source, minute) IN"
                        " (SELECT source, minute FROM source_minute WHERE minute < ?1 / 60000"
                        "  LIMIT ?2)"),
    [FORGET_CHANGES] = ("DELETE FROM gate_change WHERE id IN"
                        " (SELECT id FROM gate_change AS old WHERE at < ?1 AND id <"
                        "  (SELECT max(id) FROM gate_change WHERE gate = old.gate) LIMIT ?2)"),
    [FORGET_SPARKS] = ("DELETE FROM source_spark WHERE source IN"
                       " (SELECT source FROM source_spark WHERE at < ?1 LIMIT ?2)"),
    [GET_SPARK] = "SELECT points FROM source_spark WHERE source = ?1",
    [GET_CHANGE] = "SELECT verdict, at FROM gate_change WHERE gate = ?1 ORDER BY id DESC LIMIT 1",
    [GET_SOAK] = "SELECT target, observed_ms, last_ms, fingerprint FROM soak WHERE gate = ?1",
    [GET_RELEASE] = "SELECT target, baseline FROM release WHERE id = 1",
};

struct store_db {
    sqlite3 *db;
    struct store_logs *logs; /* NULL: an older file, that is only read */
    sqlite3_stmt *prepared[N_STATEMENTS];
    int64_t deadline_ms;
};

void store_db_trouble(struct store_db *db, struct trouble *trouble) {
    db_trouble(db->db, trouble);
}

/* Opening */

static int past_deadline(void *self) {
    const struct store_db *db = self;
    return db->deadline_ms > 0 && clock_mono_ms(clock_system()) > db->deadline_ms;
}

static bool prepare_all(struct store_db *db, bool keep, bool older) {
    for (int i = 0; i < N_STATEMENTS; i++) {
        if ((!keep && i < GET_SPARK) || (older && i == GET_SOAK))
            continue;
        if (sqlite3_prepare_v3(db->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &db->prepared[i], NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

/* NORMAL: a commit survives the death of the process; a power cut may take the last seconds, and the
 * file is sound after both. */
static const char keeping[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                              "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF;";

/* What each schema has that the one before it lacks. */
static const char *added_by(int64_t schema_number) {
    return schema_number == 2 ? store_logs_tables()
                              : "ALTER TABLE soak ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''";
}

/* Who keeps an older file brings it up to date, all or nothing. Who only reads it gets what there is: no
 * logs, and no soak, for nothing tells which candidate that was. */
static bool open_parts(struct store_db *db, bool keep) {
    int64_t version = 0;
    char now_current[64];
    if (!db_number(db->db, "PRAGMA user_version", &version))
        return false;
    bool older = version < STORE_DB_SCHEMA;
    if (older && !keep)
        return prepare_all(db, keep, older);
    bool good = !older || db_run(db->db, "BEGIN IMMEDIATE");
    while (good && ++version <= STORE_DB_SCHEMA)
        good = db_run(db->db, added_by(version));
    snprintf(now_current, sizeof now_current, "PRAGMA user_version = %d; COMMIT", STORE_DB_SCHEMA);
    if (!good || (older && !db_run(db->db, now_current))) {
        store_db_rollback(db);
        return false;
    }
    db->logs = store_logs_open(db->db, keep);
    return db->logs != NULL && prepare_all(db, keep, false);
}

struct store_db *store_db_open(const char *path, bool keep, struct trouble *trouble) {
    bool empty = false;
    int flags = SQLITE_OPEN_NOMUTEX | (keep ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    *trouble = (struct trouble){.kind = TROUBLE_NONE};
    if (keep && !db_make_file(path, trouble))
        return NULL;
    struct store_db *db = mem_zero(1, sizeof *db);
    if (sqlite3_open_v2(path, &db->db, flags, NULL) != SQLITE_OK)
        goto fail;
    sqlite3_extended_result_codes(db->db, 1);
    sqlite3_busy_timeout(db->db, BUSY_MS);
    sqlite3_progress_handler(db->db, PROGRESS_STEPS, past_deadline, db);
    if (!db_identify(db->db, STORE_DB_APPLICATION, STORE_DB_SCHEMA, &empty, trouble))
        goto fail;
    if (!keep && empty) {
        trouble_set(trouble, TROUBLE_LOCKED, "it is being made");
        goto fail;
    }
    if (keep && !empty && !db_sound(db->db, path, trouble))
        goto fail;
    if (keep && sqlite3_db_readonly(db->db, "main") == 1) {
        trouble_set(trouble, TROUBLE_READONLY, NULL);
        goto fail;
    }
    if (keep && (!db_run(db->db, keeping) ||
                 (empty && !db_make_schema(db->db, schema, STORE_DB_APPLICATION, FIRST_SCHEMA))))
        goto fail;
    if (!open_parts(db, keep))
        goto fail;
    return db;
fail:
    if (trouble->kind == TROUBLE_NONE)
        db_trouble(db->db, trouble);
    store_db_close(db);
    return NULL;
}

void store_db_close(struct store_db *db) {
    if (!db)
        return;
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(db->prepared[i]);
    store_logs_close(db->logs);
    sqlite3_close(db->db);
    free(db);
}

void store_db_deadline(struct store_db *db, int64_t mono_ms) {
    db->deadline_ms = mono_ms;
}

/* Writing */

bool store_db_begin(struct store_db *db) {
    return db_run(db->db, "BEGIN IMMEDIATE");
}

bool store_db_commit(struct store_db *db) {
    return db_run(db->db, "COMMIT");
}

void store_db_rollback(struct store_db *db) {
    if (!sqlite3_get_autocommit(db->db))
        db_run(db->db, "ROLLBACK");
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text) {
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC); /* lives until the step */
}

static bool step(sqlite3_stmt *stmt) {
    bool done = sqlite3_step(stmt) == SQLITE_DONE;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return done;
}

bool store_db_add_minute(struct store_db *db, const char *source, const struct minute *minute) {
    sqlite3_stmt *stmt = db->prepared[ADD_MINUTE];
    bind_text(stmt, 1, source);
    sqlite3_bind_int64(stmt, 2, minute->minute);
    sqlite3_bind_int64(stmt, 3, minute->n);
    sqlite3_bind_int64(stmt, 4, minute->n_ok);
    sqlite3_bind_int64(stmt, 5, minute->n_latency);
    sqlite3_bind_int64(stmt, 6, minute->latency_sum);
    if (minute->n_latency > 0) {
        sqlite3_bind_int64(stmt, 7, minute->latency_min);
        sqlite3_bind_int64(stmt, 8, minute->latency_max);
    }
    bind_text(stmt, 9, minute->version);
    return step(stmt);
}

bool store_db_put_spark(struct store_db *db, const char *source, const uint16_t *spark,
                        int64_t wall_ms) {
    unsigned char bytes[SPARK_BYTES];
    for (int i = 0; i < SPARK_POINTS; i++) {
        bytes[2 * i] = (unsigned char)(spark[i] & 0xff);
        bytes[2 * i + 1] = (unsigned char)(spark[i] >> 8);
    }
    sqlite3_stmt *stmt = db->prepared[PUT_SPARK];
    bind_text(stmt, 1, source);
    sqlite3_bind_int64(stmt, 2, wall_ms);
    sqlite3_bind_blob(stmt, 3, bytes, sizeof bytes, SQLITE_STATIC);
    return step(stmt);
}

bool store_db_add_change(struct store_db *db, const char *gate, int64_t wall_ms,
                         enum gate_verdict verdict, const char *reason) {
    sqlite3_stmt *stmt = db->prepared[ADD_CHANGE];
    bind_text(stmt, 1, gate);
    sqlite3_bind_int64(stmt, 2, wall_ms);
    bind_text(stmt, 3, gate_verdict_name(verdict));
    bind_text(stmt, 4, reason);
    return step(stmt);
}

bool store_db_put_soak(struct store_db *db, const char *gate, const struct soak *soak) {
    sqlite3_stmt *stmt = db->prepared[PUT_SOAK];
    bind_text(stmt, 1, gate);
    bind_text(stmt, 2, soak->target);
    sqlite3_bind_int64(stmt, 3, soak->observed_ms);
    sqlite3_bind_int64(stmt, 4, soak->last_ms);
    bind_text(stmt, 5, soak->fingerprint);
    return step(stmt);
}

bool store_db_put_release(struct store_db *db, const char *target, const char *baseline) {
    sqlite3_stmt *stmt = db->prepared[PUT_RELEASE];
    bind_text(stmt, 1, target);
    bind_text(stmt, 2, baseline);
    return step(stmt);
}

bool store_db_forget(struct store_db *db, int64_t before_ms, int64_t now_ms) {
    for (int i = FORGET_MINUTES; i <= FORGET_SPARKS; i++) {
        sqlite3_bind_int64(db->prepared[i], 1, before_ms);
        sqlite3_bind_int64(db->prepared[i], 2, FORGET_ROWS);
        if (!step(db->prepared[i]))
            return false;
    }
    return store_logs_forget(db->logs, before_ms, now_ms);
}

bool store_db_add_digest(struct store_db *db, const struct policy *policy,
                         const struct digest *digest) {
    return store_logs_add(db->logs, policy, digest);
}

/* Reading. What comes back may have been edited by anybody: the world takes only what is credible. */

static void column_text(sqlite3_stmt *stmt, int column, char *dst, size_t cap) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    snprintf(dst, cap, "%s", text ? (const char *)text : "");
}

/* One row or none; false when SQLite fails. */
static bool get(sqlite3_stmt *stmt, const char *key, bool *row) {
    sqlite3_reset(stmt);
    if (key)
        bind_text(stmt, 1, key);
    int code = sqlite3_step(stmt);
    *row = code == SQLITE_ROW;
    return *row || code == SQLITE_DONE;
}

static bool recall_spark(struct store_db *db, const char *id, uint16_t *spark) {
    sqlite3_stmt *stmt = db->prepared[GET_SPARK];
    bool row;
    if (!get(stmt, id, &row))
        return false;
    const unsigned char *bytes = row ? sqlite3_column_blob(stmt, 0) : NULL;
    if (bytes && sqlite3_column_bytes(stmt, 0) == SPARK_BYTES)
        for (int i = 0; i < SPARK_POINTS; i++)
            spark[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    return sqlite3_reset(stmt) == SQLITE_OK;
}

static bool recall_gate(struct store_db *db, const char *name, struct recall *recall, size_t i) {
    sqlite3_stmt *stmt = db->prepared[GET_CHANGE];
    bool row;
    char word[16];
    if (!get(stmt, name, &row))
        return false;
    if (row) {
        column_text(stmt, 0, word, sizeof word);
        for (int v = GATE_PASS; v <= GATE_UNKNOWN; v++) {
            if (strcmp(word, gate_verdict_name((enum gate_verdict)v)) != 0)
                continue;
            recall->gates[i].verdict = (enum gate_verdict)v;
            recall->gates[i].since_ms = sqlite3_column_int64(stmt, 1);
            recall->gates[i].known = recall->gates[i].since_ms > 0;
        }
    }
    return sqlite3_reset(stmt) == SQLITE_OK;
}

static bool recall_soak(struct store_db *db, const char *name, struct soak *soak) {
    sqlite3_stmt *stmt = db->prepared[GET_SOAK];
    bool row;
    if (!stmt)
        return true;
    if (!get(stmt, name, &row))
        return false;
    if (row) {
        column_text(stmt, 0, soak->target, sizeof soak->target);
        soak->observed_ms = sqlite3_column_int64(stmt, 1);
        soak->last_ms = sqlite3_column_int64(stmt, 2);
        column_text(stmt, 3, soak->fingerprint, sizeof soak->fingerprint);
    }
    return sqlite3_reset(stmt) == SQLITE_OK;
}

static bool recall_all(struct store_db *db, const struct policy *policy, bool sparks_too,
                       struct recall *recall) {
    bool row;
    for (size_t i = 0; sparks_too && i < policy->n_sources; i++)
        if (!recall_spark(db, policy->sources[i].id, recall->sparks[i]))
            return false;
    for (size_t i = 0; i < policy->n_gates; i++)
        if (!recall_gate(db, policy->gates[i].name, recall, i) ||
            !recall_soak(db, policy->gates[i].name, &recall->soaks[i]))
            return false;
    sqlite3_stmt *stmt = db->prepared[GET_RELEASE];
    if (!get(stmt, NULL, &row))
        return false;
    if (row) {
        column_text(stmt, 0, recall->target, sizeof recall->target);
        column_text(stmt, 1, recall->baseline, sizeof recall->baseline);
    }
    return sqlite3_reset(stmt) == SQLITE_OK;
}

bool store_db_past(struct store_db *db, const struct policy *policy, const char *target,
                   const char *previous, int64_t now_ms, struct past **past) {
    *past = NULL;
    if (!db->logs)
        return true;
    if (!db_run(db->db, "BEGIN")) /* one picture for all of them */
        return false;
    *past = store_logs_past(db->logs, policy, target, previous, now_ms);
    if (*past && db_run(db->db, "COMMIT"))
        return true;
    past_free(*past);
    *past = NULL;
    store_db_rollback(db);
    return false;
}

bool store_db_recall(struct store_db *db, const struct policy *policy, bool sparks_too,
                     struct recall *recall, struct digest *logs) {
    if (!db_run(db->db, "BEGIN")) /* one picture, even while another process writes */
        return false;
    bool read = recall_all(db, policy, sparks_too, recall) &&
                (!logs || !db->logs || store_logs_recall(db->logs, policy, logs));
    if (read)
        return db_run(db->db, "COMMIT");
    store_db_rollback(db);
    return false;
}
