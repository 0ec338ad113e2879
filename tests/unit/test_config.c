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

#include "src/base/mem.h"
#include "src/model/gate.h"
#include "tests/unit/config_help.h"

/* --- mistakes --- */

/* Expected words: in the file's first line behind "# expect: ", or in NAME.expect beside it. */
static char *expectation(const char *path) {
    size_t n;
    char *side = mem_format("%.*s.expect", (int)(strlen(path) - strlen(".yaml")), path);
    char *text = help_read(access(side, R_OK) == 0 ? side : path, &n);
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
        char *bytes = help_read(path, &n), *wanted = expectation(path), said[1024];
        struct err err = ERR_INIT;
        assert_null(config_parse(bytes, n, e->d_name, &help_kinds, &err));
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
    char *bytes = help_read("tests/bad/config/duration.yaml", &n);
    assert_null(config_parse(bytes, n, "config/nexy.yaml", &help_kinds, &err));
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
    assert_null(config_parse("product: []\n", 12, path, &help_kinds, &err));
    assert_non_null(strstr(err.where, "xxx:1:1"));
    assert_memory_equal(err.where, "...x", 4);
}

static void values_in_messages_are_safe_and_cut(void **state) {
    (void)state;
    char text[2048] = "product: A\ntarget: \"\\e[31m\\u202e";
    memset(text + strlen(text), 'z', 1000);
    (void)snprintf(text + strlen(text), 16, "\"\n");
    struct err err = ERR_INIT;
    assert_null(config_parse(text, strlen(text), "g.yaml", &help_kinds, &err));
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
    assert_null(config_parse(bytes, n, "g.yaml", &help_kinds, &err));
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
        assert_null(config_parse(bytes, n, "g.yaml", &help_kinds, &err));
        free(bytes);
    }
}

static void a_file_cut_anywhere_is_refused_or_good(void **state) {
    (void)state;
    size_t n;
    char *bytes = help_read("config/samples/minimal.yaml", &n);
    for (size_t cut = 0; cut < n; cut++) {
        struct err err = ERR_INIT;
        struct policy *p = config_parse(bytes, cut, "g.yaml", &help_kinds, &err);
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
    char *bytes = help_read("config/samples/minimal.yaml", &n);
    for (size_t at = 0; at < n; at++) {
        char was = bytes[at];
        struct err err = ERR_INIT;
        bytes[at] = changes[at % (sizeof changes - 1)];
        struct policy *p = config_parse(bytes, n, "g.yaml", &help_kinds, &err);
        assert_true((p == NULL) == (err.code != ERR_OK));
        policy_free(p);
        bytes[at] = was;
    }
    free(bytes);
}

static void a_missing_file_and_a_folder_are_told(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_null(config_load("there/is/none.yaml", &help_kinds, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.where, "there/is/none.yaml");
    err_clear(&err);
    assert_null(config_load("tests", &help_kinds, &err));
    assert_int_equal(err_exit_code(&err), 2);
}

/* --- for later versions --- */

static void what_later_versions_do_is_accepted_and_said(void **state) {
    (void)state;
    static const char text[] =
        "product: A\nlisten: {metrics: \"127.0.0.1:9464\"}\n" ENVIRONMENT
        "logs:\n  - {name: client, format: tray, paths: [\"/var/log/*.log\"], zone: "
        "America/Toronto, backfill: 24h}\n"
        "slos:\n  - {name: start p95, metric: tray_start_ms, quantile: 0.95, max: 600, window: 1h, "
        "burn: true}\n"
        "gates:\n"
        "  - {name: SLOs, kind: slo, slos: [\"*\"], min_samples: 50}\n"
        "  - {name: call, kind: votes, roles: [ops], veto: [ops], expires: 12h, when: before}\n"
        "  - {name: docs, kind: checklist}\n"
        "  - {name: suite, kind: command, run: [python3, a.py, \"\"], every: 1h, timeout: 15m}\n"
        "  - {name: hours, kind: window, allow: [\"Mon-Thu 09:00-16:00\"], zone: UTC}\n"
        "  - {name: drill, kind: rehearsed, action: promote}\n"
        "people:\n  - {name: ops-lead, roles: [ops]}\n"
        "actions:\n  - name: promote\n    key: p\n    confirm: version\n    requires: go\n"
        "    steps:\n      - {name: copy, run: [cp, \"{target}\"], timeout: 10m}\n"
        "      - {name: agree, expect: [docs], within: 10m}\n";
    char *dir = help_folder(), *path = mem_format("%s/g.yaml", dir);
    struct err err = ERR_INIT;
    struct buf notes;
    buf_init(&notes, 0);
    help_write(path, text, strlen(text), 0644);
    struct policy *p = config_check(path, &help_kinds, &notes, &err);
    assert_non_null(p);
    assert_int_equal(p->n_gates, 6);
    static const char *const said[] = {
        ":2:1: listen: accepted, not served by this version\n",
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

/* --- samples, size, reference --- */

static struct policy *load(const char *path) {
    struct err err = ERR_INIT;
    struct policy *p = config_load(path, &help_kinds, &err);
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
        for (int k = 0; k < (int)p->n_sources; k++)
            assert_int_equal(p->sources[k].compared,
                             k == p->target_source || k == p->stable_source);
        for (size_t k = 0; k < p->n_gates; k++) {
            assert_non_null(gate_kind_find(p->gates[k].kind)->judge);
        }
        policy_free(p);
    }
}

static void the_minimal_sample_has_ten_lines(void **state) {
    (void)state;
    size_t n, lines = 0;
    char *bytes = help_read("config/samples/minimal.yaml", &n);
    for (size_t i = 0; i < n; i++) {
        lines += bytes[i] == '\n';
    }
    assert_int_equal(lines, 10);
    free(bytes);
}

/* The commands of a step, word by word, as a shell would be given them. */
static void check_steps(const struct policy *p, const char *action, const char *const *steps) {
    const struct action_spec *a = &p->actions[policy_find_action(p, action)];
    size_t n = 0;
    for (; steps[n]; n++) {
        struct buf line;
        buf_init(&line, 0);
        assert_true(n < a->n_steps);
        const struct step_spec *step = &a->steps[n];
        for (char *const *word = step->argv; word && *word; word++)
            buf_addf(&line, "%s%s", word == step->argv ? "" : " ", *word);
        for (size_t k = 0; k < step->n_expect; k++)
            buf_addf(&line, "%s%s", k == 0 ? "expect " : ", ", p->gates[step->expect[k]].name);
        assert_string_equal(line.data, steps[n]);
        buf_fini(&line);
    }
    assert_int_equal(n, a->n_steps);
}

/* The release system's own way, in its order (domain: the release, step by step). */
static void the_sample_promotes_and_rolls_back_by_the_commands_of_the_release(void **state) {
    (void)state;
    static const char manifest[] =
        "bash server/scripts/update_manifest_remote_locked.sh --channel stable --resource-group "
        "NexyNewRG --vm NexyNew --url {stable.url} --size {artifact.size} --sha256 "
        "{artifact.sha256} --version {target} --build {target}";
    const char *const promote[] = {
        "python3 server/scripts/publish_assets_and_sync.py promote --source beta --target stable",
        "expect manifest synced",
        manifest,
        "bash server/scripts/update_server_version.sh {target}",
        "expect promoted, production agrees",
        "systemctl stop voice-assistant-staging",
        "{gonogo} killswitch set UPDATE_BETA_ENABLED --to false --root .",
        "expect production agrees, beta shut",
        NULL};
    static const char *const rollback[] = {
        "{gonogo} pull --channel stable --to {previous} --root .",
        "bash server/scripts/update_server_version.sh {previous}",
        "{gonogo} killswitch set NEXY_KS_DISABLE_TRAY_SERIES --root .",
        "journalctl --unit voice-assistant --since -5min --no-pager",
        "python3 scripts/grpc_smoke.py",
        "expect production agrees",
        "expect guardrails",
        NULL};
    static const char *const kill[] = {
        "{gonogo} killswitch set NEXY_KS_DISABLE_TRAY_SERIES --root .", NULL};
    struct err err = ERR_INIT;
    struct policy *p = config_load("config/samples/nexy.yaml", &help_kinds, &err);
    assert_non_null(p);
    check_steps(p, "promote", promote);
    check_steps(p, "rollback", rollback);
    check_steps(p, "kill", kill);
    assert_int_equal(p->actions[policy_find_action(p, "rollback")].requires, REQUIRES_ANY);
    assert_int_equal(p->actions[policy_find_action(p, "rollback")].goal_ms, 30 * 60 * 1000);
    assert_int_equal(p->actions[policy_find_action(p, "kill")].requires, REQUIRES_ANY);
    policy_free(p);
}

/* What `config show` prints is a configuration, and says the same again. */
static void check_round_trip(const struct policy *p) {
    char *first = help_printed(p);
    struct policy *again = help_good(first);
    char *second = help_printed(again);
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
    struct policy *p = help_good(
        "product: 'Nexy: \"yes\" # é 🚀'\ntarget: '1.0'\nstore: none\n"
        "poll: {timeout: 1s, connect_timeout: 900ms}\n"
        "environments:\n  - name: 'true'\n    url: http://[::1]:1\n    insecure: true\n"
        "    tls: {pin_sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='}\n"
        "    headers: {X-Release: '- a'}\n    probes:\n"
        "      - {name: '1.0', kind: http, path: /, status: 200, body_contains: \"\\t\\e\",\n"
        "         body_lacks: ' x', headers_contain: {A: '*b'}, timeout: 400ms}\n"
        "      - {name: 'a, [b] {c}:', kind: feed, path: /f, channels: ['null', beta]}\n"
        "gates:\n  - {name: '~', kind: versions-agree, sources: ['*', '!true/1.0'], want: same}\n"
        "  - {name: votes, kind: votes, roles: [ops, a b], veto: [ops], expires: 12h}\n"
        "  - {name: docs, kind: checklist, items: ['1', b], link: true, never_waive: true}\n"
        "  - {name: '&soak', kind: soak, of: ['~'], approvals: 0}\n"
        "people:\n  - {name: '- a', roles: [ops, a b], user: ada}\n"
        "waivers: {approvals: 3, longest: 2h, roles: [ops]}\n"
        "ledger: {file: /tmp/l.db, trust: ['11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=']}\n");
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
    struct policy *p = help_good(text.data);
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
    config_print_options(out, &help_kinds);
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
    char here[4096], *dir = help_folder();
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
    help_write(xdg, "", 0, 0600);
    found = config_find(NULL, &err);
    assert_string_equal(found, xdg);
    free(found);
    help_write("gonogo.yaml", "", 0, 0600);
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
        cmocka_unit_test(what_later_versions_do_is_accepted_and_said),
        cmocka_unit_test(the_samples_are_good_and_judged_by_this_version),
        cmocka_unit_test(the_minimal_sample_has_ten_lines),
        cmocka_unit_test(the_sample_promotes_and_rolls_back_by_the_commands_of_the_release),
        cmocka_unit_test(what_is_shown_can_be_loaded_and_says_the_same),
        cmocka_unit_test(ten_thousand_probes_load),
        cmocka_unit_test(the_reference_has_every_kind_and_option),
        cmocka_unit_test(the_file_is_found_in_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
