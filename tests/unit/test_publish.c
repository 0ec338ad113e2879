#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "src/base/hash.h"
#include "src/base/mem.h"
#include "src/release/address.h"
#include "src/release/promote.h"
#include "src/release/publish.h"
#include "src/release/pull.h"
#include "tests/unit/flow_fixture.h"

static struct plan plan;
static struct err err;

static enum err_code run(const char *root,
                         enum err_code (*look)(const struct flow *, void *, struct plan *,
                                               struct err *),
                         void *request) {
    plan_fini(&plan);
    err = (struct err)ERR_INIT;
    return fixture_run(root, look, request, &plan, &err);
}

static enum err_code promote(const char *root) {
    struct promote_request request = {.from = TREE_BETA, .to = TREE_STABLE};
    return run(root, promote_look, &request);
}

static enum err_code publish(const char *root, enum publish_style style, const char *version) {
    struct publish_request request = {.channel = TREE_BETA, .style = style, .version = version};
    return run(root, publish_look, &request);
}

static enum err_code pull(const char *root, enum tree_channel channel, const char *to) {
    struct pull_request request = {.channel = channel, .to = to};
    return run(root, pull_look, &request);
}

/* Nothing but the lock may have changed. */
static void stays(const char *root, const char *before) {
    char *after = fixture_print(root);
    assert_string_equal(before, after);
    free(after);
}

static bool has_text(const char *root, const char *name, const char *text) {
    char *there = fixture_read(root, name);
    const bool has = there && strstr(there, text);
    free(there);
    return has;
}

static void an_address_is_the_channels_own(void **state) {
    (void)state;
    static const struct {
        const char *tag, *existing, *other, *wanted;
    } cases[] = {
        {"Update", FIXTURE_URL("Update"), FIXTURE_URL("UpdateBeta"), FIXTURE_URL("Update")},
        {"Update", NULL, FIXTURE_URL("UpdateBeta"), FIXTURE_URL("Update")},
        {"Update", FIXTURE_URL("UpdateBeta"), FIXTURE_URL("UpdateBeta"), FIXTURE_URL("Update")},
        {"Update", FIXTURE_URL("v2.0.0.19"), NULL, FIXTURE_URL("Update")},
        {"v2.0.0.20", FIXTURE_URL("UpdateBeta"), NULL, FIXTURE_URL("v2.0.0.20")},
        {"Update", "https://prod/downloads/Nexy.dmg?x=1", "https://stage/downloads/Nexy.dmg",
         "https://prod/downloads/Nexy.dmg?x=1"},
        {"Update", "https://same/downloads/Nexy.dmg", "https://same/downloads/Nexy.dmg", NULL},
        {"Update", NULL, "https://stage/downloads/Nexy.dmg", NULL},
        {"Update", "https://prod/appcast.xml", NULL, NULL},
        {"Update", "Nexy.dmg", "/Nexy.dmg", NULL},
        {"Update", NULL, NULL, NULL},
    };
    struct layout layout;
    layout_init(&layout);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err trouble = ERR_INIT;
        char *url = address_make(&layout, cases[i].tag, "Nexy.dmg", cases[i].existing,
                                 cases[i].other, &trouble);
        if (cases[i].wanted)
            assert_string_equal(url, cases[i].wanted);
        else
            assert_null(url);
        free(url);
    }
    layout.url = "https://cdn/{tag}/{name}?{tag}{x}";
    char *url = address_make(&layout, "App", "Nexy.pkg", NULL, NULL, &err);
    assert_string_equal(url, "https://cdn/App/Nexy.pkg?App{x}");
    free(url);
    assert_true(address_is_versioned(FIXTURE_URL("v2.0"), "2.0"));
    assert_false(address_is_versioned(FIXTURE_URL("v2.0"), "2.0.1"));
    assert_false(address_is_versioned("Nexy.dmg", "2.0"));
}

static void a_promote_copies_everything_and_keeps_what_it_replaces(void **state) {
    (void)state;
    char *root = fixture_new(), *old = fixture_read(root, FIXTURE_STABLE);
    assert_int_equal(promote(root), ERR_OK);
    assert_null(plan.skip);
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", FIXTURE_NEW_DMG));
    assert_true(fixture_is(root, "assets/App/Nexy.pkg", "the installer of 2.0.0.20"));
    assert_true(fixture_is(root, "assets/Update/LATEST_CHANGES.md", "# Nexy 2.0.0.20 🚀\n"));
    char *stable = fixture_read(root, FIXTURE_STABLE);
    assert_non_null(strstr(stable, FIXTURE_URL("Update")));
    assert_null(strstr(stable, "UpdateBeta"));
    assert_non_null(strstr(stable, "\"team_note\": \"kept\""));
    assert_non_null(strstr(stable, "\"release_date\": \"2026-09-2"));
    assert_true(fixture_is(root, FIXTURE_PAIR("2.0.0.20"), stable));
    free(stable);
#define POINT ".gonogo/rollback/stable/2.0.0.19/"
    assert_true(fixture_is(root, POINT "manifest.json", old));
    assert_true(fixture_is(root, POINT "Nexy.dmg", FIXTURE_OLD_DMG));
    assert_true(fixture_is(root, POINT "Nexy.pkg", "the installer of 2.0.0.19"));
    assert_true(fixture_is(root, POINT "LATEST_CHANGES.md", "# Nexy 2.0.0.19 🚀\n"));
    char pkg[HASH_HEX_CAP], dmg[HASH_HEX_CAP];
    hash_of("the installer of 2.0.0.19", 25, pkg);
    hash_of(FIXTURE_OLD_DMG, strlen(FIXTURE_OLD_DMG), dmg);
    assert_true(has_text(root, POINT "SHA256SUMS", pkg));
    assert_true(has_text(root, POINT "SHA256SUMS", dmg));
    assert_true(has_text(root, POINT "SHA256SUMS", "  LATEST_CHANGES.md\n"));
    /* In place over the published file: the rollback point must not follow. */
    fixture_write(root, "assets/Update/Nexy.dmg", "written over");
    assert_true(fixture_is(root, POINT "Nexy.dmg", FIXTURE_OLD_DMG));
    free(old);
    fixture_free(root);
}

static void a_second_promote_is_skipped(void **state) {
    (void)state;
    char *root = fixture_new();
    assert_int_equal(promote(root), ERR_OK);
    char *before = fixture_print(root);
    assert_int_equal(promote(root), ERR_OK);
    assert_non_null(plan.skip);
    assert_non_null(strstr(plan.skip, "PROMOTE SKIPPED"));
    stays(root, before);
    free(before);
    fixture_free(root);
}

static void a_promote_mends_what_is_missing_of_it(void **state) {
    (void)state;
    static const char *const parts[] = {"assets/App/Nexy.pkg", "assets/Update/Nexy.dmg",
                                        "assets/Update/LATEST_CHANGES.md",
                                        FIXTURE_PAIR("2.0.0.20")};
    char *root = fixture_new();
    assert_int_equal(promote(root), ERR_OK);
    char *before = fixture_print(root);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        fixture_write(root, parts[i], "short");
        assert_int_equal(promote(root), ERR_OK);
        assert_null(plan.skip);
        stays(root, before);
    }
    for (size_t i = 0; i < 3; i++) { /* of the same length, so that only its digest tells */
        char *text = fixture_read(root, parts[i]);
        text[0] ^= 1;
        fixture_write(root, parts[i], text);
        assert_int_equal(promote(root), ERR_OK);
        assert_null(plan.skip);
        stays(root, before);
        free(text);
    }
    free(before);
    fixture_free(root);
}

static void a_promote_refuses_what_is_not_what_the_manifest_says(void **state) {
    (void)state;
    static const struct {
        const char *file, *text;
    } cases[] = {
        {"assets/UpdateBeta/Nexy.dmg", "the wrong length"},
        {"assets/UpdateBeta/Nexy.dmg", "The disk image of 2.0.0.20, a little longer"}, /* one bit */
        {FIXTURE_BETA, "not JSON"},
        {FIXTURE_BETA, "{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"url\":"
                       "\"https://x/UpdateBeta/Nexy.dmg\",\"size\":-1}}"},
        {FIXTURE_BETA, "{\"version\":\"2\",\"build\":\"2\",\"artifact\":{\"size\":\"1\"}}"},
        {FIXTURE_BETA, "{\"version\":\"2\\n3\",\"build\":\"2\"}"},
        {FIXTURE_BETA, "{\"version\":2.0,\"build\":\"2\"}"},
        {FIXTURE_STABLE, "[]"},
        {FIXTURE_STABLE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *root = fixture_new();
        fixture_write(root, cases[i].file, cases[i].text);
        char *before = fixture_print(root);
        assert_int_not_equal(promote(root), ERR_OK);
        assert_true(err.what[0] != '\0');
        stays(root, before);
        free(before);
        fixture_free(root);
    }
}

static void versions_that_would_leave_the_folder_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"2/../../../x", "..", "2\\\\..", "/etc", "2\\n3", "2 3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *root = fixture_new();
        char *beta = fixture_manifest(bad[i], FIXTURE_URL("UpdateBeta"), FIXTURE_NEW_DMG);
        char *stable = fixture_manifest(bad[i], FIXTURE_URL("Update"), FIXTURE_OLD_DMG);
        char *good = fixture_read(root, FIXTURE_BETA);
        fixture_write(root, FIXTURE_BETA, beta);
        char *before = fixture_print(root);
        assert_int_not_equal(promote(root), ERR_OK);
        stays(root, before);
        free(before);
        fixture_write(root, FIXTURE_BETA, good);
        fixture_write(root, FIXTURE_STABLE, stable);
        before = fixture_print(root);
        assert_int_not_equal(promote(root), ERR_OK);
        stays(root, before);
        assert_int_not_equal(publish(root, PUBLISH_FIXED, bad[i]), ERR_OK);
        assert_int_not_equal(pull(root, TREE_STABLE, bad[i]), ERR_OK);
        free(before);
        free(good);
        free(beta);
        free(stable);
        fixture_free(root);
    }
}

static void an_older_version_is_never_promoted_over_a_newer_one(void **state) {
    (void)state;
    char *root = fixture_new();
    char *newer = fixture_manifest("2.0.0.21", FIXTURE_URL("Update"), FIXTURE_OLD_DMG);
    fixture_write(root, FIXTURE_STABLE, newer);
    char *before = fixture_print(root);
    assert_int_equal(promote(root), ERR_REFUSED);
    assert_non_null(strstr(err.todo, "pull"));
    stays(root, before);
    free(before);
    free(newer);
    fixture_free(root);
}

static void the_way_to_stable_is_from_beta_alone(void **state) {
    (void)state;
    char *root = fixture_new(), *before = fixture_print(root);
    struct promote_request back = {.from = TREE_STABLE, .to = TREE_BETA};
    struct publish_request direct = {.channel = TREE_STABLE};
    assert_int_equal(run(root, promote_look, &back), ERR_REFUSED);
    assert_int_equal(run(root, publish_look, &direct), ERR_REFUSED);
    assert_non_null(strstr(err.todo, "promote"));
    stays(root, before);
    free(before);
    fixture_free(root);
}

static void a_publish_needs_the_whole_inbox(void **state) {
    (void)state;
    static const char *const names[] = {"Nexy.dmg", "Nexy.pkg", "LATEST_CHANGES.md"};
    for (size_t i = 0; i < 6; i++) {
        char *root = fixture_new();
        char *path = mem_format("%s/server/release_inbox/beta/%s", root, names[i / 2]);
        if (i % 2) {
            remove(path);
        } else {
            FILE *f = fopen(path, "w");
            assert_non_null(f);
            fclose(f);
        }
        char *before = fixture_print(root);
        assert_int_equal(publish(root, PUBLISH_FIXED, "2.0.0.21"), ERR_REFUSED);
        assert_non_null(strstr(err.where, names[i / 2]));
        stays(root, before);
        free(before);
        free(path);
        fixture_free(root);
    }
}

static void a_publish_reaches_beta_alone_and_once(void **state) {
    (void)state;
    char *root = fixture_new(), *stable = fixture_read(root, FIXTURE_STABLE);
    assert_int_equal(publish(root, PUBLISH_FIXED, NULL), ERR_OK);
    assert_non_null(strstr(plan.skip, "already published, skip"));
    fixture_write(root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21!");
    assert_int_equal(publish(root, PUBLISH_FIXED, "2.0.0.21"), ERR_OK);
    assert_null(plan.skip);
    assert_true(fixture_is(root, "assets/UpdateBeta/Nexy.dmg", "2.0.0.21!"));
    assert_true(has_text(root, FIXTURE_BETA, "\"version\": \"2.0.0.21\""));
    assert_true(has_text(root, FIXTURE_BETA, "\"size\": 9,"));
    assert_true(has_text(root, FIXTURE_BETA, FIXTURE_URL("UpdateBeta")));
    assert_true(fixture_is(root, FIXTURE_STABLE, stable));
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", FIXTURE_OLD_DMG));
    char *before = fixture_print(root);
    assert_int_equal(publish(root, PUBLISH_FIXED, "2.0.0.21"), ERR_OK);
    assert_non_null(plan.skip);
    assert_int_equal(publish(root, PUBLISH_FIXED, NULL), ERR_OK); /* the same bytes: 2.0.0.21 */
    assert_non_null(plan.skip);
    stays(root, before);
    free(before);
    free(stable);
    fixture_free(root);
}

static void a_versions_own_tag_is_never_overwritten(void **state) {
    (void)state;
    static const char *const names[] = {"Nexy.dmg", "Nexy.pkg", "LATEST_CHANGES.md"};
    char *root = fixture_new();
    assert_int_equal(publish(root, PUBLISH_VERSION, "2.0.0.20"), ERR_OK);
    assert_true(fixture_is(root, "assets/v2.0.0.20/Nexy.dmg", FIXTURE_NEW_DMG));
    assert_true(has_text(root, FIXTURE_BETA, FIXTURE_URL("v2.0.0.20")));
    char *before = fixture_print(root);
    assert_int_equal(publish(root, PUBLISH_VERSION, "2.0.0.20"), ERR_OK);
    assert_non_null(strstr(plan.skip, "already published, skip"));
    stays(root, before);
    free(before);
    for (size_t i = 0; i < 3; i++) {
        char *path = mem_format("server/release_inbox/beta/%s", names[i]);
        char *good = fixture_read(root, path), *other = mem_copy_text(good);
        other[0] ^= 1; /* the same length */
        fixture_write(root, path, other);
        before = fixture_print(root);
        assert_int_equal(publish(root, PUBLISH_VERSION, "2.0.0.20"), ERR_REFUSED);
        assert_non_null(strstr(err.what, "BLOCKED"));
        stays(root, before);
        fixture_write(root, path, good);
        free(before);
        free(other);
        free(good);
        free(path);
    }
    /* And from the version's tag to stable. */
    assert_int_equal(promote(root), ERR_OK);
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", FIXTURE_NEW_DMG));
    assert_true(has_text(root, FIXTURE_STABLE, FIXTURE_URL("Update")));
    assert_int_equal(promote(root), ERR_OK);
    assert_non_null(plan.skip);
    fixture_free(root);
}

static void a_pull_brings_back_the_very_bytes(void **state) {
    (void)state;
    char *root = fixture_new(), *old = fixture_read(root, FIXTURE_STABLE);
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_REFUSED);
    assert_int_equal(promote(root), ERR_OK);
    char *new = fixture_read(root, FIXTURE_STABLE);
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_OK);
    assert_non_null(strstr(plan.notes[0], "never downgrades"));
    assert_true(fixture_is(root, FIXTURE_STABLE, old));
    assert_true(fixture_is(root, FIXTURE_PAIR("2.0.0.19"), old));
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", FIXTURE_OLD_DMG));
    assert_true(fixture_is(root, "assets/App/Nexy.pkg", "the installer of 2.0.0.19"));
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_REFUSED); /* nothing older */
    assert_int_equal(pull(root, TREE_STABLE, "2.0.0.18"), ERR_REFUSED);
    assert_non_null(strstr(err.todo, "2.0.0.20"));
    assert_int_equal(pull(root, TREE_STABLE, "2.0.0.19"), ERR_OK);
    assert_non_null(plan.skip);
    assert_int_equal(pull(root, TREE_STABLE, "2.0.0.20"), ERR_OK);
    assert_true(fixture_is(root, FIXTURE_STABLE, new));
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", FIXTURE_NEW_DMG));
    free(new);
    free(old);
    fixture_free(root);
}

static void a_damaged_rollback_point_is_not_brought_back(void **state) {
    (void)state;
    static const char *const parts[] = {POINT "Nexy.dmg", POINT "Nexy.pkg",
                                        POINT "LATEST_CHANGES.md"};
    char *root = fixture_new();
    assert_int_equal(promote(root), ERR_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *good = fixture_read(root, parts[i]), *bad = mem_copy_text(good);
        bad[2] ^= 1;
        fixture_write(root, parts[i], bad);
        char *before = fixture_print(root);
        assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_REFUSED);
        assert_non_null(strstr(err.what, "SHA-256"));
        stays(root, before);
        fixture_write(root, parts[i], good);
        free(before);
        free(good);
        free(bad);
    }
    char *sums = fixture_read(root, POINT "SHA256SUMS");
    fixture_write(root, POINT "SHA256SUMS", "what is this\n");
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_PARSE);
    /* Made before digests were recorded: brought back, and said. */
    char *path = mem_format("%s/" POINT "SHA256SUMS", root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_OK);
    assert_non_null(strstr(plan.notes[0], "no SHA-256 of Nexy.pkg"));
    free(path);
    free(sums);
    fixture_free(root);
}

static void a_damaged_version_of_its_own_tag_is_not_brought_back(void **state) {
    (void)state;
    char *root = fixture_new();
    assert_int_equal(publish(root, PUBLISH_VERSION, "2.0.0.20"), ERR_OK);
    fixture_write(root, "server/release_inbox/beta/Nexy.dmg", "2.0.0.21!");
    assert_int_equal(publish(root, PUBLISH_VERSION, "2.0.0.21"), ERR_OK);
    char *pkg = fixture_read(root, "assets/v2.0.0.20/Nexy.pkg");
    pkg[0] ^= 1;
    fixture_write(root, "assets/v2.0.0.20/Nexy.pkg", pkg);
    assert_int_equal(pull(root, TREE_BETA, "2.0.0.20"), ERR_REFUSED);
    assert_non_null(strstr(err.what, "Nexy.pkg"));
    pkg[0] ^= 1;
    fixture_write(root, "assets/v2.0.0.20/Nexy.pkg", pkg);
    assert_int_equal(pull(root, TREE_BETA, "2.0.0.20"), ERR_OK);
    free(pkg);
    fixture_free(root);
}

static void the_oldest_points_are_dropped(void **state) {
    (void)state;
    char *root = fixture_new();
    for (int v = 20; v < 30; v++) {
        char *dmg = mem_format("disk image %d", v), *version = mem_format("2.0.0.%d", v);
        fixture_write(root, "server/release_inbox/beta/Nexy.dmg", dmg);
        assert_int_equal(publish(root, PUBLISH_FIXED, version), ERR_OK);
        assert_int_equal(promote(root), ERR_OK);
        free(dmg);
        free(version);
    }
    assert_false(fixture_has(root, ".gonogo/rollback/stable/2.0.0.23/Nexy.dmg"));
    assert_true(fixture_is(root, ".gonogo/rollback/stable/2.0.0.24/Nexy.dmg", "disk image 24"));
    assert_int_equal(pull(root, TREE_STABLE, NULL), ERR_OK);
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", "disk image 28"));
    assert_int_equal(pull(root, TREE_STABLE, "2.0.0.24"), ERR_OK);
    assert_true(fixture_is(root, "assets/Update/Nexy.dmg", "disk image 24"));
    fixture_free(root);
}

static void links_out_of_the_tree_are_refused(void **state) {
    (void)state;
    static const char *const parts[] = {"assets/UpdateBeta/Nexy.dmg",
                                        "assets/Update/Nexy.dmg",
                                        "assets/Update",
                                        FIXTURE_STABLE,
                                        FIXTURE_BETA,
                                        "server/updates/manifests",
                                        "assets",
                                        ".gonogo"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *root = fixture_new(), *outside = fixture_new(), *before = fixture_print(outside);
        char *path = mem_format("%s/%s", root, parts[i]);
        char *aside = mem_format("%s/aside", root), *to = mem_format("%s/%s", outside, parts[i]);
        rename(path, aside);
        assert_int_equal(symlink(to, path), 0);
        assert_int_not_equal(promote(root), ERR_OK);
        stays(outside, before);
        free(before);
        free(path);
        free(aside);
        free(to);
        fixture_free(root);
        fixture_free(outside);
    }
}

static void a_manifest_of_two_gigabytes_is_refused_at_once(void **state) {
    (void)state;
    static const char *const parts[] = {FIXTURE_STABLE, FIXTURE_BETA};
    for (size_t i = 0; i < 2; i++) {
        char *root = fixture_new(), *path = mem_format("%s/%s", root, parts[i]);
        assert_int_equal(truncate(path, 2147483648), 0);
        assert_int_equal(promote(root), ERR_LIMIT);
        free(path);
        fixture_free(root);
    }
}

static void a_dry_run_writes_nothing(void **state) {
    (void)state;
    char *root = fixture_new(), *before = fixture_print(root);
    struct promote_request request = {.from = TREE_BETA, .to = TREE_STABLE};
    struct flow_options options;
    const struct flow_work work = {"promote", promote_look, &request, true};
    flow_init(&options, root);
    options.dry_run = true;
    plan_fini(&plan);
    assert_int_equal(flow_run(&options, &work, &plan, &err), ERR_OK);
    assert_int_equal(plan.n_steps, 10);
    for (size_t i = 0; i < plan.n_steps; i++)
        assert_non_null(plan.steps[i].text);
    stays(root, before);
    assert_false(fixture_has(root, ".gonogo"));
    free(before);
    fixture_free(root);
}

static int drop_plan(void **state) {
    (void)state;
    plan_fini(&plan);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_the_channels_own),
        cmocka_unit_test(a_promote_copies_everything_and_keeps_what_it_replaces),
        cmocka_unit_test(a_second_promote_is_skipped),
        cmocka_unit_test(a_promote_mends_what_is_missing_of_it),
        cmocka_unit_test(a_promote_refuses_what_is_not_what_the_manifest_says),
        cmocka_unit_test(versions_that_would_leave_the_folder_are_refused),
        cmocka_unit_test(an_older_version_is_never_promoted_over_a_newer_one),
        cmocka_unit_test(the_way_to_stable_is_from_beta_alone),
        cmocka_unit_test(a_publish_needs_the_whole_inbox),
        cmocka_unit_test(a_publish_reaches_beta_alone_and_once),
        cmocka_unit_test(a_versions_own_tag_is_never_overwritten),
        cmocka_unit_test(a_pull_brings_back_the_very_bytes),
        cmocka_unit_test(a_damaged_rollback_point_is_not_brought_back),
        cmocka_unit_test(a_damaged_version_of_its_own_tag_is_not_brought_back),
        cmocka_unit_test(the_oldest_points_are_dropped),
        cmocka_unit_test(links_out_of_the_tree_are_refused),
        cmocka_unit_test(a_manifest_of_two_gigabytes_is_refused_at_once),
        cmocka_unit_test(a_dry_run_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, drop_plan);
}
