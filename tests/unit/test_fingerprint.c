/* The candidate's fingerprint: what changes it, what does not, and when it is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/model/fingerprint.h"
#include "tests/unit/world_fixture.h"

/* HEALTH becomes a manifest beside the release, PROD_HEALTH one in production. */
struct bench {
    struct fixture f;
    char manifest[16];
};

static void start(struct bench *b) {
    memset(b, 0, sizeof *b);
    fixture_init(&b->f);
    snprintf(b->manifest, sizeof b->manifest, "manifest");
    b->f.sources[HEALTH].kind = b->manifest;
    b->f.sources[PROD_HEALTH].kind = b->manifest;
    b->f.world = world_new(&b->f.policy);
    all_well(&b->f, "2.0.0.19", "2.0.0.20");
    judge(&b->f);
}

static void tell(struct bench *b, unsigned source, const char *version, const char *url,
                 int64_t size, const char *sha256, const char *signature) {
    struct sample *s = fixture_sample(&b->f, source, version);
    snprintf(s->url, sizeof s->url, "%s", url);
    s->size = size;
    snprintf(s->sha256, sizeof s->sha256, "%s", sha256);
    s->signature = mem_copy_text(signature);
    fold(&b->f, s);
    judge(&b->f);
}

#define FINGERPRINT (b.f.s->fingerprint)

static void everything_that_is_told_of_the_bytes_is_in_it(void **state) {
    (void)state;
    struct bench b;
    static const struct {
        unsigned source;
        const char *version, *url;
        int64_t size;
        const char *sha256, *signature;
    } told[] = {
        {BETA_FEED, "2.0.0.20", "https://a/Nexy.dmg", 10, "", "sig"},
        {BETA_FEED, "2.0.0.20", "https://b/Nexy.dmg", 10, "", "sig"},
        {BETA_FEED, "2.0.0.20", "https://b/Nexy.dmg", 11, "", "sig"},
        {BETA_FEED, "2.0.0.20", "https://b/Nexy.dmg", 11, "", "gis"},
        {BETA_FEED, "2.0.0.21", "https://b/Nexy.dmg", 11, "", "gis"},
        {HEALTH, "2.0.0.21", "https://b/Nexy.dmg", 11, "aa", ""},
        {HEALTH, "2.0.0.21", "https://b/Nexy.dmg", 11, "bb", ""},
    };
    char seen[sizeof told / sizeof *told][HASH_HEX_CAP];
    start(&b);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        tell(&b, told[i].source, told[i].version, told[i].url, told[i].size, told[i].sha256,
             told[i].signature);
        assert_int_equal(strlen(FINGERPRINT), HASH_HEX_CAP - 1);
        memcpy(seen[i], FINGERPRINT, sizeof seen[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[k], seen[i]);
    }
    fixture_fini(&b.f);
}

static void what_is_no_part_of_the_bytes_does_not_change_it(void **state) {
    (void)state;
    struct bench b;
    char before[HASH_HEX_CAP];
    start(&b);
    tell(&b, HEALTH, "2.0.0.20", "https://a/Nexy.dmg", 10, "aa", "");
    memcpy(before, FINGERPRINT, sizeof before);
    advance(&b.f, EVERY_MS);
    tell(&b, HEALTH, "2.0.0.20", "https://b/Nexy.dmg", 10, "aa", "other"); /* its feed says that */
    assert_string_equal(FINGERPRINT, before);
    tell(&b, PROD_HEALTH, "2.0.0.20", "https://c/Nexy.dmg", 10, "cc", ""); /* production's own */
    assert_string_equal(FINGERPRINT, before);
    good(&b.f, STABLE_FEED, "2.0.0.20"); /* the promote itself */
    judge(&b.f);
    assert_int_equal(b.f.s->stage, STAGE_AFTER);
    assert_string_equal(FINGERPRINT, before);
    fixture_fini(&b.f);
}

static void silence_makes_it_unknown_and_not_another_one(void **state) {
    (void)state;
    struct bench b;
    char before[HASH_HEX_CAP];
    start(&b);
    memcpy(before, FINGERPRINT, sizeof before);
    down(&b.f, HEALTH); /* a manifest that has to tell */
    judge(&b.f);
    assert_string_equal(FINGERPRINT, "");
    advance(&b.f, EVERY_MS);
    good(&b.f, HEALTH, "2.0.0.20");
    good(&b.f, HEALTH, "2.0.0.20");
    judge(&b.f);
    assert_string_equal(FINGERPRINT, before);
    shut(&b.f, BETA_FEED);
    judge(&b.f);
    assert_string_equal(FINGERPRINT, "");
    fixture_fini(&b.f);
}

static void before_any_answer_it_is_not_known(void **state) {
    (void)state;
    struct bench b;
    memset(&b, 0, sizeof b);
    fixture_start(&b.f);
    judge(&b.f);
    assert_string_equal(FINGERPRINT, "");
    fixture_fini(&b.f);
}

/* A version that was set, and a feed that offers another: the feed has nothing to say of it. */
static void a_target_that_was_set_stands_without_the_feed(void **state) {
    (void)state;
    struct bench b;
    char target[] = "2.0.0.30";
    start(&b);
    b.f.policy.target = target;
    judge(&b.f);
    assert_int_equal(strlen(FINGERPRINT), HASH_HEX_CAP - 1);
    fixture_fini(&b.f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_is_told_of_the_bytes_is_in_it),
        cmocka_unit_test(what_is_no_part_of_the_bytes_does_not_change_it),
        cmocka_unit_test(silence_makes_it_unknown_and_not_another_one),
        cmocka_unit_test(before_any_answer_it_is_not_known),
        cmocka_unit_test(a_target_that_was_set_stands_without_the_feed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
