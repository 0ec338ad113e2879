#include "tests/unit/hub_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/release/promote.h"
#include "src/release/pull.h"
#include "src/release/set_version.h"
#include "src/release/verify.h"

static void on_wait(void *self, int64_t ms, const char *why) {
    struct hub *s = self;
    s->waited_ms += ms;
    s->waits++;
    snprintf(s->why, sizeof s->why, "%s", why);
    clock_fake_advance(&s->clock, ms);
}

static void assets_to_server(struct hub *s) {
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

void hub_init(struct hub *s) {
    *s = (struct hub){.root = fixture_new(), .fake = fake_new()};
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

void hub_fini(struct hub *s) {
    plan_fini(&s->plan);
    fake_free(s->fake);
    fixture_free(s->root);
}

enum err_code hub_run(struct hub *s, hub_look_fn *look, void *request) {
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

enum err_code hub_promote(struct hub *s) {
    struct promote_request to_stable = {.from = TREE_BETA, .to = TREE_STABLE};
    return hub_run(s, promote_look, &to_stable);
}

enum err_code hub_pull(struct hub *s) {
    struct pull_request out_of_stable = {.channel = TREE_STABLE};
    return hub_run(s, pull_look, &out_of_stable);
}

enum err_code hub_publish(struct hub *s, enum publish_style style, const char *version) {
    struct publish_request request = {.channel = TREE_BETA, .style = style, .version = version};
    return hub_run(s, publish_look, &request);
}

size_t hub_failures(struct hub *s, bool deep) {
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

bool hub_serves(struct hub *s, const char *version) {
    char *text = fixture_read(s->root, FIXTURE_STABLE), *wanted = mem_format("\"%s\"", version);
    const bool does = text && strstr(text, wanted);
    free(text);
    free(wanted);
    return does;
}

void hub_is_promoted(struct hub *s) {
    assert_true(hub_serves(s, "2.0.0.20"));
    assert_true(fake_is(s->fake, "Update", "Nexy.dmg", FIXTURE_NEW_DMG));
    assert_true(fake_is(s->fake, "App", "Nexy.pkg", "the installer of 2.0.0.20"));
    assert_true(fake_is(s->fake, "Update", "LATEST_CHANGES.md", "# Nexy 2.0.0.20 🚀\n"));
    assert_false(fake_has_leftovers(s->fake));
    assert_false(fixture_has(s->root, ".gonogo/uploads"));
    assert_false(fixture_has(s->root, ".gonogo/uploaded"));
    assert_false(fixture_has(s->root, ".gonogo/download"));
    assert_int_equal(hub_failures(s, true), 0);
}

void hub_is_as_before(struct hub *s) {
    assert_true(hub_serves(s, "2.0.0.19"));
    assert_true(fake_is(s->fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG));
    assert_true(fake_is(s->fake, "App", "Nexy.pkg", "the installer of 2.0.0.19"));
    assert_false(fake_has_leftovers(s->fake));
    assert_int_equal(hub_failures(s, true), 0);
}
