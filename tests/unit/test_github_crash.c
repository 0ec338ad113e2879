/* A promote through GitHub that is killed, or fails, at each of its calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/release/pull.h"
#include "tests/unit/hub_fixture.h"

struct counter {
    int calls, at, fault; /* fault 0: SIGKILL */
    int of_net;
    bool harmless; /* the call may fail */
};

static int at_call(void *self, const char *call, const char *path) {
    struct counter *c = self;
    (void)path;
    c->of_net += strcmp(call, "http") == 0 || strcmp(call, "send") == 0;
    if (++c->calls != c->at)
        return 0;
    c->harmless = strcmp(call, "note") == 0;
    if (c->fault == 0)
        raise(SIGKILL);
    return c->fault;
}

/* The child is there before the server's threads are: it is told the port. */
static void killed_promote(struct hub *s, int at) {
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char url[64] = "";
        struct counter counter = {.at = at};
        const struct change_hook hook = {.before = at_call, .self = &counter};
        if (read(pipe_fds[0], url, sizeof url) != (ssize_t)sizeof url)
            _exit(1);
        s->github.api = url;
        s->hook = &hook;
        hub_promote(s);
        _exit(0);
    }
    char url[64] = "";
    s->github.api = fake_start(s->fake);
    snprintf(url, sizeof url, "%s", s->github.api);
    assert_int_equal(write(pipe_fds[1], url, sizeof url), (ssize_t)sizeof url);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static struct counter count_calls(void) {
    struct hub s;
    struct counter counter = {.at = -1};
    const struct change_hook hook = {.before = at_call, .self = &counter};
    hub_init(&s);
    s.hook = &hook;
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_fini(&s);
    assert_true(counter.calls > 100);
    assert_true(counter.of_net >= 12); /* three uploads, deletions and renames */
    return counter;
}

static void a_kill_at_any_call_is_finished_or_undone(void **state) {
    (void)state;
    struct hub s;
    const struct counter counter = count_calls();
    int were_old = 0, were_new = 0;
    for (int at = 1; at <= counter.calls; at++) {
        hub_init(&s);
        fake_stop(s.fake);
        killed_promote(&s, at);
        /* Old under its place as long as nothing is decided; and nobody offers half of anything. */
        if (hub_serves(&s, "2.0.0.19") && !fixture_has(s.root, ".gonogo/journal")) {
            assert_true(fake_is(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
            assert_true(fake_is(s.fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
        }
        char *dmg = fake_get(s.fake, "Update", "Nexy.dmg");
        assert_true(!dmg || strcmp(dmg, FIXTURE_OLD_DMG) == 0 || strcmp(dmg, FIXTURE_NEW_DMG) == 0);
        free(dmg);
        /* The next command finds the old world or the new one; a pull has nothing to go back to in the
         * old one, and goes back in the new. */
        struct pull_request nothing = {.channel = TREE_STABLE, .to = "2.0.0.18"};
        assert_int_equal(hub_run(&s, pull_look, &nothing), ERR_REFUSED);
        if (hub_serves(&s, "2.0.0.20")) {
            were_new++;
            hub_is_promoted(&s);
        } else {
            were_old++;
            hub_is_as_before(&s);
        }
        assert_int_equal(hub_promote(&s), ERR_OK);
        hub_is_promoted(&s);
        hub_fini(&s);
    }
    assert_true(were_old > 0 && were_new > 0);
}

static void a_fault_at_any_call_is_said_and_the_next_command_mends_it(void **state) {
    (void)state;
    static const int faults[] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};
    struct hub s;
    const int calls = count_calls().calls;
    for (int at = 1; at <= calls; at++) {
        struct counter counter = {.at = at, .fault = faults[at % 5]};
        const struct change_hook hook = {.before = at_call, .self = &counter};
        hub_init(&s);
        s.hook = &hook;
        const enum err_code code = hub_promote(&s);
        assert_int_equal(code, counter.harmless ? ERR_OK : ERR_IO);
        assert_true(code == ERR_OK || strstr(s.err.what, strerror(counter.fault)));
        s.hook = NULL;
        if (hub_serves(&s, "2.0.0.19")) { /* also without the next command */
            assert_true(fake_is(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
            assert_true(fake_is(s.fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
        }
        assert_int_equal(hub_promote(&s), ERR_OK);
        hub_is_promoted(&s);
        hub_fini(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_any_call_is_finished_or_undone),
        cmocka_unit_test(a_fault_at_any_call_is_said_and_the_next_command_mends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
