/* The sources that gates look at by themselves: made by the configuration, left out of patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/base/zone.h"
#include "src/model/calendar.h"
#include "src/model/gate.h"
#include "tests/unit/config_help.h"

#define FRESH_ROW "  - {name: f, kind: fresh}\n"
#define BUGS      "url: 'https://bugs.example.net/search', pointer: /total"

static void a_gate_that_looks_by_itself_gets_a_source(void **state) {
    (void)state;
    struct policy *p = help_good(
        "product: A\npoll: {fail_after: 4, recover_after: 5}\n" ENVIRONMENT "gates:\n"
        "  - {name: bugs, kind: http-json, " BUGS ", op: \"<=\", value: 3}\n"
        "  - {name: agree, kind: versions-agree, sources: [\"*\"], want: same}\n"
        "  - {name: slow, kind: http-json, " BUGS ", value: 0, every: 1h, timeout: 30s}\n");
    const struct source_spec *s = help_source(p, "gate/bugs");
    const struct gate_spec *bugs = help_gate(p, "bugs"), *agree = help_gate(p, "agree");
    assert_true(s->of_gate);
    assert_string_equal(s->kind, "http-json");
    assert_string_equal(s->url, "https://bugs.example.net/search");
    assert_string_equal(s->value_pointer, "/total");
    assert_int_equal(s->every_ms, 60000);
    assert_int_equal(s->timeout_ms, 4000);
    assert_int_equal(s->connect_timeout_ms, 2000);
    assert_int_equal(s->fail_after, 4);
    assert_int_equal(s->recover_after, 5);
    assert_int_equal(bugs->n_sources, 1);
    assert_ptr_equal(&p->sources[bugs->sources[0]], s);
    assert_int_equal(bugs->op, JSON_OP_AT_MOST);
    assert_string_equal(bugs->value, "3");
    assert_int_equal(help_source(p, "gate/slow")->every_ms, 3600000);
    assert_int_equal(help_source(p, "gate/slow")->timeout_ms, 30000);
    /* All of these come behind what was written, and no star takes them in. */
    assert_int_equal(p->n_sources, 5);
    assert_int_equal(agree->n_sources, 3);
    assert_int_equal(p->n_environments, 2);
    assert_string_equal(p->environments[1].name, "gate");
    assert_true(p->environments[1].of_gates);
    assert_ptr_equal(policy_trust(p, s), &p->environments[1]);
    policy_free(p);
}

static void a_value_is_what_yaml_says_it_is(void **state) {
    (void)state;
    static const struct {
        const char *written, *json;
    } rows[] = {
        {"0", "0"},
        {"'0'", "\"0\""},
        {"-1.5", "-1.5"},
        {"true", "true"},
        {"'true'", "\"true\""},
        {"nil", "\"nil\""},
        {"green", "\"green\""},
        {"'a \"b\"'", "\"a \\\"b\\\"\""},
        {"1.2.3", "\"1.2.3\""},
        {"'[]'", "\"[]\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = mem_format("product: A\n" ENVIRONMENT
                                "gates:\n  - {name: g, kind: http-json, " BUGS ", value: %s}\n",
                                rows[i].written);
        struct policy *p = help_good(text);
        assert_string_equal(help_gate(p, "g")->value, rows[i].json);
        policy_free(p);
        free(text);
    }
}

static void an_environments_own_address_has_its_trust_and_its_headers(void **state) {
    (void)state;
    (void)setenv("GONOGO_TEST_TOKEN", "hush-hush", 1);
    struct policy *p = help_good(
        "product: A\nenvironments:\n"
        "  - name: a\n    url: https://a.example.net\n    role: stable\n"
        "    tls: {ca_file: ca.pem}\n    headers: {X-Key: 'env:GONOGO_TEST_TOKEN'}\n"
        "gates:\n"
        "  - {name: here, kind: http-json, url: 'https://a.example.net/x', pointer: '', op: "
        "exists}\n"
        "  - {name: port, kind: http-json, url: 'https://a.example.net:4443/x', pointer: '',\n"
        "     op: exists}\n"
        "  - {name: own, kind: http-json, url: 'https://a.example.net/y', pointer: '', op: "
        "exists,\n"
        "     headers: {X-Own: plain}}\n");
    const struct source_spec *here = help_source(p, "gate/here"),
                             *port = help_source(p, "gate/port"), *own = help_source(p, "gate/own");
    assert_string_equal(policy_trust(p, here)->name, "a");
    assert_non_null(policy_trust(p, here)->ca_file);
    assert_int_equal(here->n_headers, 1);
    assert_string_equal(here->headers[0].value, "hush-hush");
    assert_true(here->headers[0].secret);
    assert_string_equal(policy_trust(p, port)->name, "gate");
    assert_int_equal(port->n_headers, 0);
    assert_string_equal(policy_trust(p, own)->name, "a");
    assert_int_equal(own->n_headers, 1);
    assert_string_equal(own->headers[0].name, "X-Own");
    policy_free(p);
}

static void a_command_becomes_a_source_that_runs_beside_the_configuration(void **state) {
    (void)state;
    struct policy *p = help_good("product: A\nstore: none\n" ENVIRONMENT
                                 "gates:\n  - {name: suite, kind: command, run: [sh, -c, 'a  b'], "
                                 "every: 2h, timeout: 15m, env: [TOKEN]}\n"
                                 "  - {name: usual, kind: command, run: [make]}\n" FRESH_ROW);
    const struct source_spec *s = help_source(p, "gate/suite"), *u = help_source(p, "gate/usual");
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_string_equal(s->kind, "command");
    assert_string_equal(s->run[2], "a  b");
    assert_null(s->run[3]);
    assert_string_equal(s->env[0], "TOKEN");
    assert_null(s->env[1]);
    assert_memory_equal(s->dir, here, strlen(here));
    assert_string_equal(s->dir + strlen(here), "/etc");
    assert_int_equal(s->every_ms, 7200000);
    assert_int_equal(s->timeout_ms, 900000);
    assert_int_equal(s->fail_after, 1);
    assert_int_equal(s->recover_after, 1);
    assert_int_equal(u->every_ms, 3600000);
    assert_int_equal(u->timeout_ms, 300000);
    assert_null(u->env[0]);
    char *once = help_printed(p);
    policy_free(p);
    p = help_good(once);
    assert_string_equal(help_source(p, "gate/suite")->run[2], "a  b");
    assert_string_equal(help_source(p, "gate/suite")->env[0], "TOKEN");
    policy_free(p);
    free(once);
}

static void a_registry_is_a_file_or_an_address(void **state) {
    (void)state;
    struct policy *p = help_good(
        "product: A\nstore: none\npoll: {every: 7s}\n" ENVIRONMENT "gates:\n"
        "  - {name: usual, kind: registry}\n"
        "  - {name: mine, kind: registry, file: /srv/FLAGS.md, flags: [new_tray, b], every: 1m}\n"
        "  - {name: far, kind: registry, url: 'https://a.example.net/FLAGS.md'}\n"
        "  - {name: tools, kind: tools}\n  - {name: strict, kind: tools, max_skew: 2s}\n");
    for (int i = 0; i < 2; i++) {
        const struct source_spec *usual = help_source(p, "gate/usual");
        assert_string_equal(strrchr(usual->file, '/'), "/FEATURE_FLAGS.md");
        assert_int_equal(usual->every_ms, 7000);
        assert_null(help_gate(p, "usual")->names);
        assert_string_equal(help_source(p, "gate/mine")->file, "/srv/FLAGS.md");
        assert_int_equal(help_source(p, "gate/mine")->every_ms, 60000);
        assert_string_equal(help_gate(p, "mine")->names[1], "b");
        assert_null(help_gate(p, "mine")->names[2]);
        assert_string_equal(help_source(p, "gate/far")->url, "https://a.example.net/FLAGS.md");
        assert_int_equal(help_gate(p, "tools")->max_skew_ms, 5000);
        assert_int_equal(help_gate(p, "strict")->max_skew_ms, 2000);
        char *printed = help_printed(p);
        policy_free(p);
        p = help_good(printed);
        free(printed);
    }
    policy_free(p);
}

static void phases_need_a_stable_feed_and_read_back(void **state) {
    (void)state;
    struct policy *p =
        help_good("product: A\nstore: none\n" ENVIRONMENT "gates:\n"
                  "  - {name: b, kind: phase, phase: beta, at_least: 3d, at_most: 14d}\n"
                  "  - {name: r, kind: phase, phase: rc, stages: [1% 30m..1h, 25% 2h, 100%]}\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(help_gate(p, "b")->phase, PHASE_BETA);
        assert_int_equal(help_gate(p, "b")->at_most_ms, INT64_C(1209600000));
        assert_int_equal(help_gate(p, "r")->phase, PHASE_RC);
        const struct gate_spec *r = help_gate(p, "r");
        assert_int_equal(r->n_stages, 3);
        assert_int_equal(r->stages[0].share, 1);
        assert_int_equal(r->stages[0].at_least_ms, 1800000);
        assert_int_equal(r->stages[0].at_most_ms, 3600000);
        assert_int_equal(r->stages[1].at_least_ms, 7200000);
        assert_int_equal(r->stages[1].at_most_ms, 0);
        assert_int_equal(r->stages[2].share, 100);
        assert_int_equal(r->stages[2].at_least_ms, 0);
        char *printed = help_printed(p);
        policy_free(p);
        p = help_good(printed);
        free(printed);
    }
    policy_free(p);
    help_bad(
        "product: A\nenvironments:\n  - {name: a, role: candidate, url: https://a.example.net}\n"
        "gates:\n  - {name: b, kind: phase, phase: beta}\n",
        "5:5: gates[0]: phases come from the feeds, and there is no stable feed: give one "
        "environment role: stable and a feed");
}

#define REHEARSAL "actions:\n  - {name: rehearse, steps: [{name: dry, run: [make, dry]}]}\n"

static void a_rehearsal_names_an_action_and_needs_a_store(void **state) {
    (void)state;
    struct policy *p =
        help_good("product: A\nstore: sqlite:a.db\n" ENVIRONMENT "gates:\n"
                  "  - {name: r, kind: rehearsed, action: rehearse}\n"
                  "  - {name: w, kind: rehearsed, action: rehearse, within: 7d}\n" REHEARSAL);
    assert_string_equal(help_gate(p, "r")->action, "rehearse");
    assert_int_equal(help_gate(p, "r")->within_ms, 86400000);
    assert_int_equal(help_gate(p, "w")->within_ms, 604800000);
    char *printed = help_printed(p);
    assert_non_null(strstr(printed, "    action: rehearse\n"));
    assert_non_null(strstr(printed, "    within: 7d\n"));
    free(printed);
    policy_free(p);
    help_bad("product: A\nstore: sqlite:a.db\n" ENVIRONMENT
             "gates:\n  - {name: r, kind: rehearsed}\n" REHEARSAL,
             "6:5: gates[0]: a rehearsal of nothing: add action: NAME, one of actions");
    help_bad("product: A\nstore: sqlite:a.db\n" ENVIRONMENT
             "gates:\n  - {name: r, kind: rehearsed, action: rehears}\n" REHEARSAL,
             "6:5: gates[0]: there is no action \"rehears\": name one of actions");
    help_bad("product: A\nstore: none\n" ENVIRONMENT
             "gates:\n  - {name: r, kind: rehearsed, action: rehearse}\n" REHEARSAL,
             "6:5: gates[0]: runs are on record in the ledger beside the store, and there is none: "
             "write store: sqlite");
}

static void a_window_keeps_its_spans_and_its_zone(void **state) {
    (void)state;
    struct policy *p = help_good("product: A\nstore: none\n" ENVIRONMENT
                                 "gates:\n  - {name: hours, kind: window, allow: ['Mon-Thu "
                                 "09:00-16:00'], deny: ['12-20..01-05', 2026-07-01], zone: "
                                 "'-05:00'}\n");
    for (int i = 0; i < 2; i++) {
        const struct calendar *c = help_gate(p, "hours")->calendar;
        assert_int_equal(c->n_allow, 1);
        assert_int_equal(c->n_deny, 2);
        assert_string_equal(c->deny[1].text, "2026-07-01");
        assert_string_equal(zone_name(c->zone), "-05:00");
        char *printed = help_printed(p);
        policy_free(p);
        p = help_good(printed);
        free(printed);
    }
    policy_free(p);
}

static void an_edge_has_two_sources(void **state) {
    (void)state;
    struct policy *p =
        help_good("product: A\nstore: none\n" ENVIRONMENT "gates:\n"
                  "  - {name: cdn, kind: edge, url: 'https://cdn.example.net/a.xml?x=1',\n"
                  "     headers: {X-Client: one}, origin_headers: {X-Bypass: two}, every: 40s}\n"
                  "  - {name: other, kind: edge, url: 'https://cdn.example.net/b.xml',\n"
                  "     origin: 'https://origin.example.net/b.xml', headers: {X-Client: one}}\n");
    const struct gate_spec *g = help_gate(p, "cdn");
    const struct source_spec *edge = help_source(p, "gate/cdn"),
                             *origin = help_source(p, "gate/cdn origin"),
                             *elsewhere = help_source(p, "gate/other origin");
    assert_int_equal(g->n_sources, 2);
    assert_ptr_equal(&p->sources[g->sources[0]], edge);
    assert_ptr_equal(&p->sources[g->sources[1]], origin);
    assert_false(edge->unique_query);
    assert_int_equal(edge->n_headers, 1);
    assert_int_equal(edge->every_ms, 40000);
    assert_true(origin->unique_query);
    assert_string_equal(origin->url, edge->url);
    assert_int_equal(origin->every_ms, 40000);
    assert_int_equal(origin->n_headers, 3);
    assert_string_equal(origin->headers[0].name, "Cache-Control");
    assert_string_equal(origin->headers[0].value, "no-cache");
    assert_string_equal(origin->headers[1].name, "X-Client");
    assert_string_equal(origin->headers[2].name, "X-Bypass");
    assert_false(elsewhere->unique_query);
    assert_string_equal(elsewhere->url, "https://origin.example.net/b.xml");
    assert_int_equal(elsewhere->n_headers, 1); /* the client's are not for this address */
    char *once = help_printed(p);
    policy_free(p);
    p = help_good(once);
    char *twice = help_printed(p);
    assert_string_equal(once, twice);
    assert_int_equal(help_source(p, "gate/cdn origin")->n_headers, 3);
    policy_free(p);
    free(once);
    free(twice);
    help_bad("product: A\n" ENVIRONMENT "gates:\n  - {name: e, kind: edge}\n",
             "5:5: gates[0]: url is missing: add url: https://HOST/PATH");
    help_bad(
        "product: A\n" ENVIRONMENT "gates:\n"
        "  - {name: e, kind: edge, url: 'https://a/b', origin: 'http://c/d'}\n",
        "5:47: gates[0].origin: \"http://c/d\" is not encrypted: write https://, or insecure: true "
        "in its environment");
    help_bad(
        "product: A\n" ENVIRONMENT "gates:\n"
        "  - {name: e origin, kind: http-json, " BUGS ", value: 0}\n"
        "  - {name: e, kind: edge, url: 'https://a/b'}\n",
        "6:5: gates[1]: this gate and another look at the same source, \"gate/e origin\": give "
        "one of the two another name");
}

static void an_artifact_has_claims_and_a_key(void **state) {
    (void)state;
    static const char key[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    struct policy *p = help_good(
        "product: A\nstore: none\n" ENVIRONMENT "gates:\n"
        "  - {name: honest, kind: artifact, sources: ['a/stable feed'], public_key: "
        "'11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', rate: 5000000}\n"
        "  - {name: plain, kind: artifact, sources: ['a/stable feed'], every: 1h}\n" FRESH_ROW);
    const struct gate_spec *g = help_gate(p, "honest");
    const struct source_spec *s = help_source(p, "gate/honest");
    assert_int_equal(g->n_sources, 2);
    assert_string_equal(p->sources[g->sources[0]].id, "a/stable feed");
    assert_ptr_equal(&p->sources[g->sources[1]], s);
    assert_int_equal(s->n_claims, 1);
    assert_int_equal(s->claims[0], g->sources[0]);
    assert_string_equal(s->public_key, key);
    assert_int_equal(s->rate, 5000000);
    assert_int_equal(s->every_ms, 600000);
    assert_int_equal(s->fail_after, 1);
    assert_string_equal(help_source(p, "gate/plain")->public_key, "");
    assert_int_equal(help_source(p, "gate/plain")->every_ms, 3600000);
    char *once = help_printed(p);
    policy_free(p);
    p = help_good(once);
    char *twice = help_printed(p);
    assert_string_equal(once, twice);
    assert_string_equal(help_source(p, "gate/honest")->public_key, key);
    policy_free(p);
    free(once);
    free(twice);
    help_bad("product: A\n" ENVIRONMENT "gates:\n  - {name: h, kind: artifact}\n",
             "5:5: gates[0]: sources is missing: add sources: [\"staging/*\"]");
    help_bad("product: A\n" ENVIRONMENT "gates:\n  - {name: h, kind: artifact, sources: ['a/*']}\n",
             "5:5: gates[0]: a/health is of kind health, which says nothing of an artifact: name "
             "manifest and feed sources only");
    help_bad(
        "product: A\n" ENVIRONMENT "gates:\n"
        "  - {name: h, kind: artifact, sources: ['a/stable feed'], public_key: nowhere.pem}\n",
        "5:59: gates[0].public_key: is no key, and no file that can be read: give the base64 of "
        "its 32 bytes (SUPublicEDKey), or a file with it or with PEM");
}

static void what_is_printed_reads_back_and_shows_no_source_of_a_gate(void **state) {
    (void)state;
    static const char text[] =
        "product: A\nstore: none\n" ENVIRONMENT "gates:\n"
        "  - {name: bugs, kind: http-json, " BUGS ", op: \">=\", value: 1, headers: {X-A: b}}\n"
        "  - {name: f, kind: fresh}\n";
    struct policy *p = help_good(text);
    char *once = help_printed(p);
    policy_free(p);
    assert_null(strstr(once, "gate/"));
    assert_null(strstr(once, "name: gate"));
    p = help_good(once);
    char *twice = help_printed(p);
    assert_string_equal(once, twice);
    assert_string_equal(help_gate(p, "bugs")->value, "1");
    assert_int_equal(help_gate(p, "bugs")->op, JSON_OP_AT_LEAST);
    assert_int_equal(help_source(p, "gate/bugs")->n_headers, 1);
    policy_free(p);
    free(once);
    free(twice);
}

static void mistakes_are_named_with_their_remedy(void **state) {
    (void)state;
    static const struct {
        const char *gate, *said;
    } rows[] = {
        {"{name: g, kind: http-json, pointer: /a}",
         "4:5: gates[0]: url is missing: add url: https://HOST/PATH"},
        {"{name: g, kind: http-json, url: 'https://b.example.net/x'}",
         "4:5: gates[0]: pointer is missing: add pointer: /total"},
        {"{name: g, kind: http-json, " BUGS "}",
         "4:5: gates[0]: op: ==, and no value: add value: 0"},
        {"{name: g, kind: http-json, " BUGS ", op: exists, value: 1}",
         "4:5: gates[0]: op: exists compares with nothing: take value out"},
        {"{name: g, kind: http-json, " BUGS ", op: \"<\", value: '3'}",
         "4:5: gates[0]: op: < compares numbers, and value is none: write value: 0, without "
         "quotes"},
        {"{name: g, kind: http-json, " BUGS ", op: older, value: 48}",
         "4:5: gates[0]: op: older compares ages, and value is no duration: write value: 48h"},
        {"{name: g, kind: http-json, url: 'http://b.example.net/', pointer: /a, op: exists}",
         "4:32: gates[0].url: \"http://b.example.net/\" is not encrypted: write https://, or "
         "insecure: true in its environment"},
        {"{name: g, kind: http-json, " BUGS ", value: 0, sources: [\"*\"]}",
         "4:99: gates[0].sources: a gate of kind http-json looks by itself: take it out"},
        {"{name: g, kind: command}",
         "4:5: gates[0]: run is missing: add run: [python3, scripts/suite.py]"},
        {"{name: g, kind: command, run: ['']}",
         "4:5: gates[0]: there is no command to run: add run: [python3, scripts/suite.py]"},
        {"{name: g, kind: command, run: []}",
         "4:30: gates[0].run: an empty list: write at least one, like [python3, "
         "scripts/run_release_suite.py]"},
        {"{name: g, kind: command, run: make}",
         "4:30: gates[0].run: a text where a list is expected: write it like [python3, "
         "scripts/run_release_suite.py]"},
        {"{name: g, kind: command, run: [a], env: [A=b]}",
         "4:46: gates[0].env[0]: is no name of a variable: write the name alone, like CI_TOKEN"},
        {"{name: g, kind: command, run: [a], every: 0s}",
         "4:40: gates[0].every: \"0s\" is too short: write 1s or more"},
        {"{name: g, kind: registry, file: a.md, url: 'https://a.example.net/'}",
         "4:31: gates[0].file: both file and url: keep one of them"},
        {"{name: g, kind: tools, max_skew: 1s}",
         "4:28: gates[0].max_skew: \"1s\" is too short: write 2s or more"},
        {"{name: g, kind: phase}",
         "4:5: gates[0]: a phase gate without a phase: add phase: beta (or dev, rc, ga)"},
        {"{name: g, kind: phase, phase: ga, stages: [25%]}",
         "4:5: gates[0]: only the phase rc lets in a share of the clients: write phase: rc, or "
         "take "
         "stages out"},
        {"{name: g, kind: phase, phase: rc, stages: [25%], at_most: 1h}",
         "4:5: gates[0]: each stage has its own time: take at_least and at_most out"},
        {"{name: g, kind: phase, phase: rc, stages: [25%, 25% 1h]}",
         "4:5: gates[0]: the stage \"25% 1h\" lets in no more than the one before it: write them "
         "in "
         "the order of the ramp"},
        {"{name: g, kind: phase, phase: rc, stages: [25% 4h..2h]}",
         "4:48: gates[0].stages[0]: \"25% 4h..2h\" may last less long than it must: write it like "
         "\"25% 2h..4h\", \"50% 12h\" or \"100%\""},
        {"{name: g, kind: phase, phase: rc, stages: [101%]}",
         "4:48: gates[0].stages[0]: \"101%\" is no share from 1% to 100%: write it like "
         "\"25% 2h..4h\", \"50% 12h\" or \"100%\""},
        {"{name: g, kind: phase, phase: rc, stages: [a quarter]}",
         "4:48: gates[0].stages[0]: \"a quarter\" is no stage of a ramp: write it like "
         "\"25% 2h..4h\", \"50% 12h\" or \"100%\""},
        {"{name: g, kind: phase, phase: beta, at_least: 3d, at_most: 2d}",
         "4:5: gates[0]: at_most is shorter than at_least: lengthen it, or shorten at_least"},
        {"{name: g, kind: phase, phase: dev, at_least: 3d}",
         "4:5: gates[0]: no feed tells when dev began: take at_least and at_most out"},
        {"{name: g, kind: window}",
         "4:5: gates[0]: a window without a span of time: add allow: [\"Mon-Thu 09:00-16:00\"] or "
         "deny: [\"12-20..01-05\"]"},
        {"{name: g, kind: window, allow: [\"Mon-Thu 09:00-16:00\", \"Mo 9-5\"]}",
         "4:60: gates[0].allow[1]: \"Mo 9-5\" is no span of time: write it like \"Mon-Thu "
         "09:00-16:00\", \"2026-12-20..2027-01-05\", \"12-20..01-05\" or \"Fri 16:00..Mon "
         "09:00\""},
        {"{name: g, kind: window, deny: [\"07-01\"], zone: Mars/Olympus}",
         "4:46: gates[0].zone: \"Mars/Olympus\": there is no such time zone: write one like "
         "America/Toronto, UTC or +03:00 (names come from the system's tzdata)"},
        {"{name: g, kind: fresh, pointer: /a}",
         "4:28: gates[0].pointer: is for kind http-json only, and this is kind fresh: take it out, "
         "or change the kind"},
        {"{name: g, kind: http-json, " BUGS ", op: like, value: 0}",
         "4:89: gates[0].op: \"like\" is not known here: write one of ==, !=, <, <=, >, >=, "
         "exists, "
         "absent, contains, older"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = mem_format("product: A\n" ENVIRONMENT "gates:\n  - %s\n", rows[i].gate);
        char *said = mem_format("%s", rows[i].said);
        /* ENVIRONMENT takes two lines. */
        said[0] = '5';
        help_bad(text, said);
        free(said);
        free(text);
    }
}

static void an_environment_of_that_name_stands_in_the_way(void **state) {
    (void)state;
    help_bad(
        "product: A\nenvironments:\n  - {name: gate, role: stable, url: https://a.example.net}\n"
        "gates:\n  - {name: g, kind: http-json, " BUGS ", value: 0}\n",
        "5:5: gates[0]: this gate looks by itself, and sources of gates are called gate/NAME "
        "like those of the environment \"gate\": give that environment another name");
}

static void nobody_can_name_a_gates_own_source(void **state) {
    (void)state;
    help_bad("product: A\n" ENVIRONMENT "gates:\n"
             "  - {name: g, kind: http-json, " BUGS ", value: 0}\n"
             "  - {name: f, kind: fresh, sources: [gate/g]}\n",
             "6:38: gates[1].sources[0]: \"gate/g\" names no source: write one of a/health, "
             "a/updates, a/stable feed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_that_looks_by_itself_gets_a_source),
        cmocka_unit_test(a_value_is_what_yaml_says_it_is),
        cmocka_unit_test(an_environments_own_address_has_its_trust_and_its_headers),
        cmocka_unit_test(a_command_becomes_a_source_that_runs_beside_the_configuration),
        cmocka_unit_test(a_registry_is_a_file_or_an_address),
        cmocka_unit_test(phases_need_a_stable_feed_and_read_back),
        cmocka_unit_test(a_rehearsal_names_an_action_and_needs_a_store),
        cmocka_unit_test(a_window_keeps_its_spans_and_its_zone),
        cmocka_unit_test(an_edge_has_two_sources),
        cmocka_unit_test(an_artifact_has_claims_and_a_key),
        cmocka_unit_test(what_is_printed_reads_back_and_shows_no_source_of_a_gate),
        cmocka_unit_test(mistakes_are_named_with_their_remedy),
        cmocka_unit_test(an_environment_of_that_name_stands_in_the_way),
        cmocka_unit_test(nobody_can_name_a_gates_own_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
