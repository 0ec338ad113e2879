/* The real program on assets at GitHub: TLS, its configuration, what it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/mem.h"
#include "tests/support/hostile.h"
#include "tests/unit/hub_fixture.h"
#include "tests/unit/loopback.h"

static void script(void *self, const char *request, unsigned number, struct hostile_reply *reply) {
    (void)self, (void)request, (void)number;
    hostile_ok(reply, "application/json", "{\"message\":\"x\"}", "");
}

static void a_certificate_that_nobody_vouches_for_is_refused_at_once(void **state) {
    (void)state;
    struct hub s;
    struct cert cert;
    hub_init(&s);
    cert_make(&cert, "127.0.0.1", "IP:127.0.0.1", -60, 3600, NULL);
    struct hostile *server = hostile_start(script, NULL, &cert);
    char *api = mem_format("https://127.0.0.1:%d", hostile_port(server));
    char *ca = mem_format("%s/ca.pem", s.root);
    s.github.api = api;
    assert_int_equal(hub_promote(&s), ERR_NET);
    assert_int_equal(hostile_requests(server), 0); /* nothing was sent, the token least of all */
    assert_int_equal(s.waits, 0);
    cert_write(&cert, ca);
    s.github.ca_file = ca;
    assert_int_equal(hub_promote(&s), ERR_PARSE); /* it speaks, though not as the API does */
    assert_true(hostile_requests(server) > 0);
    s.github.api = "http://api.example.net";
    assert_int_equal(hub_promote(&s), ERR_CONFIG);
    hostile_stop(server);
    cert_fini(&cert);
    free(api);
    free(ca);
    hub_fini(&s);
}

/* The program, forked and not yet begun: what it takes is measured from the memory of its parent. */
struct child {
    pid_t pid;
    int out, go;
};

static struct child child_new(const char *const argv[]) {
    int out[2], go[2];
    char byte;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        close(go[1]);
        if (read(go[0], &byte, 1) == 1)
            execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(out[1]);
    close(go[0]);
    return (struct child){.pid = pid, .out = out[0], .go = go[1]};
}

/* Its output on the heap, its exit code and largest resident set (KB). */
static char *child_run(const struct child *c, int *code, long *rss_kb) {
    char chunk[4096];
    struct buf out;
    struct rusage usage;
    int status;
    ssize_t got;
    buf_init(&out, 0);
    buf_add_text(&out, "");
    assert_int_equal(write(c->go, "!", 1), 1);
    close(c->go);
    while ((got = read(c->out, chunk, sizeof chunk)) > 0)
        buf_add(&out, chunk, (size_t)got);
    close(c->out);
    assert_int_equal(wait4(c->pid, &status, 0, &usage), c->pid);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#ifdef __APPLE__
    usage.ru_maxrss /= 1024; /* bytes there */
#endif
    *rss_kb = usage.ru_maxrss;
    return buf_steal(&out);
}

static char *program(const char *const argv[], int *code) {
    long ignored;
    const struct child child = child_new(argv);
    return child_run(&child, code, &ignored);
}

static char *write_config(const struct hub *s) {
    char *text = mem_format(
        "product: Nexy\nenvironments:\n  - name: tree\n    role: candidate\n    probes:\n"
        "      - {name: VERSION, kind: file-version, file: VERSION}\ngates:\n"
        "  - {name: fresh, kind: fresh, within: 30s}\nrelease:\n  assets: github\n"
        "  repository: o/r\n  api: %s\n  token: env:NEXY_TEST_TOKEN\n",
        s->github.api);
    fixture_write(s->root, "gonogo.yaml", text);
    free(text);
    return mem_format("%s/gonogo.yaml", s->root);
}

static void the_program_takes_repository_and_token_from_its_configuration(void **state) {
    (void)state;
    const char *gonogo = getenv("GONOGO");
    if (!gonogo)
        skip();
    struct hub s;
    hub_init(&s);
    char *config = write_config(&s);
    const char *const promote_argv[] = {gonogo, "promote", "--root", s.root, "-c", config, NULL};
    const char *const verify_argv[] = {gonogo, "verify", "--deep", "--root",
                                       s.root, "-c",     config,   NULL};
    const char *const show_argv[] = {gonogo, "config", "show", "-c", config, NULL};
    const char *const kill_argv[] = {
        gonogo, "killswitch", "set", "NEXY_KS_DISABLE_TRAY", "--root", s.root, "-c", config, NULL};
    int code;
    unsetenv("NEXY_TEST_TOKEN");
    char *out = program(promote_argv, &code);
    assert_int_equal(code, 2);
    assert_non_null(strstr(out, "NEXY_TEST_TOKEN"));
    free(out);
    out = program(kill_argv, &code); /* an emergency needs no token */
    assert_int_equal(code, 0);
    free(out);
    setenv("NEXY_TEST_TOKEN", FAKE_TOKEN, 1);
    out = program(show_argv, &code);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "token: \"***\""));
    assert_null(strstr(out, FAKE_TOKEN));
    free(out);
    fake_trouble(s.fake, &(struct fake_fault){"GET", "/assets", FAKE_RETRY_AFTER, 0, NULL, 0, 1});
    out = program(promote_argv, &code);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "promoted 2.0.0.20"));
    assert_non_null(strstr(out, "the rate limit: waiting"));
    assert_null(strstr(out, FAKE_TOKEN));
    free(out);
    hub_is_promoted(&s);
    out = program(verify_argv, &code);
    assert_null(strstr(out, "FAIL  stable Nexy.dmg"));
    assert_non_null(strstr(out, "ok    stable Nexy.dmg"));
    free(out);
    free(config);
    hub_fini(&s);
}

/* What a promote takes for an image of so many bytes. */
static long rss_of(const char *gonogo, size_t n) {
    struct hub s;
    int code;
    long rss;
    hub_init(&s);
    char *config = write_config(&s);
    const char *const argv[] = {gonogo, "promote", "--root", s.root, "-c", config, NULL};
    setenv("NEXY_TEST_TOKEN", FAKE_TOKEN, 1);
    const struct child child = child_new(argv);
    char *dmg = mem_alloc(n + 1);
    memset(dmg, 'd', n);
    dmg[n] = '\0';
    fake_put(s.fake, "UpdateBeta", "Nexy.dmg", dmg);
    char *manifest = fixture_manifest("2.0.0.20", FIXTURE_URL("UpdateBeta"), dmg);
    fixture_write(s.root, FIXTURE_BETA, manifest);
    char *out = child_run(&child, &code, &rss);
    if (code != 0)
        print_message("%s\n", out);
    assert_int_equal(code, 0);
    assert_true(fake_is(s.fake, "Update", "Nexy.dmg", dmg));
    free(out);
    free(config);
    free(manifest);
    free(dmg);
    hub_fini(&s);
    return rss;
}

static void memory_does_not_grow_with_the_image(void **state) {
    (void)state;
    const char *gonogo = getenv("GONOGO"), *variant = getenv("VARIANT");
    if (!gonogo || !variant || strcmp(variant, "release") != 0)
        skip(); /* sanitizers keep memory of their own */
    const long small = rss_of(gonogo, (size_t)1 << 20), large = rss_of(gonogo, (size_t)96 << 20);
    print_message("%ld KB for 1 MiB, %ld KB for 96 MiB\n", small, large);
    assert_true(large - small < 4096);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_nobody_vouches_for_is_refused_at_once),
        cmocka_unit_test(the_program_takes_repository_and_token_from_its_configuration),
        cmocka_unit_test(memory_does_not_grow_with_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
