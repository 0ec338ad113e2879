#include "src/engine/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/proc.h"
#include "src/base/text.h"
#include "src/engine/db.h"

enum {
    HOST_CAP = 64,
    /* Who only looks (lease_look()) holds the lock for microseconds. */
    LOCK_TRIES = 10,
    LOCK_NAP_MS = 1,
};

static const char table[] =
    "CREATE TABLE IF NOT EXISTS lease (one INTEGER PRIMARY KEY CHECK (one = 1), run TEXT NOT NULL,"
    " host TEXT NOT NULL, pid INTEGER NOT NULL, beat INTEGER NOT NULL, family INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO lease VALUES (1, '', '', 0, 0, 0);";

enum statement { GET, TAKE, GIVE, BEAT, FAMILY, N_STATEMENTS };
static const char *const statements[N_STATEMENTS] = {
    [GET] = "SELECT run, host, pid, beat, family FROM lease",
    [TAKE] = "UPDATE lease SET run = ?1, host = ?2, pid = ?3, beat = beat + 1, family = 0",
    [GIVE] = "UPDATE lease SET run = '', beat = beat + 1",
    [BEAT] = "UPDATE lease SET beat = beat + 1",
    [FAMILY] = "UPDATE lease SET family = ?1, host = ?2",
};

struct row {
    char run[RECORD_RUN_CAP];
    char host[HOST_CAP];
    int64_t pid, beat, family;
};

struct lease {
    struct ledger *ledger;
    char *lock_path;
    char host[HOST_CAP];
    int lock; /* held; -1 = not */
    sqlite3_stmt *prepared[N_STATEMENTS];
    int64_t seen_beat, seen_ms; /* a foreign holder's, and since when it stands still */
};

static enum err_code fail(const struct lease *lease, struct err *err) {
    struct trouble trouble;
    db_trouble(ledger_db(lease->ledger), &trouble);
    return trouble_err(&trouble, lease->lock_path, err);
}

static void find_host(char host[HOST_CAP]) {
    host[HOST_CAP - 1] = '\0';
    if (gethostname(host, HOST_CAP - 1) != 0 || !host[0])
        snprintf(host, HOST_CAP, "here");
}

struct lease *lease_new(struct ledger *l, const char *path, struct err *err) {
    struct lease *lease = mem_zero(1, sizeof *lease);
    lease->ledger = l;
    lease->lock = -1;
    lease->lock_path = mem_format("%s.lease", path);
    find_host(lease->host);
    bool good = db_run(ledger_db(l), table);
    for (int i = 0; i < N_STATEMENTS && good; i++)
        good = sqlite3_prepare_v3(ledger_db(l), statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &lease->prepared[i], NULL) == SQLITE_OK;
    if (good)
        return lease;
    fail(lease, err);
    lease_free(lease);
    return NULL;
}

void lease_free(struct lease *lease) {
    if (!lease)
        return;
    lease_drop(lease);
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(lease->prepared[i]);
    free(lease->lock_path);
    free(lease);
}

/* --- the row --- */

static void column(sqlite3_stmt *stmt, int i, char *dst, size_t cap) {
    const unsigned char *text = sqlite3_column_text(stmt, i);
    snprintf(dst, cap, "%s", text ? (const char *)text : "");
}

static bool read_row(sqlite3_stmt *stmt, struct row *row) {
    *row = (struct row){0};
    bool found = sqlite3_step(stmt) == SQLITE_ROW;
    if (found) {
        column(stmt, 0, row->run, sizeof row->run);
        column(stmt, 1, row->host, sizeof row->host);
        row->pid = sqlite3_column_int64(stmt, 2);
        row->beat = sqlite3_column_int64(stmt, 3);
        row->family = sqlite3_column_int64(stmt, 4);
    }
    sqlite3_reset(stmt);
    return found;
}

static bool get(const struct lease *lease, struct row *row) {
    return read_row(lease->prepared[GET], row);
}

static enum err_code finish(const struct lease *lease, enum statement which, struct err *err) {
    sqlite3_stmt *stmt = lease->prepared[which];
    int code = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return code == SQLITE_DONE ? ERR_OK : fail(lease, err);
}

static void say_holder(const struct row *row, char *dst) {
    char line[LEASE_HOLDER_CAP];
    snprintf(line, sizeof line, "process %lld on %s", (long long)row->pid, row->host);
    text_safe(dst, LEASE_HOLDER_CAP, line, strlen(line));
}

/* --- who lives --- */

/* Of a holder on this machine. */
static enum lease_life life_here(const char *lock_path) {
    int fd = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), code;
    enum lease_life life = fd < 0 && errno == ENOENT ? LEASE_DEAD : LEASE_HIDDEN;
    if (fd < 0)
        return life;
    /* Shared: those who look do not take each other for a holder. */
    do
        code = flock(fd, LOCK_SH | LOCK_NB);
    while (code != 0 && errno == EINTR);
    if (code == 0)
        life = LEASE_DEAD;
    else if (errno == EWOULDBLOCK)
        life = LEASE_LIVES;
    close(fd);
    return life;
}

/* 1 ours now, 0 somebody else's, -1 trouble. */
static int lock(struct lease *lease, struct err *err) {
    int tries = LOCK_TRIES;
    if (lease->lock >= 0)
        return 1;
    int fd = open(lease->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        err_errno(err, ERR_IO, lease->lock_path, "make its folder writable", "cannot be opened");
        return -1;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        bool busy = errno == EWOULDBLOCK;
        if (busy && --tries > 0) {
            sqlite3_sleep(LOCK_NAP_MS);
            continue;
        }
        if (!busy)
            err_errno(err, ERR_IO, lease->lock_path, NULL, "cannot be locked");
        close(fd);
        return busy ? 0 : -1;
    }
    lease->lock = fd;
    return 1;
}

void lease_drop(struct lease *lease) {
    if (lease->lock >= 0)
        close(lease->lock);
    lease->lock = -1;
}

/* Of a row that names a holder on another machine. */
static bool beats(struct lease *lease, const struct row *row, int64_t now_ms) {
    if (lease->seen_ms == 0 || lease->seen_beat != row->beat) {
        lease->seen_beat = row->beat;
        lease->seen_ms = now_ms;
    }
    return now_ms - lease->seen_ms < LEASE_DEAD_MS;
}

static bool is_foreign(const struct lease *lease, const struct row *row) {
    return row->run[0] && strcmp(row->host, lease->host) != 0;
}

bool lease_held(struct lease *lease, int64_t now_ms, char *holder) {
    struct row row;
    holder[0] = '\0';
    if (lease->lock >= 0 || !get(lease, &row))
        return false;
    say_holder(&row, holder);
    int locked = lock(lease, NULL);
    lease_drop(lease);
    return locked != 1 || (is_foreign(lease, &row) && beats(lease, &row, now_ms));
}

/* --- taking and giving --- */

/* The lock, when nobody who lives has the lease; and the row. */
static enum err_code enter(struct lease *lease, int64_t now_ms, struct row *row, struct err *err) {
    char holder[LEASE_HOLDER_CAP];
    if (!get(lease, row))
        return fail(lease, err);
    int locked = lock(lease, err);
    if (locked < 0)
        return err ? err->code : ERR_IO;
    if (locked == 1 && !(is_foreign(lease, row) && beats(lease, row, now_ms)))
        return ERR_OK;
    lease_drop(lease);
    say_holder(row, holder);
    return err_set(err, ERR_BUSY, "run", "wait until it has ended", "another run is under way: %s",
                   holder);
}

enum err_code lease_take(struct lease *lease, const char *run, int64_t now_ms,
                         struct lease_past *past, struct err *err) {
    struct row row;
    *past = (struct lease_past){.dead = false};
    if (enter(lease, now_ms, &row, err) != ERR_OK)
        return err ? err->code : ERR_BUSY;
    if (row.run[0]) {
        past->dead = true;
        snprintf(past->run, sizeof past->run, "%s", row.run);
        say_holder(&row, past->holder);
    }
    sqlite3_stmt *stmt = lease->prepared[TAKE];
    sqlite3_bind_text(stmt, 1, run, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(stmt, 2, lease->host, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(stmt, 3, (int64_t)getpid());
    return finish(lease, TAKE, err);
}

enum err_code lease_clear(struct lease *lease, int64_t now_ms, struct err *err) {
    struct row row;
    if (enter(lease, now_ms, &row, err) != ERR_OK)
        return err ? err->code : ERR_BUSY;
    return finish(lease, GIVE, err);
}

enum err_code lease_give(struct lease *lease, struct err *err) {
    return finish(lease, GIVE, err);
}

enum err_code lease_beat(struct lease *lease, struct err *err) {
    return finish(lease, BEAT, err);
}

enum err_code lease_group(struct lease *lease, pid_t group, struct err *err) {
    sqlite3_stmt *stmt = lease->prepared[FAMILY];
    sqlite3_bind_int64(stmt, 1, (int64_t)group);
    sqlite3_bind_text(stmt, 2, lease->host, -1, SQLITE_TRANSIENT);
    return finish(lease, FAMILY, err);
}

pid_t lease_orphans(const struct lease *lease) {
    struct row row;
    if (!get(lease, &row) || row.family <= 1 || strcmp(row.host, lease->host) != 0)
        return 0;
    if (lease->lock < 0 && life_here(lease->lock_path) == LEASE_LIVES)
        return 0; /* it is the running step of who holds it */
    return proc_group_lives((pid_t)row.family) ? (pid_t)row.family : 0;
}

/* --- looking on --- */

void lease_look(struct ledger *l, const char *path, struct lease_sight *sight) {
    struct row row = {.beat = 0};
    sqlite3_stmt *stmt = NULL;
    char host[HOST_CAP];
    *sight = (struct lease_sight){.life = LEASE_FREE};
    /* No such table: there never was a run. */
    if (ledger_db(l) &&
        sqlite3_prepare_v2(ledger_db(l), statements[GET], -1, &stmt, NULL) == SQLITE_OK)
        read_row(stmt, &row);
    sqlite3_finalize(stmt);
    sight->beat = row.beat;
    if (!row.run[0])
        return;
    find_host(host);
    snprintf(sight->run, sizeof sight->run, "%s", row.run);
    say_holder(&row, sight->holder);
    char *lock_path = mem_format("%s.lease", path);
    sight->life = strcmp(row.host, host) == 0 ? life_here(lock_path) : LEASE_FOREIGN;
    free(lock_path);
}

bool lease_same(const struct lease_sight *a, const struct lease_sight *b) {
    return a->life == b->life && a->beat == b->beat && strcmp(a->run, b->run) == 0;
}
