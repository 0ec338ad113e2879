/* The engine and its clerk: what people say is on disk before it counts, whoever wrote it, and what cannot
 * be written does not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/base/wake.h"
#include "src/engine/engine.h"
#include "src/engine/ledger.h"
#include "tests/unit/people_fixture.h"

enum { DEADLINE_MS = 20000 };

static char folder[64], path[96];

static void drop_snapshot(void *ref) {
    snapshot_drop(ref);
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/gonogo-clerk-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/l.db", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Static in each test: one that fails jumps out and leaves its threads behind. */
struct bench {
    struct hall h;
    struct wake wake;
    struct mailbox mailbox;
    struct engine *engine;
    const struct snapshot *s; /* the newest seen */
};

/* The wall is the system's here: entries are dated by it. */
static void bench_start(struct bench *b) {
    memset(b, 0, sizeof *b);
    hall_start(&b->h);
    b->h.f.policy.n_gates = G_SOAK;
    b->h.f.policy.ledger.file = path;
    assert_int_equal(wake_init(&b->wake, NULL), ERR_OK);
    mailbox_init(&b->mailbox, drop_snapshot, &b->wake);
    struct engine_ports ports = {.clock = clock_system(), .snapshots = &b->mailbox};
    b->engine = engine_start(&b->h.f.policy, &ports, NULL);
    assert_non_null(b->engine);
}

static void bench_stop(struct bench *b) {
    engine_stop(b->engine);
    mailbox_fini(&b->mailbox);
    wake_fini(&b->wake);
    snapshot_drop(b->s);
    hall_fini(&b->h);
}

static void feed(struct bench *b) {
    static const char *const versions[] = {"2.0.0.19", "", "2.0.0.19", "2.0.0.20", "2.0.0.20"};
    b->h.f.wall_ms = clock_wall_ms(clock_system());
    b->h.f.mono_ms = clock_mono_ms(clock_system());
    for (unsigned i = 0; i < N_SOURCES; i++) {
        struct sample *sample = fixture_sample(&b->h.f, i, versions[i]);
        if (i == PROD_BETA)
            sample->reading = READING_CLOSED;
        assert_true(engine_send_sample(b->engine, sample));
    }
}

#define wait_until(b, condition)                                             \
    do {                                                                     \
        int64_t until_ = clock_mono_ms(clock_system()) + DEADLINE_MS;        \
        while (!((b)->s && (condition))) {                                   \
            struct snapshot *next_ = mailbox_take(&(b)->mailbox);            \
            if (next_) {                                                     \
                snapshot_drop((b)->s);                                       \
                (b)->s = next_;                                              \
                continue;                                                    \
            }                                                                \
            assert_true(clock_mono_ms(clock_system()) < until_);             \
            struct pollfd fd_ = {.fd = (b)->wake.read_fd, .events = POLLIN}; \
            poll(&fd_, 1, 1000);                                             \
            wake_drain(&(b)->wake);                                          \
        }                                                                    \
    } while (0)

static struct intent intent_of(const struct bench *b, enum intent_kind kind, const char *who,
                               const char *word) {
    struct intent in = {.kind = kind, .snapshot = b->s->number};
    memcpy(in.fingerprint, b->s->fingerprint, sizeof in.fingerprint);
    RECORD_PUT(in.who, who);
    RECORD_PUT(in.user, "ada");
    RECORD_PUT(in.word, word);
    return in;
}

static void send_vote(struct bench *b, const char *who, const char *role, const char *word) {
    struct intent in = intent_of(b, INTENT_VOTE, who, word);
    RECORD_PUT(in.role, role);
    assert_true(engine_send_intent(b->engine, in));
}

static bool in_latest(const struct snapshot *s, const char *words) {
    for (size_t i = 0; i < s->n_events; i++)
        if (strstr(s->events[i].text, words))
            return true;
    return false;
}

static int64_t count(const char *where) {
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char sql[256];
    int64_t n = -1;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM entry WHERE body LIKE '%%%s%%'", where);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static void a_vote_is_on_disk_before_it_counts(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    assert_int_not_equal(access(path, F_OK), 0); /* looking makes no file */
    assert_int_equal(b.s->gates[G_CALL].verdict, GATE_WAIT);
    send_vote(&b, "ops-second", "ops", "go");
    wait_until(&b, votes_of_role(b.s->votes, "ops"));
    assert_int_equal(count("\"word\":\"go\""), 1);
    send_vote(&b, "support-lead", "support", "go");
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_PASS);
    assert_true(in_latest(b.s, "support-lead votes GO for support"));
    bench_stop(&b);
}

static void what_was_said_is_known_after_a_restart(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    send_vote(&b, "ops-second", "ops", "go");
    send_vote(&b, "support-lead", "support", "go");
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_PASS);
    bench_stop(&b);
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_PASS);
    assert_false(in_latest(b.s, "votes GO")); /* it is no news any more */
    bench_stop(&b);
}

static void what_another_process_writes_is_seen_within_a_second(void **state) {
    (void)state;
    static struct bench b;
    struct err err = ERR_INIT;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    struct ledger *l = ledger_open(path, LEDGER_APPEND, NULL, clock_system(), &err);
    assert_non_null(l);
    struct intent in = intent_of(&b, INTENT_VOTE, "support-lead", "no-go");
    RECORD_PUT(in.role, "support");
    RECORD_PUT(in.text, "nobody is on call");
    struct record *r = speak_draft(b.s, &in, &err);
    assert_non_null(r);
    assert_int_equal(ledger_append(l, r, &err), ERR_OK);
    int64_t written_ms = clock_mono_ms(clock_system());
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_FAIL);
    assert_true(clock_mono_ms(clock_system()) - written_ms < DEADLINE_MS);
    assert_true(in_latest(b.s, "support-lead votes NO-GO for support: nobody is on call"));
    record_drop(r);
    ledger_close(l);
    bench_stop(&b);
}

static void a_vote_made_before_the_candidate_changed_is_refused_and_that_is_written(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    struct intent in = intent_of(&b, INTENT_VOTE, "ops-second", "go");
    RECORD_PUT(in.role, "ops");
    struct sample *other = fixture_sample(&b.h.f, BETA_FEED, "2.0.0.20");
    other->size = 4711;
    other->mono_ms += 1;
    assert_true(engine_send_sample(b.engine, other));
    wait_until(&b, strcmp(b.s->fingerprint, in.fingerprint) != 0);
    assert_true(in_latest(b.s, "is another one now"));
    assert_true(engine_send_intent(b.engine, in));
    wait_until(&b, in_latest(b.s, "refused to ops-second: vote ops: the candidate has changed"));
    assert_null(votes_of_role(b.s->votes, "ops"));
    assert_int_equal(count("\"kind\":\"refused\""), 1);
    bench_stop(&b);
}

static void what_cannot_be_written_does_not_count(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    assert_int_equal(mkdir(path, 0700), 0); /* where the file should be */
    send_vote(&b, "ops-second", "ops", "go");
    wait_until(&b, b.s->votes->state == LEDGER_LOST);
    assert_true(in_latest(b.s, "not recorded, and so not done: ops-second votes GO for ops"));
    assert_null(votes_of_role(b.s->votes, "ops"));
    assert_int_equal(b.s->gates[G_CALL].verdict, GATE_UNKNOWN);
    assert_int_equal(rmdir(path), 0);
    wait_until(&b, b.s->votes->state == LEDGER_WELL); /* by itself */
    send_vote(&b, "ops-second", "ops", "go");
    wait_until(&b, votes_of_role(b.s->votes, "ops"));
    bench_stop(&b);
}

static void a_ledger_that_was_tampered_with_counts_for_nothing(void **state) {
    (void)state;
    static struct bench b;
    sqlite3 *db = NULL;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    send_vote(&b, "support-lead", "support", "go");
    send_vote(&b, "ops-second", "ops", "go");
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_PASS);
    bench_stop(&b);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TRIGGER entry_not_changed; UPDATE entry SET body = "
                                  "replace(body, 'ops-second', 'ops-lead') WHERE seq = 2",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->votes->state == LEDGER_TAMPERED);
    assert_non_null(strstr(b.s->votes->note, "entry 2 was changed"));
    wait_until(&b, b.s->fingerprint[0]);
    send_vote(&b, "support-lead", "support", "go");
    wait_until(&b, in_latest(b.s, "not recorded"));
    assert_int_equal(b.s->gates[G_CALL].verdict, GATE_UNKNOWN);
    assert_int_equal(count(""), 2);
    bench_stop(&b);
}

/* Under an engine that has read it already, which reads on behind its end alone. */
static void a_hand_in_the_middle_is_noticed_while_we_look(void **state) {
    (void)state;
    static struct bench b;
    sqlite3 *db = NULL;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    send_vote(&b, "support-lead", "support", "go");
    send_vote(&b, "ops-second", "ops", "go");
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_PASS);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TRIGGER entry_not_changed; UPDATE entry SET body = "
                                  "replace(body, 'support-lead', 'ops-lead') WHERE seq = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    wait_until(&b, b.s->votes->state == LEDGER_TAMPERED);
    assert_non_null(strstr(b.s->votes->note, "entry 1 was changed"));
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_UNKNOWN);
    bench_stop(&b);
}

/* More entries than a letter holds, and than there are letters. */
static void a_long_ledger_is_read_to_its_end(void **state) {
    (void)state;
    static struct bench b;
    struct err err = ERR_INIT;
    struct ledger *l = ledger_open(path, LEDGER_UNSYNCED, NULL, clock_system(), &err);
    assert_non_null(l);
    assert_int_equal(ledger_begin(l, &err), ERR_OK);
    for (int i = 0; i < 10000; i++) {
        struct record *r = record_new(RECORD_NOTE);
        assert_int_equal(ledger_append(l, r, &err), ERR_OK);
        record_drop(r);
    }
    assert_int_equal(ledger_commit(l, &err), ERR_OK);
    ledger_close(l);
    bench_start(&b);
    wait_until(&b, b.s->votes->state == LEDGER_WELL);
    assert_int_equal(b.s->votes->last, 10000);
    bench_stop(&b);
}

static void a_flood_of_words_is_written_or_said_to_be_lost(void **state) {
    (void)state;
    static struct bench b;
    bench_start(&b);
    feed(&b);
    wait_until(&b, b.s->fingerprint[0] && b.s->votes->state == LEDGER_WELL);
    struct intent in = intent_of(&b, INTENT_VOTE, "ops-second", "go");
    RECORD_PUT(in.role, "ops");
    uint64_t sent = 0;
    for (int i = 0; i < 300; i++)
        sent += engine_send_intent(b.engine, in);
    assert_true(sent > 0);
    wait_until(&b, b.s->gates[G_CALL].verdict == GATE_WAIT && votes_of_role(b.s->votes, "ops"));
    bench_stop(&b); /* what was taken is written before it ends */
    assert_true(count("\"kind\":\"vote\"") > 0);
    assert_true((uint64_t)count("\"kind\":\"vote\"") <= sent);
}

#define CLERK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CLERK_TEST(a_vote_is_on_disk_before_it_counts),
        CLERK_TEST(what_was_said_is_known_after_a_restart),
        CLERK_TEST(what_another_process_writes_is_seen_within_a_second),
        CLERK_TEST(a_vote_made_before_the_candidate_changed_is_refused_and_that_is_written),
        CLERK_TEST(what_cannot_be_written_does_not_count),
        CLERK_TEST(a_ledger_that_was_tampered_with_counts_for_nothing),
        CLERK_TEST(a_hand_in_the_middle_is_noticed_while_we_look),
        CLERK_TEST(a_long_ledger_is_read_to_its_end),
        CLERK_TEST(a_flood_of_words_is_written_or_said_to_be_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
