#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/failpoint.h"
#include "src/base/mem.h"
#include "src/base/text.h"
#include "src/engine/db.h"
#include "src/engine/runner_parts.h"
#include "src/model/approval.h"

enum {
    APPROVERS_MAX = 16,
};

/* --- drafts --- */

static struct record *add(struct runner *r, struct record *draft) {
    if (r->n_drafts < DRAFTS_MAX)
        return r->drafts[r->n_drafts++] = draft;
    record_drop(draft); /* never: a transaction has five at most */
    return r->drafts[DRAFTS_MAX - 1];
}

static struct record *draft(struct runner *r, enum record_kind kind, const char *word,
                            const char *text) {
    struct record *one = record_new(kind);
    RECORD_PUT(one->who, r->who);
    RECORD_PUT(one->role, r->role);
    RECORD_PUT(one->run, r->id);
    RECORD_PUT(one->word, word);
    RECORD_PUT(one->text, text);
    if (r->plan) {
        const char *target = r->plan->values.text[PLACE_TARGET];
        RECORD_PUT(one->subject, runner_action(r)->name);
        RECORD_PUT(one->target, target ? target : "");
        RECORD_PUT(one->fingerprint, r->plan->fingerprint);
    }
    return add(r, one);
}

struct record *log_run(struct runner *r, enum run_state state, const char *text) {
    return draft(r, RECORD_RUN, run_state_name(state), text);
}

struct record *log_step(struct runner *r, int step, const char *word, const char *text) {
    struct record *one = draft(r, RECORD_STEP, word, text);
    one->step = step;
    return one;
}

void log_other(struct runner *r, const struct run_view *view, enum run_state state,
               const char *text) {
    struct record *one = record_new(RECORD_RUN);
    RECORD_PUT(one->who, r->who);
    RECORD_PUT(one->run, view->id);
    RECORD_PUT(one->subject, view->name);
    RECORD_PUT(one->target, view->target);
    RECORD_PUT(one->word, run_state_name(state));
    RECORD_PUT(one->text, text);
    add(r, one);
}

void log_forget(struct runner *r) {
    while (r->n_drafts > 0)
        record_drop(r->drafts[--r->n_drafts]);
}

/* --- writing --- */

void runner_at(const struct runner *r, const char *point) {
    failpoint(point);
    if (r->ports.at)
        r->ports.at(r->ports.at_self, point);
}

static void reach(struct runner *r, const struct record *record) {
    r->seq = record->seq;
    memcpy(r->head, record->hash, sizeof r->head);
}

static void tell(struct runner *r, const struct record *record) {
    run_book_fold(r->book, record);
    if (record->seq > r->seq)
        reach(r, record);
    r->ports.record(r->ports.engine, record);
}

/* Whoever held the lease before died of something: that comes first in the ledger. */
static enum err_code take_lease(struct runner *r, struct err *err) {
    struct lease_past past;
    char text[LEASE_HOLDER_CAP + 64];
    if (lease_take(r->lease, r->id, runner_mono(r), &past, err) != ERR_OK)
        return err->code;
    const struct run_view *newest = run_book_at(r->book, 0);
    if (!past.dead || !newest || strcmp(newest->id, past.run) != 0 ||
        !run_is_active(newest->state) || strcmp(past.run, r->id) == 0)
        return ERR_OK;
    struct record *mine[DRAFTS_MAX];
    size_t n = r->n_drafts;
    memcpy(mine, r->drafts, sizeof mine);
    r->n_drafts = 0;
    snprintf(text, sizeof text, "%s is gone; its lease was taken over", past.holder);
    log_other(r, newest, run_state_left(newest->state), text);
    for (size_t i = 0; i < n; i++)
        add(r, mine[i]);
    return ERR_OK;
}

/* Not a file that cannot be read, but one that says what cannot be. */
static bool is_tampered(enum err_code code) {
    return code == ERR_REFUSED || code == ERR_PARSE;
}

static enum err_code append_all(struct runner *r, struct err *err) {
    for (size_t i = 0; i < r->n_drafts; i++)
        if (ledger_append(r->ledger, r->drafts[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* What others have appended, as far as it can be read. */
static enum err_code follow(struct runner *r, struct err *err) {
    struct err own = ERR_INIT;
    enum err_code code = log_follow(r, &own);
    if (code == ERR_OK || (is_tampered(code) && audit_insist(r, &own)))
        return ERR_OK;
    return err_set(err, own.code, own.where, own.todo, "%s", own.what);
}

enum err_code log_commit(struct runner *r, enum log_lease lease, const char *point,
                         struct err *err) {
    struct err own = ERR_INIT;
    ledger_insist(r->ledger, r->plan && runner_action(r)->requires == REQUIRES_ANY);
    if (ledger_begin(r->ledger, &own) == ERR_OK && follow(r, &own) == ERR_OK &&
        (lease != LEASE_TAKEN || take_lease(r, &own) == ERR_OK) && append_all(r, &own) == ERR_OK &&
        (lease != LEASE_GIVEN || lease_give(r->lease, &own) == ERR_OK) &&
        (lease != LEASE_CLEARED || lease_clear(r->lease, runner_mono(r), &own) == ERR_OK)) {
        runner_at(r, "unwritten");
        ledger_commit(r->ledger, &own);
    }
    if (own.code != ERR_OK) {
        ledger_rollback(r->ledger);
        if (lease == LEASE_TAKEN || lease == LEASE_CLEARED)
            lease_drop(r->lease);
        log_forget(r);
        return err_set(err, own.code, own.where, own.todo, "%s", own.what);
    }
    if (lease == LEASE_GIVEN || lease == LEASE_CLEARED)
        lease_drop(r->lease);
    runner_at(r, point);
    for (size_t i = 0; i < r->n_drafts; i++)
        tell(r, r->drafts[i]);
    log_forget(r);
    return ERR_OK;
}

void log_refuse(struct runner *r, const struct order *order, const char *action, bool again,
                const char *format, ...) {
    char line[1024], why[RUN_TEXT_CAP];
    struct err ignored = ERR_INIT; /* a refusal that cannot be recorded is a refusal all the same */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_safe(why, sizeof why, line, strlen(line));
    struct record *one = record_new(RECORD_REFUSED);
    RECORD_PUT(one->who, order->who);
    RECORD_PUT(one->role, order->role);
    RECORD_PUT(one->subject, action);
    RECORD_PUT(one->word, "run");
    RECORD_PUT(one->text, why);
    const char *target = order->plan ? order->plan->values.text[PLACE_TARGET] : NULL;
    RECORD_PUT(one->target, target ? target : "");
    if (ledger_append(r->ledger, one, &ignored) == ERR_OK)
        r->ports.record(r->ports.engine, one);
    record_drop(one);
    r->ports.refuse(r->ports.engine, why, again);
}

/* --- reading --- */

static bool take_in(void *self, const struct record *record) {
    struct runner *r = self;
    reach(r, record);
    if (record->kind == RECORD_RUN || record->kind == RECORD_STEP) {
        run_book_fold(r->book, record);
        r->ports.record(r->ports.engine, record);
    }
    return true;
}

enum err_code log_follow(struct runner *r, struct err *err) {
    if (!ledger_changed(r->ledger) && !r->unread)
        return ERR_OK;
    enum err_code code = ledger_each(r->ledger, r->seq + 1, take_in, r, err);
    r->unread = code != ERR_OK;
    return code;
}

struct approvals {
    const struct run_plan *plan;
    const char *action, *who;
    int64_t now_ms;
    char names[APPROVERS_MAX][RECORD_NAME_CAP];
    unsigned n;
};

static bool count_approval(void *self, const struct record *r) {
    struct approvals *a = self;
    const char *target = a->plan->values.text[PLACE_TARGET];
    unsigned i = 0;
    if (!approval_is_of(r, a->action, target ? target : "", a->plan->fingerprint, a->now_ms) ||
        strcmp(r->who, a->who) == 0)
        return true;
    while (i < a->n && strcmp(a->names[i], r->who) != 0)
        i++;
    if (strcmp(r->word, "yes") != 0) { /* taken back */
        if (i < a->n && --a->n != i)
            memcpy(a->names[i], a->names[a->n], sizeof a->names[i]);
    } else if (i == a->n && i < APPROVERS_MAX) {
        memcpy(a->names[a->n++], r->who, sizeof a->names[0]);
    }
    return true;
}

unsigned log_approvals(struct runner *r, const struct run_plan *plan, const char *who) {
    static const char sql[] =
        "SELECT min(seq) FROM entry WHERE body LIKE '%\"kind\":\"approval\"%'";
    struct approvals a = {.plan = plan,
                          .action = r->ports.policy->actions[plan->action].name,
                          .who = who,
                          .now_ms = clock_wall_ms(r->ports.clock)};
    struct err unread = ERR_INIT;
    int64_t first = 0;
    if (!db_number(ledger_db(r->ledger), sql, &first) || first <= 0 ||
        ledger_each(r->ledger, (uint64_t)first, count_approval, &a, &unread) != ERR_OK)
        return 0;
    return a.n;
}

/* False: it is no entry that can be read. */
static bool read_run(struct runner *r, sqlite3_stmt *stmt) {
    struct err ignored = ERR_INIT; /* the audit names it */
    const unsigned char *body = sqlite3_column_text(stmt, 0);
    struct record *record =
        body ? record_read((const char *)body, (size_t)sqlite3_column_bytes(stmt, 0),
                           r->ports.ledger, &ignored)
             : NULL;
    if (!record)
        return false;
    run_book_fold(r->book, record);
    r->ports.record(r->ports.engine, record);
    record_drop(record);
    return true;
}

/* The end that is gone on with. A hash that was tampered with is not known. */
static bool read_end(struct runner *r) {
    struct sqlite3 *db = ledger_db(r->ledger);
    char head[HASH_HEX_CAP] = "";
    int64_t last = 0;
    bool read = db_number(db, "SELECT coalesce(max(seq), 0) FROM entry", &last);
    db_text(db, "SELECT hash FROM entry ORDER BY seq DESC LIMIT 1", head, sizeof head);
    r->seq = last > 0 ? (uint64_t)last : 0;
    if (strlen(head) == sizeof head - 1)
        memcpy(r->head, head, sizeof head);
    return read;
}

/* The runs of before, and nothing else: a rollback does not wait until a hundred thousand entries were
 * read and verified. They are before anything is believed of them (runner_audit.c). */
static enum err_code read_runs(struct runner *r, struct err *err) {
    static const char sql[] = "SELECT body FROM entry WHERE instr(body, '\"kind\":\"run\"') > 0 OR"
                              " instr(body, '\"kind\":\"step\"') > 0 ORDER BY seq";
    struct sqlite3 *db = ledger_db(r->ledger);
    sqlite3_stmt *stmt = NULL;
    struct trouble trouble = {.kind = TROUBLE_NONE};
    int code = SQLITE_ERROR;
    if (db_run(db, "BEGIN") && read_end(r) &&
        sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
        while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            r->partial |= !read_run(r, stmt);
    if (code != SQLITE_DONE)
        db_trouble(db, &trouble);
    sqlite3_finalize(stmt);
    ledger_rollback(r->ledger); /* nothing was written */
    return code == SQLITE_DONE ? ERR_OK : trouble_err(&trouble, r->ports.ledger, err);
}

enum err_code log_open(struct runner *r, struct err *err) {
    const struct policy *policy = r->ports.policy;
    r->ledger = ledger_open(r->ports.ledger, r->ports.unsynced ? LEDGER_UNSYNCED : LEDGER_APPEND,
                            &policy->ledger, r->ports.clock, err);
    if (!r->ledger)
        return err->code;
    r->lease = lease_new(r->ledger, r->ports.ledger, err);
    if (!r->lease)
        return err->code;
    return read_runs(r, err);
}
