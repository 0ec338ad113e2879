/* The edge against its origin: what the probe sees of each, and what the gate makes of both. */
#include "src/model/edge.h"

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
#include "src/model/pub_date.h"
#include "tests/support/rig.h"

#define NOW INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define FEED                                                                              \
    "<rss "                                                                               \
    "xmlns:sparkle=\"http://www.andymatuschak.org/xml-namespaces/sparkle\"><channel>%s</" \
    "channel></rss>"
#define ITEM "<item><pubDate>%s</pubDate><sparkle:version>%s</sparkle:version></item>"

/* ---- the gate ---- */

enum { EDGE, ORIGIN, WATCHED, SOURCES };

struct fixture {
    struct environment environment;
    struct source_spec sources[SOURCES];
    struct gate_spec gate;
    unsigned indices[2];
    struct policy policy;
    struct snapshot *s;
};

static void fixture_init(struct fixture *f) {
    static char kind[] = "edge", name[] = "edge", id[] = "gate/edge", other[] = "gate/edge origin",
                path[] = "a.yaml", watched[] = "production/stable feed", feed[] = "feed",
                url[] = "https://cdn.example/appcast.xml";
    memset(f, 0, sizeof *f);
    f->environment = (struct environment){.name = name, .of_gates = true};
    f->sources[0] = f->sources[1] = (struct source_spec){.id = id,
                                                         .name = name,
                                                         .kind = kind,
                                                         .url = url,
                                                         .every_ms = 30000,
                                                         .timeout_ms = 4000,
                                                         .fail_after = 1,
                                                         .recover_after = 1,
                                                         .of_gate = true};
    f->sources[1].id = other;
    f->sources[WATCHED] = f->sources[0];
    f->sources[WATCHED].id = watched;
    f->sources[WATCHED].kind = feed;
    f->sources[WATCHED].of_gate = false;
    f->indices[1] = 1;
    f->gate = (struct gate_spec){.name = name, .kind = kind, .sources = f->indices, .n_sources = 2};
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
}

static void fixture_fini(struct fixture *f) {
    snapshot_drop(f->s);
}

static struct sample *saw(struct fixture *f, unsigned which, enum reading reading) {
    struct sample *sample = sample_new(which);
    struct source_view *view = &f->s->sources[which];
    sample->reading = reading;
    sample->wall_ms = NOW;
    sample->mono_ms = f->s->mono_ms;
    view->state = view->raw = reading == READING_OK ? SOURCE_OK : SOURCE_ERROR;
    sample_drop(view->last);
    view->last = sample;
    if (reading == READING_OK) {
        sample_drop(view->good);
        view->good = sample_keep(sample);
    }
    return sample;
}

/* A side served this; items may be NULL: then it is no feed, and `text` is all. */
static struct sample *serves(struct fixture *f, unsigned which, const char *text, const char *items,
                             int64_t age_s, const char *cache) {
    struct edge_reading r = {.bytes = 100, .age_s = age_s};
    struct sample *sample = saw(f, which, READING_OK);
    hash_of(text, strlen(text), r.sha256);
    snprintf(r.cache, sizeof r.cache, "%s", cache);
    if (items != NULL) {
        struct feed_list *list = feed_list_new("feed");
        char *feed = mem_format(FEED, items);
        assert_int_equal(feed_list_push(list, feed, strlen(feed), NULL), ERR_OK);
        assert_int_equal(feed_list_finish(list, NULL), ERR_OK);
        edge_read_feed(&r, list);
        feed_list_free(list);
        free(feed);
    }
    sample->value = edge_reading_write(&r);
    return sample;
}

static void expect(struct fixture *f, enum gate_verdict verdict, const char *reason) {
    struct gate_view view;
    gate_judge(f->s, 0, &view);
    assert_string_equal(view.reason, reason);
    assert_int_equal(view.verdict, verdict);
}

static void both_the_same_is_pass(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    serves(&f, 0, "abc", NULL, 42, "HIT");
    serves(&f, 1, "abc", NULL, EDGE_UNKNOWN, "");
    expect(&f, GATE_PASS, "edge and origin serve the same: sha256 ba7816bf…, Age 42 s, HIT");
    fixture_fini(&f);
}

static void a_difference_waits(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    serves(&f, 0, "abc", "<item><sparkle:version>2.0.0.19</sparkle:version></item>", 300,
           "HIT\x1b");
    serves(&f, 1, "abd", "<item><sparkle:version>2.0.0.20</sparkle:version></item>", 0, "MISS");
    expect(&f, GATE_WAIT,
           "the edge serves 2.0.0.19, sha256 ba7816bf…, Age 5 m, HIT␛; the origin 2.0.0.20, "
           "sha256 a52d159f…, Age 0 ms, MISS");
    serves(&f, 1, "page", NULL, EDGE_UNKNOWN, "");
    expect(&f, GATE_WAIT,
           "the edge serves 2.0.0.19, sha256 ba7816bf…, Age 5 m, HIT␛; the origin sha256 "
           "3660315a…");
    fixture_fini(&f);
}

static char *dated(int64_t ms) {
    char date[PUB_DATE_CAP];
    pub_date_text(ms, date);
    return mem_format(ITEM, date, "2.0");
}

/* The edge's answer was made `edge_ms` ago, says Age, and its dates are off by `by_ms`. */
static void check_dates(int64_t age_s, int64_t edge_by_ms, int64_t origin_by_ms, int64_t skew_ms,
                        enum gate_verdict verdict) {
    struct fixture f;
    struct gate_view view;
    fixture_init(&f);
    char *old = dated(NOW + skew_ms - age_s * 1000 + edge_by_ms);
    char *new = dated(NOW + skew_ms + origin_by_ms);
    for (unsigned which = 0; which < 2; which++) {
        struct sample *sample = serves(&f, which, which ? new : old, which ? new : old,
                                       which ? EDGE_UNKNOWN : age_s, "");
        sample->has_skew = true;
        sample->skew_ms = skew_ms;
    }
    gate_judge(f.s, 0, &view);
    if (view.verdict != verdict)
        fail_msg("%s", view.reason);
    free(old);
    free(new);
    fixture_fini(&f);
}

static void dates_that_are_made_anew_are_no_difference(void **state) {
    (void)state;
    check_dates(60, 0, 0, 0, GATE_PASS);
    check_dates(60, -2000, 3000, 0, GATE_PASS);
    check_dates(60, 0, 0, 7200000, GATE_PASS); /* the server's clock is elsewhere */
    /* a pause that the edge does not know yet: a date that somebody wrote */
    check_dates(60, 0, 86400000, 0, GATE_WAIT);
    check_dates(60, -3600000, 0, 0, GATE_WAIT);
    check_dates(600, -86400000, -3600000, 0, GATE_WAIT);
}

static void another_item_is_a_difference_whatever_the_dates(void **state) {
    (void)state;
    struct fixture f;
    struct gate_view view;
    fixture_init(&f);
    char *items = dated(NOW), *more = mem_format("%s<item/>", items);
    serves(&f, 0, "a", items, 0, "");
    serves(&f, 1, "b", more, 0, "");
    gate_judge(f.s, 0, &view);
    assert_int_equal(view.verdict, GATE_WAIT);
    free(items);
    free(more);
    fixture_fini(&f);
}

static void what_both_had_before_the_promote_waits(void **state) {
    (void)state;
    static const char old[] = "<item><sparkle:version>2.0.0.19</sparkle:version></item>";
    struct fixture f;
    fixture_init(&f);
    serves(&f, EDGE, "abc", old, 42, "HIT");
    serves(&f, ORIGIN, "abc", old, 0, "");
    expect(&f, GATE_PASS,
           "edge and origin serve the same: 2.0.0.19, sha256 ba7816bf…, Age 42 s, HIT");
    struct sample *watched = saw(&f, WATCHED, READING_OK);
    snprintf(watched->version, sizeof watched->version, "2.0.0.20");
    expect(&f, GATE_WAIT,
           "production/stable feed shows 2.0.0.20 by now, the last look here 2.0.0.19");
    static char beta[] = "beta", *channels[] = {beta, NULL};
    f.sources[WATCHED].channels = channels; /* another reader's newest says nothing of this */
    expect(&f, GATE_PASS,
           "edge and origin serve the same: 2.0.0.19, sha256 ba7816bf…, Age 42 s, HIT");
    f.sources[WATCHED].channels = NULL;
    saw(&f, WATCHED, READING_ERROR);
    expect(&f, GATE_PASS,
           "edge and origin serve the same: 2.0.0.19, sha256 ba7816bf…, Age 42 s, HIT");
    fixture_fini(&f);
}

static void what_is_not_seen_is_unknown(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    expect(&f, GATE_UNKNOWN, "edge: has not been looked at yet");
    serves(&f, 0, "abc", NULL, 42, "HIT");
    expect(&f, GATE_UNKNOWN, "origin: has not been looked at yet");
    struct sample *failed = saw(&f, 1, READING_ERROR);
    snprintf(failed->error, sizeof failed->error, "HTTP 503: look at the server");
    expect(&f, GATE_UNKNOWN, "origin: HTTP 503: look at the server");
    saw(&f, 1, READING_OK); /* without a value */
    expect(&f, GATE_UNKNOWN, "origin: the answer could not be read");
    f.s->sources[1].state = SOURCE_STALE;
    expect(&f, GATE_UNKNOWN, "origin: no good look for 0 ms");
    f.gate.n_sources = 1;
    expect(&f, GATE_UNKNOWN, "origin: has nothing to look at");
    fixture_fini(&f);
}

static void readings_survive_being_written(void **state) {
    (void)state;
    static const char *const bad[] = {
        NULL,
        "",
        "[]",
        "{}",
        "{\"sha256\":\"ab\",\"bytes\":1,\"feed\":null}",
        "{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
        "\"bytes\":1}",
        "{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
        "\"bytes\":-1,\"feed\":null}",
        "{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
        "\"bytes\":1,\"feed\":{\"sha256\":7}}",
    };
    struct edge_reading r = {.bytes = 5,
                             .age_s = 7,
                             .cache = "HIT",
                             .is_feed = true,
                             .newest = "2.0",
                             .dated = true,
                             .first_ms = 5,
                             .last_ms = 6},
                        back;
    hash_of("abc", 3, r.sha256);
    hash_of("abd", 3, r.feed_sha256);
    char *text = edge_reading_write(&r);
    assert_true(edge_reading_read(text, &back));
    assert_string_equal(back.sha256, r.sha256);
    assert_string_equal(back.feed_sha256, r.feed_sha256);
    assert_string_equal(back.cache, "HIT");
    assert_string_equal(back.newest, "2.0");
    assert_true(back.is_feed && back.dated);
    assert_int_equal(back.age_s, 7);
    assert_int_equal(back.last_ms, 6);
    free(text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(edge_reading_read(bad[i], &back));
}

/* ---- the probe ---- */

struct seen {
    _Atomic unsigned queries, no_cache, conditional, bypass;
};

static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    struct seen *seen = self;
    (void)number;
    bool query = strstr(request, "/appcast.xml?gonogo=") != NULL;
    seen->queries += query ? 1 : 0;
    seen->no_cache += strstr(request, "Cache-Control: no-cache") != NULL ? 1 : 0;
    seen->conditional += strstr(request, "If-None-Match") != NULL ? 1 : 0;
    seen->bypass += strstr(request, "X-Bypass: yes") != NULL ? 1 : 0;
    char *feed = mem_format(FEED, query ? "<item><sparkle:version>2.1</sparkle:version></item>"
                                        : "<item><sparkle:version>2.0</sparkle:version></item>");
    if (strstr(request, " /page "))
        hostile_ok(reply, "text/html", "<html>", "Cache-Status: ExampleCache; hit; ttl=30\r\n");
    else if (strstr(request, " /gone "))
        hostile_say(reply, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
    else
        hostile_ok(reply, "application/xml", feed,
                   query ? "ETag: \"b\"\r\n" : "Age: 77\r\nX-Cache: HIT\r\nETag: \"a\"\r\n");
    free(feed);
}

static struct edge_reading look(struct rig *rig, bool again) {
    struct edge_reading r;
    const struct sample *sample = again ? rig_again(rig) : rig_next(rig);
    if (sample->reading != READING_OK)
        fail_msg("%s", sample->error);
    assert_true(edge_reading_read(sample->value, &r));
    assert_string_equal(sample->sha256, r.sha256);
    sample_drop(sample);
    return r;
}

static void a_client_gets_what_the_edge_has(void **state) {
    (void)state;
    struct seen seen = {0};
    struct hostile *server = hostile_start(script, &seen, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "edge", server, "/appcast.xml");
    rig_start(&rig);
    for (int i = 0; i < 2; i++) { /* whole both times, though there is an ETag */
        struct edge_reading r = look(&rig, i > 0);
        assert_int_equal(r.age_s, 77);
        assert_string_equal(r.cache, "HIT");
        assert_true(r.is_feed);
        assert_string_equal(r.newest, "2.0");
        assert_false(r.dated);
    }
    assert_int_equal(seen.conditional, 0);
    assert_int_equal(seen.queries, 0);
    rig_fini(&rig);
    hostile_stop(server);
}

static void the_origin_is_asked_around_caches(void **state) {
    (void)state;
    static char name[] = "X-Bypass", value[] = "yes", control[] = "Cache-Control",
                no_cache[] = "no-cache";
    struct header_spec headers[] = {{.name = control, .value = no_cache},
                                    {.name = name, .value = value}};
    struct seen seen = {0};
    struct hostile *server = hostile_start(script, &seen, NULL);
    struct rig rig;
    rig_init(&rig);
    struct source_spec *spec = rig_add_at(&rig, "edge", server, "/appcast.xml");
    spec->unique_query = true;
    spec->headers = headers;
    spec->n_headers = 2;
    rig_start(&rig);
    struct edge_reading r = look(&rig, false);
    assert_string_equal(r.newest, "2.1");
    assert_int_equal(r.age_s, EDGE_UNKNOWN);
    assert_string_equal(r.cache, "");
    assert_int_equal(seen.queries, 1);
    assert_int_equal(seen.no_cache, 1);
    assert_int_equal(seen.bypass, 1);
    rig.policy.sources[0].headers = NULL;
    rig.policy.sources[0].n_headers = 0;
    rig_fini(&rig);
    hostile_stop(server);
}

static void what_is_no_feed_has_a_digest_and_errors_are_errors(void **state) {
    (void)state;
    struct seen seen = {0};
    struct hostile *server = hostile_start(script, &seen, NULL);
    struct rig rig;
    rig_init(&rig);
    rig_add_at(&rig, "edge", server, "/page");
    rig_start(&rig);
    struct edge_reading r = look(&rig, false);
    assert_false(r.is_feed);
    assert_int_equal(r.bytes, 6);
    assert_string_equal(r.cache, "ExampleCache; hit; ttl=30");
    rig_fini(&rig);
    rig_init(&rig);
    rig_add_at(&rig, "edge", server, "/gone");
    rig_start(&rig);
    const struct sample *sample = rig_next(&rig);
    assert_int_equal(sample->reading, READING_ERROR);
    assert_non_null(strstr(sample->error, "410"));
    sample_drop(sample);
    rig_fini(&rig);
    hostile_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_the_same_is_pass),
        cmocka_unit_test(a_difference_waits),
        cmocka_unit_test(dates_that_are_made_anew_are_no_difference),
        cmocka_unit_test(another_item_is_a_difference_whatever_the_dates),
        cmocka_unit_test(what_both_had_before_the_promote_waits),
        cmocka_unit_test(what_is_not_seen_is_unknown),
        cmocka_unit_test(readings_survive_being_written),
        cmocka_unit_test(a_client_gets_what_the_edge_has),
        cmocka_unit_test(the_origin_is_asked_around_caches),
        cmocka_unit_test(what_is_no_feed_has_a_digest_and_errors_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
