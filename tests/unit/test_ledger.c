/* The ledger's file: entries go to its end and nowhere else, whoever writes. */
#include "src/engine/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-ledger-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state/gonogo-ledger.db", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct ledger *open_ledger(enum ledger_how how) {
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(path, how, NULL, clock_system(), &err);
    if (!l)
        fail_msg("%s: %s", err.where, err.what);
    return l;
}

static void append(struct ledger *l, const char *who) {
    struct err err = ERR_INIT;
    struct record *r = record_new(RECORD_NOTE);
    RECORD_PUT(r->who, who);
    if (ledger_append(l, r, &err) != ERR_OK)
        fail_msg("%s: %s", err.where, err.what);
    record_drop(r);
}

/* What ledger_each() tells, in order. */
struct heard {
    uint64_t n, last;
    char who[RECORD_NAME_CAP], user[RECORD_NAME_CAP];
    uint64_t stop_at;
};

static bool hear(void *self, const struct record *r) {
    struct heard *h = self;
    h->n++;
    h->last = r->seq;
    memcpy(h->who, r->who, sizeof h->who);
    memcpy(h->user, r->user, sizeof h->user);
    return h->stop_at != r->seq;
}

static void entries_are_read_in_the_order_in_which_they_were_written(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct heard heard = {0};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    struct stat st;
    assert_int_equal(ledger_last(l, &err), 0);
    append(l, "ada");
    append(l, "grace");
    assert_int_equal(ledger_last(l, &err), 2);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    assert_string_equal(heard.who, "grace");
    assert_non_null(strchr(heard.user, '@'));
    heard = (struct heard){0};
    assert_int_equal(ledger_each(l, 2, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 1);
    heard = (struct heard){.stop_at = 1};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 1);
    heard = (struct heard){0};
    assert_int_equal(ledger_each(l, 3, hear, &heard, &err), ERR_OK); /* nothing new is no error */
    assert_int_equal(heard.n, 0);
    ledger_close(l);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    l = open_ledger(LEDGER_READ);
    assert_int_equal(ledger_last(l, &err), 2);
    ledger_close(l);
}

static void a_ledger_that_is_not_there_is_not_read(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(ledger_open(path, LEDGER_READ, NULL, clock_system(), &err));
    assert_int_equal(err.code, ERR_MISSING);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_others_append_is_noticed(void **state) {
    (void)state;
    struct ledger *one = open_ledger(LEDGER_APPEND), *other = open_ledger(LEDGER_APPEND);
    assert_true(ledger_changed(one));
    assert_false(ledger_changed(one));
    append(one, "ada");
    assert_false(ledger_changed(one)); /* its own it knows */
    append(other, "grace");
    assert_true(ledger_changed(one));
    assert_false(ledger_changed(one));
    ledger_close(one);
    ledger_close(other);
}

/* Appends and closes whenever it is told to. Begun before anybody has the file open: what SQLite knows of
 * a process's locks would go into a child with it. */
static void come_and_go(int told, int tells) {
    char byte;
    while (read(told, &byte, 1) == 1) {
        struct err err = ERR_INIT;
        struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &err);
        struct record *r = record_new(RECORD_NOTE);
        if (!l || ledger_append(l, r, &err) != ERR_OK)
            break;
        record_drop(r);
        ledger_close(l);
        if (write(tells, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

/* Two handles in one process, as the clerk and the runner have them, and another that comes and goes:
 * SQLite must not believe that it is the last one, and take the -wal away that we read. */
static void others_that_come_and_go_are_still_heard(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    char wal[160], byte = 'r';
    int told[2], tells[2];
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(tells), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(told[1]);
        come_and_go(told[0], tells[1]);
    }
    close(told[0]);
    close(tells[1]);
    snprintf(wal, sizeof wal, "%s-wal", path);
    struct ledger *first = open_ledger(LEDGER_APPEND);
    append(first, "first");
    struct ledger *reader = open_ledger(LEDGER_READ), *writer = open_ledger(LEDGER_APPEND);
    for (uint64_t i = 0; i < 5; i++) {
        struct heard heard = {0};
        assert_int_equal(write(told[1], &byte, 1), 1);
        assert_int_equal(read(tells[0], &byte, 1), 1);
        assert_true(ledger_changed(reader));
        assert_int_equal(ledger_each(reader, 1, hear, &heard, &err), ERR_OK);
        assert_int_equal(heard.n, i + 2);
        assert_int_equal(access(wal, F_OK), 0);
    }
    append(writer, "last");
    ledger_close(reader);
    ledger_close(writer);
    ledger_close(first);
    close(told[1]);
    close(tells[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void many_processes_append_and_none_is_lost(void **state) {
    (void)state;
    enum { PROCESSES = 6, EACH = 25 };
    struct err err = ERR_INIT;
    struct heard heard = {0};
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) { /* all make the file at once */
        pids[p] = fork();
        assert_true(pids[p] >= 0);
        if (pids[p] > 0)
            continue;
        struct err own = ERR_INIT;
        struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &own);
        for (int i = 0; l && i < EACH; i++) {
            struct record *r = record_new(RECORD_NOTE);
            ledger_append(l, r, &own);
            record_drop(r);
        }
        if (own.code != ERR_OK)
            err_print(stderr, &own);
        _exit(own.code == ERR_OK ? 0 : 1);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 0;
        assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
        assert_int_equal(status, 0);
    }
    struct ledger *l = open_ledger(LEDGER_READ);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, PROCESSES * EACH);
    assert_int_equal(heard.last, PROCESSES * EACH);
    ledger_close(l);
}

static void what_was_begun_and_not_committed_never_was(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    append(l, "ada");
    append(l, "grace");
    ledger_rollback(l);
    assert_int_equal(ledger_last(l, &err), 0);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    append(l, "ada");
    append(l, "grace");
    assert_int_equal(ledger_commit(l, &err), ERR_OK);
    assert_int_equal(ledger_last(l, &err), 2);
    ledger_close(l);
}

static int tell(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static void a_careless_hand_is_stopped(void **state) {
    (void)state;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    append(l, "grace");
    assert_int_not_equal(tell("UPDATE entry SET body = '{}'"), SQLITE_OK);
    assert_int_not_equal(tell("DELETE FROM entry"), SQLITE_OK);
    assert_int_not_equal(tell("DELETE FROM entry WHERE seq = 2"), SQLITE_OK);
    assert_int_not_equal(tell("INSERT OR REPLACE INTO entry VALUES (2, '{}', 'x', NULL)"),
                         SQLITE_OK);
    assert_int_not_equal(tell("INSERT INTO entry VALUES (7, '{}', 'x', NULL)"), SQLITE_OK);
    struct err err = ERR_INIT;
    struct heard heard = {0};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    ledger_close(l);
}

static void an_entry_that_was_tampered_with_is_not_told(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct heard heard = {0};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    append(l, "grace");
    append(l, "edith");
    assert_int_equal(tell("DROP TRIGGER entry_not_changed;"
                          "UPDATE entry SET body = replace(body, 'grace', 'eve') WHERE seq = 2"),
                     SQLITE_OK);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_REFUSED);
    assert_int_equal(heard.n, 1);
    assert_non_null(strstr(err.what, "entry 2"));
    ledger_close(l);
}

/* However small the pieces are in which it is looked at. */
static void an_audit_finds_what_was_tampered_with(void **state) {
    (void)state;
    static const struct {
        const char *sql, *fault;
    } rows[] = {
        {"SELECT 1", NULL},
        {"UPDATE entry SET body = replace(body, 'ada', 'eve') WHERE seq = 4",
         "entry 4 was changed"},
        {"DELETE FROM entry WHERE seq = 4", "entry 4 is missing"},
        {"DELETE FROM entry WHERE seq > 6", "entries 7 to 9 are missing from the end"},
        {"DELETE FROM entry", "entries 1 to 9 are missing from the end"},
        {"DELETE FROM entry WHERE seq > 6; UPDATE sqlite_sequence SET seq = 6",
         "entries 7 to 9 are missing from the end"}, /* it was read, and is not there */
        {"UPDATE entry SET seq = 100 WHERE seq = 5; UPDATE entry SET seq = 5 WHERE seq = 6;"
         "UPDATE entry SET seq = 6 WHERE seq = 100",
         "stands in place"},
        {"DROP TRIGGER entry_in_order; INSERT INTO entry SELECT -1, body, hash, signature FROM"
         " entry WHERE seq = 1",
         "was moved or put in"},
        {"UPDATE entry SET hash = 'none' WHERE seq = 9", "entry 9 was changed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        struct heard heard = {0};
        struct ledger *l = open_ledger(LEDGER_APPEND);
        char head[HASH_HEX_CAP] = "";
        for (int k = 0; k < 9; k++) {
            struct record *r = record_new(RECORD_NOTE);
            RECORD_PUT(r->who, "ada");
            assert_int_equal(ledger_append(l, r, &err), ERR_OK);
            memcpy(head, r->hash, sizeof head);
            record_drop(r);
        }
        assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
        assert_int_equal(tell("DROP TRIGGER entry_not_changed; DROP TRIGGER entry_not_removed"),
                         SQLITE_OK);
        assert_int_equal(tell(rows[i].sql), SQLITE_OK);
        for (size_t most = 1; most <= 10; most += 3) {
            struct ledger_audit *audit = ledger_audit_new(l, 9, head);
            enum audit_state found;
            size_t pieces = 0;
            err = (struct err)ERR_INIT;
            while ((found = ledger_audit_turn(audit, most, &err)) == AUDIT_MORE)
                pieces++;
            assert_true(pieces <= 9 / most);
            assert_int_equal(found, rows[i].fault ? AUDIT_BROKEN : AUDIT_WHOLE);
            if (rows[i].fault && !strstr(err.what, rows[i].fault))
                fail_msg("%s: %s", rows[i].sql, err.what);
            ledger_audit_free(audit);
        }
        ledger_close(l);
        assert_int_equal(unlink(path), 0);
    }
}

/* New entries in the places of those that were cut off would hide that for ever. */
static void nothing_is_put_behind_an_end_that_was_cut_off(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct heard heard = {0};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    for (int i = 0; i < 5; i++)
        append(l, "ada");
    assert_int_equal(tell("DROP TRIGGER entry_not_removed; DELETE FROM entry WHERE seq > 3"),
                     SQLITE_OK);
    struct record *r = record_new(RECORD_NOTE);
    assert_int_equal(ledger_append(l, r, &err), ERR_REFUSED);
    assert_string_equal(err.what, "entries 4 to 5 are missing from the end: they were removed");
    err = (struct err)ERR_INIT;
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_REFUSED);
    /* What must be written down all the same has it written down, once. */
    ledger_insist(l, true);
    for (int i = 0; i < 4; i++)
        append(l, "grace");
    heard = (struct heard){.stop_at = 4};
    err = (struct err)ERR_INIT;
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_string_equal(heard.who, "gonogo");
    heard = (struct heard){0};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.last, 8);
    record_drop(r);
    ledger_close(l);
}

/* A chain that holds, and is another than the one that was read. */
static void an_audit_finds_a_ledger_that_was_made_anew(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    append(l, "grace");
    struct ledger_audit *audit = ledger_audit_new(l, 2, CHAIN_START);
    assert_int_equal(ledger_audit_turn(audit, 100, &err), AUDIT_BROKEN);
    assert_string_equal(err.what, "entry 2 was changed after it was read");
    ledger_audit_free(audit);
    ledger_close(l);
}

static void a_file_that_was_moved_away_takes_nothing(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    char away[160];
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    snprintf(away, sizeof away, "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    struct record *r = record_new(RECORD_NOTE);
    assert_int_equal(ledger_append(l, r, &err), ERR_REFUSED);
    record_drop(r);
    ledger_close(l);
}

/* Trouble: in words, the file left as it is, and nothing recorded. */

static size_t read_file(char *dst, size_t cap) {
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, dst, cap);
    close(fd);
    assert_true(n >= 0);
    return (size_t)n;
}

static void assert_left_alone(enum err_code code, const char *words) {
    static char before[1 << 17], after[1 << 17];
    size_t n = read_file(before, sizeof before);
    for (int how = LEDGER_READ; how <= LEDGER_APPEND; how++) {
        struct err err = ERR_INIT;
        struct ledger *l = ledger_open(path, (enum ledger_how)how, NULL, clock_system(), &err);
        if (l) { /* what a header cannot tell is found by the first append or read */
            struct heard heard = {0};
            ledger_each(l, 1, hear, &heard, &err);
            ledger_close(l);
        }
        assert_int_equal(err.code, code);
        if (!strstr(err.what, words))
            fail_msg("\"%s\" lacks \"%s\"", err.what, words);
        assert_string_equal(err.where, path);
        assert_string_not_equal(err.todo, "");
    }
    assert_int_equal(read_file(after, sizeof after), n);
    assert_memory_equal(before, after, n);
}

static void make_folder(void) {
    char name[128];
    snprintf(name, sizeof name, "%s/state", folder);
    mkdir(name, 0700);
}

static void a_file_that_is_no_ledger_is_left_alone(void **state) {
    (void)state;
    make_folder();
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(fd, "notes of somebody\n", 18), 18);
    close(fd);
    assert_left_alone(ERR_IO, "is no database");
}

static void another_programs_database_is_left_alone(void **state) {
    (void)state;
    make_folder();
    assert_int_equal(tell("CREATE TABLE bookmarks (url TEXT)"), SQLITE_OK);
    assert_left_alone(ERR_IO, "another program's database");
}

static void a_newer_ledger_is_left_alone(void **state) {
    (void)state;
    ledger_close(open_ledger(LEDGER_APPEND));
    assert_int_equal(tell("PRAGMA user_version = 2"), SQLITE_OK);
    assert_left_alone(ERR_IO, "newer gonogo (schema 2, this one knows 1)");
}

static void a_damaged_ledger_is_left_alone(void **state) {
    (void)state;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    for (int i = 0; i < 200; i++)
        append(l, "ada");
    ledger_close(l);
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    int fd = open(path, O_WRONLY);
    for (off_t page = 1; page < 12; page++)
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), (ssize_t)sizeof junk);
    close(fd);
    assert_left_alone(ERR_IO, "is damaged");
}

static void a_ledger_that_others_hold_is_busy(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct ledger *l = open_ledger(LEDGER_APPEND), *other = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    sqlite3_busy_timeout(ledger_db(l), 50); /* this test need not wait for long */
    assert_int_equal(ledger_begin(other, &err), ERR_OK);
    struct record *r = record_new(RECORD_NOTE);
    assert_int_equal(ledger_append(l, r, &err), ERR_BUSY);
    assert_non_null(strstr(err.what, "is locked"));
    ledger_rollback(other);
    err = (struct err)ERR_INIT;
    assert_int_equal(ledger_append(l, r, &err), ERR_OK);
    assert_int_equal(r->seq, 2);
    record_drop(r);
    ledger_close(other);
    ledger_close(l);
}

/* Files may grow no further, as on a full disk or with a quota; then there is room again. */
static void without_room_nothing_is_recorded(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct rlimit before, full;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    sigaction(SIGXFSZ, &ignore, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 100;
    struct record *r = record_new(RECORD_NOTE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    enum err_code code = ledger_append(l, r, &err);
    setrlimit(RLIMIT_FSIZE, &before); /* before any assertion can print */
    assert_int_equal(code, ERR_IO);
    assert_string_not_equal(err.what, "");
    err = (struct err)ERR_INIT;
    assert_int_equal(ledger_last(l, &err), 1);
    append(l, "grace");
    struct heard heard = {0};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    record_drop(r);
    ledger_close(l);
}

/* In a child without privileges: root may write everywhere. */
static void a_ledger_that_cannot_be_written_is_said(void **state) {
    (void)state;
    struct ledger *l = open_ledger(LEDGER_APPEND);
    append(l, "ada");
    ledger_close(l);
    char name[128];
    snprintf(name, sizeof name, "%s/state", folder);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(name, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        struct err err = ERR_INIT;
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(2);
        l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &err);
        _exit(!l && err.code == ERR_IO && strstr(err.what, "cannot be written") ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    chmod(name, 0755);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* SIGKILL at any moment: what was said to be on disk is there, and the chain holds. */
static void a_killed_writer_loses_nothing_that_was_said(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int round = 0; round < 5; round++) {
        pid_t child = fork();
        if (child == 0) {
            struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &err);
            for (;;) {
                struct record *r = record_new(RECORD_NOTE);
                if (!l || ledger_append(l, r, &err) != ERR_OK ||
                    write(ends[1], &r->seq, sizeof r->seq) != (ssize_t)sizeof r->seq)
                    _exit(1);
                record_drop(r);
            }
        }
        uint64_t said = 0;
        for (int i = 0; i < 20; i++)
            assert_int_equal(read(ends[0], &said, sizeof said), (ssize_t)sizeof said);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        int flags = fcntl(ends[0], F_GETFL);
        fcntl(ends[0], F_SETFL, flags | O_NONBLOCK);
        while (read(ends[0], &said, sizeof said) == (ssize_t)sizeof said)
            ;
        fcntl(ends[0], F_SETFL, flags);
        struct heard heard = {0};
        struct ledger *l = open_ledger(LEDGER_READ);
        assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
        assert_true(heard.last == said || heard.last == said + 1);
        assert_int_equal(heard.n, heard.last);
        ledger_close(l);
    }
    close(ends[0]);
    close(ends[1]);
}

static void entries_are_signed_when_there_is_a_key(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    unsigned char key[ED25519_KEY], trusted[1][ED25519_KEY], other[1][ED25519_KEY];
    assert_int_equal(ed25519_generate(key, &err), ERR_OK);
    assert_true(ed25519_public(key, trusted[0]));
    memcpy(other, trusted, sizeof other);
    other[0][0] ^= 1;
    struct ledger_spec spec = {.key = key, .trusted = trusted, .n_trusted = 1};
    struct ledger *l = ledger_open(path, LEDGER_APPEND, &spec, clock_system(), &err);
    assert_non_null(l);
    append(l, "ada");
    append(l, "grace");
    struct heard heard = {0};
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_OK);
    assert_int_equal(heard.n, 2);
    ledger_close(l);
    l = open_ledger(LEDGER_APPEND); /* a colleague without the key */
    append(l, "edith");
    ledger_close(l);
    l = ledger_open(path, LEDGER_READ, &spec, clock_system(), &err);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_REFUSED);
    assert_non_null(strstr(err.what, "entry 3 is not signed"));
    ledger_close(l);
    err = (struct err)ERR_INIT;
    spec = (struct ledger_spec){.trusted = other, .n_trusted = 1};
    l = ledger_open(path, LEDGER_READ, &spec, clock_system(), &err);
    assert_int_equal(ledger_each(l, 1, hear, &heard, &err), ERR_REFUSED);
    assert_non_null(strstr(err.what, "not trusted"));
    ledger_close(l);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(entries_are_read_in_the_order_in_which_they_were_written),
        LEDGER_TEST(a_ledger_that_is_not_there_is_not_read),
        LEDGER_TEST(what_others_append_is_noticed),
        LEDGER_TEST(others_that_come_and_go_are_still_heard),
        LEDGER_TEST(many_processes_append_and_none_is_lost),
        LEDGER_TEST(what_was_begun_and_not_committed_never_was),
        LEDGER_TEST(a_careless_hand_is_stopped),
        LEDGER_TEST(an_entry_that_was_tampered_with_is_not_told),
        LEDGER_TEST(an_audit_finds_what_was_tampered_with),
        LEDGER_TEST(an_audit_finds_a_ledger_that_was_made_anew),
        LEDGER_TEST(nothing_is_put_behind_an_end_that_was_cut_off),
        LEDGER_TEST(a_file_that_was_moved_away_takes_nothing),
        LEDGER_TEST(a_file_that_is_no_ledger_is_left_alone),
        LEDGER_TEST(another_programs_database_is_left_alone),
        LEDGER_TEST(a_newer_ledger_is_left_alone),
        LEDGER_TEST(a_damaged_ledger_is_left_alone),
        LEDGER_TEST(a_ledger_that_others_hold_is_busy),
        LEDGER_TEST(without_room_nothing_is_recorded),
        LEDGER_TEST(a_ledger_that_cannot_be_written_is_said),
        LEDGER_TEST(a_killed_writer_loses_nothing_that_was_said),
        LEDGER_TEST(entries_are_signed_when_there_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
