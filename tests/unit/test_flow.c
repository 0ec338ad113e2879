/* Whole commands, stopped at every single call that writes: by SIGKILL, and by every fault a disk has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/promote.h"
#include "src/release/publish.h"
#include "src/release/pull.h"
#include "src/release/service.h"
#include "src/release/set_version.h"
#include "src/release/verify.h"
#include "tests/unit/flow_fixture.h"
#include "tests/unit/loopback.h"

static struct promote_request to_stable = {.from = TREE_BETA, .to = TREE_STABLE};
static struct publish_request to_beta = {.channel = TREE_BETA, .version = "2.0.0.21"};
static struct pull_request out_of_stable = {.channel = TREE_STABLE};
static char version[] = "2.0.0.20";

static void none(const char *root) {
    (void)root;
}

static void run_whole(const char *root,
                      enum err_code (*look)(const struct flow *, void *, struct plan *,
                                            struct err *),
                      void *request) {
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    assert_int_equal(fixture_run(root, look, request, &plan, &err), ERR_OK);
    plan_fini(&plan);
}

static void new_inbox(const char *root) {
    fixture_write(root, "server/release_inbox/beta/Nexy.dmg", "the disk image of 2.0.0.21");
    fixture_write(root, "server/release_inbox/beta/Nexy.pkg", "the installer of 2.0.0.21");
}

static void promoted(const char *root) {
    run_whole(root, promote_look, &to_stable);
}

static const struct command {
    const char *name;
    void (*prepare)(const char *root);
    enum err_code (*look)(const struct flow *, void *, struct plan *, struct err *);
    void *request;
} commands[] = {
    {"promote", none, promote_look, &to_stable},
    {"publish", new_inbox, publish_look, &to_beta},
    {"pull", promoted, pull_look, &out_of_stable},
    {"set-version", promoted, set_version_look, version},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

struct counter {
    int calls, at, fault; /* fault 0: SIGKILL at call number `at` */
    bool harmless;        /* that call may fail */
    int of_lock;          /* calls on the lock's file */
};

static int at_call(void *self, const char *call, const char *path) {
    struct counter *c = self;
    c->of_lock += strcmp(path, ".gonogo/lock") == 0;
    if (++c->calls != c->at)
        return 0;
    c->harmless = strcmp(call, "note") == 0;
    if (c->fault == 0)
        raise(SIGKILL);
    return c->fault;
}

static char *new_root(const struct command *c) {
    char *root = fixture_new();
    c->prepare(root);
    return root;
}

static enum err_code run_at(const struct command *c, const char *root, struct counter *counter,
                            struct err *err) {
    const struct change_hook hook = {.before = at_call, .self = counter};
    struct plan plan;
    plan_init(&plan);
    enum err_code code = fixture_run_hooked(root, c->look, c->request, &hook, &plan, err);
    plan_fini(&plan);
    return code;
}

/* How a tree looks before and after a command, and how many calls there are in between. */
struct prints {
    char *before, *after;
    int calls;
};

static struct prints prints_of(const struct command *c) {
    struct prints p;
    struct err err = ERR_INIT;
    struct counter counter = {.at = -1};
    char *root = new_root(c);
    p.before = fixture_print(root);
    assert_int_equal(run_at(c, root, &counter, &err), ERR_OK);
    assert_int_equal(counter.of_lock, 6); /* its folder, it, the lock, who holds it, no longer */
    p.after = fixture_print(root);
    p.calls = counter.calls;
    assert_string_not_equal(p.before, p.after);
    fixture_free(root);
    return p;
}

static void prints_fini(struct prints *p) {
    free(p->before);
    free(p->after);
}

/* What clients are served: a feed, and under the version it offers the very bytes of that version. */
static void the_service_serves_old_or_new(const char *root) {
    struct err err = ERR_INIT;
    const struct service_options options = {.root = root, .listen = "127.0.0.1:0"};
    struct service *service = service_start(&options, &err);
    assert_non_null(service);
    struct reply feed = loopback_get(service_url(service), "/updates/appcast.xml");
    struct reply dmg = loopback_get(service_url(service), "/updates/downloads/Nexy.dmg");
    assert_int_equal(feed.status, 200);
    assert_int_equal(dmg.status, 200);
    const bool new_feed = strstr(feed.body, "sparkle:version=\"2.0.0.20\"") != NULL;
    const bool new_dmg =
        dmg.length == strlen(FIXTURE_NEW_DMG) && memcmp(dmg.body, FIXTURE_NEW_DMG, dmg.length) == 0;
    if (!new_feed)
        assert_non_null(strstr(feed.body, "sparkle:version=\"2.0.0.19\""));
    assert_int_equal(new_feed, new_dmg);
    char length[64];
    snprintf(length, sizeof length, "length=\"%zu\"", dmg.length);
    assert_non_null(strstr(feed.body, length));
    reply_fini(&feed);
    reply_fini(&dmg);
    service_stop(service);
}

static void recover(const char *root) {
    struct err err = ERR_INIT;
    struct tree *tree = tree_open(root, &err);
    assert_int_equal(change_recover(tree, NULL, NULL, &err), ERR_OK);
    tree_close(tree);
}

static bool is_new(const char *root, const struct prints *p) {
    char *now = fixture_print(root);
    const bool new = strcmp(now, p->after) == 0;
    if (!new)
        assert_string_equal(now, p->before);
    free(now);
    return new;
}

/* No rule is broken: the versions disagree between a promote and its set-version, by design. */
static void verify_finds_it_sound(const char *root) {
    struct flow_options options;
    struct verify_report report;
    struct err err = ERR_INIT;
    flow_init(&options, root);
    assert_int_equal(verify_run(&options, true, &report, &err), ERR_OK);
    for (size_t i = 0; i < report.n; i++)
        if (report.checks[i].verdict == VERIFY_FAIL)
            assert_non_null(strstr(report.checks[i].what, "gonogo set-version"));
    verify_fini(&report);
}

/* The same command once more brings it about, or says that it is so. */
static void goes_on(const struct command *c, const char *root, const struct prints *p) {
    struct err err = ERR_INIT;
    struct plan plan;
    plan_init(&plan);
    /* A pull that is done has nothing older to go to. */
    if (c->look != pull_look || !is_new(root, p))
        assert_int_equal(fixture_run(root, c->look, c->request, &plan, &err), ERR_OK);
    assert_true(is_new(root, p));
    plan_fini(&plan);
}

static void a_kill_at_any_call_leaves_old_or_new(void **state) {
    (void)state;
    for (const struct command *c = commands; c < commands + COMMANDS; c++) {
        struct prints p = prints_of(c);
        int were_new = 0;
        for (int at = 1; at <= p.calls; at++) {
            char *root = new_root(c);
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                struct err err = ERR_INIT;
                struct counter counter = {.at = at};
                run_at(c, root, &counter, &err);
                _exit(0);
            }
            int status;
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            the_service_serves_old_or_new(root);
            verify_finds_it_sound(root);
            recover(root);
            the_service_serves_old_or_new(root);
            verify_finds_it_sound(root);
            were_new += is_new(root, &p);
            goes_on(c, root, &p);
            fixture_free(root);
        }
        assert_true(were_new > 0 && were_new < p.calls);
        prints_fini(&p);
    }
}

static void a_fault_at_any_call_is_said_and_leaves_old_or_new(void **state) {
    (void)state;
    enum { FAULTS = 5 };
    static const int faults[FAULTS] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};
    for (const struct command *c = commands; c < commands + COMMANDS; c++) {
        struct prints p = prints_of(c);
        for (int at = 1; at <= p.calls; at++) {
            for (int f = 0; f < FAULTS; f++) {
                if (f != at % FAULTS)
                    continue; /* in turn: each sync takes its time on a disk */
                char *root = new_root(c);
                struct err err = ERR_INIT;
                struct counter counter = {.at = at, .fault = faults[f]};
                const enum err_code code = run_at(c, root, &counter, &err);
                assert_int_equal(code, counter.harmless ? ERR_OK : ERR_IO);
                assert_true(counter.harmless || strstr(err.what, strerror(faults[f])));
                the_service_serves_old_or_new(root);
                recover(root);
                const bool decided = counter.harmless || strstr(err.what, "decided") != NULL;
                assert_int_equal(is_new(root, &p), decided);
                goes_on(c, root, &p);
                fixture_free(root);
            }
        }
        prints_fini(&p);
    }
}

static void sixteen_promotes_at_once_are_one(void **state) {
    (void)state;
    enum { CROWD = 16 };
    struct prints p = prints_of(&commands[0]);
    for (int round = 0; round < 5; round++) {
        char *root = new_root(&commands[0]);
        pid_t children[CROWD];
        int done = 0, skipped = 0, locked = 0;
        for (int i = 0; i < CROWD; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                struct plan plan;
                struct err err = ERR_INIT;
                plan_init(&plan);
                enum err_code code = fixture_run(root, promote_look, &to_stable, &plan, &err);
                _exit(code == ERR_BUSY ? 2 : code != ERR_OK ? 3 : plan.skip ? 1 : 0);
            }
        }
        for (int i = 0; i < CROWD; i++) {
            int status;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 3);
            done += WEXITSTATUS(status) == 0;
            skipped += WEXITSTATUS(status) == 1;
            locked += WEXITSTATUS(status) == 2;
        }
        assert_int_equal(done, 1);
        assert_int_equal(skipped + locked, CROWD - 1);
        assert_true(is_new(root, &p));
        fixture_free(root);
    }
    prints_fini(&p);
}

static void who_waits_too_long_is_told_who_holds_the_tree(void **state) {
    (void)state;
    char *root = new_root(&commands[0]), *path = mem_format("%s/.gonogo/lock", root);
    fixture_write(root, ".gonogo/lock", "promote, process 77 on vm");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(flock(fileno(f), LOCK_EX), 0);
    char *before = fixture_print(root);
    struct flow_options options;
    const struct flow_work work = {"promote", promote_look, &to_stable, true};
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    flow_init(&options, root);
    options.lock_timeout_ms = 50;
    assert_int_equal(flow_run(&options, &work, &plan, &err), ERR_BUSY);
    assert_non_null(strstr(err.what, "process 77 on vm"));
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    plan_fini(&plan);
    fclose(f);
    free(before);
    free(after);
    free(path);
    fixture_free(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_any_call_leaves_old_or_new),
        cmocka_unit_test(a_fault_at_any_call_is_said_and_leaves_old_or_new),
        cmocka_unit_test(sixteen_promotes_at_once_are_one),
        cmocka_unit_test(who_waits_too_long_is_told_who_holds_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
