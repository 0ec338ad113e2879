/* The asset store on a server that misbehaves as GitHub's API can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/release/promote.h"
#include "src/release/set_version.h"
#include "tests/unit/hub_fixture.h"

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
            struct hub s;
            hub_init(&s);
            fake_set(s.fake, no_digests == 1, no_digests == 1, 2);
            fake_trouble(s.fake, &mended[i].fault);
            const enum err_code code = hub_promote(&s);
            if (code != ERR_OK)
                print_message("%s: %s: %s\n", mended[i].name, s.err.where, s.err.what);
            assert_int_equal(code, ERR_OK);
            if (s.waited_ms < mended[i].waits_ms || s.waited_ms > mended[i].waits_most_ms)
                print_message("%s: waited %lld ms\n", mended[i].name, (long long)s.waited_ms);
            assert_in_range(s.waited_ms, mended[i].waits_ms, mended[i].waits_most_ms);
            hub_is_promoted(&s);
            assert_int_equal(fake_leaks(s.fake), 0);
            hub_fini(&s);
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
        struct hub s;
        hub_init(&s);
        char *before = fake_print(s.fake);
        fake_trouble(s.fake, &cases[i].fault);
        const enum err_code code = hub_promote(&s);
        if (code != cases[i].code || !strstr(s.err.what, cases[i].says))
            print_message("%s: %d %s: %s\n", cases[i].name, code, s.err.where, s.err.what);
        assert_int_equal(code, cases[i].code);
        assert_non_null(strstr(s.err.what, cases[i].says));
        if (s.waited_ms > cases[i].waits_most_ms)
            print_message("%s: waited %lld ms\n", cases[i].name, (long long)s.waited_ms);
        assert_true(s.waited_ms <= cases[i].waits_most_ms);
        assert_true(hub_serves(&s, "2.0.0.19"));
        char *after = fake_print(s.fake);
        assert_string_equal(before, after);
        free(before);
        free(after);
        hub_fini(&s);
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
        struct hub s;
        hub_init(&s);
        fake_trouble(s.fake, &faults[i]);
        assert_int_equal(hub_promote(&s), ERR_NET);
        assert_non_null(strstr(s.err.what, "decided but not done"));
        assert_true(hub_serves(&s, "2.0.0.20"));
        /* A kill switch or a version does not wait for the repository. */
        char version[] = "2.0.0.20";
        const unsigned before = fake_requests(s.fake);
        assert_int_equal(hub_run(&s, set_version_look, version), ERR_OK);
        assert_int_equal(fake_requests(s.fake), before);
        s.dry_run = true;
        assert_int_equal(hub_promote(&s), ERR_OK);
        assert_non_null(strstr(s.plan.notes[0], "would be finished first"));
        s.dry_run = false;
        assert_int_equal(hub_promote(&s), ERR_OK);
        assert_non_null(strstr(s.plan.notes[0], "was finished first"));
        assert_non_null(s.plan.skip);
        hub_is_promoted(&s);
        hub_fini(&s);
    }
}

static void what_is_lost_meanwhile_is_said_and_can_be_put_back(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"DELETE", "/assets", FAKE_STATUS, 500, NULL, 0, 6});
    assert_int_equal(hub_promote(&s), ERR_NET);
    fake_remove(s.fake, "Update", "gonogo-new-Nexy.dmg");
    assert_int_equal(hub_promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "not there any more"));
    assert_non_null(strstr(s.err.todo, "upload the file by hand"));
    fake_put(s.fake, "Update", "Nexy.dmg", FIXTURE_NEW_DMG);
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    hub_fini(&s);
}

static void what_was_broken_off_by_others_is_replaced(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"POST", "/assets", FAKE_STARTER, 0, NULL, 0, 6});
    fake_remove(s.fake, "Update", "Nexy.dmg");
    fake_put_starter(s.fake, "Update", "Nexy.dmg", "half of it");
    s.waits = 0;
    assert_int_equal(hub_promote(&s), ERR_NET); /* six times over */
    assert_int_equal(s.waits, 5);
    assert_true(hub_serves(&s, "2.0.0.19"));
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    hub_fini(&s);
}

static void without_its_configuration_an_unfinished_change_is_left_alone(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_trouble(s.fake, &(struct fake_fault){"PATCH", "/assets", FAKE_STATUS, 500, NULL, 0, 6});
    assert_int_equal(hub_promote(&s), ERR_NET);
    struct promote_request to_stable = {.from = TREE_BETA, .to = TREE_STABLE};
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    assert_int_equal(fixture_run(s.root, promote_look, &to_stable, &plan, &err), ERR_REFUSED);
    assert_non_null(strstr(err.todo, "-c FILE"));
    plan_fini(&plan);
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    hub_fini(&s);
}

static void a_damaged_asset_is_never_promoted(void **state) {
    (void)state;
    for (int no_digests = 0; no_digests < 2; no_digests++) {
        struct hub s;
        hub_init(&s);
        fake_set(s.fake, no_digests == 1, false, 100);
        fake_put(s.fake, "UpdateBeta", "Nexy.dmg", "The disk image of 2.0.0.20, a little longer");
        char *before = fake_print(s.fake);
        assert_int_equal(hub_promote(&s), ERR_REFUSED);
        assert_non_null(strstr(s.err.what, "SHA-256"));
        char *after = fake_print(s.fake);
        assert_string_equal(before, after);
        assert_int_equal(hub_failures(&s, true), 1);
        free(before);
        free(after);
        hub_fini(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_mended_is_and_waits_no_longer_than_it_must),
        cmocka_unit_test(what_cannot_be_mended_is_an_error_and_nothing_has_changed),
        cmocka_unit_test(a_swap_that_fails_is_finished_by_the_next_command),
        cmocka_unit_test(what_is_lost_meanwhile_is_said_and_can_be_put_back),
        cmocka_unit_test(what_was_broken_off_by_others_is_replaced),
        cmocka_unit_test(without_its_configuration_an_unfinished_change_is_left_alone),
        cmocka_unit_test(a_damaged_asset_is_never_promoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
