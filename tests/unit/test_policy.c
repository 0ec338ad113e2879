#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/mem.h"
#include "src/model/policy.h"
#include "src/model/sample.h"

static void a_star_stands_for_any_run(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *id;
        bool match;
    } rows[] = {
        {"staging/health", "staging/health", true},
        {"staging/health", "staging/healthy", false},
        {"staging/health", "staging/healt", false},
        {"*", "", true},
        {"*", "anything/at-all", true},
        {"", "", true},
        {"", "a", false},
        {"staging/*", "staging/feed-beta", true},
        {"staging/*", "staging/", true},
        {"staging/*", "staging", false},
        {"*/health", "production/health", true},
        {"*/health", "production/updates-health", false},
        {"*health", "production/updates-health", true},
        {"*/feed*", "production/feed-stable", true},
        {"*a*b*c*", "xaxbxcx", true},
        {"*a*b*c*", "xaxcxbx", false},
        {"a**b", "ab", true},
        {"*ab", "aab", true},
        {"*ab", "aba", false},
        {"?", "a", false}, /* nothing but the star is special */
        {"[a]", "a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(policy_match(rows[i].pattern, rows[i].id), rows[i].match);
}

static void many_stars_take_no_exponential_time(void **state) {
    (void)state;
    assert_false(
        policy_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

/* Every owned field set, so that the leak checker sees a forgotten one. */
static struct policy *full_policy(void) {
    struct policy *p = mem_zero(1, sizeof *p);
    p->path = mem_copy_text("gonogo.yaml");
    p->product = mem_copy_text("Nexy");
    p->target = mem_copy_text("2.0.0.20");
    p->store_path = mem_copy_text("store.db");
    p->environments = mem_zero(p->n_environments = 1, sizeof *p->environments);
    *p->environments = (struct environment){.name = mem_copy_text("staging"),
                                            .url = mem_copy_text("https://staging.test:4443"),
                                            .ca_file = mem_copy_text("ca.pem"),
                                            .pin_sha256 = mem_copy_text("pin")};
    p->sources = mem_zero(p->n_sources = 2, sizeof *p->sources);
    p->sources[0].id = mem_copy_text("staging/health");
    struct source_spec *s = &p->sources[1];
    s->id = mem_copy_text("staging/feed");
    s->name = mem_copy_text("feed");
    s->kind = mem_copy_text("feed");
    s->url = mem_copy_text("https://staging.test:4443/updates/appcast.xml");
    s->file = mem_copy_text("file");
    s->headers = mem_zero(s->n_headers = 1, sizeof *s->headers);
    *s->headers = (struct header_spec){mem_copy_text("Authorization"), mem_copy_text("x"), true};
    s->expect_headers = mem_zero(s->n_expect_headers = 1, sizeof *s->expect_headers);
    *s->expect_headers = (struct header_spec){mem_copy_text("Server"), NULL, false};
    s->version_pointer = mem_copy_text("/version");
    s->build_pointer = mem_copy_text("");
    s->status_pointer = mem_copy_text("/status");
    s->ok = mem_zero(2, sizeof *s->ok);
    s->ok[0] = mem_copy_text("OK");
    s->channels = mem_zero(2, sizeof *s->channels);
    s->channels[0] = mem_copy_text("beta");
    s->body_contains = mem_copy_text("yes");
    s->body_lacks = mem_copy_text("no");
    s->key = mem_copy_text("update.default_version");
    p->gates = mem_zero(p->n_gates = 1, sizeof *p->gates);
    *p->gates = (struct gate_spec){.name = mem_copy_text("soak"),
                                   .kind = mem_copy_text("soak"),
                                   .sources = mem_zero(1, sizeof(unsigned)),
                                   .of = mem_zero(1, sizeof(unsigned))};
    return p;
}

static void a_source_is_found_by_its_id(void **state) {
    (void)state;
    struct policy *p = full_policy();
    assert_int_equal(policy_find_source(p, "staging/health"), 0);
    assert_int_equal(policy_find_source(p, "staging/feed"), 1);
    assert_int_equal(policy_find_source(p, "staging/*"), SOURCE_NONE);
    policy_free(p);
}

static void an_unfinished_policy_can_be_freed(void **state) {
    (void)state;
    policy_free(NULL);
    policy_free(mem_zero(1, sizeof(struct policy)));
}

static void a_new_sample_claims_nothing(void **state) {
    (void)state;
    struct sample *s = sample_new(7);
    assert_int_equal(s->source, 7);
    assert_int_equal(s->reading, READING_ERROR);
    assert_int_equal(s->http, 0);
    assert_int_equal(s->latency_ms, SAMPLE_UNKNOWN);
    assert_int_equal(s->tls_days, SAMPLE_UNKNOWN);
    assert_int_equal(s->items, SAMPLE_UNKNOWN);
    assert_int_equal(s->size, SAMPLE_UNKNOWN);
    assert_string_equal(s->version, "");
    const struct sample *again = sample_keep(s);
    assert_ptr_equal(again, s);
    sample_drop(s);
    assert_int_equal(again->source, 7); /* still there for who kept it */
    sample_drop(again);
    sample_drop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_stands_for_any_run),
        cmocka_unit_test(many_stars_take_no_exponential_time),
        cmocka_unit_test(a_source_is_found_by_its_id),
        cmocka_unit_test(an_unfinished_policy_can_be_freed),
        cmocka_unit_test(a_new_sample_claims_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
