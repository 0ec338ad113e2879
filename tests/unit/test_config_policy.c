#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "src/model/gate.h"
#include "tests/unit/config_help.h"

/* --- what holds --- */

static void roles_bring_their_probes(void **state) {
    (void)state;
    struct policy *p =
        help_good("product: A\nenvironments:\n"
                  "  - {name: prod, role: stable, url: 'https://p.example.net/'}\n"
                  "  - {name: stage, role: candidate, url: 'https://p.example.net:4443'}\n" GATE);
    static const struct {
        const char *id, *kind, *url;
        int64_t every_ms;
        int closed_on;
    } rows[] = {
        {"prod/health", "health", "https://p.example.net/health", 5000, 0},
        {"prod/updates", "health", "https://p.example.net/updates/health", 5000, 0},
        {"prod/stable feed", "feed", "https://p.example.net/updates/appcast.xml", 15000, 0},
        {"stage/health", "health", "https://p.example.net:4443/health", 5000, 0},
        {"stage/updates", "health", "https://p.example.net:4443/updates/health", 5000, 0},
        {"stage/beta feed", "feed", "https://p.example.net:4443/updates/appcast-beta.xml", 5000,
         404},
    };
    assert_int_equal(p->n_sources, 6);
    for (size_t i = 0; i < p->n_sources; i++) {
        const struct source_spec *s = &p->sources[i];
        assert_string_equal(s->id, rows[i].id);
        assert_string_equal(s->kind, rows[i].kind);
        assert_string_equal(s->url, rows[i].url);
        assert_null(s->file);
        assert_int_equal(s->every_ms, rows[i].every_ms);
        assert_int_equal(s->closed_on, rows[i].closed_on);
        assert_int_equal(s->timeout_ms, 4000);
        assert_int_equal(s->connect_timeout_ms, 2000);
        assert_int_equal(s->fail_after, 3);
        assert_int_equal(s->recover_after, 2);
        assert_int_equal(s->environment, i / 3);
    }
    assert_null(p->sources[2].channels[0]);
    assert_string_equal(p->sources[5].channels[0], "beta");
    assert_null(p->sources[5].channels[1]);
    assert_string_equal(p->sources[0].version_pointer, "/latest_version");
    assert_string_equal(p->sources[0].build_pointer, "/latest_build");
    assert_string_equal(p->sources[0].status_pointer, "/status");
    assert_string_equal(p->sources[0].ok[3], "running");
    assert_null(p->sources[0].ok[4]);
    assert_null(p->sources[2].version_pointer);
    assert_int_equal(p->target_source, 5);
    assert_int_equal(p->stable_source, 2);
    assert_null(p->target);
    assert_string_equal(p->environments[0].url, "https://p.example.net");
    policy_free(p);
}

static void a_probe_overrides_what_poll_says(void **state) {
    (void)state;
    struct policy *p = help_good(
        "product: A\n"
        "poll: {every: 2s, timeout: 800ms, fail_after: 5, recover_after: 4}\n"
        "environments:\n  - name: e\n    url: https://e.example.net\n    probes:\n"
        "      - {name: a, kind: health, path: /a}\n"
        "      - {name: b, kind: health, path: /b, every: 1m, timeout: 10s, fail_after: 1,\n"
        "         recover_after: 1, version: '', build: /b, status: '', ok: [fine]}\n"
        "      - {name: c, kind: feed, path: /c, channels: [], closed_on: 410}\n"
        "      - {name: d, kind: http, path: '/d?x=1', status: 204, body_contains: 'a: b',\n"
        "         body_lacks: \"two\\nlines\", headers_contain: {Content-Type: text/}}\n" FRESH);
    const struct source_spec *a = help_source(p, "e/a"), *b = help_source(p, "e/b"),
                             *c = help_source(p, "e/c"), *d = help_source(p, "e/d");
    assert_int_equal(a->every_ms, 2000);
    assert_int_equal(a->timeout_ms, 800);
    assert_int_equal(a->connect_timeout_ms, 800); /* never more than the whole */
    assert_int_equal(a->fail_after, 5);
    assert_int_equal(a->recover_after, 4);
    assert_int_equal(b->every_ms, 60000);
    assert_int_equal(b->timeout_ms, 10000);
    assert_int_equal(b->connect_timeout_ms, 2000);
    assert_int_equal(b->fail_after, 1);
    assert_int_equal(b->recover_after, 1);
    assert_string_equal(b->version_pointer, "");
    assert_string_equal(b->build_pointer, "/b");
    assert_string_equal(b->status_pointer, "");
    assert_string_equal(b->ok[0], "fine");
    assert_null(c->channels[0]);
    assert_int_equal(c->closed_on, 410);
    assert_int_equal(d->expect_status, 204);
    assert_string_equal(d->url, "https://e.example.net/d?x=1");
    assert_string_equal(d->body_contains, "a: b");
    assert_string_equal(d->body_lacks, "two\nlines");
    assert_int_equal(d->n_expect_headers, 1);
    assert_string_equal(d->expect_headers[0].value, "text/");
    assert_null(d->ok);
    assert_null(d->channels);
    policy_free(p);
}

static void files_are_found_beside_the_configuration(void **state) {
    (void)state;
    static const char text[] =
        "product: A\nstore: sqlite:state/a.db\nenvironments:\n  - name: tree\n"
        "    url: https://a.example.net\n    tls: {ca_file: ./ca.pem}\n    probes:\n"
        "      - {name: near, kind: manifest, file: m/a.json}\n"
        "      - {name: far, kind: file-version, file: /srv/VERSION, key: update.version}\n" GATE;
    char here[4096], wanted[4200];
    assert_non_null(getcwd(here, sizeof here));
    struct policy *p = help_good(text);
    (void)snprintf(wanted, sizeof wanted, "%s/etc/m/a.json", here);
    assert_string_equal(help_source(p, "tree/near")->file, wanted);
    assert_null(help_source(p, "tree/near")->url);
    assert_string_equal(help_source(p, "tree/far")->file, "/srv/VERSION");
    assert_string_equal(help_source(p, "tree/far")->key, "update.version");
    (void)snprintf(wanted, sizeof wanted, "%s/etc/state/a.db", here);
    assert_string_equal(p->store_path, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s/etc/ca.pem", here);
    assert_string_equal(p->environments[0].ca_file, wanted);
    policy_free(p);
    struct err err = ERR_INIT;
    p = config_parse(text, strlen(text), "/a.yaml", &help_kinds, &err);
    assert_non_null(p);
    assert_string_equal(help_source(p, "tree/near")->file, "/m/a.json");
    policy_free(p);
    p = config_parse(text, strlen(text), "/etc/gonogo/a.yaml", &help_kinds, &err);
    assert_string_equal(help_source(p, "tree/near")->file, "/etc/gonogo/m/a.json");
    policy_free(p);
}

static char *store_of(const char *product, const char *store) {
    char *text = mem_format("product: %s\n%s%s" ENVIRONMENT GATE, product, store,
                            store[0] != '\0' ? "\n" : "");
    struct policy *p = help_good(text);
    char *path = mem_copy_text(p->store_path != NULL ? p->store_path : "(none)");
    policy_free(p);
    free(text);
    return path;
}

static void check_store(const char *product, const char *store, const char *wanted) {
    char *path = store_of(product, store);
    assert_string_equal(path, wanted);
    free(path);
}

static void the_store_has_a_place_of_its_own(void **state) {
    (void)state;
    (void)setenv("HOME", "/srv/ops", 1);
    (void)setenv("XDG_STATE_HOME", "/var/state", 1);
    check_store("Nexy", "", "/var/state/gonogo/nexy.db");
    check_store("Nexy Desktop (macOS)", "store: sqlite", "/var/state/gonogo/nexy-desktop-macos.db");
    check_store("Nexy", "store: none", "(none)");
    check_store("Nexy", "store: sqlite:/srv/a b.db", "/srv/a b.db");
    char *one = store_of("Нексы", ""), *two = store_of("Мексы", "");
    assert_string_not_equal(one, two);
    free(one);
    free(two);
    (void)setenv("XDG_STATE_HOME", "relative", 1);
    check_store("Nexy", "", "/srv/ops/.local/state/gonogo/nexy.db");
    (void)unsetenv("XDG_STATE_HOME");
    check_store("../../etc", "", "/srv/ops/.local/state/gonogo/etc.db");
    (void)unsetenv("HOME");
    help_bad("product: A\n" ENVIRONMENT GATE,
             "1:1: neither XDG_STATE_HOME nor HOME says where the store belongs: write store: "
             "sqlite:PATH, or store: none");
    (void)setenv("HOME", "/srv/ops", 1);
    (void)setenv("XDG_STATE_HOME", "/var/state", 1);
}

static void a_store_elsewhere_is_refused_without_its_password(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    static const char text[] =
        "product: A\nstore: postgres://gonogo:hunter2@db/releases\n" ENVIRONMENT GATE;
    assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
    assert_null(strstr(err.what, "hunter2"));
    assert_non_null(strstr(err.what, "SQLite"));
}

static void loopback_may_be_plain_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        {"http://127.0.0.1:8080", true},
        {"http://127.9.9.9", true},
        {"http://localhost:1", true},
        {"http://LOCALHOST", true},
        {"http://[::1]:8080", true},
        {"https://example.net", true},
        {"HTTPS://example.net", true},
        {"http://example.net", false},
        {"http://127.0.0.1.example.net", false},
        {"http://localhost.example.net", false},
        {"http://0.0.0.0", false},
        {"http://[::]", false},
        {"http://[::2]", false},
        {"http://128.0.0.1", false},
        {"http://10.0.0.1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int insecure = 0; insecure < 2; insecure++) {
            char *text = mem_format("product: A\nenvironments:\n  - {name: e, role: stable, url: "
                                    "'%s', insecure: %s}\n" GATE,
                                    rows[i].url, insecure ? "true" : "false");
            struct err err = ERR_INIT;
            struct policy *p = config_parse(text, strlen(text), "g.yaml", &help_kinds, &err);
            assert_int_equal(p != NULL, rows[i].good || insecure);
            assert_true(p == NULL || p->environments[0].insecure == (insecure != 0));
            policy_free(p);
            free(text);
        }
    }
}

static void gates_get_their_sources_in_order_and_once(void **state) {
    (void)state;
    struct policy *p = help_good(
        "product: A\nenvironments:\n"
        "  - {name: p, role: stable, url: https://p.example.net}\n"
        "  - {name: s, role: candidate, url: https://s.example.net}\n"
        "gates:\n"
        "  - {name: all, kind: versions-agree, sources: ['*'], want: same, on_unknown: fail}\n"
        "  - {name: some, kind: versions-agree, sources: [s/updates, '!*/health', '*/up*', "
        "'s/*'],\n"
        "     want: stable, when: after}\n"
        "  - {name: quick, kind: fresh, within: 30s}\n"
        "  - {name: shut, kind: closed, sources: [s/beta feed]}\n"
        "  - {name: day, kind: soak}\n"
        "  - {name: hour, kind: soak, of: [shut, quick, shut], for: 1h, max_gap: 5s, when: "
        "before}\n");
    const struct gate_spec *some = help_gate(p, "some"), *day = help_gate(p, "day"),
                           *hour = help_gate(p, "hour");
    assert_int_equal(help_gate(p, "all")->n_sources, 6);
    assert_int_equal(help_gate(p, "all")->want, WANT_SAME);
    assert_int_equal(help_gate(p, "all")->when, WHEN_ALWAYS);
    assert_int_equal(help_gate(p, "all")->on_unknown, UNKNOWN_FAILS);
    assert_int_equal(some->n_sources, 3);
    assert_int_equal(some->sources[0], 1);
    assert_int_equal(some->sources[1], 4);
    assert_int_equal(some->sources[2], 5);
    assert_int_equal(some->want, WANT_STABLE);
    assert_int_equal(some->when, WHEN_AFTER);
    assert_int_equal(some->on_unknown, UNKNOWN_HOLDS);
    assert_int_equal(help_gate(p, "quick")->within_ms, 30000);
    assert_int_equal(help_gate(p, "quick")->n_sources, 0); /* all of them, says the kind */
    assert_int_equal(day->n_of, 1);                        /* "some" counts only afterwards */
    assert_int_equal(day->of[0], 0);
    assert_int_equal(day->for_ms, 86400000);
    assert_int_equal(day->max_gap_ms, 600000);
    assert_int_equal(hour->n_of, 2);
    assert_int_equal(hour->of[0], 3);
    assert_int_equal(hour->of[1], 2);
    assert_int_equal(hour->for_ms, 3600000);
    assert_int_equal(hour->max_gap_ms, 5000);
    policy_free(p);
}

static void target_and_stable_may_be_named(void **state) {
    (void)state;
    struct policy *p =
        help_good("product: A\ntarget: 2.0.0.20\ntarget_from: p/stable feed\n"
                  "stable_from: s/beta feed\nenvironments:\n"
                  "  - {name: p, role: stable, url: https://p.example.net}\n"
                  "  - {name: s, role: candidate, url: https://s.example.net}\n" GATE);
    assert_string_equal(p->target, "2.0.0.20");
    assert_string_equal(p->sources[p->target_source].id, "p/stable feed");
    assert_string_equal(p->sources[p->stable_source].id, "s/beta feed");
    policy_free(p);
}

static void a_byte_order_mark_and_windows_line_ends_are_fine(void **state) {
    (void)state;
    struct policy *p =
        help_good("\xef\xbb\xbfproduct: A\r\nenvironments:\r\n  - name: a\r\n    role: stable\r\n"
                  "    url: https://a.example.net\r\ngates:\r\n  - {name: f, kind: fresh}\r\n");
    assert_string_equal(p->product, "A");
    assert_string_equal(p->environments[0].url, "https://a.example.net");
    policy_free(p);
}

/* --- secrets --- */

static char *with_header(const char *name, const char *value) {
    return mem_format("product: A\nenvironments:\n  - name: e\n    url: https://e.example.net\n"
                      "    headers: {%s: \"%s\"}\n    probes:\n"
                      "      - {name: own, kind: health, path: /h}\n"
                      "      - {name: same, kind: health, url: 'https://E.example.net:443/x'}\n"
                      "      - {name: other, kind: health, url: 'https://f.example.net/h'}\n"
                      "      - {name: port, kind: health, url: 'https://e.example.net:444/h'}\n"
                      "      - {name: file, kind: manifest, file: m.json}\n" GATE,
                      name, value);
}

static void a_secret_reaches_its_own_host_and_no_eye(void **state) {
    (void)state;
    (void)setenv("GONOGO_TEST_SECRET", "Bearer hunter2", 1);
    char *text = with_header("Authorization", "env:GONOGO_TEST_SECRET");
    struct policy *p = help_good(text);
    const struct source_spec *own = help_source(p, "e/own");
    assert_int_equal(own->n_headers, 1);
    assert_string_equal(own->headers[0].name, "Authorization");
    assert_string_equal(own->headers[0].value, "Bearer hunter2");
    assert_true(own->headers[0].secret);
    assert_int_equal(help_source(p, "e/same")->n_headers, 1);
    assert_int_equal(help_source(p, "e/other")->n_headers, 0);
    assert_int_equal(help_source(p, "e/port")->n_headers, 0);
    assert_int_equal(help_source(p, "e/file")->n_headers, 0);
    char *shown = help_printed(p);
    assert_null(strstr(shown, "hunter2"));
    assert_non_null(strstr(shown, "Authorization: \"***\""));
    free(shown);
    policy_free(p);
    free(text);
    (void)unsetenv("GONOGO_TEST_SECRET");
}

static void a_header_that_is_no_secret_is_shown(void **state) {
    (void)state;
    char *text = with_header("X-Release", "a \\\"b\\\"");
    struct policy *p = help_good(text);
    assert_false(help_source(p, "e/own")->headers[0].secret);
    char *shown = help_printed(p);
    assert_non_null(strstr(shown, "X-Release: \"a \\\"b\\\"\""));
    free(shown);
    policy_free(p);
    free(text);
}

static void a_secret_with_line_breaks_is_refused_unshown(void **state) {
    (void)state;
    (void)setenv("GONOGO_TEST_SECRET", "hunter2\r\nHost: evil", 1);
    char *text = with_header("Authorization", "env:GONOGO_TEST_SECRET");
    help_bad(text,
             "5:15: environments[0].headers.Authorization: the value has line breaks or control "
             "characters: keep it to one line of text");
    (void)setenv("GONOGO_TEST_SECRET", "", 1);
    help_bad(text,
             "5:15: environments[0].headers.Authorization: the environment variable "
             "\"GONOGO_TEST_SECRET\" is empty: export it before gonogo starts, or use file:PATH");
    free(text);
    (void)unsetenv("GONOGO_TEST_SECRET");
}

static void a_secret_file_belongs_to_its_owner_alone(void **state) {
    (void)state;
    char *dir = help_folder(), *path = mem_format("%s/token", dir);
    char *value = mem_format("file:%s", path), *text = with_header("X-Api-Key", value);
    static const struct {
        mode_t mode;
        bool good;
    } rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}, {0620, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        help_write(path, "hunter2\n", 8, rows[i].mode);
        struct err err = ERR_INIT;
        struct policy *p = config_parse(text, strlen(text), "g.yaml", &help_kinds, &err);
        assert_int_equal(p != NULL, rows[i].good);
        if (p != NULL) {
            assert_string_equal(help_source(p, "e/own")->headers[0].value, "hunter2");
            assert_true(help_source(p, "e/own")->headers[0].secret);
        } else {
            assert_non_null(strstr(err.what, "is open to others than its owner"));
            assert_non_null(strstr(err.todo, "chmod 600"));
        }
        policy_free(p);
    }
    (void)unlink(path);
    (void)rmdir(dir);
    free(text);
    free(value);
    free(path);
    free(dir);
}

static void a_secret_file_that_cannot_be_one_is_refused(void **state) {
    (void)state;
    char *dir = help_folder(), *path = mem_format("%s/token", dir);
    char *value = mem_format("file:%s", path), *text = with_header("Cookie", value);
    char *large = mem_alloc((64 << 10) + 1);
    memset(large, 'a', (64 << 10) + 1);
    static const char with_nul[] = {'a', '\0', 'b'};
    const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } rows[] = {
        {"", 0, "is empty"},
        {"\n", 1, "is empty"},
        {large, (64 << 10) + 1, "is larger than 64 KiB"},
        {with_nul, sizeof with_nul, "holds a NUL character"},
        {"a\nb", 3, "line breaks"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        help_write(path, rows[i].bytes, rows[i].n, 0600);
        assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
        assert_non_null(strstr(err.what, rows[i].words));
    }
    struct err err = ERR_INIT;
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
    assert_non_null(strstr(err.what, "is no regular file"));
    (void)unlink(path);
    (void)rmdir(dir);
    free(large);
    free(text);
    free(value);
    free(path);
    free(dir);
}

static void a_literal_secret_is_refused_unshown(void **state) {
    (void)state;
    static const char *const names[] = {"Authorization",      "cookie",    "X-API-Key",
                                        "X-Auth-Token",       "My-Secret", "X-Password",
                                        "Proxy-Authorization"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *text = with_header(names[i], "hunter2");
        struct err err = ERR_INIT;
        assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
        assert_null(strstr(err.what, "hunter2"));
        assert_non_null(strstr(err.todo, "env:NAME or file:PATH"));
        free(text);
    }
}

/* --- people --- */

#define PLACE                                                           \
    "product: A\nstore: sqlite:/tmp/a.db\nenvironments:\n  - name: e\n" \
    "    url: https://e.example.net\n    role: stable\n"

static void people_and_what_gates_ask_of_them_are_read(void **state) {
    (void)state;
    struct policy *p = help_good(
        PLACE GATE
        "  - {name: call, kind: votes, roles: [ops, pm], veto: [ops], expires: 12h}\n"
        "  - {name: docs, kind: checklist, items: [a, b], link: true, approvals: 0}\n"
        "  - {name: law, kind: checklist, never_waive: true}\n"
        "people:\n  - {name: ada, roles: [ops, pm], user: al}\n  - {name: bo, roles: [pm]}\n"
        "waivers: {approvals: 2, longest: 3h, roles: [ops]}\n");
    assert_int_equal(p->n_people, 2);
    assert_string_equal(p->people[0].user, "al");
    assert_string_equal(p->people[1].roles[0], "pm");
    const struct gate_people *call = &p->gates[p->n_gates - 3].people;
    assert_string_equal(call->roles[1], "pm");
    assert_string_equal(call->veto[0], "ops");
    assert_int_equal(call->expires_ms, 12 * 3600 * 1000);
    assert_int_equal(call->approvals, 2);
    const struct gate_people *docs = &p->gates[p->n_gates - 2].people;
    assert_string_equal(docs->items[1], "b");
    assert_true(docs->link);
    assert_int_equal(docs->approvals, 0);
    assert_true(p->gates[p->n_gates - 1].people.never_waive);
    assert_int_equal(p->waivers.longest_ms, 3 * 3600 * 1000);
    assert_string_equal(p->ledger.file, "/tmp/a-ledger.db");
    assert_int_equal(strlen(p->digest), 64);
    policy_free(p);
    p = help_good(PLACE GATE); /* never the requester alone */
    assert_int_equal(p->gates[0].people.approvals, 1);
    policy_free(p);
}

static void the_ledgers_key_belongs_to_its_owner_alone(void **state) {
    (void)state;
    static const char key[] = "1O5y2/kTWErVttjx92n4rTr+fCjL8dT74Jeoj0R1WEI=\n";
    char *dir = help_folder(), *path = mem_format("%s/ledger.key", dir);
    char *text = mem_format(PLACE GATE "ledger: {file: %s/l.db, key: \"file:%s\"}\n", dir, path);
    static const struct {
        mode_t mode;
        bool good;
    } rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        help_write(path, key, sizeof key - 1, rows[i].mode);
        struct policy *p = config_parse(text, strlen(text), "g.yaml", &help_kinds, &err);
        assert_int_equal(p != NULL, rows[i].good);
        if (p != NULL) {
            char *shown = help_printed(p);
            assert_non_null(p->ledger.key);
            assert_int_equal(p->ledger.n_trusted, 1); /* its own signatures count */
            assert_null(strstr(shown, "1O5y2"));
            assert_non_null(strstr(shown, "ledger.key"));
            free(shown);
        } else {
            assert_non_null(strstr(err.what, "is open to others than its owner"));
        }
        policy_free(p);
    }
    struct err err = ERR_INIT;
    help_write(path, "hunter2\n", 8, 0600);
    assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
    assert_non_null(strstr(err.what, "is no private Ed25519 key"));
    assert_null(strstr(err.what, "hunter2"));
    (void)unlink(path);
    (void)rmdir(dir);
    free(text);
    free(path);
    free(dir);
}

int main(void) {
    (void)setenv("HOME", "/srv/ops", 1);
    (void)setenv("XDG_STATE_HOME", "/var/state", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_bring_their_probes),
        cmocka_unit_test(a_probe_overrides_what_poll_says),
        cmocka_unit_test(files_are_found_beside_the_configuration),
        cmocka_unit_test(the_store_has_a_place_of_its_own),
        cmocka_unit_test(a_store_elsewhere_is_refused_without_its_password),
        cmocka_unit_test(loopback_may_be_plain_and_nothing_else),
        cmocka_unit_test(gates_get_their_sources_in_order_and_once),
        cmocka_unit_test(target_and_stable_may_be_named),
        cmocka_unit_test(a_byte_order_mark_and_windows_line_ends_are_fine),
        cmocka_unit_test(a_secret_reaches_its_own_host_and_no_eye),
        cmocka_unit_test(a_header_that_is_no_secret_is_shown),
        cmocka_unit_test(a_secret_with_line_breaks_is_refused_unshown),
        cmocka_unit_test(a_secret_file_belongs_to_its_owner_alone),
        cmocka_unit_test(a_secret_file_that_cannot_be_one_is_refused),
        cmocka_unit_test(a_literal_secret_is_refused_unshown),
        cmocka_unit_test(people_and_what_gates_ask_of_them_are_read),
        cmocka_unit_test(the_ledgers_key_belongs_to_its_owner_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
