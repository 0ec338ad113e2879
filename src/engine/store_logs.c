#include "src/engine/store_logs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"

enum {
    MINUTE_MS = 60000,
    LIVES_EVERY_MS = 10 * 60000, /* a release that was not heard of may have been since */
    LUMP_MINUTES = 10,           /* what is hours old is kept by so many minutes */
    FINE_MINUTES = 8 * 60,       /* windows of up to 6 h know each minute */
    LUMP_ROWS = 4000,            /* put together at one time: more than an hour brings */
    FORGET_ROWS = 10000,         /* one bite */
    VIOLATIONS_KEPT = 10000,     /* the newest */
    BUCKET_BYTES = 6,            /* bucket and count, little-endian */
    BUCKETS_MAX = 1 << 12,       /* more than a histogram has */
};

const char *store_logs_tables(void) {
    return "CREATE TABLE log_minute ("
           " metric TEXT NOT NULL, cohort INTEGER NOT NULL, version TEXT NOT NULL,"
           " minute INTEGER NOT NULL, part REAL NOT NULL, whole REAL NOT NULL, low REAL, high REAL,"
           " buckets BLOB, PRIMARY KEY (metric, cohort, version, minute)) WITHOUT ROWID;"
           "CREATE INDEX log_minute_age ON log_minute (minute);"
           "CREATE TABLE log_violation ("
           " id INTEGER PRIMARY KEY, at INTEGER NOT NULL, rule TEXT NOT NULL, log TEXT NOT NULL,"
           " line INTEGER NOT NULL, file TEXT NOT NULL, text TEXT NOT NULL);"
           "CREATE TABLE log_cursor ("
           " log TEXT NOT NULL, dev INTEGER NOT NULL, inode INTEGER NOT NULL, path BLOB NOT NULL,"
           " offset INTEGER NOT NULL, line INTEGER NOT NULL, head_bytes INTEGER NOT NULL,"
           " head_hash INTEGER NOT NULL, PRIMARY KEY (log, dev, inode)) WITHOUT ROWID;";
}

enum statement {
    PUT_MINUTE,
    DROP_MINUTE,
    ADD_VIOLATION,
    PUT_CURSOR,
    DROP_CURSOR,
    FORGET_MINUTES,
    FORGET_VIOLATIONS,
    GET_FINE, /* minutes to be put together */
    GET_MINUTE,
    GET_MINUTES,
    GET_SPAN,
    GET_LIVES,
    GET_OLDEST,
    GET_VIOLATIONS,
    GET_CURSORS,
    N_STATEMENTS
};

#define MINUTE_COLUMNS "metric, cohort, version, minute, part, whole, low, high, buckets"

static const char *const statements[N_STATEMENTS] = {
    [PUT_MINUTE] = "INSERT OR REPLACE INTO log_minute VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [DROP_MINUTE] = ("DELETE FROM log_minute"
                     " WHERE metric = ?1 AND cohort = ?2 AND version = ?3 AND minute = ?4"),
    [ADD_VIOLATION] = ("INSERT INTO log_violation (at, rule, log, line, file, text)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
    [PUT_CURSOR] = "INSERT OR REPLACE INTO log_cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [DROP_CURSOR] = "DELETE FROM log_cursor WHERE log = ?1 AND dev = ?2 AND inode = ?3",
    [FORGET_MINUTES] = ("DELETE FROM log_minute WHERE (metric, cohort, version, minute) IN"
                        " (SELECT metric, cohort, version, minute FROM log_minute"
                        "  WHERE minute < ?1 / 60000 LIMIT ?2)"),
    [FORGET_VIOLATIONS] = ("DELETE FROM log_violation WHERE at < ?1 OR"
                           " id <= (SELECT max(id) FROM log_violation) - ?2"),
    [GET_FINE] = ("SELECT " MINUTE_COLUMNS
                  " FROM log_minute WHERE minute < ?1 AND minute % ?2 <> 0 LIMIT ?3"),
    [GET_MINUTE] = ("SELECT " MINUTE_COLUMNS " FROM log_minute"
                    " WHERE metric = ?1 AND cohort = ?2 AND version = ?3 AND minute = ?4"),
    [GET_MINUTES] = ("SELECT " MINUTE_COLUMNS " FROM log_minute ORDER BY minute"),
    [GET_SPAN] = ("SELECT " MINUTE_COLUMNS " FROM log_minute INDEXED BY log_minute_age"
                  " WHERE minute >= ?1 AND minute < ?2 AND metric = ?3"),
    [GET_LIVES] = ("SELECT version, min(minute) FROM log_minute INDEXED BY log_minute_age"
                   " WHERE version <> '' GROUP BY version"),
    [GET_OLDEST] = "SELECT min(minute) FROM log_minute",
    [GET_VIOLATIONS] = ("SELECT at, rule, log, line, file, text FROM"
                        " (SELECT * FROM log_violation ORDER BY id DESC LIMIT ?1) ORDER BY id"),
    [GET_CURSORS] = ("SELECT log, dev, inode, path, offset, line, head_bytes, head_hash"
                     " FROM log_cursor"),
};

/* When two releases were first heard of. All minutes are looked at to find out, so it is kept. */
struct lives {
    char target[VERSION_CAP], previous[VERSION_CAP];
    int64_t first, previous_first, oldest; /* minutes; 0 = none */
    int64_t asked_ms;
};

struct store_logs {
    sqlite3_stmt *prepared[N_STATEMENTS];
    struct lives lives;
};

struct store_logs *store_logs_open(sqlite3 *db, bool keep) {
    struct store_logs *l = mem_zero(1, sizeof *l);
    for (int i = keep ? 0 : GET_MINUTES; i < N_STATEMENTS; i++)
        if (sqlite3_prepare_v3(db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &l->prepared[i],
                               NULL) != SQLITE_OK) {
            store_logs_close(l);
            return NULL;
        }
    return l;
}

void store_logs_close(struct store_logs *l) {
    if (!l)
        return;
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(l->prepared[i]);
    free(l);
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text) {
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static bool run(sqlite3_stmt *stmt) {
    bool done = sqlite3_step(stmt) == SQLITE_DONE;
    return sqlite3_reset(stmt) == SQLITE_OK && done;
}

static void column_text(sqlite3_stmt *stmt, int column, char *dst, size_t cap) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    snprintf(dst, cap, "%s", text ? (const char *)text : "");
}

/* ---- a row of log_minute ---- */

struct row {
    char metric[128];
    int cohort;
    char version[VERSION_CAP];
    struct digest_delta delta; /* minute, part, whole, min, max */
    struct digest_bucket *buckets;
    size_t n;
};

static void read_buckets(sqlite3_stmt *stmt, int column, struct row *row) {
    const unsigned char *bytes = sqlite3_column_blob(stmt, column);
    int size = sqlite3_column_bytes(stmt, column);
    size_t n = bytes ? (size_t)size / BUCKET_BYTES : 0;
    row->n = n < BUCKETS_MAX ? n : 0;
    row->buckets = mem_zero(row->n + 1, sizeof *row->buckets);
    for (size_t i = 0; i < row->n; i++, bytes += BUCKET_BYTES) {
        row->buckets[i].bucket = (uint16_t)(bytes[0] | bytes[1] << 8);
        row->buckets[i].count = (uint32_t)bytes[2] | (uint32_t)bytes[3] << 8 |
                                (uint32_t)bytes[4] << 16 | (uint32_t)bytes[5] << 24;
    }
}

static void read_row(sqlite3_stmt *stmt, struct row *row) {
    *row = (struct row){0};
    column_text(stmt, 0, row->metric, sizeof row->metric);
    row->cohort = sqlite3_column_int(stmt, 1);
    column_text(stmt, 2, row->version, sizeof row->version);
    row->delta.minute = sqlite3_column_int64(stmt, 3);
    row->delta.part = sqlite3_column_double(stmt, 4);
    row->delta.whole = sqlite3_column_double(stmt, 5);
    row->delta.min = sqlite3_column_double(stmt, 6);
    row->delta.max = sqlite3_column_double(stmt, 7);
    read_buckets(stmt, 8, row);
}

/* Of two ascending lists one; the counts of the same bucket add up. */
static void merge_buckets(struct row *into, const struct digest_bucket *more, size_t n) {
    struct digest_bucket *all = mem_zero(into->n + n + 1, sizeof *all);
    size_t a = 0, b = 0, at = 0;
    while (a < into->n || b < n) {
        if (b == n || (a < into->n && into->buckets[a].bucket < more[b].bucket)) {
            all[at++] = into->buckets[a++];
        } else if (a == into->n || more[b].bucket < into->buckets[a].bucket) {
            all[at++] = more[b++];
        } else {
            all[at] = into->buckets[a++];
            all[at++].count += more[b++].count;
        }
    }
    free(into->buckets);
    into->buckets = all;
    into->n = at;
}

static void merge(struct row *into, const struct digest_delta *delta,
                  const struct digest_bucket *buckets, size_t n) {
    bool first = into->delta.whole == 0;
    if (first || (delta->whole > 0 && delta->min < into->delta.min))
        into->delta.min = delta->min;
    if (first || (delta->whole > 0 && delta->max > into->delta.max))
        into->delta.max = delta->max;
    into->delta.part += delta->part;
    into->delta.whole += delta->whole;
    merge_buckets(into, buckets, n);
}

static void bind_key(sqlite3_stmt *stmt, const struct row *row) {
    bind_text(stmt, 1, row->metric);
    sqlite3_bind_int(stmt, 2, row->cohort);
    bind_text(stmt, 3, row->version);
    sqlite3_bind_int64(stmt, 4, row->delta.minute);
}

static bool put_row(struct store_logs *l, const struct row *row) {
    sqlite3_stmt *stmt = l->prepared[PUT_MINUTE];
    unsigned char *bytes = mem_alloc(row->n * BUCKET_BYTES + 1), *at = bytes;
    for (size_t i = 0; i < row->n; i++) {
        *at++ = (unsigned char)row->buckets[i].bucket;
        *at++ = (unsigned char)(row->buckets[i].bucket >> 8);
        for (unsigned shift = 0; shift < 32; shift += 8)
            *at++ = (unsigned char)(row->buckets[i].count >> shift);
    }
    bind_key(stmt, row);
    sqlite3_bind_double(stmt, 5, row->delta.part);
    sqlite3_bind_double(stmt, 6, row->delta.whole);
    sqlite3_bind_double(stmt, 7, row->delta.min);
    sqlite3_bind_double(stmt, 8, row->delta.max);
    sqlite3_bind_blob(stmt, 9, bytes, (int)(at - bytes), SQLITE_TRANSIENT);
    free(bytes);
    return run(stmt);
}

/* What the file has for the key of `row`, and more. */
static bool add_to_row(struct store_logs *l, struct row *key, const struct digest_delta *delta,
                       const struct digest_bucket *buckets, size_t n) {
    sqlite3_stmt *stmt = l->prepared[GET_MINUTE];
    struct row row = *key;
    row.buckets = NULL;
    row.n = 0;
    row.delta.part = row.delta.whole = 0;
    bind_key(stmt, key);
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        read_row(stmt, &row);
    bool ok = sqlite3_reset(stmt) == SQLITE_OK;
    merge(&row, delta, buckets, n);
    ok = ok && put_row(l, &row);
    free(row.buckets);
    return ok;
}

/* ---- writing ---- */

static bool add_delta(struct store_logs *l, const struct policy *policy, const struct digest *d,
                      const struct digest_delta *delta) {
    struct row key = {.cohort = (int)delta->cohort, .delta = *delta};
    if (delta->metric >= policy->n_metrics ||
        (size_t)snprintf(key.metric, sizeof key.metric, "%s",
                         policy->metrics[delta->metric].name) >= sizeof key.metric)
        return true;
    snprintf(key.version, sizeof key.version, "%s", d->versions[delta->version]);
    return add_to_row(l, &key, delta, d->buckets + delta->bucket, delta->n_buckets);
}

static bool add_violation(struct store_logs *l, const struct policy *policy,
                          const struct digest_violation *v) {
    sqlite3_stmt *stmt = l->prepared[ADD_VIOLATION];
    sqlite3_bind_int64(stmt, 1, v->wall_ms);
    bind_text(stmt, 2, metric_breaches[v->rule].rule);
    bind_text(stmt, 3, policy->logs[v->log].name);
    sqlite3_bind_int64(stmt, 4, (int64_t)v->line);
    bind_text(stmt, 5, v->file);
    bind_text(stmt, 6, v->text);
    return run(stmt);
}

static bool put_cursor(struct store_logs *l, const struct policy *policy,
                       const struct digest_cursor *c) {
    sqlite3_stmt *stmt = l->prepared[c->gone ? DROP_CURSOR : PUT_CURSOR];
    bind_text(stmt, 1, policy->logs[c->log].name);
    sqlite3_bind_int64(stmt, 2, (int64_t)c->dev);
    sqlite3_bind_int64(stmt, 3, (int64_t)c->inode);
    if (!c->gone) {
        sqlite3_bind_blob(stmt, 4, c->path, (int)strlen(c->path), SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 5, c->offset);
        sqlite3_bind_int64(stmt, 6, (int64_t)c->line);
        sqlite3_bind_int64(stmt, 7, c->head_bytes);
        sqlite3_bind_int64(stmt, 8, (int64_t)c->head_hash);
    }
    return run(stmt);
}

bool store_logs_add(struct store_logs *l, const struct policy *policy, const struct digest *d) {
    bool ok = true;
    for (size_t i = 0; ok && i < d->n_deltas; i++)
        ok = add_delta(l, policy, d, &d->deltas[i]);
    for (size_t i = 0; ok && i < d->n_violations; i++)
        ok = add_violation(l, policy, &d->violations[i]);
    for (size_t i = 0; ok && i < d->n_cursors; i++)
        ok = put_cursor(l, policy, &d->cursors[i]);
    return ok;
}

/* ---- forgetting ---- */

static bool lump(struct store_logs *l, int64_t before_minute) {
    sqlite3_stmt *stmt = l->prepared[GET_FINE];
    struct row *rows = mem_zero(LUMP_ROWS, sizeof *rows);
    size_t n = 0;
    bool ok = true;
    sqlite3_bind_int64(stmt, 1, before_minute);
    sqlite3_bind_int(stmt, 2, LUMP_MINUTES);
    sqlite3_bind_int(stmt, 3, LUMP_ROWS);
    while (n < LUMP_ROWS && sqlite3_step(stmt) == SQLITE_ROW)
        read_row(stmt, &rows[n++]);
    ok = sqlite3_reset(stmt) == SQLITE_OK;
    for (size_t i = 0; i < n; i++) {
        struct row *row = &rows[i];
        struct row key = *row;
        key.delta.minute -= key.delta.minute % LUMP_MINUTES;
        bind_key(l->prepared[DROP_MINUTE], row);
        ok = ok && run(l->prepared[DROP_MINUTE]) &&
             add_to_row(l, &key, &row->delta, row->buckets, row->n);
        free(row->buckets);
    }
    free(rows);
    return ok;
}

bool store_logs_forget(struct store_logs *l, int64_t before_ms, int64_t now_ms) {
    sqlite3_bind_int64(l->prepared[FORGET_MINUTES], 1, before_ms);
    sqlite3_bind_int(l->prepared[FORGET_MINUTES], 2, FORGET_ROWS);
    sqlite3_bind_int64(l->prepared[FORGET_VIOLATIONS], 1, before_ms);
    sqlite3_bind_int(l->prepared[FORGET_VIOLATIONS], 2, VIOLATIONS_KEPT);
    return run(l->prepared[FORGET_MINUTES]) && run(l->prepared[FORGET_VIOLATIONS]) &&
           lump(l, now_ms / MINUTE_MS - FINE_MINUTES);
}

/* ---- reading: anybody may have edited the file ---- */

static int find_metric(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->n_metrics; i++)
        if (strcmp(policy->metrics[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int find_log(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->n_logs; i++)
        if (strcmp(policy->logs[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool is_sound(const struct row *row) {
    for (size_t i = 1; i < row->n; i++)
        if (row->buckets[i].bucket <= row->buckets[i - 1].bucket)
            return false;
    return row->cohort >= 0 && row->cohort < COHORTS && row->delta.minute > 0 &&
           row->delta.whole >= 0;
}

/* The rows of `stmt`, which selects MINUTE_COLUMNS. */
static bool recall_minutes(sqlite3_stmt *stmt, const struct policy *policy, struct digest *d) {
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct row row;
        read_row(stmt, &row);
        int metric = find_metric(policy, row.metric);
        if (metric >= 0 && is_sound(&row)) {
            row.delta.metric = (unsigned)metric;
            row.delta.cohort = (enum cohort)row.cohort;
            row.delta.version = digest_version(d, row.version);
            digest_add(d, &row.delta, row.buckets, row.n);
        }
        free(row.buckets);
    }
    return sqlite3_reset(stmt) == SQLITE_OK && code == SQLITE_DONE;
}

static bool recall_violations(struct store_logs *l, const struct policy *policy, struct digest *d) {
    sqlite3_stmt *stmt = l->prepared[GET_VIOLATIONS];
    char name[128];
    int code;
    d->violations = mem_zero(DIGEST_VIOLATIONS_MAX, sizeof *d->violations);
    sqlite3_bind_int(stmt, 1, DIGEST_VIOLATIONS_MAX);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW && d->n_violations < DIGEST_VIOLATIONS_MAX) {
        struct digest_violation *v = &d->violations[d->n_violations];
        int rule = METRIC_RULES - 1;
        column_text(stmt, 1, name, sizeof name);
        while (rule >= 0 && strcmp(metric_breaches[rule].rule, name) != 0)
            rule--;
        column_text(stmt, 2, name, sizeof name);
        int log = find_log(policy, name);
        if (rule < 0 || log < 0)
            continue;
        v->wall_ms = sqlite3_column_int64(stmt, 0);
        v->rule = (enum metric_rule)rule;
        v->log = (unsigned)log;
        v->line = (uint64_t)sqlite3_column_int64(stmt, 3);
        column_text(stmt, 4, v->file, sizeof v->file);
        column_text(stmt, 5, v->text, sizeof v->text);
        d->n_violations++;
    }
    return sqlite3_reset(stmt) == SQLITE_OK && (code == SQLITE_DONE || code == SQLITE_ROW);
}

static bool recall_cursors(struct store_logs *l, const struct policy *policy, struct digest *d) {
    sqlite3_stmt *stmt = l->prepared[GET_CURSORS];
    char name[128];
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        column_text(stmt, 0, name, sizeof name);
        int log = find_log(policy, name);
        const void *path = sqlite3_column_blob(stmt, 3);
        int64_t offset = sqlite3_column_int64(stmt, 4), line = sqlite3_column_int64(stmt, 5);
        int head = sqlite3_column_int(stmt, 6);
        if (log < 0 || !path || offset < 0 || line < 0 || head < 0 || head > DIGEST_HEAD_MAX)
            continue;
        struct digest_cursor c = {
            .log = (unsigned)log,
            .path = mem_copy_bytes(path, (size_t)sqlite3_column_bytes(stmt, 3)),
            .dev = (uint64_t)sqlite3_column_int64(stmt, 1),
            .inode = (uint64_t)sqlite3_column_int64(stmt, 2),
            .offset = offset,
            .line = (uint64_t)line,
            .head_bytes = (uint32_t)head,
            .head_hash = (uint64_t)sqlite3_column_int64(stmt, 7),
        };
        digest_add_cursor(d, &c);
        free(c.path);
    }
    return sqlite3_reset(stmt) == SQLITE_OK && code == SQLITE_DONE;
}

bool store_logs_recall(struct store_logs *l, const struct policy *policy, struct digest *d) {
    d->recalled = true;
    return recall_minutes(l->prepared[GET_MINUTES], policy, d) && recall_violations(l, policy, d) &&
           recall_cursors(l, policy, d);
}

/* ---- earlier curves ---- */

static bool find_lives(struct store_logs *l, struct lives *lives) {
    sqlite3_stmt *stmt = l->prepared[GET_LIVES];
    char version[VERSION_CAP];
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        column_text(stmt, 0, version, sizeof version);
        int64_t first = sqlite3_column_int64(stmt, 1);
        if (lives->target[0] && version_compare(version, lives->target) == 0)
            lives->first = first;
        if (lives->previous[0] && version_compare(version, lives->previous) == 0)
            lives->previous_first = first;
    }
    if (sqlite3_reset(stmt) != SQLITE_OK || code != SQLITE_DONE)
        return false;
    stmt = l->prepared[GET_OLDEST];
    if (sqlite3_step(stmt) == SQLITE_ROW)
        lives->oldest = sqlite3_column_int64(stmt, 0);
    return sqlite3_reset(stmt) == SQLITE_OK;
}

static bool know_lives(struct store_logs *l, struct past_question *q) {
    struct lives *known = &l->lives;
    bool same = known->asked_ms > 0 && strcmp(known->target, q->target) == 0 &&
                strcmp(known->previous, q->previous) == 0;
    bool found = known->first > 0 && known->previous_first > 0;
    int64_t age_ms = q->now_ms - known->asked_ms;
    if (!same || (!found && (age_ms < 0 || age_ms >= LIVES_EVERY_MS))) {
        struct lives lives = {.asked_ms = q->now_ms};
        snprintf(lives.target, sizeof lives.target, "%s", q->target);
        snprintf(lives.previous, sizeof lives.previous, "%s", q->previous);
        if (!find_lives(l, &lives))
            return false;
        *known = lives;
    }
    q->first = known->first;
    q->previous_first = known->previous_first;
    q->oldest = known->oldest;
    return true;
}

static bool recall_past(struct store_logs *l, const struct past_question *q, size_t slo, bool again,
                        struct slo_past *out) {
    struct past_plan plan = past_plan_of(q, slo, again);
    *out = (struct slo_past){.kind = PAST_NONE};
    if (plan.kind == PAST_NONE)
        return true;
    sqlite3_stmt *stmt = l->prepared[GET_SPAN];
    struct digest *kept = digest_new(q->policy, q->now_ms);
    sqlite3_bind_int64(stmt, 1, plan.from);
    sqlite3_bind_int64(stmt, 2, plan.end);
    bind_text(stmt, 3, q->policy->metrics[q->policy->slos[slo].metric].name);
    bool ok = recall_minutes(stmt, q->policy, kept);
    bool drawn = ok && past_draw(q, slo, &plan, kept, out);
    digest_drop(kept);
    if (ok && !drawn && plan.kind == PAST_RELEASE)
        return recall_past(l, q, slo, true, out);
    return ok;
}

struct past *store_logs_past(struct store_logs *l, const struct policy *policy, const char *target,
                             const char *previous, int64_t now_ms) {
    struct past_question q = {
        .policy = policy, .now_ms = now_ms, .target = target, .previous = previous};
    if (!know_lives(l, &q))
        return NULL;
    struct past *past = past_new(&q);
    for (size_t i = 0; i < past->n; i++) {
        if (!recall_past(l, &q, i, false, &past->curves[i])) {
            past_free(past);
            return NULL;
        }
    }
    return past;
}
