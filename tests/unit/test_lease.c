/* The lease: who has it, as its holder, its rival and a bystander see it. */
#include "src/engine/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/clock.h"

static char folder[300];
static char path[340];

static int set_up(void **state) {
    const char *temporary = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%.200s/gonogo-lease-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a-ledger.db", folder);
    return 0;
}

static int remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(name);
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct hand {
    struct ledger *ledger;
    struct lease *lease;
};

static struct hand hand_open(void) {
    struct err err = ERR_INIT;
    struct hand h = {ledger_open(path, LEDGER_UNSYNCED, NULL, clock_system(), &err), NULL};
    if (h.ledger)
        h.lease = lease_new(h.ledger, path, &err);
    if (!h.lease)
        fail_msg("%s: %s", err.where, err.what);
    return h;
}

static void hand_close(struct hand *h) {
    lease_free(h->lease);
    ledger_close(h->ledger);
}

static enum err_code take(struct hand *h, const char *run) {
    struct err err = ERR_INIT;
    struct lease_past past;
    assert_int_equal(ledger_begin(h->ledger, &err), ERR_OK);
    enum err_code code = lease_take(h->lease, run, clock_mono_ms(clock_system()), &past, &err);
    if (code == ERR_OK)
        assert_int_equal(ledger_commit(h->ledger, &err), ERR_OK);
    else
        ledger_rollback(h->ledger);
    return code;
}

static void give(struct hand *h) {
    struct err err = ERR_INIT;
    assert_int_equal(ledger_begin(h->ledger, &err), ERR_OK);
    assert_int_equal(lease_give(h->lease, &err), ERR_OK);
    assert_int_equal(ledger_commit(h->ledger, &err), ERR_OK);
    lease_drop(h->lease);
}

static struct lease_sight look(struct ledger *l) {
    struct lease_sight sight;
    lease_look(l, path, &sight);
    return sight;
}

static void a_bystander_sees_who_has_it(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    struct hand h = hand_open();
    struct ledger *reader = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    assert_non_null(reader);
    assert_int_equal(look(reader).life, LEASE_FREE);
    assert_int_equal(take(&h, "r1"), ERR_OK);
    struct lease_sight held = look(reader);
    assert_int_equal(held.life, LEASE_LIVES);
    assert_string_equal(held.run, "r1");
    assert_non_null(strstr(held.holder, "process "));
    assert_int_equal(lease_beat(h.lease, &err), ERR_OK);
    struct lease_sight beaten = look(reader);
    assert_false(lease_same(&held, &beaten));
    give(&h);
    assert_int_equal(look(reader).life, LEASE_FREE);
    /* One on another machine, as far as the row tells. */
    assert_int_equal(take(&h, "r2"), ERR_OK);
    assert_int_equal(
        sqlite3_exec(ledger_db(h.ledger), "UPDATE lease SET host = 'far'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(look(reader).life, LEASE_FOREIGN);
    ledger_close(reader);
    hand_close(&h);
}

/* What a living holder's step has started is no orphan; what a dead one's has is. */
static void orphans_are_those_of_the_dead(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    pid_t step = fork();
    if (step == 0) {
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    setpgid(step, step);
    struct hand holder = hand_open(), other = hand_open();
    assert_int_equal(take(&holder, "r1"), ERR_OK);
    assert_int_equal(lease_group(holder.lease, step, &err), ERR_OK);
    assert_int_equal(lease_orphans(other.lease), 0);
    hand_close(&holder); /* without a word, as if it had died */
    assert_int_equal(lease_orphans(other.lease), step);
    assert_int_equal(kill(step, SIGKILL), 0);
    assert_int_equal(waitpid(step, NULL, 0), step);
    assert_int_equal(lease_orphans(other.lease), 0);
    hand_close(&other);
}

/* Of a process that is killed, whatever it was at. */
static void a_dead_holder_is_seen_as_dead(void **state) {
    struct err err = ERR_INIT;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct hand h = hand_open();
        if (take(&h, "r1") == ERR_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    struct ledger *reader = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
    assert_non_null(reader);
    struct lease_sight sight = look(reader);
    assert_int_equal(sight.life, LEASE_DEAD);
    assert_string_equal(sight.run, "r1");
    char lock[400];
    snprintf(lock, sizeof lock, "%s.lease", path);
    assert_int_equal(unlink(lock), 0); /* nobody holds what is not there */
    assert_int_equal(look(reader).life, LEASE_DEAD);
    ledger_close(reader);
}

/* A look never makes who takes it believe that somebody has it. */
static void looking_disturbs_nobody(void **state) {
    enum { ROUNDS = 200 };
    (void)state;
    int end[2];
    assert_int_equal(pipe(end), 0);
    struct hand first = hand_open(); /* makes the file */
    hand_close(&first);
    pid_t pid = fork();
    if (pid == 0) {
        struct err err = ERR_INIT;
        struct ledger *reader = ledger_open(path, LEDGER_READ, NULL, clock_system(), &err);
        struct pollfd other = {.fd = end[0], .events = POLLIN};
        close(end[1]);
        while (reader && poll(&other, 1, 0) == 0) /* until the other end is closed */
            look(reader);
        ledger_close(reader);
        _exit(0);
    }
    close(end[0]);
    struct hand h = hand_open();
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(take(&h, "r1"), ERR_OK);
        lease_drop(
            h.lease); /* as if it had died: the row stays, so that there is something to look at */
        assert_int_equal(take(&h, "r1"), ERR_OK);
        give(&h);
    }
    close(end[1]);
    hand_close(&h);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bystander_sees_who_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_holder_is_seen_as_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orphans_are_those_of_the_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looking_disturbs_nobody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
