/* The asset store on a server that behaves as GitHub's API does: what the commands do there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "tests/unit/hub_fixture.h"

static void a_promote_and_a_pull_go_through_the_repository(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    assert_true(fixture_is(s.root, ".gonogo/rollback/stable/2.0.0.19/Nexy.dmg", FIXTURE_OLD_DMG));
    assert_false(fixture_has(s.root, "assets/Update/Nexy.dmg"));
    assert_int_equal(hub_promote(&s), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "PROMOTE SKIPPED"));
    assert_int_equal(hub_pull(&s), ERR_OK);
    hub_is_as_before(&s);
    assert_int_equal(s.waits, 0);
    hub_fini(&s);
}

static void a_publish_reaches_beta_or_a_release_of_its_own(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    assert_int_equal(hub_publish(&s, PUBLISH_FIXED, NULL), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "already published, skip"));
    fixture_write(s.root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21!");
    assert_int_equal(hub_publish(&s, PUBLISH_FIXED, "2.0.0.21"), ERR_OK);
    assert_true(fake_is(s.fake, "UpdateBeta", "Nexy.dmg", "2.0.0.21!"));
    assert_int_equal(hub_publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_OK);
    assert_true(fake_is(s.fake, "v2.0.0.21", "Nexy.dmg", "2.0.0.21!"));
    assert_true(fake_is(s.fake, "v2.0.0.21", "Nexy.pkg", "the installer of 2.0.0.20"));
    assert_int_equal(hub_publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_OK);
    assert_non_null(strstr(s.plan.skip, "already published, skip"));
    fixture_write(s.root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21?");
    char *before = fake_print(s.fake);
    assert_int_equal(hub_publish(&s, PUBLISH_VERSION, "2.0.0.21"), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "BLOCKED"));
    char *after = fake_print(s.fake);
    assert_string_equal(before, after);
    assert_int_equal(hub_failures(&s, true), 0);
    free(before);
    free(after);
    hub_fini(&s);
}

static void a_dry_run_sends_nothing_that_writes(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    char *before = fake_print(s.fake), *tree = fixture_print(s.root);
    s.dry_run = true;
    assert_int_equal(hub_promote(&s), ERR_OK);
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
    hub_fini(&s);
}

static void a_channels_release_must_be_there_and_a_versions_own_is_made(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_drop_release(s.fake, "App");
    assert_int_equal(hub_promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "no release App"));
    assert_non_null(strstr(s.err.todo, "gh release create App"));
    assert_false(fake_has_release(s.fake, "App"));
    assert_true(hub_serves(&s, "2.0.0.19"));
    s.github.repository = "o/other";
    assert_int_equal(hub_promote(&s), ERR_REFUSED);
    assert_non_null(strstr(s.err.what, "no such repository"));
    hub_fini(&s);
}

static void who_may_not_write_is_told_so_and_nothing_is_changed(void **state) {
    (void)state;
    static const char *const tokens[] = {NULL, "a-wrong-one"};
    for (size_t i = 0; i < 2; i++) {
        struct hub s;
        hub_init(&s);
        s.github.token = tokens[i];
        assert_int_equal(hub_promote(&s), ERR_REFUSED);
        assert_non_null(strstr(s.err.todo, "release.token"));
        assert_null(strstr(s.err.what, "a-wrong-one"));
        assert_int_equal(s.waits, 0);
        s.github.token = FAKE_TOKEN;
        hub_is_as_before(&s);
        hub_fini(&s);
    }
}

static void lists_are_read_page_by_page(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_set(s.fake, false, false, 7);
    for (int i = 0; i < 100; i++) {
        char *name = mem_format("a-%d.zip", i);
        fake_put(s.fake, "Update", name, "x");
        free(name);
    }
    fake_put(s.fake, "Update", "Nexy.dmg", FIXTURE_OLD_DMG); /* the last of all */
    assert_int_equal(hub_failures(&s, false), 0);
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    hub_fini(&s);
}

static void the_token_goes_to_no_other_host(void **state) {
    (void)state;
    struct hub s;
    hub_init(&s);
    fake_set(s.fake, true, true, 100);
    assert_int_equal(hub_promote(&s), ERR_OK);
    hub_is_promoted(&s);
    assert_int_equal(hub_pull(&s), ERR_OK);
    assert_int_equal(fake_leaks(s.fake), 0);
    hub_fini(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_promote_and_a_pull_go_through_the_repository),
        cmocka_unit_test(a_publish_reaches_beta_or_a_release_of_its_own),
        cmocka_unit_test(a_dry_run_sends_nothing_that_writes),
        cmocka_unit_test(a_channels_release_must_be_there_and_a_versions_own_is_made),
        cmocka_unit_test(who_may_not_write_is_told_so_and_nothing_is_changed),
        cmocka_unit_test(lists_are_read_page_by_page),
        cmocka_unit_test(the_token_goes_to_no_other_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
