#include "src/engine/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/user.h"
#include "src/engine/db.h"
#include "src/engine/db_still.h"
#include "src/model/chain.h"

enum {
    OPEN_NAP_MS = 5, /* between two tries to set up a file that others set up at the same time */
    HEX = HASH_HEX_CAP - 1,
};

/* The triggers keep a careless hand off; who means harm is found by the chain. AUTOINCREMENT remembers
 * the highest number that ever was, so that a tail deleted by hand leaves a trace. */
static const char tables[] =
    "CREATE TABLE entry ("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, hash TEXT NOT NULL,"
    " signature BLOB);"
    "CREATE TRIGGER entry_in_order BEFORE INSERT ON entry"
    " WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entry)"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER entry_not_changed BEFORE UPDATE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER entry_not_removed BEFORE DELETE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;";

enum statement { GET_LAST, ADD_ENTRY, GET_FROM, GET_HASH, GET_HIGHEST, N_STATEMENTS };

static const char *const statements[N_STATEMENTS] = {
    [GET_LAST] = "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1",
    [ADD_ENTRY] = "INSERT INTO entry (seq, body, hash, signature) VALUES (?1, ?2, ?3, ?4)",
    [GET_FROM] = "SELECT seq, body, hash, signature FROM entry WHERE seq >= ?1 ORDER BY seq",
    [GET_HIGHEST] = "SELECT seq FROM sqlite_sequence WHERE name = 'entry'",
    [GET_HASH] = "SELECT hash, signature IS NOT NULL FROM entry WHERE seq = ?1",
};

struct ledger {
    char *path;
    const struct ledger_spec *spec;
    const struct clock *clock;
    sqlite3 *db;
    sqlite3_stmt *prepared[N_STATEMENTS];
    struct hash *hash;
    struct db_still still; /* it is only read, where nothing can be written */
    struct stat file;      /* as it was opened */
    bool insists;
    bool cut_noted;  /* that entries are missing from the end */
    int64_t version; /* PRAGMA data_version at the last ledger_changed() */
    char user[RECORD_NAME_CAP];
    unsigned char key[ED25519_KEY]; /* public, of spec->key */
};

/* Trouble */

static enum err_code fail(const struct ledger *l, const struct trouble *trouble, struct err *err) {
    return trouble_err(trouble, l->path, err);
}

static enum err_code fail_db(const struct ledger *l, struct err *err) {
    struct trouble trouble;
    db_trouble(l->db, &trouble);
    return fail(l, &trouble, err);
}

/* Opening */

static void find_user(struct ledger *l) {
    char user[512];
    if (l->user[0])
        return;
    user_at_host(user, sizeof user);
    record_put(l->user, sizeof l->user, user);
}

/* Setting the journal takes a lock that SQLite does not always wait for: so does the caller. */
static bool set_up(struct ledger *l, enum ledger_how how, struct trouble *trouble) {
    bool empty = false;
    if (!db_identify(l->db, LEDGER_APPLICATION, LEDGER_SCHEMA, &empty, trouble))
        return false;
    if (how == LEDGER_READ && empty) {
        trouble_set(trouble, TROUBLE_LOCKED, "it is being made");
        return false;
    }
    if (how != LEDGER_READ && sqlite3_db_readonly(l->db, "main") == 1) {
        trouble_set(trouble, TROUBLE_READONLY, NULL);
        return false;
    }
    static const char keeping[] = "PRAGMA journal_mode = WAL; PRAGMA cache_size = -2048;"
                                  "PRAGMA trusted_schema = OFF; PRAGMA fullfsync = ON;";
    const char *synced =
        how == LEDGER_UNSYNCED ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL";
    bool good = how == LEDGER_READ || (db_run(l->db, keeping) && db_run(l->db, synced));
    if (good && empty)
        good = db_make_schema(l->db, tables, LEDGER_APPLICATION, LEDGER_SCHEMA);
    for (int i = 0; good && i < N_STATEMENTS; i++)
        good = (how == LEDGER_READ && i == ADD_ENTRY) ||
               sqlite3_prepare_v3(l->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &l->prepared[i], NULL) == SQLITE_OK;
    if (!good)
        db_trouble(l->db, trouble);
    return good;
}

static void close_db(struct ledger *l) {
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(l->prepared[i]);
        l->prepared[i] = NULL;
    }
    sqlite3_close(l->db);
    l->db = NULL;
    db_still_close(&l->still);
}

static bool set_up_db(struct ledger *l, enum ledger_how how, struct trouble *trouble) {
    sqlite3_extended_result_codes(l->db, 1);
    sqlite3_busy_timeout(l->db, LEDGER_WAIT_MS);
    return set_up(l, how, trouble);
}

static bool open_db(struct ledger *l, enum ledger_how how, struct trouble *trouble) {
    int flags =
        SQLITE_OPEN_NOMUTEX | (how == LEDGER_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    *trouble = (struct trouble){.kind = TROUBLE_NONE};
    if (sqlite3_open_v2(l->path, &l->db, flags, NULL) == SQLITE_OK && set_up_db(l, how, trouble))
        return true;
    if (trouble->kind == TROUBLE_NONE)
        db_trouble(l->db, trouble);
    close_db(l);
    /* With companions that a writer has left SQLite reads it in place all the same. */
    if (how != LEDGER_READ || trouble->kind == TROUBLE_FOREIGN || trouble->kind == TROUBLE_NEWER ||
        !db_still_wanted(l->path))
        return false;
    struct trouble still = {.kind = TROUBLE_NONE};
    l->db = db_still_open(&l->still, l->path, &still);
    if (l->db && set_up_db(l, how, &still))
        return true;
    if (still.kind != TROUBLE_NONE)
        *trouble = still;
    close_db(l);
    return false;
}

static enum err_code open_all(struct ledger *l, enum ledger_how how, struct err *err) {
    struct trouble trouble = {.kind = TROUBLE_NONE};
    int64_t end_ms = clock_mono_ms(clock_system()) + LEDGER_WAIT_MS;
    if (how == LEDGER_READ && access(l->path, F_OK) != 0 && errno == ENOENT)
        return err_set(err, ERR_MISSING, l->path, "it begins with the first vote, tick or run",
                       "there is no ledger yet");
    if (how == LEDGER_READ && faccessat(AT_FDCWD, l->path, R_OK, AT_EACCESS) != 0)
        return err_errno(err, ERR_IO, l->path, "look at its permissions", "cannot be read");
    if (how != LEDGER_READ &&
        (!db_make_folders(l->path, &trouble) || !db_make_file(l->path, &trouble)))
        return fail(l, &trouble, err);
    /* Many may begin at the same time: whoever loses the race for the set-up looks again. */
    while (!open_db(l, how, &trouble)) {
        if (trouble.kind != TROUBLE_LOCKED || clock_mono_ms(clock_system()) > end_ms)
            return fail(l, &trouble, err);
        sqlite3_sleep(OPEN_NAP_MS);
    }
    if (stat(l->path, &l->file) == 0)
        return ERR_OK;
    return err_errno(err, ERR_IO, l->path, NULL, "cannot be looked at");
}

struct ledger *ledger_open(const char *path, enum ledger_how how, const struct ledger_spec *spec,
                           const struct clock *clock, struct err *err) {
    struct ledger *l = mem_zero(1, sizeof *l);
    l->path = mem_copy_text(path);
    l->spec = spec;
    l->clock = clock;
    l->hash = hash_new();
    l->version = -1;
    if (spec && spec->key && !ed25519_public(spec->key, l->key))
        err_set(err, ERR_IO, path, NULL, "the key for signing cannot be used");
    else if (open_all(l, how, err) == ERR_OK)
        return l;
    ledger_close(l);
    return NULL;
}

void ledger_close(struct ledger *l) {
    if (!l)
        return;
    close_db(l);
    hash_free(l->hash);
    free(l->path);
    free(l);
}

struct sqlite3 *ledger_db(struct ledger *l) {
    return l->db;
}

/* Appending */

/* An entry in a file that was moved away or replaced would be lost to everybody. */
static enum err_code same_file(const struct ledger *l, struct err *err) {
    struct stat now;
    if (stat(l->path, &now) == 0 && now.st_dev == l->file.st_dev && now.st_ino == l->file.st_ino)
        return ERR_OK;
    return err_set(err, ERR_REFUSED, l->path, "put it back, or start gonogo again",
                   "the ledger was moved, removed or replaced while it was in use");
}

enum err_code ledger_begin(struct ledger *l, struct err *err) {
    if (same_file(l, err) != ERR_OK)
        return err->code;
    return db_run(l->db, "BEGIN IMMEDIATE") ? ERR_OK : fail_db(l, err);
}

enum err_code ledger_commit(struct ledger *l, struct err *err) {
    if (db_run(l->db, "COMMIT"))
        return ERR_OK;
    enum err_code code = fail_db(l, err);
    ledger_rollback(l);
    return code;
}

void ledger_rollback(struct ledger *l) {
    if (!sqlite3_get_autocommit(l->db))
        db_run(l->db, "ROLLBACK");
}

static bool read_hash(sqlite3_stmt *stmt, int column, char hash[HASH_HEX_CAP]) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    if (!text || sqlite3_column_bytes(stmt, column) != HEX)
        return false;
    memcpy(hash, text, HASH_HEX_CAP);
    return true;
}

static enum err_code read_last(struct ledger *l, uint64_t *seq, char hash[HASH_HEX_CAP],
                               struct err *err) {
    sqlite3_stmt *stmt = l->prepared[GET_LAST];
    sqlite3_reset(stmt);
    int code = sqlite3_step(stmt);
    bool good = true;
    *seq = 0;
    memcpy(hash, CHAIN_START, HASH_HEX_CAP);
    if (code == SQLITE_ROW) {
        *seq = (uint64_t)sqlite3_column_int64(stmt, 0);
        good = read_hash(stmt, 1, hash);
    }
    sqlite3_reset(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail_db(l, err);
    /* As ledger_rows() tells it: so the chain has one fault, not two. */
    return good || l->insists
               ? ERR_OK
               : err_set(err, ERR_REFUSED, l->path, "see gonogo ledger verify",
                         "entry %llu was changed: it has no hash", (unsigned long long)*seq);
}

static bool insert(struct ledger *l, const struct record *r, const struct buf *body) {
    sqlite3_stmt *stmt = l->prepared[ADD_ENTRY];
    sqlite3_bind_int64(stmt, 1, (int64_t)r->seq);
    sqlite3_bind_text(stmt, 2, body->data, (int)body->len, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 3, r->hash, HEX, SQLITE_STATIC);
    if (r->is_signed)
        sqlite3_bind_blob(stmt, 4, r->signature, ED25519_SIGNATURE, SQLITE_STATIC);
    bool done = sqlite3_step(stmt) == SQLITE_DONE;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return done;
}

/* Behind entry `last`, whose hash the draft has. */
static enum err_code complete(struct ledger *l, struct record *draft, uint64_t last,
                              struct err *err) {
    draft->seq = last + 1;
    draft->is_signed = l->spec && l->spec->key;
    find_user(l);
    memcpy(draft->user, l->user, sizeof draft->user);
    memcpy(draft->key, l->key, sizeof draft->key);
    if (draft->at_ms == 0)
        draft->at_ms = clock_wall_ms(l->clock);
    struct buf body;
    buf_init(&body, RECORD_JSON_CAP);
    record_write(draft, &body);
    if (draft->is_signed && !ed25519_sign(l->spec->key, body.data, body.len, draft->signature))
        err_set(err, ERR_IO, l->path, NULL, "the entry cannot be signed");
    chain_hash(l->hash, body.data, body.len, draft->is_signed ? draft->signature : NULL,
               draft->hash);
    if (err->code == ERR_OK && !insert(l, draft, &body))
        fail_db(l, err);
    buf_fini(&body);
    return err->code;
}

static enum err_code append(struct ledger *l, struct record *draft, struct err *err);

/* The file remembers entries that are gone: what stands in their places would hide that for ever. Whoever
 * insists writes down first that they are. */
static enum err_code end_was_cut(struct ledger *l, uint64_t last, struct err *err) {
    int64_t highest = ledger_highest(l);
    if (highest <= (int64_t)last || l->cut_noted)
        return ERR_OK;
    err_set(err, ERR_REFUSED, l->path, "see gonogo ledger verify",
            "entries %llu to %lld are missing from the end: they were removed",
            (unsigned long long)last + 1, (long long)highest);
    if (!l->insists)
        return err->code;
    struct record *note = record_new(RECORD_NOTE);
    RECORD_PUT(note->who, "gonogo");
    RECORD_PUT(note->word, "ledger");
    RECORD_PUT(note->text, err->what);
    *err = (struct err)ERR_INIT;
    l->cut_noted = true;
    append(l, note, err);
    record_drop(note);
    return err->code;
}

/* In a transaction: behind the last entry, as it is at this moment. */
static enum err_code append(struct ledger *l, struct record *draft, struct err *err) {
    uint64_t last;
    if (read_last(l, &last, draft->prev, err) != ERR_OK || end_was_cut(l, last, err) != ERR_OK ||
        read_last(l, &last, draft->prev, err) != ERR_OK)
        return err->code;
    return complete(l, draft, last, err);
}

enum err_code ledger_append(struct ledger *l, struct record *draft, struct err *err) {
    struct err own = ERR_INIT;
    bool inside = !sqlite3_get_autocommit(l->db);
    enum err_code code = inside ? ERR_OK : ledger_begin(l, &own);
    if (code == ERR_OK)
        code = append(l, draft, &own);
    if (code == ERR_OK && !inside)
        code = ledger_commit(l, &own);
    if (code == ERR_OK)
        return ERR_OK;
    if (!inside)
        ledger_rollback(l);
    return err_set(err, own.code, own.where, own.todo, "%s", own.what);
}

/* Reading */

/* What is read as it lay when it was opened is opened again when that was written to since. */
static enum err_code refresh(struct ledger *l, struct err *err) {
    struct trouble trouble = {.kind = TROUBLE_NONE};
    if (l->db && !db_still_moved(&l->still))
        return ERR_OK;
    close_db(l);
    if (open_db(l, LEDGER_READ, &trouble))
        return ERR_OK;
    return fail(l, &trouble, err);
}

static const unsigned char *trusted_keys(const struct ledger *l) {
    return l->spec && l->spec->trusted ? l->spec->trusted[0] : NULL;
}

static enum err_code resume(struct ledger *l, struct chain *chain, uint64_t from, struct err *err) {
    sqlite3_stmt *stmt = l->prepared[GET_HASH];
    char hash[HASH_HEX_CAP];
    if (from <= 1)
        return ERR_OK;
    sqlite3_reset(stmt);
    sqlite3_bind_int64(stmt, 1, (int64_t)from - 1);
    int code = sqlite3_step(stmt);
    bool good = code == SQLITE_ROW && read_hash(stmt, 0, hash);
    bool is_signed = good && sqlite3_column_int(stmt, 1) != 0;
    sqlite3_reset(stmt);
    if (good) {
        chain_resume(chain, from - 1, hash, is_signed);
        return ERR_OK;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail_db(l, err);
    return err_set(err, ERR_REFUSED, l->path, "see gonogo ledger verify",
                   "entry %llu is missing: it was removed", (unsigned long long)from - 1);
}

/* False: the row itself is no entry. */
static bool read_row(sqlite3_stmt *stmt, struct chain_entry *e) {
    *e = (struct chain_entry){.place = (uint64_t)sqlite3_column_int64(stmt, 0),
                              .body = (const char *)sqlite3_column_text(stmt, 1),
                              .n = (size_t)sqlite3_column_bytes(stmt, 1),
                              .hash = (const char *)sqlite3_column_text(stmt, 2)};
    bool is_signed = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
    if (is_signed)
        e->signature = sqlite3_column_blob(stmt, 3);
    return e->body && e->hash && sqlite3_column_bytes(stmt, 2) == HEX &&
           (!is_signed || sqlite3_column_bytes(stmt, 3) == ED25519_SIGNATURE);
}

static struct record *record_of(const struct ledger *l, const struct chain_entry *e,
                                struct err *err) {
    struct record *r = record_read(e->body, e->n, l->path, err);
    if (!r)
        return NULL;
    memcpy(r->hash, e->hash, HEX);
    if (e->signature)
        memcpy(r->signature, e->signature, sizeof r->signature);
    return r;
}

static enum err_code walk(struct ledger *l, struct chain *chain,
                          bool (*each)(void *self, const struct record *r), void *self,
                          struct err *err) {
    sqlite3_stmt *stmt = l->prepared[GET_FROM];
    char fault[CHAIN_FAULT_CAP];
    struct chain_entry e;
    int code;
    bool more = true;
    int64_t highest = ledger_highest(l); /* before the walk: others append meanwhile */
    while (more && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        bool good = read_row(stmt, &e);
        if (!good)
            snprintf(fault, sizeof fault, "entry %llu was changed: it is no entry any more",
                     (unsigned long long)e.place);
        if (!good || !chain_add(chain, &e, fault))
            return err_set(err, ERR_REFUSED, l->path, "see gonogo ledger verify", "%s", fault);
        const struct record *r = record_of(l, &e, err);
        if (!r)
            return err->code;
        more = each(self, r);
        record_drop(r);
    }
    if (more && code != SQLITE_DONE)
        return fail_db(l, err);
    return chain_end(chain, fault) && (!more || chain_reaches(chain, (uint64_t)highest, fault))
               ? ERR_OK
               : err_set(err, ERR_REFUSED, l->path, "see gonogo ledger verify", "%s", fault);
}

enum err_code ledger_each(struct ledger *l, uint64_t from,
                          bool (*each)(void *self, const struct record *r), void *self,
                          struct err *err) {
    struct err own = ERR_INIT;
    if (same_file(l, err) != ERR_OK || refresh(l, err) != ERR_OK)
        return err ? err->code : ERR_REFUSED;
    sqlite3_stmt *stmt = l->prepared[GET_FROM];
    struct chain *chain = chain_new(trusted_keys(l), l->spec ? l->spec->n_trusted : 0, false);
    if (resume(l, chain, from, &own) == ERR_OK) {
        sqlite3_reset(stmt);
        sqlite3_bind_int64(stmt, 1, (int64_t)from);
        walk(l, chain, each, self, &own);
        sqlite3_reset(stmt);
    }
    chain_free(chain);
    if (own.code != ERR_OK && db_still_moved(&l->still))
        return err_set(err, ERR_BUSY, l->path, "try again", "it was written to while it was read");
    return own.code == ERR_OK ? ERR_OK
                              : err_set(err, own.code, own.where, own.todo, "%s", own.what);
}

enum err_code ledger_rows(struct ledger *l, int64_t from,
                          bool (*row)(void *self, const struct chain_entry *e), void *self,
                          struct err *err) {
    static const struct chain_entry nothing = {.body = "", .hash = CHAIN_START};
    if (refresh(l, err) != ERR_OK)
        return err ? err->code : ERR_IO;
    sqlite3_stmt *stmt = l->prepared[GET_FROM];
    struct chain_entry e;
    int code;
    bool more = true;
    sqlite3_reset(stmt);
    sqlite3_bind_int64(stmt, 1, from);
    while (more && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (!read_row(stmt, &e)) {
            uint64_t place = e.place;
            e = nothing;
            e.place = place;
        }
        more = row(self, &e);
    }
    if (more && code != SQLITE_DONE)
        fail_db(l, err);
    sqlite3_reset(stmt);
    return more && code != SQLITE_DONE ? err->code : ERR_OK;
}

int64_t ledger_highest(struct ledger *l) {
    sqlite3_stmt *stmt = l->prepared[GET_HIGHEST];
    int64_t highest = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    return highest;
}

int64_t ledger_last(struct ledger *l, struct err *err) {
    uint64_t seq;
    char hash[HASH_HEX_CAP];
    struct err own = ERR_INIT;
    if (refresh(l, &own) == ERR_OK && read_last(l, &seq, hash, &own) == ERR_OK)
        return (int64_t)seq;
    err_set(err, own.code, own.where, own.todo, "%s", own.what);
    return -1;
}

void ledger_insist(struct ledger *l, bool insist) {
    l->insists = insist;
}

const unsigned char *ledger_trusted(const struct ledger *l, size_t *n) {
    *n = l->spec ? l->spec->n_trusted : 0;
    return trusted_keys(l);
}

const char *ledger_path(const struct ledger *l) {
    return l->path;
}

bool ledger_changed(struct ledger *l) {
    int64_t version = 0, before = l->version;
    if (!l->db || db_still_moved(&l->still))
        return true;
    if (!db_number(l->db, "PRAGMA data_version", &version))
        return true;
    l->version = version;
    return version != before;
}
