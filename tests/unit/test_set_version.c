#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/release/set_version.h"
#include "tests/unit/flow_fixture.h"

static enum err_code set(const char *root, const char *version, struct plan *plan) {
    struct err err = ERR_INIT;
    char copy[64];
    snprintf(copy, sizeof copy, "%s", version);
    plan_init(plan);
    return fixture_run(root, set_version_look, copy, plan, &err);
}

static void every_source_gets_the_version(void **state) {
    (void)state;
    char *root = fixture_new();
    struct plan plan;
    assert_int_equal(set(root, "2.0.0.21", &plan), ERR_OK);
    assert_int_equal(plan.n_steps, 4);
    plan_fini(&plan);
    assert_true(fixture_is(root, "VERSION", "2.0.0.21\n"));
    char *yaml = fixture_read(root, FIXTURE_CONFIG);
    assert_non_null(strstr(yaml, "default_version: \"2.0.0.21\"  # set by gonogo\n"));
    assert_non_null(strstr(yaml, "default_build: \"2.0.0.21\"\n"));
    char *stable = fixture_read(root, FIXTURE_STABLE);
    assert_non_null(strstr(stable, "\"version\": \"2.0.0.21\""));
    assert_non_null(strstr(stable, "\"build\": \"2.0.0.21\""));
    assert_non_null(strstr(stable, "\"team_note\": \"kept\""));
    assert_true(fixture_is(root, FIXTURE_PAIR("2.0.0.21"), stable));
    free(stable);
    free(yaml);
    assert_int_equal(set(root, "2.0.0.21", &plan), ERR_OK);
    assert_non_null(plan.skip);
    plan_fini(&plan);
    fixture_free(root);
}

static void a_missing_pair_is_a_copy_of_the_manifest(void **state) {
    (void)state;
    char *root = fixture_new(), *stable = fixture_read(root, FIXTURE_STABLE);
    struct plan plan;
    fixture_write(root, FIXTURE_PAIR("2.0.0.19"), "{\"version\":\"2.0.0.19\",\"build\":\"1\"}");
    assert_int_equal(set(root, "2.0.0.19", &plan), ERR_OK);
    assert_int_equal(plan.n_steps, 1);
    plan_fini(&plan);
    assert_true(fixture_is(root, FIXTURE_PAIR("2.0.0.19"), stable));
    free(stable);
    fixture_free(root);
}

static void another_versions_bytes_are_not_relabelled(void **state) {
    (void)state;
    char *root = fixture_new();
    char *other = fixture_manifest("2.0.0.18", FIXTURE_URL("Update"), "other bytes");
    struct plan plan;
    fixture_write(root, FIXTURE_PAIR("2.0.0.18"), other);
    char *before = fixture_print(root);
    assert_int_equal(set(root, "2.0.0.18", &plan), ERR_REFUSED);
    plan_fini(&plan);
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(before);
    free(after);
    free(other);
    fixture_free(root);
}

static void what_is_no_version_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", "v2", "2.0\n", "../2", "2/../../x", "2 0", "2\\0"};
    char *root = fixture_new(), *before = fixture_print(root);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plan plan;
        assert_int_equal(set(root, bad[i], &plan), ERR_REFUSED);
        plan_fini(&plan);
    }
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_free(root);
}

static void a_tree_that_lacks_a_file_or_holds_rubbish_is_left_alone(void **state) {
    (void)state;
    static const struct {
        const char *file, *text; /* NULL = taken away */
    } cases[] = {
        {FIXTURE_STABLE, NULL}, {FIXTURE_STABLE, "not JSON"},
        {FIXTURE_STABLE, "[]"}, {FIXTURE_STABLE, "{\"version\":2.0,\"build\":\"1\"}"},
        {FIXTURE_CONFIG, NULL}, {FIXTURE_CONFIG, "update: [1, 2\n"},
        {FIXTURE_CONFIG, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *root = fixture_new();
        struct plan plan;
        fixture_write(root, cases[i].file, cases[i].text ? cases[i].text : "");
        char path[512];
        snprintf(path, sizeof path, "%s/%s", root, cases[i].file);
        if (!cases[i].text)
            remove(path);
        char *before = fixture_print(root);
        assert_int_not_equal(set(root, "2.0.0.21", &plan), ERR_OK);
        plan_fini(&plan);
        char *after = fixture_print(root);
        assert_string_equal(before, after);
        free(before);
        free(after);
        fixture_free(root);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_source_gets_the_version),
        cmocka_unit_test(a_missing_pair_is_a_copy_of_the_manifest),
        cmocka_unit_test(another_versions_bytes_are_not_relabelled),
        cmocka_unit_test(what_is_no_version_is_refused),
        cmocka_unit_test(a_tree_that_lacks_a_file_or_holds_rubbish_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
