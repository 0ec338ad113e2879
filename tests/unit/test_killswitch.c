#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "src/base/mem.h"
#include "src/model/registry.h"
#include "src/release/env.h"
#include "src/release/killswitch.h"
#include "tests/unit/flow_fixture.h"

static void the_env_editor_changes_one_value_and_no_other_byte(void **state) {
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"K=false\n", "K=true\n"},
        {"K=false", "K=true"},
        {"K=\n", "K=true\n"},
        {"K=\r\nX=1\r\n", "K=true\r\nX=1\r\n"},
        {"# K=false\r\nK=false\r\nX=1\r\n", "# K=false\r\nK=true\r\nX=1\r\n"},
        {"export K=false\n", "export K=true\n"},
        {"export\tK = 'false' \n", "export\tK = 'true' \n"},
        {"  K=\"false\"\n", "  K=\"true\"\n"},
        {"K=false  # off by ops\n", "K=true  # off by ops\n"},
        {"K=\"false\" # off\n", "K=\"true\" # off\n"},
        {"K= # off\n", "K= true # off\n"},
        {"K=false\nK=false\n", "K=false\nK=true\n"},
        {"XK=false\nK2=false\n", "XK=false\nK2=false\nK=true\n"},
        {"X=1", "X=1\nK=true"},
        {"X=1\r\nY=2", "X=1\r\nY=2\r\nK=true"},
        {"X=1\r\n", "X=1\r\nK=true\r\n"},
        {"", "K=true\n"},
        {"K=\"a#b\"\n", "K=\"true\"\n"},
        {"K='fal\n", "K=true\n"},
        {"export=1\nK=0\n\n\n", "export=1\nK=true\n\n\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct err err = ERR_INIT;
        buf_init(&out, 0);
        assert_int_equal(env_set(cases[i].before, strlen(cases[i].before), "K", "true",
                                 "config.env", &out, &err),
                         ERR_OK);
        assert_string_equal(out.data, cases[i].after);
        buf_fini(&out);
    }
}

static void names_and_values_that_need_quoting_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", "A B", "A=B", "A\nB", "A\"", "A$"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out;
        struct err err = ERR_INIT;
        buf_init(&out, 0);
        assert_int_equal(env_set("X=1\n", 4, bad[i], "true", "f", &out, &err), ERR_REFUSED);
        if (i > 0) {
            struct err other = ERR_INIT;
            assert_int_equal(env_set("X=1\n", 4, "K", bad[i], "f", &out, &other), ERR_REFUSED);
        }
        buf_fini(&out);
    }
}

static void the_registry_is_read_from_any_table_that_has_its_columns(void **state) {
    (void)state;
    static const char text[] = "| a | b |\n|---|---|\n| NEXY_KS_NOT | x |\n\n"
                               "| Kill switch | **Name** | extra |\r\n| :-- | --: | - |\r\n"
                               "| `disable_a`, NEXY_KS_DISABLE_B / n/a | a | \\| |\r\n"
                               "| none | b |\r\n"
                               "| - |\r\n"
                               "no table\n| NEXY_KS_LATE | c | |\n";
    struct registry r;
    registry_read(text, sizeof text - 1, &r);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.flags[0].cells[REGISTRY_NAME], "a");
    const char *at = NULL;
    char name[64];
    assert_true(registry_next_switch(&r.flags[0], &at, name, sizeof name));
    assert_string_equal(name, "disable_a");
    assert_true(registry_next_switch(&r.flags[0], &at, name, sizeof name));
    assert_string_equal(name, "NEXY_KS_DISABLE_B");
    assert_false(registry_next_switch(&r.flags[0], &at, name, sizeof name));
    at = NULL;
    assert_false(registry_next_switch(&r.flags[1], &at, name, sizeof name));
    registry_fini(&r);
}

static enum err_code set(const char *root, const char *name, bool to, struct plan *plan) {
    struct killswitch_request request = {.name = name, .to = to};
    struct err err = ERR_INIT;
    plan_init(plan);
    return fixture_run(root, killswitch_look, &request, plan, &err);
}

static void set_changes_the_named_place_alone(void **state) {
    (void)state;
    char *root = fixture_new(), *env = fixture_read(root, "config.env");
    char *yaml = fixture_read(root, FIXTURE_CONFIG);
    struct plan plan;
    assert_int_equal(set(root, "disable_tray", true, &plan), ERR_OK);
    plan_fini(&plan);
    assert_true(fixture_is(root, "config.env", env));
    char *now = fixture_read(root, FIXTURE_CONFIG);
    char *at = strstr(yaml, "disable_tray: false");
    char *wanted = mem_format("%.*sdisable_tray: true%s", (int)(at - yaml), yaml,
                              at + strlen("disable_tray: false"));
    assert_string_equal(now, wanted);
    assert_int_equal(set(root, "NEXY_KS_DISABLE_TRAY", true, &plan), ERR_OK);
    plan_fini(&plan);
    assert_true(fixture_is(root, FIXTURE_CONFIG, wanted));
    char *after = fixture_read(root, "config.env");
    assert_non_null(strstr(after, "NEXY_KS_DISABLE_TRAY=true\n"));
    assert_int_equal(strlen(after), strlen(env) - 1);
    free(after);
    free(wanted);
    free(now);
    free(yaml);
    free(env);
    fixture_free(root);
}

static void a_registered_switch_is_added_and_an_unknown_one_refused(void **state) {
    (void)state;
    char *root = fixture_new();
    struct plan plan;
    assert_int_equal(set(root, "kill_switches.disable_retry", true, &plan), ERR_OK);
    plan_fini(&plan);
    char *yaml = fixture_read(root, FIXTURE_CONFIG);
    assert_non_null(strstr(yaml, "\n  disable_tray: false  # seen at start\n"
                                 "  disable_retry: true\n"));
    free(yaml);
    assert_int_equal(set(root, "NEXY_KS_DISABLE_RETRY", false, &plan), ERR_OK);
    plan_fini(&plan);
    char *before = fixture_print(root);
    static const char *const unknown[] = {
        "disable_retri", "NEXY_KS_DISABLE_RETRI", "none", "../x", "a b", "",
        "NEXY_KS_",      "GEMINI_API_KEY",        "a\nb"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(set(root, unknown[i], true, &plan), ERR_REFUSED);
        plan_fini(&plan);
    }
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_free(root);
}

static void set_to_what_it_is_does_nothing(void **state) {
    (void)state;
    char *root = fixture_new(), *before = fixture_print(root);
    struct plan plan;
    static const char *const names[] = {"disable_tray", "NEXY_KS_DISABLE_TRAY",
                                        "UPDATE_BETA_ENABLED"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(set(root, names[i], false, &plan), ERR_OK);
        assert_non_null(plan.skip);
        plan_fini(&plan);
    }
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_free(root);
}

static void a_comment_behind_a_value_is_kept_and_warned_of(void **state) {
    (void)state;
    char *root = fixture_new();
    struct plan plan;
    fixture_write(root, "config.env", "NEXY_KS_DISABLE_TRAY=false # why\n");
    assert_int_equal(set(root, "NEXY_KS_DISABLE_TRAY", true, &plan), ERR_OK);
    assert_true(fixture_is(root, "config.env", "NEXY_KS_DISABLE_TRAY=true # why\n"));
    assert_non_null(strstr(plan.notes[0], "systemd"));
    plan_fini(&plan);
    fixture_free(root);
}

static void an_empty_file_takes_a_switch_and_a_missing_one_is_named(void **state) {
    (void)state;
    char *root = fixture_new(), *path = mem_format("%s/config.env", root);
    struct plan plan;
    fixture_write(root, "config.env", "");
    assert_int_equal(set(root, "NEXY_KS_DISABLE_TRAY", true, &plan), ERR_OK);
    plan_fini(&plan);
    assert_true(fixture_is(root, "config.env", "NEXY_KS_DISABLE_TRAY=true\n"));
    remove(path);
    assert_int_equal(set(root, "NEXY_KS_DISABLE_TRAY", true, &plan), ERR_MISSING);
    plan_fini(&plan);
    free(path);
    fixture_free(root);
}

static void modes_survive(void **state) {
    (void)state;
    char *root = fixture_new(), *path = mem_format("%s/config.env", root);
    struct plan plan;
    struct stat st;
    chmod(path, 0600);
    assert_int_equal(set(root, "NEXY_KS_DISABLE_TRAY", true, &plan), ERR_OK);
    plan_fini(&plan);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    free(path);
    fixture_free(root);
}

static char *no_environment(const char *name) {
    (void)name;
    return NULL;
}

static char *tray_is_on(const char *name) {
    static char yes[] = "true";
    return strcmp(name, "NEXY_KS_DISABLE_TRAY") == 0 ? yes : NULL;
}

static void list_shows_the_places_side_by_side_and_what_disagrees(void **state) {
    (void)state;
    char *root = fixture_new();
    struct flow_options options;
    struct killswitch_list list;
    struct err err = ERR_INIT;
    flow_init(&options, root);
    assert_int_equal(killswitch_list(&options, no_environment, &list, &err), ERR_OK);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.items[0].name, "disable_tray");
    assert_string_equal(list.items[0].flag, "tray");
    assert_string_equal(list.items[0].values[KILLSWITCH_YAML], "false");
    assert_string_equal(list.items[0].values[KILLSWITCH_ENV_FILE], "false");
    assert_null(list.items[0].disagrees);
    assert_string_equal(list.items[1].name, "disable_retry");
    assert_null(list.items[1].values[KILLSWITCH_YAML]);
    assert_string_equal(list.items[2].name, "UPDATE_BETA_ENABLED");
    killswitch_list_fini(&list);

    assert_int_equal(killswitch_list(&options, tray_is_on, &list, &err), ERR_OK);
    assert_string_equal(list.items[0].disagrees,
                        "YAML says false, config.env false, the environment true");
    killswitch_list_fini(&list);

    fixture_write(root, "config.env", "NEXY_KS_DISABLE_NEW=maybe\n");
    assert_int_equal(killswitch_list(&options, no_environment, &list, &err), ERR_OK);
    assert_string_equal(list.items[3].name, "disable_new");
    assert_non_null(strstr(list.items[3].disagrees, "not in the registry"));
    assert_non_null(strstr(list.items[3].disagrees, "neither true nor false"));
    killswitch_list_fini(&list);
    fixture_free(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_env_editor_changes_one_value_and_no_other_byte),
        cmocka_unit_test(names_and_values_that_need_quoting_are_refused),
        cmocka_unit_test(the_registry_is_read_from_any_table_that_has_its_columns),
        cmocka_unit_test(set_changes_the_named_place_alone),
        cmocka_unit_test(a_registered_switch_is_added_and_an_unknown_one_refused),
        cmocka_unit_test(set_to_what_it_is_does_nothing),
        cmocka_unit_test(a_comment_behind_a_value_is_kept_and_warned_of),
        cmocka_unit_test(an_empty_file_takes_a_switch_and_a_missing_one_is_named),
        cmocka_unit_test(modes_survive),
        cmocka_unit_test(list_shows_the_places_side_by_side_and_what_disagrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
