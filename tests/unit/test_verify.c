#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/mem.h"
#include "src/release/promote.h"
#include "src/release/publish.h"
#include "src/release/set_version.h"
#include "src/release/verify.h"
#include "tests/unit/flow_fixture.h"

static struct verify_report verify(const char *root, bool deep, const char *const *legacy) {
    struct flow_options options;
    struct verify_report report;
    struct err err = ERR_INIT;
    flow_init(&options, root);
    options.layout.legacy = legacy;
    assert_int_equal(verify_run(&options, deep, &report, &err), ERR_OK);
    return report;
}

static const struct verify_check *find(const struct verify_report *r, const char *name,
                                       enum verify_verdict verdict) {
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->checks[i].name, name) == 0 && r->checks[i].verdict == verdict)
            return &r->checks[i];
    return NULL;
}

static void a_sound_tree_passes(void **state) {
    (void)state;
    char *root = fixture_new(), *before = fixture_print(root);
    for (int deep = 0; deep < 2; deep++) {
        struct verify_report r = verify(root, deep == 1, NULL);
        assert_int_equal(r.failed, 0);
        assert_non_null(find(&r, "stable pair", VERIFY_OK));
        assert_non_null(find(&r, "GEMINI_API_KEY", VERIFY_OK));
        assert_non_null(find(&r, "beta inbox", VERIFY_OK));
        for (size_t i = 0; i < r.n; i++)
            assert_null(strstr(r.checks[i].what, "AIza"));
        verify_fini(&r);
    }
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_free(root);
}

/* Each breach is found by its own check, and by no other unless it has to be. */
static void every_rule_is_seen_to_be_broken(void **state) {
    (void)state;
#define ARTIFACT(url, size)                                                         \
    "{\"version\":\"2.0.0.19\",\"build\":\"2.0.0.19\",\"artifact\":{\"url\":\"" url \
    "\",\"size\":" size "}}"
    static const struct {
        const char *file, *text; /* NULL = taken away */
        const char *check;
    } cases[] = {
        {"VERSION", "2.0.0.18\n", "VERSION"},
        {"VERSION", NULL, "VERSION"},
        {"VERSION", "", "VERSION"},
        {FIXTURE_CONFIG, "update:\n  default_version: 2.0\n  default_build: \"2.0.0.19\"\n",
         "update.default_version"},
        {FIXTURE_CONFIG, "update:\n  default_version: \"2.0.0.19\"\n", "update.default_build"},
        {FIXTURE_CONFIG,
         "update:\n  default_version: \"2.0.0.19\"\n  default_build: \"2.0.0.19\"\n"
         "release_target:\n  version: \"2.0.0.15\"\n",
         "release_target.version"},
        {FIXTURE_CONFIG, "update: [\n", "update.default_version"},
        {FIXTURE_CONFIG, NULL, "settings"},
        {FIXTURE_STABLE, NULL, "stable manifest"},
        {FIXTURE_STABLE, "no JSON", "stable manifest"},
        {FIXTURE_STABLE, ARTIFACT("http://cdn.example/Update/Nexy.dmg", "1"), "stable manifest"},
        {FIXTURE_STABLE, ARTIFACT("https://cdn.example/appcast.xml", "1"), "stable manifest"},
        {FIXTURE_STABLE, ARTIFACT("https://cdn.example/Update/Nexy.dmg", "-1"), "stable manifest"},
        {FIXTURE_STABLE, ARTIFACT("https://cdn.example/Update/Nexy.dmg", "\"1\""),
         "stable manifest"},
        {FIXTURE_BETA, "{}", "beta manifest"},
        {FIXTURE_PAIR("2.0.0.19"), NULL, "stable pair"},
        {FIXTURE_PAIR("2.0.0.19"), "{\"version\":\"2.0.0.19\",\"build\":\"2.0.0.19\"}",
         "stable pair"},
        {FIXTURE_PAIR("2.0.0.18"), "{\"version\":\"2.0.0.17\",\"build\":\"2.0.0.17\"}",
         "versioned manifests"},
        {"assets/Update/Nexy.dmg", "short", "stable Nexy.dmg"},
        {"assets/Update/Nexy.dmg", NULL, "stable Nexy.dmg"},
        {"assets/App/Nexy.pkg", NULL, "stable Nexy.pkg"},
        {"assets/Update/LATEST_CHANGES.md", "", "stable LATEST_CHANGES.md"},
        {"assets/UpdateBeta/Nexy.dmg", "short", "beta Nexy.dmg"},
        {"server/server/updates/manifests/manifest.json",
         "{\"version\":\"2.0.0.19\",\"build\":\"2.0.0.19\"}", "legacy copy"},
        {"server/release_inbox/beta/LATEST_CHANGES.md", NULL, "beta inbox"},
        {"server/release_inbox/beta/Nexy.pkg", "", "beta inbox"},
        {"server/release_inbox/stable/Nexy.dmg", "alone", "stable inbox"},
        {"config.env", "X=1\n", "GEMINI_API_KEY"},
        {"config.env", "GEMINI_API_KEY=\n", "GEMINI_API_KEY"},
        {"config.env", "GEMINI_API_KEY=your-key-goes-in-this-place\n", "GEMINI_API_KEY"},
        {"config.env", "GEMINI_API_KEY=<put the key here, please>\n", "GEMINI_API_KEY"},
        {"config.env", "GEMINI_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx\n", "GEMINI_API_KEY"},
        {"config.env", "GEMINI_API_KEY=short\n", "GEMINI_API_KEY"},
        {"config.env", NULL, "GEMINI_API_KEY"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *root = fixture_new(), *path = mem_format("%s/%s", root, cases[i].file);
        fixture_write(root, cases[i].file, cases[i].text ? cases[i].text : "");
        if (!cases[i].text)
            remove(path);
        struct verify_report r = verify(root, false, NULL);
        assert_true(r.failed > 0);
        if (!find(&r, cases[i].check, VERIFY_FAIL))
            assert_string_equal(cases[i].check, r.checks[0].what);
        verify_fini(&r);
        free(path);
        fixture_free(root);
    }
}

static void addresses_of_another_channel_are_found(void **state) {
    (void)state;
    char *root = fixture_new();
    char *wrong = fixture_manifest("2.0.0.19", FIXTURE_URL("UpdateBeta"), FIXTURE_OLD_DMG);
    fixture_write(root, FIXTURE_STABLE, wrong);
    fixture_write(root, FIXTURE_PAIR("2.0.0.19"), wrong);
    struct verify_report r = verify(root, false, NULL);
    assert_int_equal(r.failed, 1);
    assert_non_null(find(&r, "stable address", VERIFY_FAIL));
    verify_fini(&r);
    free(wrong);
    fixture_free(root);
}

static void one_changed_bit_is_found_by_a_deep_look(void **state) {
    (void)state;
    char *root = fixture_new(), *bytes = mem_copy_text(FIXTURE_OLD_DMG);
    bytes[3] ^= 1;
    fixture_write(root, "assets/Update/Nexy.dmg", bytes);
    struct verify_report r = verify(root, false, NULL);
    assert_int_equal(r.failed, 0);
    verify_fini(&r);
    r = verify(root, true, NULL);
    assert_int_equal(r.failed, 1);
    assert_non_null(find(&r, "stable Nexy.dmg", VERIFY_FAIL));
    verify_fini(&r);
    free(bytes);
    fixture_free(root);
}

static void run(const char *root,
                enum err_code (*look)(const struct flow *, void *, struct plan *, struct err *),
                void *request) {
    struct plan plan;
    struct err err = ERR_INIT;
    plan_init(&plan);
    assert_int_equal(fixture_run(root, look, request, &plan, &err), ERR_OK);
    plan_fini(&plan);
}

static void change_one_bit(const char *root, const char *name) {
    char *bytes = fixture_read(root, name);
    bytes[0] ^= 1;
    fixture_write(root, name, bytes);
    free(bytes);
}

static void rollback_points_are_looked_at(void **state) {
    (void)state;
#define POINT ".gonogo/rollback/stable/2.0.0.19/"
    static const char *const files[] = {POINT "Nexy.dmg", POINT "Nexy.pkg",
                                        POINT "LATEST_CHANGES.md"};
    struct promote_request to_stable = {.from = TREE_BETA, .to = TREE_STABLE};
    char *root = fixture_new();
    run(root, promote_look, &to_stable);
    run(root, set_version_look, (char[]){"2.0.0.20"});
    struct verify_report r = verify(root, true, NULL);
    assert_int_equal(r.failed, 0);
    assert_non_null(find(&r, "stable rollback", VERIFY_OK));
    verify_fini(&r);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        change_one_bit(root, files[i]);
        r = verify(root, true, NULL);
        assert_int_equal(r.failed, 1);
        assert_non_null(find(&r, "stable rollback", VERIFY_FAIL));
        verify_fini(&r);
        change_one_bit(root, files[i]);
    }
    fixture_write(root, POINT "Nexy.dmg", "short");
    r = verify(root, false, NULL);
    assert_int_equal(r.failed, 1);
    verify_fini(&r);
    fixture_free(root);
}

static void a_versions_own_bytes_are_looked_at(void **state) {
    (void)state;
    struct publish_request publish = {
        .channel = TREE_BETA, .style = PUBLISH_VERSION, .version = "2.0.0.20"};
    char *root = fixture_new();
    run(root, publish_look, &publish);
    char *versioned = fixture_read(root, FIXTURE_BETA);
    fixture_write(root, FIXTURE_PAIR("2.0.0.20"), versioned);
    fixture_write(root, "server/release_inbox/beta/Nexy.dmg", "the disk image of 2.0.0.21");
    publish.version = "2.0.0.21";
    run(root, publish_look, &publish);
    struct verify_report r = verify(root, true, NULL);
    assert_int_equal(r.failed, 0);
    assert_non_null(strstr(find(&r, "versioned manifests", VERIFY_OK)->what, "with the bytes"));
    verify_fini(&r);
    change_one_bit(root, "assets/v2.0.0.20/Nexy.dmg");
    r = verify(root, false, NULL);
    assert_int_equal(r.failed, 0);
    verify_fini(&r);
    r = verify(root, true, NULL);
    assert_int_equal(r.failed, 2); /* the manifest's, and the rollback point's */
    assert_non_null(find(&r, "versioned manifests", VERIFY_FAIL));
    assert_non_null(find(&r, "beta rollback", VERIFY_FAIL));
    verify_fini(&r);
    free(versioned);
    fixture_free(root);
}

static void what_no_manifest_speaks_of_is_named(void **state) {
    (void)state;
    char *root = fixture_new();
    fixture_write(root, "assets/Update/forgotten.zip", "old");
    struct verify_report r = verify(root, false, NULL);
    assert_int_equal(r.failed, 0);
    assert_non_null(strstr(find(&r, "stable assets", VERIFY_SKIP)->what, "Update/forgotten.zip"));
    verify_fini(&r);
    fixture_free(root);
}

static void names_of_old_are_found(void **state) {
    (void)state;
    static const char *const legacy[] = {"old-host.example", "OldGroup", NULL};
    char *root = fixture_new();
    struct verify_report r = verify(root, false, legacy);
    assert_non_null(find(&r, "legacy names", VERIFY_OK));
    verify_fini(&r);
    fixture_write(root, FIXTURE_FLAGS, "see https://old-host.example/\n");
    r = verify(root, false, legacy);
    assert_non_null(find(&r, "legacy names", VERIFY_FAIL));
    verify_fini(&r);
    fixture_free(root);
}

static void a_thousand_manifests_are_looked_at_in_half_a_second(void **state) {
    (void)state;
    char *root = fixture_new();
    for (int i = 0; i < 1000; i++) {
        char *version = mem_format("1.0.0.%d", i);
        char *name = mem_format("server/updates/manifests/manifest_%s.json", version);
        char *text = fixture_manifest(version, FIXTURE_URL("Update"), "some bytes");
        fixture_write(root, name, text);
        free(text);
        free(name);
        free(version);
    }
    const int64_t started = clock_mono_ms(clock_system());
    struct verify_report r = verify(root, false, NULL);
    const int64_t took = clock_mono_ms(clock_system()) - started;
    assert_int_equal(r.failed, 0);
    assert_string_equal(find(&r, "versioned manifests", VERIFY_OK)->what,
                        "1001, each the manifest of its version");
    verify_fini(&r);
    print_message("%d ms for 1,000 manifests\n", (int)took);
    assert_true(took < 5000); /* the goal is 500; sanitizers and busy machines take longer */
    fixture_free(root);
}

static void hostile_manifests_are_refused_one_by_one(void **state) {
    (void)state;
    char *root = fixture_new();
    for (int i = 0; i < 40; i++) {
        char *name = mem_format("server/updates/manifests/manifest_9.%d.json", i);
        fixture_write(root, name, i % 2 ? "{\"version\":9.1}" : "[[[[");
        free(name);
    }
    char *big = mem_format("%s/server/updates/manifests/manifest_8.json", root);
    fixture_write(root, "server/updates/manifests/manifest_8.json", "");
    assert_int_equal(truncate(big, 2147483648), 0);
    struct verify_report r = verify(root, true, NULL);
    assert_int_equal(r.failed, 21); /* twenty, and how many more */
    verify_fini(&r);
    free(big);
    fixture_free(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_tree_passes),
        cmocka_unit_test(every_rule_is_seen_to_be_broken),
        cmocka_unit_test(addresses_of_another_channel_are_found),
        cmocka_unit_test(one_changed_bit_is_found_by_a_deep_look),
        cmocka_unit_test(rollback_points_are_looked_at),
        cmocka_unit_test(a_versions_own_bytes_are_looked_at),
        cmocka_unit_test(what_no_manifest_speaks_of_is_named),
        cmocka_unit_test(names_of_old_are_found),
        cmocka_unit_test(a_thousand_manifests_are_looked_at_in_half_a_second),
        cmocka_unit_test(hostile_manifests_are_refused_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
