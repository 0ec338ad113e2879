#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "src/base/mem.h"
#include "src/model/gate.h"

/* --- helpers --- */

static bool kind_at(size_t i, const char **name, const char **help, bool *takes_url,
                    bool *takes_file) {
    static const struct {
        const char *name;
        bool url, file;
    } rows[] = {
        {"health", true, false},  {"feed", true, true},          {"http", true, false},
        {"manifest", true, true}, {"file-version", false, true},
    };
    if (i >= sizeof rows / sizeof *rows) {
        return false;
    }
    *name = rows[i].name;
    *help = "a kind";
    *takes_url = rows[i].url;
    *takes_file = rows[i].file;
    return true;
}

static const struct config_kinds kinds = {.probe_at = kind_at};

#define ENVIRONMENT "environments:\n  - {name: a, role: stable, url: https://a.example.net}\n"
#define FRESH       "gates:\n  - {name: f, kind: fresh}\n"
#define GATE        "gates:\n  - {name: agree, kind: versions-agree, sources: [\"*\"], want: same}\n"

static char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *bytes = mem_alloc(64 << 10);
    *n = fread(bytes, 1, (64 << 10) - 1, f);
    (void)fclose(f);
    return bytes;
}

static void write_all(const char *path, const char *bytes, size_t n, mode_t mode) {
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

/* Parses what must be good. */
static struct policy *good(const char *text) {
    struct err err = ERR_INIT;
    struct policy *p = config_parse(text, strlen(text), "etc/gonogo.yaml", &kinds, &err);
    if (p == NULL) {
        char said[1024];
        err_text(&err, said, sizeof said);
        fail_msg("%s", said);
    }
    return p;
}

/* Parses what must be refused, with exactly these words behind "etc/gonogo.yaml:". */
static void bad(const char *text, const char *expected) {
    struct err err = ERR_INIT;
    char said[1024], wanted[1024];
    struct policy *p = config_parse(text, strlen(text), "etc/gonogo.yaml", &kinds, &err);
    assert_null(p);
    assert_int_equal(err.code, ERR_CONFIG);
    err_text(&err, said, sizeof said);
    (void)snprintf(wanted, sizeof wanted, "etc/gonogo.yaml:%s", expected);
    assert_string_equal(said, wanted);
}

static char *printed(const struct policy *p) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    config_print(out, p);
    (void)fclose(out);
    return text;
}

static const struct source_spec *source(const struct policy *p, const char *id) {
    int i = policy_find_source(p, id);
    assert_true(i >= 0);
    return &p->sources[i];
}

static const struct gate_spec *gate(const struct policy *p, const char *name) {
    for (size_t i = 0; i < p->n_gates; i++) {
        if (strcmp(p->gates[i].name, name) == 0) {
            return &p->gates[i];
        }
    }
    fail_msg("no gate %s", name);
    return NULL;
}

static char *folder(void) {
    const char *tmp = getenv("TMPDIR");
    char *path = mem_format("%s/gonogo-config.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

/* --- mistakes --- */

/* Expected words: in the file's first line behind "# expect: ", or in NAME.expect beside it. */
static char *expectation(const char *path) {
    size_t n;
    char *side = mem_format("%.*s.expect", (int)(strlen(path) - strlen(".yaml")), path);
    char *text = read_all(access(side, R_OK) == 0 ? side : path, &n);
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    const char *words = access(side, R_OK) == 0 ? text : text + strlen("# expect: ");
    char *copy = mem_copy_text(words);
    free(text);
    free(side);
    return copy;
}

static void every_bad_file_gets_its_exact_words(void **state) {
    (void)state;
    DIR *dir = opendir("tests/bad/config");
    unsigned seen = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t n, len = strlen(e->d_name);
        if (len < 6 || strcmp(e->d_name + len - 5, ".yaml") != 0) {
            continue;
        }
        char *path = mem_format("tests/bad/config/%s", e->d_name);
        char *bytes = read_all(path, &n), *wanted = expectation(path), said[1024];
        struct err err = ERR_INIT;
        assert_null(config_parse(bytes, n, e->d_name, &kinds, &err));
        err_text(&err, said, sizeof said);
        assert_string_equal(said, wanted);
        assert_int_equal(err_exit_code(&err), 2);
        free(wanted);
        free(bytes);
        free(path);
        seen++;
    }
    (void)closedir(dir);
    assert_true(seen > 100);
}

static void a_mistake_is_where_and_what_and_what_to_do(void **state) {
    (void)state;
    size_t n;
    struct err err = ERR_INIT;
    char *bytes = read_all("tests/bad/config/duration.yaml", &n);
    assert_null(config_parse(bytes, n, "config/nexy.yaml", &kinds, &err));
    assert_string_equal(err.where, "config/nexy.yaml:14:7");
    assert_string_equal(err.what, "environments[1].probes[0].every: \"5 parsecs\" is no duration");
    assert_string_equal(err.todo, "write 500ms, 5s, 2m or 1h");
    free(bytes);
}

static void a_long_file_name_keeps_the_place(void **state) {
    (void)state;
    char path[600];
    struct err err = ERR_INIT;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_null(config_parse("product: []\n", 12, path, &kinds, &err));
    assert_non_null(strstr(err.where, "xxx:1:1"));
    assert_memory_equal(err.where, "...x", 4);
}

static void values_in_messages_are_safe_and_cut(void **state) {
    (void)state;
    char text[2048] = "product: A\ntarget: \"\\e[31m\\u202e";
    memset(text + strlen(text), 'z', 1000);
    (void)snprintf(text + strlen(text), 16, "\"\n");
    struct err err = ERR_INIT;
    assert_null(config_parse(text, strlen(text), "g.yaml", &kinds, &err));
    assert_null(strchr(err.what, '\x1b'));
    assert_null(strstr(err.what, "\u202e"));
    assert_true(strlen(err.what) < 200);
    assert_non_null(strstr(err.what, "is no version"));
}

static void a_file_over_one_mebibyte_is_refused_unread(void **state) {
    (void)state;
    size_t n = (1 << 20) + 1;
    char *bytes = mem_alloc(n);
    struct err err = ERR_INIT;
    memset(bytes, '#', n);
    assert_null(config_parse(bytes, n, "g.yaml", &kinds, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.what, "larger than 1 MiB");
    assert_int_equal(err_exit_code(&err), 2);
    free(bytes);
}

static void one_mebibyte_of_brackets_is_refused_at_once(void **state) {
    (void)state;
    static const char *const starts[] = {"[",    "{a: ",  "- ",     "? ", "!",  "&a ", "*a ", "\"",
                                         "|\n ", "a: {b", "a: [b,", "{",  "[{", ",",   ":",   "%"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t n = 1 << 20, len = strlen(starts[i]);
        char *bytes = mem_alloc(n);
        struct err err = ERR_INIT;
        for (size_t at = 0; at < n; at++) {
            bytes[at] = starts[i][at % len];
        }
        assert_null(config_parse(bytes, n, "g.yaml", &kinds, &err));
        free(bytes);
    }
}

static void a_file_cut_anywhere_is_refused_or_good(void **state) {
    (void)state;
    size_t n;
    char *bytes = read_all("config/samples/minimal.yaml", &n);
    for (size_t cut = 0; cut < n; cut++) {
        struct err err = ERR_INIT;
        struct policy *p = config_parse(bytes, cut, "g.yaml", &kinds, &err);
        assert_true((p == NULL) == (err.code != ERR_OK));
        assert_true(p == NULL || p->n_gates > 0);
        policy_free(p);
    }
    free(bytes);
}

static void a_file_with_any_byte_changed_is_refused_or_good(void **state) {
    (void)state;
    static const char changes[] = "\0\x01\n\t \"'{}[]:,-?!&*#|>%@`\xff\xc3~";
    size_t n;
    char *bytes = read_all("config/samples/minimal.yaml", &n);
    for (size_t at = 0; at < n; at++) {
        char was = bytes[at];
        struct err err = ERR_INIT;
        bytes[at] = changes[at % (sizeof changes - 1)];
        struct policy *p = config_parse(bytes, n, "g.yaml", &kinds, &err);
        assert_true((p == NULL) == (err.code != ERR_OK));
        policy_free(p);
        bytes[at] = was;
    }
    free(bytes);
}

static void a_missing_file_and_a_folder_are_told(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(config_load("there/is/none.yaml", &kinds, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.where, "there/is/none.yaml");
    err_clear(&err);
    assert_null(config_load("tests", &kinds, &err));
    assert_int_equal(err_exit_code(&err), 2);
}

/* --- what holds --- */

static void roles_bring_their_probes(void **state) {
    (void)state;
    struct policy *p =
        good("product: A\nenvironments:\n"
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
    struct policy *p = good(
        "product: A\n"
        "poll: {every: 2s, timeout: 800ms, fail_after: 5, recover_after: 4}\n"
        "environments:\n  - name: e\n    url: https://e.example.net\n    probes:\n"
        "      - {name: a, kind: health, path: /a}\n"
        "      - {name: b, kind: health, path: /b, every: 1m, timeout: 10s, fail_after: 1,\n"
        "         recover_after: 1, version: '', build: /b, status: '', ok: [fine]}\n"
        "      - {name: c, kind: feed, path: /c, channels: [], closed_on: 410}\n"
        "      - {name: d, kind: http, path: '/d?x=1', status: 204, body_contains: 'a: b',\n"
        "         body_lacks: \"two\\nlines\", headers_contain: {Content-Type: text/}}\n" FRESH);
    const struct source_spec *a = source(p, "e/a"), *b = source(p, "e/b"), *c = source(p, "e/c"),
                             *d = source(p, "e/d");
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
    struct policy *p = good(text);
    (void)snprintf(wanted, sizeof wanted, "%s/etc/m/a.json", here);
    assert_string_equal(source(p, "tree/near")->file, wanted);
    assert_null(source(p, "tree/near")->url);
    assert_string_equal(source(p, "tree/far")->file, "/srv/VERSION");
    assert_string_equal(source(p, "tree/far")->key, "update.version");
    (void)snprintf(wanted, sizeof wanted, "%s/etc/state/a.db", here);
    assert_string_equal(p->store_path, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s/etc/ca.pem", here);
    assert_string_equal(p->environments[0].ca_file, wanted);
    policy_free(p);
    struct err err = ERR_INIT;
    p = config_parse(text, strlen(text), "/a.yaml", &kinds, &err);
    assert_non_null(p);
    assert_string_equal(source(p, "tree/near")->file, "/m/a.json");
    policy_free(p);
    p = config_parse(text, strlen(text), "/etc/gonogo/a.yaml", &kinds, &err);
    assert_string_equal(source(p, "tree/near")->file, "/etc/gonogo/m/a.json");
    policy_free(p);
}

static char *store_of(const char *product, const char *store) {
    char *text = mem_format("product: %s\n%s%s" ENVIRONMENT GATE, product, store,
                            store[0] != '\0' ? "\n" : "");
    struct policy *p = good(text);
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
    bad("product: A\n" ENVIRONMENT GATE,
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
    assert_null(config_parse(text, strlen(text), "g.yaml", &kinds, &err));
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
            struct policy *p = config_parse(text, strlen(text), "g.yaml", &kinds, &err);
            assert_int_equal(p != NULL, rows[i].good || insecure);
            assert_true(p == NULL || p->environments[0].insecure == (insecure != 0));
            policy_free(p);
            free(text);
        }
    }
}

static void gates_get_their_sources_in_order_and_once(void **state) {
    (void)state;
    struct policy *p =
        good("product: A\nenvironments:\n"
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
    const struct gate_spec *some = gate(p, "some"), *day = gate(p, "day"), *hour = gate(p, "hour");
    assert_int_equal(gate(p, "all")->n_sources, 6);
    assert_int_equal(gate(p, "all")->want, WANT_SAME);
    assert_int_equal(gate(p, "all")->when, WHEN_ALWAYS);
    assert_int_equal(gate(p, "all")->on_unknown, UNKNOWN_FAILS);
    assert_int_equal(some->n_sources, 3);
    assert_int_equal(some->sources[0], 1);
    assert_int_equal(some->sources[1], 4);
    assert_int_equal(some->sources[2], 5);
    assert_int_equal(some->want, WANT_STABLE);
    assert_int_equal(some->when, WHEN_AFTER);
    assert_int_equal(some->on_unknown, UNKNOWN_HOLDS);
    assert_int_equal(gate(p, "quick")->within_ms, 30000);
    assert_int_equal(gate(p, "quick")->n_sources, 0); /* all of them, says the kind */
    assert_int_equal(day->n_of, 1);                   /* "some" counts only afterwards */
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
    struct policy *p = good("product: A\ntarget: 2.0.0.20\ntarget_from: p/stable feed\n"
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
        good("\xef\xbb\xbfproduct: A\r\nenvironments:\r\n  - name: a\r\n    role: stable\r\n"
             "    url: https://a.example.net\r\ngates:\r\n  - {name: f, kind: fresh}\r\n");
    assert_string_equal(p->product, "A");
    assert_string_equal(p->environments[0].url, "https://a.example.net");
    policy_free(p);
}

/* --- for later versions --- */

static void what_later_versions_do_is_accepted_and_said(void **state) {
    (void)state;
    static const char text[] =
        "product: A\nlisten: {metrics: \"127.0.0.1:9464\"}\n" ENVIRONMENT
        "logs:\n  - {name: client, format: tray, paths: [\"/var/log/*.log\"], zone: "
        "America/Toronto, backfill: 24h}\n"
        "slos:\n  - {name: start p95, metric: start_ms, quantile: 0.95, max: 600, window: 1h, "
        "burn: true}\n"
        "gates:\n"
        "  - {name: SLOs, kind: slo, slos: [\"*\"], min_samples: 50}\n"
        "  - {name: call, kind: votes, roles: [ops], veto: [ops], expires: 12h, when: before}\n"
        "  - {name: docs, kind: checklist}\n"
        "  - {name: suite, kind: command, run: [python3, a.py, \"\"], every: 1h, timeout: 15m}\n"
        "  - {name: hours, kind: window, allow: [\"Mon-Thu 09:00-16:00\"], zone: UTC}\n"
        "people:\n  - {name: ops-lead, roles: [ops]}\n"
        "actions:\n  - name: promote\n    key: p\n    confirm: version\n    requires: go\n"
        "    steps:\n      - {name: copy, run: [cp, \"{target}\"], timeout: 10m}\n"
        "      - {name: agree, expect: [docs], within: 10m}\n";
    char *dir = folder(), *path = mem_format("%s/g.yaml", dir);
    struct err err = ERR_INIT;
    struct buf notes;
    buf_init(&notes, 0);
    write_all(path, text, strlen(text), 0644);
    struct policy *p = config_check(path, &kinds, &notes, &err);
    assert_non_null(p);
    assert_int_equal(p->n_gates, 5);
    static const char *const said[] = {
        ":2:1: listen: accepted, not served by this version\n",
        ": logs: accepted, not read by this version\n",
        ": slos: accepted, not judged by this version\n",
        ": people: accepted, not asked by this version\n",
        ": actions: accepted, not offered by this version\n",
        ": gates[0]: kind slo is accepted, not judged by this version: it holds\n",
        ": gates[4]: kind window is accepted, not judged by this version: it holds\n",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        assert_non_null(strstr(notes.data, said[i]));
    }
    policy_free(p);
    buf_fini(&notes);
    (void)unlink(path);
    (void)rmdir(dir);
    free(path);
    free(dir);
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
    struct policy *p = good(text);
    const struct source_spec *own = source(p, "e/own");
    assert_int_equal(own->n_headers, 1);
    assert_string_equal(own->headers[0].name, "Authorization");
    assert_string_equal(own->headers[0].value, "Bearer hunter2");
    assert_true(own->headers[0].secret);
    assert_int_equal(source(p, "e/same")->n_headers, 1);
    assert_int_equal(source(p, "e/other")->n_headers, 0);
    assert_int_equal(source(p, "e/port")->n_headers, 0);
    assert_int_equal(source(p, "e/file")->n_headers, 0);
    char *shown = printed(p);
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
    struct policy *p = good(text);
    assert_false(source(p, "e/own")->headers[0].secret);
    char *shown = printed(p);
    assert_non_null(strstr(shown, "X-Release: \"a \\\"b\\\"\""));
    free(shown);
    policy_free(p);
    free(text);
}

static void a_secret_with_line_breaks_is_refused_unshown(void **state) {
    (void)state;
    (void)setenv("GONOGO_TEST_SECRET", "hunter2\r\nHost: evil", 1);
    char *text = with_header("Authorization", "env:GONOGO_TEST_SECRET");
    bad(text, "5:15: environments[0].headers.Authorization: the value has line breaks or control "
              "characters: keep it to one line of text");
    (void)setenv("GONOGO_TEST_SECRET", "", 1);
    bad(text, "5:15: environments[0].headers.Authorization: the environment variable "
              "\"GONOGO_TEST_SECRET\" is empty: export it before gonogo starts, or use file:PATH");
    free(text);
    (void)unsetenv("GONOGO_TEST_SECRET");
}

static void a_secret_file_belongs_to_its_owner_alone(void **state) {
    (void)state;
    char *dir = folder(), *path = mem_format("%s/token", dir);
    char *value = mem_format("file:%s", path), *text = with_header("X-Api-Key", value);
    static const struct {
        mode_t mode;
        bool good;
    } rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}, {0620, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_all(path, "hunter2\n", 8, rows[i].mode);
        struct err err = ERR_INIT;
        struct policy *p = config_parse(text, strlen(text), "g.yaml", &kinds, &err);
        assert_int_equal(p != NULL, rows[i].good);
        if (p != NULL) {
            assert_string_equal(source(p, "e/own")->headers[0].value, "hunter2");
            assert_true(source(p, "e/own")->headers[0].secret);
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
    char *dir = folder(), *path = mem_format("%s/token", dir);
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
        write_all(path, rows[i].bytes, rows[i].n, 0600);
        assert_null(config_parse(text, strlen(text), "g.yaml", &kinds, &err));
        assert_non_null(strstr(err.what, rows[i].words));
    }
    struct err err = ERR_INIT;
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    assert_null(config_parse(text, strlen(text), "g.yaml", &kinds, &err));
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
        assert_null(config_parse(text, strlen(text), "g.yaml", &kinds, &err));
        assert_null(strstr(err.what, "hunter2"));
        assert_non_null(strstr(err.todo, "env:NAME or file:PATH"));
        free(text);
    }
}

/* --- samples, size, reference --- */

static struct policy *load(const char *path) {
    struct err err = ERR_INIT;
    struct policy *p = config_load(path, &kinds, &err);
    if (p == NULL) {
        fail_msg("%s: %s", err.where, err.what);
    }
    return p;
}

static const char *const samples[] = {"config/samples/nexy.yaml", "config/samples/minimal.yaml",
                                      "config/samples/demo.yaml"};

static void the_samples_are_good_and_judged_by_this_version(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct policy *p = load(samples[i]);
        assert_true(p->target_source != SOURCE_NONE);
        assert_true(p->stable_source != SOURCE_NONE);
        assert_string_equal(p->sources[p->target_source].id, "staging/beta feed");
        assert_string_equal(p->sources[p->stable_source].id, "production/stable feed");
        for (size_t k = 0; k < p->n_gates; k++) {
            assert_non_null(gate_kind_find(p->gates[k].kind)->judge);
        }
        policy_free(p);
    }
}

static void the_minimal_sample_has_ten_lines(void **state) {
    (void)state;
    size_t n, lines = 0;
    char *bytes = read_all("config/samples/minimal.yaml", &n);
    for (size_t i = 0; i < n; i++) {
        lines += bytes[i] == '\n';
    }
    assert_int_equal(lines, 10);
    free(bytes);
}

/* What `config show` prints is a configuration, and says the same again. */
static void check_round_trip(const struct policy *p) {
    char *first = printed(p);
    struct policy *again = good(first);
    char *second = printed(again);
    assert_string_equal(first, second);
    assert_int_equal(again->n_sources, p->n_sources);
    policy_free(again);
    free(first);
    free(second);
}

static void what_is_shown_can_be_loaded_and_says_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct policy *p = load(samples[i]);
        check_round_trip(p);
        policy_free(p);
    }
    struct policy *p = good(
        "product: 'Nexy: \"yes\" # é 🚀'\ntarget: '1.0'\nstore: none\n"
        "poll: {timeout: 1s, connect_timeout: 900ms}\n"
        "environments:\n  - name: 'true'\n    url: http://[::1]:1\n    insecure: true\n"
        "    tls: {pin_sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='}\n"
        "    headers: {X-Release: '- a'}\n    probes:\n"
        "      - {name: '1.0', kind: http, path: /, status: 200, body_contains: \"\\t\\e\",\n"
        "         body_lacks: ' x', headers_contain: {A: '*b'}, timeout: 400ms}\n"
        "      - {name: 'a, [b] {c}:', kind: feed, path: /f, channels: ['null', beta]}\n"
        "gates:\n  - {name: '~', kind: versions-agree, sources: ['*', '!true/1.0'], want: same}\n"
        "  - {name: votes, kind: votes}\n"
        "  - {name: '&soak', kind: soak, of: ['~']}\n");
    check_round_trip(p);
    policy_free(p);
}

static void ten_thousand_probes_load(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 0);
    (void)buf_add_text(&text, "product: Big\nenvironments:\n  - name: e\n"
                              "    url: https://e.example.net\n    probes:\n");
    for (int i = 0; i < 10000; i++) {
        (void)buf_addf(&text, "      - {name: p%d, kind: health, path: /h/%d, every: 10s}\n", i, i);
    }
    (void)buf_add_text(&text, GATE "  - name: listed\n    kind: versions-agree\n    sources:\n");
    for (int i = 0; i < 10000; i++) {
        (void)buf_addf(&text, "      - e/p%d\n", i);
    }
    struct policy *p = good(text.data);
    assert_int_equal(p->n_sources, 10000);
    assert_int_equal(p->gates[0].n_sources, 10000);
    assert_int_equal(p->gates[1].n_sources, 10000);
    assert_string_equal(p->sources[9999].url, "https://e.example.net/h/9999");
    policy_free(p);
    buf_fini(&text);
}

static void the_reference_has_every_kind_and_option(void **state) {
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    config_print_options(out, &kinds);
    (void)fclose(out);
    static const char *const words[] = {"environments[].probes[]",
                                        "closed_on",
                                        "; only kind feed",
                                        "pin_sha256",
                                        "file-version",
                                        "soak",
                                        "default: 24h",
                                        "none | stable | candidate",
                                        "default: always",
                                        "actions[]",
                                        "connect_timeout",
                                        "whole number, 1 to 100",
                                        "; required",
                                        "headers_contain"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_non_null(strstr(text, words[i]));
    }
    free(text);
}

static void the_file_is_found_in_its_order(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    char here[4096], *dir = folder();
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(dir), 0);
    (void)setenv("XDG_CONFIG_HOME", dir, 1);
    (void)unsetenv("GONOGO_CONFIG");
    char *inner = mem_format("%s/gonogo", dir), *xdg = mem_format("%s/gonogo.yaml", inner);
    char *found = config_find(NULL, &err);
    if (access("/etc/gonogo/gonogo.yaml", F_OK) != 0) {
        assert_null(found);
        assert_int_equal(err.code, ERR_CONFIG);
    }
    free(found);
    assert_int_equal(mkdir(inner, 0700), 0);
    write_all(xdg, "", 0, 0600);
    found = config_find(NULL, &err);
    assert_string_equal(found, xdg);
    free(found);
    write_all("gonogo.yaml", "", 0, 0600);
    found = config_find(NULL, &err);
    assert_string_equal(found, "gonogo.yaml");
    free(found);
    (void)setenv("GONOGO_CONFIG", "/named/by/the/environment", 1);
    found = config_find(NULL, &err);
    assert_string_equal(found, "/named/by/the/environment");
    free(found);
    found = config_find("given.yaml", &err);
    assert_string_equal(found, "given.yaml");
    free(found);
    (void)unsetenv("GONOGO_CONFIG");
    (void)unlink("gonogo.yaml");
    (void)unlink(xdg);
    (void)rmdir(inner);
    assert_int_equal(chdir(here), 0);
    (void)rmdir(dir);
    free(xdg);
    free(inner);
    free(dir);
}

int main(void) {
    (void)setenv("HOME", "/srv/ops", 1);
    (void)setenv("XDG_STATE_HOME", "/var/state", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_file_gets_its_exact_words),
        cmocka_unit_test(a_mistake_is_where_and_what_and_what_to_do),
        cmocka_unit_test(a_long_file_name_keeps_the_place),
        cmocka_unit_test(values_in_messages_are_safe_and_cut),
        cmocka_unit_test(a_file_over_one_mebibyte_is_refused_unread),
        cmocka_unit_test(one_mebibyte_of_brackets_is_refused_at_once),
        cmocka_unit_test(a_file_cut_anywhere_is_refused_or_good),
        cmocka_unit_test(a_file_with_any_byte_changed_is_refused_or_good),
        cmocka_unit_test(a_missing_file_and_a_folder_are_told),
        cmocka_unit_test(roles_bring_their_probes),
        cmocka_unit_test(a_probe_overrides_what_poll_says),
        cmocka_unit_test(files_are_found_beside_the_configuration),
        cmocka_unit_test(the_store_has_a_place_of_its_own),
        cmocka_unit_test(a_store_elsewhere_is_refused_without_its_password),
        cmocka_unit_test(loopback_may_be_plain_and_nothing_else),
        cmocka_unit_test(gates_get_their_sources_in_order_and_once),
        cmocka_unit_test(target_and_stable_may_be_named),
        cmocka_unit_test(a_byte_order_mark_and_windows_line_ends_are_fine),
        cmocka_unit_test(what_later_versions_do_is_accepted_and_said),
        cmocka_unit_test(a_secret_reaches_its_own_host_and_no_eye),
        cmocka_unit_test(a_header_that_is_no_secret_is_shown),
        cmocka_unit_test(a_secret_with_line_breaks_is_refused_unshown),
        cmocka_unit_test(a_secret_file_belongs_to_its_owner_alone),
        cmocka_unit_test(a_secret_file_that_cannot_be_one_is_refused),
        cmocka_unit_test(a_literal_secret_is_refused_unshown),
        cmocka_unit_test(the_samples_are_good_and_judged_by_this_version),
        cmocka_unit_test(the_minimal_sample_has_ten_lines),
        cmocka_unit_test(what_is_shown_can_be_loaded_and_says_the_same),
        cmocka_unit_test(ten_thousand_probes_load),
        cmocka_unit_test(the_reference_has_every_kind_and_option),
        cmocka_unit_test(the_file_is_found_in_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
