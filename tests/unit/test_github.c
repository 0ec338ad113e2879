/* The asset store on a server that behaves as GitHub's API does, and misbehaves as it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/release/github_http.h"
#include "src/release/promote.h"
#include "src/release/publish.h"
#include "src/release/pull.h"
#include "src/release/set_version.h"
#include "src/release/verify.h"
#include "tests/support/fake_github.h"
#include "tests/support/hostile.h"
#include "tests/unit/flow_fixture.h"
#include "tests/unit/loopback.h"

/* A tree whose assets are on the server, and the waits that were asked for. */
struct stage {
    char *root;
    struct fake *fake;
    struct github_options github;
    struct clock_fake clock;
    int64_t waited_ms;
    unsigned waits;
    char why[256];
    struct plan plan;
    struct err err;
    bool dry_run;
    const struct change_hook *hook;
};

typedef enum err_code look_fn(const struct flow *, void *, struct plan *, struct err *);

static struct promote_request to_stable = {.from = TREE_BETA, .to = TREE_STABLE};
static struct pull_request out_of_stable = {.channel = TREE_STABLE};

static void on_wait(void *self, int64_t ms, const char *why) {
    struct stage *s = self;
    s->waited_ms += ms;
    s->waits++;
    snprintf(s->why, sizeof s->why, "%s", why);
    clock_fake_advance(&s->clock, ms);
}

static void assets_to_server(struct stage *s) {
    static const char *const tags[] = {"Update", "App", "UpdateBeta", "AppBeta"};
    static const char *const names[] = {"Nexy.dmg", "Nexy.pkg", "LATEST_CHANGES.md"};
    for (size_t t = 0; t < 4; t++) {
        for (size_t n = 0; n < 3; n++) {
            char *path = mem_format("assets/%s/%s", tags[t], names[n]);
            char *bytes = fixture_read(s->root, path);
            if (bytes)
                fake_put(s->fake, tags[t], names[n], bytes);
            char *file = mem_format("%s/%s", s->root, path);
            unlink(file);
            free(file);
            free(bytes);
            free(path);
        }
    }
}

static void stage_init(struct stage *s) {
    *s = (struct stage){.root = fixture_new(), .fake = fake_new()};
    clock_fake_init(&s->clock, 1790000000000);
    s->github = (struct github_options){
        .repository = FAKE_REPOSITORY,
        .token = FAKE_TOKEN,
        .clock = &s->clock.clock,
        .wait = on_wait,
        .wait_self = s,
    };
    assets_to_server(s);
    s->github.api = fake_start(s->fake);
    plan_init(&s->plan);
}

static void stage_fini(struct stage *s) {
    plan_fini(&s->plan);
    fake_free(s->fake);
    fixture_free(s->root);
}

static enum err_code run(struct stage *s, look_fn *look, void *request) {
    struct flow_options options;
    const struct flow_work work = {"test", look, request, look != set_version_look};
    plan_fini(&s->plan);
    err_clear(&s->err);
    flow_init(&options, s->root);
    options.github = &s->github;
    options.clock = &s->clock.clock;
    options.dry_run = s->dry_run;
    options.hook = s->hook;
    enum err_code code = flow_run(&options, &work, &s->plan, &s->err);
    /* Whatever is said, the token is not in it. */
    assert_null(strstr(s->err.what, FAKE_TOKEN));
    assert_null(strstr(s->err.where, FAKE_TOKEN));
    assert_null(strstr(s->why, FAKE_TOKEN));
    return code;
}

static enum err_code promote(struct stage *s) {
    return run(s, promote_look, &to_stable);
}

static enum err_code publish(struct stage *s, enum publish_style style, const char *version) {
    struct publish_request request = {.channel = TREE_BETA, .style = style, .version = version};
    return run(s, publish_look, &request);
}

static size_t failures(struct stage *s, bool deep) {
    struct flow_options options;
    struct verify_report report;
    struct err err = ERR_INIT;
    size_t failed = 0;
    flow_init(&options, s->root);
    options.github = &s->github;
    options.clock = &s->clock.clock;
    assert_int_equal(verify_run(&options, deep, &report, &err), ERR_OK);
    for (size_t i = 0; i < report.n; i++)
        if (report.checks[i].verdict == VERIFY_FAIL &&
            !strstr(report.checks[i].what, "gonogo set-version")) {
            print_message("%s: %s\n", report.checks[i].name, report.checks[i].what);
            failed++;
        }
    verify_fini(&report);
    return failed;
}

static bool serves(struct stage *s, const char *version) {
    char *text = fixture_read(s->root, FIXTURE_STABLE), *wanted = mem_format("\"%s\"", version);
    const bool does = text && strstr(text, wanted);
    free(text);
    free(wanted);
    return does;
}

static void is_promoted(struct stage *s) {
    assert_true(serves(s, "2.0.0.20"));
    assert_true(fake_is(s->fake, "Update", "Nexy.dmg", FIXTURE_NEW_DMG));
    assert_true(fake_is(s->fake, "App", "Nexy.pkg", "the installer of 2.0.0.20"));
    assert_true(fake_is(s->fake, "Update", "LATEST_CHANGES.md", "# Nexy 2.0.0.20 🚀\n"));
    assert_false(fake_has_leftovers(s->fake));
    assert_false(fixture_has(s->root, ".gonogo/uploads"));
    assert_false(fixture_has(s->root, ".gonogo/uploaded"));
    assert_false(fixture_has(s->root, ".gonogo/download"));
    assert_int_equal(failures(s, true), 0);
}

static void is_as_before(struct stage *s) {
    assert_true(serves(s, "2.0.0.19"));
    assert_true(fake_is(s->fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
    assert_true(fake_is(s->fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
    assert_false(fake_has_leftovers(s->fake));
    assert_int_equal(failures(s, true), 0);
}

/* ---- the commands -------------------------------------------------------------------------------- */

static void a_promote_and_a_pull_go_through_the_repository(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    assert_true(fixture_is(s.root, ".gonogo/rollback/stable/2.0.0.19/Nexy.dmg", FIXTURE_OLD_DMG));
    assert_false(fixture_has(s.root, "assets/Update/Nexy.dmg"));
    assert_int_equal(promote(&s), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "PROMOTE SKIPPED"));
    assert_int_equal(run(&s, pull_look, &out_of_stable), ERR_OK);
    is_as_before(&s);
    assert_int_equal(s.waits, 0);
    stage_fini(&s);
}

static void a_publish_reaches_beta_or_a_release_of_its_own(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    assert_int_equal(publish(&s, PUBLISH_FIXED, NULL), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "already published, skip"));
    fixture_write(s.root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21!");
    assert_int_equal(publish(&s, PUBLISH_FIXED, "2.0.0.21"), ERR_OK);
    assert_true(fake_is(s.fake, "UpdateBeta", "Nexy.dmg", "2.0.0.21!"));
    assert_int_equal(publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_OK);
    assert_true(fake_is(s.fake, "v2.0.0.21", "Nexy.dmg", "2.0.0.21!"));
    assert_true(fake_is(s.fake, "v2.0.0.21", "Nexy.pkg", "the installer of 2.0.0.20"));
    assert_int_equal(publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "already published, skip"));
    fixture_write(s.root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21?");
    char *before = fake_print(s.fake);
    assert_int_equal(publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "BLOCKED"));
    char *after = fake_print(s.fake);
    assert_string_equal(before, after);
    assert_int_equal(failures(&s, true), 0);
    free(before);
    free(after);
    stage_fini(&s);
}

static void a_dry_run_sends_nothing_that_writes(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    char *before = fake_print(s.fake), *tree = fixture_print(s.root);
    s.dry_run = true;
    assert_int_equal(promote(&s), ERR_OK);
    assert_int_equal(s.plan.n_steps, 10);
    bool named = false;
    for (size_t i = 0; i < s.plan.n_steps; i++)
        named |= strstr(s.plan.steps[i].text, "github:o/r/Update/Nexy.dmg") != NULL;
    assert_true(named);
    char *after = fake_print(s.fake), *tree_after = fixture_print(s.root);
    assert_string_equal(before, after);
    assert_string_equal(tree, tree_after);
    assert_false(fixture_has(s.root, ".gonogo"));
    free(before);
    free(after);
    free(tree);
    free(tree_after);
    stage_fini(&s);
}

static void a_channels_release_must_be_there_and_a_versions_own_is_made(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_drop_release(s.fake, "App");
    assert_int_equal(promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "no release App"));
    assert_non_null(strstr(s.err.todo, "gh release create App"));
    assert_false(fake_has_release(s.fake, "App"));
    assert_true(serves(&s, "2.0.0.19"));
    s.github.repository = "o/other";
    assert_int_equal(promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "no such repository"));
    stage_fini(&s);
}

static void who_may_not_write_is_told_so_and_nothing_is_changed(void **state) {
    (void)state;
    static const char *const tokens[] = {NULL, "a-wrong-one"};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        stage_init(&s);
        s.github.token = tokens[i];
        assert_int_equal(promote(&s), ERR_REFUSED);
        assert_non_null(strstr(s.err.todo, "release.token"));
        assert_null(strstr(s.err.what, "a-wrong-one"));
        assert_int_equal(s.waits, 0);
        s.github.token = FAKE_TOKEN;
        is_as_before(&s);
        stage_fini(&s);
    }
}

/* ---- faults -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct fake_fault fault;
    int64_t waits_ms; /* at least */
    int64_t waits_most_ms;
} mended[] = {
    {"500 on a list", {"GET", "/assets", FAKE_STATUS, 500, NULL, 0, 2}, 3000, 3000},
    {"503 on a release", {"GET", "/releases/tags/", FAKE_STATUS, 503, NULL, 1, 3}, 7000, 7000},
    {"429", {"GET", "/releases/tags/", FAKE_STATUS, 429, NULL, 0, 1}, 60000, 60000},
    {"Retry-After", {"GET", "/assets", FAKE_RETRY_AFTER, 42, NULL, 0, 1}, 42000, 42000},
    {"Retry-After 0", {"POST", "/assets", FAKE_RETRY_AFTER, 0, NULL, 0, 1}, 0, 0},
    {"ratelimit-reset", {"GET", "/assets", FAKE_RESET, 1790000030, NULL, 0, 1}, 29000, 31000},
    {"reset is over", {"GET", "/assets", FAKE_RESET, 1700000000, NULL, 0, 1}, 0, 0},
    {"limit on an upload", {"POST", "/assets", FAKE_RETRY_AFTER, 7, NULL, 1, 1}, 7000, 7000},
    {"500 on an upload", {"POST", "/assets", FAKE_STATUS, 500, NULL, 0, 2}, 3000, 3000},
    {"cut in an upload", {"POST", "/assets", FAKE_CUT, 0, NULL, 0, 2}, 1000, 3000},
    {"an upload left a starter", {"POST", "/assets", FAKE_STARTER, 0, NULL, 0, 1}, 1000, 1000},
    {"an upload was truncated", {"POST", "/assets", FAKE_TRUNCATE, 0, NULL, 0, 1}, 1000, 1000},
    {"an upload came, its answer did not", {"POST", "/assets", FAKE_LOSE, 0, NULL, 0, 1}, 0, 0},
    {"an upload has other bytes", {"POST", "/assets", FAKE_OTHER_BYTES, 0, NULL, 0, 1}, 1000, 1000},
    {"cut in a download", {"GET", "/releases/assets/", FAKE_CUT, 0, NULL, 0, 2}, 1000, 3000},
    {"502 on a delete", {"DELETE", "/assets", FAKE_STATUS, 502, NULL, 0, 1}, 1000, 1000},
    {"a delete was done, 502", {"DELETE", "/assets", FAKE_LOSE, 0, NULL, 0, 1}, 1000, 1000},
    {"502 on a rename", {"PATCH", "/assets", FAKE_STATUS, 502, NULL, 0, 1}, 1000, 1000},
    {"a rename was done, 502", {"PATCH", "/assets", FAKE_LOSE, 0, NULL, 0, 1}, 1000, 2000},
};

static void what_can_be_mended_is_and_waits_no_longer_than_it_must(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mended / sizeof *mended; i++) {
        for (int no_digests = 0; no_digests < 2; no_digests++) {
            struct stage s;
            stage_init(&s);
            fake_set(s.fake, no_digests == 1, no_digests == 1, 2);
            fake_trouble(s.fake, &mended[i].fault);
            const enum err_code code = promote(&s);
            if (code != ERR_OK)
                print_message("%s: %s: %s\n", mended[i].name, s.err.where, s.err.what);
            assert_int_equal(code, ERR_OK);
            if (s.waited_ms < mended[i].waits_ms || s.waited_ms > mended[i].waits_most_ms)
                print_message("%s: waited %lld ms\n", mended[i].name, (long long)s.waited_ms);
            assert_in_range(s.waited_ms, mended[i].waits_ms, mended[i].waits_most_ms);
            is_promoted(&s);
            assert_int_equal(fake_leaks(s.fake), 0);
            stage_fini(&s);
        }
    }
}

static void what_cannot_be_mended_is_an_error_and_nothing_has_changed(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct fake_fault fault;
        enum err_code code;
        const char *says;
        int64_t waits_most_ms;
    } cases[] = {
        {"500 for ever",
         {"GET", "/releases/tags/", FAKE_STATUS, 500, NULL, 0, 99},
         ERR_NET,
         "500",
         31000},
        {"uploads never work",
         {"POST", "/assets", FAKE_STATUS, 500, NULL, 1, 99},
         ERR_NET,
         "500",
         31000},
        {"uploads are cut for ever",
         {"POST", "/assets", FAKE_CUT, 0, NULL, 1, 99},
         ERR_NET,
         "",
         31000},
        {"uploads are other bytes",
         {"POST", "/assets", FAKE_OTHER_BYTES, 0, NULL, 1, 99},
         ERR_NET,
         "did not arrive",
         31000},
        {"an hour's limit",
         {"POST", "/assets", FAKE_RETRY_AFTER, 3600, NULL, 1, 99},
         ERR_NET,
         "rate limit is used up for 1 h",
         0},
        {"a reset in an hour",
         {"GET", "/assets", FAKE_RESET, 1790003600, NULL, 0, 99},
         ERR_NET,
         "rate limit is used up for 1 h",
         0},
        {"403 without a limit",
         {"POST", "/assets", FAKE_STATUS, 403, NULL, 0, 99},
         ERR_REFUSED,
         "not good for this",
         0},
        {"a strange answer",
         {"POST", "/assets", FAKE_STATUS, 418, NULL, 0, 99},
         ERR_NET,
         "418 \"as the test",
         31000},
        {"a download that leads to http",
         {"GET", "/releases/assets/", FAKE_ELSEWHERE, 0, "http://example.net/x", 0, 99},
         ERR_REFUSED,
         "neither https",
         0},
        {"a download that leads nowhere",
         {"GET", "/releases/assets/", FAKE_ELSEWHERE, 0, "file:///etc/passwd", 0, 99},
         ERR_REFUSED,
         "neither https",
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        stage_init(&s);
        char *before = fake_print(s.fake);
        fake_trouble(s.fake, &cases[i].fault);
        const enum err_code code = promote(&s);
        if (code != cases[i].code || !strstr(s.err.what, cases[i].says))
            print_message("%s: %d %s: %s\n", cases[i].name, code, s.err.where, s.err.what);
        assert_int_equal(code, cases[i].code);
        assert_non_null(strstr(s.err.what, cases[i].says));
        if (s.waited_ms > cases[i].waits_most_ms)
            print_message("%s: waited %lld ms\n", cases[i].name, (long long)s.waited_ms);
        assert_true(s.waited_ms <= cases[i].waits_most_ms);
        assert_true(serves(&s, "2.0.0.19"));
        char *after = fake_print(s.fake);
        assert_string_equal(before, after);
        free(before);
        free(after);
        stage_fini(&s);
    }
}

static void a_swap_that_fails_is_finished_by_the_next_command(void **state) {
    (void)state;
    static const struct fake_fault faults[] = {
        {"DELETE", "/assets", FAKE_STATUS, 500, NULL, 0, 6},
        {"PATCH", "/assets", FAKE_STATUS, 500, NULL, 0, 6},
        {"PATCH", "/assets", FAKE_STATUS, 500, NULL, 2, 6},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct stage s;
        stage_init(&s);
        fake_trouble(s.fake, &faults[i]);
        assert_int_equal(promote(&s), ERR_NET);
        assert_non_null(strstr(s.err.what, "decided but not done"));
        assert_true(serves(&s, "2.0.0.20"));
        /* A kill switch or a version does not wait for the repository. */
        char version[] = "2.0.0.20";
        const unsigned before = fake_requests(s.fake);
        assert_int_equal(run(&s, set_version_look, version), ERR_OK);
        assert_int_equal(fake_requests(s.fake), before);
        s.dry_run = true;
        assert_int_equal(promote(&s), ERR_OK);
        assert_non_null(strstr(s.plan.notes[0], "would be finished first"));
        s.dry_run = false;
        assert_int_equal(promote(&s), ERR_OK);
        assert_non_null(strstr(s.plan.notes[0], "was finished first"));
        assert_non_null(s.plan.skip);
        is_promoted(&s);
        stage_fini(&s);
    }
}

static void what_is_lost_meanwhile_is_said_and_can_be_put_back(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"DELETE", "/assets", FAKE_STATUS, 500, NULL, 0, 6});
    assert_int_equal(promote(&s), ERR_NET);
    fake_remove(s.fake, "Update", "gonogo-new-Nexy.dmg");
    assert_int_equal(promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "not there any more"));
    assert_non_null(strstr(s.err.todo, "upload the file by hand"));
    fake_put(s.fake, "Update", "Nexy.dmg", FIXTURE_NEW_DMG);
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    stage_fini(&s);
}

static void what_was_broken_off_by_others_is_replaced(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"POST", "/assets", FAKE_STARTER, 0, NULL, 0, 6});
    fake_remove(s.fake, "Update", "Nexy.dmg");
    fake_put_starter(s.fake, "Update", "Nexy.dmg", "half of it");
    s.waits = 0;
    assert_int_equal(promote(&s), ERR_NET); /* six times over */
    assert_int_equal(s.waits, 5);
    assert_true(serves(&s, "2.0.0.19"));
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    stage_fini(&s);
}

static void without_its_configuration_an_unfinished_change_is_left_alone(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"PATCH", "/assets", FAKE_STATUS, 500, NULL, 0, 6});
    assert_int_equal(promote(&s), ERR_NET);
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    assert_int_equal(fixture_run(s.root, promote_look, &to_stable, &plan, &err), ERR_REFUSED);
    assert_non_null(strstr(err.todo, "-c FILE"));
    plan_fini(&plan);
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    stage_fini(&s);
}

static void a_damaged_asset_is_never_promoted(void **state) {
    (void)state;
    for (int no_digests = 0; no_digests < 2; no_digests++) {
        struct stage s;
        stage_init(&s);
        fake_set(s.fake, no_digests == 1, false, 100);
        fake_put(s.fake, "UpdateBeta", "Nexy.dmg", "The disk image of 2.0.0.20, a little longer");
        char *before = fake_print(s.fake);
        assert_int_equal(promote(&s), ERR_REFUSED);
        assert_non_null(strstr(s.err.what, "SHA-256"));
        char *after = fake_print(s.fake);
        assert_string_equal(before, after);
        assert_int_equal(failures(&s, true), 1);
        free(before);
        free(after);
        stage_fini(&s);
    }
}

static void lists_are_read_page_by_page(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_set(s.fake, false, false, 7);
    for (int i = 0; i < 100; i++) {
        char *name = mem_format("a-%d.zip", i);
        fake_put(s.fake, "Update", name, "x");
        free(name);
    }
    fake_put(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG); /* the last of all */
    assert_int_equal(failures(&s, false), 0);
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    stage_fini(&s);
}

static void the_token_goes_to_no_other_host(void **state) {
    (void)state;
    struct stage s;
    stage_init(&s);
    fake_set(s.fake, true, true, 100);
    assert_int_equal(promote(&s), ERR_OK);
    is_promoted(&s);
    assert_int_equal(run(&s, pull_look, &out_of_stable), ERR_OK);
    assert_int_equal(fake_leaks(s.fake), 0);
    stage_fini(&s);
}

/* ---- SIGKILL ------------------------------------------------------------------------------------- */

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
static void killed_promote(struct stage *s, int at) {
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
        promote(s);
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
    struct stage s;
    struct counter counter = {.at = -1};
    const struct change_hook hook = {.before = at_call, .self = &counter};
    stage_init(&s);
    s.hook = &hook;
    assert_int_equal(promote(&s), ERR_OK);
    stage_fini(&s);
    assert_true(counter.calls > 100);
    assert_true(counter.of_net >= 12); /* three uploads, deletions and renames */
    return counter;
}

static void a_kill_at_any_call_is_finished_or_undone(void **state) {
    (void)state;
    struct stage s;
    const struct counter counter = count_calls();
    int were_old = 0, were_new = 0;
    for (int at = 1; at <= counter.calls; at++) {
        stage_init(&s);
        fake_stop(s.fake);
        killed_promote(&s, at);
        /* Old under its place as long as nothing is decided; and nobody offers half of anything. */
        if (serves(&s, "2.0.0.19") && !fixture_has(s.root, ".gonogo/journal")) {
            assert_true(fake_is(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
            assert_true(fake_is(s.fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
        }
        char *dmg = fake_get(s.fake, "Update", "Nexy.dmg");
        assert_true(!dmg || strcmp(dmg, FIXTURE_OLD_DMG) == 0 || strcmp(dmg, FIXTURE_NEW_DMG) == 0);
        free(dmg);
        /* The next command finds the old world or the new one; a pull has nothing to go back to in the
         * old one, and goes back in the new. */
        struct pull_request nothing = {.channel = TREE_STABLE, .to = "2.0.0.18"};
        assert_int_equal(run(&s, pull_look, &nothing), ERR_REFUSED);
        if (serves(&s, "2.0.0.20")) {
            were_new++;
            is_promoted(&s);
        } else {
            were_old++;
            is_as_before(&s);
        }
        assert_int_equal(promote(&s), ERR_OK);
        is_promoted(&s);
        stage_fini(&s);
    }
    assert_true(were_old > 0 && were_new > 0);
}

static void a_fault_at_any_call_is_said_and_the_next_command_mends_it(void **state) {
    (void)state;
    static const int faults[] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};
    struct stage s;
    const int calls = count_calls().calls;
    for (int at = 1; at <= calls; at++) {
        struct counter counter = {.at = at, .fault = faults[at % 5]};
        const struct change_hook hook = {.before = at_call, .self = &counter};
        stage_init(&s);
        s.hook = &hook;
        const enum err_code code = promote(&s);
        assert_int_equal(code, counter.harmless ? ERR_OK : ERR_IO);
        assert_true(code == ERR_OK || strstr(s.err.what, strerror(counter.fault)));
        s.hook = NULL;
        if (serves(&s, "2.0.0.19")) { /* also without the next command */
            assert_true(fake_is(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
            assert_true(fake_is(s.fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
        }
        assert_int_equal(promote(&s), ERR_OK);
        is_promoted(&s);
        stage_fini(&s);
    }
}

/* ---- TLS, and the real program -------------------------------------------------------------------- */

static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self, (void)request, (void)number;
    hostile_ok(reply, "application/json", "{\"message\":\"x\"}", "");
}

static void a_certificate_that_nobody_vouches_for_is_refused_at_once(void **state) {
    (void)state;
    struct stage s;
    struct cert cert;
    stage_init(&s);
    cert_make(&cert, "127.0.0.1", "IP:127.0.0.1", -60, 3600, NULL);
    struct hostile *server = hostile_start(script, NULL, &cert);
    char *api = mem_format("https://127.0.0.1:%d", hostile_port(server));
    char *ca = mem_format("%s/ca.pem", s.root);
    s.github.api = api;
    assert_int_equal(promote(&s), ERR_NET);
    assert_int_equal(hostile_requests(server), 0); /* nothing was sent, the token least of all */
    assert_int_equal(s.waits, 0);
    cert_write(&cert, ca);
    s.github.ca_file = ca;
    assert_int_equal(promote(&s), ERR_PARSE); /* it speaks, though not as the API does */
    assert_true(hostile_requests(server) > 0);
    s.github.api = "http://api.example.net";
    assert_int_equal(promote(&s), ERR_CONFIG);
    hostile_stop(server);
    cert_fini(&cert);
    free(api);
    free(ca);
    stage_fini(&s);
}

/* The program, forked and not yet begun: what it takes is measured from the memory of its parent. */
struct child {
    pid_t pid;
    int out, go;
};

static struct child child_new(const char *const argv[]) {
    int out[2], go[2];
    char byte;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        close(go[1]);
        if (read(go[0], &byte, 1) == 1)
            execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(out[1]);
    close(go[0]);
    return (struct child){.pid = pid, .out = out[0], .go = go[1]};
}

/* Its output on the heap, its exit code and largest resident set (KB). */
static char *child_run(const struct child *c, int *code, long *rss_kb) {
    char chunk[4096];
    struct buf out;
    struct rusage usage;
    int status;
    ssize_t got;
    buf_init(&out, 0);
    buf_add_text(&out, "");
    assert_int_equal(write(c->go, "!", 1), 1);
    close(c->go);
    while ((got = read(c->out, chunk, sizeof chunk)) > 0)
        buf_add(&out, chunk, (size_t)got);
    close(c->out);
    assert_int_equal(wait4(c->pid, &status, 0, &usage), c->pid);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#ifdef __APPLE__
    usage.ru_maxrss /= 1024; /* bytes there */
#endif
    *rss_kb = usage.ru_maxrss;
    return buf_steal(&out);
}

static char *program(const char *const argv[], int *code) {
    long ignored;
    const struct child child = child_new(argv);
    return child_run(&child, code, &ignored);
}

static char *write_config(const struct stage *s) {
    char *text = mem_format(
        "product: Nexy\nenvironments:\n  - name: tree\n    role: candidate\n    probes:\n"
        "      - {name: VERSION, kind: file-version, file: VERSION}\ngates:\n"
        "  - {name: fresh, kind: fresh, within: 30s}\nrelease:\n  assets: github\n"
        "  repository: o/r\n  api: %s\n  token: env:NEXY_TEST_TOKEN\n",
        s->github.api);
    fixture_write(s->root, "gonogo.yaml", text);
    free(text);
    return mem_format("%s/gonogo.yaml", s->root);
}

static void the_program_takes_repository_and_token_from_its_configuration(void **state) {
    (void)state;
    const char *gonogo = getenv("GONOGO");
    if (!gonogo)
        skip();
    struct stage s;
    stage_init(&s);
    char *config = write_config(&s);
    const char *const promote_argv[] = {gonogo, "promote", "--root", s.root, "-c", config, NULL};
    const char *const verify_argv[] = {gonogo, "verify", "--deep", "--root",
                                       s.root, "-c",     config,   NULL};
    const char *const show_argv[] = {gonogo, "config", "show", "-c", config, NULL};
    const char *const kill_argv[] = {
        gonogo, "killswitch", "set", "NEXY_KS_DISABLE_TRAY", "--root", s.root, "-c", config, NULL};
    int code;
    unsetenv("NEXY_TEST_TOKEN");
    char *out = program(promote_argv, &code);
    assert_int_equal(code, 2);
    assert_non_null(strstr(out, "NEXY_TEST_TOKEN"));
    free(out);
    out = program(kill_argv, &code); /* an emergency needs no token */
    assert_int_equal(code, 0);
    free(out);
    setenv("NEXY_TEST_TOKEN", FAKE_TOKEN, 1);
    out = program(show_argv, &code);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "token: \"***\""));
    assert_null(strstr(out, FAKE_TOKEN));
    free(out);
    fake_trouble(s.fake, &(struct fake_fault){"GET", "/assets", FAKE_RETRY_AFTER, 0, NULL, 0, 1});
    out = program(promote_argv, &code);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "promoted 2.0.0.20"));
    assert_non_null(strstr(out, "the rate limit: waiting"));
    assert_null(strstr(out, FAKE_TOKEN));
    free(out);
    is_promoted(&s);
    out = program(verify_argv, &code);
    assert_null(strstr(out, "FAIL  stable Nexy.dmg"));
    assert_non_null(strstr(out, "ok    stable Nexy.dmg"));
    free(out);
    free(config);
    stage_fini(&s);
}

/* What a promote takes for an image of so many bytes. */
static long rss_of(const char *gonogo, size_t n) {
    struct stage s;
    int code;
    long rss;
    stage_init(&s);
    char *config = write_config(&s);
    const char *const argv[] = {gonogo, "promote", "--root", s.root, "-c", config, NULL};
    setenv("NEXY_TEST_TOKEN", FAKE_TOKEN, 1);
    const struct child child = child_new(argv);
    char *dmg = mem_alloc(n + 1);
    memset(dmg, 'd', n);
    dmg[n] = '\0';
    fake_put(s.fake, "UpdateBeta", "Nexy.dmg", dmg);
    char *manifest = fixture_manifest("2.0.0.20", FIXTURE_URL("UpdateBeta"), dmg);
    fixture_write(s.root, FIXTURE_BETA, manifest);
    char *out = child_run(&child, &code, &rss);
    if (code != 0)
        print_message("%s\n", out);
    assert_int_equal(code, 0);
    assert_true(fake_is(s.fake, "Update", "Nexy.dmg", dmg));
    free(out);
    free(config);
    free(manifest);
    free(dmg);
    stage_fini(&s);
    return rss;
}

static void memory_does_not_grow_with_the_image(void **state) {
    (void)state;
    const char *gonogo = getenv("GONOGO"), *variant = getenv("VARIANT");
    if (!gonogo || !variant || strcmp(variant, "release") != 0)
        skip(); /* sanitizers keep memory of their own */
    const long small = rss_of(gonogo, (size_t)1 << 20), large = rss_of(gonogo, (size_t)96 << 20);
    print_message("%ld KB for 1 MiB, %ld KB for 96 MiB\n", small, large);
    assert_true(large - small < 4096);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_promote_and_a_pull_go_through_the_repository),
        cmocka_unit_test(a_publish_reaches_beta_or_a_release_of_its_own),
        cmocka_unit_test(a_dry_run_sends_nothing_that_writes),
        cmocka_unit_test(a_channels_release_must_be_there_and_a_versions_own_is_made),
        cmocka_unit_test(who_may_not_write_is_told_so_and_nothing_is_changed),
        cmocka_unit_test(what_can_be_mended_is_and_waits_no_longer_than_it_must),
        cmocka_unit_test(what_cannot_be_mended_is_an_error_and_nothing_has_changed),
        cmocka_unit_test(a_swap_that_fails_is_finished_by_the_next_command),
        cmocka_unit_test(what_is_lost_meanwhile_is_said_and_can_be_put_back),
        cmocka_unit_test(what_was_broken_off_by_others_is_replaced),
        cmocka_unit_test(without_its_configuration_an_unfinished_change_is_left_alone),
        cmocka_unit_test(a_damaged_asset_is_never_promoted),
        cmocka_unit_test(lists_are_read_page_by_page),
        cmocka_unit_test(the_token_goes_to_no_other_host),
        cmocka_unit_test(a_kill_at_any_call_is_finished_or_undone),
        cmocka_unit_test(a_fault_at_any_call_is_said_and_the_next_command_mends_it),
        cmocka_unit_test(a_certificate_that_nobody_vouches_for_is_refused_at_once),
        cmocka_unit_test(the_program_takes_repository_and_token_from_its_configuration),
        cmocka_unit_test(memory_does_not_grow_with_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
