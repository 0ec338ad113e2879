/* The gate artifact: every way in which a manifest or a feed and the bytes can differ, and what is not
 * proven passing nowhere. And the facts that it is judged by, written and read back. */
#include "src/model/artifact_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/mem.h"
#include "src/model/gate.h"

#define NOW INT64_C(1767225600000)
#define URL "https://cdn.example/Nexy.dmg"
#define SHA "deadcc29000000000000000000000000000000000000000000000000000000ab"
#define KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define SIG "c2lnbmF0dXJl"

enum { MANIFEST, FEED, OWN, SOURCES };

struct fixture {
    struct environment environment;
    struct source_spec sources[SOURCES];
    struct gate_spec gate;
    unsigned indices[SOURCES];
    struct policy policy;
    struct snapshot *s;
    struct artifact_facts facts;
};

static struct sample *saw(struct fixture *f, unsigned which, enum reading reading) {
    struct sample *sample = sample_new(which);
    struct source_view *view = &f->s->sources[which];
    sample->reading = reading;
    sample->wall_ms = NOW;
    sample->mono_ms = f->s->mono_ms;
    view->state = view->raw = reading == READING_OK       ? SOURCE_OK
                              : reading == READING_CLOSED ? SOURCE_CLOSED
                                                          : SOURCE_ERROR;
    sample_drop(view->last);
    view->last = sample;
    if (reading != READING_ERROR) {
        sample_drop(view->good);
        view->good = sample_keep(sample);
    }
    return sample;
}

static struct sample *claims(struct fixture *f, unsigned which, const char *url, int64_t size) {
    struct sample *sample = saw(f, which, READING_OK);
    snprintf(sample->url, sizeof sample->url, "%s", url);
    sample->size = size;
    if (which == MANIFEST)
        snprintf(sample->sha256, sizeof sample->sha256, "%s", SHA);
    else
        sample->signature = mem_copy_text(SIG);
    return sample;
}

static void proves(struct fixture *f) {
    saw(f, OWN, READING_OK)->value = facts_write(&f->facts);
}

/* All is well. */
static void fixture_init(struct fixture *f) {
    static char ids[SOURCES][24] = {"tree/manifest", "web/feed", "gate/honest"};
    static char kinds[SOURCES][12] = {"manifest", "feed", "artifact"};
    static char name[] = "honest", path[] = "a.yaml", url[] = "https://cdn.example/x/appcast.xml";
    memset(f, 0, sizeof *f);
    f->environment = (struct environment){.name = name};
    for (unsigned i = 0; i < SOURCES; i++) {
        f->indices[i] = i;
        f->sources[i] = (struct source_spec){.id = ids[i],
                                             .name = name,
                                             .kind = kinds[i],
                                             .url = url,
                                             .every_ms = 60000,
                                             .timeout_ms = 4000,
                                             .fail_after = 1,
                                             .recover_after = 1,
                                             .of_gate = i == OWN};
    }
    snprintf(f->sources[OWN].public_key, PUBLIC_KEY_CAP, "%s", KEY);
    f->gate = (struct gate_spec){
        .name = name, .kind = kinds[OWN], .sources = f->indices, .n_sources = SOURCES};
    f->policy = (struct policy){.path = path,
                                .target_source = SOURCE_NONE,
                                .stable_source = SOURCE_NONE,
                                .environments = &f->environment,
                                .n_environments = 1,
                                .sources = f->sources,
                                .n_sources = SOURCES,
                                .gates = &f->gate,
                                .n_gates = 1};
    f->s = snapshot_new(&f->policy);
    f->s->wall_ms = NOW;
    f->s->mono_ms = 1000000;
    f->facts = (struct artifact_facts){.n = 1, .now_total = -1};
    struct artifact_fact *fact = &f->facts.facts[0];
    *fact = (struct artifact_fact){.url = URL,
                                   .etag = "\"x\"",
                                   .length = 275899820,
                                   .bytes = 275899820,
                                   .sha256 = SHA,
                                   .key = KEY,
                                   .n_signatures = 1,
                                   .proven_ms = NOW};
    fact->signatures[0] = (struct fact_signature){.text = SIG, .holds = true};
    claims(f, MANIFEST, URL, 275899820);
    claims(f, FEED, URL, 275899820);
    proves(f);
}

static void fixture_fini(struct fixture *f) {
    snapshot_drop(f->s);
}

static struct gate_view expect(struct fixture *f, enum gate_verdict verdict, const char *reason) {
    struct gate_view view;
    gate_judge(f->s, 0, &view);
    assert_string_equal(view.reason, reason);
    assert_int_equal(view.verdict, verdict);
    return view;
}

static void a_key_that_nobody_signed_with_passes_nothing(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.indices[1] = OWN; /* the manifest alone, which gives no signature */
    f.gate.n_sources = 2;
    expect(&f, GATE_FAIL, "there is a public_key, and nobody gives a signature");
    claims(&f, MANIFEST, URL, 275899820)->signature = mem_copy_text(SIG);
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signature holds (1 source)");
    fixture_fini(&f);
}

static void what_is_proven_passes(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signature holds (2 sources)");
    claims(&f, FEED, URL, 0); /* an AppCast that does not say */
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signature holds (2 sources)");
    claims(&f, FEED, "../Nexy.dmg", 275899820); /* relative to the feed */
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signature holds (2 sources)");
    claims(&f, MANIFEST, URL, 275899820)->signature = mem_copy_text(SIG);
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signatures hold (2 sources)");
    f.sources[OWN].public_key[0] = '\0';
    expect(&f, GATE_PASS,
           "275 899 820 B, sha256 deadcc29…, signatures not checked: no public_key (2 sources)");
    fixture_fini(&f);
}

static void every_lie_fails(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    claims(&f, MANIFEST, URL, 275899821);
    expect(&f, GATE_FAIL, "tree/manifest says 275899821 bytes, its url serves 275899820");
    claims(&f, MANIFEST, URL, SAMPLE_UNKNOWN);
    expect(&f, GATE_FAIL, "tree/manifest does not say the size");
    claims(&f, MANIFEST, URL, 0);
    expect(&f, GATE_FAIL, "tree/manifest says 0 bytes, its url serves 275899820");
    claims(&f, MANIFEST, URL, 275899820)->sha256[0] = 'e';
    expect(&f, GATE_FAIL, "tree/manifest says sha256 eeadcc29…, its url serves deadcc29…");
    claims(&f, MANIFEST, URL, 275899820)->sha256[0] = '\0';
    expect(&f, GATE_FAIL, "tree/manifest does not say the sha256");
    claims(&f, MANIFEST, "", 275899820);
    expect(&f, GATE_FAIL, "tree/manifest names no artifact");
    claims(&f, MANIFEST, "http://cdn.example/Nexy.dmg", 275899820);
    expect(&f, GATE_FAIL, "tree/manifest: the url is not https");
    claims(&f, MANIFEST, "https://cdn.example/appcast.xml", 275899820);
    expect(&f, GATE_FAIL, "tree/manifest: the url is a feed's");
    claims(&f, MANIFEST, URL, 275899820);
    claims(&f, FEED, URL, 275899819);
    expect(&f, GATE_FAIL, "web/feed says 275899819 bytes, its url serves 275899820");
    free(claims(&f, FEED, URL, 275899820)->signature);
    ((struct sample *)(uintptr_t)f.s->sources[FEED].good)->signature = NULL;
    expect(&f, GATE_FAIL, "web/feed has no signature");
    claims(&f, FEED, URL, 275899820);
    f.facts.facts[0].signatures[0].holds = false;
    proves(&f);
    expect(&f, GATE_FAIL, "web/feed: the signature does not hold over what its url serves");
    f.facts.facts[0].signatures[0].holds = true;
    f.facts.facts[0].length = 5;
    proves(&f);
    expect(&f, GATE_FAIL,
           "tree/manifest: the server says 5 bytes and sends 275899820 (and 1 more)");
    fixture_fini(&f);
}

static void what_is_not_proven_waits(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    claims(&f, FEED, "https://cdn.example/other.dmg", 7);
    expect(&f, GATE_WAIT, "the bytes of https://cdn.example/other.dmg are not proven yet");
    snprintf(f.facts.now_url, sizeof f.facts.now_url, "https://cdn.example/other.dmg");
    f.facts.now_bytes = 1250;
    f.facts.now_total = 5000;
    proves(&f);
    struct gate_view view =
        expect(&f, GATE_WAIT, "proving 1 250 of 5 000 B of https://cdn.example/other.dmg");
    assert_int_equal(view.permille, 250);
    f.facts.now_total = -1;
    proves(&f);
    view = expect(&f, GATE_WAIT, "proving 1 250 B of https://cdn.example/other.dmg");
    assert_int_equal(view.permille, -1);
    /* another signature, or another key, was never checked */
    f.facts.now_url[0] = '\0';
    proves(&f);
    claims(&f, FEED, URL, 275899820);
    expect(&f, GATE_PASS, "275 899 820 B, sha256 deadcc29…, signature holds (2 sources)");
    snprintf(f.sources[OWN].public_key, PUBLIC_KEY_CAP, "another");
    expect(&f, GATE_WAIT, "the bytes of " URL " are not proven yet");
    fixture_fini(&f);
}

static void a_lie_beside_what_is_not_known_is_a_lie(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct sample *failed = saw(&f, OWN, READING_ERROR);
    snprintf(failed->error, sizeof failed->error, "HTTP 503: look at the server");
    claims(&f, MANIFEST, "http://cdn.example/Nexy.dmg", 275899820);
    expect(&f, GATE_FAIL, "tree/manifest: the url is not https");
    fixture_fini(&f);
}

static void what_is_not_seen_is_unknown(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct sample *failed = saw(&f, OWN, READING_ERROR);
    snprintf(failed->error, sizeof failed->error, "HTTP 503: look at the server");
    expect(&f, GATE_UNKNOWN, "HTTP 503: look at the server");
    saw(&f, OWN, READING_OK); /* without facts */
    expect(&f, GATE_UNKNOWN, "what was proven could not be read");
    proves(&f);
    f.s->sources[OWN].state = SOURCE_STALE;
    expect(&f, GATE_UNKNOWN, "no good look for 0 ms");
    proves(&f);
    failed = saw(&f, MANIFEST, READING_ERROR);
    snprintf(failed->error, sizeof failed->error, "no such file: look there");
    struct gate_view view;
    gate_judge(f.s, 0, &view);
    assert_int_equal(view.verdict, GATE_UNKNOWN);
    assert_non_null(strstr(view.reason, "no such file"));
    claims(&f, MANIFEST, URL, 275899820);
    saw(&f, FEED, READING_CLOSED);
    gate_judge(f.s, 0, &view);
    assert_int_equal(view.verdict, GATE_UNKNOWN);
    f.gate.n_sources = 1;
    expect(&f, GATE_UNKNOWN, "has nothing to look at");
    fixture_fini(&f);
}

/* ---- facts ---- */

static void facts_survive_being_written(void **state) {
    (void)state;
    struct fixture f;
    struct artifact_facts back;
    fixture_init(&f);
    snprintf(f.facts.now_url, sizeof f.facts.now_url, "https://x/y");
    f.facts.now_bytes = 3;
    char *text = facts_write(&f.facts);
    assert_true(facts_read(text, &back));
    free(text);
    assert_int_equal(back.n, 1);
    assert_string_equal(back.facts[0].url, URL);
    assert_string_equal(back.facts[0].etag, "\"x\"");
    assert_string_equal(back.facts[0].modified, "");
    assert_int_equal(back.facts[0].bytes, 275899820);
    assert_int_equal(back.facts[0].proven_ms, NOW);
    assert_int_equal(facts_signature(&back.facts[0], KEY, SIG), 1);
    assert_int_equal(facts_signature(&back.facts[0], "other", SIG), -1);
    assert_int_equal(facts_signature(&back.facts[0], KEY, "other"), -1);
    assert_string_equal(back.now_url, "https://x/y");
    assert_int_equal(back.now_total, -1);
    facts_drop(&back, URL);
    assert_null(facts_find(&back, URL));
    facts_drop(&back, URL);
    fixture_fini(&f);
}

static void what_was_changed_was_never_proven(void **state) {
    (void)state;
    static const char *const none[] = {
        NULL, "", "[]", "{}", "{\"artifacts\":{}}", "{\"artifacts\":["};
    static const char *const broken[] = {
        "\"url\":\"\"",
        "\"url\":7",
        "\"sha256\":\"short\"",
        "\"bytes\":-1",
        "\"bytes\":\"5\"",
        "\"signatures\":{}",
        "\"signatures\":[{\"signature\":\"a\",\"holds\":\"true\"}]",
        "\"signatures\":[{\"holds\":true}]",
        "\"proven_ms\":-5",
    };
    static const char *const sound[] = {
        "\"url\":\"u\"",
        "\"bytes\":5",
        "\"signatures\":[]",
        "\"proven_ms\":5",
        "\"sha256\":\"deadcc29000000000000000000000000000000000000000000000000000000ab\"",
    };
    struct artifact_facts facts;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(facts_read(none[i], &facts));
        assert_int_equal(facts.n, 0);
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *key = broken[i];
        size_t n = strcspn(key, ":");
        char text[1024] = "{\"artifacts\":[{";
        for (size_t k = 0; k < sizeof sound / sizeof *sound; k++) {
            bool mine = strncmp(sound[k], key, n + 1) == 0;
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? "," : "",
                     mine ? key : sound[k]);
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "}]}");
        assert_true(facts_read(text, &facts));
        if (facts.n != 0)
            fail_msg("%s", text);
    }
}

static void the_oldest_makes_room(void **state) {
    (void)state;
    struct artifact_facts facts = {.now_total = -1};
    for (int i = 0; i < FACTS_URLS + 2; i++) {
        struct artifact_fact fact = {.proven_ms = 100 + i, .sha256 = SHA};
        snprintf(fact.url, sizeof fact.url, "u%d", i);
        facts_put(&facts, &fact);
    }
    assert_int_equal(facts.n, FACTS_URLS);
    assert_null(facts_find(&facts, "u0"));
    assert_null(facts_find(&facts, "u1"));
    assert_non_null(facts_find(&facts, "u2"));
    assert_non_null(facts_find(&facts, "u9"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_proven_passes),
        cmocka_unit_test(a_key_that_nobody_signed_with_passes_nothing),
        cmocka_unit_test(every_lie_fails),
        cmocka_unit_test(what_is_not_proven_waits),
        cmocka_unit_test(a_lie_beside_what_is_not_known_is_a_lie),
        cmocka_unit_test(what_is_not_seen_is_unknown),
        cmocka_unit_test(facts_survive_being_written),
        cmocka_unit_test(what_was_changed_was_never_proven),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
